"""Products after Bitol ODPS, and our own keys in them: what is accepted and what is said."""

import json

import jsonschema_rs
import pytest

from catalog.issues import Severity
from catalog.manifests.formats import bitol_odps
from catalog.manifests.readers import read_documents
from catalog.manifests.schemas import refuse_reference
from catalog.manifests.serializers import json_of, yaml_of

PRODUCT = """\
apiVersion: v1.0.0
kind: DataProduct
id: 4d1
name: Orders
version: 1.0.0
status: draft
domain: sales
"""
KEYS = """\
customProperties:
- property: assaySlug
  value: orders
- property: assayVisibility
  value: members
- property: assaySensitivity
  value: confidential
- property: assaySuccessor
  value: sales/orders-v2
- property: assayProvenance
  value:
    questionSet: "2026.1"
    answers:
      source: {state: answered, text: The shop's own order log.}
      period: {state: answered, text: 2019}
      contact: {state: not_applicable, reason: Nobody keeps it.}
      limits: {state: unknown}
    imbalances:
    - {attribute: sex, group: female, share: 0.42, referenceShare: .5, n: 1200,
       reference: {name: Census, date: 2021-06-30}}
- property: assayObjectives
  value:
  - {indicator: availability, target: 0.99, window: 30d, budgeting: occurrences}
  - {indicator: latency, target: 0.95, threshold: 0.5, percentile: 0.95, port: table}
- property: assayUsedIn
  value:
  - {title: Weekly report, kind: report, url: "https://example.org/weekly"}
"""
PORTS = """\
outputPorts:
- name: table
  version: 1.0
  contractId: 9
  customProperties:
  - property: assayInterval
    value: 60
inputPorts:
- name: customers
  version: 1.0.0
  contractId: abc
  customProperties:
  - property: assaySource
    value: crm/customers
"""


def document(text, name="p.odps.yaml"):
    return read_documents(text.encode(), name=name)[0]


def check(text):
    return bitol_odps.check(document(text))


def errors(problems):
    return [problem for problem in problems if problem.is_error]


def custom(key, value):
    return PRODUCT + f"customProperties:\n- property: {key}\n  value: {value}\n"


def test_a_product_with_all_of_our_keys_is_valid():
    product = document(PRODUCT + KEYS + PORTS)

    assert bitol_odps.check(product) == []
    assert product.tree["outputPorts"][0]["version"] == "1.0"
    assert product.tree["outputPorts"][0]["contractId"] == "9"
    answers = product.tree["customProperties"][4]["value"]["answers"]
    assert answers["period"]["text"] == "2019"


@pytest.mark.parametrize("version", bitol_odps.VERSIONS)
def test_each_version_up_to_1_1_is_supported(version):
    assert check(PRODUCT.replace("v1.0.0", version)) == []


def test_a_team_can_be_a_list_of_members_as_in_0_9():
    assert check(PRODUCT + "team:\n- username: olga\n  role: owner\n  dateIn: 2026-01-15\n") == []
    assert errors(check(PRODUCT + "team:\n- name: Olga\n"))


def test_another_version_is_refused_with_the_supported_ones():
    (problem,) = check(PRODUCT.replace("v1.0.0", "v4.1"))

    assert (problem.code, problem.line) == ("bitol-odps.version", 1)
    assert "v1.1.0" in problem.hint


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("active", "published"),
        ("Active", "published"),
        ("proposed", "draft"),
        ("deprecated", "deprecated"),
        ("retired", "retired"),
        ("sleeping", "draft"),
    ],
)
def test_each_status_has_one_of_ours(status, ours):
    assert bitol_odps.target_status({"status": status}) == ours


def test_an_unknown_status_is_a_draft_with_a_warning():
    (problem,) = check(PRODUCT.replace("status: draft", "status: activ"))

    assert problem.severity is Severity.WARNING
    assert problem.hint == "Did you mean active?"


def test_an_unknown_field_is_kept_with_a_warning_and_the_nearest_name():
    product = document(PRODUCT + "descripton: {purpose: x}\n")

    (problem,) = bitol_odps.check(product)

    assert problem.severity is Severity.WARNING
    assert problem.line == 8
    assert problem.hint == "Did you mean description?"
    assert product.tree["descripton"] == {"purpose": "x"}


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (PRODUCT + "tags: sales\n", "/tags", 8),
        (PRODUCT + "outputPorts:\n- version: 1.0.0\n", "/outputPorts/0/name", 9),
        (PRODUCT + "outputPorts:\n- {name: a}\n- {name: a}\n", "/outputPorts/1", 10),
        (PRODUCT.replace("id: 4d1", "id: [1]"), "/id", 3),
        (custom("assayVisibility", "secret"), "/customProperties/0/value", 10),
        (custom("assaySensitivity", "3"), "/customProperties/0/value", 10),
        (custom("assaySlug", "Not A Slug"), "/customProperties/0/value", 10),
        (custom("assaySuccessor", "orders"), "/customProperties/0/value", 10),
        (
            custom("assayObjectives", "[{indicator: latency, target: 0.9}]"),
            "/customProperties/0/value/0/threshold",
            10,
        ),
        (
            custom("assayObjectives", "[{indicator: availability, target: 99}]"),
            "/customProperties/0/value/0/target",
            10,
        ),
        (
            custom("assayProvenance", "{answers: {sauce: {state: unknown}}}"),
            "/customProperties/0/value/answers/sauce",
            10,
        ),
        (
            custom("assayProvenance", "{imbalances: [{attribute: sex, group: f, share: 40}]}"),
            "/customProperties/0/value/imbalances/0/share",
            10,
        ),
        (
            custom("assayProvenance", "{questionSet: '1999'}"),
            "/customProperties/0/value/questionSet",
            10,
        ),
        (
            custom("assayUsedIn", "[{title: a, url: 'javascript:alert(1)'}]"),
            "/customProperties/0/value/0/url",
            10,
        ),
        (
            PORTS.replace("60", "1m").join([PRODUCT, ""]),
            "/outputPorts/0/customProperties/0/value",
            14,
        ),
    ],
)
def test_each_issue_is_reported_once_with_its_line(text, path, line):
    issues = errors(check(text))

    assert [(problem.location, problem.line) for problem in issues] == [(path, line)]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("assaySensitivty", "Did you mean assaySensitivity?"),
        ("assayslug", "Did you mean assaySlug?"),
        ("assayWeather", "The keys here are assayEndReason, assayKeptFields"),
    ],
)
def test_an_unknown_key_of_ours_is_an_error_with_the_nearest_one(key, expected):
    (problem,) = check(custom(key, "x"))

    assert problem.code == "assay.unknown-key"
    assert problem.location == "/customProperties/0/property"
    assert problem.hint.startswith(expected)


def test_a_key_of_ours_in_the_wrong_place_names_the_right_one():
    text = PRODUCT + (
        "outputPorts:\n- name: a\n  customProperties:\n  - {property: assaySlug, value: x}\n"
    )

    (problem,) = check(text)

    assert problem.message == "assaySlug belongs to the product, not here"


def test_the_keys_of_others_are_not_checked():
    assert check(custom("vendorSlug", "[1, {a: null}]")) == []


def _official(shared_folder):
    path = shared_folder / "samples/bitol-odps/schema/odps-json-schema-v1.0.0.json"
    schema = json.loads(path.read_text())
    return jsonschema_rs.validator_for(schema, retriever=refuse_reference)


def _samples(shared_folder):
    return sorted((shared_folder / "samples/bitol-odps").glob("*.y*ml"))


def test_every_sample_is_read_and_comes_back_equal(shared_folder):
    assert _samples(shared_folder)
    for path in _samples(shared_folder):
        product = document(path.read_text())

        assert errors(bitol_odps.check(product)) == []
        assert json.dumps(document(yaml_of(product.tree)).tree) == json.dumps(product.tree)
        assert json.dumps(document(json_of(product.tree), "p.json").tree) == json.dumps(
            product.tree
        )


def test_our_output_is_valid_by_the_standards_own_schema(shared_folder):
    printed = document(yaml_of(document(PRODUCT + KEYS + PORTS.replace(": 9", ": '9'")).tree))
    bitol_odps.check(printed)

    assert _official(shared_folder).is_valid(printed.tree)


def test_our_schema_knows_every_field_of_the_standards_own(shared_folder):
    path = shared_folder / "samples/bitol-odps/schema/odps-json-schema-v1.0.0.json"
    official = json.loads(path.read_text())
    fields = set(official["properties"]).union(
        *(part.get("properties", {}) for part in official["$defs"].values())
    )

    assert fields - bitol_odps.product_schema().known_keys == set()

"""Contracts after ODCS: what is accepted, what is said, and that nothing is lost on the way."""

import json

import jsonschema_rs
import pytest

from catalog.issues import Severity
from catalog.manifests.formats import odcs
from catalog.manifests.readers import read_documents
from catalog.manifests.schemas import refuse_reference
from catalog.manifests.serializers import json_of, yaml_of

CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: orders
version: 1.0.0
status: draft
"""


def document(text, name="c.odcs.yaml"):
    return read_documents(text.encode(), name=name)[0]


def check(text):
    return odcs.check(document(text))


def errors(problems):
    return [problem for problem in problems if problem.is_error]


def samples(shared_folder):
    return sorted((shared_folder / "samples/odcs").rglob("*.y*ml"))


def test_a_plain_contract_is_valid():
    assert check(CONTRACT) == []


def test_versions_and_ids_without_quotes_are_texts():
    contract = document(CONTRACT.replace("1.0.0", "1.0").replace("id: orders", "id: 007"))

    assert odcs.check(contract) == []
    assert contract.tree["version"] == "1.0"
    assert contract.tree["id"] == "007"


def test_numbers_stay_numbers_if_the_standard_wants_them():
    contract = document(
        CONTRACT
        + "schema:\n- name: t\n  properties:\n  - name: c\n    logicalType: string\n"
        + "    logicalTypeOptions: {maxLength: 10}\n    classification: 3\n"
    )

    assert odcs.check(contract) == []
    column = contract.tree["schema"][0]["properties"][0]
    assert column["logicalTypeOptions"]["maxLength"] == 10
    assert column["classification"] == "3"


@pytest.mark.parametrize("version", odcs.VERSIONS)
def test_each_version_from_3_0_on_is_supported(version):
    assert check(CONTRACT.replace("v3.2.0", version)) == []


@pytest.mark.parametrize("version", ["v2.2.2", "2.2.0", "v4.0.0", "3"])
def test_other_versions_are_refused_with_a_hint(version):
    (problem,) = check(CONTRACT.replace("v3.2.0", version))

    assert problem.code == "odcs.version"
    assert problem.line == 1
    assert "v3.2.0" in problem.hint


def test_a_missing_version_of_the_standard_is_named():
    (problem,) = check("kind: DataContract\nid: a\nversion: 1.0.0\n")

    assert "apiVersion: v3.2.0" in problem.hint


def test_a_wrong_type_has_line_location_and_hint():
    (problem,) = errors(check(CONTRACT + "schema:\n- name: t\n  properties: all\n"))

    assert (problem.line, problem.column) == (8, 3)
    assert problem.location == "/schema/0/properties"
    assert problem.code == "odcs.type"
    assert problem.hint.startswith("Start each item with a dash")


def test_an_unknown_value_suggests_the_nearest_one():
    (problem,) = errors(
        check(CONTRACT + "schema:\n- name: t\n  properties:\n  - {name: c, logicalType: sting}\n")
    )

    assert problem.location == "/schema/0/properties/0/logicalType"
    assert problem.hint == "Did you mean string?"


def test_an_unknown_field_is_kept_with_a_warning():
    contract = document(CONTRACT + "servrs: []\nchange_management: {process: GitOps}\n")

    problems = odcs.check(contract)

    assert [(problem.severity, problem.location) for problem in problems] == [
        (Severity.WARNING, "/servrs"),
        (Severity.WARNING, "/change_management"),
    ]
    assert problems[0].hint == "Did you mean servers?"
    assert contract.tree["change_management"] == {"process": "GitOps"}


def test_a_null_is_kept_with_a_warning():
    contract = document(CONTRACT + "tenant: null\n")

    (problem,) = odcs.check(contract)

    assert problem.severity is Severity.WARNING
    assert contract.tree["tenant"] is None


def test_an_older_contract_only_gets_warnings_about_newer_rules():
    text = CONTRACT + "schema:\n- name: t\n  quality:\n  - {type: library, rule: rowCount}\n"

    older = check(text.replace("v3.2.0", "v3.0.2"))

    assert errors(check(text))
    assert errors(older) == []
    assert "by v3.2.0; this contract declares v3.0.2" in older[0].message


def test_too_many_errors_are_cut_and_the_document_is_still_refused():
    problems = check(CONTRACT + "tags: [" + "{}," * 30_000 + "]\n")

    assert len(problems) <= 201
    assert errors(problems)


def test_no_schema_uses_the_network():
    with pytest.raises(ValueError, match="outside the schema"):
        refuse_reference("https://example.org/other.json")


def test_the_published_schema_still_has_its_wrong_node():
    """When this fails, upstream has put the node right: drop `corrected_schema`."""
    contract = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "a",
        "version": "1",
        "schema": [{"name": "t", "properties": [{"name": "c"}]}],
    }

    published = jsonschema_rs.validator_for(odcs.published_schema(), retriever=refuse_reference)
    corrected = jsonschema_rs.validator_for(odcs.corrected_schema(), retriever=refuse_reference)

    assert not published.is_valid(contract)
    assert corrected.is_valid(contract)


def test_every_sample_is_read_and_few_have_errors(shared_folder):
    issues = {
        path: errors(odcs.check(document(path.read_text()))) for path in samples(shared_folder)
    }

    wrong = {path.name: [str(problem) for problem in problems] for path, problems in issues.items()}
    assert len(issues) >= 60
    assert [name for name, problems in wrong.items() if problems] == [
        "invalid_multiple_errors.odcs.yaml"
    ]


def test_every_sample_comes_back_equal_from_yaml_and_from_json(shared_folder):
    for path in samples(shared_folder):
        contract = document(path.read_text())
        odcs.check(contract)

        from_yaml = document(yaml_of(contract.tree))
        from_json = document(json_of(contract.tree), "c.json")

        assert json.dumps(from_yaml.tree) == json.dumps(contract.tree), path
        assert json.dumps(from_json.tree) == json.dumps(contract.tree), path


def test_placeholders_dates_and_nulls_come_back_word_for_word():
    text = CONTRACT + (
        "tenant: null\ncontractCreatedTs: 2026-01-15T10:30:00Z\n"
        "servers:\n- server: s\n  type: postgres\n  host: ${HOST:-localhost}\n"
        "  port: 5432\n  database: '${DB}'\n  schema: public\n"
    )

    tree = document(yaml_of(document(text).tree)).tree

    assert tree["tenant"] is None
    assert tree["contractCreatedTs"] == "2026-01-15T10:30:00Z"
    assert tree["servers"][0]["host"] == "${HOST:-localhost}"
    assert tree["servers"][0]["port"] == 5432

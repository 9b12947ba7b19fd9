"""OpenSLO in and out: what comes back is what went in, and what cannot is said."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from catalog.exceptions import ValidationFailed
from catalog.manifests.formats import openslo
from catalog.manifests.formats.openslo.documents import document_issues
from catalog.manifests.formats.openslo.exporting import OpenSloExport, ServiceFacts, export
from catalog.manifests.formats.openslo.mapping import CALENDAR
from catalog.manifests.formats.types import ImportedProduct, SourceFile
from catalog.manifests.import_report import ImportReport
from catalog.manifests.issues import ParseError
from catalog.manifests.openslo_facts import service_facts
from catalog.manifests.readers import Source, read_values
from catalog.manifests.serializers import yaml_stream
from catalog.manifests.services import import_manifests
from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.types import JSONObject, JSONValue
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
OBJECTIVES = [
    {"indicator": "availability", "target": 0.995, "window": "7d"},
    {"indicator": "latency", "target": 0.9, "threshold": 0.5, "budgeting": "timeslices"},
    {"indicator": "availability", "target": 1},
]
LEVELS = [
    {"property": "availability", "value": "99.5%", "description": "Of all days.", "driver": "ops"},
    {"property": "freshness", "value": 25, "unit": "h", "element": "orders.at"},
    {"property": "retention", "value": 3, "unit": "y"},
    {"property": "availability", "value": 100, "unit": "%"},
    {"property": "endOfSupport", "value": "2032-05-12T09:30:10-08:00"},
]
CONTRACT = {"id": "orders-contract", "version": "1.2.0", "slaProperties": LEVELS}


def facts(tree: JSONObject | None = None, *contracts: JSONObject) -> ServiceFacts:
    tree = tree or with_custom(product_tree("Orders"), "assayObjectives", OBJECTIVES)
    return ServiceFacts(
        tree=tree, domain="web_shop", slug="orders", iri="https://x/id/1", contracts=contracts
    )


def read(*documents: JSONValue) -> list[ImportedProduct]:
    file = SourceFile(name="a.yaml", values=tuple(json.loads(json.dumps(documents))))
    return list(openslo.read([file]))


def issues_in(*documents: JSONValue) -> list[tuple[str, str]]:
    with pytest.raises(ValidationFailed) as error:
        read(*documents)
    return [(issue.location, issue.message) for issue in error.value.issues]


def parsed(text: str) -> list[JSONValue]:
    return [value.tree for value in read_values(text.encode(), name="a.yaml")]


def by_name(exported: OpenSloExport) -> dict[str, JSONObject]:
    return {one["metadata"]["name"]: one for one in exported.documents}


def test_objectives_and_service_levels_become_slos_of_one_service():
    exported = export(facts(None, CONTRACT))
    documents = by_name(exported)

    assert [one["kind"] for one in exported.documents] == ["Service", *["SLO"] * 4]
    assert exported.documents[0]["metadata"]["name"] == "web-shop-orders"
    availability = documents["web-shop-orders-availability"]["spec"]
    assert availability["objectives"] == [{"displayName": "availability", "target": 0.995}]
    assert availability["timeWindow"] == [{"duration": "7d", "isRolling": True}]
    assert set(availability["indicator"]["spec"]) == {"ratioMetric"}
    latency = documents["web-shop-orders-latency"]["spec"]
    assert (latency["budgetingMethod"], latency["objectives"][0]["value"]) == ("Timeslices", 0.5)
    freshness = documents["web-shop-orders-freshness"]["spec"]["objectives"][0]
    assert (freshness["op"], freshness["value"]) == ("lte", 90_000)


def test_what_openslo_cannot_say_or_needs_beyond_it_is_in_the_report():
    losses = {loss.location: loss.message for loss in export(facts(None, CONTRACT)).losses}

    assert "100 %" in losses["contract#/slaProperties/3"]
    assert "no service level of this kind" in losses["contract#/slaProperties/2"]
    assert "target of 99% and a rolling window of 30d" in losses["contract#/slaProperties/1"]
    assert sum("100 %" in message for message in losses.values()) == 2


def test_every_exported_document_meets_the_rules_and_is_the_same_each_time():
    source = facts(None, CONTRACT)
    exported, again = export(source), export(source)

    assert [issue for one in exported.documents for issue in document_issues(one)] == []
    assert yaml_stream(exported.documents) == yaml_stream(again.documents)
    assert parsed(yaml_stream(exported.documents)) == exported.documents


def test_an_export_read_again_returns_every_objective_and_entry_unchanged():
    source = facts(None, CONTRACT)
    (product,) = read(*export(source).documents)

    assert product.tree["id"] == source.tree["id"]
    assert custom(product.tree, "assayObjectives") == OBJECTIVES
    (contract,) = product.contracts
    assert (contract["id"], contract["slaProperties"]) == ("orders-contract", LEVELS)


def test_a_target_edited_elsewhere_changes_that_value_alone():
    documents = export(facts(None, CONTRACT)).documents
    for document in documents[1:]:
        document["spec"]["objectives"][0]["target"] = 0.5
    (product,) = read(*documents)

    assert custom(product.tree, "assayObjectives")[0] == OBJECTIVES[0] | {"target": 0.5}
    assert product.contracts[0]["slaProperties"][0] == LEVELS[0] | {"value": 50.0, "unit": "%"}
    assert product.contracts[0]["slaProperties"][1:] == LEVELS[1:]


QUALITY = [
    {"indicator": "availability", "target": 0.99, "window": "month", "budgeting": "timeslices"},
    {"indicator": "freshness", "target": 0.9, "threshold": 93600, "window": "week"},
    {"indicator": "completeness", "target": 0.9, "threshold": 0.995, "source": "reported"},
    {"indicator": "volume", "target": 0.95, "threshold": 1000, "interval": "1d"},
    {"indicator": "latency", "target": 0.9, "threshold": 0.5, "percentile": 0.99},
]


def test_every_indicator_and_calendar_window_goes_out_and_returns_unchanged():
    tree = with_custom(product_tree("Orders"), "assayObjectives", QUALITY)
    exported = export(facts(tree))
    specs = {name: one["spec"] for name, one in by_name(exported).items()}

    [month] = specs["web-shop-orders-availability"]["timeWindow"]
    assert (month["duration"], month["isRolling"]) == ("1M", False)
    assert month["calendar"]["timeZone"] == "UTC"
    goals = {name: spec["objectives"][0] for name, spec in specs.items() if "service" in spec}
    slices = goals["web-shop-orders-availability"]
    assert (slices["timeSliceTarget"], slices["timeSliceWindow"]) == (1, "5m")
    assert goals["web-shop-orders-latency"]["timeSliceTarget"] == 0.99
    freshness, volume = goals["web-shop-orders-freshness"], goals["web-shop-orders-volume"]
    assert (freshness["op"], freshness["value"]) == ("lte", 93600)
    assert (volume["op"], volume["value"], volume["target"]) == ("gte", 1000, 0.95)
    assert goals["web-shop-orders-completeness"]["op"] == "gte"
    assert [issue for one in exported.documents for issue in document_issues(one)] == []
    (product,) = read(*exported.documents)
    assert custom(product.tree, "assayObjectives") == QUALITY


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"duration": "1w", "isRolling": True}, "7d"),
        ({"duration": "2M", "isRolling": True}, "60d"),
        ({"duration": "12h", "isRolling": True}, "12h"),
        ({"duration": "1Q", "isRolling": False, "calendar": CALENDAR}, "quarter"),
        ({"duration": "1Y", "isRolling": True}, "7d"),
        ({"duration": "1d", "isRolling": False, "calendar": CALENDAR}, "7d"),
    ],
)
def test_a_window_edited_elsewhere_is_taken_over_if_objectives_have_such(
    window: JSONObject, expected: str
):
    objective = {"indicator": "availability", "target": 0.9, "window": "7d"}
    tree = with_custom(product_tree("Orders"), "assayObjectives", [objective])
    documents = export(facts(tree)).documents
    documents[1]["spec"]["timeWindow"] = [window]

    (product,) = read(*documents)

    assert custom(product.tree, "assayObjectives") == [objective | {"window": expected}]


METRIC = {"metricSource": {"type": "Prometheus", "spec": {"query": "up"}}}
SLO = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {"name": "shop-latency", "displayName": "Latency", "labels": {"env": ["prod"]}},
    "spec": {
        "service": "shop",
        "indicator": {"metadata": {"name": "p99"}, "spec": {"thresholdMetric": METRIC}},
        "timeWindow": [{"duration": "1w", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [
            {"op": "lte", "value": 200, "target": 0.99},
            {"op": "lte", "value": 400, "targetPercent": 99.9, "displayName": "Worst"},
        ],
    },
}
SERVICE = {
    "apiVersion": "openslo/v1",
    "kind": "Service",
    "metadata": {"name": "shop", "displayName": "Web shop"},
    "spec": {"description": "Sells."},
}
SOURCE = {
    "apiVersion": "openslo/v1",
    "kind": "DataSource",
    "metadata": {"name": "prometheus"},
    "spec": {"type": "Prometheus", "connectionDetails": {"url": "http://p"}},
}


def test_slos_of_other_tools_become_service_levels_and_return_verbatim():
    documents = [SLO, SOURCE, SERVICE]
    (product,) = read(*documents)

    assert (product.identifier, product.tree["name"]) == ("shop", "Web shop")
    (contract,) = product.contracts
    assert contract["slaProperties"] == [
        {"id": "shop-latency", "property": "latency", "value": 200},
        {"id": "shop-latency-2", "property": "latency", "value": 400, "description": "Worst"},
    ]
    assert product.losses == ()
    assert export(facts(product.tree, contract)).documents == documents


def test_an_entry_edited_here_changes_the_imported_slo_in_one_place():
    (product,) = read(SLO)
    contract = json.loads(json.dumps(product.contracts[0]))
    contract["slaProperties"][1]["value"] = 500

    (document,) = export(facts(product.tree, contract)).documents

    objectives = [SLO["spec"]["objectives"][0], SLO["spec"]["objectives"][1] | {"value": 500}]
    assert document == SLO | {"spec": SLO["spec"] | {"objectives": objectives}}


def changed(*path: Any, value: JSONValue = None) -> JSONObject:
    document: Any = json.loads(json.dumps(SLO))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        inner.pop(path[-1])
    else:
        inner[path[-1]] = value
    return document


OBJECTIVE = ("spec", "objectives", 0)


@pytest.mark.parametrize(
    ("document", "location"),
    [
        (changed(*OBJECTIVE, "target", value=1), "/spec/objectives/0/target"),
        (changed(*OBJECTIVE, "targetPercent", value=50), "/spec/objectives/0"),
        (changed(*OBJECTIVE, "target"), "/spec/objectives/0"),
        (changed("spec", "timeWindow", value=[]), "/spec/timeWindow"),
        (changed("spec", "indicatorRef", value="other"), "/spec"),
        (changed("metadata", "name", value="Not A Name"), "/metadata/name"),
        (changed("metadata", "name", value="a" * 64), "/metadata/name"),
        (changed("spec", "description", value="a" * 1051), "/spec/description"),
        (changed("spec", "budgetingMethod", value="Timeslices"), "/spec/objectives/0"),
        (changed("spec", "timeWindow", 0, "isRolling", value=False), "/spec/timeWindow/0"),
        (changed("apiVersion", value="openslo/v1alpha"), "/apiVersion"),
        (changed("kind", value="Slo"), "/kind"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused_at_its_place(document: JSONObject, location: str):
    places = [place for place, _ in issues_in(SERVICE, document)]

    assert any(place.startswith(f"/1{location}") for place in places), places


def test_files_without_services_are_refused_by_what_they_hold():
    (issue,) = issues_in(SOURCE)

    assert "holds DataSource" in issue[1]


def bring(text: str) -> ImportReport:
    sources = [Source("slo.yaml", text.encode)]
    results = import_manifests(sources=sources, actor=FACTORY, default_domain="sales")
    return ImportReport.of(results)


@pytest.mark.django_db
def test_slos_are_imported_exported_and_imported_again_without_a_change(client: Client):
    make_users(make_domain("sales"))
    (result,) = bring(yaml_stream([SERVICE, SLO])).results
    product = DataProduct.objects.get()

    exported = export(service_facts(product))
    (again,) = bring(yaml_stream(exported.documents)).results

    assert (result.action, again.action) == ("create", "no change")
    assert exported.documents == [SERVICE, SLO]


@pytest.mark.django_db
def test_an_edited_export_of_a_product_of_ours_edits_that_product(client: Client):
    domain = make_domain("sales")
    make_users(domain)
    product = make_product("Orders", domain=domain, assayObjectives=OBJECTIVES[:1])
    text = yaml_stream(export(service_facts(product)).documents)

    (same,) = bring(text).results
    (edited,) = bring(text.replace("target: 0.995", "target: 0.9")).results

    assert (same.action, edited.action) == ("no change", "change")
    product.refresh_from_db()
    assert custom(product.tree, "assayObjectives") == [OBJECTIVES[0] | {"target": 0.9}]


@pytest.mark.django_db
def test_page_api_and_command_offer_the_same_documents(client: Client):
    objective = {"indicator": "availability", "target": 0.99}
    product = make_published_product("Orders", assayObjectives=[objective])
    address = f"/api/v1/products/{product.uuid}/openslo.yaml"
    output = StringIO()

    response = client.get(address)
    call_command("export_openslo", f"{product.domain.slug}/{product.slug}", stdout=output)

    assert (response.status_code, response["Assay-Loss"]) == (200, "0")
    assert response.content.decode() == output.getvalue()
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    report = client.get(f"/api/v1/products/{product.uuid}/openslo-report").json()
    assert report["documents"] == parsed(output.getvalue())
    assert address in client.get(product.path).content.decode()
    with pytest.raises(CommandError, match="no product"):
        call_command("export_openslo", "sales/none")


@pytest.mark.django_db
def test_openslo_of_a_hidden_product_is_not_there(client: Client):
    hidden = make_published_product("Hidden", assayVisibility="restricted")

    for name in ("openslo.yaml", "openslo-report"):
        assert client.get(f"/api/v1/products/{hidden.uuid}/{name}").status_code == 404


def outcome(path: Path) -> str:
    """Return what becomes of a sample: returned equal, or refused and why."""
    try:
        values = [value.tree for value in read_values(path.read_bytes(), name=path.name)]
        products = list(openslo.read([SourceFile(name=path.name, values=tuple(values))]))
    except ParseError as error:
        return f"refused: {error.issue.message}"
    except ValidationFailed as error:
        return f"refused: {error.issues[0].message}"
    documents = [one for value in values for one in (value if isinstance(value, list) else [value])]
    exports = (export(facts(product.tree, *product.contracts)) for product in products)
    returned = [one for exported in exports for one in exported.documents]
    assert sorted(map(str, returned)) == sorted(map(str, documents)), path
    return "imported and returned equal"


def test_every_sample_returns_equal_or_is_refused_with_a_reason(
    capsys: pytest.CaptureFixture[str],
):
    if not SAMPLES.is_dir():
        pytest.skip(f"{SAMPLES} is not there")
    paths = [path for path in (SAMPLES / "openslo").rglob("*") if path.suffix != ".md"]
    results = Counter(outcome(path) for path in sorted(paths) if path.is_file())
    with capsys.disabled():
        print()
        for result, count in results.most_common():
            print(f"openslo       {count:3} {result}")
    assert results["imported and returned equal"] >= 10

"""Searching for how groups are represented, through HTTP and from the database."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.provenance.models import Imbalance, ProvenanceAnswer
from catalog.provenance.questions import CURRENT_SET
from catalog.provenance.representation import BiasState, bias_states
from catalog.provenance.services import MeasuredGroup, set_measured_imbalances
from catalog.search.backends import active_backend
from catalog.search.services.sync import drain
from catalog.search.services.verify import verify
from tests.factories import make_domain, make_published_product

pytestmark = pytest.mark.django_db

UNKNOWN = {code: {"state": "unknown"} for code in CURRENT_SET.codes}
DECLARED = {
    "answers": UNKNOWN,
    "imbalances": [
        {"attribute": "sex", "group": "Female", "share": 0.32, "referenceShare": 0.5},
        {"attribute": "sex", "group": "Male", "share": 0.68, "referenceShare": 0.5},
        {"attribute": "age_band", "group": "under 30", "share": 0.9},
    ],
}
NOTE = {"state": "answered", "text": "Few rural homes."}
DESCRIPTION = {"answers": UNKNOWN | {"known_imbalances": NOTE}}


@pytest.fixture
def mesh(settings: Any, tmp_path: Any) -> dict[str, DataProduct]:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    domain = make_domain("census")
    products = {
        "declared": make_published_product("Wages", domain=domain, assayProvenance=DECLARED),
        "described": make_published_product("Homes", domain=domain, assayProvenance=DESCRIPTION),
        "silent": make_published_product("Roads", domain=domain),
    }
    drain()
    return products


def search_api(client: Client, **params: str) -> dict[str, Any]:
    return client.get("/api/v1/search", params).json()


def names(answer: dict[str, Any]) -> set[str]:
    return {result["name"] for result in answer["results"]}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"bias": "declared"}, {"Wages", "Homes"}),
        ({"bias": "not-assessed"}, {"Roads"}),
        ({"-bias": "declared"}, {"Roads"}),
        ({"imbalance": "sex"}, {"Wages"}),
        ({"min_share(sex)": ">=0.3"}, {"Wages"}),
        ({"min_share(sex)": ">=40%"}, set()),
        ({"max_gap(sex)": "<=18 %"}, {"Wages"}),
        ({"q": "min_share(age_band) < 0.2"}, {"Wages"}),
        ({"has": "bias-notes"}, {"Wages", "Homes"}),
    ],
)
def test_the_api_filters_by_groups(
    client: Client, mesh: Any, params: dict[str, str], expected: set[str]
):
    answer = search_api(client, **params)

    assert (names(answer), answer["warnings"]) == (expected, [])


def test_a_result_says_what_is_known_of_its_groups_and_why_it_matched(client: Client, mesh: Any):
    (wages,) = search_api(client, **{"min_share(sex)": ">=0.3", "max_gap(sex)": "<0.2"})["results"]

    assert wages["bias"] == ["declared"]
    assert wages["min_shares"] == {"age_band": 0.1, "sex": 0.32}
    assert wages["max_gaps"] == {"sex": 0.18}
    (reason,) = wages["reasons"]
    assert reason.replace("\u202f", " ") == (
        "Representation of groups: sex: smallest group Female 32 %, largest gap 18 points, declared"
    )
    (described,) = search_api(client, q="homes", has="bias-notes")["results"]
    assert any("as text" in reason for reason in described["reasons"])


def test_a_card_shows_the_reason_and_a_search_without_such_filters_none(client: Client, mesh: Any):
    text = client.get("/search?bias=declared").content.decode()
    assert "smallest group Female" in text
    assert "groups not listed 10\u202f% together" in text

    assert "smallest group" not in client.get("/search?q=wages").content.decode()


def test_facets_of_groups_are_on_the_page_with_their_counts(client: Client, mesh: Any):
    facets = search_api(client)["facets"]

    counts = {value["value"]: value["count"] for value in facets["bias"]}
    assert counts == {"declared": 2, "not-assessed": 1}
    assert {value["value"]: value["count"] for value in facets["imbalance"]} == {
        "age_band": 1,
        "sex": 1,
    }
    page = client.get("/search").content.decode()
    assert "Representation of groups" in page
    assert "Not assessed" in page


def test_a_mistyped_attribute_is_corrected_on_offer(client: Client, mesh: Any):
    for params, entered in (
        ({"min_share(sxe)": ">=0.3"}, "min_share(sxe)"),
        ({"imbalance": "sxe"}, "imbalance:sxe"),
    ):
        (warning,) = search_api(client, **params)["warnings"]
        assert (warning["code"], warning["typed"], warning["offer"]) == (
            "unknown-attribute",
            entered,
            "sex",
        )
    page = client.get("/search", {"min_share(sxe)": ">=0.3"}).content.decode()
    assert "min_share%28sex%29=%3E%3D0.3" in page


def test_typing_offers_attributes_and_states(client: Client, mesh: Any):
    def offered(text: str) -> list[str]:
        groups = client.get("/search/suggest", {"q": text}).json()["groups"]
        return [item["query"] for group in groups for item in group["items"]]

    assert offered("wages min_share(s") == ["wages min_share(sex)>="]
    assert offered("-max_gap(") == ["-max_gap(age_band)<=", "-max_gap(sex)<="]
    assert offered("bias:d") == ["bias:declared "]
    assert "min_share(" in offered("min_s")


def test_the_export_has_the_numbers_in_columns_of_their_own(client: Client, mesh: Any):
    response = client.get("/search.csv?bias=declared")
    text = b"".join(response.streaming_content).decode()
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text))}

    assert rows["Wages"]["bias"] == "declared"
    assert rows["Wages"]["min_shares"] == "age_band=0.1; sex=0.32"
    assert rows["Wages"]["max_gaps"] == "sex=0.18"
    assert (rows["Homes"]["bias"], rows["Homes"]["min_shares"]) == ("declared", "")


def row(group: str, share: float | None, **fields: Any) -> Imbalance:
    return Imbalance(attribute="sex", group=group, share=share, **fields)


@pytest.mark.parametrize(
    ("rows", "answer", "states"),
    [
        ([], "", ("not-assessed",)),
        ([], "unknown", ("not-assessed",)),
        ([], "not_applicable", ()),
        ([], "answered", ("declared",)),
        ([row("f", 0.3)], "", ("declared",)),
        ([row("f", 0.3, origin="measured")], "", ("measured",)),
        ([row("f", 0.3), row("f", 0.4, origin="measured")], "", ("measured", "declared")),
    ],
)
def test_states_follow_what_is_there(rows: list[Imbalance], answer: str, states: tuple[str, ...]):
    assert bias_states(rows, answer=answer) == states


def test_a_missing_assessment_and_a_contradiction_are_states_of_their_own():
    states = bias_states([row("f", 0.3)], unassessed=["race"], has_contradiction=True)

    assert states == (BiasState.DECLARED, BiasState.NOT_ASSESSED, BiasState.CONTRADICTED)


def test_the_list_of_products_filters_by_groups_from_the_database(client: Client, mesh: Any):
    def listed(**params: Any) -> set[str]:
        answer = client.get("/api/v1/products", params).json()
        return {product["name"] for product in answer["results"]}

    assert listed(bias="declared") == {"Wages", "Homes"}
    assert listed(bias=["measured", "declared"]) == {"Wages", "Homes"}
    assert listed(bias="measured") == set()
    assert listed(imbalance="sex") == {"Wages"}
    assert client.get("/api/v1/products?bias=fine").status_code == 400


def measure(product: DataProduct, **shares: float | None) -> bool:
    """Write what a measurement of sex saw; a share of None is of a group too small to show."""
    rows = [
        MeasuredGroup(
            attribute="sex",
            group=group,
            n=None if share is None else round(share * 1000),
            share=share,
            interval_low=0.0 if share is None else share - 0.02,
            interval_high=0.1 if share is None else share + 0.02,
            reference_share=0.5,
            reference_name="Census",
        )
        for group, share in shares.items()
    ]
    port = product.output_ports.get()
    return set_measured_imbalances(port=port, rows=rows, measured_at=timezone.now())


def test_a_measurement_wins_is_indexed_and_leaves_no_difference(client: Client, mesh: Any):
    measure(mesh["declared"], Female=0.45, Male=0.55)
    drain()

    (wages,) = search_api(client, **{"min_share(sex)": ">=0.44", "bias": "measured"})["results"]
    assert wages["min_shares"]["sex"] == 0.45
    assert "measured" in wages["reasons"][0]
    DataProduct.objects.update(revised_at=F("revised_at") - timedelta(minutes=1))
    assert verify(active_backend()).count == 0


def test_a_declaration_is_contradicted_until_it_is_explained(client: Client, mesh: Any):
    measure(mesh["declared"], Female=0.45, Male=0.55)
    drain()
    (wages,) = search_api(client, bias="contradicted")["results"]
    assert "declared 32.0 %" in wages["reasons"][0]
    assert "45.0 %" in wages["reasons"][0]

    Imbalance.objects.filter(origin="declared").update(explanation="Sampled by household.")
    DataProduct.objects.update(revision=F("revision") + 1)
    drain()
    assert search_api(client, bias="contradicted")["count"] == 0


def test_a_search_cannot_find_out_how_small_a_hidden_group_is(client: Client, mesh: Any):
    measure(mesh["silent"], Female=None, Male=0.9)
    drain()

    def matches(limit: float) -> bool:
        answer = search_api(client, **{"min_share(sex)": f"<={limit}", "q": "roads"})
        return bool(answer["results"])

    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if matches(middle) else (middle, high)
    assert high < 1e-5
    (roads,) = search_api(client, **{"min_share(sex)": "<0.1", "q": "roads"})["results"]
    assert (roads["min_shares"], roads["max_gaps"]) == ({"sex": 0.0}, {"sex": 0.5})
    assert any("too few records" in reason for reason in roads["reasons"])


def test_a_sensitive_column_that_nobody_assessed_is_a_state(client: Client, mesh: Any):
    product = mesh["declared"]
    ProvenanceAnswer.objects.filter(record__product=product).filter(
        question="sensitive_attributes"
    ).update(state="answered", values=["religion"])
    DataProduct.objects.update(revision=F("revision") + 1)
    drain()

    assert names(search_api(client, bias="not-assessed")) == {"Wages", "Roads"}

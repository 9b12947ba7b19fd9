"""What every engine answers: relevance, typos, phrases, filters, facets, highlights, reasons."""

from string import ascii_lowercase
from typing import Any

import pytest

from catalog.search.document import SearchDocument
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import Correction, SearchRequest
from catalog.search.query import parse_query
from catalog.search.synonyms import expand_synonyms
from tests.search.requests import NOW, PUBLIC, ask, counts, doc, fill, ids, values

CUSTOMERS = doc(
    "customer-lifetime-value",
    summary="What a customer is worth over the years. Built from orders and returns.",
    tags=("Customer Care", "finance"),
    columns=("customer_id", "lifetimeValue", "valid_from"),
    domains=("customer", "sales"),
    formats=("parquet",),
    states=("published", "certified"),
    aliases=("CLV",),
    owner_names=("Retention team",),
)
CHURN = doc(
    "churn-scores",
    summary="How likely each customer is to leave, by month.",
    tags=("machine learning",),
    columns=("customer_id", "score"),
    domains=("customer", "sales"),
    formats=("csv",),
    states=("published",),
    contract_states=("broken",),
)
ORDERS = doc(
    "orders",
    summary="Every order of the web shop with its customer, its total and its delivery.",
    columns=("order_id", "customer_id", "total"),
    domains=("ecommerce", "sales"),
    formats=("parquet", "csv"),
    states=("published",),
)
WEATHER = doc(
    "weather-observations",
    summary="Hourly measurements of stations: an experiment in open data.",
    tags=("open data",),
    domains=("logistics",),
    formats=("csv",),
    states=("external",),
)
MESH = (CUSTOMERS, CHURN, ORDERS, WEATHER)


@pytest.fixture
def mesh(engine: SearchBackend) -> SearchBackend:
    fill(engine, MESH)
    return engine


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("customer lifetime value", "customer-lifetime-value"),
        ("clv", "customer-lifetime-value"),
        ("orders", "orders"),
        ("how likely to leave", "churn-scores"),
        ("churn", "churn-scores"),
        ("delivery of web orders", "orders"),
        ("open measurements", "weather-observations"),
        ("retention", "customer-lifetime-value"),
        ("lifetime_value", "customer-lifetime-value"),
        ("valid from", "customer-lifetime-value"),
    ],
)
def test_the_expected_product_comes_first(mesh: SearchBackend, entered: str, expected: str):
    assert ids(ask(mesh, entered))[0] == expected


def test_an_exact_name_slug_or_alias_comes_first_however_much_others_say_of_it(
    engine: SearchBackend,
):
    chatter = [
        doc(f"about-{n}", "Returns returns", summary="returns " * 40, tags=("returns",))
        for n in range(30)
    ]
    plain = doc("returns", "Returns", aliases=("rma-ledger",), summary="Nothing else.")
    fill(engine, [*chatter, plain])

    for entered in ("Returns", "returns", "RMA-ledger", "rma ledger", " RETURNS "):
        assert ids(ask(engine, entered))[0] == "returns"


def test_a_name_with_signs_of_the_grammar_is_found_by_typing_it(engine: SearchBackend):
    odd = doc("odd", 'Land -use: (L2A) "big" OR not')
    fill(engine, [odd, *MESH])

    assert ids(ask(engine, odd.name))[0] == "odd"


def test_a_title_of_a_use_says_more_than_a_mention(engine: SearchBackend):
    used = doc("used", used_in=("Retreat of glaciers",))
    mentions = doc("mentions", notes=("Retreat of glaciers",))
    fill(engine, [mentions, used])

    assert ids(ask(engine, "glacier retreat")) == ["used", "mentions"]


def test_other_spellings_are_found_after_what_was_typed(engine: SearchBackend):
    spellings = (("Sea surface temperature", "SST"),)
    entered = doc("typed", "Grids", summary="Daily grids of sea surface temperature.")
    other = doc("other", "Buoys", summary="Daily buoys with SST.")
    both = doc("both", "Both", summary="Sea surface temperature, of which SST is short, every day.")
    fill(engine, [entered, other, both, *MESH])

    for text, first in (("sst daily", "other"), ("sea surface temperature grids", "typed")):
        words, expansions = expand_synonyms(parse_query(text, now=NOW).expression, spellings)
        matches = ids(engine.search(SearchRequest(readers=PUBLIC, query=words, text=text)))

        assert matches[0] == first
        assert set(matches) == {"typed", "other", "both"}
        assert expansions


def test_any_word_will_do_but_documents_with_all_words_come_first(mesh: SearchBackend):
    answer = ask(mesh, "customer delivery")

    assert ids(answer)[0] == "orders"
    assert set(ids(answer)) == {"orders", "churn-scores", "customer-lifetime-value"}


def test_where_twenty_documents_hold_all_words_they_are_the_set(engine: SearchBackend):
    both = [doc(f"both-{n}", f"Both {n}", summary="red fox") for n in range(20)]
    one = [doc(f"one-{n}", f"One {n}", summary="red hen") for n in range(5)]
    fill(engine, [*both[1:], *one])
    assert ask(engine, "red fox").count == 24

    fill(engine, [*both, *one])
    assert ask(engine, "red fox").count == 20


def test_a_hit_says_which_words_it_lacks(mesh: SearchBackend):
    lacks = {hit.id: hit.missing_terms for hit in ask(mesh, "customer delivery").hits}

    assert lacks["orders"] == ()
    assert lacks["churn-scores"] == ("delivery",)


def test_of_a_long_question_a_hit_says_which_words_it_lacks(engine: SearchBackend):
    words = [f"word{letter}" for letter in ascii_lowercase] + ["parcels", "letters"]
    fill(engine, [doc("all", summary=" ".join(words)), doc("one", summary="parcels")])

    lacks = {hit.id: hit.missing_terms for hit in ask(engine, " ".join(words)).hits}

    assert lacks == {"all": (), "one": tuple(word for word in words if word != "parcels")}


@pytest.mark.parametrize(
    ("entered", "searched", "first"),
    [
        ("custmer", "customer", "customer-lifetime-value"),
        ("lifetmie", "lifetime", "customer-lifetime-value"),
        ("obsrvatons", "observations", "weather-observations"),
        ("chrun", "churn", "churn-scores"),
    ],
)
def test_a_typo_is_corrected_and_shown(
    mesh: SearchBackend, entered: str, searched: str, first: str
):
    answer = ask(mesh, entered)

    assert answer.corrections == (Correction(entered, searched),)
    assert ids(answer)[0] == first


def test_a_correction_can_be_undone(mesh: SearchBackend):
    answer = ask(mesh, "custmer", is_corrected=False)

    assert (answer.corrections, answer.count) == ((), 0)


@pytest.mark.parametrize(
    "entered", ["cus", '"custmer"', "custom3r", "+custmer", "customers", "score"]
)
def test_short_quoted_demanded_numbered_and_held_words_are_not_corrected(
    mesh: SearchBackend, entered: str
):
    assert ask(mesh, entered).corrections == ()


def test_a_word_that_begins_others_is_searched_as_their_beginning(mesh: SearchBackend):
    assert ids(ask(mesh, "measurem")) == ["weather-observations"]
    assert set(ids(ask(mesh, "cust*"))) == {"customer-lifetime-value", "churn-scores", "orders"}


def test_a_phrase_is_demanded_exactly(mesh: SearchBackend):
    assert ids(ask(mesh, '"web shop"')) == ["orders"]
    assert ids(ask(mesh, '"shop web"')) == []
    assert ids(ask(mesh, '"order" customer')) == ["orders"]
    assert ids(ask(mesh, '"experience"')) == []


def test_words_can_be_required_excluded_and_joined(mesh: SearchBackend):
    assert set(ids(ask(mesh, "customer -month"))) == {"customer-lifetime-value", "orders"}
    assert ids(ask(mesh, "customer +month")) == ["churn-scores"]
    assert set(ids(ask(mesh, "(web shop) OR stations"))) == {"orders", "weather-observations"}
    assert set(ids(ask(mesh, "-customer"))) == {"weather-observations"}
    assert set(ids(ask(mesh, "(tag:finance OR format:csv) customer -likely"))) == {
        "customer-lifetime-value",
        "orders",
    }


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("domain:customer", {"customer-lifetime-value", "churn-scores"}),
        ("domain:sales", {"customer-lifetime-value", "churn-scores", "orders"}),
        (
            "domain:customer,logistics",
            {"customer-lifetime-value", "churn-scores", "weather-observations"},
        ),
        ("-domain:sales", {"weather-observations"}),
        ('tag:"customer care"', {"customer-lifetime-value"}),
        ("column:customer_id -format:parquet", {"churn-scores"}),
        ("is:certified", {"customer-lifetime-value"}),
        ("certified:true", {"customer-lifetime-value"}),
        ("type:product format:parquet column:total", {"orders"}),
        ("column:LifetimeValue", {"customer-lifetime-value"}),
        ("iri:clv", {"customer-lifetime-value"}),
        ("contract:broken", {"churn-scores"}),
        ("domain:nowhere", set()),
    ],
)
def test_fields_filter(mesh: SearchBackend, entered: str, expected: set[str]):
    answer = ask(mesh, entered)

    assert (set(ids(answer)), answer.count) == (expected, len(expected))


def biased(slug: str, **fields: Any) -> SearchDocument:
    return doc(slug, has=("bias-notes",), **fields)


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("min_share(sex)>=0.4", {"even"}),
        ("min_share(sex)<40%", {"skewed"}),
        ("min_share.sex:0.1..0.3", {"skewed"}),
        ("max_gap(age_group)>0.05", {"skewed", "even"}),
        ("max_gap(age_group)>5%", {"skewed", "even"}),
        ("max_gap(age_group)>0.1", {"skewed"}),
        ("-min_share(sex)>=0.4", {"skewed", "silent"}),
        ("imbalance:sex", {"even", "skewed"}),
        ("imbalance:female", {"skewed"}),
        ("imbalance:sex=female", {"skewed"}),
        ("has:bias-notes method:survey", {"even"}),
        ("quality:>=98", {"even"}),
        ("quality:failed", {"skewed"}),
        ("checks:passed", {"even"}),
        ("-quality:failed", {"even", "silent"}),
        ("quality:0.9..0.99", {"even", "skewed"}),
        ("latency:<500ms", {"skewed"}),
        ("latency:<=0.5s", {"skewed", "even"}),
        ("updated:<7d", {"even"}),
        ("updated:>7d", {"skewed"}),
        ("updated:2026-11-01..2026-11-15", {"skewed"}),
        ("certified:2027-01-01..", {"even"}),
    ],
)
def test_numbers_filter(engine: SearchBackend, entered: str, expected: set[str]):
    even = biased(
        "even", measures={"min_share.sex": 0.48, "max_gap.age_group": 0.06}, methods=("Survey",),
        imbalances=("sex",), quality=0.985, latency=0.5, updated=1_795_500_000,
        certified_until=1_806_000_000, quality_states=("passed",),
    )  # fmt: skip
    skewed = biased(
        "skewed", measures={"min_share.sex": 0.2, "max_gap.age_group": 0.31},
        imbalances=("sex", "female", "sex=female"), quality=0.9, latency=0.2,
        updated=1_794_500_000, quality_states=("failed",),
    )  # fmt: skip
    fill(engine, [even, skewed, doc("silent")])

    assert set(ids(ask(engine, entered))) == expected


def test_a_facets_counts_ignore_its_own_selection_and_respect_all_others(mesh: SearchBackend):
    answer = ask(mesh, "customer", where=[("domain", "ecommerce"), ("format", "csv")])

    assert ids(answer) == ["orders"]
    assert counts(answer, "domain") == {"sales": 2, "customer": 1, "ecommerce": 1}
    assert counts(answer, "format") == {"csv": 1, "parquet": 1}
    assert counts(answer, "is") == {"published": 1}


def test_chosen_values_stay_on_offer_at_zero(mesh: SearchBackend):
    answer = ask(mesh, "stations", where=[("domain", "sales")])

    assert answer.count == 0
    assert counts(answer, "domain") == {"logistics": 1, "sales": 0}


def test_a_facets_count_is_what_choosing_it_shows(mesh: SearchBackend):
    for name in ("domain", "format", "is", "tag"):
        for value, count in counts(ask(mesh, "customer"), name).items():
            assert ask(mesh, "customer", where=[(name, value)]).count == count


def test_highlights_are_marked_and_escaped(engine: SearchBackend):
    fill(
        engine, [doc("x", "Café <b>sales</b>", summary="Sales & <img onerror=alert(1)> of cafés.")]
    )

    hit = ask(engine, "cafe sales").hits[0]

    assert hit.highlights["name"] == "<mark>Café</mark> &lt;b&gt;<mark>sales</mark>&lt;/b&gt;"
    assert "<mark>Sales</mark> &amp; &lt;img onerror=alert(1)&gt;" in hit.highlights["summary"]
    assert "<img" not in "".join(hit.highlights.values())


def test_reasons_name_the_fields_and_every_matched_column(mesh: SearchBackend):
    reasons = {reason.field: reason for reason in ask(mesh, "customer").hits[0].reasons}
    assert reasons["columns"].texts == ("customer_id",)
    assert reasons["tags"].texts == ("Customer Care",)

    wide = doc("wide", columns=tuple(f"customer_{n}" for n in range(40)))
    fill(mesh, [wide])
    reason = next(r for r in ask(mesh, "customer").hits[0].reasons if r.field == "columns")
    assert (reason.total, len(reason.texts)) == (40, 5)


def test_typing_completes_names_and_words(mesh: SearchBackend):
    answer = mesh.suggest("cust", ("public",), 5)
    assert [suggestion.text for suggestion in answer.objects] == ["Customer Lifetime Value"]
    assert "customer" in [word.text for word in answer.words]

    assert [t.id for t in mesh.suggest("lif cus", ("public",), 5).objects] == [CUSTOMERS.slug]
    assert [t.id for t in mesh.suggest("clv", ("public",), 5).objects] == [CUSTOMERS.slug]
    assert mesh.suggest("zzz", ("public",), 5).objects == ()
    assert mesh.suggest("  ", ("public",), 5).objects == ()


def test_nothing_is_completed_from_the_midst_of_an_identifier(engine: SearchBackend):
    uuid = "0f1e2d3c-da7a-4bcd-8eef-da1234567890"
    aliases = (uuid, f"https://catalog.example/id/product/{uuid}", "daily.orders")
    fill(engine, [doc("orders", aliases=aliases)])

    assert engine.suggest("da7", ("public",), 5).objects == ()
    assert [suggestion.id for suggestion in engine.suggest("dail", ("public",), 5).objects] == [
        "orders"
    ]
    assert [hit.id for hit in ask(engine, uuid).hits] == ["orders"]


def test_values_of_a_field_are_completed_with_their_counts(mesh: SearchBackend):
    assert values(mesh.values("domain", "s", ("public",), 5)) == {"sales": 3}
    assert values(mesh.values("format", "", ("public",), 5)) == {"csv": 3, "parquet": 2}
    assert values(mesh.values("tag", "Customer C", ("public",), 5)) == {"customer care": 1}
    assert mesh.values("tag", "(.*", ("public",), 5) == ()


@pytest.mark.parametrize(
    "entered",
    ["the", "of the", "***", "\x00\ud800", "(" * 300, "🦊 fox", "a" * 400, "%_\\", "+-", '"'],
)
def test_odd_queries_are_answered(mesh: SearchBackend, entered: str):
    assert ask(mesh, entered).count >= 0

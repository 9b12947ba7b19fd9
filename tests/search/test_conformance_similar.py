"""What every engine finds like a document: by what is shared, within what is readable."""

import pytest

from catalog.search.document import SearchDocument
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import Feature, SimilarDocument
from catalog.search.similarity import features_of
from tests.search.requests import PUBLIC, doc, fill

ORDERS = doc(
    "orders",
    summary="Each order of the web shop. Loaded nightly.",
    tags=("Sales", "checkout"),
    columns=("order_id", "customer_id", "total"),
)
RETURNS = doc(
    "returns", summary="Goods sent back.", tags=("sales",), columns=("order_id", "customer_id")
)
BASKETS = doc("baskets", summary="What was left behind in the web shop.", tags=("checkout",))
VISITS = doc("visits", summary="Pages of the web shop that somebody opened.")
WEATHER = doc("weather", summary="Measurements of stations.", tags=("climate",), columns=("total",))
# Enough of others, so that what two or three share is rare.
OTHERS = [doc(f"other-{n}", summary=f"Something else, number {n}.") for n in range(12)]
MESH = [ORDERS, RETURNS, BASKETS, VISITS, WEATHER, *OTHERS]


@pytest.fixture
def mesh(engine: SearchBackend) -> SearchBackend:
    fill(engine, MESH)
    return engine


def like(
    engine: SearchBackend, document: SearchDocument, *readers: str, limit: int = 5
) -> tuple[SimilarDocument, ...]:
    features = features_of(
        name=document.name, summary=document.summary, tags=document.tags, columns=document.columns
    )
    return engine.similar(document.key, features, readers or PUBLIC, limit)


def test_what_shares_more_that_is_rare_comes_first_and_each_says_what_it_shares(
    mesh: SearchBackend,
):
    matches = like(mesh, ORDERS)

    assert [match.id for match in matches] == ["returns", "baskets", "visits"]
    assert set(matches[0].shared_features) == {
        Feature("tag", "sales"),
        Feature("column", "order_id"),
        Feature("column", "customer_id"),
    }
    assert set(matches[1].shared_features) == {
        Feature("tag", "checkout"),
        Feature("word", "web"),
        Feature("word", "shop"),
    }


def test_one_shared_column_or_word_is_not_similar_and_a_tag_is(engine: SearchBackend):
    one = doc("one", tags=("climate",), columns=("station",))
    by_tag, by_column = doc("by-tag", tags=("Climate",)), doc("by-column", columns=("station",))
    fill(engine, [one, by_tag, by_column, *OTHERS])

    assert [match.id for match in like(engine, one)] == ["by-tag"]
    assert like(engine, by_column) == ()


def test_a_document_is_not_similar_to_itself_nor_without_features_to_any(mesh: SearchBackend):
    assert "orders" not in {match.id for match in like(mesh, ORDERS)}
    assert mesh.similar("product:orders", (), PUBLIC, 5) == ()


def test_words_are_alike_in_any_form(engine: SearchBackend):
    one = doc("one", "Parcel deliveries")
    other = doc("other", "Delivered parcels", summary="Delivery of a parcel.")
    fill(engine, [one, other, *OTHERS])

    assert [match.id for match in like(engine, one)] == ["other"]


def test_the_limit_cuts_off_the_least_alike(mesh: SearchBackend):
    assert [match.id for match in like(mesh, ORDERS, limit=1)] == ["returns"]


def test_what_is_retired_is_offered_to_nobody(engine: SearchBackend):
    fill(engine, [ORDERS, doc("old", tags=("sales",), states=("retired",)), *OTHERS])

    assert like(engine, ORDERS) == ()


def test_what_one_may_not_read_changes_neither_what_is_alike_nor_its_order(engine: SearchBackend):
    hidden = [
        doc(
            f"hidden-{n}",
            summary="Each order of the web shop.",
            tags=("sales",) if n < 9 else ("checkout",),
            columns=("order_id", "customer_id") if n < 9 else (),
            readers=("domain:9",),
        )
        for n in range(20)
    ]
    fill(engine, MESH)
    without = [like(engine, document) for document in MESH]

    fill(engine, [*MESH, *hidden])

    assert [like(engine, document) for document in MESH] == without
    assert any(
        match.id.startswith("hidden") for match in like(engine, ORDERS, "public", "domain:9")
    )


def test_odd_features_are_answered(mesh: SearchBackend):
    odd = [Feature("tag", text) for text in ("(", "a:b*", "🦊", "x" * 200, '"', "\\")]

    assert mesh.similar("product:orders", odd, PUBLIC, 5) == ()

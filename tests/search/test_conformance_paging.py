"""What every engine promises of order: sorts, offsets, and cursors as deep as the result goes."""

import pytest

from catalog.search.flow.engine import SearchBackend
from tests.search.conftest import BY_MEANING, ENGINES
from tests.search.requests import ask, doc, fill, ids

pytestmark = pytest.mark.parametrize("engine", [*ENGINES, BY_MEANING], indirect=True)
MANY = 10_050


@pytest.fixture
def shelf(engine: SearchBackend) -> SearchBackend:
    fill(
        engine,
        [
            doc("b", "Éclair", quality=0.5, updated=300, certified_until=9),
            doc("a", "apple", quality=0.9, updated=100),
            doc("c", "Zebra", updated=200, certified_until=5),
            doc("d", "banana", quality=0.7),
        ],
    )
    return engine


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a", "d", "c", "b"]),
        ("quality", ["a", "d", "b", "c"]),
        ("updated", ["b", "c", "a", "d"]),
        ("certified", ["c", "b"]),
        ("relevance", ["a", "d", "c", "b"]),
    ],
)
def test_results_are_sorted_and_what_lacks_the_value_comes_last(
    shelf: SearchBackend, sort: str, expected: list[str]
):
    assert ids(ask(shelf, sort=sort))[: len(expected)] == expected


@pytest.mark.parametrize("sort", ["name", "quality", "updated", "certified", "relevance"])
@pytest.mark.parametrize("text", ["", "thing"])
def test_pages_by_offset_and_by_cursor_show_everything_once_in_the_same_order(
    engine: SearchBackend, sort: str, text: str
):
    documents = [
        doc(
            f"n{n:02}",
            f"Thing {n % 7}",
            updated=n % 5,
            quality=(n % 3) / 10,
            summary="x " * (n % 4),
        )
        for n in range(50)
    ]
    fill(engine, documents)
    everything = ids(ask(engine, text, sort=sort, limit=50))

    by_offset = [
        document_id
        for offset in range(0, 50, 7)
        for document_id in ids(ask(engine, text, sort=sort, limit=7, offset=offset))
    ]
    page = ask(engine, text, sort=sort, limit=7)
    by_cursor, firsts = ids(page), []
    while page.next:
        page = ask(engine, text, sort=sort, limit=7, cursor=page.next)
        by_cursor += ids(page)
        firsts.append(page)

    assert len(set(everything)) == 50
    assert by_offset == by_cursor == everything
    back = ask(engine, text, sort=sort, limit=7, cursor=firsts[3].previous)
    assert ids(back) == ids(firsts[2])
    assert ask(engine, text, sort=sort, limit=7).previous is None


def test_a_cursor_neither_repeats_nor_skips_when_others_come_and_go(engine: SearchBackend):
    fill(engine, [doc(f"n{n:02}", f"Name {n:02}") for n in range(20)])
    first = ask(engine, sort="name", limit=5)

    with engine.open_writer() as session:
        session.put([doc("new", "Name 00 again"), doc("late", "Name 99")])
        session.delete([("product", "n01", 9)])
        session.commit()

    second = ask(engine, sort="name", limit=5, cursor=first.next)
    assert ids(second) == ["n05", "n06", "n07", "n08", "n09"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sort", "text"), [("name", ""), ("relevance", "tiny"), ("updated", "tiny")]
)
def test_cursors_lead_past_ten_thousand_and_to_the_last_page(
    engine: SearchBackend, sort: str, text: str
):
    fill(engine, (doc(f"n{n:05}", f"Tiny {n:05}", updated=n) for n in range(MANY)))

    collected: list[str] = []
    page = ask(engine, text, sort=sort, limit=1000)
    last = page.last
    while True:
        collected += ids(page)
        if page.next is None:
            break
        page = ask(engine, text, sort=sort, limit=1000, cursor=page.next, has_facets=False)

    assert len(collected) == len(set(collected)) == MANY
    assert page.count == MANY
    end = ask(engine, text, sort=sort, limit=20, cursor=last)
    assert ids(end) == collected[-20:]
    assert ids(ask(engine, text, sort=sort, limit=20, cursor=end.previous)) == collected[-40:-20]

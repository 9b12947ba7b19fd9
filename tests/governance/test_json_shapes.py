"""One list of objects is the same rows, whatever JSON it is sent in, for every reader of it."""

import gzip
import json
from pathlib import Path

import pytest

from governance.sandbox.connectors import file, file_groups
from governance.sandbox.groups import Grouping, GroupRequest
from governance.sandbox.types import Source, SourceUnreadable
from tests.governance.checked_orders import check, check_file

ROWS = [
    {"id": 1, "status": "paid", "lines": [{"n": 1}]},
    {"id": 2, "status": None, "lines": []},
    {"id": 3, "status": "paid", "lines": []},
]
PAGING = {"next": "/orders?page=2", "count": 3, "links": []}
SHAPES = {
    "array": json.dumps(ROWS),
    "array over lines": json.dumps(ROWS, indent=2),
    "json lines": "\n".join(json.dumps(row) for row in ROWS) + "\n",
    "data": json.dumps({"data": ROWS}),
    "data over lines": json.dumps({"meta": {"total": 3}, "data": ROWS}, indent=2),
    "results and paging": json.dumps(PAGING | {"results": ROWS}),
    "items": json.dumps({"items": ROWS, "offset": 0}),
    "one list of any name": json.dumps({"orders": ROWS}),
    "a list within an object": json.dumps({"took": 3, "hits": {"total": 3, "hits": ROWS}}),
    "a list within an embedded object": json.dumps(PAGING | {"_embedded": {"orders/new": ROWS}}),
    "data and what it includes": json.dumps({"data": ROWS, "included": [{"a": 1}]}),
    "data and an empty list": json.dumps({"data": ROWS, "values": []}),
}


def inspected(path: Path):
    with path.open("rb") as reader:
        *_, profile = file.read(Source(kind="json", descriptor=reader.fileno()))
    return profile.tables[0]


def counted(path: Path, column: str = "status"):
    request = GroupRequest(table="rows", attributes=(Grouping(name=column, column=column),))
    with path.open("rb") as reader:
        source = Source(kind="json", descriptor=reader.fileno(), groups=request)
        return file_groups.count(source, request)


def checked(path: Path, *items):
    return check_file(path, items or [check("status", "missing", "status")])


def error_of(read) -> tuple[str, str]:
    with pytest.raises(SourceUnreadable) as refused:
        read()
    return refused.value.code, refused.value.detail


@pytest.mark.parametrize(
    ("members", "is_first_page"),
    [
        ({"next": "/orders?page=2"}, True),
        ({"next": None}, False),
        ({"next": ""}, False),
        ({"links": {"self": "/orders", "next": "/orders?page=2"}}, True),
        ({"_links": {"next": {"href": "/orders?page=2"}}}, True),
        ({"meta": {"has_more": True}}, True),
        ({"meta": {"has_more": False}}, False),
        ({"@odata.nextLink": "https://orders.example/?skip=3"}, True),
        ({"nextPageToken": "abc"}, True),
        ({"links": []}, False),
        ({}, False),
    ],
    ids=str,
)
def test_the_first_page_of_an_answer_is_a_sample_and_said_to_be_one(
    tmp_path, members, is_first_page
):
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(members | {"data": ROWS}))

    run = checked(path)
    counts = counted(path)

    assert (run.is_sample, bool(run.note)) == (is_first_page, is_first_page)
    assert (counts.is_sample, bool(counts.note)) == (is_first_page, is_first_page)
    assert inspected(path).is_sample is is_first_page


@pytest.mark.parametrize(
    ("shape", "encoding"),
    [*((shape, "utf-8") for shape in SHAPES), ("data", "utf-8-sig"), ("data over lines", "utf-16")],
)
def test_checks_groups_and_inspection_read_the_same_rows_of_each_shape(tmp_path, shape, encoding):
    path = tmp_path / "orders.json"
    path.write_text(SHAPES[shape], encoding=encoding)

    run = checked(path)
    table = inspected(path)

    assert (run.rows, [result.observed for result in run.results]) == (3, [1])
    assert (table.rows, [column.name for column in table.columns]) == (3, [*ROWS[0]])
    assert counted(path).rows == 3


def test_a_packed_object_with_a_list_is_read(tmp_path):
    path = tmp_path / "orders.json"
    path.write_bytes(gzip.compress(SHAPES["results and paging"].encode()))

    assert (checked(path).rows, inspected(path).rows, counted(path).rows) == (3, 3, 3)


SINGLE = {
    "a single object": {"id": 1, "status": "paid"},
    "a single object over lines": {"id": 1, "status": None},
    "a single object with a list of its own": {"id": 1, "status": "x", "lines": [{"n": 1}]},
    "a single object with a list of texts": {"status": "x", "data": ["a", "b"]},
}


@pytest.mark.parametrize("document", SINGLE.values(), ids=SINGLE)
def test_a_single_object_is_one_row(tmp_path, document):
    path = tmp_path / "order.json"
    path.write_text(json.dumps(document, indent=1))

    assert (checked(path).rows, inspected(path).rows, counted(path).rows) == (1, 1, 1)


def test_a_late_row_of_a_list_has_its_own_keys_and_types(tmp_path):
    path = tmp_path / "orders.json"
    rows = [{"id": n} for n in range(3000)] + [{"id": "x", "late": 1}]
    path.write_text(json.dumps({"data": rows}))

    run = checked(path, check("late", "missing", "late"), check("id", "missing", "id"))

    assert [result.observed for result in run.results] == [3000, 0]
    assert [column.name for column in inspected(path).columns] == ["id", "late"]


def test_several_lists_that_may_be_the_rows_are_named_and_not_chosen_from(tmp_path):
    path = tmp_path / "orders.json"
    path.write_text(json.dumps({"data": ROWS, "results": ROWS}))
    expected = (
        "wrong-format",
        "It is one object with several lists that may be its rows: “data”, “results”.",
    )

    assert error_of(lambda: checked(path)) == expected
    assert error_of(lambda: inspected(path)) == expected
    assert error_of(lambda: counted(path)) == expected


def test_an_object_that_ends_within_its_list_is_no_json(tmp_path):
    path = tmp_path / "orders.json"
    path.write_text('{"data": [{"id": 1}, {"id"')

    assert error_of(lambda: checked(path))[0] == "wrong-format"
    assert error_of(lambda: inspected(path))[0] == "wrong-format"
    assert error_of(lambda: counted(path, "id"))[0] == "wrong-format"

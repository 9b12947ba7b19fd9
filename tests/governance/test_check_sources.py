"""Checks of a port's server: files, answers of APIs, storages, and another product's rows."""

import json
from pathlib import Path

import pytest

from governance.sandbox.check_runner import run_checks
from governance.sandbox.checks import Reference
from governance.sandbox.types import SourceUnreadable
from tests.catalog.endpoints import saying, serving
from tests.factories import make_product, with_port
from tests.governance.checked_orders import ORDERS, check, request, write_orders

pytestmark = pytest.mark.django_db


def server_of(product, **server):
    product = with_port(product, **server)
    return product.output_ports.latest("pk").port_contract.contract.servers.get()


@pytest.fixture
def file_server(tmp_path, settings):
    """Return the server of a new product whose file has some content."""
    settings.ASSAY_FILES_ROOT = tmp_path

    def make(name: str, text: str = ""):
        product = make_product()
        folder = tmp_path / product.domain.slug
        folder.mkdir(exist_ok=True)
        path: Path = folder / name
        if text:
            path.write_text(text)
        else:
            write_orders(path)
        location = f"{product.domain.slug}/{name}"
        return server_of(product, type="local", location=location, path=location)

    return make


def test_rows_are_looked_up_in_the_file_of_another_product(file_server):
    states = file_server("states.csv", "state,label\npaid,Paid\nopen,Open\n")
    items = [
        check(
            "state",
            "reference",
            "status",
            reference=Reference(server="states", table="", columns=("state",)),
        ),
        check(
            "label",
            "accuracy",
            "status",
            compared=("status",),
            reference=Reference(server="states", table="", columns=("state",), compared=("label",)),
        ),
        check(
            "unknown",
            "reference",
            "status",
            reference=Reference(server="states", table="", columns=("code",)),
        ),
        check(
            "closed",
            "reference",
            "status",
            reference=Reference(server="other", table="", columns=("state",)),
        ),
        check("null", "missing", "email"),
    ]

    run = run_checks(file_server("orders.csv"), request(items), {"states": states})
    state, label, unknown, closed, null = run.results

    assert (state.tested, state.failing) == (6, 2)
    assert {sample["status"] for sample in state.samples} == {"weird", "Paid"}
    assert (label.tested, label.failing) == (4, 4)
    assert (unknown.code, closed.code) == ("no-reference", "no-reference")
    assert "code" in unknown.error
    assert (null.failing, run.rows) == (1, len(ORDERS))
    assert run.seconds > 0


def test_sql_of_a_check_reads_no_file_of_a_reference(file_server):
    states = file_server("states.csv", "state\npaid\n")
    items = [
        check(
            "state",
            "reference",
            "status",
            reference=Reference(server="states", table="", columns=("state",)),
        ),
        *(
            check(f"fd {n}", "sql", sql=f"SELECT count(*) FROM '/proc/self/fd/{n}'")
            for n in range(3, 12)
        ),
        check("keys", "sql", sql="SELECT count(*) FROM keys_0"),
    ]

    state, *others = run_checks(
        file_server("orders.csv"), request(items), {"states": states}
    ).results

    assert state.failing == 3
    assert {result.code for result in others} == {"invalid-sql"}


@pytest.mark.parametrize("name", ["", "data", "results"], ids=["array", "data", "results"])
def test_the_json_that_an_api_answers_is_checked(settings, name):
    rows = [{"id": 1, "status": "paid"}, {"id": 2, "status": None}]
    answer = {name: rows, "next": None} if name else rows
    with serving(saying(200, json.dumps(answer).encode())) as api:
        settings.ASSAY_ALLOWED_NETS = (api.place,)
        server = server_of(make_product(), type="api", location=f"{api.url}/orders")
        run = run_checks(
            server,
            request(
                [
                    check("null", "missing", "status"),
                    check("sum", "sql", sql="SELECT sum(id) FROM orders"),
                ]
            ),
        )

    assert [(result.observed, result.error) for result in run.results] == [(1, ""), (3, "")]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, b"<html>"), "wrong-format"),
        ((500, b"[]"), "unreachable"),
        ((200, b"[{"), "wrong-format"),
    ],
)
def test_an_answer_that_is_no_table_is_an_error_of_the_run(settings, answer, code):
    with serving(saying(*answer)) as api:
        settings.ASSAY_ALLOWED_NETS = (api.place,)
        server = server_of(make_product(), type="api", location=f"{api.url}/orders")
        with pytest.raises(SourceUnreadable) as refused:
            run_checks(server, request([check("null", "missing", "status")]))

    assert refused.value.code == code


def test_of_a_large_object_only_the_first_part_is_checked_and_said_so(settings):
    text = "id,status\n" + "".join(f"{n},paid\n" for n in range(100))
    with serving(saying(206, text.encode(), Content_Range=f"bytes 0-999/{10**9}")) as storage:
        settings.ASSAY_ALLOWED_NETS = (storage.place,)
        server = server_of(
            make_product(),
            type="s3",
            location="s3://lake/orders.csv",
            endpointUrl=storage.url,
            format="csv",
            path="",
        )
        run = run_checks(
            server,
            request(
                [
                    check("null", "missing", "status"),
                    check("rows", "row_count"),
                    check("sum", "sql", sql="SELECT count(*) FROM orders"),
                ]
            ),
        )
    null, *others = run.results

    assert (null.tested, null.is_sample, run.is_sample) == (100, True, True)
    assert [result.code for result in others] == ["needs-all-rows", "needs-all-rows"]

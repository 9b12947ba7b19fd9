"""The quality of a product by the API, on the command line and in the search index."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from governance.quality.services import latest_run
from tests.catalog.api_client import Program
from tests.factories import make_users
from tests.governance.checking import HAS_ROWS, NOT_NULL, UNIQUE, make_checked_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def users():
    return make_users()


@pytest.fixture
def port(users):
    return make_checked_port(
        HAS_ROWS,
        {"type": "text", "description": "Only confirmed orders."},
        domain=users.domain,
        columns={"order_id": {"quality": [UNIQUE]}, "customer": {"quality": [NOT_NULL]}},
        assayVisibility="public",
    )


def run(person, port):
    path = f"/products/{port.product.uuid}/ports/{port.name}/checks/run"
    return Program(person).send("POST", path)


def read(person, port):
    return Program(person).get(f"/products/{port.product.uuid}/quality")


def test_checks_run_on_demand_and_say_what_they_found(users, port):
    answer = run(users.owner, port).json()

    assert [(item["title"], item["state"], item["observed"]) for item in answer["checks"]] == [
        ("Rows in orders", "passed", 3),
        ("Only confirmed orders.", "not_run", None),
        ("Duplicates of order_id", "failed", 1),
        ("Missing values in customer", "failed", 1),
    ]
    assert answer["checks"][3]["samples"]
    assert [score["dimension"] for score in answer["dimensions"]] == ["completeness", "uniqueness"]
    assert answer["run"]["source"] == "measured"


def test_readers_see_counts_and_no_rows(users, port):
    run(users.owner, port)

    body = read(users.outsider, port).json()

    assert (body["quality"], len(body["ports"])) == ("failed", 1)
    checks = body["ports"][0]["checks"]
    assert [item["failing"] for item in checks if item["state"] == "failed"] == [2, 1]
    assert not any(item["samples"] for item in checks)
    assert run(users.consumer, port).status_code == 403


def test_a_product_that_is_not_visible_has_no_quality(users):
    hidden = make_checked_port(HAS_ROWS, domain=users.domain, is_draft=True)

    assert read(users.outsider, hidden).status_code == 404
    assert run(users.outsider, hidden).status_code == 404


def test_the_command_checks_and_prints_each_result(port):
    out = StringIO()

    with pytest.raises(SystemExit) as exit_code:
        call_command("check_quality", f"{port.product.domain.slug}/{port.product.slug}", stdout=out)

    assert exit_code.value.code == 1
    assert (
        "failed   Missing values in customer: 1 row without a value; expected no" in out.getvalue()
    )
    assert "3 rows" in out.getvalue()


def test_the_command_reports_as_json(port):
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("check_quality", "--all", "--json", stdout=out)

    [report] = json.loads(out.getvalue())
    run_now = latest_run(port)
    assert run_now is not None
    assert (report["port"], report["run"]["run_id"]) == (str(port), str(run_now.run_id))


@pytest.mark.parametrize("arguments", [[], ["nowhere/nothing"]])
def test_the_command_says_what_it_needs(arguments):
    with pytest.raises(CommandError) as error:
        call_command("check_quality", *arguments)

    assert error.value.returncode == 2


def test_the_help_of_the_command_has_examples(capsys):
    with pytest.raises(SystemExit) as exit_code:
        call_command("check_quality", "--help")

    assert exit_code.value.code in (None, 0)
    assert "manage.py check_quality sales/orders" in capsys.readouterr().out

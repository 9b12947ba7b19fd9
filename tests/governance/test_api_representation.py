"""Representation by the API and the command: the plan, measure now, what each caller sees."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.products.services import edited_version
from governance.representation.models import RepresentationRun, RepresentationSchedule
from governance.representation.services import measure_port, save_plan
from tests.catalog.api_client import Program, places
from tests.factories import (
    FACTORY,
    make_product,
    make_published_product,
    make_users,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db
PLAN = {"attributes": [{"column": "sex"}]}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path


@pytest.fixture
def users():
    return make_users()


def people(**counts):
    return "sex\n" + "".join(f"{sex}\n" * n for sex, n in counts.items())


def make_port(users, **counts):
    """Return the port of a published product with people in it."""
    write_file(users.domain, people(**(counts or {"f": 300, "m": 700, "x": 4})))
    product = make_published_product(domain=users.domain)
    return product.output_ports.select_related("product__domain").get()


def measured_port(users, **counts):
    port = make_port(users, **counts)
    edition = edited_version(port.product).edition
    save_plan(port=port, body=PLAN, edition=edition, actor=FACTORY)
    measure_port(port=port, actor=FACTORY)
    port.product.refresh_from_db()
    return port


def path_of(port, rest=""):
    return f"/ports/{port.pk}/representation{rest}"


def texts(result):
    groups = result["attributes"][0]["groups"]
    return {group["group"]: group["count"]["text"] for group in groups}


def test_a_plan_is_put_read_and_deleted_with_the_edition_of_the_product(users):
    port, owner = make_port(users), Program(users.owner)
    path = path_of(port, "/plan")
    edition = port.product.edition

    assert owner.get(path).status_code == 404
    saved = owner.send("PUT", path, PLAN, edition=edition)
    assert saved.status_code == 200, saved.content
    assert owner.send("PUT", path, PLAN, edition=edition).status_code == 412
    again = owner.send("PUT", path, saved.json(), edition=edition + 1)
    assert again.json() == saved.json()
    assert owner.send("DELETE", path, edition=edition + 1).status_code == 204
    assert owner.get(path).status_code == 404


@pytest.mark.parametrize(
    ("plan", "location"),
    [
        ([], ""),
        ({}, "/attributes"),
        ({"attributes": [{"colum": "sex"}]}, "/attributes/0/colum"),
        ({"attributes": [{"column": "sex", "bins": [3, "x"]}]}, "/attributes/0/bins"),
        ({"attributes": [{"column": "sex", "bins": [3, 2]}]}, "/attributes/0/bins/1"),
        ({"attributes": [{"column": "sex", "bins": [1e300]}]}, "/attributes/0/bins"),
        ({"attributes": [{"column": "sex"}, {"column": "sex"}]}, "/attributes/1/name"),
        ({"attributes": [{"column": "sex", "name": "Sex!"}]}, "/attributes/0/name"),
        ({"attributes": [{"column": "sex", "groups": {"f": 1}}]}, "/attributes/0/groups/f"),
        ({"attributes": [{"column": "sex", "missing": "?"}]}, "/attributes/0/missing"),
        (
            {"attributes": [{"column": "sex", "hierarchy": {"csv": "f;w\nm", "level": 1}}]},
            "/attributes/0/hierarchy/csv",
        ),
        (
            {"attributes": [{"column": "sex", "hierarchy": {"csv": "f;w", "level": 0}}]},
            "/attributes/0/hierarchy/level",
        ),
        (
            {"attributes": [{"column": "sex", "reference": {"shares": {"f": 0.5}}}]},
            "/attributes/0/reference/name",
        ),
        (
            {"attributes": [{"column": "sex", "reference": {"name": "x", "shares": {"f": 40}}}]},
            "/attributes/0/reference/shares/f",
        ),
        (
            {
                "attributes": [
                    {"column": "sex", "reference": {"name": "x", "shares": {"f": 0.6, "m": 0.6}}}
                ]
            },
            "/attributes/0/reference/shares",
        ),
        (PLAN | {"label": {"column": "sex", "name": "sex"}}, "/attributes/0/name"),
        (PLAN | {"schedule": "hourly"}, "/schedule"),
        (PLAN | {"band": -1}, "/band"),
        (PLAN | {"thresholds": {"level": 1}}, "/thresholds/level"),
        (PLAN | {"thresholds": {"maxgap": 1}}, "/thresholds/maxgap"),
    ],
)
def test_everything_wrong_with_a_plan_is_said_at_its_place(users, plan, location):
    port = make_port(users)

    answer = Program(users.owner).send(
        "PUT", path_of(port, "/plan"), plan, edition=port.product.edition
    )

    assert answer.status_code == 422, answer.content
    assert location in places(answer.json())


def test_a_hierarchy_as_csv_becomes_the_groups_of_a_level(users):
    write_file(users.domain, "country\n" + "de\nfr\nus\n" * 30)
    port = make_published_product(domain=users.domain).output_ports.get()
    hierarchy = {"csv": "de;Europe;*\nfr;Europe;*\nus;America;*", "level": 1, "name": "world.csv"}
    plan = {"attributes": [{"column": "country", "hierarchy": hierarchy}]}
    owner = Program(users.owner)
    edition = port.product.edition

    saved = owner.send("PUT", path_of(port, "/plan"), plan, edition=edition).json()
    result = owner.send("POST", path_of(port)).json()["result"]

    assert saved["attributes"][0]["hierarchy"] == {"name": "world.csv", "level": 1}
    assert texts(result) == {"Europe": "60", "America": "30"}


def test_the_right_to_edit_is_needed_to_plan_and_to_measure(users):
    port = measured_port(users)
    consumer = Program(users.consumer)

    for method, path in (("PUT", "/plan"), ("DELETE", "/plan"), ("POST", "")):
        body = PLAN if method == "PUT" else None
        answer = consumer.send(method, path_of(port, path), body, edition=port.product.edition)
        assert answer.status_code == 403


def test_a_reader_gets_no_small_count_and_an_editor_all(users):
    port = measured_port(users)

    results = {
        person: Program(person).get(path_of(port)).json()["current"]["result"]
        for person in (users.owner, users.outsider)
    }

    assert texts(results[users.owner]) == {"f": "300", "m": "700", "x": "4"}
    assert texts(results[users.outsider]) == {"f": "hidden", "m": "700", "x": "<10"}
    assert results[users.owner]["is_exact"] is True
    assert '"4"' not in json.dumps(results[users.outsider])


def test_runs_are_listed_with_their_reasons_and_moves(users):
    port = measured_port(users, f=300, m=700)
    write_file(users.domain, people(f=700, m=300))
    measure_port(port=port, actor=FACTORY)
    write_file(users.domain, "")
    measure_port(port=port, actor=FACTORY)
    reader = Program(users.outsider)

    rows = reader.get(path_of(port, "/runs")).json()["results"]
    state = reader.get(path_of(port)).json()

    assert [row["state"] for row in rows] == ["failed", "ok", "ok"]
    assert rows[0]["reason"]
    assert {move["group"] for move in rows[1]["moves"]} == {"f", "m"}
    assert state["current"] == rows[1]
    assert state["failure"] == rows[0]
    assert reader.get(path_of(port, f"/runs/{rows[0]['id']}")).json() == rows[0]


def test_a_hidden_port_is_not_there(users):
    write_file(users.domain, people(f=20, m=30))
    port = with_port(make_product(domain=users.domain)).output_ports.get()
    save_plan(port=port, body=PLAN, edition=port.product.edition, actor=FACTORY)
    measure_port(port=port, actor=FACTORY)
    run = RepresentationRun.objects.get()
    outsider = Program(users.outsider)

    for rest in ("", "/plan", "/runs", f"/runs/{run.pk}"):
        there = outsider.get(path_of(port, rest))
        absent = outsider.get(f"/ports/999999/representation{rest}")
        assert there.status_code == absent.status_code == 404
        assert there.json()["detail"] == absent.json()["detail"]


# --- the command


def run(*arguments):
    """Return the exit code and what was printed."""
    output = StringIO()
    try:
        call_command("measure_representation", *arguments, stdout=output)
    except SystemExit as end:
        return end.code, output.getvalue()
    return 0, output.getvalue()


def address_of(port):
    return f"{port.product.domain.slug}/{port.product.slug}"


def test_the_command_measures_a_product_and_prints_what_everybody_may_see(users):
    port = measured_port(users)

    code, output = run(address_of(port))

    assert code == 0
    assert f"{address_of(port)}:table@1.0.0  ok" in output
    assert "<10" in output
    assert RepresentationRun.objects.filter(port=port).count() == 2


def test_the_command_prints_json_as_a_person_sees_it(users):
    port = measured_port(users)

    code, output = run(address_of(port), "--json", "--as", users.owner.username)

    assert code == 0
    assert texts(json.loads(output)[0]["result"])["x"] == "4"


def test_the_command_measures_only_what_is_due(users):
    port = measured_port(users)
    RepresentationSchedule.objects.update(next_due_at=timezone.now() + timedelta(days=1))

    assert run("--due", "--json") == (0, "[]\n")
    RepresentationSchedule.objects.update(next_due_at=timezone.now())
    assert len(json.loads(run("--due", "--json")[1])) == 1
    assert RepresentationRun.objects.filter(port=port).count() == 2


def test_the_command_ends_with_1_if_a_port_cannot_be_measured(users):
    port = measured_port(users)
    write_file(users.domain, "")

    code, output = run(address_of(port))

    assert code == 1
    assert "failed" in output


@pytest.mark.parametrize("arguments", [[], ["sales/nothing"], ["nothing"]])
def test_the_command_needs_ports_with_a_plan(users, arguments):
    make_port(users)

    with pytest.raises(CommandError) as refused:
        call_command("measure_representation", *arguments)

    assert refused.value.returncode == 2

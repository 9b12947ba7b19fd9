"""The quality tab: what the checks of a product say, for those who may see it."""

import csv
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.contracts.services import save_contract
from catalog.products.services import edited_version
from governance.quality.models import CheckOutcome, QualityRun
from governance.quality.services import run_port_checks
from governance.sandbox.checks import CheckResult, CheckRun
from governance.sandbox.types import SourceUnreadable
from tests.factories import FACTORY, make_person, make_published_product, publish_changes

pytestmark = pytest.mark.django_db
TABLE = {
    "name": "rows",
    "properties": [
        {"name": "id", "required": True},
        {
            "name": "total",
            "quality": [
                {
                    "name": "Known totals",
                    "metric": "nullValues",
                    "mustBeLessThan": 5,
                    "unit": "percent",
                }
            ],
        },
    ],
    "quality": [
        {"name": "Enough orders", "metric": "rowCount", "mustBeGreaterThan": 50},
        {"type": "text", "description": "Totals are in euro."},
    ],
}


def checked_product(**custom):
    """Return a published product whose contract has three checks and a rule as text."""
    product = make_published_product("Orders", **custom)
    edited = edited_version(product)
    contract = product.contracts.get()
    tree = contract.tree | {"schema": [TABLE], "version": "1.1.0"}
    save_contract(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)
    product.refresh_from_db()
    return publish_changes(product)


def runner(failing=0, rows=100, samples=()):
    """Return a fake of the sandbox: each check finds the same number of failing rows."""

    def run(server, request, servers):
        results = [
            CheckResult(
                key=check.key,
                observed=rows if check.kind == "row_count" else failing,
                tested=rows,
                failing=None if check.kind == "row_count" else failing,
                samples=samples if failing and check.kind != "row_count" else (),
            )
            for check in request.checks
        ]
        return CheckRun(rows=rows, results=tuple(results), seconds=0.2)

    return run


def check(product, **options):
    port = product.output_ports.get()
    return run_port_checks(port=port, actor=FACTORY, run=runner(**options))


def text_of(response):
    return " ".join(response.content.decode().split())


def test_the_tab_shows_each_dimension_with_its_definition_checks_and_basis(client):
    product = checked_product()
    check(product, failing=10)

    response = client.get(f"{product.path}/quality")
    [card] = response.context_data["page"].ports
    text = text_of(response)

    assert [dimension.score.dimension for dimension in card.dimensions] == ["completeness"]
    assert card.finding == "2 of 3 checks failed"
    assert card.dimensions[0].basis == "3 of 3 checks have a result, 100 rows tested"
    assert "Values and rows that must be there are there." in text
    assert "Known totals" in text
    assert "less than 5 % of rows" in text
    assert "Totals are in euro." in text
    assert [row.state for row in card.dimensions[0].checks] == ["failed", "failed", "passed"]


def test_checks_that_were_not_run_yet_are_not_called_good(client):
    product = checked_product()

    response = client.get(f"{product.path}/quality")
    [card] = response.context_data["page"].ports

    assert card.finding == "3 checks, not run yet"
    assert card.dimensions[0].value == ""
    assert {row.state for row in card.dimensions[0].checks} == {"not_run"}


def test_a_product_without_rules_says_what_would_be_checked(client):
    product = make_published_product("Orders")

    assert "No check can be run" in text_of(client.get(f"{product.path}/quality"))


def test_failing_rows_are_shown_only_to_those_who_may_see_the_data(client):
    product = checked_product()
    check(product, failing=10, samples=({"id": "secret-7", "total": None},))
    owner = product.domain.memberships.get(role="owner").person

    outsider = text_of(client.get(f"{product.path}/quality"))
    client.force_login(owner)
    editor = text_of(client.get(f"{product.path}/quality"))

    assert "secret-7" not in outsider
    assert "secret-7" in editor
    assert "secret-7" not in "".join(
        line.decode() for line in client.get(f"{product.path}/quality.csv")
    )


def test_a_run_that_failed_says_so_above_the_figures_of_the_run_before(client):
    product = checked_product()
    check(product)

    def broken(server, request, servers):
        raise SourceUnreadable("missing", "The file does not exist.")

    run_port_checks(port=product.output_ports.get(), actor=FACTORY, run=broken)
    text = text_of(client.get(f"{product.path}/quality"))

    assert "The last run gave no results" in text
    assert "The figures below are from the run before." in text


def test_the_trend_has_one_run_a_day_and_a_table_with_the_same_values(client):
    product = checked_product()
    for days in range(9, -1, -1):
        run = check(product, failing=days)
        at = timezone.now() - timedelta(days=days)
        QualityRun.objects.filter(pk=run.pk).update(at=at)
        CheckOutcome.objects.filter(run=run).update(at=at)

    response = client.get(f"{product.path}/quality")
    [card] = response.context_data["page"].ports
    [dimension] = card.dimensions

    assert len(dimension.readings) == 10
    assert dimension.readings[0].values == [pytest.approx(94)]
    assert dimension.readings[-1].values == [100]
    assert dimension.finding.startswith("100\u202f%, 6 points higher than on")
    assert text_of(response).count("<tr>") > 10


def test_what_a_tool_reported_is_marked_and_not_among_the_measured_checks(client):
    product = checked_product()
    port = product.output_ports.get()
    run = QualityRun.objects.create(
        port=port,
        at=timezone.now(),
        source=QualityRun.Source.REPORTED,
        reporter="Great Expectations",
        requested_by="Great Expectations",
    )
    CheckOutcome.objects.create(
        run=run,
        port=port,
        at=run.at,
        key="k",
        title="expect_ids",
        dimension="validity",
        state="failed",
    )

    response = client.get(f"{product.path}/quality")
    [card] = response.context_data["page"].ports
    rows = list(
        csv.DictReader(b"".join(client.get(f"{product.path}/quality.csv")).decode().splitlines())
    )

    assert "Reported by Great Expectations: 1 of 1 checks failed" in text_of(response)
    assert "Reported, not measured by Assay." in text_of(response)
    assert card.finding == "3 checks, not run yet"
    assert [(row["source"], row["reporter"]) for row in rows] == [
        ("reported", "Great Expectations")
    ]


def test_an_editor_runs_the_checks_now_and_a_reader_may_not(client):
    product = checked_product()
    port = product.output_ports.get()
    address = f"/ports/{port.pk}/quality/run"

    assert client.post(address).status_code == 302
    client.force_login(make_person())
    assert client.post(address).status_code in (403, 404)
    client.force_login(product.domain.memberships.get(role="owner").person)
    response = client.post(address, follow=True)

    # There is no file below the test's folder: the run is kept with its reason.
    assert response.status_code == 200
    assert "The checks failed" in text_of(response)
    assert QualityRun.objects.count() == 1


def test_a_hidden_product_shows_nothing_of_its_quality(client):
    product = checked_product(assayVisibility="restricted")

    assert client.get(f"{product.path}/quality").status_code == 404
    assert client.get(f"{product.path}/quality.csv").status_code == 404

"""Plans of ports, measurements, their history and what they contradict, by the services."""

import csv
from collections import Counter
from datetime import timedelta
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.authorization.access import access_for
from catalog.exceptions import (
    EditConflict,
    InvalidTransition,
    NotFound,
    PermissionDenied,
    ValidationFailed,
)
from catalog.products.projection import custom, with_custom
from catalog.products.services import edited_version, patch_document, replace_document
from catalog.provenance.models import Imbalance, contradictions_of
from catalog.publication.gates import PublicationRefused
from catalog.publication.services import publication_findings
from governance.representation.models import (
    RepresentationPlan,
    RepresentationRun,
    RepresentationSchedule,
    ShareMove,
)
from governance.representation.services import (
    claim_measurements,
    forget_hidden_references,
    latest_run,
    measure_batch,
    measure_port,
    plan_of,
    remove_plan,
    runs_of,
    save_plan,
    visible_result,
)
from governance.sandbox.groups import Cell, GroupCounts, GroupTable
from governance.sandbox.types import SourceUnreadable
from tests.catalog.api_client import Program
from tests.factories import (
    FACTORY,
    give_schema,
    make_product,
    make_published_product,
    make_users,
    publish_changes,
    with_good_checks,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db
PLAN = {"attributes": [{"column": "sex"}], "schedule": "on-demand"}
REFERENCE = {"name": "Census", "date": "2026-01-01", "shares": {"f": 0.51, "m": 0.49}}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


def people(**counts):
    """Return a CSV text with numbers of people of each sex; `none` have none."""
    lines = ["sex,age"]
    for sex, n in counts.items():
        lines += [f"{'' if sex == 'none' else sex},{20 + number % 60}" for number in range(n)]
    return "\n".join(lines) + "\n"


def make_people(domain=None, *, is_draft=False, **counts):
    """Return the port of a product with the data of people."""
    domain = domain or make_users().domain
    write_file(domain, people(**(counts or {"f": 300, "m": 700})))
    if is_draft:
        product = with_port(make_product(domain=domain))
    else:
        product = make_published_product(domain=domain)
    return product.output_ports.select_related("product__domain").get()


def plan(port, actor=FACTORY, **changes):
    port.refresh_from_db()
    edition = edited_version(port.product).edition
    return save_plan(port=port, body=PLAN | changes, edition=edition, actor=actor)


def count_here(server, request):
    """Count the groups of a CSV file as the sandbox does, without a process of its own."""
    text = (Path(settings.ASSAY_FILES_ROOT) / server.location).read_text()
    rows = list(csv.DictReader(StringIO(text)))
    if not rows:
        raise SourceUnreadable("empty")
    tables = [GroupTable((), (Cell((), None, len(rows)),))]
    for attribute in request.attributes:
        counts = Counter(row[attribute.column] or None for row in rows)
        cells = (Cell((group,), None, n) for group, n in counts.items())
        tables.append(GroupTable((attribute.name,), tuple(cells)))
    return GroupCounts(rows=len(rows), tables=tuple(tables))


def measure(port, **counts):
    """Measure a port, of other data than before if counts are given."""
    if counts:
        write_file(port.product.domain, people(**counts))
    return measure_port(port=port, actor=FACTORY, count=count_here)


def shares(port):
    rows = Imbalance.objects.filter(port=port, origin="measured")
    return {row.group: row.share for row in rows}


def test_a_measured_port_has_its_groups_as_imbalances_and_an_event():
    port = make_people(f=300, m=700)
    plan(port, attributes=[{"column": "sex", "reference": REFERENCE}])
    revision = port.product.revision

    run = measure_port(port=port, actor=FACTORY)

    port.product.refresh_from_db()
    row = Imbalance.objects.get(port=port, group="f")
    assert run.is_ok, run.reason
    assert shares(port) == {"f": 0.3, "m": 0.7}
    assert row.interval_low < 0.3 < row.interval_high
    assert (row.reference_name, row.reference_share, row.n) == ("Census", 0.51, 300)
    assert (row.measured_at, row.attribute) == (run.at, "sex")
    assert port.product.revision > revision
    event = AuditEvent.objects.filter(verb="measured representation").get()
    assert event.after == {"port": "table@1.0.0", "verdicts": {"sex": "imbalanced"}}


def test_a_plan_acts_at_once_is_audited_and_makes_no_version():
    port = make_people()
    edition = port.product.edition

    plan(port)

    port.product.refresh_from_db()
    assert plan_of(port).plan.attributes[0].name == "sex"
    assert port.product.edition == edition + 1
    assert edited_version(port.product) == port.product
    assert AuditEvent.objects.filter(verb="added representation plan").count() == 1


def test_the_same_plan_again_changes_nothing():
    port = make_people()
    plan(port)
    events = AuditEvent.objects.count()

    plan(port)

    assert AuditEvent.objects.count() == events
    assert plan_of(port).edition == 1


def test_a_plan_needs_the_present_edition_and_the_right_to_edit():
    users = make_users()
    port = make_people(users.domain)

    with pytest.raises(EditConflict):
        save_plan(port=port, body=PLAN, edition=port.product.edition + 5, actor=FACTORY)
    with pytest.raises(PermissionDenied):
        plan(port, actor=users.consumer)


def test_a_port_of_unpublished_changes_has_no_plan_yet():
    port = make_people()
    edited = with_port(port.product, "other")
    other = edited.output_ports.get(name="other")

    with pytest.raises(InvalidTransition):
        save_plan(port=other, body=PLAN, edition=edited.edition, actor=FACTORY)


def test_a_plan_saved_from_the_working_copy_is_that_of_the_published_port():
    port = make_people()
    edited = with_port(port.product, "other")
    counterpart = edited.output_ports.get(name="table")

    save_plan(port=counterpart, body=PLAN, edition=edited.edition, actor=FACTORY)

    assert RepresentationPlan.objects.get().port == port
    assert measure_port(port=counterpart, actor=FACTORY).port == port


def test_a_failed_measurement_is_kept_and_the_last_good_one_stays():
    port = make_people()
    plan(port)
    good = measure(port)
    write_file(port.product.domain, "")

    failed = measure(port)

    assert (failed.state, failed.is_ok) == ("failed", False)
    assert failed.reason
    assert latest_run(port) == good
    assert list(runs_of(port)) == [failed, good]
    assert shares(port) == {"f": 0.3, "m": 0.7}


def test_the_same_failure_on_schedule_is_one_event():
    port = make_people()
    plan(port)
    write_file(port.product.domain, "")

    for _ in range(3):
        measure(port)

    events = AuditEvent.objects.filter(verb="could not measure representation")
    assert events.count() == 1


def test_a_column_that_the_contract_no_longer_has_is_named():
    port = make_people(is_draft=True)
    product = give_schema(port.product, "sex", "age")
    port = product.output_ports.select_related("product__domain").get()
    plan(port)
    port.product.refresh_from_db()
    give_schema(port.product, "gender", "age")

    run = measure(port)

    assert run.code == "contract-changed"
    assert "no column sex any more" in run.reason


def test_a_column_that_the_contract_does_not_have_is_an_issue_at_its_field():
    port = make_people(is_draft=True)
    port = give_schema(port.product, "sex", "age").output_ports.select_related("product").get()

    with pytest.raises(ValidationFailed) as refused:
        plan(port, attributes=[{"column": "sexx"}])

    issue = refused.value.issues[0]
    assert issue.location == "/attributes/0/column"
    assert "sex" in issue.hint


def test_a_plan_changed_while_the_port_is_measured_outdates_the_measurement():
    port = make_people()
    plan(port)

    def count(server, request):
        plan(port, attributes=[{"column": "age", "bins": [40]}], schedule="daily")
        return count_here(server, request)

    run = measure_port(port=port, actor=FACTORY, count=count)

    assert (run.state, run.result) == ("outdated", None)
    assert shares(port) == {}
    assert RepresentationSchedule.objects.get().next_due_at <= timezone.now()


def test_a_plan_removed_while_the_port_is_measured_leaves_nothing():
    port = make_people()
    plan(port)

    def count(server, request):
        port.product.refresh_from_db()
        remove_plan(port=port, edition=port.product.edition, actor=FACTORY)
        return count_here(server, request)

    with pytest.raises(InvalidTransition):
        measure_port(port=port, actor=FACTORY, count=count)

    assert not RepresentationRun.objects.exists()
    assert shares(port) == {}


def test_a_port_removed_while_it_is_measured_leaves_nothing():
    port = make_people(is_draft=True)
    plan(port)

    def count(server, request):
        counts = count_here(server, request)
        product = port.product
        product.refresh_from_db()
        steps = [{"op": "remove", "path": "/outputPorts"}]
        patch_document(product=product, patch=steps, edition=product.edition, actor=FACTORY)
        return counts

    with pytest.raises(NotFound):
        measure_port(port=port, actor=FACTORY, count=count)

    assert not Imbalance.objects.exists()


def test_a_removed_plan_takes_the_measured_rows_and_leaves_the_history():
    port = make_people()
    plan(port)
    measure(port)
    port.product.refresh_from_db()

    remove_plan(port=port, edition=port.product.edition, actor=FACTORY)

    assert shares(port) == {}
    assert runs_of(port).count() == 1


def test_a_share_that_moves_beyond_band_and_chance_is_an_event():
    port = make_people(f=3_000, m=7_000)
    plan(port)
    measure(port)

    measure(port, f=3_200, m=6_800)
    measure(port, f=4_000, m=6_000)

    moves = ShareMove.objects.filter(group="f")
    assert [(move.share_before, move.share_after) for move in moves] == [(0.3, 0.4)]
    event = AuditEvent.objects.get(verb="share moved")
    assert (event.before["sex f"], event.after["sex f"]) == (0.3, 0.4)


def test_a_move_of_few_records_is_kept_for_those_who_may_see_the_data():
    port = make_people(f=51, x=9)
    plan(port)
    measure(port)

    measure(port, f=100, x=500)

    assert ShareMove.objects.get(group="x").is_visible is False
    assert not AuditEvent.objects.filter(verb="share moved").exists()


def test_slow_moves_add_up_and_each_is_an_event_once():
    port = make_people(f=3_000, m=7_000)
    plan(port)
    for f in (3_000, 3_300, 3_600, 3_700):
        measure(port, f=f, m=10_000 - f)

    moves = ShareMove.objects.filter(group="f")
    assert [(move.share_before, move.share_after) for move in moves] == [(0.3, 0.36)]


def test_a_difference_that_chance_explains_is_no_move():
    port = make_people(f=20, m=20)
    plan(port)
    measure(port)

    measure(port, f=24, m=16)

    assert not ShareMove.objects.exists()


def test_readers_see_no_small_count_and_editors_see_all():
    users = make_users()
    port = make_people(users.domain, f=300, m=700, x=4)
    plan(port)
    run = measure(port)

    counts = {
        person: {
            group.group: group.count.text
            for group in visible_result(run, access_for(person)).attributes[0].groups
        }
        for person in (users.owner, users.outsider)
    }

    assert counts[users.owner] == {"f": "300", "m": "700", "x": "4"}
    assert counts[users.outsider] == {"f": "hidden", "m": "700", "x": "<10"}
    assert Imbalance.objects.get(group="x").share is None
    assert Imbalance.objects.get(group="x").n is None


def test_measurements_by_other_groups_are_withdrawn_from_readers():
    users = make_users()
    port = make_people(users.domain, f=300, m=700)
    first, second = {"bins": [30]}, {"bins": [31]}
    runs = []
    for grouping in (first, second):
        plan(port, attributes=[{"column": "age", **grouping}])
        runs.append(measure_port(port=port, actor=FACTORY))
    old, new = (RepresentationRun.objects.get(pk=run.pk) for run in runs)

    assert visible_result(old, access_for(users.outsider)) is None
    assert visible_result(old, access_for(users.owner)).is_exact
    assert visible_result(new, access_for(users.outsider)) is not None


# --- schedule


def due(count, domain):
    ports = []
    for _ in range(count):
        port = make_people(domain)
        plan(port, schedule="daily")
        ports.append(port)
    return ports


def test_due_ports_are_measured_once_and_again_a_day_later():
    (port,) = due(1, make_users().domain)
    now = timezone.now()

    batch = claim_measurements(now=now)

    assert claim_measurements(now=now) is None
    assert measure_batch(batch) == 1
    assert measure_batch(batch) == 0
    assert runs_of(port).count() == 1
    assert claim_measurements(now=now + timedelta(hours=20)) is None
    assert claim_measurements(now=now + timedelta(hours=25)).port_ids == [port.pk]


def test_a_port_that_a_person_had_measured_is_not_due_at_once():
    (port,) = due(1, make_users().domain)

    measure(port)

    assert claim_measurements(now=timezone.now()) is None
    assert claim_measurements(now=timezone.now() + timedelta(hours=25)) is not None


def test_domains_take_turns_whatever_one_of_them_has_due():
    many, few = make_users().domain, make_users().domain
    due(6, many)
    (other,) = due(1, few)

    assert other.pk in claim_measurements(now=timezone.now()).port_ids


def test_a_port_on_demand_is_never_due():
    port = make_people()
    plan(port, schedule="daily")
    plan(port, schedule="on-demand")

    assert claim_measurements(now=timezone.now()) is None


# --- references to another product


def other_reference(port):
    return [{"column": "sex", "reference": {"port": port.pk, "attribute": "sex"}}]


def test_a_port_is_compared_with_what_is_measured_of_another_product():
    register, port = make_people(f=520, m=480), make_people(f=300, m=700)
    plan(register)
    measure(register)
    plan(port, attributes=other_reference(register))

    measure(port)

    row = Imbalance.objects.get(port=port, group="f")
    assert row.reference_share == 0.52
    assert row.reference_name == f"sex in {register.product.name}"
    assert row.reference_date == timezone.now().date()


def test_a_reference_to_a_product_that_the_author_cannot_see_does_not_exist():
    users, hidden = make_users(), make_people(is_draft=True)
    plan(hidden)
    measure(hidden)
    port = make_people(users.domain)

    messages = []
    for number in (hidden.pk, 10**6):
        reference = {"port": number, "attribute": "sex"}
        attributes = [{"column": "sex", "reference": reference}]
        with pytest.raises(ValidationFailed) as refused:
            plan(port, actor=users.owner, attributes=attributes)
        messages.append([vars(issue) for issue in refused.value.issues])

    assert messages[0] == messages[1]
    assert messages[0][0]["location"] == "/attributes/0/reference/port"


def test_a_reference_that_not_all_readers_may_see_is_refused():
    domain = make_users().domain
    register, port = make_people(domain, is_draft=True), make_people(domain)
    plan(register)
    measure(register)

    with pytest.raises(ValidationFailed) as refused:
        plan(port, attributes=other_reference(register))

    assert refused.value.issues[0].location == "/attributes/0/reference/port"


def hide(product):
    """Make a published product visible to its domain alone."""
    product.refresh_from_db()
    edited = edited_version(product)
    tree = with_custom(edited.tree, "assayVisibility", "restricted")
    return replace_document(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)


@pytest.mark.parametrize("is_hint_lost", [False, True])
def test_a_reference_that_is_hidden_later_is_shown_to_nobody_else(
    is_hint_lost, django_capture_on_commit_callbacks
):
    users = make_users()
    register, port = make_people(f=520, m=480), make_people(users.domain)
    plan(register)
    measure(register)
    plan(port, attributes=other_reference(register))
    run = measure(port)

    with django_capture_on_commit_callbacks(execute=not is_hint_lost):
        hide(register.product)
    if is_hint_lost:
        forget_hidden_references()

    row = Imbalance.objects.get(port=port, group="f")
    assert (row.reference_share, row.reference_name) == (None, "")
    for person in (users.owner, users.outsider):
        attribute = visible_result(run, access_for(person)).attributes[0]
        assert attribute.reference_name == "another product"
        assert all(group.reference_share is group.gap is None for group in attribute.groups)
    assert measure(port).code == "reference-lost"


# --- declared against measured


def declare(port, share, **more):
    """Declare a share of women in what people edit of the product."""
    port.product.refresh_from_db()
    edited = edited_version(port.product)
    row = {"attribute": "sex", "group": "F", "share": share} | more
    provenance = (custom(edited.tree, "assayProvenance") or {}) | {"imbalances": [row]}
    tree = with_custom(edited.tree, "assayProvenance", provenance)
    return replace_document(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)


def test_a_contradicted_declaration_blocks_the_next_version_at_its_row():
    port = make_people(f=300, m=700)
    plan(port)
    measure(port)
    edited = declare(port, 0.5)

    with pytest.raises(PublicationRefused) as refused:
        publish_changes(edited)

    finding = next(f for f in refused.value.findings if f.code == "declaration-contradicted")
    assert finding.location == "provenance.imbalances.0"
    assert "declared 50.0 %" in finding.message
    assert "30.0 %" in finding.message


def test_a_corrected_declaration_can_be_published():
    port = make_people(f=300, m=700)
    plan(port)
    measure(port)
    declare(port, 0.5)

    product = publish_changes(declare(port, 0.3))

    assert contradictions_of(product) == []


def test_an_explained_declaration_can_be_published_and_keeps_its_explanation():
    port = make_people(f=300, m=700)
    plan(port)
    measure(port)

    product = publish_changes(declare(port, 0.5, explanation="The file lacks the second half."))

    (contradiction,) = contradictions_of(product)
    assert contradiction.is_explained
    state = Program().get(f"/products/{product.uuid}/provenance").json()
    assert state["contradictions"][0]["explanation"] == "The file lacks the second half."
    assert "contradicted" not in page_of(product.path)


def test_rows_measured_in_a_port_go_with_the_port():
    port = make_people(f=300, m=700)
    plan(port)
    measure(port)
    port.product.refresh_from_db()
    edited = with_good_checks(with_port(edited_version(port.product), "other"))
    tree = edited.tree | {"outputPorts": edited.tree["outputPorts"][1:]}
    edited = replace_document(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)

    publish_changes(edited, break_reason="It is gone.")

    assert not Imbalance.objects.filter(origin="measured").exists()
    assert not RepresentationPlan.objects.exists()


def test_the_declaration_that_is_checked_is_that_of_the_working_copy():
    port = make_people(f=300, m=700)
    publish_changes(declare(port, 0.5))
    plan(port)
    measure(port)
    port.product.refresh_from_db()

    corrected = declare(port, 0.31)

    assert len(contradictions_of(port.product)) == 1
    assert contradictions_of(corrected) == []


def test_a_draft_is_checked_against_its_own_port():
    port = make_people(is_draft=True)
    plan(port)
    measure(port)

    draft = declare(port, 0.5)

    codes = {issue.code for issue in publication_findings(draft)}
    assert "declaration-contradicted" in codes


def test_a_small_group_contradicts_a_large_declared_share_without_telling_its_count():
    port = make_people(f=4, m=996)
    plan(port)
    measure(port)

    (contradiction,) = contradictions_of(declare(port, 0.4))

    assert contradiction.measured.share is None
    assert contradiction.measured.n is None
    assert contradiction.measured.interval_high < 0.02


# --- who is notified of a contradiction


def contradicted(users):
    port = make_people(users.domain, f=300, m=700)
    publish_changes(declare(port, 0.5))
    plan(port)
    measure(port)
    return port


def page_of(address, person=None):
    client = Client()
    if person:
        client.force_login(person)
    return unescape(client.get(address).content.decode())


def test_the_page_of_a_product_says_what_is_contradicted_with_both_numbers():
    port = contradicted(make_users())

    page = page_of(port.product.path)

    assert "sex F: 50.0 % declared" in page
    assert "30.0 % measured" in page


def test_the_api_of_a_product_says_what_is_contradicted_with_both_numbers():
    port = contradicted(make_users())

    state = Program().get(f"/products/{port.product.uuid}/provenance").json()

    (row,) = state["contradictions"]
    assert (row["declared"], row["measured"], row["is_explained"]) == (0.5, 0.3, False)
    assert row["interval_low"] < 0.3 < row["interval_high"]


def test_owners_have_it_as_a_task_until_it_is_corrected():
    users = make_users()
    port = contradicted(users)

    before = page_of("/", users.owner)
    outsider = page_of("/", users.outsider)
    declare(port, 0.3)
    after = page_of("/", users.owner)

    assert "A measurement contradicts sex F: declared 50.0 %" in before
    assert "#id_rows-0-share" in before
    assert "contradicts" not in outsider + after

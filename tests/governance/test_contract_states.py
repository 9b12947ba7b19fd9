"""A contract is broken when the source breaks it; every place says the same, and it recovers."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from catalog.audit.models import AuditEvent
from catalog.products.models import ContractState, DataProduct
from catalog.search.documents.products import product_documents
from governance.inspection.contract_state import VALID_FOR, PortObservation, decide_state
from governance.inspection.services import compare_changed, compare_products, inspect_port
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_product,
    make_users,
    with_port,
    write_file,
)

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
BREAKING = {"table": "t", "column": "a", "message": "Column not found.", "is_breaking": True}
HARMLESS = BREAKING | {"is_breaking": False}


def _observed(*drifts, hours=1, **fields):
    moment = NOW - timedelta(hours=hours)
    return PortObservation(
        **{"port": "p", "observed_at": moment, "is_compared": True, "drifts": drifts} | fields
    )


@pytest.mark.parametrize(
    ("observations", "state"),
    [
        ([], "unknown"),
        ([PortObservation(port="p")], "unknown"),
        ([_observed()], "met"),
        ([_observed(HARMLESS)], "met"),
        ([_observed(BREAKING)], "broken"),
        ([_observed(), _observed(BREAKING)], "broken"),
        ([_observed(), PortObservation(port="q")], "unknown"),
        ([_observed(is_compared=False)], "unknown"),
        ([_observed(hours=VALID_FOR / timedelta(hours=1) + 1)], "unknown"),
        ([_observed(BREAKING, hours=1000)], "broken"),
    ],
)
def test_a_contract_is_broken_if_any_source_breaks_it_and_kept_if_all_were_compared(
    observations, state
):
    assert decide_state(observations, now=NOW).state == state


def test_the_reason_names_the_columns_and_is_short():
    reason = decide_state([_observed(*[BREAKING] * 5)], now=NOW).reason

    assert reason == " ".join(["t.a: Column not found."] * 3) + " And 2 more."


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def users(db):
    return make_users(make_domain())


@pytest.fixture
def port(files, users):
    """Return a port whose contract declares two columns, and whose file has both."""
    product = make_product(domain=users.domain, assayVisibility="public")
    write_file(product.domain, "order_id,amount\nA,x\nB,y\n")
    product = give_schema(with_port(product), "order_id", "amount")
    return product.output_ports.get()


def _read(port, text=""):
    if text:
        write_file(port.product.domain, text)
    inspect_port(port=port, actor=FACTORY)
    return DataProduct.objects.get(pk=port.product_id)


BROKEN_FILE = "order_id,total\nA,x\n"
GOOD_FILE = "order_id,amount\nA,x\n"


def test_a_contract_that_was_never_compared_is_unknown(port):
    assert (port.product.contract_state, port.product.contract_observed_at) == ("unknown", None)


def test_a_source_without_a_promised_column_breaks_the_contract_until_it_has_it_again(port):
    states = [_read(port, text).contract_state for text in (GOOD_FILE, BROKEN_FILE, GOOD_FILE)]

    assert states == ["met", "broken", "met"]
    events = AuditEvent.objects.filter(verb="contract state changed").order_by("id")
    assert [event.after["contract_state"] for event in events] == states
    assert events[1].reason == "rows.amount: Column not found in the source."


def test_a_source_that_cannot_be_read_leaves_a_broken_contract_broken(port):
    before = _read(port, BROKEN_FILE)
    write_file(port.product.domain, GOOD_FILE).unlink()

    after = _read(port)

    assert (after.contract_state, after.contract_observed_at) == (
        "broken",
        before.contract_observed_at,
    )


def test_only_a_changed_state_bumps_the_revision(port):
    first = _read(port, BROKEN_FILE)
    second = _read(port)

    assert second.revision == first.revision
    assert second.contract_observed_at > first.contract_observed_at


def test_a_contract_that_follows_its_source_is_kept_at_once(port):
    product = _read(port, BROKEN_FILE)

    product = give_schema(product, "order_id", "total")
    compare_products([product.uuid])

    assert DataProduct.objects.get(pk=product.pk).contract_state == "met"


def test_a_comparison_whose_hint_was_lost_is_made_later(port):
    give_schema(_read(port, BROKEN_FILE), "order_id", "total")

    assert (compare_changed(), compare_changed()) == (1, 0)
    assert DataProduct.objects.get(pk=port.product_id).contract_state == "met"


def test_every_place_shows_a_broken_contract(client, users, port):
    product = _read(port, BROKEN_FILE)
    url = f"/api/v1/products/{product.uuid}"
    client.force_login(users.owner)

    page = client.get(product.path).content.decode()
    source = client.get(reverse("product_source", args=[product.domain.slug, product.slug]))
    detail = client.get(url).json()
    listed = client.get("/api/v1/products", {"contract": "broken"}).json()
    (document,) = product_documents([product])

    assert "Contract broken" in page
    assert "breaks the contract" in source.content.decode()
    assert detail["contract"] == "broken"
    assert detail["contract_observed_at"] is not None
    assert [row["id"] for row in listed["results"]] == [str(product.uuid)]
    assert document.contract_states == ("broken",)


def test_the_owner_of_a_published_product_has_a_broken_contract_as_a_task(client, users, port):
    product = _read(port, BROKEN_FILE)
    DataProduct.objects.filter(pk=product.pk).update(status="published")
    client.force_login(users.owner)

    assert "Its source no longer serves what the contract says." in client.get("/").content.decode()

    _read(port, GOOD_FILE)
    assert "Its source no longer serves" not in client.get("/").content.decode()


def test_the_states_of_the_catalog_and_of_the_decision_are_the_same():
    assert set(ContractState.values) == {"met", "broken", "unknown"}

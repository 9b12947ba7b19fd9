"""What changed between two versions of a product, which ports break, and the next version."""

import copy
from datetime import date

import pytest

from catalog.ports.projection import major_of
from catalog.products.changes import ChangeClass, greatest_class
from catalog.products.projection import with_custom
from catalog.publication.changes import (
    BreakKind,
    Content,
    Release,
    ServedContract,
    compare_contents,
)
from catalog.publication.versions import is_later, next_version, resolve_version
from catalog.types import JSONObject

BREAKING, COMPATIBLE, TEXT = ChangeClass.BREAKING, ChangeClass.COMPATIBLE, ChangeClass.TEXT
TODAY, NOTICE_UNTIL = date(2026, 12, 1), date(2026, 12, 31)
PORT = ("orders", "1.0.0")
TREE: JSONObject = {
    "name": "Orders",
    "version": "1.0.0",
    "description": {"purpose": "Reports."},
    "outputPorts": [{"name": "orders", "version": "1.0.0", "contractId": "c"}],
    "customProperties": [{"property": "assayVisibility", "value": "public"}],
}
COLUMNS = [{"name": "id", "logicalType": "integer"}, {"name": "email", "logicalType": "string"}]


def contract(version: str, columns: list[JSONObject]) -> ServedContract:
    tree = {"id": "c", "version": version, "schema": [{"name": "orders", "properties": columns}]}
    return ServedContract("c", version, tree)


FULL, FEWER = contract("1.0.0", COLUMNS), contract("1.1.0", COLUMNS[:1])
BEFORE = Content(TREE, {PORT: FULL})


def compared(after: Content, before: Content = BEFORE) -> Release:
    return compare_contents(before, after, today=TODAY, notice_until=NOTICE_UNTIL)


def ending(day: str) -> JSONObject:
    port = with_custom(TREE["outputPorts"][0], "assayEndsOn", day)
    return TREE | {"outputPorts": [port]}


def test_equal_versions_have_no_changes() -> None:
    assert compared(copy.deepcopy(BEFORE)) == Release(())


def test_a_visibility_is_a_setting_and_no_change() -> None:
    assert compared(Content(with_custom(TREE, "assayVisibility", "members"), {PORT: FULL})) == (
        Release(())
    )


@pytest.mark.parametrize(
    ("tree", "change_class", "message"),
    [
        (TREE | {"description": {"purpose": "Figures."}}, TEXT, "purpose changed from “Reports.”"),
        (TREE | {"tags": ["sales"]}, TEXT, "tags was added"),
        (with_custom(TREE, "assayProvenance", {"a": 1}), TEXT, "provenance answers was added"),
        (with_custom(TREE, "assaySensitivity", "restricted"), COMPATIBLE, "sensitivity was added"),
        (TREE | {"inputPorts": [{"name": "raw"}]}, COMPATIBLE, "Input port raw 1.0.0 was added."),
        (TREE | {"outputPorts": []}, BREAKING, "Port orders 1.0.0 was removed."),
        (ending("2027-01-31"), COMPATIBLE, "end was added: “2027-01-31”"),
        (ending("2026-12-24"), BREAKING, "ends on 2026-12-24, before 2026-12-31"),
    ],
)
def test_each_change_of_a_product_has_its_class(
    tree: JSONObject, change_class: ChangeClass, message: str
) -> None:
    release = compared(Content(tree, {PORT: FULL}))

    assert greatest_class(release.changes) is change_class
    assert message in release.changes[0].message


def test_a_column_that_is_removed_breaks_its_port() -> None:
    release = compared(Content(TREE, {PORT: FEWER}))

    assert [change.message for change in release.changes] == ["Column email of orders was removed."]
    assert release.changes[0].location == "/contracts/c/schema/orders/properties/email"
    assert [(str(port), port.kind) for port in release.breaks] == [
        ("orders 1.0.0", BreakKind.CHANGED)
    ]


def test_two_ports_with_one_contract_name_its_changes_once() -> None:
    tree = TREE | {"outputPorts": [*TREE["outputPorts"], {"name": "copy", "contractId": "c"}]}
    both = {PORT: FULL, ("copy", "1.0.0"): FULL}

    release = compared(Content(tree, dict.fromkeys(both, FEWER)), Content(tree, both))

    assert len(release.changes) == 1
    assert [str(port) for port in release.breaks] == ["orders 1.0.0", "copy 1.0.0"]


def test_a_port_of_the_next_major_breaks_none_while_the_former_one_is_kept() -> None:
    ports = [*ending("2026-12-31")["outputPorts"], {"name": "orders", "version": "2.0.0"}]
    after = Content(
        TREE | {"outputPorts": ports},
        {PORT: FULL, ("orders", "2.0.0"): contract("2.0.0", COLUMNS[:1])},
    )

    release = compared(after)

    assert release.breaks == ()
    [notice] = release.notices
    assert (str(notice.port), notice.replaced_by) == ("orders 1.0.0", "orders 2.0.0")
    assert notice.ends_on == date(2026, 12, 31)
    assert release.changes[0].message == "In orders 2.0.0: Column email of orders was removed."
    assert greatest_class(release.changes) is BREAKING


def test_a_port_with_another_version_of_its_major_is_the_same_port() -> None:
    tree = TREE | {"outputPorts": [TREE["outputPorts"][0] | {"version": "1.2.0"}]}

    release = compared(Content(tree, {("orders", "1.2.0"): FULL}))

    assert [change.message for change in release.changes] == [
        "Port orders 1.2.0: version changed from “1.0.0” to “1.2.0”."
    ]
    assert greatest_class(release.changes) is COMPATIBLE


def test_ports_in_another_order_are_one_compatible_change() -> None:
    ports = [*TREE["outputPorts"], {"name": "copy"}]
    before = Content(TREE | {"outputPorts": ports}, {})

    release = compared(Content(TREE | {"outputPorts": ports[::-1]}, {}), before)

    assert [change.message for change in release.changes] == ["The order of output ports changed."]


def test_a_port_may_be_removed_on_the_day_that_was_announced() -> None:
    before = Content(ending("2026-12-01"), {PORT: FULL})

    release = compared(Content(TREE | {"outputPorts": []}, {}), before)

    assert release.breaks == ()
    assert release.changes[0].message == ("Port orders 1.0.0 was removed: it ended on 2026-12-01.")
    assert release.changes[0].change_class is COMPATIBLE


def test_a_port_removed_before_its_day_breaks() -> None:
    before = Content(ending("2026-12-02"), {PORT: FULL})

    release = compared(Content(TREE | {"outputPorts": []}, {}), before)

    assert [port.kind for port in release.breaks] == [BreakKind.REMOVED]


def test_a_port_without_its_contract_breaks() -> None:
    assert [port.kind for port in compared(Content(TREE, {})).breaks] == [BreakKind.CHANGED]
    assert compared(BEFORE, Content(TREE, {})).breaks == ()


@pytest.mark.parametrize(
    ("version", "change_class", "following"),
    [
        ("1.4.2", BREAKING, "2.0.0"),
        ("1.4.2", COMPATIBLE, "1.5.0"),
        ("1.4.2", TEXT, "1.4.3"),
        ("1.4.2", None, "1.4.3"),
        ("v3", BREAKING, "v4.0.0"),
        ("2", COMPATIBLE, "2.1.0"),
        ("summer", BREAKING, "summer.1"),
    ],
)
def test_the_next_version_follows_from_the_greatest_class(
    version: str, change_class: ChangeClass | None, following: str
) -> None:
    assert next_version(version, change_class) == following


@pytest.mark.parametrize(
    ("selector", "version"),
    [
        ("1.4.0", "1.4.0"),
        ("1", "1.4.1"),
        ("1.4", "1.4.1"),
        ("v1.2", "v1.2.0"),
        ("latest", "2.0.0"),
        ("3", None),
        ("", None),
        ("nonsense", None),
        ("1.4.1.0", None),
    ],
)
def test_a_selector_means_a_version_or_the_newest_that_begins_with_it(
    selector: str, version: str | None
) -> None:
    assert resolve_version(selector, ["2.0.0", "1.4.1", "1.4.0", "v1.2.0"]) == version


def test_majors_and_order_of_versions() -> None:
    assert [major_of(version) for version in ("1.4.0", "v02", "summer")] == ["1", "2", "summer"]
    assert is_later("1.10.0", "1.9.0")
    assert is_later("1.0.0", "1.0.0") is False
    assert is_later("summer", "1.0.0") is None

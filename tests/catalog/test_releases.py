"""A publication as a release: what breaks, the notice period, consumers and their tasks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.contracts.models import contract_of
from catalog.contracts.projection import choose_versions
from catalog.contracts.services import save_contract
from catalog.exceptions import InvalidTransition
from catalog.products.models import DataProduct
from catalog.products.services import edited_version, replace_document
from catalog.publication.gates import PublicationRefused
from catalog.publication.notices import give_notice
from catalog.publication.releases import plan_release
from catalog.publication.services import publication_findings, publish_product
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_published_product,
    make_users,
    with_good_checks,
)

pytestmark = pytest.mark.django_db
UNTIL = timedelta(days=30)


def with_columns(product: DataProduct, *columns: str, version: str = "") -> DataProduct:
    """Return a product whose port serves a new contract version with these columns."""
    product = edited_version(product)
    port = product.output_ports.order_by("-id").first()
    assert port is not None
    contract = contract_of(port)
    assert contract is not None
    major, minor, _patch = contract.version.split(".")
    tree = contract.tree | {
        "version": version or f"{major}.{int(minor) + 1}.0",
        "schema": [
            {
                "name": "rows",
                "properties": [{"name": name, "logicalType": "string"} for name in columns],
            }
        ],
    }
    return save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)[1]


def published(product: DataProduct, version: str = "", **options: str) -> DataProduct:
    """Return a product that is published again."""
    product = with_good_checks(edited_version(product))
    return publish_product(
        product=product, edition=product.edition, actor=FACTORY, version=version, **options
    )


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales"))


@pytest.fixture
def product(users: Users) -> DataProduct:
    """A published product with the columns id and email."""
    product = make_published_product("Orders", domain=users.domain)
    return published(with_columns(product, "id", "email"), version="1.0.0")


def consumer_of(source: DataProduct, name: str = "Revenue", version: str = "1.0.0") -> DataProduct:
    """Return a published product of another domain that names a product as its input."""
    product = make_published_product(name)
    address = {"property": "assaySource", "value": f"{source.domain.slug}/{source.slug}"}
    identifier = source.output_ports.order_by("id")[0].contract_identifier
    inputs = [
        {
            "name": "table",
            "version": version,
            "contractId": identifier,
            "customProperties": [address],
        }
    ]
    product = replace_document(
        product=product,
        tree=product.tree | {"inputPorts": inputs},
        edition=product.edition,
        actor=FACTORY,
    )
    return published(product, version="1.0.0")


def test_a_compatible_change_is_published_as_a_minor_version(product: DataProduct) -> None:
    changed = with_columns(product, "id", "email", "amount")
    plan = plan_release(changed)

    assert (plan.release_class, plan.proposed_version) == ("minor", "1.1.0")
    product = published(changed, version=plan.proposed_version)
    version = product.versions.first()
    assert version is not None
    assert (version.version, version.release_class) == ("1.1.0", "minor")
    assert [change["message"] for change in version.changes] == ["Column amount of rows was added."]


def test_a_removed_column_is_not_published_without_notice(product: DataProduct) -> None:
    changed = with_columns(product, "id")

    with pytest.raises(PublicationRefused) as refusal:
        published(changed, version="2.0.0")

    [finding] = [found for found in refusal.value.findings if found.is_error]
    assert finding.code == "breaking-change"
    assert finding.message == "Port table 1.0.0 breaks: Column email of rows was removed."
    day = (timezone.localdate() + UNTIL).isoformat()
    assert finding.hint == (
        f"Publish the change as table 2.0.0, and keep table 1.0.0 until {day}; "
        "or say why it cannot wait."
    )
    assert plan_release(edited_version(product)).proposed_version == "2.0.0"


def test_a_reason_publishes_a_breaking_change_at_once(product: DataProduct) -> None:
    changed = with_columns(product, "id")

    product = published(changed, version="2.0.0", break_reason="A court ordered it.")

    version = product.versions.first()
    assert version is not None
    assert version.break_reason == "A court ordered it."
    assert version.release_class == "major"


def test_a_reason_is_not_kept_where_nothing_breaks(product: DataProduct) -> None:
    changed = with_columns(product, "id", "email", "amount")

    version = published(changed, version="1.1.0", break_reason="Just so.").versions.first()

    assert version is not None
    assert version.break_reason == ""


def test_notice_keeps_the_former_port_next_to_the_next_major(product: DataProduct) -> None:
    changed = with_columns(product, "id")

    copy = give_notice(product=changed, edition=changed.edition, actor=FACTORY)

    assert not any(found.code == "breaking-change" for found in publication_findings(copy))
    product = published(copy, version="2.0.0")
    former, current = product.output_ports.order_by("position")
    assert (str(former), former.is_deprecated) == ("table@1.0.0", True)
    assert former.ends_on == timezone.localdate() + UNTIL
    assert str(current) == "table@2.0.0"
    served = {str(port): contract_of(port) for port in (former, current)}
    names = {
        port: [column.name for column in contract.schema_objects.get().properties.all()]
        for port, contract in served.items()
        if contract
    }
    assert names == {"table@1.0.0": ["id", "email"], "table@2.0.0": ["id"]}
    version = product.versions.first()
    assert version is not None
    assert version.release_class == "major"
    assert version.break_reason == ""


def test_notice_keeps_a_removed_port(product: DataProduct) -> None:
    product = edited_version(product)
    changed = replace_document(
        product=product,
        tree=product.tree | {"outputPorts": []},
        edition=product.edition,
        actor=FACTORY,
    )

    copy = give_notice(product=changed, edition=changed.edition, actor=FACTORY)

    [port] = copy.output_ports.all()
    assert (str(port), port.is_deprecated) == ("table@1.0.0", True)
    assert plan_release(copy).release.breaks == ()


def test_notice_is_refused_where_nothing_breaks(product: DataProduct) -> None:
    changed = with_columns(product, "id", "email", "amount")

    with pytest.raises(InvalidTransition):
        give_notice(product=changed, edition=changed.edition, actor=FACTORY)


@pytest.mark.parametrize(
    ("ports", "contracts", "served"),
    [
        ([("c", "1.0.0")], [("c", "1.0.0"), ("c", "1.1.0"), ("c", "2.0.0")], ["1.1.0"]),
        (
            [("c", "1.0.0"), ("c", "2.0.0")],
            [("c", "1.0.0"), ("c", "2.0.0"), ("c", "1.1.0")],
            ["1.1.0", "2.0.0"],
        ),
        ([("c", "1.0.0")], [("c", "0.1.0"), ("c", "0.2.0")], ["0.2.0"]),
        ([("c", "1.0.0"), ("c", "2.0.0")], [("c", "0.1.0"), ("c", "2.0.0")], ["0.1.0", "2.0.0"]),
        (
            [("c", "1.0.0"), ("c", "1.1.0")],
            [("c", "1.0.0"), ("c", "1.1.0"), ("c", "1.2.0")],
            ["1.0.0", "1.1.0"],
        ),
        ([("d", "1.0.0"), ("", "1.0.0")], [("c", "1.0.0")], [None, None]),
    ],
)
def test_a_port_serves_the_newest_contract_version_of_its_own_major(
    ports: list[tuple[str, str]], contracts: list[tuple[str, str]], served: list[str | None]
) -> None:
    assert choose_versions(ports, contracts) == served

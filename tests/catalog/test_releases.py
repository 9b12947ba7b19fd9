"""A publication as a release: what breaks, the notice period, consumers and their tasks."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.contracts.models import contract_of
from catalog.contracts.projection import choose_versions
from catalog.contracts.services import save_contract
from catalog.domains.services import grant_role
from catalog.exceptions import InvalidTransition
from catalog.manifests.formats.bitol_odps import export
from catalog.manifests.import_report import ImportResult
from catalog.manifests.readers import Source
from catalog.manifests.services import ReleaseTexts, import_manifests
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import edited_version, replace_document
from catalog.publication.gates import PublicationRefused
from catalog.publication.notices import give_notice
from catalog.publication.releases import plan_release
from catalog.publication.services import publication_findings, publish_product
from governance.slo.models import ProbeSchedule
from governance.slo.services.objectives import schedule_missing_ports
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_person,
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

    with pytest.raises(PublicationRefused) as error:
        published(changed, version="2.0.0")

    [finding] = [issue for issue in error.value.findings if issue.is_error]
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

    assert not any(finding.code == "breaking-change" for finding in publication_findings(copy))
    product = published(copy, version="2.0.0")
    former, current = product.output_ports.order_by("position")
    assert str(former) == "table@1.0.0"
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
    assert (str(port), port.ends_on) == ("table@1.0.0", timezone.localdate() + UNTIL)
    assert plan_release(copy).release.breaks == ()


def test_notice_keeps_a_later_end_that_was_announced(product: DataProduct) -> None:
    later = timezone.localdate() + 10 * UNTIL
    edited = edited_version(product)
    [entry] = edited.tree["outputPorts"]
    ending = edited.tree | {
        "outputPorts": [with_custom(entry, "assayEndsOn", later.isoformat())],
        "version": "1.1.0",
    }
    edited = replace_document(product=edited, tree=ending, edition=edited.edition, actor=FACTORY)
    changed = with_columns(published(edited, version="1.1.0"), "id")

    copy = give_notice(product=changed, edition=changed.edition, actor=FACTORY)

    assert copy.output_ports.get(version="1.0.0").ends_on == later


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


def test_the_release_page_shows_changes_version_and_consumers(
    client: Client, users: Users, product: DataProduct
) -> None:
    consumer_of(product)
    with_columns(product, "id")
    client.force_login(users.owner)

    text = client.get(f"{product.path}/edit/publish").content.decode()

    assert "This release breaks consumers." in text
    assert "Column email of rows was removed." in text
    assert "The changes ask for 2.0.0." in text
    assert 'value="2.0.0"' in text
    assert "Consumers affected" in text
    assert "Revenue" in text
    assert "Keep the former version until" in text
    assert "Publish without notice" in text


def test_one_button_keeps_the_former_version_and_a_second_one_publishes(
    client: Client, users: Users, product: DataProduct
) -> None:
    changed = with_columns(product, "id")
    client.force_login(users.owner)

    answer = client.post(f"{product.path}/edit/publish/notice", {"edition": changed.edition})
    assert (answer.status_code, answer["Location"]) == (302, f"{product.path}/edit/publish")
    text = client.get(answer["Location"]).content.decode()
    assert "table 2.0.0 replaces it" in text
    copy = edited_version(product)
    published = client.post(
        f"{product.path}/edit/publish",
        {"edition": copy.edition, "version": "2.0.0", "note": "No more addresses."},
    )

    assert published.status_code == 302
    page = client.get(f"{product.path}@2.0.0").content.decode()
    assert "No more addresses." in page
    assert "In table 2.0.0: Column email of rows was removed." in page


def test_a_breaking_change_is_published_at_once_with_a_reason_that_readers_see(
    client: Client, users: Users, product: DataProduct
) -> None:
    changed = with_columns(product, "id")
    client.force_login(users.owner)
    address, form = f"{product.path}/edit/publish", {"edition": changed.edition, "version": "2.0.0"}

    refused = client.post(address, form)
    assert refused.status_code == 422
    assert "Column email of rows was removed." in refused.content.decode()
    client.post(address, form | {"break_reason": "A court ordered it."})

    client.logout()
    page = client.get(f"{product.path}@2.0.0").content.decode()
    assert "A breaking change without a notice period" in page
    assert "A court ordered it." in page


def test_the_api_answers_the_same_before_it_publishes(
    client: Client, users: Users, product: DataProduct
) -> None:
    consumer_of(product)
    changed = with_columns(product, "id")
    client.force_login(users.owner)
    address = f"/api/v1/products/{product.uuid}/publish"

    answer = client.post(f"{address}?dry_run=1", content_type="application/json").json()

    assert answer["last_version"] == "1.0.0"
    assert (answer["release_class"], answer["proposed_version"]) == ("major", "2.0.0")
    assert answer["breaks"] == ["table 1.0.0"]
    assert [change["message"] for change in answer["changes"]] == [
        "Column email of rows was removed."
    ]
    assert [consumer["name"] for consumer in answer["consumers"]] == ["Revenue"]
    assert answer["is_publishable"] is False
    assert {finding["code"] for finding in answer["findings"]} == {"breaking-change"}
    assert edited_version(product).edition == changed.edition

    body = {"version": "2.0.0", "note": "News.", "break_reason": "A court ordered it."}
    second = client.post(f"{address}?dry_run=1", body, content_type="application/json").json()
    assert second["is_publishable"] is True
    published = client.post(
        address,
        body,
        content_type="application/json",
        headers={"if-match": f'"{changed.edition}"'},
    )
    assert (published.status_code, published.json()["version"]) == (200, "2.0.0")
    version = client.get(f"/api/v1/products/{product.uuid}/versions/latest").json()
    assert (version["note"], version["break_reason"]) == ("News.", "A court ordered it.")


def test_a_dry_run_is_for_people_of_the_domain(
    client: Client, users: Users, product: DataProduct
) -> None:
    client.force_login(users.outsider)

    address = f"/api/v1/products/{product.uuid}/publish?dry_run=1"
    assert client.post(address, content_type="application/json").status_code == 403


def test_an_import_says_what_it_would_release(users: Users, product: DataProduct) -> None:
    consumer_of(product)
    contract = product.contracts.order_by("id").last()
    assert contract is not None
    table = contract.tree["schema"][0]
    fewer = contract.tree | {
        "version": "0.9.0",
        "schema": [table | {"properties": table["properties"][:1]}],
    }
    tree = product.tree | {"version": "2.0.0", "status": "active", "domain": "sales"}
    content = json.dumps([tree, fewer]).encode()

    def imported(**options: Any) -> ImportResult:
        sources = [Source("orders.json", lambda: content)]
        items = import_manifests(sources=sources, actor=users.owner, overwrite=True, **options)
        [result] = [item for item in items if isinstance(item, ImportResult)]
        return result

    dry = imported(is_dry_run=True)
    assert dry.release is not None
    assert dry.release_lines == [
        "major release since 1.0.0: the changes ask for version 2.0.0",
        "breaking: Column email of rows was removed.",
        f"consumer: {dry.release['consumers'][0]['path']}",
    ]
    assert [finding.code for finding in dry.findings] == ["breaking-change"]
    assert edited_version(product) == product

    done = imported(texts=ReleaseTexts("News.", "A court ordered it."))
    assert done.findings == ()
    version = product.versions.first()
    assert version is not None
    assert (version.version, version.note) == ("2.0.0", "News.")
    assert version.break_reason == "A court ordered it."


@pytest.fixture
def consumer(product: DataProduct) -> tuple[DataProduct, Person]:
    """A product of another domain that reads the product, and its owner."""
    consumer = consumer_of(product)
    owner = make_person()
    grant_role(person=owner, role=Role.OWNER, domain=consumer.domain, actor=FACTORY)
    return consumer, owner


def test_owners_of_consumers_get_the_end_of_a_port_in_their_task_list(
    client: Client, product: DataProduct, consumer: tuple[DataProduct, Person]
) -> None:
    reading, owner = consumer
    changed = with_columns(product, "id")
    copy = give_notice(product=changed, edition=changed.edition, actor=FACTORY)
    client.force_login(owner)
    assert "Input changes" not in client.get("/").content.decode()

    published(copy, version="2.0.0")

    text = client.get("/").content.decode()
    assert "Input changes" in text
    assert "port table 1.0.0 ends on" in text
    assert "Read table 2.0.0 instead." in text
    inputs = [reading.tree["inputPorts"][0] | {"version": "2.0.0"}]
    current = edited_version(reading)
    moved = replace_document(
        product=current,
        tree=current.tree | {"inputPorts": inputs},
        edition=current.edition,
        actor=FACTORY,
    )
    published(moved, version="2.0.0")
    assert "Input changes" not in client.get("/").content.decode()


def test_owners_of_consumers_get_a_break_without_notice_in_their_task_list(
    client: Client, product: DataProduct, consumer: tuple[DataProduct, Person]
) -> None:
    _reading, owner = consumer
    published(with_columns(product, "id"), version="2.0.0", break_reason="A court ordered it.")
    client.force_login(owner)

    text = client.get("/").content.decode()

    assert "broke at once: A court ordered it." in text
    assert f'href="{product.path}@2.0.0"' in text


def test_a_port_is_probed_until_the_day_on_which_it_ends(product: DataProduct) -> None:
    changed = with_columns(product, "id")
    copy = give_notice(product=changed, edition=changed.edition, actor=FACTORY)
    product = published(copy, version="2.0.0")
    schedule_missing_ports()

    probed = ProbeSchedule.objects.probed().values_list("port__version", flat=True)
    assert sorted(probed) == ["1.0.0", "2.0.0"]
    product.output_ports.filter(version="1.0.0").update(ends_on=timezone.localdate() - UNTIL)
    assert list(ProbeSchedule.objects.probed().values_list("port__version", flat=True)) == ["2.0.0"]


def test_editors_compare_unpublished_changes_and_readers_do_not_see_them(
    client: Client, users: Users, product: DataProduct
) -> None:
    with_columns(product, "id")
    address = f"{product.path}/versions?from=latest&to=unpublished"

    reader = client.get(address).content.decode()
    client.force_login(users.owner)
    editor = client.get(address).content.decode()

    assert "Column email of rows was removed." not in reader
    assert "No version of this product is “unpublished”." in reader
    assert "From 1.0.0 to unpublished changes" in editor
    assert "Column email of rows was removed." in editor


def test_the_exported_document_of_a_product_in_notice_is_imported_without_an_issue(
    users: Users, product: DataProduct
) -> None:
    changed = with_columns(product, "id")
    copy = give_notice(product=changed, edition=changed.edition, actor=FACTORY)
    product = published(copy, version="2.0.0")
    content = json.dumps(export(product.tree, status="published", domain="sales")).encode()

    sources = [Source("orders.json", lambda: content)]
    [result] = import_manifests(sources=sources, actor=users.owner, overwrite=True)

    assert isinstance(result, ImportResult)
    assert (result.issues, result.findings) == ((), ())
    assert product.output_ports.exclude(ends_on=None).count() == 1

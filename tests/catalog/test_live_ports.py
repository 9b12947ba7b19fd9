"""A port is live by a check of the server that it has now; a server says where it is."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.contracts.services import confirm_output_port, save_contract
from catalog.domains.services import grant_role
from catalog.exceptions import PermissionDenied, ValidationFailed
from catalog.manifests.services import import_manifests
from catalog.permissions import Role
from catalog.ports.services import ProbeSummary, update_probe_times
from catalog.products.models import DataProduct
from catalog.publication.gates import PublicationRefused
from catalog.publication.services import publication_findings, publish_product
from governance.slo.services import probe_ports
from tests.catalog.api_client import Program, places, problem_of
from tests.catalog.test_manifests import CONTRACT, PRODUCT, texts
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_users,
    product_tree,
    with_answers,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db
KAFKA = {"type": "kafka", "host": "kafka.example:9092", "path": "", "format": ""}
INCOMPLETE = [
    ({"kind": "local"}, "type"),
    ({"server": "x", "type": "local"}, "path"),
    ({"server": "x", "type": "local", "path": ""}, "path"),
    ({"server": "x", "type": "api"}, "location"),
    ({"server": "x", "type": "postgres", "host": "db.example"}, "database"),
    ({"server": "x", "type": "kafka"}, "host"),
    ({"server": "x", "type": "s3"}, "location"),
]


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def draft(users, **server):
    product = make_product(domain=users.domain, tree=with_answers(product_tree()))
    return with_port(product, **server)


# --- servers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("server", "member"), INCOMPLETE)
def test_a_server_without_what_its_type_needs_is_refused_by_every_door(users, server, member):
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    path, edition = f"/products/{product.uuid}", product.edition
    tree = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "c", "version": "1.0.0"}
    tree |= {"status": "draft", "servers": [server]}

    port = program.send("POST", f"{path}/ports", {"name": "a", "server": server}, edition=edition)
    contract = program.send("POST", f"{path}/contracts", tree, edition=edition)
    with pytest.raises(ValidationFailed) as by_service:
        save_contract(product=product, tree=tree, edition=edition, actor=FACTORY)
    lines = "\n".join(f"  {name}: {value or '!!str'}" for name, value in server.items())
    start, _servers, end = CONTRACT.partition("servers:\n")
    schema = end[end.index("schema:") :]
    manifest = f"{start}servers:\n-{lines[1:]}\n{schema}"
    (result,) = import_manifests(sources=texts(PRODUCT, manifest), actor=users.owner)

    assert f"/server/{member}" in {
        place if place != "/server" else f"/server/{member}"
        for place in places(problem_of(port, 422, "invalid"))
    }
    assert any(
        place.startswith("/servers/0") for place in places(problem_of(contract, 422, "invalid"))
    )
    assert f"/servers/0/{member}" in {issue.location for issue in by_service.value.issues}
    assert result.action == "invalid"
    assert any(issue.location.startswith("/servers/0") for issue in result.issues if issue.is_error)


@pytest.mark.parametrize(
    "fields", [{"kind": "local"}, {"kind": "api"}, {"kind": "database"}, {"kind": "other"}]
)
def test_the_form_of_a_port_names_what_is_missing(users, fields):
    product = make_product(domain=users.domain)
    client = Client()
    client.force_login(users.owner)
    fields |= {"name": "a", "version": "1.0.0", "edition": product.edition, "other_type": "kafka"}

    answer = client.post(f"{product.path}/edit/ports/add", fields)

    assert answer.status_code == 422
    assert b"Required for this type of server." in answer.content


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("postgres", {"port": 5432, "schema": "public"}),
        ("mysql", {"port": 3306}),
        ("mariadb", {"port": 3306}),
    ],
)
def test_the_form_of_a_port_knows_the_databases_and_changes_nothing_unasked(users, type_, expected):
    product = make_product(domain=users.domain)
    client = Client()
    client.force_login(users.owner)
    place = {"host": "db.example", "database": "shop"}
    fields = place | {"kind": "database", "database_type": type_, "name": "a", "version": "1.0.0"}

    client.post(f"{product.path}/edit/ports/add", fields | {"edition": product.edition})
    product.refresh_from_db()
    tree = product.contracts.get().tree
    port = product.output_ports.get()
    saved = client.post(
        f"{product.path}/edit/ports/{port.pk}",
        fields | expected | {"edition": product.edition, "other_type": "custom"},
    )

    assert tree["servers"] == [{"server": "production", "type": type_} | place | expected]
    assert (saved.status_code, product.contracts.get().tree) == (302, tree)


# --- live -----------------------------------------------------------------------------------------


def codes(product):
    return [finding.code for finding in publication_findings(product)]


def test_a_product_whose_only_file_is_missing_is_not_published(users):
    product = draft(users)
    probe_ports()
    with pytest.raises(PublicationRefused):
        publish_product(product=product, edition=product.edition, actor=users.owner)

    write_file(users.domain, "id\n1\n")
    probe_ports()
    published = publish_product(product=product, edition=product.edition, actor=users.owner)

    assert published.status == "published"


def test_a_check_counts_only_for_the_server_that_passed_it(users):
    product = draft(users)
    write_file(users.domain, "id\n1\n")
    probe_ports()
    assert codes(product) == []
    contract = product.contracts.get()
    server = contract.tree["servers"][0] | {"path": "sales/missing.csv"}

    _, product = save_contract(
        product=product,
        tree=contract.tree | {"servers": [server]},
        edition=product.edition,
        actor=users.owner,
    )

    assert codes(product) == ["port-is-live"]
    page = Client()
    page.force_login(users.owner)
    assert b"not measured yet" in page.get(product.path).content


def test_a_check_of_the_former_server_that_ends_late_does_not_count(users):
    product = draft(users)
    late = ProbeSummary(at=timezone.now(), outcome="good", is_good=True, server="local old.csv csv")

    update_probe_times(probes={product.output_ports.get().pk: late})

    assert codes(product) == ["port-is-live"]


# --- a steward's word -----------------------------------------------------------------------------


def test_a_steward_confirms_a_port_that_cannot_be_checked(users):
    product = draft(users, **KAFKA)
    port = product.output_ports.get()
    assert codes(product) == ["port-is-live"]

    answer = Program(users.steward).send(
        "POST", f"/ports/{port.pk}/confirm", {"reason": "I read it."}
    )

    assert answer.status_code == 200
    assert codes(product) == []
    event = AuditEvent.objects.filter(verb="confirmed port").get()
    assert (event.actor_name, event.reason) == (users.steward.display_name, "I read it.")
    product.output_ports.update(last_good_at=timezone.now() - timedelta(hours=25))
    assert codes(product) == ["port-is-live"]


def test_the_word_of_an_owner_or_an_outsider_is_not_enough(users):
    product = draft(users, **KAFKA)
    port = product.output_ports.get()
    client = Client()
    client.force_login(users.owner)

    for person in (users.owner, users.consumer, users.outsider):
        with pytest.raises(PermissionDenied):
            confirm_output_port(port=port, actor=person)
    address = f"{product.path}/edit/ports/{port.pk}/confirm"
    assert client.post(address, {"edition": product.edition, "reason": "x"}).status_code == 403
    assert codes(product) == ["port-is-live"]


def test_a_port_that_is_checked_automatically_or_has_no_server_is_not_confirmed(users):
    product = draft(users)
    program = Program(users.steward)
    port = product.output_ports.get()

    answer = program.send("POST", f"/ports/{port.pk}/confirm", {})

    problem_of(answer, 422, "invalid")
    assert codes(product) == ["port-is-live"]


def test_the_page_of_ports_offers_the_steward_to_confirm(users):
    grant_role(person=users.steward, role=Role.CONTRIBUTOR, domain=users.domain, actor=FACTORY)
    product = draft(users, **KAFKA)
    port = product.output_ports.get()
    client = Client()
    client.force_login(users.steward)
    address = f"{product.path}/edit/ports/{port.pk}/confirm"

    before = client.get(f"{product.path}/edit/ports").content.decode()
    client.post(address, {"edition": product.edition, "reason": "I read it."})
    after = client.get(f"{product.path}/edit/ports").content.decode()

    assert address in before
    assert "needs a steward" in before
    assert "confirmed by a steward" in after
    assert "confirmed by a steward" in client.get(product.path).content.decode()
    assert DataProduct.objects.get().edition == product.edition

"""Files belong to domains: a port names only files of its domain's folder, by whatever door."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.contracts.services import save_contract
from catalog.domains.services import create_domain, edit_domain, grant_role
from catalog.exceptions import NameConflict, ValidationFailed
from catalog.manifests.plan import Action
from catalog.manifests.readers import Source
from catalog.manifests.services import import_manifests
from catalog.permissions import Role
from catalog.products.models import DataProduct
from catalog.products.services import move_product
from governance.inspection.models import Inspection
from governance.slo.services import probe_ports
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_product,
    make_users,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db
SECRET = "people/salaries.csv"
FOREIGN = [SECRET, "./people/salaries.csv", "sales/../people/salaries.csv", "salaries.csv", "sales"]


@pytest.fixture
def sales(settings, tmp_path: Path) -> Users:
    """The people of sales; the folder of another domain has a file that is not theirs."""
    settings.ASSAY_FILES_ROOT = tmp_path
    write_file(make_domain("people"), "name,salary\nAda,90000\n", "salaries.csv")
    users = make_users(make_domain("sales"))
    write_file(users.domain, "id\n1\n")
    return users


def server(path: str) -> dict[str, str]:
    return {"server": "files", "type": "local", "path": path, "format": "csv"}


def contract_of(product: DataProduct, path: str) -> dict[str, object]:
    contract = product.contracts.get()
    tree: dict[str, object] = contract.tree | {"servers": [server(path)]}
    return tree


@pytest.mark.parametrize("path", FOREIGN)
def test_the_api_refuses_a_file_of_another_domain(sales, path):
    product = with_port(make_product(domain=sales.domain))
    program, at = Program(sales.owner), f"/products/{product.uuid}"
    body = {"name": "more", "server": server(path)}
    contract = program.get(f"/contracts?product={product.uuid}").json()["results"][0]

    port = program.send("POST", f"{at}/ports", body, edition=product.edition)
    tree = contract_of(product, path)
    saved = program.send("PUT", f"/contracts/{contract['id']}", tree, edition=product.edition)

    for answer in (port, saved):
        (issue,) = problem_of(answer, 422, "invalid")["errors"]
        assert issue["code"] == "foreign-file"
        assert "sales/" in issue["hint"]
        assert places(problem_of(answer, 422, "invalid"))[0] in ("/server/path", "/servers/0/path")


@pytest.mark.parametrize("path", FOREIGN)
def test_the_page_refuses_a_file_of_another_domain_at_its_field(client: Client, sales, path):
    product = with_port(make_product(domain=sales.domain))
    client.force_login(sales.owner)
    fields = {"name": "more", "version": "1.0.0", "kind": "local", "path": path, "format": "csv"}

    answer = client.post(f"{product.path}/edit/ports/add", fields | {"edition": product.edition})

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == ["path"]
    assert product.output_ports.count() == 1


def test_a_manifest_is_refused_with_the_line_of_the_path(sales):
    product = with_port(make_product(domain=sales.domain))
    source = f"""\
apiVersion: v3.1.0
kind: DataContract
id: {product.contracts.get().identifier}
version: 0.1.0
status: draft
servers:
- server: files
  type: local
  path: {SECRET}
  format: csv
"""
    for is_dry_run in (True, False):
        (result,) = import_manifests(
            sources=[Source("a.yaml", source.encode)],
            actor=sales.owner,
            overwrite=True,
            is_dry_run=is_dry_run,
        )

        assert result.action is Action.INVALID
        assert [(issue.line, issue.code) for issue in result.issues] == [
            (9, "manifest.foreign-file")
        ]


@pytest.mark.parametrize("door", ["service", "api", "page"])
def test_a_product_does_not_move_away_from_its_files(client, sales, door):
    other = make_domain("shop")
    grant_role(person=sales.owner, role=Role.OWNER, domain=other, actor=FACTORY)
    product = with_port(make_product(domain=sales.domain))

    if door == "service":
        with pytest.raises(ValidationFailed) as error:
            move_product(product=product, domain=other, edition=product.edition, actor=sales.owner)
        assert [issue.location for issue in error.value.issues] == ["domain"]
    elif door == "api":
        at = f"/products/{product.uuid}/move"
        answer = Program(sales.owner).send("POST", at, {"domain": "shop"}, edition=product.edition)
        assert places(problem_of(answer, 422, "invalid")) == ["domain"]
    else:
        client.force_login(sales.owner)
        fields = {"domain": other.pk, "reason": "Theirs.", "edition": product.edition}
        answer = client.post(f"{product.path}/edit/move", fields)
        assert "is not in a folder" in answer.content.decode()

    product.refresh_from_db()
    assert product.domain == sales.domain


def test_an_operator_shares_a_folder_with_a_named_domain(settings, sales):
    settings.ASSAY_SHARED_FOLDERS = [("people", "sales")]
    product = with_port(make_product(domain=sales.domain), path=SECRET)

    (result,) = probe_ports()

    assert result.is_good
    assert result.port_id == product.output_ports.get().pk
    with pytest.raises(ValidationFailed):
        with_port(make_product(domain=make_domain("finance")), path=SECRET)


def test_a_folder_that_is_no_longer_shared_is_not_read(settings, sales):
    settings.ASSAY_SHARED_FOLDERS = [("people", "sales")]
    product = with_port(make_product(domain=sales.domain), path=SECRET)
    settings.ASSAY_SHARED_FOLDERS = ()

    assert_unread(product)


@pytest.mark.parametrize(
    "link",
    [
        lambda root: (root / "sales/orders.csv", "../people/salaries.csv"),
        lambda root: (root / "sales/orders.csv", root / "people/salaries.csv"),
        lambda root: (root / "sales/inner", "../people"),
    ],
)
def test_a_link_into_the_folder_of_another_domain_is_not_followed(
    sales, tmp_path, link: Callable[[Path], tuple[Path, Path | str]]
):
    name, target = link(tmp_path)
    name.unlink(missing_ok=True)
    name.symlink_to(target)
    path = "sales/orders.csv" if name.name == "orders.csv" else "sales/inner/salaries.csv"

    assert_unread(with_port(make_product(domain=sales.domain), path=path))


def assert_unread(product: DataProduct) -> None:
    """Check that probe, inspection and command read nothing of a product's one port."""
    port = product.output_ports.get()

    (result,) = probe_ports()
    with pytest.raises(SystemExit):
        call_command("read_schema", "--all", stdout=StringIO())

    assert (result.outcome.value, result.is_good) == ("refused", False)
    inspection = Inspection.objects.get(port=port)
    assert (inspection.failure, inspection.tables) == ("outside-folder", [])


def test_a_renamed_domain_keeps_its_folder_and_nobody_else_gets_it(sales):
    product = with_port(make_product(domain=sales.domain))
    edit_domain(domain=sales.domain, edition=1, actor=FACTORY, slug="retail")

    (result,) = probe_ports()

    assert result.is_good
    with pytest.raises(NameConflict):
        make_domain("sales")
    tree = contract_of(product, "retail/orders.csv")
    save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)


@pytest.mark.parametrize("is_shared", [True, False])
def test_no_owner_takes_a_folder_by_naming_a_domain_after_it(settings, tmp_path, sales, is_shared):
    if is_shared:
        settings.ASSAY_SHARED_FOLDERS = [("payroll", "people")]
    else:
        (tmp_path / "payroll").mkdir()

    with pytest.raises(NameConflict):
        create_domain(slug="payroll", name="Payroll", parent=sales.domain, actor=sales.owner)
    with pytest.raises(NameConflict):
        edit_domain(domain=sales.domain, edition=1, slug="payroll", actor=sales.owner)

    create_domain(slug="payroll", name="Payroll", parent=sales.domain, actor=FACTORY)

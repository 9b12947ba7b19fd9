"""What was sent with a page's form is what its twin for programs says next, on every such page.

The pages come from the routes: one that takes a form and has no case here fails the test.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.contracts.projection import new_tree as new_contract
from catalog.contracts.services import save_contract
from catalog.domains.services import (
    add_to_team,
    create_team,
    grant_role,
    invite_person,
    request_team,
)
from catalog.glossary.services import define_term, propose_term
from catalog.people.services import create_token
from catalog.permissions import Role
from catalog.products.models import DataProduct, Status
from catalog.products.services import (
    add_use,
    edited_version,
    follow,
    register_product,
    replace_document,
)
from governance.alerts.models import AlertRule, Route
from governance.alerts.services import RouteFields, create_route, create_rule, open_alert
from governance.alerts.services.rules import RuleFields
from governance.inbox.mail import unsubscribe_token
from governance.inbox.services import choose_frequency, create_feed
from governance.inspection.services import inspect_port
from governance.quality.services import proposals_of
from governance.representation.services import save_plan
from tests.architecture.test_routes import routes
from tests.factories import (
    FACTORY,
    Users,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
    product_tree,
    publish_changes,
    with_answers,
    with_good_checks,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db
# Entering, leaving and how pages look: nothing of the catalog is written.
OF_THE_VISITOR = set(
    """
    account_login account_logout account_signup account_change_password account_set_password
    account_reset_password account_reset_password_from_key account_inactive
    account_reset_password_done account_reset_password_from_key_done
    display_settings set_language first_start invitation_accept
    """.split()
)
OF_FILE = {"name": "more", "version": "2.0.0", "kind": "local", "path": "sales/b.csv"}
OF_FILE |= {"format": "csv"}


@dataclass
class Site:
    """A domain with its people, seen by its owner, who leads governance too."""

    users: Users
    client: Client

    def draft(self, **custom: Any) -> DataProduct:
        """Return a draft with a port, a contract and two columns."""
        product = make_product(domain=self.users.domain, **custom)
        return give_schema(with_port(product), "id", "amount")

    def answered(self) -> DataProduct:
        """Return a draft that the gates let through."""
        tree = with_answers(product_tree(domain=self.users.domain.slug))
        return with_good_checks(self.draft(tree=tree))

    def published(self) -> DataProduct:
        """Return a published product of the domain."""
        return make_published_product(domain=self.users.domain)

    def reread(self, address: str | Callable[[], str]) -> Any:
        """Return what a program reads at an address, which may be known only after the form."""
        path = address if isinstance(address, str) else address()
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.json()


@dataclass(frozen=True)
class Sent:
    """A form as it is sent, where that is read next, and what of it is there then."""

    page: str
    fields: dict[str, Any]
    reread: str | Callable[[], str]
    select: Callable[[Any], Any]
    expected: Any


CASES: dict[str, Callable[[Site], Sent]] = {}


def form(name: str) -> Callable[[Callable[[Site], Sent]], Callable[[Site], Sent]]:
    """Name the route whose form a case sends."""

    def keep(case: Callable[[Site], Sent]) -> Callable[[Site], Sent]:
        CASES[name] = case
        return case

    return keep


def api_of(product: DataProduct, part: str = "") -> str:
    return f"/api/v1/products/{product.uuid}{part}"


def api_of_slug(slug: str) -> Callable[[], str]:
    return lambda: api_of(DataProduct.objects.get(slug=slug))


def edit(
    product: DataProduct, step: str, fields: dict[str, Any], select: Any, expected: Any
) -> Sent:
    """Return the form of a step of a product, which its page's twin shows."""
    sent = {"edition": product.edition} | fields
    return Sent(f"{product.path}/edit/{step}", sent, api_of(product), select, expected)


def members(*names: str) -> Callable[[Any], Any]:
    return lambda body: {name: body[name] for name in names}


def of_ports(product: DataProduct, step: str, fields: dict[str, Any], expected: Any) -> Sent:
    """Return the form of a port; a port names its contract, which has the server."""

    def ports(body: Any) -> list[Any]:
        contracts = {str(row.uuid): row.tree["servers"][0] for row in product.contracts.all()}
        return [
            (port["name"], port["version"], contracts[port["contract"]]["path"])
            for port in body["output_ports"]
        ]

    sent = edit(product, step, fields, ports, expected)
    return replace(sent, reread=api_of(product, "/ports"))


DESCRIBED = {
    "name": "Returns",
    "purpose": "What comes back.",
    "limitations": "No shops.",
    "usage": "Join by id.",
    "sensitivity": "confidential",
    "visibility": "restricted",
}


@form("product_new")
def _(site: Site) -> Sent:
    fields = DESCRIBED | {"domain": site.users.domain.pk, "tags": " b, a ,b"}
    expected = DESCRIBED | {"tags": ["b", "a"]}
    return Sent("/publish/new", fields, api_of_slug("returns"), members(*expected), expected)


@form("product_describe")
def _(site: Site) -> Sent:
    product = site.draft()
    fields = DESCRIBED | {"version": "3.0.0", "slug": product.slug, "tags": "b, a"}
    expected = fields | {"tags": ["b", "a"], "edition": product.edition + 1}
    return edit(product, "describe", fields, members(*expected), expected)


@form("product_reuse")
def _(site: Site) -> Sent:
    fields = {"license": "CC-BY-4.0", "citation": "Sales: Orders."}
    contact = {"channel": "#orders", "contact_url": "orders@example.org"}
    expected = fields | {"contact": {"channel": "#orders", "url": "mailto:orders@example.org"}}
    return edit(site.draft(), "reuse", fields | contact, members(*expected), expected)


@form("product_readers")
def _(site: Site) -> Sent:
    product, domain, team = site.draft(), make_domain(), make_team()
    fields = {"edition": product.edition, "domains": [domain.pk], "teams": [team.pk]}
    reread = f"/api/v1/products/{product.uuid}/readers"
    expected = {"domains": [domain.slug], "teams": [team.slug]}
    return Sent(f"{product.path}/edit/readers", fields, reread, members(*expected), expected)


@form("product_port_add")
def _(site: Site) -> Sent:
    expected = [("table", "1.0.0", "sales/orders.csv"), ("more", "2.0.0", "sales/b.csv")]
    return of_ports(site.draft(), "ports/add", OF_FILE, expected)


@form("product_port")
def _(site: Site) -> Sent:
    product = site.draft()
    step = f"ports/{product.output_ports.get().pk}"
    return of_ports(product, step, OF_FILE, [("more", "2.0.0", "sales/b.csv")])


@form("product_upload")
def _(site: Site) -> Sent:
    product = site.draft()
    file = SimpleUploadedFile("extra.csv", b"id\n1\n")
    path = f"sales/hosted/{product.uuid}/1.0.0/extra.csv"
    expected = [("table", "1.0.0", "sales/orders.csv"), ("extra", "1.0.0", path)]
    return of_ports(product, "ports/upload", {"file": file}, expected)


@form("product_port_upload")
def _(site: Site) -> Sent:
    product = site.draft()
    file = SimpleUploadedFile("orders.csv", b"id\n1\n")
    path = f"sales/hosted/{product.uuid}/1.0.0/table.csv"
    step = f"ports/{product.output_ports.get().pk}/data"
    return of_ports(product, step, {"file": file}, [("table", "1.0.0", path)])


@form("product_port_confirm")
def _(site: Site) -> Sent:
    kafka = {"type": "kafka", "host": "kafka.example:9092", "path": "", "format": ""}
    product = with_port(make_product(domain=site.users.domain), "stream", **kafka)
    step = f"ports/{product.output_ports.get().pk}/confirm"

    def outcomes(body: Any) -> list[Any]:
        return [port["last_outcome"] for port in body["output_ports"]]

    sent = edit(product, step, {"reason": "It is read from."}, outcomes, ["confirmed"])
    return replace(sent, reread=api_of(product, "/ports"))


@form("product_port_drop")
def _(site: Site) -> Sent:
    product = site.draft()
    return of_ports(product, f"ports/{product.output_ports.get().pk}/drop", {}, [])


def sources(body: Any) -> list[Any]:
    return [port["source"] for port in body["input_ports"]]


@form("product_inputs")
def _(site: Site) -> Sent:
    product, source = site.draft(), site.published()
    fields = {"source": f"{source.domain.slug}/{source.slug}"}
    sent = edit(product, "inputs", fields, sources, [str(source.uuid)])
    return replace(sent, reread=api_of(product, "/ports"))


def parcels_contract() -> str:
    """Return where the contract of the product that is made from a source is read."""
    contract = DataProduct.objects.get(name="Parcels").contracts.get()
    return f"/api/v1/contracts/{contract.uuid}"


def server(body: Any) -> Any:
    return body["tree"]["servers"][0]


@form("publish_file")
def _(site: Site) -> Sent:
    write_file(site.users.domain, "a,b\n1,2\n", "parcels.csv")
    path = "sales/parcels.csv"
    expected = {"server": "files", "type": "local", "path": path, "format": "csv"}
    return Sent("/publish/file", {"file": path}, parcels_contract, server, expected)


@form("publish_upload")
def _(site: Site) -> Sent:
    file = SimpleUploadedFile("parcels.csv", b"a,b\n1,2\n")
    fields = {"file": file, "domain": site.users.domain.pk}
    return Sent(
        "/publish/upload",
        fields,
        parcels_contract,
        lambda body: server(body)["path"].rpartition("/")[2],
        "parcels.csv",
    )


@form("publish_database")
def _(site: Site) -> Sent:
    place = {"type": "postgres", "host": "db.example", "database": "shop", "schema": "public"}
    fields = place | {"port": 5433, "name": "Parcels", "domain": site.users.domain.pk}
    expected = {"server": "production", "port": 5433} | place
    return Sent("/publish/database", fields, parcels_contract, server, expected)


@form("publish_s3")
def _(site: Site) -> Sent:
    place = {"location": "s3://shop/parcels.parquet", "format": "parquet"}
    fields = place | {"name": "Parcels", "domain": site.users.domain.pk}
    expected = {"server": "production", "type": "s3"} | place
    return Sent("/publish/s3", fields, parcels_contract, server, expected)


@form("publish_endpoint")
def _(site: Site) -> Sent:
    url = "https://parcels.example/v1"
    fields = {"url": url, "name": "Parcels", "domain": site.users.domain.pk}
    expected = {"server": "production", "type": "api", "location": url}
    return Sent("/publish/endpoint", fields, parcels_contract, server, expected)


def observed(site: Site, step: str) -> Sent:
    """Return the choice of the one table that the source of a draft holds."""
    write_file(site.users.domain, "id,email\n1,a@b.example\n")
    product = with_port(make_product(domain=site.users.domain))
    inspect_port(port=product.output_ports.get(), actor=FACTORY)
    fields = {"tables": ["orders"], "proposals": ["orders/email/pii"]}
    fields["edition"] = product.edition
    reread = f"/api/v1/contracts/{product.contracts.get().uuid}"
    return Sent(
        f"{product.path}/edit/{step.format(port=product.output_ports.get().pk)}",
        fields,
        reread,
        lambda body: [
            (column["name"], column.get("classification"))
            for column in body["tree"]["schema"][0]["properties"]
        ],
        [("id", None), ("email", "pii")],
    )


@form("port_check")
def _(site: Site) -> Sent:
    write_file(site.users.domain, "id\n1\n")
    product = with_port(make_product(domain=site.users.domain))
    return Sent(
        f"/ports/{product.output_ports.get().pk}/check",
        {},
        api_of(product, "/ports"),
        lambda body: [port["last_outcome"] for port in body["output_ports"]],
        ["good"],
    )


@form("product_read_source")
def _(site: Site) -> Sent:
    return observed(site, "source")


@form("product_port_source")
def _(site: Site) -> Sent:
    return observed(site, "ports/{port}/source")


@form("product_contract_new")
def _(site: Site) -> Sent:
    product = site.draft()
    tree = new_contract(identifier="c-2", name="Two", servers=[])
    reread = f"/api/v1/products/{product.uuid}/contracts"
    fields = {"edition": product.edition, "text": json.dumps(tree)}
    page = f"{product.path}/edit/schema/file"
    return Sent(
        page,
        fields,
        reread,
        lambda body: "c-2" in [row["identifier"] for row in body["results"]],
        True,
    )


def _contract(product: DataProduct, step: str, fields: Any, select: Any, expected: Any) -> Sent:
    contract = product.contracts.get()
    reread = f"/api/v1/contracts/{contract.uuid}"
    page = f"{product.path}/edit/schema/{contract.uuid}/{step}"
    return Sent(page, {"edition": product.edition} | fields, reread, select, expected)


@form("product_contract")
def _(site: Site) -> Sent:
    product = site.draft()
    tree = product.contracts.get().tree | {"name": "Renamed"}
    fields = {"text": json.dumps(tree)}
    return _contract(product, "file", fields, lambda body: body["tree"], tree)


@form("product_table_add")
def _(site: Site) -> Sent:
    product = site.draft()
    tables = [*product.contracts.get().tree["schema"], {"name": "lines", "properties": []}]
    fields = {"name": "lines"}
    return _contract(product, "tables", fields, lambda body: body["tree"]["schema"], tables)


@form("product_table")
def _(site: Site) -> Sent:
    fields = {"name": "lines", "columns-TOTAL_FORMS": "3", "columns-INITIAL_FORMS": "2"}
    for index, name in enumerate(("id", "amount")):
        fields[f"columns-{index}-address"] = f"/properties/{index}={name}"
        fields[f"columns-{index}-name"] = name
        fields[f"columns-{index}-type"] = "number"
    fields |= {"columns-2-name": "note", "columns-2-classification": "pii"}
    return _contract(
        site.draft(),
        "tables/0",
        fields,
        lambda body: [
            (table["name"], column["name"], column.get("classification"))
            for table in body["tree"]["schema"]
            for column in table["properties"]
        ],
        [("lines", "id", None), ("lines", "amount", None), ("lines", "note", "pii")],
    )


@form("product_rules")
def _(site: Site) -> Sent:
    rule = {"metric": "rowCount", "mustBeGreaterThan": 5}
    fields = {
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "0",
        "rows-0-kind": "row_count",
        "rows-0-operator": "mustBeGreaterThan",
        "rows-0-limit": "5",
    }
    return _contract(
        site.draft(),
        "tables/0/rules",
        fields,
        lambda body: body["tree"]["schema"][0].get("quality"),
        [rule],
    )


@form("term_propose")
def _(site: Site) -> Sent:
    fields = {"name": "Basket", "definition": "What is bought.", "reason": "orders"}
    expected = [fields | {"domain": None, "state": "open"}]

    def select(body: Any) -> Any:
        return [{key: row[key] for key in expected[0]} for row in body["results"]]

    return Sent("/term-proposals/new", fields, "/api/v1/term-proposals", select, expected)


@form("term_proposal_answer")
def _(site: Site) -> Sent:
    users = site.users
    words = {"name": "Basket", "definition": "What is bought.", "domain": users.domain}
    proposal = propose_term(actor=users.consumer, **words)
    page = f"/term-proposals/{proposal.uuid}/answer"
    fields = {"decision": "reject", "answer": "It is a cart."}
    reread = f"/api/v1/term-proposals/{proposal.uuid}"
    return Sent(
        page,
        fields,
        reread,
        members("state", "answer"),
        {"state": "rejected", "answer": "It is a cart."},
    )


@form("product_column")
def _(site: Site) -> Sent:
    fields = {
        "address": "/properties/1=amount",
        "name": "total",
        "type": "object",
        "description": "two\r\nlines",
        "key_position": "2",
        "position": "1",
        "columns-TOTAL_FORMS": "1",
        "columns-INITIAL_FORMS": "0",
        "columns-0-name": "net",
        "columns-0-type": "number",
    }
    return _contract(
        site.draft(),
        "tables/0/column?at=/properties/1",
        fields,
        lambda body: body["tree"]["schema"][0]["properties"],
        [
            {
                "name": "total",
                "logicalType": "object",
                "description": "two\nlines",
                "primaryKeyPosition": 2,
                "properties": [{"name": "net", "logicalType": "number"}],
            },
            {"name": "id", "logicalType": "string"},
        ],
    )


@form("product_table_drop")
def _(site: Site) -> Sent:
    return _contract(site.draft(), "tables/0/drop", {}, lambda body: body["tree"]["schema"], [])


@form("product_answers")
def _(site: Site) -> Sent:
    product = site.draft()
    fields = {
        "source-state": "answered",
        "source-text": "The shop.",
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "0",
        "rows-0-attribute": "sex",
        "rows-0-group": "f",
        "rows-0-share": "12.5",
    }
    names = ("group", "share", "reference_share", "gap", "n")
    sent = edit(
        product,
        "provenance",
        fields,
        lambda body: (
            [(row["question"], row["text"]) for row in body["answers"]],
            [[row[name] for name in names] for row in body["imbalances"]],
        ),
        ([("source", "The shop.")], [["f", 0.125, None, None, None]]),
    )
    return replace(sent, reread=api_of(product, "/provenance"))


MAINTENANCE = {
    "summary": "New disks",
    "starts_at": "2031-03-02T20:00",
    "ends_at": "2031-03-02T22:00",
}


@form("product_maintenance")
def _(site: Site) -> Sent:
    product = site.draft()
    return Sent(
        f"{product.path}/maintenance",
        MAINTENANCE,
        api_of(product, "/maintenance"),
        lambda body: [row["summary"] for row in body["results"]],
        ["New disks"],
    )


@form("domain_maintenance")
def _(site: Site) -> Sent:
    domain = site.users.domain
    return Sent(
        f"/d/{domain.slug}/maintenance",
        MAINTENANCE,
        f"/api/v1/domains/{domain.slug}/maintenance",
        lambda body: [row["summary"] for row in body["results"]],
        ["New disks"],
    )


@form("domain_standards")
def _(site: Site) -> Sent:
    domain = site.users.domain
    fields = {
        "edition": domain.edition,
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "0",
        "rows-0-indicator": "freshness",
        "rows-0-target": "99.5",
        "rows-0-threshold": "26 h",
        "rows-0-window": "month",
    }
    return Sent(
        f"/d/{domain.slug}/standards",
        fields,
        f"/api/v1/domains/{domain.slug}/objective-standards",
        lambda body: [row["objective"]["threshold"] for row in body["standards"]],
        [93_600],
    )


@form("product_objectives")
def _(site: Site) -> Sent:
    product = site.draft()
    fields = {
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "0",
        "rows-0-indicator": "availability",
        "rows-0-target": "99.5",
        "rows-0-window": "7d",
        "rows-0-budgeting": "occurrences",
    }
    sent = edit(product, "objectives", fields, None, None)
    reread = f"/api/v1/objectives?product={product.uuid}"
    return Sent(
        sent.page,
        sent.fields,
        reread,
        lambda body: [(row["indicator"], row["target"], row["window"]) for row in body["results"]],
        [("availability", 0.995, 604_800)],
    )


@form("product_publish")
def _(site: Site) -> Sent:
    fields = {"note": "First."}
    return edit(site.answered(), "publish", fields, members("status"), {"status": "published"})


@form("product_notice")
def _(site: Site) -> Sent:
    product = site.published()
    copy = replace_document(
        product=product,
        tree=product.tree | {"outputPorts": []},
        edition=product.edition,
        actor=FACTORY,
    )
    sent = edit(copy, "publish/notice", {}, None, None)
    names = lambda body: [port["name"] for port in body["tree"]["outputPorts"]]  # noqa: E731
    return Sent(sent.page, sent.fields, api_of(product, "/working-copy"), names, ["table"])


@form("product_deprecate")
def _(site: Site) -> Sent:
    product, after = site.published(), site.published()
    fields = {"successor": after.path, "ends_on": "2031-05-01", "reason": "Old."}
    expected = {
        "status": "deprecated",
        "successor": f"{after.domain.slug}/{after.slug}",
        "ends_on": "2031-05-01",
        "end_reason": "Old.",
    }
    sent = edit(product, "deprecate", fields, None, None)
    reread = f"/api/v1/products/{product.uuid}"
    return Sent(sent.page, sent.fields, reread, members(*expected), expected)


@form("product_retire")
def _(site: Site) -> Sent:
    product = site.published()
    fields = {"reason": "Old.", "confirmed_name": product.name}
    sent = edit(product, "retire", fields, None, None)
    reread = f"/api/v1/products/{product.uuid}/history"
    return Sent(
        sent.page,
        sent.fields,
        reread,
        lambda body: (body["results"][0]["verb"], body["results"][0]["reason"]),
        ("retired", "Old."),
    )


@form("product_discard")
def _(site: Site) -> Sent:
    product = site.published()
    tree = product.tree | {"tags": ["x"]}
    edited = replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    sent = edit(edited, "discard", {"reason": "Wrong."}, None, None)
    reread = f"/api/v1/products/{product.uuid}/working-copy"
    return Sent(
        sent.page, sent.fields, reread, members("changes", "tags"), {"changes": [], "tags": []}
    )


@form("product_delete")
def _(site: Site) -> Sent:
    product = site.draft()
    sent = edit(product, "delete", {"reason": "Wrong."}, None, None)
    reread = f"/api/v1/products?domain={product.domain.slug}"
    return Sent(sent.page, sent.fields, reread, lambda body: body["results"], [])


@form("product_move")
def _(site: Site) -> Sent:
    product, other = site.draft(), make_domain("shop")
    grant_role(person=site.users.owner, role=Role.OWNER, domain=other, actor=FACTORY)
    sent = edit(product, "move", {"domain": other.pk, "reason": "Theirs."}, None, None)
    return replace(sent, select=members("domain"), expected={"domain": other.slug})


@form("product_adopt")
def _(site: Site) -> Sent:
    domain = site.users.domain
    tree = product_tree("Foreign", domain=domain.slug)
    product = register_product(domain=domain, tree=tree, actor=FACTORY, status=Status.EXTERNAL)
    return edit(product, "adopt", {"reason": "Ours."}, members("status"), {"status": "draft"})


@form("manifest_page")
def _(site: Site) -> Sent:
    tree = product_tree("Imported", domain=site.users.domain.slug)
    fields = {"text": json.dumps(tree)}
    seal = site.client.post("/publish/manifest", fields).context_data["page"].seal
    fields |= {"seal": seal, "apply": "1"}
    reread = api_of_slug("imported")
    return Sent("/publish/manifest", fields, reread, members("name"), {"name": "Imported"})


@form("port_read")
def _(site: Site) -> Sent:
    port = site.draft().output_ports.get()
    return Sent(
        f"/ports/{port.pk}/read",
        {},
        f"/api/v1/ports/{port.pk}/inspection",
        lambda body: [column["name"] for column in body["tables"][0]["columns"]],
        ["id", "paid"],
    )


@form("port_representation_plan")
def _(site: Site) -> Sent:
    product = site.draft()
    port = product.output_ports.get()
    fields = {
        "edition": product.edition,
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "0",
        "rows-0-column": "amount",
        "rows-0-bins": "10, 20",
        "rows-0-level": "1",
        "schedule": "weekly",
        "band": "5",
        "max_gap": "5",
        "min_ratio": "0.8",
        "level": "0.95",
        "small_group": "30",
    }
    return Sent(
        f"{product.path}/bias/plan/{port.pk}",
        fields,
        f"/api/v1/ports/{port.pk}/representation/plan",
        lambda body: (body["attributes"][0]["bins"], body["schedule"]),
        ([10, 20], "weekly"),
    )


@form("port_representation_measure")
def _(site: Site) -> Sent:
    product = give_schema(with_port(make_product(domain=site.users.domain)), "id", "paid")
    port = product.output_ports.get()
    plan = {"attributes": [{"column": "paid"}], "schedule": "on-demand"}
    save_plan(port=port, body=plan, edition=product.edition, actor=FACTORY)
    return Sent(
        f"/ports/{port.pk}/representation/measure",
        {},
        f"/api/v1/ports/{port.pk}/representation",
        lambda body: (body["current"]["state"], body["current"]["result"]["rows"]["text"]),
        ("ok", "1"),
    )


@form("port_quality_run")
def _(site: Site) -> Sent:
    write_file(site.users.domain, "id,amount\n1,2\n")
    product = site.published()
    edited = edited_version(product)
    tree = product.contracts.get().tree | {"schema": [{"name": "orders"}], "version": "1.1.0"}
    tree["schema"][0]["quality"] = [{"metric": "rowCount", "mustBeGreaterThan": 0}]
    save_contract(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)
    product = publish_changes(DataProduct.objects.get(pk=product.pk))
    return Sent(
        f"/ports/{product.output_ports.get().pk}/quality/run",
        {},
        api_of(product, "/history"),
        lambda body: "ran checks" in [event["verb"] for event in body["results"]],
        True,
    )


@form("port_quality_add")
def _(site: Site) -> Sent:
    product = give_schema(with_port(make_product(domain=site.users.domain)), "id", "amount")
    write_file(site.users.domain, "id,amount\n" + "1,2\n" * 20)
    port = product.output_ports.get()
    for _reading in range(3):
        inspect_port(port=port, actor=FACTORY)
    fields = {"edition": product.edition, "key": proposals_of(port)[0].key}
    return Sent(
        f"/ports/{port.pk}/quality/add",
        fields,
        f"/api/v1/contracts/{product.contracts.get().uuid}",
        lambda body: body["tree"]["schema"][0]["properties"][0]["quality"],
        [{"metric": "nullValues", "mustBe": 0}],
    )


@form("port_adopt")
def _(site: Site) -> Sent:
    product = site.draft()
    port = product.output_ports.get()
    inspect_port(port=port, actor=FACTORY)
    fields = {"edition": product.edition, "version": "0.2.0"}
    reread = f"/api/v1/products/{product.uuid}/contracts"
    return Sent(
        f"/ports/{port.pk}/adopt",
        fields,
        reread,
        lambda body: [row["version"] for row in body["results"]],
        ["0.1.0", "0.2.0"],
    )


@form("product_classification")
def _(site: Site) -> Sent:
    product = give_schema(with_port(make_product(domain=site.users.domain)), "id", "email")
    grant_role(person=site.users.owner, role=Role.STEWARD, domain=product.domain, actor=FACTORY)
    key = f"{product.contracts.get().identifier}/rows/email/pii"
    reread = f"/api/v1/contracts/{product.contracts.get().uuid}"
    return Sent(
        f"{product.path}/edit/classification",
        {"chosen": [key], "decision": "confirm", "edition": product.edition},
        reread,
        lambda body: body["tree"]["schema"][0]["properties"][1]["classification"],
        "pii",
    )


@form("domain_new")
def _(site: Site) -> Sent:
    team = make_team()
    fields = {"name": "Returns", "slug": "returns", "mission": "Back.", "owner_team": team.pk}
    expected = {"name": "Returns", "mission": "Back.", "owner_team": team.slug}
    return Sent("/domains/new", fields, "/api/v1/domains/returns", members(*expected), expected)


@form("domain_edit")
def _(site: Site) -> Sent:
    domain = site.users.domain
    fields = {"edition": 1, "name": "Renamed", "slug": "renamed", "mission": "All."}
    expected = {"name": "Renamed", "slug": "renamed", "mission": "All."}
    page = f"/d/{domain.slug}/edit"
    return Sent(page, fields, "/api/v1/domains/renamed", members(*expected), expected)


def _people(body: Any) -> set[tuple[str, str]]:
    return {(row["person"].partition("-")[0], row["role"]) for row in body["results"]}


@form("domain_people")
def _(site: Site) -> Sent:
    domain, person = site.users.domain, site.users.outsider
    fields = {"person": person.username, "role": "contributor", "ends_at": "2031-05-01"}
    return Sent(
        f"/d/{domain.slug}/people",
        fields,
        f"/api/v1/domains/{domain.slug}/memberships",
        lambda body: ("outsider", "contributor") in _people(body),
        True,
    )


@form("product_use_remove")
def _(site: Site) -> Sent:
    product = site.draft()
    use = add_use(product=product, title="Board", actor=site.users.owner)
    reread = f"/api/v1/products/{product.uuid}/uses"
    return Sent(f"/uses/{use.pk}/remove", {}, reread, lambda body: body["results"], [])


def _followed(body: Any) -> list[str]:
    return [row["name"] for row in body["results"]]


@form("product_follow")
def _(site: Site) -> Sent:
    product = site.draft()
    return Sent(f"{product.path}/follow", {}, "/api/v1/follows", _followed, [product.name])


@form("product_unfollow")
def _(site: Site) -> Sent:
    product = site.draft()
    follow(product=product, person=site.users.owner)
    return Sent(f"{product.path}/unfollow", {}, "/api/v1/follows", _followed, [])


def _preferences(site: Site, page: str, fields: dict[str, Any], expected: Any) -> Sent:
    return Sent(page, fields, "/api/v1/inbox/settings", members(*expected), expected)


@form("inbox_settings")
def _(site: Site) -> Sent:
    fields = {"frequency": "weekly"}
    return _preferences(site, "/settings/inbox", fields, {"frequency": "weekly"})


@form("digest_end")
def _(site: Site) -> Sent:
    choose_frequency(person=site.users.owner, frequency="daily")
    page = f"/digest/{unsubscribe_token(site.users.owner)}/end"
    return _preferences(site, page, {}, {"frequency": "never"})


@form("feed_create")
def _(site: Site) -> Sent:
    return _preferences(site, "/settings/inbox/feed", {}, {"has_feed": True})


@form("feed_revoke")
def _(site: Site) -> Sent:
    create_feed(person=site.users.owner)
    return _preferences(site, "/settings/inbox/feed/revoke", {}, {"has_feed": False})


@form("alert_act")
def _(site: Site) -> Sent:
    alert = open_alert(
        key="breach:1",
        kind="breach",
        subject=site.published(),
        summary="Availability is missed.",
        now=timezone.now(),
    )
    assert alert is not None
    page = f"/alerts/{alert.uuid}/resolve"
    fields = {"edition": alert.edition, "reason": "Disk was full."}
    return Sent(page, fields, "/api/v1/inbox", lambda body: body["counts"], {})


def _route(site: Site, domain: Any = None) -> Route:
    fields = RouteFields(name="On call", channel="mail", person=site.users.owner)
    place = domain or site.users.domain
    return create_route(domain=place, fields=fields, actor=site.users.owner)[0]


def _of_route(page: str, fields: dict[str, Any], expected: str) -> Sent:
    """Return a form of a route, whose change is in the audit trail."""
    last = lambda _body: _last_event("alert route")  # noqa: E731
    return Sent(page, fields, "/api/v1/inbox", last, expected)


ROUTE = {"edition": 0, "name": "Mail", "channel": "mail", "address": "data@example.org"}


@form("route_new")
def _(site: Site) -> Sent:
    grant_role(person=site.users.owner, role=Role.PLATFORM_OPERATOR, actor=FACTORY)
    return _of_route("/alerting/routes/new", ROUTE, "created")


@form("domain_route_new")
def _(site: Site) -> Sent:
    return _of_route(f"/d/{site.users.domain.slug}/alerting/routes/new", ROUTE, "created")


@form("route_edit")
def _(site: Site) -> Sent:
    fields = ROUTE | {"edition": 1}
    return _of_route(f"/alerting/routes/{_route(site).uuid}/edit", fields, "edited")


@form("route_delete")
def _(site: Site) -> Sent:
    return _of_route(f"/alerting/routes/{_route(site).uuid}/delete", {}, "deleted")


@form("route_test")
def _(site: Site) -> Sent:
    page = f"/alerting/routes/{_route(site).uuid}/test"
    sent = lambda _body: [message.to for message in mail.outbox]  # noqa: E731
    return Sent(page, {}, "/api/v1/inbox", sent, [[site.users.owner.email]])


@form("route_rotate")
def _(site: Site) -> Sent:
    fields = RouteFields(name="Hook", channel="webhook", address="https://hooks.example.org/x")
    route, _secret = create_route(domain=site.users.domain, fields=fields, actor=site.users.owner)
    return _of_route(f"/alerting/routes/{route.uuid}/secret", {}, "made a new secret")


def _of_rule(page: str, fields: dict[str, Any], expected: str) -> Sent:
    """Return a form of a rule, whose change is in the audit trail."""
    last = lambda _body: _last_event("alert rule")  # noqa: E731
    return Sent(page, fields, "/api/v1/inbox", last, expected)


def _rule(site: Site) -> AlertRule:
    fields = RuleFields(severity="warning", parameters={})
    return create_rule(
        kind="breach", fields=fields, actor=site.users.owner, domain=site.users.domain
    )


RULE = {"edition": 0, "severity": "info", "is_enabled": "on"}


@form("rule_new")
def _(site: Site) -> Sent:
    grant_role(person=site.users.owner, role=Role.GOVERNANCE_LEAD, actor=FACTORY)
    return _of_rule("/alerting/rules/new/breach", RULE, "created")


@form("domain_rule_new")
def _(site: Site) -> Sent:
    page = f"/d/{site.users.domain.slug}/alerting/rules/new/breach"
    return _of_rule(page, RULE, "created")


@form("rule_edit")
def _(site: Site) -> Sent:
    page = f"/alerting/rules/{_rule(site).uuid}"
    return _of_rule(page, RULE | {"edition": 1}, "edited")


@form("rule_delete")
def _(site: Site) -> Sent:
    return _of_rule(f"/alerting/rules/{_rule(site).uuid}/delete", {}, "deleted")


@form("role_end")
def _(site: Site) -> Sent:
    domain = site.users.domain
    membership = domain.memberships.get(person=site.users.consumer)
    return Sent(
        f"/roles/{membership.pk}/end",
        {"reason": "Left."},
        f"/api/v1/domains/{domain.slug}/memberships",
        _people,
        {("owner", "owner"), ("owner", "steward"), ("steward", "steward")},
    )


@form("person_list")
def _(site: Site) -> Sent:
    lead = site.users.steward
    fields = {"person": lead.username, "role": "auditor"}
    reread = "/api/v1/people"
    return Sent("/people", fields, reread, lambda _body: _last_event("mesh"), "gave role")


def _last_event(kind: str) -> str:
    return AuditEvent.objects.filter(object_kind=kind).order_by("-id")[0].verb


@form("person_invite")
def _(site: Site) -> Sent:
    fields = {"email": "new@example.org"}
    reread = "/api/v1/people"
    return Sent(
        "/people/invite", fields, reread, lambda _body: _last_event("invitation"), "invited"
    )


@form("invitation_cancel")
def _(site: Site) -> Sent:
    invitation, secret = invite_person(email="new@example.org", actor=site.users.owner)
    page = f"/invitations/{invitation.uuid}/cancel"
    status_of = lambda _body: site.client.get(f"/join/{secret}").status_code  # noqa: E731
    return Sent(page, {}, "/api/v1/people", status_of, 410)


@form("person_deactivate")
def _(site: Site) -> Sent:
    person = make_person("ana")

    def active(body: Any) -> list[bool]:
        return [row["is_active"] for row in body["results"] if row["username"] == "ana"]

    return Sent(
        f"/people/{person.uuid}/deactivate", {"reason": "Left."}, "/api/v1/people", active, [False]
    )


@form("team_new")
def _(site: Site) -> Sent:
    fields = {"name": "Sellers", "slug": "sellers", "email": "s@example.org"}
    expected = [fields | {"description": "", "people_count": 0, "domains": []}]
    return Sent("/new-team", fields, "/api/v1/teams", lambda body: body["results"], expected)


@form("team_page")
def _(site: Site) -> Sent:
    make_team("sellers")
    fields = {"person": site.users.outsider.username}
    names = lambda body: [row["username"] for row in body["members"]]  # noqa: E731
    return Sent("/teams/sellers", fields, "/api/v1/teams/sellers", names, [fields["person"]])


@form("team_request_answer")
def _(site: Site) -> Sent:
    team, domain = make_team(), site.users.domain
    request = request_team(domain=domain, team=team, actor=site.users.owner)
    page, reread = f"/team-requests/{request.pk}/answer", f"/api/v1/domains/{domain.slug}"
    return Sent(page, {"answer": "accept"}, reread, lambda body: body["owner_team"], team.slug)


@form("team_request_withdraw")
def _(site: Site) -> Sent:
    team, domain = make_team(), site.users.domain
    request_team(domain=domain, team=team, actor=site.users.owner)
    page, reread = f"/d/{domain.slug}/team-request/withdraw", f"/api/v1/teams/{team.slug}/requests"
    return Sent(page, {}, reread, lambda body: body["results"], [])


@form("team_leave")
def _(site: Site) -> Sent:
    team = create_team(slug="sellers", name="Sellers", actor=FACTORY)
    person = site.users.outsider
    add_to_team(team=team, person=person, actor=FACTORY)
    page = f"/teams/sellers/leave/{person.pk}"
    return Sent(page, {}, "/api/v1/teams/sellers", lambda body: body["members"], [])


TERM = {"name": "Return", "definition": "What comes back.", "acronyms": "RET, RMA"}
MEANING = TERM | {"synonyms": ["sent back", "refused"], "acronyms": ["RET", "RMA"]}


@form("term_new")
def _(site: Site) -> Sent:
    fields = TERM | {"synonyms": "sent back\nrefused\n", "domain": site.users.domain.pk}
    expected = MEANING | {"domain": site.users.domain.slug}
    first = lambda body: members(*expected)(body["results"][0])  # noqa: E731
    return Sent("/new-term", fields, "/api/v1/terms", first, expected)


@form("term_edit")
def _(site: Site) -> Sent:
    term = define_term(name="Order", definition="A.", actor=FACTORY, domain=site.users.domain)
    fields = TERM | {"synonyms": "sent back\nrefused\n", "edition": term.edition}
    expected = MEANING | {"edition": 2}
    page = f"/glossary/order/{term.pk}/edit"
    return Sent(page, fields, f"/api/v1/terms/{term.uuid}", members(*expected), expected)


@form("token_list")
def _(site: Site) -> Sent:
    fields = {"name": "nightly", "scopes": ["read"], "days": "7"}
    rows = lambda body: [(row["name"], row["scopes"]) for row in body["results"]]  # noqa: E731
    return Sent("/settings/tokens", fields, "/api/v1/tokens", rows, [("nightly", ["read"])])


@form("token_revoke")
def _(site: Site) -> Sent:
    token, _text = create_token(
        person=site.users.owner, name="mine", scopes=["read"], lasts=timedelta(days=7)
    )
    page = f"/settings/tokens/{token.uuid}/revoke"
    return Sent(page, {}, "/api/v1/tokens", lambda body: body["results"], [])


@pytest.fixture
def site(settings, tmp_path, client) -> Site:
    settings.ASSAY_FILES_ROOT = tmp_path
    settings.ASSAY_SHARED_FOLDERS = [("sales", "shop")]
    users = make_users(make_domain("sales"))
    write_file(users.domain, "id,paid\n1,1.5\n")
    grant_role(person=users.owner, role=Role.GOVERNANCE_LEAD, actor=FACTORY)
    grant_role(person=users.owner, role=Role.STEWARD, domain=users.domain, actor=FACTORY)
    client.force_login(users.owner)
    return Site(users, client)


@pytest.mark.parametrize("name", CASES)
def test_the_api_returns_what_a_form_saved(site, name):
    sent = CASES[name](site)

    answer = site.client.post(sent.page, sent.fields)

    form = (answer.context or {}).get("form")
    assert answer.status_code in (200, 302), form and form.errors
    assert sent.select(site.reread(sent.reread)) == sent.expected


def test_every_page_that_takes_a_form_has_a_case(site):
    product = site.draft()
    term = define_term(name="Order", definition="A.", actor=FACTORY)
    sample = {
        "domain": product.domain.slug,
        "product": product.slug,
        "uuid": str(product.uuid),
        "contract": str(product.contracts.get().uuid),
        "team": make_team("sellers").slug,
        "slug": term.slug,
        "pk": term.pk,
        "port": product.output_ports.get().pk,
        "table": 0,
        "secret": "none",
        "version": "1.0.0",
        "tab": "schema",
        "suffix": "ttl",
    }
    taking = set()
    for name, route in routes():
        if name.startswith("api:") or name in OF_THE_VISITOR:
            continue
        address = f"/{route.pattern}"
        for argument, converter in route.pattern.converters.items():
            value = str(converter.to_url(sample.get(argument, 1)))
            address = re.sub(rf"<\w+:{argument}>", value, address)
        if site.client.post(address).status_code != 405:
            taking.add(name)

    assert taking == set(CASES)

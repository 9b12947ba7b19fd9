"""A write for every operation of the API that writes, with what it needs and what is read next.

Their requests and answers are the examples on the API's page, so they read well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from catalog.contracts.projection import new_tree as new_contract
from catalog.domains.services import grant_role, request_team
from catalog.glossary.models import Term
from catalog.glossary.services import define_term, propose_term
from catalog.permissions import Role
from catalog.products.models import DataProduct, Status
from catalog.products.services import register_product
from governance.alerts.services import open_alert
from governance.inspection.services import inspect_port
from tests.catalog.api_client import PATCH, Program
from tests.factories import (
    FACTORY,
    Users,
    give_schema,
    make_domain,
    make_product,
    make_published_product,
    make_team,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
    write_file,
)

FILE = {"server": "files", "type": "local", "path": "sales/orders.csv", "format": "csv"}


@dataclass
class Mesh:
    """A domain with its people, and a program of its owner, who leads governance too."""

    users: Users
    program: Program
    padding: str = ""

    def padded(self, text: str) -> str:
        """Return a text with the padding around it."""
        return f"{self.padding}{text}{self.padding}"

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a write, which is done."""
        answer = self.program.send(method, path, body, **options)
        assert answer.status_code in (200, 201, 204), answer.content[:800]
        answer.sent = body
        return answer

    def draft(self, **custom: Any) -> DataProduct:
        """Return a draft with a port and a contract."""
        return with_port(make_product("Orders", domain=self.users.domain, **custom))

    def published(self, name: str = "Orders") -> DataProduct:
        """Return a published product of the domain."""
        return make_published_product(name, domain=self.users.domain)

    def term(self) -> Term:
        """Return a term of the domain."""
        return define_term(
            name="Order", definition="A sale.", actor=FACTORY, domain=self.users.domain
        )


@dataclass(frozen=True)
class Exchange:
    """An answer to a write, the address that is read next, and what of that is the same thing."""

    answer: Any
    read_at: str
    same: Callable[[Any], Any] = lambda body: body
    stored: Callable[[Any], Any] = lambda body: body
    status: int = 200


Case = Callable[[Mesh], Exchange]
CASES: dict[tuple[str, str], Case] = {}


def writing(method: str, address: str) -> Callable[[Case], Case]:
    """Name the operation that a case is of."""

    def keep(case: Case) -> Case:
        CASES[method, f"/api/v1{address}"] = case
        return case

    return keep


def edit(mesh: Mesh, method: str, path: str, product: DataProduct, body: Any) -> Any:
    return mesh.send(method, path, body, edition=product.edition)


@writing("POST", "/products")
def _(mesh: Mesh) -> Exchange:
    body = {
        "domain": mesh.users.domain.slug,
        "name": "Orders",
        "purpose": "One row for each order.",
    }
    body |= {"tags": [mesh.padded("shop"), "daily"], "usage": "So."}
    answer = mesh.send("POST", "/products", body)
    return Exchange(answer, answer["Location"])


@writing("PUT", "/products/{uuid}")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    tree = product.tree | {"name": "Returns", "tags": ["x"]}
    path = f"/products/{product.uuid}"
    return Exchange(edit(mesh, "PUT", path, product, tree), path)


@writing("PATCH", "/products/{uuid}")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    path = f"/products/{product.uuid}"
    steps = [{"op": "add", "path": "/tags", "value": ["x"]}]
    mesh.send("PATCH", path, steps, edition=product.edition, content_type=PATCH)
    product.refresh_from_db()
    change = {"slug": "renamed", "sensitivity": "restricted", "visibility": "restricted"}
    return Exchange(edit(mesh, "PATCH", path, product, change), path)


@writing("DELETE", "/products/{uuid}")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    path = f"/products/{product.uuid}"
    return Exchange(edit(mesh, "DELETE", path, product, None), path)


@writing("PUT", "/products/{uuid}/follow")
def _(mesh: Mesh) -> Exchange:
    path = f"/products/{mesh.draft().uuid}/follow"
    return Exchange(mesh.send("PUT", path), path)


@writing("DELETE", "/products/{uuid}/follow")
def _(mesh: Mesh) -> Exchange:
    path = f"/products/{mesh.draft().uuid}/follow"
    mesh.send("PUT", path)
    return Exchange(mesh.send("DELETE", path), "/follows", lambda body: bool(body["results"]))


@writing("PUT", "/inbox/settings")
def _(mesh: Mesh) -> Exchange:
    answer = mesh.send("PUT", "/inbox/settings", {"frequency": "weekly"})
    return Exchange(answer, "/inbox/settings")


@writing("PUT", "/products/{uuid}/working-copy")
def _(mesh: Mesh) -> Exchange:
    product = mesh.published()
    tree = product.tree | {"tags": ["x"], "version": "0.2.0"}
    path = f"/products/{product.uuid}/working-copy"
    return Exchange(edit(mesh, "PUT", path, product, tree), path)


@writing("PATCH", "/products/{uuid}/working-copy")
def _(mesh: Mesh) -> Exchange:
    product = mesh.published()
    path = f"/products/{product.uuid}/working-copy"
    return Exchange(edit(mesh, "PATCH", path, product, {"usage": "Join on order_id."}), path)


@writing("DELETE", "/products/{uuid}/working-copy")
def _(mesh: Mesh) -> Exchange:
    product = mesh.published()
    path = f"/products/{product.uuid}/working-copy"
    edited = edit(mesh, "PATCH", path, product, {"usage": "Join on order_id."}).json()
    answer = mesh.send("DELETE", path, edition=edited["edition"])
    return Exchange(answer, path, same=lambda body: bool(body["changes"]))


@writing("POST", "/products/{uuid}/move")
def _(mesh: Mesh) -> Exchange:
    product, other = mesh.draft(), make_domain("shop")
    grant_role(person=mesh.users.owner, role=Role.OWNER, domain=other, actor=FACTORY)
    path = f"/products/{product.uuid}"
    return Exchange(edit(mesh, "POST", f"{path}/move", product, {"domain": other.slug}), path)


@writing("DELETE", "/products/{uuid}/uses/{id}")
def _(mesh: Mesh) -> Exchange:
    path = f"/products/{mesh.draft().uuid}/uses"
    use = mesh.send("POST", path, {"title": "Board"}).json()
    return Exchange(
        mesh.send("DELETE", f"{path}/{use['id']}"), path, lambda body: bool(body["results"])
    )


@writing("POST", "/products/{uuid}/uses")
def _(mesh: Mesh) -> Exchange:
    path = f"/products/{mesh.draft().uuid}/uses"
    body = {"title": mesh.padded("Sales board"), "type": "dashboard", "url": "https://example.org"}
    return Exchange(mesh.send("POST", path, body), path, lambda body: body["results"][-1])


@writing("POST", "/products/{uuid}/publish")
def _(mesh: Mesh) -> Exchange:
    tree = with_answers(product_tree(domain=mesh.users.domain.slug))
    product = with_good_checks(mesh.draft(tree=tree))
    path = f"/products/{product.uuid}"
    return Exchange(edit(mesh, "POST", f"{path}/publish", product, {"reason": "Ready."}), path)


@writing("POST", "/products/{uuid}/deprecate")
def _(mesh: Mesh) -> Exchange:
    product, after = mesh.published(), mesh.published("Sales")
    path = f"/products/{product.uuid}"
    body = {"successor": str(after.uuid), "ends_on": "2031-05-01"}
    return Exchange(edit(mesh, "POST", f"{path}/deprecate", product, body), path)


@writing("POST", "/products/{uuid}/retire")
def _(mesh: Mesh) -> Exchange:
    product, after = mesh.published(), mesh.published("Sales")
    path = f"/products/{product.uuid}"
    body = {"successor": str(after.uuid)}
    answer = edit(mesh, "POST", f"{path}/retire", product, body)
    return Exchange(answer, path, lambda problem: problem["current"], status=410)


@writing("POST", "/products/{uuid}/adopt")
def _(mesh: Mesh) -> Exchange:
    domain = mesh.users.domain
    tree = product_tree("Foreign", domain=domain.slug)
    product = register_product(domain=domain, tree=tree, actor=FACTORY, status=Status.EXTERNAL)
    path = f"/products/{product.uuid}"
    return Exchange(edit(mesh, "POST", f"{path}/adopt", product, {}), path)


@writing("PUT", "/products/{uuid}/readers")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    path = f"/products/{product.uuid}/readers"
    body = {
        "domains": [make_domain("shop").slug, make_domain("finance").slug],
        "teams": [make_team("shop-team").slug],
    }
    return Exchange(edit(mesh, "PUT", path, product, body), path)


@writing("POST", "/products/{uuid}/ports")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    body = {"name": "more", "version": "2.0.0", "type": "file", "interval": 60, "server": FILE}
    answer = edit(mesh, "POST", f"/products/{product.uuid}/ports", product, body)
    return Exchange(answer, answer["Location"])


@writing("POST", "/products/{uuid}/contracts")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    tree = new_contract(identifier="c-2", name="Orders", servers=[FILE])
    answer = edit(mesh, "POST", f"/products/{product.uuid}/contracts", product, tree)
    return Exchange(answer, answer["Location"])


@writing("PUT", "/contracts/{uuid}")
def _(mesh: Mesh) -> Exchange:
    product = give_schema(mesh.draft(), "id")
    contract = product.contracts.get()
    path = f"/contracts/{contract.uuid}"
    tree = contract.tree | {"name": "Renamed", "description": {"purpose": "All."}}
    return Exchange(edit(mesh, "PUT", path, product, tree), path)


@writing("DELETE", "/contracts/{uuid}")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    path = f"/contracts/{product.contracts.get().uuid}"
    return Exchange(edit(mesh, "DELETE", path, product, None), path)


@writing("PUT", "/products/{uuid}/provenance")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    path = f"/products/{product.uuid}/provenance"
    body = {
        "answers": {"source": {"state": "answered", "text": "The shop."}},
        "imbalances": [{"attribute": "sex", "group": "f", "share": 0.1, "referenceShare": 0.3}],
    }
    return Exchange(edit(mesh, "PUT", path, product, body), path)


@writing("PATCH", "/products/{uuid}/provenance")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    path = f"/products/{product.uuid}/provenance"
    body = {"answers": {"agent": {"state": "answered", "values": ["The shop's analysts"]}}}
    return Exchange(edit(mesh, "PATCH", path, product, body), path)


@writing("POST", "/ports/{id}/confirm")
def _(mesh: Mesh) -> Exchange:
    kafka = {"type": "kafka", "host": "kafka.example:9092", "path": "", "format": ""}
    product = with_port(mesh.draft(), "stream", **kafka)
    path = f"/ports/{product.output_ports.get(name='stream').pk}"
    return Exchange(mesh.send("POST", f"{path}/confirm", {"reason": "It is read from."}), path)


@writing("POST", "/ports/{id}/inspection")
def _(mesh: Mesh) -> Exchange:
    path = f"/ports/{mesh.draft().output_ports.get().pk}/inspection"
    return Exchange(mesh.send("POST", path), path)


@writing("POST", "/ports/{id}/inspection/adopt")
def _(mesh: Mesh) -> Exchange:
    product = mesh.draft()
    port = product.output_ports.get()
    inspect_port(port=port, actor=FACTORY)
    answer = edit(mesh, "POST", f"/ports/{port.pk}/inspection/adopt", product, {"version": "0.2.0"})
    return Exchange(answer, answer["Location"])


PLAN = {
    "attributes": [
        {
            "column": "sex",
            "missing": ["", "?"],
            "reference": {
                "name": "Population register",
                "date": "2026-01-01",
                "shares": {"f": 0.51, "m": 0.49},
            },
        },
        {"column": "age", "name": "age_band", "bins": [18, 65]},
    ],
    "schedule": "weekly",
    "band": 0.02,
}


def people_port(mesh: Mesh) -> Any:
    """Return the port of a draft with people in it."""
    product = mesh.draft()
    rows = [f"{'fmmx'[n % 4] if n % 40 else '?'},{15 + n % 60}" for n in range(400)]
    write_file(product.domain, "sex,age\n" + "\n".join(rows) + "\n")
    return product.output_ports.select_related("product").get()


@writing("PUT", "/ports/{id}/representation/plan")
def _(mesh: Mesh) -> Exchange:
    port = people_port(mesh)
    path = f"/ports/{port.pk}/representation/plan"
    return Exchange(edit(mesh, "PUT", path, port.product, PLAN), path)


@writing("DELETE", "/ports/{id}/representation/plan")
def _(mesh: Mesh) -> Exchange:
    port = people_port(mesh)
    path = f"/ports/{port.pk}/representation/plan"
    edit(mesh, "PUT", path, port.product, PLAN)
    port.product.refresh_from_db()
    return Exchange(edit(mesh, "DELETE", path, port.product, None), path, status=404)


@writing("POST", "/ports/{id}/representation")
def _(mesh: Mesh) -> Exchange:
    port = people_port(mesh)
    path = f"/ports/{port.pk}/representation"
    edit(mesh, "PUT", f"{path}/plan", port.product, PLAN)
    return Exchange(mesh.send("POST", path), path, same=lambda body: body["current"])


@writing("POST", "/products/{uuid}/ports/{port}/checks/run")
def _(mesh: Mesh) -> Exchange:
    product = give_schema(mesh.draft(), "sex", "age", required=True)
    write_file(product.domain, "sex,age\nf,30\n,31\n")
    path = f"/products/{product.uuid}"
    answer = mesh.send("POST", f"{path}/ports/{product.output_ports.get().name}/checks/run")
    return Exchange(answer, f"{path}/quality", same=lambda body: body["ports"][0])


@writing("POST", "/products/{uuid}/ports/{port}/checks/proposals")
def _(mesh: Mesh) -> Exchange:
    product = give_schema(mesh.draft(), "sex", "age")
    write_file(product.domain, "sex,age\n" + "f,30\n" * 20)
    port = product.output_ports.get()
    for _reading in range(3):
        inspect_port(port=port, actor=FACTORY)
    path = f"/products/{product.uuid}/ports/{port.name}/checks/proposals"
    key = mesh.send("GET", path).json()["proposals"][0]["id"]
    return Exchange(edit(mesh, "POST", path, product, {"id": key}), path)


@writing("POST", "/products/{uuid}/classification-suggestions")
def _(mesh: Mesh) -> Exchange:
    product = give_schema(mesh.draft(), "order_id", "email")
    key = f"{product.contracts.get().identifier}/rows/email/pii"
    grant_role(person=mesh.users.owner, role=Role.STEWARD, domain=product.domain, actor=FACTORY)
    path = f"/products/{product.uuid}/classification-suggestions"
    body = {"reject": [key], "reason": "Of a shop, not of a person"}
    answer = edit(mesh, "POST", path, product, body)
    return Exchange(answer, path)


def _manifest(mesh: Mesh, method: str) -> Exchange:
    tree = with_answers(product_tree("Imported", domain=mesh.users.domain.slug))
    answer = mesh.send(method, "/manifests", tree, content_type="application/yaml")
    landed = answer.json()["products"][0]
    names = ("uuid", "name", "status", "address")
    return Exchange(
        answer,
        f"/products/{landed['uuid']}",
        lambda body: {
            "uuid": body["id"],
            "name": body["name"],
            "status": body["status"],
            "address": f"{body['domain']}/{body['slug']}",
        },
        lambda body: {name: body["products"][0][name] for name in names},
    )


@writing("POST", "/manifests")
def _(mesh: Mesh) -> Exchange:
    return _manifest(mesh, "POST")


@writing("PUT", "/manifests")
def _(mesh: Mesh) -> Exchange:
    return _manifest(mesh, "PUT")


def _upload(mesh: Mesh, method: str) -> Exchange:
    path = f"/products/{mesh.draft().uuid}/ports"
    rows = [{"id": 1, "amount": 19.5}, {"id": 2, "amount": 7}]
    answer = mesh.send(method, f"{path}/orders/data", rows, If_None_Match="*")
    return Exchange(
        answer,
        path,
        lambda body: [(port["name"], port["version"]) for port in body["output_ports"]][-1],
        lambda body: (body["port"], body["version"]),
    )


@writing("PUT", "/products/{uuid}/ports/{port}/data")
def _(mesh: Mesh) -> Exchange:
    return _upload(mesh, "PUT")


@writing("POST", "/products/{uuid}/ports/{port}/data")
def _(mesh: Mesh) -> Exchange:
    return _upload(mesh, "POST")


@writing("POST", "/products/{uuid}/ports/{port}/results")
def _(mesh: Mesh) -> Exchange:
    path = f"/products/{mesh.draft().uuid}/ports/table/results"
    check = {"name": "ids are unique", "outcome": "passed", "dimension": "uniqueness"}
    rows = {"column": "id", "tested": 100, "failing": 0}
    run = {"id": "load-7", "at": timezone.now().isoformat(), "tool": mesh.padded("airflow")}
    return Exchange(
        mesh.send("POST", path, {"items": [{"run": run | {"checks": [check | rows]}}]}),
        path,
        same=lambda body: [run["id"] for run in body["runs"]],
        stored=lambda body: body["items"][0]["runs"],
    )


@writing("POST", "/domains")
def _(mesh: Mesh) -> Exchange:
    body = {"slug": "returns", "name": mesh.padded("Returns"), "parent": mesh.users.domain.slug}
    answer = mesh.send("POST", "/domains", body | {"owner_team": make_team("shop-team").slug})
    return Exchange(answer, answer["Location"])


@writing("PATCH", "/domains/{slug}")
def _(mesh: Mesh) -> Exchange:
    domain = mesh.users.domain
    mesh.published()
    body = {"slug": "renamed", "mission": "All.", "owner_team": make_team("shop-team").slug}
    answer = mesh.send("PATCH", f"/domains/{domain.slug}", body, edition=domain.edition)
    return Exchange(answer, "/domains/renamed")


@writing("POST", "/domains/{slug}/memberships")
def _(mesh: Mesh) -> Exchange:
    path = f"/domains/{mesh.users.domain.slug}/memberships"
    body = {"person": mesh.users.outsider.username, "role": "steward"}
    answer = mesh.send("POST", path, body | {"ends_at": "2031-05-01T00:00:00+02:00"})
    return Exchange(answer, path, lambda body: body["results"][-1])


@writing("POST", "/domains/{slug}/team-request")
def _(mesh: Mesh) -> Exchange:
    team, domain = make_team("shop-team"), mesh.users.domain
    answer = mesh.send("POST", f"/domains/{domain.slug}/team-request", {"team": team.slug})
    return Exchange(answer, f"/teams/{team.slug}/requests", lambda body: body["results"][0])


@writing("DELETE", "/domains/{slug}/team-request")
def _(mesh: Mesh) -> Exchange:
    team, domain = make_team("shop-team"), mesh.users.domain
    request_team(domain=domain, team=team, actor=mesh.users.owner)
    answer = mesh.send("DELETE", f"/domains/{domain.slug}/team-request")
    return Exchange(answer, f"/teams/{team.slug}/requests", lambda body: bool(body["results"]))


@writing("POST", "/teams/{slug}/requests/{id}/accept")
def _(mesh: Mesh) -> Exchange:
    team, domain = make_team("shop-team"), mesh.users.domain
    request = request_team(domain=domain, team=team, actor=mesh.users.owner)
    answer = mesh.send("POST", f"/teams/{team.slug}/requests/{request.pk}/accept")
    path = f"/domains/{domain.slug}"
    return Exchange(answer, path, lambda body: body["owner_team"] != team.slug)


@writing("POST", "/teams/{slug}/requests/{id}/decline")
def _(mesh: Mesh) -> Exchange:
    team, domain = make_team("shop-team"), mesh.users.domain
    request = request_team(domain=domain, team=team, actor=mesh.users.owner)
    path = f"/teams/{team.slug}/requests"
    answer = mesh.send("POST", f"{path}/{request.pk}/decline")
    return Exchange(answer, path, lambda body: bool(body["results"]))


@writing("DELETE", "/domains/{slug}/memberships/{membership}")
def _(mesh: Mesh) -> Exchange:
    membership = mesh.users.domain.memberships.get(person=mesh.users.consumer)
    path = f"/domains/{mesh.users.domain.slug}/memberships"
    answer = mesh.send("DELETE", f"{path}/{membership.pk}")
    return Exchange(
        answer, path, lambda body: membership.pk in [row["id"] for row in body["results"]]
    )


@writing("POST", "/terms")
def _(mesh: Mesh) -> Exchange:
    body = {
        "name": mesh.padded("Order"),
        "definition": "A sale.",
        "synonyms": [mesh.padded("sale")],
    }
    answer = mesh.send(
        "POST", "/terms", body | {"acronyms": ["ORD"], "domain": mesh.users.domain.slug}
    )
    return Exchange(answer, answer["Location"])


@writing("PATCH", "/terms/{uuid}")
def _(mesh: Mesh) -> Exchange:
    term = mesh.term()
    path = f"/terms/{term.uuid}"
    answer = mesh.send("PATCH", path, {"name": "Orders", "synonyms": []}, edition=term.edition)
    return Exchange(answer, path)


@writing("DELETE", "/terms/{uuid}")
def _(mesh: Mesh) -> Exchange:
    term = mesh.term()
    path = f"/terms/{term.uuid}"
    return Exchange(mesh.send("DELETE", path, edition=term.edition), path)


PROPOSAL = {"name": "Basket", "definition": "What is bought together."}


@writing("POST", "/term-proposals")
def _(mesh: Mesh) -> Exchange:
    body = {"name": mesh.padded("Basket"), "definition": PROPOSAL["definition"]}
    answer = mesh.send("POST", "/term-proposals", body | {"reason": "sales/orders"})
    return Exchange(answer, answer["Location"])


@writing("POST", "/term-proposals/{uuid}/accept")
def _(mesh: Mesh) -> Exchange:
    path = f"/term-proposals/{propose_term(actor=mesh.users.consumer, **PROPOSAL).uuid}"
    return Exchange(mesh.send("POST", f"{path}/accept", {}), path)


@writing("POST", "/term-proposals/{uuid}/reject")
def _(mesh: Mesh) -> Exchange:
    path = f"/term-proposals/{propose_term(actor=mesh.users.consumer, **PROPOSAL).uuid}"
    body = {"answer": mesh.padded("It is called a cart.")}
    return Exchange(mesh.send("POST", f"{path}/reject", body), path)


@writing("POST", "/tokens")
def _(mesh: Mesh) -> Exchange:
    answer = mesh.send(
        "POST", "/tokens", {"name": mesh.padded("nightly import"), "scopes": ["write", "read"]}
    )

    def without_text(body: Any) -> Any:
        return {name: value for name, value in body.items() if name != "token"}

    return Exchange(answer, answer["Location"], stored=without_text)


@writing("DELETE", "/tokens/{uuid}")
def _(mesh: Mesh) -> Exchange:
    path = mesh.send("POST", "/tokens", {"name": "mine", "scopes": ["read"]})["Location"]
    return Exchange(mesh.send("DELETE", path), path)


MAINTENANCE = {
    "starts_at": "2031-03-02T20:00:00Z",
    "ends_at": "2031-03-02T22:00:00Z",
    "summary": "The disks are replaced.",
}


def _announced(mesh: Mesh, path: str) -> Exchange:
    body = MAINTENANCE | {"summary": mesh.padded(MAINTENANCE["summary"])}
    return Exchange(mesh.send("POST", path, body), path, lambda body: body["results"][0])


def _cancelled(mesh: Mesh, path: str) -> Exchange:
    window = mesh.send("POST", path, MAINTENANCE).json()
    answer = mesh.send("DELETE", f"{path}/{window['id']}")
    return Exchange(answer, path, lambda body: not body["results"][0]["is_cancelled"])


@writing("POST", "/products/{uuid}/maintenance")
def _(mesh: Mesh) -> Exchange:
    return _announced(mesh, f"/products/{mesh.published().uuid}/maintenance")


@writing("DELETE", "/products/{uuid}/maintenance/{window}")
def _(mesh: Mesh) -> Exchange:
    return _cancelled(mesh, f"/products/{mesh.published().uuid}/maintenance")


@writing("POST", "/domains/{slug}/maintenance")
def _(mesh: Mesh) -> Exchange:
    return _announced(mesh, f"/domains/{mesh.users.domain.slug}/maintenance")


@writing("DELETE", "/domains/{slug}/maintenance/{window}")
def _(mesh: Mesh) -> Exchange:
    return _cancelled(mesh, f"/domains/{mesh.users.domain.slug}/maintenance")


@writing("PUT", "/domains/{slug}/objective-standards")
def _(mesh: Mesh) -> Exchange:
    domain = mesh.published().domain
    objectives = [
        {"indicator": "availability", "target": 0.99, "window": "month"},
        {"indicator": "completeness", "target": 0.9, "threshold": 0.995},
    ]
    path = f"/domains/{domain.slug}/objective-standards"
    answer = mesh.send("PUT", path, {"objectives": objectives}, edition=domain.edition)
    return Exchange(answer, path)


def alert_path(mesh: Mesh) -> str:
    alert = open_alert(
        key="breach:1",
        kind="breach",
        subject=mesh.published(),
        summary="Availability of 99.9 % is missed.",
        now=timezone.now(),
    )
    assert alert is not None
    return f"/alerts/{alert.uuid}"


def act_on_alert(mesh: Mesh, act: str, body: Any = None) -> Exchange:
    path = alert_path(mesh)
    return Exchange(mesh.send("POST", f"{path}/{act}", body, edition=1), path)


@writing("POST", "/alerts/{uuid}/acknowledge")
def _(mesh: Mesh) -> Exchange:
    return act_on_alert(mesh, "acknowledge")


@writing("POST", "/alerts/{uuid}/assign")
def _(mesh: Mesh) -> Exchange:
    return act_on_alert(mesh, "assign", {"person": mesh.users.steward.username})


@writing("POST", "/alerts/{uuid}/resolve")
def _(mesh: Mesh) -> Exchange:
    return act_on_alert(mesh, "resolve", {"reason": mesh.padded("The disk was full.")})


@writing("POST", "/alerts/{uuid}/silence")
def _(mesh: Mesh) -> Exchange:
    until = (timezone.now() + timedelta(hours=2)).isoformat()
    return act_on_alert(mesh, "silence", {"until": until, "reason": "It is being repaired."})


RULE = {"severity": "warning", "parameters": {"window": "6h", "burn_rate": 6}}


def make_rule(mesh: Mesh) -> Any:
    body = {"kind": "burn_rate", "domain": mesh.users.domain.slug} | RULE
    return mesh.send("POST", "/alert-rules", body)


@writing("POST", "/alert-rules")
def _(mesh: Mesh) -> Exchange:
    answer = make_rule(mesh)
    return Exchange(answer, answer["Location"])


@writing("PUT", "/alert-rules/{uuid}")
def _(mesh: Mesh) -> Exchange:
    path = make_rule(mesh)["Location"]
    return Exchange(mesh.send("PUT", path, RULE | {"is_enabled": False}, edition=1), path)


@writing("DELETE", "/alert-rules/{uuid}")
def _(mesh: Mesh) -> Exchange:
    path = make_rule(mesh)["Location"]
    return Exchange(mesh.send("DELETE", path, edition=1), path)


WEBHOOK = {"name": "On-call", "channel": "webhook", "address": "https://203.0.114.7/hooks/a1b2"}
MAIL = {"name": "Sales team", "channel": "mail", "address": "sales@example.org"}


def make_route(mesh: Mesh, body: Any = WEBHOOK) -> Any:
    return mesh.send("POST", "/alert-routes", {"domain": mesh.users.domain.slug} | body)


def without_secret(body: Any) -> Any:
    return {name: value for name, value in body.items() if name != "secret"}


@writing("POST", "/alert-routes")
def _(mesh: Mesh) -> Exchange:
    answer = make_route(mesh)
    return Exchange(answer, answer["Location"], lambda body: body, stored=without_secret)


@writing("PUT", "/alert-routes/{uuid}")
def _(mesh: Mesh) -> Exchange:
    path = make_route(mesh)["Location"]
    quiet = {"from": "22:00", "to": "07:00", "timezone": "Europe/Oslo", "days": [0, 1, 2, 3, 4]}
    body = {"name": mesh.padded("Nights"), "channel": "webhook", "quiet_hours": quiet}
    return Exchange(mesh.send("PUT", path, body | {"severities": ["critical"]}, edition=1), path)


@writing("DELETE", "/alert-routes/{uuid}")
def _(mesh: Mesh) -> Exchange:
    path = make_route(mesh)["Location"]
    return Exchange(mesh.send("DELETE", path, edition=1), path)


@writing("POST", "/alert-routes/{uuid}/secret")
def _(mesh: Mesh) -> Exchange:
    path = make_route(mesh)["Location"]
    answer = mesh.send("POST", f"{path}/secret", edition=1)
    return Exchange(answer, path, lambda body: body, stored=without_secret)


@writing("POST", "/alert-routes/{uuid}/test")
def _(mesh: Mesh) -> Exchange:
    route = make_route(mesh, MAIL).json()["id"]
    answer = mesh.send("POST", f"/alert-routes/{route}/test")
    return Exchange(answer, f"/alert-deliveries?route={route}", same=lambda body: body["results"])


def make_mesh(settings: Any, files: Path, padding: str = "") -> Mesh:
    """Return a mesh whose files are in a folder."""
    settings.ASSAY_FILES_ROOT = files
    settings.ASSAY_SHARED_FOLDERS = [("sales", "shop")]
    users = make_users(make_domain("sales"))
    write_file(users.domain, "id,paid\n1,1.5\n")
    grant_role(person=users.owner, role=Role.GOVERNANCE_LEAD, actor=FACTORY)
    return Mesh(users, Program(users.owner), padding)

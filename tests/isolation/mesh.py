"""A mesh in which much is hidden: named like what is open, and with words, tags of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product as pairs
from random import Random
from typing import Any

from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.contracts.models import SchemaProperty
from catalog.domains.models import Domain
from catalog.domains.services import add_to_team, edit_domain, grant_role
from catalog.glossary.services import define_term
from catalog.people.models import Person, Team
from catalog.permissions import Role
from catalog.products.models import PRODUCT, DataProduct, Status, Verdict
from catalog.products.projection import Tree, with_custom
from catalog.products.services import (
    move_product,
    patch_document,
    register_product,
    set_alias,
    set_trust,
    share_product,
)
from catalog.publication.services import deprecate_product, publish_product, retire_product
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_team,
    make_users,
    product_tree,
    with_answers,
    with_port,
)

SEED = 20261126
THINGS = ("parcel", "customer", "invoice", "patient", "sensor", "delivery", "payment", "station")
KINDS = ("events", "register", "scores", "history")
COLUMNS = ("customer_id", "order_id", "amount", "occurred_at", "station_code", "postcode")
TAGS = tuple("daily finance care mobility energy retail soil water noise sport music".split())
TAGS = (*TAGS, "machine learning")
OPEN_DOMAINS = ("shop", "logistics", "health", "warehouse")
# What stands in hidden products alone.
SECRET_WORDS = ("clandestine", "zeppelin", "quasar", "obsidian")
SECRET_TAGS = ("hush", "vaulted")
SECRET_COLUMNS = ("secret_code", "zeppelin_id")
# What people mistype. In hidden products it is a word like any other, and some are nearer to
# what is typed than our own words are.
TYPOS_KEPT = ("custmer", "parcle", "delivry", "paymant")
WORDS_NEAR = ("custome", "parcell", "deliverx", "patienz")
HIDDEN_KINDS = ("restricted", "members", "draft", "external")
# More events than the start page reads to find its news.
NOISE = 170


@dataclass
class Mesh:
    """What there is, who looks at it, and names that hidden things have or had."""

    domains: dict[str, Domain]
    visitors: dict[str, Person | None]
    carriers: Team
    open: list[DataProduct] = field(default_factory=list)
    hidden: list[DataProduct] = field(default_factory=list)
    former: list[str] = field(default_factory=list)

    @property
    def secret(self) -> list[DataProduct]:
        """What none of the visitors may know of."""
        known = [DataProduct.objects.visible_to(one).values("pk") for one in self.visitors.values()]
        return [one for one in self.products if not any({"pk": one.pk} in rows for rows in known)]

    @property
    def products(self) -> list[DataProduct]:
        """All of them as they stand, in the order they came."""
        return list(DataProduct.objects.select_related("domain").order_by("id"))


def make_mesh() -> Mesh:
    """Build it through the services; what is hidden comes between what is open."""
    chance = Random(SEED)
    domains, carriers = _domains(), make_team("carriers")
    mesh = Mesh(domains, _visitors(domains, carriers), carriers)
    for name, synonym in (("Customer", "client"), ("Parcel", "consignment")):
        define_term(name=name, definition=f"A {name}.", synonyms=[synonym], actor=FACTORY)
    for at, (thing, kind) in enumerate(pairs(THINGS, KINDS)):
        name = f"{thing.title()} {kind}"
        domain = domains[OPEN_DOMAINS[at % 4]]
        mesh.open.append(_published(_tree(chance, name, domain), domain, chance))
        mesh.hidden.append(_hidden(chance, at, name, mesh))
    _lead_on(mesh)
    _end(mesh)
    _readdress(mesh)
    _make_noise(mesh)
    # Open and hidden columns mean the same term.
    SchemaProperty.objects.filter(name="customer_id").update(term="customer")
    return mesh


def _domains() -> dict[str, Domain]:
    made = {"commerce": make_domain("commerce", owner_team=make_team("sellers"))}
    made["shop"] = make_domain("shop", parent=made["commerce"])
    for slug in ("vault", "logistics", "health", "warehouse"):
        made[slug] = make_domain(slug, owner_team=make_team(f"{slug}-team"))
    for domain in made.values():
        make_users(domain)
    return made


def _visitors(domains: dict[str, Domain], carriers: Team) -> dict[str, Person | None]:
    member, owner = make_person("mira-member"), make_person("otto-owner")
    grant_role(person=member, role=Role.CONSUMER, domain=domains["logistics"], actor=FACTORY)
    grant_role(person=owner, role=Role.OWNER, domain=domains["health"], actor=FACTORY)
    add_to_team(team=carriers, person=member, actor=FACTORY)
    return {"signed-out": None, "member": member, "owner": owner}


def _tree(
    chance: Random, name: str, domain: Domain, words: Sequence[str] = (), **custom: Any
) -> Tree:
    thing = name.split(maxsplit=1)[0].lower()
    tree = with_answers(product_tree(name, domain=domain.slug))
    purpose = f"{name} of every branch, {' '.join(words)}. Holds each {thing} once a day."
    tree["description"] = {"purpose": purpose, "limitations": "Nothing before 2020."}
    tree["tags"] = [*sorted(chance.sample(TAGS, 2)), *(SECRET_TAGS if words else ())]
    provenance = tree["customProperties"][-1]["value"]
    provenance["answers"] |= {
        "source": {"state": "answered", "text": chance.choice(("Tills", "Gate readers"))},
        "collection_method": {"state": "answered", "text": chance.choice(("Survey", "Logged"))},
    }
    share = chance.choice((0.2, 0.35, 0.48))
    provenance["imbalances"] = [
        {"attribute": "sex", "group": "female", "share": share, "referenceShare": 0.5}
    ]
    used = [{"title": f"Atlas of {thing}s", "kind": "paper"}]
    objectives = [{"indicator": "availability", "target": 0.99}]
    custom |= {"assayUsedIn": used, "assayObjectives": objectives}
    for key, value in custom.items():
        tree = with_custom(tree, key, value)
    return tree


def _published(
    tree: Tree, domain: Domain, chance: Random, *, columns: Sequence[str] = (), form: str = "csv"
) -> DataProduct:
    product = with_port(make_product(domain=domain, tree=tree), format=form)
    product = give_schema(product, *chance.sample(COLUMNS, 3), *columns)
    product = publish_product(product=product, edition=product.edition, actor=FACTORY)
    set_trust(
        product_id=product.pk,
        verdict=chance.choice(list(Verdict)).value,
        figures={"availability": {"value": chance.choice((0.91, 0.995)), "target": 0.99}},
        actor=FACTORY,
    )
    return product


def _hidden(chance: Random, at: int, name: str, mesh: Mesh) -> DataProduct:
    """Another one of the same name, or of a secret one, that hardly anybody may see."""
    secret, kind = SECRET_WORDS[at % 4], HIDDEN_KINDS[at // 2 % 4]
    words = (secret, TYPOS_KEPT[at % 4], WORDS_NEAR[at % 4], "client", "consignment")
    domain = mesh.domains[("vault", "shop", "vault", "logistics", "health")[at % 5]]
    name = name if at % 3 else f"{secret.title()} {TYPOS_KEPT[at % 4]} {name}"
    visibility = "members" if kind == "members" else "restricted"
    tree = _tree(
        chance, name, domain, words, assaySlug=f"{secret}-{at}", assayVisibility=visibility
    )
    if kind in ("draft", "external"):
        return register_product(domain=domain, tree=tree, actor=FACTORY, status=Status(kind))
    product = _published(tree, domain, chance, columns=SECRET_COLUMNS, form="parquet")
    if visibility == "restricted" and at % 8 == 0:
        product = share_product(
            product=_again(product),
            domains=[],
            teams=[mesh.carriers],
            edition=_again(product).edition,
            actor=FACTORY,
        )
    return product


def _again(product: DataProduct) -> DataProduct:
    return DataProduct.objects.select_related("domain").get(pk=product.pk)


def address_of(product: DataProduct) -> str:
    """`domain/slug`."""
    return f"{product.domain.slug}/{product.slug}"


def _lead_on(mesh: Mesh) -> None:
    """Link what is open to what is open and to what is hidden, both ways."""
    for at, product in enumerate(mesh.open[:8]):
        sources = (mesh.open[at + 8], mesh.hidden[at * 2])
        links = [_link(f"in-{n}", address_of(source)) for n, source in enumerate(sources)]
        _patch(product, links)
    for at, product in enumerate(mesh.hidden[:6]):
        _patch(product, [_link("in", address_of(mesh.open[at]))])


def _link(name: str, address: str) -> dict[str, Any]:
    return {"name": name, "customProperties": [{"property": "assaySource", "value": address}]}


def _patch(product: DataProduct, links: list[dict[str, Any]]) -> None:
    now = _again(product)
    patch = [{"op": "add", "path": "/inputPorts", "value": links}]
    patch_document(product=now, patch=patch, edition=now.edition, actor=FACTORY)


def _end(mesh: Mesh) -> None:
    """Deprecate and retire some; of the open ones, some in favour of hidden ones."""
    secret = next(p for p in mesh.hidden if _again(p).status == Status.PUBLISHED)
    for product, successor in (
        (mesh.open[12], secret),
        (mesh.open[13], mesh.open[14]),
        (secret, None),
    ):
        now = _again(product)
        deprecate_product(product=now, edition=now.edition, successor=successor, actor=FACTORY)
    others = [p for p in mesh.hidden if _again(p).status == Status.PUBLISHED]
    for product in (mesh.open[16], mesh.open[17], others[-1]):
        now = _again(product)
        retire_product(product=now, edition=now.edition, successor=secret, actor=FACTORY)
    level = {"certification": "gold", "certified_until": timezone.localdate()}
    certified = [mesh.open[20].pk, mesh.open[21].pk, others[0].pk]
    DataProduct.objects.filter(pk__in=certified).update(**level)


def _readdress(mesh: Mesh) -> None:
    """Move products, rename their slugs and a domain, and name some in another system."""
    for product in (mesh.open[2], mesh.hidden[0], mesh.hidden[1]):
        now = _again(product)
        mesh.former.append(address_of(now))
        move_product(
            product=now, domain=mesh.domains["warehouse"], edition=now.edition, actor=FACTORY
        )
    for product in (mesh.open[3], mesh.hidden[2]):
        now = _again(product)
        mesh.former.append(address_of(now))
        tree = with_custom(now.tree, "assaySlug", f"{now.slug}-renamed")
        patch = [{"op": "replace", "path": "", "value": tree}]
        patch_document(product=now, patch=patch, edition=now.edition, actor=FACTORY)
    for product in (mesh.open[4], mesh.hidden[3]):
        set_alias(product=product, system="elsewhere", identifier=f"LEGACY-{product.slug}")
    domain = Domain.objects.get(slug="warehouse")
    mesh.former += [address_of(product) for product in mesh.products[-4:]]
    edit_domain(domain=domain, edition=domain.edition, slug="depot", actor=FACTORY)
    mesh.former += [f"warehouse/{product.slug}" for product in mesh.products[:6]]


def _make_noise(mesh: Mesh) -> None:
    """Let much happen to hidden products after all that happened to open ones."""
    told = AuditEvent.objects.filter(object_kind=PRODUCT, verb="published")
    secret = next(event for product in mesh.hidden for event in told.filter(object_id=product.uuid))
    states = {field.attname: getattr(secret, field.attname) for field in secret._meta.fields}
    del states["id"]
    AuditEvent.objects.bulk_create(AuditEvent(**states) for _ in range(NOISE))

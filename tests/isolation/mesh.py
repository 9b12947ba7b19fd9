"""A mesh with many hidden products, named like open ones, with words and tags of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product as pairs
from random import Random
from typing import Any

from django.test import override_settings
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.authorization.access import access_for
from catalog.contracts.models import SchemaProperty
from catalog.contracts.services import save_contract
from catalog.domains.models import Domain
from catalog.domains.services import add_to_team, edit_domain, grant_role
from catalog.glossary.services import define_term
from catalog.people.models import Person, Team
from catalog.permissions import Permission, Role
from catalog.products.models import PRODUCT, WORKING_COPY, DataProduct, Status, Verdict
from catalog.products.projection import with_custom
from catalog.products.services import (
    move_product,
    patch_document,
    register_product,
    replace_document,
    set_alias,
    set_trust,
    share_product,
)
from catalog.publication.services import deprecate_product, publish_product, retire_product
from catalog.types import JSONObject
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_team,
    make_users,
    product_tree,
    publish_changes,
    with_answers,
    with_good_checks,
    with_port,
)

SEED = 20261126
NOUNS = ("parcel", "customer", "invoice", "patient", "sensor", "delivery", "payment", "station")
DATASETS = ("events", "register", "scores", "history")
COLUMNS = ("customer_id", "order_id", "amount", "occurred_at", "station_code", "postcode")
TAGS = tuple("daily finance care mobility energy retail soil water noise sport music".split())
TAGS = (*TAGS, "machine learning")
OPEN_DOMAINS = ("shop", "logistics", "health", "warehouse")
# Only hidden products have these.
SECRET_WORDS = ("clandestine", "zeppelin", "quasar", "obsidian")
SECRET_TAGS = ("hush", "vaulted")
SECRET_ATTRIBUTE = "religion"
SECRET_COLUMNS = ("secret_code", "zeppelin_id")
# Typos that are ordinary words in hidden products; some are closer to what is typed than the words
# of open products.
HIDDEN_TYPOS = ("custmer", "parcle", "delivry", "paymant")
HIDDEN_NEAR_WORDS = ("custome", "parcell", "deliverx", "patienz")
HIDDEN_KINDS = ("restricted", "members", "draft", "external")
# More events than the home page reads for its news.
HIDDEN_EVENTS = 170


@dataclass
class Mesh:
    """The products and domains, their readers, and former addresses of hidden products."""

    domains: dict[str, Domain]
    readers: dict[str, Person | None]
    carriers: Team
    open: list[DataProduct] = field(default_factory=list)
    hidden: list[DataProduct] = field(default_factory=list)
    former: list[str] = field(default_factory=list)

    @property
    def secret(self) -> list[DataProduct]:
        """Return what none of the readers may see."""
        visible = [
            DataProduct.objects.visible_to(one).values("pk") for one in self.readers.values()
        ]
        return [one for one in self.products if not any({"pk": one.pk} in rows for rows in visible)]

    @property
    def products(self) -> list[DataProduct]:
        """Return all products from the database, in the order of their creation."""
        return list(DataProduct.objects.select_related("domain").order_by("id"))


def make_mesh() -> Mesh:
    """Create it through the services; hidden products come between open ones."""
    rng = Random(SEED)
    domains, carriers = _create_domains(), make_team("carriers")
    mesh = Mesh(domains, _create_readers(domains, carriers), carriers)
    for name, synonym in (("Customer", "client"), ("Parcel", "consignment")):
        define_term(name=name, definition=f"A {name}.", synonyms=[synonym], actor=FACTORY)
    for index, (noun, kind) in enumerate(pairs(NOUNS, DATASETS)):
        name = f"{noun.title()} {kind}"
        domain = domains[OPEN_DOMAINS[index % 4]]
        mesh.open.append(_published(_tree(rng, name, domain), domain, rng))
        mesh.hidden.append(_hidden(rng, index, name, mesh))
    _link_products(mesh)
    _end_products(mesh)
    _change_addresses(mesh)
    _add_hidden_events(mesh)
    _edit_open_products(mesh)
    # Open and hidden columns mean the same term.
    SchemaProperty.objects.filter(name="customer_id").update(term="customer")
    return mesh


def _create_domains() -> dict[str, Domain]:
    domains = {"commerce": make_domain("commerce", owner_team=make_team("sellers"))}
    domains["shop"] = make_domain("shop", parent=domains["commerce"])
    for slug in ("vault", "logistics", "health", "warehouse"):
        domains[slug] = make_domain(slug, owner_team=make_team(f"{slug}-team"))
    for domain in domains.values():
        make_users(domain)
    return domains


def _create_readers(domains: dict[str, Domain], carriers: Team) -> dict[str, Person | None]:
    member, owner = make_person("mira-member"), make_person("otto-owner")
    grant_role(person=member, role=Role.CONSUMER, domain=domains["logistics"], actor=FACTORY)
    grant_role(person=owner, role=Role.OWNER, domain=domains["health"], actor=FACTORY)
    add_to_team(team=carriers, person=member, actor=FACTORY)
    return {"signed-out": None, "member": member, "owner": owner}


def _tree(
    rng: Random, name: str, domain: Domain, words: Sequence[str] = (), **custom: Any
) -> JSONObject:
    noun = name.split(maxsplit=1)[0].lower()
    tree = with_answers(product_tree(name, domain=domain.slug))
    purpose = f"{name} of every branch, {' '.join(words)}. Holds each {noun} once a day."
    tree["description"] = {"purpose": purpose, "limitations": "Nothing before 2020."}
    tree["tags"] = [*sorted(rng.sample(TAGS, 2)), *(SECRET_TAGS if words else ())]
    provenance = tree["customProperties"][-1]["value"]
    provenance["answers"] |= {
        "source": {"state": "answered", "text": rng.choice(("Tills", "Gate readers"))},
        "collection_method": {"state": "answered", "text": rng.choice(("Survey", "Logged"))},
    }
    share = rng.choice((0.2, 0.35, 0.48))
    provenance["imbalances"] = [
        {"attribute": "sex", "group": "female", "share": share, "referenceShare": 0.5}
    ]
    if words:  # Products that are made from a hidden one would inherit it.
        row = {"attribute": words[0], "group": words[0], "share": share}
        provenance["imbalances"].append(row)
    if words:
        hidden = {"attribute": SECRET_ATTRIBUTE, "group": "none", "share": 0.4}
        provenance["imbalances"].append(hidden)
    used = [{"title": f"Atlas of {noun}s", "kind": "paper"}]
    objectives = [{"indicator": "availability", "target": 0.99}]
    custom |= {"assayUsedIn": used, "assayObjectives": objectives}
    for key, value in custom.items():
        tree = with_custom(tree, key, value)
    return tree


def _published(
    tree: JSONObject, domain: Domain, rng: Random, *, columns: Sequence[str] = (), form: str = "csv"
) -> DataProduct:
    product = with_good_checks(with_port(make_product(domain=domain, tree=tree), format=form))
    product = give_schema(product, *rng.sample(COLUMNS, 3), *columns)
    product = publish_product(product=product, edition=product.edition, actor=FACTORY)
    set_trust(
        product_id=product.pk,
        verdict=rng.choice(list(Verdict)).value,
        figures={"availability": {"value": rng.choice((0.91, 0.995)), "target": 0.99}},
        actor=FACTORY,
    )
    return product


def _hidden(rng: Random, index: int, name: str, mesh: Mesh) -> DataProduct:
    """Create a hidden product with the same name or a secret one."""
    secret, kind = SECRET_WORDS[index % 4], HIDDEN_KINDS[index // 2 % 4]
    words = (secret, HIDDEN_TYPOS[index % 4], HIDDEN_NEAR_WORDS[index % 4], "client", "consignment")
    domain = mesh.domains[("vault", "shop", "vault", "logistics", "health")[index % 5]]
    name = name if index % 3 else f"{secret.title()} {HIDDEN_TYPOS[index % 4]} {name}"
    visibility = "members" if kind == "members" else "restricted"
    tree = _tree(
        rng, name, domain, words, assaySlug=f"{secret}-{index}", assayVisibility=visibility
    )
    if kind in ("draft", "external"):
        return register_product(domain=domain, tree=tree, actor=FACTORY, status=Status(kind))
    product = _published(tree, domain, rng, columns=SECRET_COLUMNS, form="parquet")
    if visibility == "restricted" and index % 8 == 0:
        product = share_product(
            product=_reload(product),
            domains=[],
            teams=[mesh.carriers],
            edition=_reload(product).edition,
            actor=FACTORY,
        )
    return product


def _reload(product: DataProduct) -> DataProduct:
    return DataProduct.objects.select_related("domain").get(pk=product.pk)


def address_of(product: DataProduct) -> str:
    return f"{product.domain.slug}/{product.slug}"


def _link_products(mesh: Mesh) -> None:
    """Link open products to open and hidden ones, in both directions."""
    for index, product in enumerate(mesh.open[:8]):
        sources = (mesh.open[index + 8], mesh.hidden[index * 2])
        links = [_link(f"in-{n}", address_of(source)) for n, source in enumerate(sources)]
        _patch(product, links)
    for index, product in enumerate(mesh.hidden[:6]):
        _patch(product, [_link("in", address_of(mesh.open[index]))])


def _link(name: str, address: str) -> dict[str, Any]:
    return {"name": name, "customProperties": [{"property": "assaySource", "value": address}]}


def _patch(product: DataProduct, links: list[dict[str, Any]]) -> None:
    _edit_and_publish(product, [{"op": "add", "path": "/inputPorts", "value": links}])


def _edit_and_publish(product: DataProduct, patch: list[JSONObject]) -> None:
    current = _reload(product)
    edited = patch_document(product=current, patch=patch, edition=current.edition, actor=FACTORY)
    if edited.is_working_copy:
        publish_changes(edited)


def _end_products(mesh: Mesh) -> None:
    """Deprecate and retire some products, some open ones in favour of hidden ones."""
    secret = next(p for p in mesh.hidden if _reload(p).status == Status.PUBLISHED)
    for product, successor in (
        (mesh.open[12], secret),
        (mesh.open[13], mesh.open[14]),
        (secret, None),
    ):
        current = _reload(product)
        deprecate_product(
            product=current, edition=current.edition, successor=successor, actor=FACTORY
        )
    others = [p for p in mesh.hidden if _reload(p).status == Status.PUBLISHED]
    for product in (mesh.open[16], mesh.open[17], others[-1]):
        current = _reload(product)
        retire_product(product=current, edition=current.edition, successor=secret, actor=FACTORY)
    level = {"certification": "gold", "certified_until": timezone.localdate()}
    certified = [mesh.open[20].pk, mesh.open[21].pk, others[0].pk]
    DataProduct.objects.filter(pk__in=certified).update(**level)


def _change_addresses(mesh: Mesh) -> None:
    """Move products, rename their slugs and a domain, and name some in another system."""
    for product in (mesh.open[2], mesh.hidden[0], mesh.hidden[1]):
        current = _reload(product)
        mesh.former.append(address_of(current))
        # Its files stay in the folder of the old domain, which the new one may read.
        shared = ((current.domain.slug, "warehouse"),)
        with override_settings(ASSAY_SHARED_FOLDERS=shared):
            move_product(
                product=current,
                domain=mesh.domains["warehouse"],
                edition=current.edition,
                actor=FACTORY,
            )
    for product in (mesh.open[3], mesh.hidden[2]):
        current = _reload(product)
        mesh.former.append(address_of(current))
        tree = with_custom(current.tree, "assaySlug", f"{current.slug}-renamed")
        _edit_and_publish(current, [{"op": "replace", "path": "", "value": tree}])
    for product in (mesh.open[4], mesh.hidden[3]):
        set_alias(product=product, system="elsewhere", identifier=f"LEGACY-{product.slug}")
    domain = Domain.objects.get(slug="warehouse")
    mesh.former += [address_of(product) for product in mesh.products[-4:]]
    edit_domain(domain=domain, edition=domain.edition, slug="depot", actor=FACTORY)
    mesh.former += [f"warehouse/{product.slug}" for product in mesh.products[:6]]


def _edit_open_products(mesh: Mesh) -> None:
    """Leave unpublished changes of every kind in open products, none of those of the owner."""
    edited = [
        product for product in mesh.open if _reload(product).domain.slug not in ("health", "depot")
    ]
    for index, product in enumerate(edited[::2]):
        current = _reload(product)
        if current.is_released:
            _edit(current, SECRET_WORDS[index % 4], HIDDEN_TYPOS[index % 4])


def _edit(product: DataProduct, secret: str, typo: str) -> None:
    contract = product.contracts.order_by("id")[0].tree
    tree = with_custom(product.tree, "assayUsedIn", [{"title": f"The {secret} atlas"}])
    tree = with_custom(tree, "assaySlug", f"{secret}-{product.slug}")
    answers = {"source": {"state": "answered", "text": f"{secret} {typo}"}}
    tree = with_custom(tree, "assayProvenance", {"answers": answers})
    tree |= {
        "name": f"{secret.title()} {typo}",
        "version": "9.9.9",
        "description": {"purpose": f"Rows of {secret}, {typo}.", "usage": secret},
        "tags": list(SECRET_TAGS),
        "inputPorts": [_link(secret, f"vault/{secret}")],
    }
    editor = {"actor": FACTORY}
    edited = replace_document(product=product, tree=tree, edition=product.edition, **editor)
    properties = [{"name": name, "logicalType": "string"} for name in SECRET_COLUMNS]
    contract |= {
        "version": "9.9.9",
        "name": f"{secret} contract",
        "schema": [{"name": secret, "properties": properties}],
    }
    _, edited = save_contract(product=edited, tree=contract, edition=edited.edition, **editor)
    with_port(edited, secret, format="parquet", path=f"{product.domain.slug}/{secret}.parquet")


def delete_working_copies(person: Person | None) -> None:
    """Delete the working copies that a person may not see, and their events, as if nobody had
    edited; who edits a product sees its working copy."""
    edits = access_for(person).domains_with(Permission.EDIT_PRODUCTS) if person else frozenset()
    copies = DataProduct.including_working_copies.filter(working_copy_of__isnull=False)
    copies.exclude(domain_id__in=edits).delete()
    events = AuditEvent.objects.filter(object_kind=WORKING_COPY)
    events.exclude(domain_id__in=edits).delete()


def _add_hidden_events(mesh: Mesh) -> None:
    """Add many events of hidden products after those of open ones."""
    events = AuditEvent.objects.filter(object_kind=PRODUCT, verb="published")
    secret = next(
        event for product in mesh.hidden for event in events.filter(object_id=product.uuid)
    )
    states = {field.attname: getattr(secret, field.attname) for field in secret._meta.fields}
    del states["id"]
    AuditEvent.objects.bulk_create(AuditEvent(**states) for _ in range(HIDDEN_EVENTS))

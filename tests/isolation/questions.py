"""The requests: a seeded set over every surface on which products are told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as pairs
from random import Random
from urllib.parse import quote, urlencode

from catalog.domains.models import Domain
from catalog.ports.models import OutputPort
from tests.isolation.mesh import (
    COLUMNS,
    KINDS,
    SECRET_COLUMNS,
    SECRET_TAGS,
    SECRET_WORDS,
    SEED,
    TAGS,
    THINGS,
    TYPOS_KEPT,
    WORDS_NEAR,
    Mesh,
    address_of,
)

JSON = "application/json"
TYPOS = ("custmoer", "parcl", "delivrey", "paymnet", "invioce", "sensro", "statoin", "patinet")
FIELDS = {
    "domain": ("shop", "health", "vault", "commerce", "depot"),
    "tag": (*TAGS, *SECRET_TAGS),
    "is": ("published", "draft", "external", "deprecated", "retired", "certified"),
    "format": ("csv", "parquet"),
    "slo": ("met", "breached", "no_data", "at_risk"),
    "owner": ("sellers", "vault-team", "health-team", "me"),
    "sensitivity": ("internal", "public"),
    "column": (*COLUMNS, *SECRET_COLUMNS),
    "has": ("bias-notes", "columns", "usage", "slo"),
    "source": ("tills", "readers"),
    "method": ("survey", "logged"),
    "imbalance": ("female", "sex"),
    "port": ("table",),
    "type": ("product", "term", "domain"),
}
NUMBERS = ("min_share(sex)>=0.3", "max_gap(sex)>0.1", "availability:>=0.99", "updated:<1d")
SORTS = ("name", "updated", "quality", "certified")
# Two letters and more of what is hidden, of what is open, and of both.
BEGINNINGS = (
    "product",
    "http",
    "127",
    "cl",
    "cla",
    "zep",
    "qua",
    "hu",
    "pa",
    "par",
    "cust",
    "del",
    "st",
    "se",
    "secret",
)
WALKS = 3


@dataclass(frozen=True)
class Asked:
    """One request. `shifts` where the order of the answer is by relevance, and may shift.

    `steps` further pages are read, each by the `next` of the one before.
    """

    surface: str
    address: str
    method: str = "GET"
    accept: str = "text/html"
    body: str = ""
    shifts: bool = False
    steps: int = 0


def requests_for(mesh: Mesh) -> list[Asked]:
    """The same list each time for the same mesh."""
    chance = Random(SEED)
    return [
        *_searches(chance),
        *_other_kinds(),
        *_suggestions(),
        *_pages(mesh),
        *_steps(mesh),
        *_lists(mesh),
        *_names(mesh),
        *_writes(mesh),
    ]


def _texts(chance: Random) -> Iterator[str]:
    """What people type: words, typos, phrases, beginnings, filters, and several together."""
    words = [*THINGS, *KINDS, *SECRET_WORDS, *TYPOS_KEPT, *WORDS_NEAR, "client", "branch"]
    yield from ("", *words, *TYPOS, *SECRET_TAGS, *SECRET_COLUMNS)
    for _ in range(40):
        yield " ".join(chance.sample([*words, *TYPOS], chance.randint(2, 4)))
    for thing in THINGS:
        yield f'"{thing} once" {chance.choice(KINDS)}'
        yield f"{thing} OR {chance.choice(SECRET_WORDS)} -{chance.choice(KINDS)}"
        yield f"{thing[:4]}* +{chance.choice(words)}"
    for name, values in FIELDS.items():
        for value in values:
            yield f'{name}:"{value}"'
    for number in NUMBERS:
        yield f"{number} {chance.choice(THINGS)}"
    for _ in range(20):
        name = chance.choice(list(FIELDS))
        yield f'{chance.choice(words)} -{name}:"{chance.choice(FIELDS[name])}"'


def _searches(chance: Random) -> Iterator[Asked]:
    for at, text in enumerate(_texts(chance)):
        sort = ("", "", *SORTS)[at % 6]
        asked = {"q": text, "limit": "100"} | ({"sort": sort} if sort else {})
        shifts, query = not sort and bool(text), urlencode(asked)
        if at % 4 == 0:
            yield Asked("search page", f"/search?{_lifted(text)}", shifts=bool(text))
        elif at % 4 == 1:
            yield Asked("search api", f"/api/v1/search?{query}", accept=JSON, shifts=shifts)
        else:
            yield Asked("search twin", f"/api/v1/search?{query}", accept=JSON, shifts=shifts)
        if at % 10 == 0:
            yield Asked("csv", f"/search.csv?{query}", shifts=shifts)
        if at % 8 == 0:
            yield Asked("feed", f"/search.atom?{query}")
    for sort in ("", *SORTS):
        for text in ("", "parcel customer", "once"):
            query = urlencode({"q": text, "limit": "7", "sort": sort or "relevance"})
            walk = f"/api/v1/search?{query}"
            yield Asked("walk", walk, accept=JSON, shifts=not sort and bool(text), steps=9)


def _other_kinds() -> Iterator[Asked]:
    """Terms and domains, whose cards count columns and products as whoever asks."""
    texts = ("", "customer", "client", "shop", "consignment", *SECRET_WORDS, *TYPOS_KEPT)
    for kind, text in pairs(("term", "domain"), texts):
        query = urlencode({"q": text, "type": kind})
        yield Asked("kind", f"/search?{query}", shifts=bool(text))
        yield Asked("kind", f"/api/v1/search?{query}", accept=JSON, shifts=bool(text))


def _lifted(text: str) -> str:
    """A filter as the page's own parameter, so that the page does not lead on to itself."""
    name, colon, value = text.partition(":")
    is_filter = colon and name in FIELDS and " " not in name
    return urlencode({name: value.strip('"')} if is_filter else {"q": text, "limit": "100"})


def _suggestions() -> Iterator[Asked]:
    starts = [*BEGINNINGS, *(thing[:3] for thing in THINGS), "parcel ev", "customer reg"]
    starts += [word[:5] for word in (*SECRET_WORDS, *TYPOS_KEPT, *WORDS_NEAR)]
    for start in dict.fromkeys(starts):
        yield Asked("suggest", f"/search/suggest?q={quote(start)}", accept=JSON)
    for name in FIELDS:
        for beginning in ("", "c", "h", "s"):
            typed = quote(f"{name}:{beginning}")
            yield Asked("values", f"/search/suggest?q={typed}", accept=JSON)


def _pages(mesh: Mesh) -> Iterator[Asked]:
    tabs = ("", ".json", "/schema.json", "/provenance", "/history", "/history.json", "/slo.json")
    for at, product in enumerate(mesh.products):
        path = product.path
        is_open = any(product.pk == one.pk for one in mesh.open)
        if is_open:
            tab = tabs[at // 2 % len(tabs)]
            yield Asked("product", f"{path}{tab}")
            yield Asked("similar", f"/api/v1/products/{product.uuid}/similar", accept=JSON)
        if is_open and at % 4 == 0:
            yield Asked("product", f"{path}.json", accept=JSON)
            yield Asked("feed", f"{path}/history.atom")
    for domain in Domain.objects.order_by("id"):
        for address in (f"/d/{domain.slug}", f"/d/{domain.slug}.json", f"/d/{domain.slug}.atom"):
            yield Asked("feed" if address.endswith("atom") else "domain", address)
        yield Asked("domain", f"/api/v1/domains/{domain.slug}", accept=JSON)
        yield Asked("board", f"/slo.json?domain={domain.slug}", accept=JSON)
    for address in ("/", "/domains", "/domains.json", "/glossary", "/glossary/customer.json"):
        yield Asked("home" if address == "/" else "domain", address)
    for address in (
        "/slo",
        "/slo.json",
        "/status",
        "/api/v1/status",
        "/teams.json",
        "/publish.json",
    ):
        yield Asked("board", address)


def _steps(mesh: Mesh) -> Iterator[Asked]:
    """The pages of work on what the owner among the visitors may edit; others are turned away."""
    steps = ("", ".json", "/describe", "/inputs", "/ports", "/schema", "/publish", "/deprecate")
    for product in (each for each in mesh.products if each.domain.slug == "health"):
        if any(product.pk == one.pk for one in mesh.open[:24]):
            yield from (Asked("step", f"{product.path}/edit{step}") for step in steps)


def _lists(mesh: Mesh) -> Iterator[Asked]:
    filters = [f"domain={slug}" for slug in ("shop", "vault", "health")]
    filters += [f"tag={quote(tag)}" for tag in (*TAGS, *SECRET_TAGS)]
    filters += [f"status={status}" for status in ("published", "draft", "external", "retired")]
    filters += [f"visibility={name}" for name in ("public", "members", "restricted")]
    filters += [f"slo={verdict}" for verdict in ("met", "breached")]
    filters += [f"sort={name}" for name in ("name", "-name", "updated", "-updated")]
    for query in ("", *filters):
        walk = f"/api/v1/products?limit=9&{query}"
        yield Asked("api list", walk, accept=JSON, steps=WALKS)
    for name in ("ports", "contracts", "objectives", "measurements", "domains", "terms", "teams"):
        yield Asked("api list", f"/api/v1/{name}?limit=20", accept=JSON, steps=WALKS)
    yield Asked("api list", "/api/v1/domain-tree", accept=JSON)
    parts = ("ports", "history", "uses", "versions", "contracts", "provenance", "readers")
    for at, product in enumerate(mesh.open):
        address = f"/api/v1/products/{product.uuid}"
        part = f"/{parts[at // 2 % len(parts)]}" if at % 2 else ""
        yield Asked("api product", f"{address}{part}", accept=JSON)


def _names(mesh: Mesh) -> Iterator[Asked]:
    """Every name that a hidden thing has or had, and names that nothing ever had."""
    parts = ("", "/history", "/similar", "/ports", "/versions", "/uses", "/findings")
    for at, product in enumerate(mesh.products):
        if any(product.pk == one.pk for one in mesh.open):
            continue
        path, uuid = product.path, product.uuid
        yield Asked("name", f"/api/v1/products/{uuid}{parts[at % len(parts)]}", accept=JSON)
        tab = ("", ".json", "/schema", "/history.atom", "/slo", "/source", "/edit")[at % 7]
        yield Asked("name", f"{path}{tab}")
        typed = quote(f"iri:{address_of(product)}")
        other = (f"/id/product/{uuid}", f"/search?q={uuid}", f"/api/v1/search?q={typed}")[at % 3]
        yield Asked("name", other, accept=JSON)
    for port in OutputPort.objects.order_by("id")[::8]:
        yield Asked("name", f"/api/v1/ports/{port.pk}", accept=JSON)
        yield Asked("name", f"/api/v1/ports?product={port.product.uuid}", accept=JSON)
    for address in mesh.former:
        yield Asked("name", f"/p/{address}")
    for text in ("iri:legacy-clandestine-0", "LEGACY", "iri:nowhere/nothing"):
        yield Asked("name", f"/api/v1/search?q={quote(text)}", accept=JSON)
    yield Asked("name", "/p/vault/never-was")


def _writes(mesh: Mesh) -> Iterator[Asked]:
    """Attempts to change what one may not see; nothing of them is ever written."""
    for product in mesh.secret[::4]:
        address = f"/api/v1/products/{product.uuid}"
        yield Asked("write", address, "PATCH", JSON, '{"name": "Mine"}')
        yield Asked("write", address, "DELETE", JSON)
        yield Asked("write", f"{address}/uses", "POST", JSON, '{"title": "A paper"}')
        yield Asked("write", f"{address}/retire", "POST", JSON, "{}")

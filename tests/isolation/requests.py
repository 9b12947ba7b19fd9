"""The requests: a seeded set over every surface that shows products."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as pairs
from random import Random
from urllib.parse import quote, urlencode

from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.ports.models import OutputPort
from tests.isolation.mesh import (
    COLUMNS,
    DATASETS,
    HIDDEN_NEAR_WORDS,
    HIDDEN_TYPOS,
    NOUNS,
    SECRET_ATTRIBUTE,
    SECRET_COLUMNS,
    SECRET_TAGS,
    SECRET_WORDS,
    SEED,
    TAGS,
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
    "slo": ("met", "breached", "no_data", "at_risk", "collecting"),
    "owner": ("sellers", "vault-team", "health-team", "me"),
    "sensitivity": ("internal", "public"),
    "column": (*COLUMNS, *SECRET_COLUMNS),
    "has": ("bias-notes", "columns", "usage", "slo"),
    "source": ("tills", "readers"),
    "method": ("survey", "logged"),
    "bias": ("declared", "not-assessed", "measured"),
    "imbalance": ("female", "sex", "sxe", SECRET_ATTRIBUTE, SECRET_ATTRIBUTE[:-2]),
    "port": ("table",),
    "type": ("product", "term", "domain"),
}
NUMBERS = (
    "min_share(sex)>=0.3",
    "max_gap(sex)>0.1",
    "min_share(sxe)>=0.3",
    "min_share(religon)<1",
    "availability:>=0.99",
    "updated:<1d",
)
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
class Request:
    """One request; with `shifts` its results are sorted by relevance, so their order may change.

    `steps` further pages are read, each by the `next` link of the one before.
    """

    surface: str
    address: str
    method: str = "GET"
    accept: str = "text/html"
    body: str = ""
    shifts: bool = False
    steps: int = 0


def requests_for(mesh: Mesh) -> list[Request]:
    """Return the same list each time for the same mesh."""
    rng = Random(SEED)
    return [
        *_searches(rng),
        *_other_types(),
        *_suggestions(),
        *_pages(mesh),
        *_steps(mesh),
        *_lists(mesh),
        *_names(mesh),
        *_linked_data(mesh),
        *_writes(mesh),
    ]


def _texts(rng: Random) -> Iterator[str]:
    """Yield what people type: words, typos, phrases, prefixes, filters and combinations."""
    words = [
        *NOUNS,
        *DATASETS,
        *SECRET_WORDS,
        *HIDDEN_TYPOS,
        *HIDDEN_NEAR_WORDS,
        "client",
        "branch",
    ]
    yield from ("", *words, *TYPOS, *SECRET_TAGS, *SECRET_COLUMNS)
    for _ in range(40):
        yield " ".join(rng.sample([*words, *TYPOS], rng.randint(2, 4)))
    for noun in NOUNS:
        yield f'"{noun} once" {rng.choice(DATASETS)}'
        yield f"{noun} OR {rng.choice(SECRET_WORDS)} -{rng.choice(DATASETS)}"
        yield f"{noun[:4]}* +{rng.choice(words)}"
    for name, values in FIELDS.items():
        for value in values:
            yield f'{name}:"{value}"'
    for number in NUMBERS:
        yield f"{number} {rng.choice(NOUNS)}"
    for _ in range(20):
        name = rng.choice(list(FIELDS))
        yield f'{rng.choice(words)} -{name}:"{rng.choice(FIELDS[name])}"'


def _searches(rng: Random) -> Iterator[Request]:
    for index, text in enumerate(_texts(rng)):
        sort = ("", "", *SORTS)[index % 6]
        params = {"q": text, "limit": "100"} | ({"sort": sort} if sort else {})
        shifts, query = not sort and bool(text), urlencode(params)
        if index % 4 == 0:
            yield Request("search page", f"/search?{_as_parameter(text)}", shifts=bool(text))
        elif index % 4 == 1:
            yield Request("search api", f"/api/v1/search?{query}", accept=JSON, shifts=shifts)
        else:
            yield Request("search twin", f"/api/v1/search?{query}", accept=JSON, shifts=shifts)
        if index % 10 == 0:
            yield Request("csv", f"/search.csv?{query}", shifts=shifts)
        if index % 8 == 0:
            yield Request("feed", f"/search.atom?{query}")
    for sort in ("", *SORTS):
        for text in ("", "parcel customer", "once"):
            query = urlencode({"q": text, "limit": "7", "sort": sort or "relevance"})
            walk = f"/api/v1/search?{query}"
            yield Request("walk", walk, accept=JSON, shifts=not sort and bool(text), steps=9)


def _other_types() -> Iterator[Request]:
    """Yield searches of terms and domains, whose cards count what the reader may see."""
    texts = ("", "customer", "client", "shop", "consignment", *SECRET_WORDS, *HIDDEN_TYPOS)
    for result_type, text in pairs(("term", "domain"), texts):
        query = urlencode({"q": text, "type": result_type})
        yield Request("kind", f"/search?{query}", shifts=bool(text))
        yield Request("kind", f"/api/v1/search?{query}", accept=JSON, shifts=bool(text))


def _as_parameter(text: str) -> str:
    """Return a filter as the page's own parameter, so that the page does not redirect."""
    name, colon, value = text.partition(":")
    is_filter = colon and name in FIELDS and " " not in name
    return urlencode({name: value.strip('"')} if is_filter else {"q": text, "limit": "100"})


def _suggestions() -> Iterator[Request]:
    beginnings = [*BEGINNINGS, *(noun[:3] for noun in NOUNS), "parcel ev", "customer reg"]
    beginnings += [word[:5] for word in (*SECRET_WORDS, *HIDDEN_TYPOS, *HIDDEN_NEAR_WORDS)]
    for beginning in dict.fromkeys(beginnings):
        yield Request("suggest", f"/search/suggest?q={quote(beginning)}", accept=JSON)
    for start in ("min_share(", "max_gap(s", "-min_share(re"):
        yield Request("values", f"/search/suggest?q={quote(start)}", accept=JSON)
    for name in FIELDS:
        for beginning in ("", "c", "h", "s"):
            query = quote(f"{name}:{beginning}")
            yield Request("values", f"/search/suggest?q={query}", accept=JSON)


def _pages(mesh: Mesh) -> Iterator[Request]:
    tabs = (
        "",
        "/schema",
        "/provenance",
        "/bias",
        "/datasheet.md",
        "/history",
        "/versions",
        "/versions?from=latest&to=latest",
    )
    for index, product in enumerate(mesh.products):
        path = product.path
        is_open = any(product.pk == other.pk for other in mesh.open)
        if is_open:
            tab = tabs[index // 2 % len(tabs)]
            yield Request("product", f"{path}{tab}")
            yield Request("similar", f"/api/v1/products/{product.uuid}/similar", accept=JSON)
            yield Request("board", f"/api/v1/products/{product.uuid}/slo", accept=JSON)
            if index % 3 == 0:
                contract = product.contracts.order_by("id")[0]
                yield Request("product", f"{path}/contracts/{contract.uuid}")
        if is_open and index % 4 == 0:
            yield Request("product", f"/api/v1/products/{product.uuid}", accept=JSON)
            yield Request("feed", f"{path}/history.atom")
    yield from _domain_pages()
    for address in ("/", "/domains", "/glossary", "/glossary/customer"):
        yield Request("home" if address == "/" else "domain", address)
    for address in (
        "/slo",
        "/slo?q=o",
        "/slo.csv",
        "/status",
        "/api/v1/status",
        "/api/v1/teams",
        "/publish",
        "/people",
    ):
        yield Request("board", address)
    for person in Person.objects.order_by("id"):
        yield Request("board", f"/people/{person.uuid}")


def _domain_pages() -> Iterator[Request]:
    for domain in Domain.objects.order_by("id"):
        for address in (f"/d/{domain.slug}", f"/d/{domain.slug}/feed.atom"):
            yield Request("feed" if address.endswith("atom") else "domain", address)
        yield Request("domain", f"/api/v1/domains/{domain.slug}", accept=JSON)
        yield Request("domain", f"/api/v1/products?domain={domain.slug}&limit=50", accept=JSON)
        yield Request("board", f"/slo?domain={domain.slug}")
        yield Request("feed", f"/d/{domain.slug}/slo.atom")
    for address in ("/api/v1/domains", "/api/v1/domain-tree", "/api/v1/terms"):
        yield Request("domain", address, accept=JSON)


def _steps(mesh: Mesh) -> Iterator[Request]:
    """Yield the edit pages of products that only the owner among the readers may edit."""
    steps = ("", "/describe", "/inputs", "/ports", "/schema", "/publish", "/deprecate")
    for product in (one for one in mesh.products if one.domain.slug == "health"):
        if any(product.pk == other.pk for other in mesh.open[:24]):
            yield from (Request("step", f"{product.path}/edit{step}") for step in steps)


def _lists(mesh: Mesh) -> Iterator[Request]:
    filters = [f"domain={slug}" for slug in ("shop", "vault", "health")]
    filters += [f"tag={quote(tag)}" for tag in (*TAGS, *SECRET_TAGS)]
    filters += [f"status={status}" for status in ("published", "draft", "external", "retired")]
    filters += [f"visibility={name}" for name in ("public", "members", "restricted")]
    filters += [f"slo={verdict}" for verdict in ("met", "breached")]
    filters += [f"sort={name}" for name in ("name", "-name", "updated", "-updated")]
    for query in ("", *filters):
        walk = f"/api/v1/products?limit=9&{query}"
        yield Request("api list", walk, accept=JSON, steps=WALKS)
    for name in ("ports", "contracts", "objectives", "measurements", "domains", "terms", "teams"):
        yield Request("api list", f"/api/v1/{name}?limit=20", accept=JSON, steps=WALKS)
    yield Request("api list", "/api/v1/domain-tree", accept=JSON)
    parts = ("ports", "history", "uses", "versions", "contracts", "provenance", "readers")
    for index, product in enumerate(mesh.open):
        address = f"/api/v1/products/{product.uuid}"
        part = f"/{parts[index // 2 % len(parts)]}" if index % 2 else ""
        yield Request("api product", f"{address}{part}", accept=JSON)


def _names(mesh: Mesh) -> Iterator[Request]:
    """Yield every present and former name of hidden products, and names that never existed."""
    parts = ("", "/history", "/similar", "/ports", "/versions", "/uses", "/openslo.yaml")
    for index, product in enumerate(mesh.products):
        if any(product.pk == other.pk for other in mesh.open):
            continue
        path, uuid = product.path, product.uuid
        yield Request("name", f"/api/v1/products/{uuid}{parts[index % len(parts)]}", accept=JSON)
        tabs = ("", "/provenance", "/schema", "/history.atom", "/slo", "/source", "/edit")
        tabs += ("/slo.atom", "/quality", "/quality.csv")
        tabs += ("/versions", "@latest", "?version=latest", "/bias", "/datasheet", "/bias.csv")
        yield Request("name", f"{path}{tabs[index % len(tabs)]}")
        query = quote(f"iri:{address_of(product)}")
        other = (f"/id/product/{uuid}", f"/search?q={uuid}", f"/api/v1/search?q={query}")[index % 3]
        yield Request("name", other, accept=JSON)
        yield Request("name", f"/badge/{uuid}.svg")
    for index, port in enumerate(OutputPort.objects.order_by("id")[::8]):
        yield Request("name", f"/api/v1/ports/{port.pk}", accept=JSON)
        address = f"/api/v1/products/{port.product.uuid}/ports/{quote(port.name)}"
        yield Request("name", f"{address}/croissant.json", accept=JSON)
        part = ("", "/runs", "/plan")[index % 3]
        yield Request("name", f"/api/v1/ports/{port.pk}/representation{part}", accept=JSON)
        yield Request("name", f"/api/v1/ports?product={port.product.uuid}", accept=JSON)
    for address in mesh.former:
        yield Request("name", f"/p/{address}")
    for text in ("iri:legacy-clandestine-0", "LEGACY", "iri:nowhere/nothing"):
        yield Request("name", f"/api/v1/search?q={quote(text)}", accept=JSON)
    yield Request("name", "/p/vault/never-was")


def _linked_data(mesh: Mesh) -> Iterator[Request]:
    """Yield the catalog in all syntaxes, products in each format, and what crawlers read."""
    for suffix in ("ttl", "jsonld", "rdf"):
        yield Request("linked data", f"/catalog.{suffix}")
    uuids = sorted(product.uuid for product in mesh.products)
    for uuid in uuids[::8]:
        yield Request("linked data", f"/catalog.ttl?limit=3&after={uuid}")
    kinds = ("text/turtle", "application/ld+json", "application/rdf+xml", JSON)
    for index, product in enumerate(mesh.products):
        path = f"/id/product/{product.uuid}"
        suffixes = (".provjson", ".ttl?loss=1", "@latest.ttl", "@0.1.0.provjson")
        yield Request("linked data", path, accept=kinds[index % 4])
        yield Request("linked data", f"{path}{suffixes[index // 2 % 4]}")
    yield from (Request("linked data", address) for address in ("/robots.txt", "/sitemap.xml"))
    yield Request("sitemap", "/sitemap.xml?page=1")


def _writes(mesh: Mesh) -> Iterator[Request]:
    """Yield attempts to change hidden products; none of them writes anything."""
    for product in mesh.secret[::4]:
        address = f"/api/v1/products/{product.uuid}"
        yield Request("write", address, "PATCH", JSON, '{"name": "Mine"}')
        yield Request("write", address, "DELETE", JSON)
        yield Request("write", f"{address}/uses", "POST", JSON, '{"title": "A paper"}')
        yield Request("write", f"{address}/retire", "POST", JSON, "{}")

"""Products with all that linked data shows, in plain words and in hostile ones."""

from django.utils import timezone

from catalog.contracts.services import save_contract
from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.products.services import set_trust
from catalog.publication.services import publish_product
from catalog.types import JSONObject
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)

HOSTILE = (
    'ä "q" <b>&amp;</b> \\ \n\t </script><script>alert(1)</script> \u202e\u2028 雪 😀 %zz {x} dct:y'
)
ODD_NAMES = ("tab le, ü'\"<>", "a#b/c?d=e&f%zz", "雪 😀", "{x}|^`\\")
ODD_PLACES = (
    'https://example.org/a b/ü?q="x"&y=<z>',
    "dct:title",
    "javascript:alert(1)",
    "s3://bucket/key with spaces",
    "http://[broken",
    "https://user:secret-password@example.org/x",
)
IMBALANCES = [
    {
        "attribute": "sex",
        "group": "female",
        "share": 0.31,
        "n": 12_345,
        "referenceShare": 0.5,
        "reference": {"name": "Census", "date": "2021-06-01"},
    }
]


def answered(tree: JSONObject, **texts: str) -> JSONObject:
    """Return a tree with answers to some provenance questions; the others are unknown."""
    answers = custom(with_answers(tree), "assayProvenance")["answers"]
    answers |= {name: {"state": "answered", "text": text} for name, text in texts.items()}
    return with_custom(tree, "assayProvenance", {"answers": answers, "imbalances": IMBALANCES})


def hostile_product(domain_name: str = HOSTILE.replace("\n", " ")[:100]) -> DataProduct:
    """Return a published product whose texts, names and addresses are what nobody expects."""
    domain = make_domain("hostile", name=domain_name)
    make_users(domain)
    name = HOSTILE.replace("\n", " ").replace("\t", " ")
    tree = product_tree("x", domain="hostile", assaySlug="hostile", assaySensitivity="public")
    tree |= {
        "name": name,
        "version": '1.0 "ü" <a>/b',
        "description": {"purpose": HOSTILE, "limitations": "a\r\nb\rc\x0bz", "usage": HOSTILE},
        "tags": [HOSTILE, "a b", "<", '"'],
        "support": [
            {"channel": HOSTILE, "url": "https://example.org/ä b<c>"},
            {"channel": "mail", "url": "mailto:a b@example.org"},
            {"channel": "script", "url": "javascript:alert(1)"},
        ],
    }
    for key, value in (("license", HOSTILE), ("citation", HOSTILE)):
        tree = with_custom(tree, key, value)
    tree = answered(
        tree, source=HOSTILE, collection_method=HOSTILE, period="2019 to 2024-02, hourly"
    )
    product = make_product(domain=domain, tree=tree)
    for number, port in enumerate(ODD_NAMES):
        product = with_port(product, port, path=f"hostile/{number}.csv")
    contracts = list(product.contracts.order_by("id"))
    for contract in contracts:
        servers = contract.tree["servers"] + [
            {"server": f"s{index}", "type": "custom", "location": place}
            for index, place in enumerate(ODD_PLACES)
        ]
        servers.append({"server": "api", "type": "api", "location": "https://example.org/x?a=%C3"})
        document = contract.tree | {"name": HOSTILE, "servers": servers}
        product = save_contract(
            product=product, tree=document, edition=product.edition, actor=FACTORY
        )[1]
    product = with_good_checks(product)
    return publish_product(product=product, edition=product.edition, actor=FACTORY)


def measured(product: DataProduct) -> DataProduct:
    """Return a product with two measured indicators, one of them without a value yet."""
    as_of = timezone.now().isoformat(timespec="seconds")
    figures = {
        "availability": {
            "value": 0.995,
            "target": 0.99,
            "verdict": "met",
            "window": "30d",
            "as_of": as_of,
        },
        "latency": {
            "value": 1e-05,
            "target": 0.95,
            "verdict": "at_risk",
            "window": "1d",
            "as_of": as_of,
        },
        "freshness": {"value": None, "target": 0.9, "verdict": "no_data", "as_of": None},
    }
    set_trust(product_id=product.pk, verdict="at_risk", figures=figures, actor=FACTORY)
    return DataProduct.objects.select_related("domain").get(pk=product.pk)


def linked_products() -> tuple[DataProduct, DataProduct]:
    """Return a product that is made from a visible and from a hidden one, and the visible one."""
    domain = make_domain("sales")
    make_users(domain)
    source = make_published_product("Tills", domain=domain)
    make_published_product("Secrets", domain=domain, assayVisibility="restricted")
    links = [
        {
            "name": name,
            "customProperties": [{"property": "assaySource", "value": f"sales/{name}"}],
        }
        for name in ("tills", "secrets")
    ]
    tree = product_tree("Orders", domain="sales", license="CC-BY-4.0") | {"inputPorts": links}
    tree["tags"] = ["orders", "daily"]
    tree = answered(
        tree, source="Tills of all shops", collection_method="Logged", period="since 2021-03"
    )
    product = with_good_checks(with_port(make_product(domain=domain, tree=tree)))
    return publish_product(product=product, edition=product.edition, actor=FACTORY), source

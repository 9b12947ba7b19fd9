"""The page of a contract: every part of its document, its versions and downloads; no secret."""

import html
import re

import pytest

from catalog.contracts.secrets import HIDDEN, without_secrets
from catalog.contracts.services import save_contract
from catalog.manifests.readers import read_documents
from catalog.publication.services import publish_product
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

pytestmark = pytest.mark.django_db
SECRET = "hunter2-top-secret"


@pytest.fixture
def sales():
    return make_users(make_domain("sales"))


@pytest.fixture
def draft(sales):
    tree = with_answers(product_tree("Orders", domain="sales"))
    return with_good_checks(with_port(make_product(domain=sales.domain, tree=tree)))


def with_contract(draft, **members):
    """Save members of the draft's contract, or its next version."""
    draft.refresh_from_db()
    tree = draft.contracts.order_by("id").last().tree
    members["servers"] = [*tree["servers"][:1], *members.get("servers", [])]
    return save_contract(product=draft, tree=tree | members, edition=draft.edition, actor=FACTORY)


def publish(product):
    return publish_product(product=product, edition=product.edition, actor=FACTORY)


def published(draft, **members):
    """Return the contract of a draft with other members, published, and the product."""
    _contract, product = with_contract(draft, **members)
    product = publish(product)
    return product.contracts.get(), product


def text_of(answer):
    """Return the words of a page, all spaces alike."""
    text = re.sub(r"<(script|style|pre)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def texts(value, at=""):
    """Yield every text of a document with its JSON Pointer."""
    if isinstance(value, str):
        yield at, value
    members = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        members = dict(enumerate(value))
    for key, inner in members.items():
        yield from texts(inner, f"{at}/{key}")


def pages_of(client, address):
    first = client.get(address)
    assert first.status_code == 200
    last = first.context_data["page"].columns.paginator.num_pages
    others = [client.get(f"{address}?page={number}") for number in range(2, last + 1)]
    return " ".join(map(text_of, [first, *others]))


def test_nothing_of_any_sample_is_left_out(client, sales, draft, shared_folder):
    client.force_login(sales.owner)
    for path in sorted((shared_folder / "samples/odcs").rglob("*.y*ml")):
        tree = read_documents(path.read_bytes(), name=path.name)[0].tree
        if tree.get("kind") != "DataContract" or not tree.get("version"):
            continue
        servers = [s for s in tree.get("servers") or [] if s.get("type") != "local"]
        draft.refresh_from_db()
        contract, _product = save_contract(
            product=draft,
            tree=tree | {"id": path.stem, "servers": servers},
            edition=draft.edition,
            actor=FACTORY,
        )
        text = pages_of(client, f"{draft.path}/contracts/{contract.uuid}")
        for at, value in texts(without_secrets(contract.tree)):
            assert " ".join(value.split()) in text, (path.name, at)


def test_the_page_has_every_part_of_a_contract(client, draft):
    contract, product = published(
        draft,
        price={"priceAmount": 9.95, "priceCurrency": "EUR"},
        roles=[{"role": "reader", "access": "read"}],
        slaProperties=[{"property": "latency", "value": 4, "unit": "d"}],
        support=[{"channel": "#orders", "url": "https://chat.example/orders"}],
        unheardOf={"deep": [{"er": ["x", 1, None, False]}]},
        schema=[
            {
                "name": "t",
                "quality": [{"type": "text", "description": "No gaps."}],
                "properties": [
                    {
                        "name": "a",
                        "required": False,
                        "quality": [{"metric": "nullValues", "mustBe": 0}],
                    },
                    {"name": "m", "logicalType": "map", "map": {"value": {"examples": ["deep"]}}},
                ],
            }
        ],
    )

    text = text_of(client.get(f"{product.path}/contracts/{contract.uuid}"))

    for word in ("9.95 Price currency EUR", "reader", "latency", "#orders", "Unheard of Deep"):
        assert word in text, word
    assert "t.a Metric nullValues" in text
    assert "No gaps." in text
    assert "Required false" in text
    assert "deep" in text


def test_a_version_is_picked_and_has_an_address_of_its_own(client, draft):
    first = draft.contracts.get()
    second, product = with_contract(draft, version="0.2.0")
    product = publish(product)

    page = client.get(f"{product.path}/contract")
    picked = client.get(f"{product.path}/contract?version={first.uuid}")

    versions = [row.version for row in page.context_data["page"].versions]
    assert versions == ["0.2.0", "0.1.0"]
    assert picked["Location"] == f"{product.path}/contracts/{first.uuid}"
    assert client.get(f"{product.path}/contract?version={product.uuid}").status_code == 404
    assert client.get(f"{product.path}/contracts/{second.uuid}").status_code == 200


def test_a_product_without_a_contract_says_so(client, sales):
    product = make_product("Bare", domain=sales.domain)
    client.force_login(sales.owner)

    assert "No contract yet" in text_of(client.get(f"{product.path}/contract"))


def test_a_large_contract_is_shown_by_parts(client, draft):
    columns = [{"name": f"c{n}", "logicalType": "string"} for n in range(250)]
    contract, product = published(draft, schema=[{"name": "t", "properties": columns}])

    page = client.get(f"{product.path}/contracts/{contract.uuid}?page=3")

    assert len(page.context_data["page"].tables[0].rows) == 50


SERVER = {
    "server": "s",
    "type": "custom",
    "location": f"https://me:{SECRET}@db.example/x?sig={SECRET}&a=1",
    "password": SECRET,
    "customProperties": [
        {"property": "apiKey", "value": SECRET},
        {"property": "assaySecret", "value": "ORDERS"},
        {"property": "token", "value": "${TOKEN}"},
    ],
}


def test_what_looks_like_a_secret_is_hidden_and_names_of_secrets_are_not():
    hidden = without_secrets({"servers": [SERVER]})["servers"][0]

    assert SECRET not in str(hidden)
    assert hidden["location"] == f"https://me:{HIDDEN}@db.example/x?sig={HIDDEN}&a=1"
    values = [entry["value"] for entry in hidden["customProperties"]]
    assert values == [HIDDEN, "ORDERS", "${TOKEN}"]
    assert without_secrets(hidden) == hidden


def test_no_secret_reaches_who_cannot_edit_the_contract(client, sales, draft):
    contract, product = published(draft, servers=[SERVER])
    at = f"/api/v1/contracts/{contract.uuid}"
    addresses = [
        f"{product.path}/contracts/{contract.uuid}",
        at,
        f"{at}/manifest",
        f"{at}.odcs.yaml",
    ]
    addresses += [f"{at}/conversion", f"{at}.odcs.yaml?apiVersion=v3.2.0&extensions=custom"]

    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert SECRET not in answer.content.decode(), address

    client.force_login(sales.owner)
    assert SECRET in client.get(f"{at}.odcs.yaml").content.decode()
    assert SECRET not in client.get(addresses[0]).content.decode()


def test_a_contract_is_downloaded_as_it_is_or_converted_with_a_report(client, draft):
    schema = [{"name": "t", "synonyms": [{"synonym": "rows"}]}]
    contract, _product = published(draft, apiVersion="v3.2.0", schema=schema)
    at = f"/api/v1/contracts/{contract.uuid}"

    plain = client.get(f"{at}/manifest", headers={"Accept": "application/json"})
    older = client.get(f"{at}.odcs.yaml?apiVersion=v3.1.0")
    report = client.get(f"{at}/conversion?apiVersion=v3.1.0").json()

    assert plain.json() == contract.tree
    assert "Assay-Loss" not in plain
    assert older["Assay-Loss"] == "1"
    assert "v3.1.0" in older.content.decode()
    assert report["valid"]
    assert [loss["pointer"] for loss in report["losses"]] == ["/schema/0/synonyms"]
    link = re.match(r'<([^>]*)>; rel="describedby"', older["Link"])
    assert client.get(link[1]).json() == report


def test_a_strict_download_lists_unknown_keys_instead(client, draft):
    contract, _product = published(draft, owner="me")
    at = f"/api/v1/contracts/{contract.uuid}.odcs.yaml?apiVersion=v3.2.0"

    refused = client.get(at)
    moved = client.get(f"{at}&extensions=custom")

    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("not-convertible", "/owner")
    assert moved.status_code == 200
    assert "property: owner" in moved.content.decode()


@pytest.mark.parametrize("query", ["apiVersion=v2.0.0", "extensions=all", "apiversion=v3.1.0"])
def test_a_wrong_parameter_of_a_conversion_is_named(client, draft, query):
    contract, _product = published(draft)

    answer = client.get(f"/api/v1/contracts/{contract.uuid}.odcs.yaml?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]


def test_a_product_is_handed_out_in_the_version_that_it_declares_alone(client, draft):
    product = publish(draft)
    at = f"/api/v1/products/{product.uuid}/manifest"
    declared = product.tree["apiVersion"]

    same, other = (client.get(f"{at}?apiVersion={version}") for version in (declared, "v9.9.9"))

    assert declared in same.content.decode()
    assert other.status_code == 400
    assert other.json()["errors"][0]["parameter"] == "apiVersion"


def test_no_secret_of_a_product_document_reaches_who_cannot_edit_it(client):
    users = make_users()
    address = f"https://files.example/a.csv?sig={SECRET}"
    product = make_published_product(
        domain=users.domain, assayKeptFields={"croissant": {"/contentUrl": address}}
    )
    addresses = [f"/api/v1/products/{product.uuid}{end}" for end in ("", "/manifest")]

    anonymous = [client.get(address).content.decode() for address in addresses]
    client.force_login(users.owner)
    owner = [client.get(address).content.decode() for address in addresses]

    assert [SECRET in text for text in anonymous] == [False, False]
    assert [SECRET in text for text in owner] == [True, True]

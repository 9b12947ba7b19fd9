"""Words of any script, spellings, addresses and columns, in every engine."""

import unicodedata

import pytest

from catalog.search.flow.engine import SearchBackend
from tests.search.requests import PUBLIC, ask, counts, doc, fill, ids, write

JAPANESE = doc("customers-jp", "顧客データ", summary="東京都の人口統計。毎日更新。")
CHINESE = doc("orders-cn", "销售订单", tags=("数据仓库",))
KOREAN = doc("sales-kr", "고객데이터베이스")
THAI = doc("water-th", "ข้อมูลลูกค้า", summary="น้ำท่วม")
HINDI = doc("dictionary-hi", "हिन्दी शब्दकोश")
ARABIC = doc("data-ar", "بَيانات العملاء")
ACCENTED = doc("cafe", unicodedata.normalize("NFD", "Café Müller"))
MESH = (JAPANESE, CHINESE, KOREAN, THAI, HINDI, ARABIC, ACCENTED, doc("other", "Other"))


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("顧客", ["customers-jp"]),
        ("データ", ["customers-jp"]),
        ("顧客データ", ["customers-jp"]),
        ("データの顧客", ["customers-jp"]),
        ("客", ["customers-jp"]),
        ("人口", ["customers-jp"]),
        ("客顧", []),
        ('"顧客データ"', ["customers-jp"]),
        ("+顧客データ", ["customers-jp"]),
        ("订单", ["orders-cn"]),
        ("仓库", ["orders-cn"]),
        ("데이터", ["sales-kr"]),
        ("고객", ["sales-kr"]),
        ("ลูกค้า", ["water-th"]),
        ("น้ำ", ["water-th"]),
        ("हिन्दी", ["dictionary-hi"]),
        ("शब्दकोश", ["dictionary-hi"]),
        ("بيانات", ["data-ar"]),
        ("العملاء", ["data-ar"]),
        (unicodedata.normalize("NFD", "顧客データ"), ["customers-jp"]),
        (unicodedata.normalize("NFD", "데이터"), ["sales-kr"]),
        ("ﾃﾞｰﾀ", ["customers-jp"]),
        ("café", ["cafe"]),
        (unicodedata.normalize("NFD", "café"), ["cafe"]),
        ("CAFÉ MÜLLER", ["cafe"]),
    ],
)
def test_words_are_found_in_any_script_and_form(
    engine: SearchBackend, entered: str, expected: list[str]
):
    fill(engine, MESH)

    answer = ask(engine, entered)

    assert (ids(answer), answer.count) == (expected, len(expected))


def test_a_change_is_found_as_a_rebuilt_document_is(engine: SearchBackend):
    fill(engine, [])
    write(engine, *MESH)

    assert ids(ask(engine, "データ")) == ["customers-jp"]
    assert ids(ask(engine, "ลูกค้า")) == ["water-th"]


def test_the_part_that_was_typed_is_marked(engine: SearchBackend):
    fill(engine, MESH)

    assert ask(engine, "データ").hits[0].highlights["name"] == "顧客<mark>データ</mark>"
    assert "<mark>人口</mark>統計" in ask(engine, "人口").hits[0].highlights["summary"]
    assert "<mark>हिन्दी</mark>" in ask(engine, "हिन्दी").hits[0].highlights["name"]
    assert ask(engine, "café").hits[0].highlights["name"].startswith("<mark>Café</mark>")


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("顧客", "customers-jp"),
        ("デー", "customers-jp"),
        ("데이", "sales-kr"),
        ("ลูก", "water-th"),
        ("हिन्", "dictionary-hi"),
        (unicodedata.normalize("NFD", "Café"), "cafe"),
    ],
)
def test_names_of_any_script_are_suggested_by_their_parts(
    engine: SearchBackend, entered: str, expected: str
):
    fill(engine, MESH)

    assert [one.id for one in engine.suggest(entered, PUBLIC, 8).objects] == [expected]


def test_parts_of_a_name_without_spaces_complete_a_word(engine: SearchBackend):
    fill(engine, MESH)

    assert "データ" in [word.text for word in engine.suggest("デー", PUBLIC, 8).words]


@pytest.mark.parametrize(
    ("entered", "first"),
    [
        ("snowflake_test", "snowflake_test"),
        ("snowflake-test", "snowflake-test"),
        ("snowflake.test", "snowflake.test"),
        ("Snowflake Test", "spaced"),
        ("SNOWFLAKE_TEST", "shouting"),
    ],
)
def test_of_names_that_differ_in_punctuation_the_one_typed_is_first(
    engine: SearchBackend, entered: str, first: str
):
    names = {
        "snowflake-test": "snowflake-test",
        "snowflake_test": "snowflake_test",
        "snowflake.test": "snowflake.test",
        "shouting": "SNOWFLAKE_TEST",
        "spaced": "Snowflake Test",
    }
    fill(engine, [doc(slug, name, id=slug) for slug, name in names.items()])

    assert ids(ask(engine, entered))[0] == first


ADDRESS = "http://127.0.0.1:8123/registry/product/7"
IDENTIFIER = "0f1e2d3c-da7a-4bcd-8eef-da1234567890"


@pytest.mark.parametrize("sign", ["顧", "顧客データの", "ก", "я", "(", "é"])
def test_the_longest_queries_of_any_script_are_answered(engine: SearchBackend, sign: str):
    fill(engine, MESH)
    text = (sign * 500)[:500]

    assert ask(engine, text).count >= 0
    assert engine.suggest(text, PUBLIC, 8).objects == ()
    assert engine.values("tag", text, PUBLIC, 8) == ()


@pytest.fixture
def addressed(engine: SearchBackend) -> SearchBackend:
    aliases = (IDENTIFIER, ADDRESS, "urn:example:orders:v2")
    fill(engine, [doc("orders", aliases=aliases), doc("about", summary="It is like no product.")])
    return engine


@pytest.mark.parametrize(
    "part", ["http", "127.0.0.1", "8123", "registry", "urn", "example", "v2", "0f1e2d3c", "da7a"]
)
def test_parts_of_an_address_are_no_words(addressed: SearchBackend, part: str):
    assert ids(ask(addressed, part)) == []
    assert addressed.suggest(part, PUBLIC, 8).objects == ()


def test_an_address_is_found_whole(addressed: SearchBackend):
    assert ids(ask(addressed, "product")) == ["about"]
    assert ids(ask(addressed, "urn:example:orders:v2")) == ["orders"]
    for address in (ADDRESS, IDENTIFIER):
        answer = ask(addressed, address)
        assert ids(answer) == ["orders"]
        assert answer.hits[0].reasons[0].texts == (address,)
    for host in ("https://catalog.example", "http://127.0.0.1:8000"):
        iri = f"{host}/id/product/{IDENTIFIER}"
        assert ids(ask(addressed, iri)) == ["orders"]
        assert ids(ask(addressed, where=[("iri", iri)])) == ["orders"]


def test_a_product_is_found_by_what_is_said_of_its_columns(engine: SearchBackend):
    columns = ("cust_no", "region")
    notes = ("cust_no\tCustomer number · KUNNR · Identifies the buyer.",)
    fill(engine, [doc("orders", columns=columns, column_notes=notes, tables=("orders", "VBAK"))])

    for entered in ("customer number", "kunnr", "buyer", "vbak"):
        assert ids(ask(engine, entered)) == ["orders"]
    hit = ask(engine, "buyer").hits[0]
    (reason,) = [reason for reason in hit.reasons if reason.field == "columns"]
    assert (reason.texts, reason.total) == (("cust_no",), 1)
    assert hit.highlights["columns"].startswith("cust_no – ")
    assert "<mark>buyer</mark>" in hit.highlights["columns"]


def test_exact_column_names_are_the_first_reasons(engine: SearchBackend):
    columns = ("region_code", "customer_id", "address.region", "shop", "region")
    notes = ("shop\tRegion of the shop",)
    fill(engine, [doc("orders", columns=columns, column_notes=notes)])

    reasons = {reason.field: reason for reason in ask(engine, "region").hits[0].reasons}

    assert reasons["columns"].texts == ("address.region", "region", "region_code", "shop")


@pytest.mark.parametrize(
    "tag",
    ['quo"ted', "a,b", 'back\\slash"', '"whole"', "x:y", "(a) OR b", "-minus", "顧客, データ"],
)
def test_a_facets_value_finds_what_it_counts(engine: SearchBackend, tag: str):
    fill(engine, [doc("tagged", tags=(tag,)), doc("other", tags=("quo", "a"))])

    (value,) = counts(ask(engine, "tagged"), "tag")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')

    assert ids(ask(engine, f'tag:"{escaped}"')) == ["tagged"]

"""What one request may make: documents, patches and history are bounded, no lock meanwhile."""

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from jsonpatch import JsonPatch

from catalog.audit.limits import MAX_CHARACTERS, OMITTED, within_limit
from catalog.audit.models import AuditEvent
from catalog.manifests.readers import read_documents
from catalog.manifests.serializers import yaml_of
from catalog.products.json_diff import make_patch
from catalog.products.json_patch import MAX_STEPS
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.projectors import projectors, register_projector
from catalog.types import JSONObject, JSONValue
from tests.catalog.api_client import PATCH, Program, problem_of
from tests.factories import Users, make_domain, make_product, make_users, with_port

SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b", 1.0])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab/~"), inner),
    max_leaves=20,
)
MANY_KEYS = 40_000


def as_json(value: JSONValue) -> str:
    return json.dumps(value, sort_keys=True)


@given(before=TREES, after=TREES)
def test_a_difference_leads_from_one_tree_to_the_other(before, after):
    steps = make_patch(before, after)

    assert as_json(JsonPatch(steps).apply(before)) == as_json(after)
    assert (steps == []) == (as_json(before) == as_json(after))


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        ([1, 2, 3], [1, 3], [{"op": "remove", "path": "/1"}]),
        ([1, 3], [1, 2, 3], [{"op": "add", "path": "/1", "value": 2}]),
        ({"a": 1}, {"a": True}, [{"op": "replace", "path": "/a", "value": True}]),
        ({"a/b": {"c": 1}}, {"a/b": {"c": 2}}, [{"op": "replace", "path": "/a~1b/c", "value": 2}]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    ],
)
def test_a_difference_names_the_smallest_place(before, after, steps):
    assert make_patch(before, after) == steps


def test_a_difference_of_many_places_replaces_whole_members():
    before = {"same": 1, "many": {f"a{number}": 1 for number in range(MANY_KEYS)}}
    after = {"same": 1, "many": {f"b{number}": 1 for number in range(MANY_KEYS)}}

    assert make_patch(before, after) == [{"op": "replace", "path": "/many", "value": after["many"]}]
    assert [step["path"] for step in make_patch(before["many"], after["many"])] == [""]


@given(values=st.dictionaries(st.text(max_size=3), TREES, max_size=4))
def test_a_small_event_is_kept_whole(values):
    assert within_limit(values) == values


@pytest.mark.parametrize(
    "values",
    [
        {"text": "x" * 1_000_000},
        {"x" * 1_000_000: 1},
        {f"{number}": number for number in range(100_000)},
        {"patch": [{"op": "remove", "path": f"/a/{number}"} for number in range(100_000)]},
    ],
)
def test_a_large_event_is_cut_and_says_so(values):
    result = within_limit(values)

    assert len(json.dumps(result, ensure_ascii=False)) < 3 * MAX_CHARACTERS
    assert OMITTED in json.dumps(result, ensure_ascii=False)


def test_a_large_document_is_exported_as_json_which_reads_back_equal():
    tree = {"kind": "DataContract", "rows": [[number, str(number)] for number in range(10_000)]}

    text = yaml_of(tree)

    assert text.startswith("{")
    assert read_documents(text.encode(), name="a.yaml")[0].tree == tree


@pytest.fixture
def users(db) -> Users:
    return make_users(make_domain("sales"))


@pytest.fixture
def product(users) -> DataProduct:
    return make_product("Orders", domain=users.domain)


def put(users: Users, product: DataProduct, tree: JSONObject) -> JSONObject:
    product.refresh_from_db()
    at = f"/products/{product.uuid}"
    answer: JSONObject = Program(users.owner).send("PUT", at, tree, edition=product.edition)
    return answer


COPIES = {
    "of a text": (
        "x" * 90_000,
        [{"op": "copy", "from": "/customProperties/0", "path": "/customProperties/-"}] * MAX_STEPS,
        "2,097,152 characters",
    ),
    "of many values": (
        list(range(10_000)),
        [{"op": "copy", "from": "/customProperties/0", "path": "/customProperties/-"}] * MAX_STEPS,
        "100,000 values",
    ),
    "that replace each other": (
        list(range(10_000)),
        [{"op": "copy", "from": "/customProperties/0/value", "path": "/x-copy"}] * MAX_STEPS,
        "200,000 values",
    ),
    "into themselves": (
        "x",
        [{"op": "copy", "from": "/customProperties", "path": "/customProperties/0/value"}] * 70,
        "64 levels",
    ),
    "from the start of a list": (
        list(range(30_000)),
        [{"op": "move", "from": "/customProperties/0", "path": "/customProperties/0"}] * MAX_STEPS,
        "200,000 values",
    ),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_patch_of_copies_is_stopped_at_the_step_that_exceeds_the_bound(users, product, kind):
    value, steps, bound = COPIES[kind]
    put(users, product, product.tree | {"customProperties": [{"property": "x", "value": value}]})
    product.refresh_from_db()
    program, at = Program(users.owner), f"/products/{product.uuid}"

    answer = program.send("PATCH", at, steps, edition=product.edition, content_type=PATCH)

    (issue,) = problem_of(answer, 422, "invalid")["errors"]
    assert issue["code"] == "too-large"
    assert bound in issue["message"]
    assert 0 < int(issue["pointer"].removeprefix("/")) < MAX_STEPS
    assert len(answer.content) < 10_000
    before = product.tree
    product.refresh_from_db()
    assert product.tree == before


def test_renaming_many_keys_is_one_step_of_history(users, product):
    for name in "ab":
        keys = {f"{name}{number}": number for number in range(MANY_KEYS)}
        assert put(users, product, with_custom(product.tree, "map", keys)).status_code == 200

    event = AuditEvent.objects.filter(verb="edited").latest("pk")

    assert [step["path"] for step in event.after["patch"]] == ["/customProperties"]
    assert len(as_json(event.after)) + len(as_json(event.before)) < 6 * MAX_CHARACTERS


def test_pages_of_history_are_bounded_whatever_was_written(client, users, product):
    key = "k" * 990
    for number in range(4):
        tree = with_custom(
            product.tree, "map", {f"{key}{index}{number}": 1 for index in range(800)}
        )
        assert put(users, product, tree).status_code == 200
    client.force_login(users.owner)

    page = client.get(f"{product.path}/history")
    listed = Program(users.owner).get(f"/products/{product.uuid}/history?limit=100")

    assert len(page.content) < 500_000
    assert len(listed.content) < 5 * 6 * MAX_CHARACTERS


@pytest.mark.parametrize(
    ("member", "items", "bound"),
    [
        ("outputPorts", [{"name": f"p{n}", "version": "1.0.0"} for n in range(201)], "200"),
        ("inputPorts", [{"name": f"p{n}", "version": "1.0.0"} for n in range(201)], "200"),
    ],
)
def test_a_product_has_a_bounded_number_of_parts(users, product, member, items, bound):
    answer = put(users, product, product.tree | {member: items})

    assert bound in problem_of(answer, 422, "invalid")["errors"][0]["message"]


@pytest.mark.parametrize(
    ("member", "items"),
    [
        ("servers", [{"server": f"s{n}", "type": "custom"} for n in range(101)]),
        ("schema", [{"name": f"t{n}"} for n in range(1_001)]),
        ("schema", [{"name": "t", "properties": [{"name": f"c{n}"} for n in range(10_001)]}]),
    ],
)
def test_a_contract_has_a_bounded_number_of_parts(users, product, member, items):
    product = with_port(product)
    contract = product.contracts.get()
    at, tree = f"/contracts/{contract.uuid}", contract.tree | {member: items}

    answer = Program(users.owner).send("PUT", at, tree, edition=product.edition)

    assert "at most" in problem_of(answer, 422, "invalid")["errors"][0]["message"]


@pytest.fixture
def parsed_under_lock() -> Iterator[list[bool]]:
    """For each document that is parsed, whether a transaction was open."""
    is_locked: list[bool] = []
    register_projector(
        "observer",
        parse=lambda tree: is_locked.append(connection.in_atomic_block),
        write=lambda product, part, is_new: None,
    )
    yield is_locked
    registered = projectors()
    assert isinstance(registered, dict)
    del registered["observer"]


@pytest.mark.django_db(transaction=True)
def test_no_document_is_computed_while_a_lock_is_held(client, parsed_under_lock):
    users = make_users(make_domain("sales"))
    program = Program(users.owner)
    body = {"domain": "sales", "name": "Orders"}
    created = program.send("POST", "/products", body)
    at = created["Location"]
    server = {"server": "files", "type": "local", "path": "sales/a.csv", "format": "csv"}
    steps = [{"op": "add", "path": "/tags", "value": ["a"]}]

    put = program.send("PUT", at, created.json()["tree"] | {"tags": ["b"]}, edition=1)
    patched = program.send("PATCH", at, steps, edition=put["ETag"], content_type=PATCH)
    fields = program.send("PATCH", at, {"purpose": "Why."}, edition=patched["ETag"])
    port = program.send(
        "POST", f"{at}/ports", {"name": "table", "server": server}, edition=fields["ETag"]
    )
    answers = {"answers": {"source": {"state": "unknown"}}}
    answered = program.send("PUT", f"{at}/provenance", answers, edition=port["ETag"])
    manifest = program.get(at).json()["tree"] | {"tags": ["c"]}
    imported = program.send("POST", "/manifests?overwrite=true", manifest)
    client.force_login(users.owner)
    product = DataProduct.objects.get()
    output = product.output_ports.get()
    form = {"name": "t", "version": "1.0.0", "kind": "local", "path": "sales/b.csv"}
    form |= {"format": "csv", "edition": product.edition}
    changed = client.post(f"{product.path}/edit/ports/{output.pk}", form)

    statuses = [answer.status_code for answer in (put, patched, fields, port, answered, imported)]
    assert (statuses, changed.status_code) == ([200, 200, 200, 201, 200, 200], 302)
    assert parsed_under_lock
    assert not any(parsed_under_lock)

"""The front door of every document: what it lets in, where it points, and what it turns away."""

import json
import resource

import pytest
import yaml  # noqa: TID251  (the reader that others use)
from hypothesis import given
from hypothesis import strategies as st

from catalog.manifests.issues import ParseError
from catalog.manifests.readers import MAX_BYTES, read_documents
from catalog.manifests.serializers import json_of, yaml_of

WORDS = (
    "no yes on off null ~ true 1.0 1 007 0o17 0x1F 1e3 .5 1_000 2026-01-15 12:30:45 .inf .nan"
    " << = - ? : # % @ ` --- ... a\u2028b \x85 \ufeff 190:20:30 2026-01-15T10:30:00Z"
).split(" ")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
TEXTS |= st.sampled_from([*WORDS, "", "a\nb", " a\n b", "\na", "a\n\n", "a: b", "- a", "a #b"])
LEAVES = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXTS
LEAVES |= st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXTS, children, max_size=4),
    max_leaves=15,
)
TREES = st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4)


def read(text, name="a.yaml"):
    content = text if isinstance(text, bytes) else text.encode()
    return read_documents(content, name=name)


def only(text, name="a.yaml"):
    (document,) = read(text, name)
    return document


def parse_issue(text, name="a.yaml"):
    with pytest.raises(ParseError) as caught:
        read(text, name)
    return caught.value.issue


def attempt(content, name):
    """Return the documents, or the problem, of bytes that may be anything."""
    try:
        return read_documents(content, name=name), None
    except ParseError as error:
        return [], error.issue


def place(document, path):
    mark = document.position_of(path)
    return mark.line, mark.column


def test_yaml_is_read_by_its_core_schema():
    tree = only(
        "a: no\nb: 2026-01-15\nc: 12:30:45\nd: 0.4\ne: 7\nf: true\ng: ~\nh: 1e3\ni: '1'\nj: ${HOST}"
    ).tree

    assert tree == {
        "a": "no",
        "b": "2026-01-15",
        "c": "12:30:45",
        "d": 0.4,
        "e": 7,
        "f": True,
        "g": None,
        "h": 1000.0,
        "i": "1",
        "j": "${HOST}",
    }


def test_keys_are_texts_even_where_they_look_like_numbers():
    assert only("1: a\ntrue: b\n~: c").tree == {"1": "a", "true": "b", "~": "c"}


def test_the_text_of_an_unquoted_number_is_kept():
    document = only("version: 1.0\nname: '1.0'\nshare: 0.40")

    assert document.tree["version"] == 1.0
    assert document.position_of("/version").text == "1.0"
    assert document.position_of("/share").text == "0.40"
    assert document.position_of("/name").text is None


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_every_value_knows_its_line_and_column(name):
    document = only('{"a": {"b/c": [1,\n  {"d": 2}]},\n "e": 3}', name)

    assert place(document, "/a/b~1c") == (1, 8)
    assert place(document, "/a/b~1c/1/d") == (2, 4)
    assert place(document, "/e") == (3, 2)


def test_a_missing_value_has_the_position_of_its_nearest_ancestor():
    document = only("a:\n  b: 1\n")

    assert place(document, "/a/missing/below") == (1, 1)
    assert place(document, "/nothing") == (1, 1)


def test_aliases_are_written_out_and_share_nothing():
    tree = only("a: &x {k: [1]}\nb: *x").tree

    tree["a"]["k"].append(2)

    assert tree == {"a": {"k": [1, 2]}, "b": {"k": [1]}}


def test_a_merge_key_gives_what_the_mapping_lacks():
    document = only("a: &x {k: 1, m: 2}\nb:\n  <<: *x\n  k: 3\nc:\n  <<: [*x, {n: 4}]")

    assert document.tree["b"] == {"k": 3, "m": 2}
    assert document.tree["c"] == {"k": 1, "m": 2, "n": 4}


def test_a_yaml_text_may_hold_several_documents():
    documents = read("a: 1\n---\nb: 2\n---\n")

    assert [document.tree for document in documents] == [{"a": 1}, {"b": 2}]
    assert documents[1].position_of("/b").line == 3


def test_a_json_text_may_hold_several_documents_in_a_list():
    assert [document.tree for document in read('[{"a": 1}, {"b": 2}]', "a.json")] == [
        {"a": 1},
        {"b": 2},
    ]


def test_json_keeps_its_surrogate_pairs_and_its_escapes():
    assert only(b'{"a": "\\ud83d\\ude00 \\/ \\u00e9"}', "a.yaml").tree == {"a": "😀 / é"}


def test_what_only_looks_like_json_is_read_as_yaml():
    assert only("{a: 1, b: [x, y]}").tree == {"a": 1, "b": ["x", "y"]}


def test_a_byte_order_mark_and_carriage_returns_are_fine():
    assert only(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").tree == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "name", "rule", "line", "column", "path"),
    [
        ("a:\n  b: 1\n  c: 2\n  b: 3", "a.yaml", "duplicate-key", 4, 3, "/a/b"),
        ('{"a": {"b": 1,\n "b": 2}}', "a.json", "duplicate-key", 2, 2, "/a/b"),
        ("1: a\n'1': b", "a.yaml", "duplicate-key", 2, 1, "/1"),
        (b"a: 1\nb: \0", "a.yaml", "characters", 2, 4, ""),
        (b'{"a": ["\\u0000"]}', "a.json", "characters", 1, 8, "/a/0"),
        (b'{"a": "\\ud800"}', "a.json", "characters", 1, 7, "/a"),
        ('a: "\\0"', "a.yaml", "characters", 1, 4, "/a"),
        ('a: "x\u2028y"', "a.yaml", "characters", 1, 6, ""),
        (b"a: 1\nb: \xff", "a.yaml", "encoding", 2, 4, ""),
        ("a: 1".encode("utf-16"), "a.yaml", "encoding", 1, 1, ""),
        ("", "a.yaml", "empty", 1, 1, ""),
        ("---\n...\n", "a.yaml", "empty", 1, 1, ""),
        ("hello", "a.yaml", "root", 1, 1, ""),
        ("- a\n- b", "a.yaml", "root", 1, 1, ""),
        ("a: .inf", "a.yaml", "numbers", 1, 4, "/a"),
        ('{"a": 1e999}', "a.json", "json-value", 1, 7, "/a"),
        ("a: !!python/object:os.system x", "a.yaml", "tags", 1, 4, "/a"),
        ("a: !money 3", "a.yaml", "tags", 1, 4, "/a"),
        ("? [a]\n: b", "a.yaml", "keys", 1, 3, ""),
        ("b:\n  <<: 3", "a.yaml", "merge-key", 2, 3, "/b"),
        ("a: &x [*x]", "a.yaml", "aliases", 1, 8, "/a/0"),
        ("a: *nobody", "a.yaml", "aliases", 1, 4, "/a"),
        ("a:\n\tb: 1", "a.yaml", "yaml-syntax", 2, 1, "/a"),
        ("a: [1, 2\nb: 3", "a.yaml", "yaml-syntax", 2, 2, "/a/2"),
        ('{"a": 1,}', "a.json", "json-syntax", 1, 9, ""),
        ('{"a": 01}', "a.json", "json-syntax", 1, 7, "/a"),
        ('{"a": 1} x', "a.json", "json-syntax", 1, 10, ""),
        ('{"a": NaN}', "a.json", "json-syntax", 1, 7, "/a"),
    ],
)
def test_invalid_text_is_refused_with_line_column_and_location(
    text, name, rule, line, column, path
):
    problem = parse_issue(text, name)

    assert problem.code == f"reading.{rule}"
    assert (problem.file, problem.line, problem.column) == (name, line, column)
    assert problem.location == path
    assert problem.message
    assert problem.hint


LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 3000))
HOSTILE = {
    "deep lists": ("[" * 100_000, "depth"),
    "deep mappings": ('{"a":' * 100_000, "depth"),
    "deep block lists": ("- " * 100_000, "depth"),
    "deep indentation": ("\n".join(" " * n + "a:" for n in range(1_400)), "depth"),
    "an alias bomb": (LAUGHS, "size"),
    "a chain of aliases": (CHAIN, "depth"),
    "a long text by many aliases": (
        "a: &a " + "x" * 100_000 + "\nb: [" + "*a," * 3_000 + "]",
        "size",
    ),
    "a million values": ("a: [" + "1," * 900_000 + "]", "size"),
    "many anchors": ("\n".join(f"- &a{n} x" for n in range(150_000)), "size"),
    "a long key": ("? " + "x" * 1_000_000 + "\n: 1", "keys"),
    "a long json key": ('{"' + "x" * 1_000_000 + '": 1}', "keys"),
    "many documents": ("---\n" * 500_000, "documents"),
    "many directives": (
        "".join(f"%TAG !a{n}! x{n}\n" for n in range(90_000)) + "---\na",
        "directives",
    ),
    "fifty megabytes": ("x" * 50_000_000, "size"),
}


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_text_is_refused_and_costs_little(attack, name):
    text, rule = HOSTILE[attack]
    content = text.encode()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    problem = parse_issue(content, name)

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert problem.code in {f"reading.{rule}", "reading.json-syntax"}
    assert len(problem.location) <= 200
    assert grown < 120 * 1024


def test_a_text_just_below_the_limit_is_read():
    text = "a: " + "x" * (MAX_BYTES - 3)

    assert len(only(text).tree["a"]) == MAX_BYTES - 3
    assert parse_issue(text + "x").code == "reading.size"


@given(st.binary(max_size=300), st.sampled_from(["a.yaml", "a.json", ""]))
def test_any_bytes_are_documents_or_a_parse_error(content, name):
    documents, problem = attempt(content, name)

    assert all(isinstance(document.tree, dict) for document in documents)
    assert documents or (problem.line >= 1 and problem.hint)


YAMLISH = st.text(st.sampled_from("ab01:- \n[]{},&*!|>'\"#%?<~.\t\\ux"), max_size=80)


@given(YAMLISH, st.sampled_from(["a.yaml", "a.json", ""]))
def test_anything_like_yaml_is_documents_or_a_parse_error(text, name):
    documents, problem = attempt(text.encode(), name)

    json.dumps([document.tree for document in documents], allow_nan=False)
    assert documents or problem.column >= 1


@given(TREES)
def test_a_printed_tree_reads_back_equal(tree):
    from_yaml = only(yaml_of(tree), "a.yaml").tree
    from_json = only(json_of(tree), "a.json").tree

    assert json.dumps(from_yaml) == json.dumps(tree)
    assert json.dumps(from_json) == json.dumps(tree)


@given(TREES)
def test_a_printed_tree_reads_back_equal_in_a_yaml_1_1_reader_too(tree):
    assert yaml.safe_load(yaml_of(tree)) == tree


@given(TREES)
def test_equal_trees_print_the_same_bytes(tree):
    assert yaml_of(tree) == yaml_of(json.loads(json.dumps(tree)))

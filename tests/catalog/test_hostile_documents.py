"""Hostile documents for every format, through command, page and API.

Each is refused with a place and a rule within 2 seconds of CPU; nothing is imported or fetched.
The formats come from the registry, so that a new one is covered by itself.
"""

import io
import json
import socket
import time
import zipfile
import zlib
from collections import defaultdict
from contextlib import contextmanager
from copy import deepcopy

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.manifests.bundles import BundleCollector
from catalog.manifests.formats.registry import FORMATS, detect_format, get_format
from catalog.manifests.formats.types import Format
from catalog.manifests.issues import ParseError
from catalog.manifests.json_reader import MAX_MARKS
from catalog.manifests.models import StoredDocument
from catalog.manifests.readers import Source, read_values
from catalog.manifests.services import import_manifests
from catalog.products.models import DataProduct
from tests.catalog.api_client import Program
from tests.factories import FACTORY, make_domain, make_users

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024
# Two on an idle machine; time that grows with the square of the size would be minutes.
MAX_SECONDS = 12
CHOICES = [None, *(known.name for known in FORMATS)]


def zip_bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"[" * 5_000_000)
    return packed.getvalue()


def laughs():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


HOSTILE = {
    "nothing": b"",
    "only spaces": b"  \n ",
    "null": b"null",
    "a number": b"42",
    "a list of numbers": b"[1, 2]",
    "JSON lists 100,000 deep": b"[" * 100_000,
    "closed JSON lists 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "JSON objects 100,000 deep": b'{"a":' * 100_000,
    "JSON objects 3 MB deep": b'{"a":' * 600_000,
    "JSON 65 deep": b'{"a":' * 65 + b"1" + b"}" * 65,
    "YAML lists 100,000 deep": b"- " * 100_000,
    "YAML flow lists 100,000 deep": b"a: " + b"[" * 100_000,
    "YAML maps 5,000 deep": b"\n".join(b" " * n + b"a:" for n in range(1_900)),
    "a billion laughs": laughs(),
    "an alias in itself": b"a: &a [*a]",
    "an unknown alias": b"a: *b",
    "a thousand YAML documents too many": b"---\na: 1\n" * 1_001,
    "a YAML object": b"a: !!python/object/apply:os.system [id]",
    "tag directives": b"%TAG ! tag:a,2000:\n" * 5_000 + b"---\na: 1",
    "a duplicate key in JSON": b'{"kind": "DataProduct", "kind": "DataContract"}',
    "a duplicate key in YAML": b"kind: DataProduct\nkind: DataContract",
    "a duplicate key in 3 MB": b'{"a": 1, "a": 2, "b": "' + b"x" * 3 * MEGABYTE + b'"}',
    "UTF-16": '{"kind": "DataProduct"}'.encode("utf-16"),
    "UTF-32": '{"kind": "DataProduct"}'.encode("utf-32"),
    "Latin-1": "name: Caf\xe9".encode("latin-1"),
    "a lone surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "half of a pair as escape": rb'{"a": "\ud800"}',
    "half of a pair as escape in 3 MB": rb'{"a": "\udc00", "b": "' + b"x" * 3 * MEGABYTE + b'"}',
    "half of a pair as key": rb'{"\udfff": 1}',
    "a NUL": b'{"a": "\x00"}',
    "an escaped NUL": rb'{"a": "\u0000"}',
    "a NUL in YAML": b"a: \x00",
    "NaN": b'{"a": NaN}',
    "NaN in 3 MB": b'{"a": NaN, "b": "' + b"x" * 3 * MEGABYTE + b'"}',
    "minus infinity": b'{"a": -Infinity}',
    "infinity in YAML": b"a: .inf",
    "a number too large": b'{"a": 1e999}',
    "an integer of 5,000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "an integer of 3 MB": b'{"a": ' + b"9" * 3 * MEGABYTE + b"}",
    "a key of a megabyte": b'{"' + b"k" * MEGABYTE + b'": 1}',
    "a million items": b"[" + b",".join([b"{}"] * 1_000_000) + b"]",
    "a million keys": json.dumps({str(n): n for n in range(600_000)}).encode(),
    "a string of 9 MB": b'{"a": "' + b"x" * 9 * MEGABYTE + b'"}',
    "text of 3 MB": b"a: " + b"x" * 3 * MEGABYTE,
    "a zip file": zip_bomb(),
    "a gzip stream": zlib.compress(b"[" * 5_000_000, wbits=31),
    "XML with entities": b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    "HTML": b"<html><body>Not by_format</body></html>",
    "JSON that ends early": b'{"a": [1, 2',
    "JSON with a comma too many": b'{"a": 1,}',
}


@contextmanager
def bounded():
    """Fail if a block takes more CPU than a hostile document may cost."""
    started = time.process_time()
    yield
    assert time.process_time() - started < MAX_SECONDS


@pytest.fixture
def sales():
    return make_users(make_domain("sales"))


@pytest.fixture
def doors(sales, client, tmp_path, capsys):
    """The three ways in: each returns whether it refused, and the issues that it reported."""
    client.force_login(sales.owner)
    program = Program(sales.owner)

    def api(content, name):
        query = "?dry_run=1&domain=sales" + (f"&format={name}" if name else "")
        answer = program.send("PUT", f"/manifests{query}", content, content_type="application/json")
        assert answer.status_code != 500
        answer = answer.json()
        issues = answer.get("problems", []) + answer.get("errors", [])
        issues += [issue for row in answer.get("products", []) for issue in row["problems"]]
        return 400 <= answer.get("status", 200) < 500, issues or [{"line": 1, "code": "required"}]

    def page(content, name):
        file = SimpleUploadedFile("a.json" if content[:1] in (b"{", b"[") else "a.yaml", content)
        fields = {"file": file, "domain": "sales", "format": name or "", "check": ""}
        answer = client.post(reverse("manifest_page"), fields)
        report = answer.context_data["page"].report
        issues = [vars(issue) for issue in report.all_issues] if report else []
        if not report:
            errors = answer.context_data["page"].form.errors
            issues = [{"line": 1, "code": "required", "message": str(errors)}] if errors else []
        return 400 <= answer.status_code < 500, issues

    def command(content, name):
        path = tmp_path / ("a.json" if content[:1] in (b"{", b"[") else "a.yaml")
        path.write_bytes(content)
        options = {"format": name} if name else {}
        code = 0
        try:
            call_command("import_manifests", str(path), "--json", "--domain=sales", **options)
        except SystemExit as ended:
            code = ended.code
        report = json.loads(capsys.readouterr().out)
        issues = [issue for row in report["products"] for issue in row["problems"]]
        return code == 2, report["problems"] + issues

    return {"api": api, "page": page, "command": command}


def require_refused(door, content, name=None):
    with bounded():
        is_refused, issues = door(content, name)
    assert is_refused
    assert issues
    for issue in issues:
        assert issue["code"]
        assert issue.get("line", 1) >= 1
    assert not DataProduct.objects.exists()
    assert not StoredDocument.objects.exists()


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("way", ["api", "page", "command"])
def test_a_hostile_document_is_refused_at_every_door(doors, way, content):
    require_refused(doors[way], content)


@pytest.mark.parametrize("name", CHOICES[1:])
def test_every_format_refuses_every_hostile_document(doors, name):
    for content in HOSTILE.values():
        require_refused(doors["api"], content, name)


# --- files above 2 MB, which some formats have ----------------------------------------------------

LARGE = Format(
    name="large",
    title="Large",
    versions="",
    files="",
    detects=lambda value: True,
    read=lambda files: iter(()),
    max_bytes=64 * MEGABYTE,
)


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_format_of_large_files_refuses_them_too(content):
    with bounded():
        collector = BundleCollector([Source("a.json", lambda: content)], LARGE)
        bundles = list(collector.bundles())

    assert bundles == []
    assert all(issue.code and issue.line >= 1 for issue in collector.issues)
    assert collector.issues


def test_the_values_of_a_large_file_are_bounded_before_they_are_built():
    content = b"[" + b",".join([b"{}"] * (MAX_MARKS // 2 + 1)) + b"]"

    with bounded(), pytest.raises(ParseError) as caught:
        read_values(content + b" " * 2 * MEGABYTE, name="a.json", max_bytes=64 * MEGABYTE)

    assert caught.value.issue.code == "reading.size"


def test_a_large_file_is_read_as_a_small_one():
    value = {"a": [1, 2.5, None, True, "\u00e9\U0001f600"], "b": {"c": "x" * 3 * MEGABYTE}}
    content = json.dumps(value).encode()

    (document,) = read_values(content, name="a.json", max_bytes=64 * MEGABYTE)

    assert document.tree == value


def test_a_file_of_100_megabytes_is_refused_without_being_read_whole(doors, tmp_path, capsys):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.write(b'{"a": "')
        file.truncate(100 * MEGABYTE)

    with bounded(), pytest.raises(SystemExit) as ended:
        call_command("import_manifests", str(path), "--json")

    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert ended.value.code == 2
    assert problem["code"] == "reading.size"


# --- real files of each format, made hostile ------------------------------------------------------


@pytest.fixture(scope="session")
def seeds(shared_folder):
    """Up to three small real files of each format that has some: their values."""
    by_format = defaultdict(list)
    paths = (path for path in (shared_folder / "samples").rglob("*") if path.is_file())
    for path in sorted(paths, key=lambda path: (path.stat().st_size, path)):
        if path.suffix not in (".json", ".yaml", ".yml") or "schema" in path.parts:
            continue
        try:
            values = [value.tree for value in read_values(path.read_bytes(), name=path.name)]
        except ParseError:
            continue
        known = detect_format(values)
        if known and len(by_format[known.name]) < 3:
            by_format[known.name].append(values[0])
    return by_format


def nodes(value, parent=None, key=None):
    yield parent, key
    members = value.items() if isinstance(value, dict) else ()
    members = enumerate(value) if isinstance(value, list) else members
    for name, member in list(members):
        yield from nodes(member, value, name)


ODD = st.sampled_from(
    [None, True, 0, -1, 1e308, "", " ", "x" * 5_000, [], {}, [None], [[]], {"a": None}, "\u202e", 7]
)


@pytest.mark.parametrize("name", CHOICES[1:])
def test_no_change_of_a_real_file_makes_an_importer_fail(seeds, sales, name):
    if not seeds[name]:
        pytest.skip(f"../shared/samples has no small file of {name}")

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(st.data())
    def check(data):
        value = json.loads(json.dumps(data.draw(st.sampled_from(seeds[name]))))
        for _ in range(data.draw(st.integers(1, 4))):
            places = [place for place in nodes(value) if place[0] is not None]
            if not places:
                break
            parent, key = data.draw(st.sampled_from(places))
            if data.draw(st.booleans()) and isinstance(parent, dict):
                del parent[key]
            else:
                parent[key] = deepcopy(data.draw(ODD))
        import_dry(name, value)

    check()


@pytest.mark.parametrize("name", CHOICES[1:])
def test_a_real_file_blown_up_to_megabytes_costs_little(seeds, doors, name):
    """Its longest list or map is repeated to 1.9 MB, of a format of large files to 5 MB."""
    known = get_format(name)
    size = 5 * MEGABYTE if known.max_bytes > 5 * MEGABYTE else 19 * MEGABYTE // 10
    for seed in seeds[name][-1:]:
        content = json.dumps(blown_up(seed, size)).encode()
        with bounded():
            doors["api"](content, name)


def blown_up(value, size):
    """Return a value whose longest collection has copies of its items up to a size as text."""
    value = deepcopy(value)
    collections = [value, *(parent for parent, _ in nodes(value) if parent is not None)]
    longest = max(collections, key=len)
    items = list(longest.items()) if isinstance(longest, dict) else list(longest)
    copies = max(1, size // len(json.dumps(longest)) - 1)
    if isinstance(longest, dict):
        longest |= {f"{key} {n}": deepcopy(item) for n in range(copies) for key, item in items}
    else:
        longest += [deepcopy(item) for _ in range(copies) for item in items]
    return value


def import_dry(name, value):
    content = json.dumps(value).encode()
    known = next(known for known in FORMATS if known.name == name)
    results = import_manifests(
        sources=[Source("a.json", lambda: content, is_request=True)],
        actor=FACTORY,
        default_domain="sales",
        is_dry_run=True,
        chosen=known,
    )
    with bounded():
        return list(results)


@pytest.mark.parametrize("name", CHOICES[1:])
def test_nothing_is_fetched_because_a_document_names_an_address(seeds, sales, name):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        values = [{"kind": "DataProduct"}, {"kind": "DataContract"}, *seeds[name]]
        for value in values:
            import_dry(name, pointing_at(value, url))

        with pytest.raises(BlockingIOError):
            server.accept()
    assert not DataProduct.objects.exists()


def pointing_at(value, url):
    """Return a value that names an address wherever a reader could follow one."""
    if isinstance(value, list):
        return [pointing_at(item, url) for item in value]
    if isinstance(value, dict):
        members = {key: pointing_at(member, url) for key, member in value.items()}
        names = ("@context", "$ref", "$schema", "@import", "url", "contentUrl", "schemaUrl", "href")
        return {**dict.fromkeys(names, url), **members}
    return url if isinstance(value, str) and value.startswith("http") else value

"""The schema from the source: read in a limited child, compared with the contract."""

import io
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest
from django.core.management import call_command
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.contracts.services import save_contract
from catalog.exceptions import (
    ImmutableVersion,
    InvalidTransition,
    PermissionDenied,
    ValidationFailed,
)
from governance.inspection.declarations import DeclaredColumn
from governance.inspection.models import Inspection
from governance.inspection.schema_drift import find_drift
from governance.inspection.services import (
    adopt_schema,
    claim_sources,
    inspect_port,
    read_batch,
    schedule_missing_sources,
)
from governance.sandbox.connectors.engine import restricted_connection
from governance.sandbox.runner import run_child
from governance.sandbox.types import (
    ColumnProfile,
    KeyProfile,
    Source,
    SourceUnreadable,
    TableProfile,
)
from tests.conftest import SHARED
from tests.factories import (
    FACTORY,
    make_product,
    make_published_product,
    make_users,
    with_port,
    write_file,
)

ROWS = "id,name,email,paid\n1,Ada,a@example.org,1.5\n2,Bo,,2.5\n3,,c@example.org,3.5\n"


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


def _csv_port(files, text=ROWS, **fields):
    product = make_product(**fields)
    write_file(product.domain, text)
    return with_port(product).output_ports.get()


def _profile(path, kind, **options):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return run_child(Source(kind=kind, descriptor=descriptor, **options)).tables
    finally:
        os.close(descriptor)


def test_a_csv_file_gives_columns_types_rows_and_counts(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)

    table = _profile(tmp_path / "a.csv", "csv")[0]

    assert (table.rows, [column.name for column in table.columns]) == (
        3,
        ["id", "name", "email", "paid"],
    )
    assert [column.logical_type for column in table.columns] == [
        "integer",
        "string",
        "string",
        "number",
    ]
    assert table.columns[2].null_share == pytest.approx(1 / 3)
    assert all(column.min is None and not column.top_values for column in table.columns)


def test_values_are_seen_only_of_columns_that_may_be_shown(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)

    table = _profile(tmp_path / "a.csv", "csv", values_of=("rows.paid",))[0]

    assert (table.columns[3].min, table.columns[3].max) == ("1.5", "3.5")
    assert "example.org" not in str(table)


def test_a_sqlite_file_gives_every_table_with_its_keys(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, n REAL)")
        connection.execute("CREATE TABLE empty (x)")
        connection.execute("INSERT INTO people (mail, n) VALUES ('a', 1), ('b', NULL)")

    empty, people = _profile(tmp_path / "a.db", "sqlite")

    assert (empty.name, empty.rows) == ("empty", 0)
    key, mail, number = people.columns
    assert (key.is_primary_key, mail.is_unique, number.null_share) == (True, True, 0.5)


def test_a_sqlite_text_of_days_or_moments_is_one(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t (day TEXT, at TEXT, mixed TEXT, empty TEXT)")
        connection.execute(
            "INSERT INTO t VALUES ('2026-01-31', '2026-01-31 08:15', '2026-01-31', NULL),"
            " (NULL, '2026-01-31T08:15:00Z', 'soon', NULL)"
        )

    (table,) = _profile(tmp_path / "a.db", "sqlite")

    types = {column.name: column.logical_type for column in table.columns}
    assert types == {"day": "date", "at": "timestamp", "mixed": "string", "empty": "string"}


def test_values_that_nearly_all_differ_are_counted(tmp_path):
    lines = [*range(20_000), 7]
    (tmp_path / "a.csv").write_text("id,few\n" + "".join(f"{n},{n % 3}\n" for n in lines))

    table = _profile(tmp_path / "a.csv", "csv")[0]

    assert [(column.n_distinct, column.is_exact) for column in table.columns] == [
        (20_000, True),
        (3, False),
    ]


CONTENTS = {
    "nothing": b"",
    "zeros": b"\x00" * 5000,
    "ones": b"\xff" * 5000,
    "noise": random.Random(7).randbytes(20_000),
}


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "sqlite"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_file_of_another_format_is_refused_without_its_content(tmp_path, kind, content):
    path = tmp_path / "a"
    path.write_bytes(content)

    assert _outcome(path, kind) in {"wrong-format", "empty", "too-costly", "read"}


def _outcome(path, kind):
    try:
        _profile(path, kind)
    except SourceUnreadable as refused:
        return refused.code
    return "read"


PROBES = {
    "writes no file": "with open({path!r}, 'w') as file: file.write('x')",
    "takes no endless memory": "bytearray(2 * 1024**3)",
    "reaches no network": "socket.create_connection(('127.0.0.1', {port}), 2)",
}


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize("doing", PROBES)
def test_the_child_has_its_hands_bound(doing, bound, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        deed = PROBES[doing].format(path=str(tmp_path / "x"), port=server.getsockname()[1])
        lines = ["import socket", "from governance.sandbox.worker import apply_limits"]
        lines += ["apply_limits(with_network=False)"] * bound
        done = subprocess.run(
            [sys.executable, "-c", "\n".join([*lines, deed])],
            capture_output=True,
            timeout=60,
            check=False,
        )

    assert (done.returncode == 0) is not bound


def test_the_engine_in_the_child_reads_its_one_descriptor_and_nothing_else(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    connection = restricted_connection(str(tmp_path / "a.csv"))

    for statement in (
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/assay-sandbox-probe'",
        "ATTACH '/tmp/assay-sandbox-probe.db'",
        "INSTALL httpfs",
        "SET enable_external_access=true",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(statement)


def _table(*columns, rows=100):
    return TableProfile(name="orders", rows=rows, columns=tuple(columns))


def _column(name, logical="string", **fields):
    return ColumnProfile(name=name, physical_type=logical, logical_type=logical, **fields)


def test_each_way_to_drift_has_its_own_code():
    declared = {
        "orders": [
            DeclaredColumn(name="gone", logical_type="string"),
            DeclaredColumn(name="number", logical_type="integer"),
            DeclaredColumn(name="needed", logical_type="string", is_required=True),
            DeclaredColumn(name="key", logical_type="string", is_unique=True),
            DeclaredColumn(name="sound", logical_type="number"),
        ]
    }
    observed = _table(
        _column("number", "string"),
        _column("needed", null_share=0.25),
        _column("key", n_distinct=40, null_share=0.0),
        _column("sound", "integer"),
        _column("new"),
    )

    drifts = {
        (drift.column, drift.code): drift.is_breaking for drift in find_drift(declared, [observed])
    }

    assert drifts == {
        ("gone", "column-missing"): True,
        ("number", "type-changed"): True,
        ("needed", "required-but-empty"): True,
        ("key", "unique-but-repeated"): True,
        ("new", "column-undeclared"): False,
    }


SOUND = [
    (DeclaredColumn(name="a", logical_type="boolean"), _column("a", "integer", n_distinct=2)),
    (DeclaredColumn(name="a", logical_type="timestamp"), _column("a", "date")),
    (
        DeclaredColumn(name="a", logical_type="string", is_unique=True),
        _column("a", n_distinct=100, is_exact=True, null_share=0.0),
    ),
    (
        DeclaredColumn(name="a", logical_type="string", is_unique=True),
        _column("a", n_distinct=94, null_share=0.0),
    ),
]
BROKEN = [
    (DeclaredColumn(name="a", logical_type="boolean"), _column("a", "integer", n_distinct=3)),
    (DeclaredColumn(name="a", logical_type="string"), _column("a", "date")),
    (
        DeclaredColumn(name="a", logical_type="string", is_unique=True),
        _column("a", n_distinct=99, is_exact=True, null_share=0.0),
    ),
]


@pytest.mark.parametrize(("declared", "observed"), SOUND)
def test_an_observed_column_within_its_contract_is_no_drift(declared, observed):
    assert find_drift({"orders": [declared]}, [_table(observed)]) == []


@pytest.mark.parametrize(("declared", "observed"), BROKEN)
def test_an_observed_column_against_its_contract_is_a_drift(declared, observed):
    (drift,) = find_drift({"orders": [declared]}, [_table(observed)])

    assert drift.is_breaking


KEY = [
    DeclaredColumn(name=name, logical_type="string", is_key_part=True) for name in ("shop", "line")
]


@pytest.mark.parametrize(
    ("known", "codes"),
    [
        (KeyProfile(("shop", "line"), duplicates=3), ["key-repeated"]),
        (KeyProfile(("shop", "line"), duplicates=0), []),
        (KeyProfile(("shop", "line"), reason="Not counted."), []),
        (KeyProfile(("shop",), is_enforced=True), []),
        (KeyProfile(("other",), duplicates=3), []),
    ],
)
def test_a_compound_key_repeats_only_as_a_whole(known, codes):
    table = replace(_table(_column("shop"), _column("line")), keys=(known,))

    assert [drift.code for drift in find_drift({"orders": KEY}, [table])] == codes


def test_a_format_that_knows_only_text_matches_declared_text():
    table = TableProfile(name="orders", rows=9, columns=(_column("a", "date"),), is_text=True)

    assert find_drift({"orders": [DeclaredColumn(name="a", logical_type="string")]}, [table]) == []


@pytest.mark.django_db
def test_what_was_seen_becomes_the_contracts_schema_and_later_drift_shows(files):
    port = _csv_port(files)
    inspect_port(port=port, actor=FACTORY)
    contract, product = adopt_schema(port=port, edition=port.product.edition, actor=FACTORY)
    names = [row.name for row in contract.schema_objects.get().properties.all()]

    write_file(port.product.domain, "id,name,paid\n1,Ada,much\n")
    port = product.output_ports.get()
    inspection = inspect_port(port=port, actor=FACTORY)

    assert names == ["id", "name", "email", "paid"]
    assert inspection.is_breaking
    assert {(drift["column"], drift["code"]) for drift in inspection.drifts} == {
        ("email", "column-missing"),
        ("paid", "type-changed"),
    }


@pytest.mark.django_db
def test_a_source_that_cannot_be_read_says_why_and_proposes_nothing(files):
    port = with_port(make_product()).output_ports.get()

    inspection = inspect_port(port=port, actor=FACTORY)

    assert (inspection.failure, inspection.drifts) == ("not-found", [])
    with pytest.raises(InvalidTransition):
        adopt_schema(port=port, edition=port.product.edition, actor=FACTORY)


@pytest.mark.django_db
def test_a_link_out_of_the_files_root_is_not_followed(files):
    port = with_port(make_product()).output_ports.get()
    write_file(port.product.domain, "id\n", "other.csv").with_name("orders.csv").symlink_to(
        "/etc/passwd"
    )

    assert inspect_port(port=port, actor=FACTORY).failure == "outside-folder"


@pytest.mark.django_db
def test_a_port_without_a_file_or_database_is_refused(files):
    port = with_port(
        make_product(), type="api", location="https://example.org/x", path="", format=""
    ).output_ports.get()

    with pytest.raises(ValidationFailed):
        inspect_port(port=port, actor=FACTORY)


@pytest.mark.django_db
def test_only_who_may_edit_has_a_source_read(files):
    users = make_users()
    port = _csv_port(files, domain=users.domain)

    with pytest.raises(PermissionDenied):
        inspect_port(port=port, actor=users.consumer)
    assert inspect_port(port=port, actor=users.owner).failure == ""


@pytest.mark.django_db
def test_values_of_a_classified_column_or_a_product_that_is_not_public_are_never_kept(files):
    port = _csv_port(files, assaySensitivity="public")
    contract = port.port_contract.contract
    properties = [{"name": "name"}, {"name": "email", "classification": "pii"}]
    tree = contract.tree | {"schema": [{"name": "orders", "properties": properties}]}
    _, product = save_contract(
        product=port.product, tree=tree, edition=port.product.edition, actor=FACTORY
    )

    public = inspect_port(port=product.output_ports.get(), actor=FACTORY)
    closed = inspect_port(port=_csv_port(files), actor=FACTORY)

    assert "Ada" in str(public.tables)
    assert "example.org" not in str(public.tables)
    assert "Ada" not in str(closed.tables)


@pytest.mark.django_db
def test_a_published_contract_takes_what_was_seen_as_a_new_version(files):
    product = make_published_product()
    write_file(product.domain, ROWS)
    port = product.output_ports.get()
    inspect_port(port=port, actor=FACTORY)

    with pytest.raises(ImmutableVersion):
        adopt_schema(port=port, edition=product.edition, actor=FACTORY)
    contract, _ = adopt_schema(port=port, edition=product.edition, actor=FACTORY, version="0.2.0")

    assert contract.version == "0.2.0"


@pytest.mark.django_db
def test_of_a_key_of_two_columns_each_may_repeat(files):
    port = with_port(make_product()).output_ports.get()
    write_file(port.product.domain, "shop,line\n1,1\n1,2\n2,1\n2,2\n")
    key = [{"name": name, "primaryKey": True} for name in ("shop", "line")]
    tree = port.port_contract.contract.tree | {"schema": [{"name": "orders", "properties": key}]}
    _, product = save_contract(
        product=port.product, tree=tree, edition=port.product.edition, actor=FACTORY
    )

    assert inspect_port(port=product.output_ports.get(), actor=FACTORY).drifts == []


@pytest.mark.django_db
def test_sources_are_read_when_new_and_once_a_day_and_history_tells_only_changes(files):
    port, day = _csv_port(files), timedelta(days=1)
    readings = AuditEvent.objects.filter(verb="read source")

    def read_due(after=timedelta(0)):
        schedule_missing_sources()
        return sum(map(read_batch, claim_sources(now=timezone.now() + after)))

    assert read_due() == 1
    assert read_due() == 0
    assert read_due(day) == 1
    assert readings.count() == 1

    (files / port.product.domain.slug / "orders.csv").unlink()
    assert read_due(day) == 1
    assert readings.count() == 2
    assert Inspection.objects.get(port=port).failure == "not-found"


@pytest.mark.django_db
def test_the_command_reads_compares_and_adopts(files):
    port = _csv_port(files)
    product = port.product
    output, address = io.StringIO(), f"{product.domain.slug}/{product.slug}"

    call_command("read_schema", address, "--adopt", "--json", stdout=output)

    report = json.loads(output.getvalue())
    assert (report["product"], report["failure"], report["drifts"]) == (address, None, [])
    assert port.port_contract.contract.schema_objects.get().properties.count() == 4
    write_file(port.product.domain, "id,name,email\n1,Ada,a@example.org\n")
    with pytest.raises(SystemExit) as end:
        call_command("read_schema", "--all", stdout=output)
    assert end.value.code == 1
    assert "breaks: orders.paid Column not found in the source." in output.getvalue()


@pytest.mark.slow
def test_a_real_table_is_read_whole():
    path = SHARED / "corpora" / "adult" / "adult.csv"
    if not path.exists():
        pytest.skip("adult.csv is not beside this clone")

    table = _profile(path, "csv")[0]

    assert table.rows == 30_162
    assert {"sex", "age"} <= {column.name for column in table.columns}

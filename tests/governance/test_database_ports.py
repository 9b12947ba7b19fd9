"""Databases as sources of ports: addresses, secrets and drivers, and what page and API show."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from catalog.contracts.services import save_contract
from governance.inspection.services import inspect_port
from governance.sandbox.database_servers import named_secret
from governance.sandbox.runner import read_server
from governance.sandbox.types import Source, SourceUnreadable
from tests.factories import FACTORY, make_product, make_users, with_port
from tests.governance.databases import mysql_database, postgres_schema
from tests.settings import TEST_SERVERS

pytestmark = pytest.mark.django_db
CUSTOM = {"user": "assayUser", "secret": "assaySecret"}


def database_port(server_type, *, users=None, tables=(), custom=None, **place):
    """A port of a database, whose contract declares the given tables."""
    server = {"server": "db", "type": server_type, "host": "127.0.0.1", "database": "x"} | place
    if custom:
        server["customProperties"] = [
            {"property": CUSTOM[key], "value": value} for key, value in custom.items()
        ]
    product = make_product(**({"domain": users.domain} if users else {}))
    product = with_port(product, path=None, format=None, **server)
    if tables:
        tree = product.contracts.get().tree | {"schema": list(tables)}
        product = save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)[
            1
        ]
    return product.output_ports.get()


def failure_of(port):
    inspection = inspect_port(port=port, actor=FACTORY)
    return inspection.failure, inspection.failure_message


def table(name, **columns):
    properties = [{"name": key, "logicalType": value} for key, value in columns.items()]
    return {"name": name, "properties": properties}


@pytest.fixture
def source():
    with postgres_schema() as schema:
        yield schema


@pytest.fixture
def postgres(source, settings):
    """Where the schema is, as a contract says it; the address is on the allow-list."""
    url = urlsplit(TEST_SERVERS["postgres"])
    settings.ASSAY_ALLOWED_NETS = (f"127.0.0.1:{url.port}",)
    return {"port": url.port, "database": url.path.strip("/"), "schema": source.name} | {
        "custom": {"user": url.username}
    }


@pytest.mark.postgres_source
def test_errors_of_tables_and_columns_are_shown_by_name_on_page_and_api(client, source, postgres):
    users = make_users()
    source.execute(
        "CREATE TYPE level AS ENUM ('low', 'high')",
        "CREATE TABLE orders(id int PRIMARY KEY, l level)",
        "COMMENT ON TABLE orders IS 'One row each.'",
        "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS n WITH NO DATA",
        "CREATE TABLE texts(v text)",
        "INSERT INTO texts VALUES ('x')",
        "CREATE VIEW numbers AS SELECT v::int AS n FROM texts",
    )
    tables = [table("orders", id="integer", l="string"), table("totals", n="integer")]
    port = database_port("postgres", users=users, tables=tables, **postgres)

    inspection = inspect_port(port=port, actor=users.owner)

    assert not inspection.is_breaking
    client.force_login(users.owner)
    product = port.product
    answer = client.get(reverse("product_source", args=[product.domain.slug, product.slug]))
    page = answer.content.decode()
    for text in (
        "The materialized view has no data yet; refresh it.",
        "It could not be counted. (SQLSTATE 22P02)",
        "materialized view",
        "One row each.",
        "one of: low, high",
        "primary key",
    ):
        assert text in page
    answer = client.get(f"/api/v1/ports/{port.pk}/inspection").json()
    tables = {item["name"]: item for item in answer["tables"]}
    assert tables["totals"]["reason"] == "The materialized view has no data yet; refresh it."
    assert tables["numbers"]["columns"][0]["reason"].startswith("It could not be counted.")
    assert tables["orders"]["keys"] == [
        {"columns": ["id"], "is_enforced": True, "duplicates": None, "reason": ""}
    ]


@pytest.mark.postgres_source
def test_a_dropped_key_and_a_repeated_row_break_the_contract(source, postgres):
    source.execute("CREATE TABLE t(a int, b int)", "INSERT INTO t VALUES (1, 1), (1, 1)")
    key = table("t", a="integer", b="integer")
    for item in key["properties"]:
        item["primaryKey"] = True

    inspection = inspect_port(
        port=database_port("postgres", tables=[key], **postgres), actor=FACTORY
    )

    assert [drift["code"] for drift in inspection.drifts] == ["key-repeated"]


@pytest.mark.mysql_source
def test_a_port_of_mysql_is_read_with_its_secret(settings, monkeypatch):
    url = urlsplit(TEST_SERVERS["mysql"])
    settings.ASSAY_ALLOWED_NETS = (f"localhost:{url.port}",)
    monkeypatch.setenv("ASSAY_SECRET_SHOP", url.password)
    monkeypatch.setenv("ASSAY_SECRET_SHOP_FOR", f"*@localhost:{url.port}")
    place = {"host": "localhost", "port": url.port, "custom": {"user": "assay", "secret": "shop"}}
    with mysql_database() as database:
        database.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
        for server_type in ("mysql", "mariadb"):
            port = database_port(server_type, database=database.name, **place)

            inspection = inspect_port(port=port, actor=FACTORY)

            assert (inspection.failure, inspection.profile[0].rows) == ("", 1)


@pytest.mark.parametrize("server_type", ["postgres", "mysql", "mariadb"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "::ffff:10.0.0.1"])
def test_only_addresses_on_the_allow_list_are_called(settings, server_type, host):
    settings.ASSAY_ALLOWED_NETS = ("127.0.0.1:1",)

    assert failure_of(database_port(server_type, host=host))[0] == "refused"


def test_a_name_that_cannot_be_resolved_is_not_called_blocked():
    assert failure_of(database_port("postgres", host="nowhere.example"))[0] == "unresolved"


def test_a_server_without_a_port_says_so(settings):
    settings.ASSAY_SQL_DIALECTS = [("sqlserver", "mssql+pymssql")]

    with pytest.raises(SourceUnreadable, match="names no host, or no port"):
        read_as_operator("sqlserver")


def test_a_missing_driver_is_named(settings):
    settings.ASSAY_ALLOWED_NETS = ("127.0.0.1:1433",)
    for dialect, missing in (
        ("mssql+pymssql", "Install pymssql."),
        ("nosuch", "SQLAlchemy has no dialect nosuch"),
    ):
        settings.ASSAY_SQL_DIALECTS = [("sqlserver", dialect)]
        with pytest.raises(SourceUnreadable, match=missing) as error:
            read_as_operator("sqlserver", port=1433)
        assert error.value.code == "no-driver"


def read_as_operator(server_type, **place):
    """Read a port of a type that only the operator's setting makes readable."""
    port = database_port(server_type, **place)
    return read_server(port.port_contract.contract.servers.get(), Source())


@pytest.mark.postgres_source
def test_any_dialect_of_the_operator_is_read_by_the_inspector_alone(source, postgres, settings):
    settings.ASSAY_SQL_DIALECTS = [("redshift", "postgresql+psycopg")]
    source.execute(
        "CREATE TABLE t(id int PRIMARY KEY, name varchar(5), at timestamp)",
        "INSERT INTO t VALUES (1, 'x', now())",
        "CREATE VIEW v AS SELECT id FROM t",
    )

    profile = read_as_operator("redshift", **postgres)

    tables = {item.name: item for item in profile.tables}
    assert {name: item.rows for name, item in tables.items()} == {"t": 1, "v": 1}
    assert [(column.physical_type, column.logical_type) for column in tables["t"].columns] == [
        ("INTEGER", "integer"),
        ("VARCHAR(5)", "string"),
        ("TIMESTAMP WITHOUT TIME ZONE", "timestamp"),
    ]
    assert tables["t"].columns[0].is_primary_key


PLACE = "db.example.org:5432"


@pytest.fixture
def server():
    return database_port(
        "postgres", host="db.example.org", port=5432
    ).port_contract.contract.servers.get()


def test_a_secret_that_is_not_set_is_named(server):
    with pytest.raises(SourceUnreadable, match="ASSAY_SECRET_SALES") as error:
        named_secret("sales", server=server, place=PLACE)

    assert error.value.code == "no-secret"


def test_the_signing_key_is_no_secret_of_a_source(server, monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET_KEY", "k" * 50)
    monkeypatch.setenv("ASSAY_SECRET_KEY_FOR", f"*@{PLACE}")

    with pytest.raises(SourceUnreadable) as error:
        named_secret("key", server=server, place=PLACE)

    assert error.value.code == "no-secret"


@pytest.mark.parametrize(
    ("uses", "is_used"),
    [
        ("{domain}@" + PLACE, True),
        ("other@other:1, {domain}@" + PLACE.upper(), True),
        ("*@" + PLACE, True),
        ("other@" + PLACE, False),
        ("{domain}@db.example.org:1", False),
        ("", False),
        (None, False),
    ],
)
def test_a_secret_is_used_only_by_the_domains_and_for_the_servers_it_is_for(
    server, monkeypatch, uses, is_used
):
    monkeypatch.setenv("ASSAY_SECRET_SALES", "pw")
    domain = server.contract.product.domain.slug
    if uses is not None:
        monkeypatch.setenv("ASSAY_SECRET_SALES_FOR", uses.format(domain=domain))

    if is_used:
        assert named_secret("sales", server=server, place=PLACE) == "pw"
    else:
        with pytest.raises(SourceUnreadable, match=f"{domain}@{PLACE}") as error:
            named_secret("sales", server=server, place=PLACE)
        assert error.value.code == "secret-not-for-this"

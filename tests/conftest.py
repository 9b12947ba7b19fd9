"""Shared by all tests: the servers that there are, and no socket but loopback."""

import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import settings as laws

from tests.settings import ON_POSTGRES, TEST_SERVERS

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
CHROMIUM = os.environ.get("ASSAY_CHROMIUM") or shutil.which("chromium") or ""
DATACONTRACT = os.environ.get("ASSAY_TEST_DATACONTRACT", "")
MOTO = os.environ.get("ASSAY_TEST_MOTO", "")
DUCKDB = os.environ.get("ASSAY_TEST_DUCKDB", "")
CHECK_JSONSCHEMA = os.environ.get("ASSAY_TEST_CHECK_JSONSCHEMA", "")
MLCROISSANT = os.environ.get("ASSAY_TEST_MLCROISSANT", "")
REPRESENTATION = os.environ.get("ASSAY_TEST_REPRESENTATION", "")
SHACL = os.environ.get("ASSAY_TEST_SHACL", "")
EXTRUCT = os.environ.get("ASSAY_TEST_EXTRUCT", "")
STANDARDWEBHOOKS = os.environ.get("ASSAY_TEST_STANDARDWEBHOOKS", "")
PROV = os.environ.get("ASSAY_TEST_PROV", "")
PROMTOOL = os.environ.get("ASSAY_TEST_PROMTOOL", "")
SERVERS_REQUIRED = os.environ.get("ASSAY_REQUIRE_SERVERS") == "1"
NEEDS = {
    "elasticsearch": (TEST_SERVERS["elasticsearch"], "ELASTICSEARCH_URL is not set"),
    "redis": (TEST_SERVERS["redis"], "REDIS_URL is not set"),
    "browser": (CHROMIUM, "no chromium in PATH (or ASSAY_CHROMIUM)"),
    "datacontract": (
        DATACONTRACT,
        "ASSAY_TEST_DATACONTRACT is not set; .ci/clients installs datacontract-cli and prints it",
    ),
    "check_jsonschema": (
        CHECK_JSONSCHEMA,
        "ASSAY_TEST_CHECK_JSONSCHEMA is not set; .ci/clients installs check-jsonschema",
    ),
    "moto": (MOTO, "ASSAY_TEST_MOTO is not set; .ci/clients installs moto and prints it"),
    "duckdb": (DUCKDB, "ASSAY_TEST_DUCKDB is not set; .ci/clients installs DuckDB with httpfs"),
    "mlcroissant": (
        MLCROISSANT,
        "ASSAY_TEST_MLCROISSANT is not set; .ci/clients installs mlcroissant and prints it",
    ),
    "representation": (
        REPRESENTATION,
        "ASSAY_TEST_REPRESENTATION is not set; .ci/clients installs smclarify and statsmodels",
    ),
    "shacl": (SHACL, "ASSAY_TEST_SHACL is not set; .ci/clients installs pyshacl and prints it"),
    "extruct": (EXTRUCT, "ASSAY_TEST_EXTRUCT is not set; .ci/clients installs and prints it"),
    "prov": (PROV, "ASSAY_TEST_PROV is not set; .ci/clients installs and prints it"),
    "promtool": (PROMTOOL, "ASSAY_TEST_PROMTOOL is not set; .ci/clients unpacks and prints it"),
    "standardwebhooks": (
        STANDARDWEBHOOKS,
        "ASSAY_TEST_STANDARDWEBHOOKS is not set; .ci/clients installs standardwebhooks",
    ),
    "postgres_source": (TEST_SERVERS["postgres"], "ASSAY_TEST_POSTGRES_URL is not set"),
    "mysql_source": (TEST_SERVERS["mysql"], "ASSAY_TEST_MYSQL_URL is not set"),
    "postgres": (ON_POSTGRES, "runs in the Postgres pass, where ASSAY_TEST_POSTGRES_URL is set"),
}
NOT_FAST = {*NEEDS, "django_db", "slow", "databases"}
REACHABLE = {urlsplit(address).hostname for address in TEST_SERVERS.values() if address}


class ReachedOutside(RuntimeError):
    """A test tried to open a socket to another machine."""


def only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise for addresses of other machines, and for names as if there were no resolver."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not is_here(host):
            raise ReachedOutside(f"a test may not connect to {arguments[1]!r}")
    if event == "socket.getaddrinfo" and arguments[0] and not is_here(arguments[0]):
        raise socket.gaierror(
            socket.EAI_NONAME, f"tests resolve no names, {arguments[0]!r} neither"
        )


def is_here(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {"localhost", socket.gethostname(), *REACHABLE}:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


sys.addaudithook(only_loopback)
# A busy machine must not fail a property, and CI fails only for what its commit contains: new
# examples are drawn on the machines of developers.
laws.register_profile("unhurried", deadline=None, derandomize=SERVERS_REQUIRED)
laws.load_profile("unhurried")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark tests by what they need; those with a browser come last.

    The browser's driver keeps an event loop in the main thread to the end, in which no other can
    run: a fetch after it would fail.
    """
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if "architecture" in item.path.parts:
            item.add_marker("architecture")
        if not marks & NOT_FAST and "db" not in getattr(item, "fixturenames", ()):
            item.add_marker("fast")
        if needs_database(item, marks) and not marks & {"browser", "slow"}:
            item.add_marker("databases")
    yield
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def needs_database(item: pytest.Item, marks: set[str]) -> bool:
    """Return True for tests of rows in catalog and governance, which run on both databases."""
    uses_database = "django_db" in marks or "db" in getattr(item, "fixturenames", ())
    return uses_database and bool({"catalog", "governance"} & set(item.path.parts))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        # Playwright keeps an event loop to the end, which Django takes for an async caller.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    for name, (present, reason) in NEEDS.items():
        if item.get_closest_marker(name) is None or present:
            continue
        if SERVERS_REQUIRED and not (name == "postgres" and TEST_SERVERS["postgres"]):
            pytest.fail(f"needed here (ASSAY_REQUIRE_SERVERS=1): {reason}", pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """Address of a real Elasticsearch; the test is marked `elasticsearch`."""
    return TEST_SERVERS["elasticsearch"]


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Address of a real Redis; the test is marked `redis`."""
    return TEST_SERVERS["redis"]


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The program of Prometheus that checks metrics; the test is marked `promtool`."""
    return Path(PROMTOOL)


@pytest.fixture(scope="session")
def datacontract_python() -> Path:
    """Python of the environment of datacontract-cli; the test is marked `datacontract`."""
    return Path(DATACONTRACT)


@pytest.fixture(scope="session")
def check_jsonschema() -> Path:
    """The command check-jsonschema; the test is marked `check_jsonschema`."""
    return Path(CHECK_JSONSCHEMA).with_name("check-jsonschema")


@pytest.fixture(scope="session")
def moto() -> Path:
    """The interpreter whose environment has moto; the test is marked `moto`."""
    return Path(MOTO)


@pytest.fixture(scope="session")
def duckdb_python() -> Path:
    """The interpreter whose DuckDB reads over HTTP; the test is marked `duckdb`."""
    return Path(DUCKDB)


@pytest.fixture(scope="session")
def mlcroissant_python() -> Path:
    """The interpreter whose environment has mlcroissant; the test is marked `mlcroissant`."""
    return Path(MLCROISSANT)


@pytest.fixture(scope="session")
def shacl_python() -> Path:
    """The interpreter whose environment has pyshacl and rdflib; the test is marked `shacl`."""
    return Path(SHACL)


@pytest.fixture(scope="session")
def extruct_python() -> Path:
    """The interpreter whose environment has extruct; the test is marked `extruct`."""
    return Path(EXTRUCT)


@pytest.fixture(scope="session")
def prov_python() -> Path:
    """The interpreter whose environment has prov; the test is marked `prov`."""
    return Path(PROV)


@pytest.fixture(scope="session")
def standardwebhooks_python() -> Path:
    """The interpreter with the official client of Standard Webhooks."""
    return Path(STANDARDWEBHOOKS)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Corpora and samples next to the checkout; without them the test is skipped."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared next to the checkout")
    return SHARED


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, without a sandbox (we may be root) and without its own traffic."""
    quiet = ["no-sandbox", "no-first-run", "disable-gpu", "disable-background-networking"]
    quiet += ["disable-component-update", "disable-sync", "disable-default-apps"]
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [f"--{flag}" for flag in quiet],
    }


@pytest.fixture(scope="session")
def representation_python() -> Path:
    """The interpreter with smclarify and statsmodels; the test is marked `representation`."""
    return Path(REPRESENTATION)

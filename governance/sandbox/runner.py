"""Profiles the server of a contract in a limited child process, by our own statements only."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from django.conf import settings

from catalog.contracts.models import Server
from catalog.domains.folders import folders_of
from catalog.ports.addresses import Target, check_address, parse_ip
from catalog.ports.files import OutsideFolder, open_in_folders
from catalog.ports.http_client import allowed_targets
from catalog.ports.http_transport import resolve_host
from catalog.ports.http_types import FetchFailed
from catalog.types import JSONObject
from governance.sandbox.types import FILE_KINDS, Source, SourceUnreadable, TableProfile

WALL_SECONDS = 30
RESOLVE_SECONDS = 5
MAX_OUTPUT = 32 * 1024 * 1024
PROJECT = Path(__file__).resolve().parents[2]
# The child's environment has no secret and no address of a server.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def read_server(server: Server, *, values_of: tuple[str, ...] = ()) -> list[TableProfile]:
    """Return the tables of a contract's server. Raises SourceUnreadable.

    `values_of` names columns, as `table.column` or `*`, whose values may be read.
    """
    if server.type in ("postgres", "postgresql"):
        database = _database(server)
        return run_child(Source(kind="postgres", database=database, values_of=values_of))
    kind = server.format.casefold()
    if server.type != "local" or kind not in FILE_KINDS:
        raise SourceUnreadable("not-readable-here")
    domain_id = server.contract.product.domain_id
    folders = folders_of([domain_id])[domain_id]
    try:
        descriptor = open_in_folders(
            server.location, root=Path(settings.ASSAY_FILES_ROOT), folders=folders
        )
    except OutsideFolder as error:
        raise SourceUnreadable("outside-folder") from error
    except (OSError, ValueError) as error:
        raise SourceUnreadable("not-found") from error
    try:
        source = Source(kind=kind, descriptor=descriptor, values_of=values_of)
        tables = run_child(source)
    finally:
        os.close(descriptor)
    if kind == "sqlite":
        return tables
    return [replace(table, name=file_table(server)) for table in tables]


def file_table(server: Server) -> str:
    """Return the name of a file's one table: that of the file."""
    return Path(server.location).name.split(".")[0]


def run_child(source: Source) -> list[TableProfile]:
    """Start the child with a source and return its tables. Raises SourceUnreadable."""
    descriptors = (source.descriptor,) if source.descriptor >= 0 else ()
    program = (
        f"import sys; sys.path.insert(0, {str(PROJECT)!r}); "
        "from governance.sandbox.worker import main; main()"
    )
    with subprocess.Popen(  # noqa: S603 - our own program, no shell
        [sys.executable, "-I", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        pass_fds=descriptors,
        start_new_session=True,
    ) as child:
        try:
            output, _ = child.communicate(json.dumps(asdict(source)).encode(), timeout=WALL_SECONDS)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise SourceUnreadable("too-costly") from error
    if child.returncode != 0 or len(output) > MAX_OUTPUT:
        raise SourceUnreadable("too-costly")
    response: JSONObject = json.loads(output)
    if "code" in response:
        raise SourceUnreadable(response["code"], response["detail"])
    if not response["tables"]:
        raise SourceUnreadable("empty")
    return [TableProfile.from_json(table) for table in response["tables"]]


def _database(server: Server) -> dict[str, str]:
    """Return the connection parameters: a checked address, and the password from the secrets."""
    declared: JSONObject = next(
        (
            item
            for item in server.contract.tree.get("servers", ())
            if isinstance(item, dict) and item.get("server") == server.name
        ),
        {},
    )
    host, port = str(declared.get("host", "")), str(declared.get("port") or "5432")
    database = {
        "host": host,
        "hostaddr": _checked_address(host, port),
        "port": port,
        "dbname": str(declared.get("database", "")),
        "schema": str(declared.get("schema") or "public"),
    }
    return database | _credentials(declared)


def _checked_address(host: str, port: str) -> str:
    try:
        target = Target(scheme="postgres", host=host.lower(), port=int(port))
        if (literal := parse_ip(target.host)) is not None:
            addresses: list[IPv4Address | IPv6Address] = [literal]
        else:
            resolving = asyncio.wait_for(resolve_host(host.lower(), int(port)), RESOLVE_SECONDS)
            addresses = [ip_address(address) for _, address in asyncio.run(resolving)]
        for address in addresses:
            check_address(address, target, allowed=allowed_targets())
        return str(addresses[0])
    except (FetchFailed, ValueError, IndexError, OSError) as error:
        raise SourceUnreadable("refused") from error


def _credentials(declared: JSONObject) -> dict[str, str]:
    """Return user and password; the contract names the secret, the environment has its value."""
    custom = {
        item.get("property"): item.get("value")
        for item in declared.get("customProperties") or ()
        if isinstance(item, dict)
    }
    credentials = {}
    with suppress(KeyError):
        credentials["user"] = str(custom["assayUser"])
    if name := custom.get("assaySecret"):
        secret = os.environ.get(f"ASSAY_SECRET_{str(name).upper()}")
        if secret is None:
            raise SourceUnreadable("no-secret")
        credentials["password"] = secret
    return credentials

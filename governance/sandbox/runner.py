"""Profiles the server of a contract in a limited child process, by our own statements only."""

import asyncio
import json
import os
import selectors
import subprocess
import sys
import time
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
from governance.sandbox.types import (
    FILE_KINDS,
    Source,
    SourceProfile,
    SourceUnreadable,
    TableProfile,
)

WALL_SECONDS = 30
RESOLVE_SECONDS = 5
MAX_OUTPUT = 32 * 1024 * 1024
READ_SIZE = 64 * 1024
PROJECT = Path(__file__).resolve().parents[2]
# The child's environment has no secret and no address of a server.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def read_server(server: Server, request: Source) -> SourceProfile:
    """Return the tables of a contract's server. Raises SourceUnreadable.

    `request` says which values may be read, and which tables and keys the contract declares.
    """
    if server.type in ("postgres", "postgresql"):
        return run_child(replace(request, kind="postgres", database=_database(server)))
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
        if kind == "sqlite":
            return run_child(replace(request, kind=kind, descriptor=descriptor))
        keys = tuple(key._replace(table="rows") for key in request.keys)
        profile = run_child(replace(request, kind=kind, descriptor=descriptor, keys=keys))
    finally:
        os.close(descriptor)
    tables = [replace(table, name=file_table(server)) for table in profile.tables]
    return replace(profile, tables=tables)


def file_table(server: Server) -> str:
    """Return the name of a file's one table: that of the file."""
    return Path(server.location).name.split(".")[0]


def run_child(source: Source) -> SourceProfile:
    """Start the child with a source and return its tables. Raises SourceUnreadable.

    What a child that exceeds a limit has read until then is kept.
    """
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
            output = _exchange(child, json.dumps(asdict(source)).encode())
        finally:
            child.kill()
    tables: dict[str, TableProfile] = {}
    note, is_complete = "", False
    for line in output.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        response: JSONObject = json.loads(line)
        if "code" in response and not tables:
            raise SourceUnreadable(response["code"], response["detail"])
        read = map(TableProfile.from_json, response.get("tables", ()))
        tables.update({table.name: table for table in read})
        note = response.get("note") or note
        is_complete |= response.get("is_complete", False)
    if not tables:
        raise SourceUnreadable("empty" if is_complete else "too-costly")
    return SourceProfile(list(tables.values()), note)


def _exchange(child: subprocess.Popen[bytes], request: bytes) -> bytes:
    """Send a request and return what the child writes within the limits of time and size."""
    assert child.stdin is not None
    assert child.stdout is not None
    output, ends_at = bytearray(), time.monotonic() + WALL_SECONDS
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(request)
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while len(output) <= MAX_OUTPUT and (left := ends_at - time.monotonic()) > 0:
            if selector.select(left):
                part = os.read(child.stdout.fileno(), READ_SIZE)
                if not part:
                    break
                output += part
    return bytes(output)


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

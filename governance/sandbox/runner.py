"""Reading what a port serves, in a limited child process: our own statements only."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from django.conf import settings

from catalog.contracts.models import Server
from catalog.ports.addresses import Target, check_address, parse_ip
from catalog.ports.files import OutsideRoot, open_within_root
from catalog.ports.http_client import allowed_targets
from catalog.ports.http_transport import resolve_host
from catalog.ports.http_types import FetchFailed
from governance.sandbox.types import FILE_KINDS, Source, SourceUnreadable, TableProfile

WALL_SECONDS = 30
LOOK_UP_SECONDS = 5
MOST_ANSWER = 32 * 1024 * 1024
PROJECT = Path(__file__).resolve().parents[2]
# What the child may know of the environment: no secret, no address of a server.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def read_server(server: Server, *, values_of: tuple[str, ...] = ()) -> list[TableProfile]:
    """Return the tables that a contract's server holds. Raises SourceUnreadable.

    `values_of` names columns, as `table.column` or `*`, whose values may be looked at.
    """
    if server.type in ("postgres", "postgresql"):
        place = _database(server)
        return run_child(Source(kind="postgres", database=place, values_of=values_of))
    kind = server.format.casefold()
    if server.type != "local" or kind not in FILE_KINDS:
        raise SourceUnreadable("not-readable-here")
    try:
        descriptor = open_within_root(server.location, root=Path(settings.ASSAY_FILES_ROOT))
    except OutsideRoot as error:
        raise SourceUnreadable("outside-root") from error
    except (OSError, ValueError) as error:
        raise SourceUnreadable("not-found") from error
    try:
        source = Source(kind=kind, descriptor=descriptor, values_of=values_of)
        return [_named(table, server) for table in run_child(source)]
    finally:
        os.close(descriptor)


def run_child(source: Source) -> list[TableProfile]:
    """Start the child, hand it the source, and return its answer. Raises SourceUnreadable."""
    passed = (source.descriptor,) if source.descriptor >= 0 else ()
    with subprocess.Popen(  # noqa: S603 - our own program, no shell
        [sys.executable, "-I", "-c", _program()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        pass_fds=passed,
        start_new_session=True,
    ) as child:
        try:
            output, _ = child.communicate(json.dumps(asdict(source)).encode(), timeout=WALL_SECONDS)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise SourceUnreadable("too-costly") from error
    if child.returncode != 0 or len(output) > MOST_ANSWER:
        raise SourceUnreadable("too-costly")
    return _tables(json.loads(output))


def _program() -> str:
    return (
        f"import sys; sys.path.insert(0, {str(PROJECT)!r}); "
        "from governance.sandbox.worker import main; main()"
    )


def _tables(answer: dict[str, Any]) -> list[TableProfile]:
    if "code" in answer:
        raise SourceUnreadable(answer["code"])
    tables = [TableProfile.of(table) for table in answer["tables"]]
    if not tables:
        raise SourceUnreadable("empty")
    return tables


def _named(table: TableProfile, server: Server) -> TableProfile:
    """Name a file's one table after the file."""
    if server.format.casefold() == "sqlite":
        return table
    return replace(table, name=Path(server.location).name.split(".")[0])


def _database(server: Server) -> dict[str, str]:
    """Return how to reach a database: its checked address, and its password from the secrets."""
    declared = next(
        (
            item
            for item in server.contract.tree.get("servers", ())
            if isinstance(item, dict) and item.get("server") == server.name
        ),
        {},
    )
    host, port = str(declared.get("host", "")), str(declared.get("port") or "5432")
    place = {
        "host": host,
        "hostaddr": _checked_address(host, port),
        "port": port,
        "dbname": str(declared.get("database", "")),
        "schema": str(declared.get("schema") or "public"),
    }
    return place | _credentials(declared)


def _checked_address(host: str, port: str) -> str:
    try:
        target = Target(scheme="postgres", host=host.lower(), port=int(port))
        addresses = _addresses(target)
        for address in addresses:
            check_address(address, target, allowed=allowed_targets())
        return str(addresses[0])
    except (FetchFailed, ValueError, IndexError, OSError) as error:
        raise SourceUnreadable("refused") from error


def _addresses(target: Target) -> list[IPv4Address | IPv6Address]:
    if (address := parse_ip(target.host)) is not None:
        return [address]
    found = asyncio.run(asyncio.wait_for(resolve_host(target.host, target.port), LOOK_UP_SECONDS))
    return [ip_address(address) for _, address in found]


def _credentials(declared: dict[str, Any]) -> dict[str, str]:
    """Return user and password; the contract names the secret, the environment holds it."""
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

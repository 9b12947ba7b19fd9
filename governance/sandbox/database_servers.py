"""Where the database of a contract is and who signs in to it: a checked address, a named secret."""

import asyncio
import os
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings

from catalog.contracts.models import Server
from catalog.ports.addresses import Target, check_address, parse_ip
from catalog.ports.http_client import allowed_targets
from catalog.ports.http_transport import resolve_host
from catalog.ports.http_types import AddressBlocked
from catalog.products.projection import custom
from catalog.types import JSONObject
from governance.sandbox.types import SourceUnreadable

RESOLVE_SECONDS = 5
# Assay's own key has a name of the same form; it is the secret of no source.
SIGNING_KEY = "ASSAY_SECRET_KEY"


@dataclass(frozen=True)
class Dialect:
    """How a type of server is read: by which connector, by which dialect of SQLAlchemy."""

    connector: str
    name: str
    port: str = ""


POSTGRES = Dialect("postgres", "postgresql+psycopg", "5432")
DIALECTS = {
    "postgres": POSTGRES,
    "postgresql": POSTGRES,
    "mysql": Dialect("mysql", "mysql+pymysql", "3306"),
    "mariadb": Dialect("mysql", "mariadb+pymysql", "3306"),
}


def database_types() -> tuple[str, ...]:
    """Return the types of server that are read as a database, those of the operator too."""
    return (*DIALECTS, *dict(settings.ASSAY_SQL_DIALECTS))


def dialect_of(server_type: str) -> Dialect | None:
    name = dict(settings.ASSAY_SQL_DIALECTS).get(server_type)
    return DIALECTS.get(server_type) or (Dialect("database", name) if name else None)


def connection_parameters(server: Server, dialect: Dialect) -> dict[str, str]:
    """Return the parameters of a connection. Raises SourceUnreadable."""
    declared = declared_server(server)
    host, port = str(declared.get("host") or ""), str(declared.get("port") or dialect.port)
    if not host or not port.isdecimal():
        raise SourceUnreadable("no-address")
    database = {
        "dialect": dialect.name,
        "host": host,
        "hostaddr": _checked_address(host, int(port)),
        "port": port,
        "dbname": str(declared.get("database") or ""),
        "schema": str(declared.get("schema") or ""),
    }
    user, secret = credentials_of(server, declared, place=f"{host.lower()}:{port}")
    return database | {
        key: value for key, value in {"user": user, "password": secret}.items() if value is not None
    }


def declared_server(server: Server) -> JSONObject:
    """Return a server's entry in its contract; empty if there is none."""
    entries = [
        entry
        for entry in server.contract.tree.get("servers") or ()
        if isinstance(entry, dict)
        and (entry.get("server") or entry.get("id") or "server") == server.name
        and entry.get("type") == server.type
    ]
    same_place = (entry for entry in entries if entry.get("location") == server.location)
    return next(same_place, next(iter(entries), {}))


def credentials_of(
    server: Server, declared: JSONObject, *, place: str
) -> tuple[str | None, str | None]:
    """Return user and secret; the contract names the secret, the environment has its value.

    Raises SourceUnreadable.
    """
    user, name = custom(declared, "assayUser"), custom(declared, "assaySecret")
    secret = named_secret(str(name), server=server, place=place) if name else None
    return str(user) if user else None, secret


def _checked_address(host: str, port: int) -> str:
    """Return the one address that the child connects to; every address of a name is checked."""
    target = Target(scheme="sql", host=host.lower(), port=port)
    try:
        if (literal := parse_ip(target.host)) is not None:
            addresses: list[IPv4Address | IPv6Address] = [literal]
        else:
            resolving = asyncio.wait_for(resolve_host(host.lower(), port), RESOLVE_SECONDS)
            addresses = [ip_address(address) for _, address in asyncio.run(resolving)]
        for address in addresses:
            check_address(address, target, allowed=allowed_targets())
        return str(addresses[0])
    except AddressBlocked as error:
        raise SourceUnreadable("refused") from error
    except (ValueError, IndexError, OSError) as error:
        raise SourceUnreadable("unresolved") from error


def named_secret(name: str, *, server: Server, place: str) -> str:
    """Return the secret of a name for a server at a host:port. Raises SourceUnreadable.

    An operator lists the domains and places that it is for: an editor of any contract can name any
    secret and any server, and would get the secret, or read with it what another domain owns.
    """
    variable = f"ASSAY_SECRET_{name.upper()}"
    secret = os.environ.get(variable)
    if secret is None or variable == SIGNING_KEY:
        raise SourceUnreadable("no-secret", f"({variable})")
    domain = server.contract.product.domain.slug
    uses = os.environ.get(f"{variable}_FOR", "").lower().replace(" ", "").split(",")
    if not {f"{domain}@{place}", f"*@{place}"} & set(uses):
        detail = f"An operator allows it by {domain}@{place} in {variable}_FOR."
        raise SourceUnreadable("secret-not-for-this", detail)
    return secret

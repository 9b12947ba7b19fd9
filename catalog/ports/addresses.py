"""Which addresses Assay may call: URLs as written, network addresses as opened; pure.

Python's own `ipaddress` judgements differ between releases and miss embedded addresses, so the
table here is ours: the IANA special-purpose registries, with every wrapping of IPv4 taken off.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from catalog.ports.http_types import AddressBlocked, InvalidUrl

Address = IPv4Address | IPv6Address

MAX_URL_LENGTH = 2048


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, text.split()))


# Link-local, "this host" and cloud metadata: no setting can open them.
ALWAYS_BLOCKED = _networks("""
    0.0.0.0/8 100.100.100.200/32 168.63.129.16/32 169.254.0.0/16 192.0.0.192/32 224.0.0.0/4
    255.255.255.255/32 ::/128 fe80::/10 fd00:ec2::/32 ff00::/8
""")
PRIVATE = _networks("""
    10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
    192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24
    203.0.113.0/24 240.0.0.0/4 2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20
""")
# Only this part of IPv6 is handed out for the public.
PUBLIC_V6 = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
# An interface identifier that ISATAP builds around an IPv4 address, local and universal form.
ISATAP = (0x00005EFE, 0x02005EFE)

# The ports that the Fetch standard refuses because another protocol listens there.
_BLOCKED_PORTS = """
    1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113
    115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554
    556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6379 6566
    6665 6666 6667 6668 6669 6679 6697 10080
"""
BLOCKED_PORTS = frozenset(map(int, _BLOCKED_PORTS.split()))
DEFAULT_PORTS = {"http": 80, "https": 443}
LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "home.arpa")

FORBIDDEN_CHARACTER = re.compile(r"[\x00-\x20\x7f-\x9f\\^`{|}<>\"\u2028\u2029\ufeff\ud800-\udfff]")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
PORT = re.compile(r"[0-9]{1,5}\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a URL: its host in lower case (an IPv6 address without brackets) and port."""

    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return what two URLs share if credentials for one may be sent to the other."""
        return (self.scheme, self.host, self.port)

    @property
    def netloc(self) -> str:
        return netloc_of(self.host, self.port)


INVALID_TARGET = Target("", "", 0)


def netloc_of(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_url(url: str, *, allowed: Iterable[str] = ()) -> Target:
    """Return the target of a URL after every check that needs no name resolution.

    Raises InvalidUrl if the text is not a plain http or https URL, AddressBlocked if it names
    an address or a name that is not public and not in `allowed` (host:port texts).
    """
    target = parse_url(url)
    allowed = frozenset(allowed)
    address = parse_ip(target.host)
    if address is not None:
        check_address(address, target, allowed=allowed)
    elif target.netloc not in allowed and is_local_name(target.host):
        raise AddressBlocked(f"{target.host} is a local name; write a full public host name")
    if target.port in BLOCKED_PORTS and target.netloc not in allowed:
        raise InvalidUrl(f"port {target.port} belongs to another protocol than HTTP")
    return target


@lru_cache(maxsize=4096)
def parse_url(url: str) -> Target:
    """Return the target of a URL; raises InvalidUrl if two programs might read it differently."""
    if len(url) > MAX_URL_LENGTH:
        raise InvalidUrl(f"the URL is longer than {MAX_URL_LENGTH} characters")
    if FORBIDDEN_CHARACTER.search(url):
        raise InvalidUrl(
            "the URL holds a space, a backslash, a control or another forbidden character"
        )
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidUrl("the URL cannot be taken apart; check its brackets") from error
    scheme = parts.scheme
    if scheme not in DEFAULT_PORTS:
        raise InvalidUrl("only http:// and https:// are called")
    if not parts.netloc or not url[len(scheme) :].startswith("://"):
        raise InvalidUrl("the URL names no host")
    if "@" in parts.netloc:
        raise InvalidUrl("a user name or password may not stand in a URL")
    host, port = _host_and_port(parts.netloc)
    return Target(scheme, _checked_host(host), port or DEFAULT_PORTS[scheme])


def _host_and_port(netloc: str) -> tuple[str, int | None]:
    """Split by hand: `urlsplit().port` takes digits of every script."""
    if netloc.startswith("["):
        host, closed, rest = netloc[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")) or ":" not in host:
            raise InvalidUrl("brackets belong around an IPv6 address, and only there")
        return host, _port(rest[1:]) if rest else None
    host, colon, port = netloc.partition(":")
    return host, _port(port) if colon else None


def _port(text: str) -> int:
    if not PORT.match(text) or not 0 < int(text) < 65536:
        raise InvalidUrl("the port is a number from 1 to 65535")
    return int(text)


def _checked_host(host: str) -> str:
    host = host.lower()
    if not host.isascii():
        raise InvalidUrl("write an international host name in its xn-- form")
    if "%" in host:
        raise InvalidUrl("a host name holds no percent sign")
    if ":" in host:
        try:
            return IPv6Address(host).compressed
        except ValueError as error:
            raise InvalidUrl("the text in brackets is not an IPv6 address") from error
    name = host.removesuffix(".")
    if not name or len(name) > 253 or not all(LABEL.match(label) for label in name.split(".")):
        raise InvalidUrl("the host is not a valid name or address")
    last = name.rsplit(".", 1)[-1]
    if (last.isdigit() or last.startswith("0x")) and parse_ip(name) is None:
        raise InvalidUrl("write an IPv4 address as four decimal numbers with dots")
    return name


def is_local_name(host: str) -> bool:
    return "." not in host or f".{host}".endswith(tuple(f".{name}" for name in LOCAL_NAMES))


@lru_cache(maxsize=4096)
def parse_ip(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def check_address(address: Address, target: Target, *, allowed: frozenset[str]) -> None:
    """Raise AddressBlocked unless a connection for `target` may be opened to `address`.

    `allowed` opens private addresses by the URL's host:port or by the very address:port;
    link-local, metadata and multicast addresses stay closed.
    """
    for inner in unwrap_embedded_ipv4(address):
        if is_always_blocked(inner):
            raise AddressBlocked(f"{target.host} leads to an address that is never called")
        listed = target.netloc in allowed or netloc_of(str(inner), target.port) in allowed
        if not is_public(inner) and not listed:
            raise AddressBlocked(f"{target.host} does not lead to a public address")


def unwrap_embedded_ipv4(address: Address) -> tuple[Address, ...]:
    """Return every address that a packet for `address` may end at.

    Mapped, NAT64 and 6to4 forms give the IPv4 address inside; ISATAP gives both.
    """
    if isinstance(address, IPv4Address):
        return (address,)
    number = int(address)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address in NAT64:
        return (IPv4Address(number & 0xFFFFFFFF),)
    plain = IPv6Address(number)
    if number >> 32 & 0xFFFFFFFF in ISATAP:
        return (plain, IPv4Address(number & 0xFFFFFFFF))
    return (plain,)


@lru_cache(maxsize=4096)
def is_always_blocked(address: Address) -> bool:
    return any(address in network for network in ALWAYS_BLOCKED)


@lru_cache(maxsize=4096)
def is_public(address: Address) -> bool:
    """Return True if an address, once unwrapped, belongs to the public internet."""
    if is_always_blocked(address) or any(address in network for network in PRIVATE):
        return False
    return isinstance(address, IPv4Address) or address in PUBLIC_V6

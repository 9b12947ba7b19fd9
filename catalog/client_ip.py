"""The IP address of the client of a request; the one reading of proxies' headers."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """Return the address that the outermost of our own proxies saw, else that of the peer.

    `ASSAY_PROXIES` says how many proxies are ours; what others write into the header counts for
    nothing.
    """
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
    address = forwarded[-min(proxies, len(forwarded))].strip() if forwarded else ""
    return address or str(request.META.get("REMOTE_ADDR", ""))


def client_network(request: HttpRequest) -> str:
    """Return what limits count as one address: an IPv4 address, or the /64 of an IPv6 one."""
    address = client_ip(request)
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    prefix = 64 if parsed.version == 6 else 32
    return str(ipaddress.ip_network(f"{parsed}/{prefix}", strict=False).network_address)

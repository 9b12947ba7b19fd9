"""Which URLs and addresses Assay may call, judged without the network."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ports.addresses import (
    Target,
    check_address,
    check_url,
    is_always_blocked,
    is_public,
    netloc_of,
    unwrap_embedded_ipv4,
)
from catalog.ports.http_types import AddressBlocked, FetchFailed, InvalidUrl

NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254
    169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.2.1
    192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.255 100.100.100.200 168.63.129.16 192.0.0.192
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:7f00:1
    64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1::1 2001:2::1
    2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101::1 3fff::1 5f00::1
    fc00::1 fd00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1
    2a00:1450::5efe:7f00:1 2a00:1450::200:5efe:a00:1
""".split()

PUBLIC = """
    1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1
    223.255.255.255 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1 2a00:1450:4001::200e
    2606:4700:4700::1111 2001:4860:4860::8888
""".split()


def refuses(address: str) -> bool:
    try:
        check_address(ip_address(address), Target("http", "x.example", 80), allowed=frozenset())
    except AddressBlocked:
        return True
    return False


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_in_every_wrapping(address):
    assert refuses(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address):
    assert not refuses(address)


@given(st.ip_addresses(v=4))
def test_no_wrapping_opens_what_the_plain_address_is_refused_for(address: IPv4Address):
    number = int(address)
    mapped = IPv6Address(0xFFFF << 32 | number)
    nat64 = IPv6Address((0x64FF9B << 96) | number)
    six_to_four = IPv6Address((0x2002 << 112) | number << 80)

    for wrapped in (mapped, nat64, six_to_four):
        assert refuses(str(wrapped)) == refuses(str(address))


@given(st.ip_addresses(v=6))
def test_an_address_outside_2000_slash_3_is_public_only_by_what_it_wraps(address: IPv6Address):
    inner = unwrap_embedded_ipv4(address)

    if int(address) >> 125 != 1 and inner == (address,):
        assert refuses(str(address))


@given(st.ip_addresses())
def test_what_python_itself_calls_private_or_local_is_never_public(address):
    if address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(address)
    if address.is_private and unwrap_embedded_ipv4(address) == (address,):
        assert not is_public(address)


@pytest.mark.parametrize("place", ["127.0.0.1:8001", "10.1.2.3:8001", "[::1]:8001"])
def test_a_listed_private_place_may_be_called_at_that_port_alone(place):
    check_url(f"http://{place}/items", allowed=[place])

    with pytest.raises(AddressBlocked):
        check_url(f"http://{place}9/items".replace("80019", "8002"), allowed=[place])


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "0.0.0.0", "ff02::1"]
)
def test_link_local_and_metadata_addresses_stay_closed_even_when_listed(address):
    place = netloc_of(address, 80)

    with pytest.raises(AddressBlocked):
        check_url(f"http://{place}/latest/meta-data", allowed=[place])


def test_a_listed_name_does_not_open_a_metadata_address_that_it_resolves_to():
    target = Target("http", "inner.example", 80)
    allowed = frozenset({"inner.example:80"})

    check_address(ip_address("10.0.0.7"), target, allowed=allowed)
    with pytest.raises(AddressBlocked):
        check_address(ip_address("169.254.169.254"), target, allowed=allowed)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1.2/",
        "http://256.1.1.1/",
        "http://1.2.3/",
        "http://example.0x7f000001/",
        "http://example.1/",
    ],
)
def test_an_ipv4_address_in_an_odd_spelling_is_refused(url):
    with pytest.raises(InvalidUrl, match="four decimal numbers"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/items",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "javascript:alert(1)",
        "http:///items",
        "http:example.org",
        "http:/example.org",
        "http://",
        "http://?q",
        "http://#f",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://good.example@bad.example/",
        "http://good.example\\@bad.example/",
        "http://good.example\\.bad.example/",
        "http:\\\\example.org/",
        "http://exa mple.org/",
        "http://example.org/a b",
        " http://example.org/",
        "http://example.org/\n",
        "http://example.org/\r\nHost: inner",
        "ht\ttp://example.org/",
        "http://example.org/\x00",
        "http://example.org/\ud800",
        "http://example.org/\x85",
        "http://exa%6dple.org/",
        "http://127.0.0.1%2f@example.org/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://exämple.org/",
        "http://example..org/",
        "http://.example.org/",
        "http://-example.org/",
        "http://example.org-/",
        f"http://{'a' * 64}.org/",
        f"http://{'a.' * 127}org/",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:/",
        "http://example.org:+80/",
        "http://example.org:８０/",
        "http://example.org:0x50/",
        "http://example.org:80:90/",
        "http://example.org:-1/",
        "http://[::1/",
        "http://::1/",
        "http://[example.org]/",
        "http://[127.0.0.1]/",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://[::1]:x/",
        "http://example.org:25/",
        "http://example.org:6379/",
        "http://example.org/" + "a" * 2048,
    ],
)
def test_a_url_that_two_programs_might_read_differently_is_refused(url):
    with pytest.raises(InvalidUrl):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost:8000/",
        "http://printer.local/",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://intranet/",
        "http://nas.home.arpa/",
        "http://127.0.0.1/",
        "http://[::1]:8000/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
    ],
)
def test_a_url_that_names_a_local_place_is_refused_without_a_look_up(url):
    with pytest.raises(AddressBlocked):
        check_url(url)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://example.org", Target("http", "example.org", 80)),
        ("HTTPS://Example.ORG./a?b=c#d", Target("https", "example.org", 443)),
        ("http://example.org:8080/", Target("http", "example.org", 8080)),
        ("http://xn--exmple-cua.org/", Target("http", "xn--exmple-cua.org", 80)),
        ("http://8.8.8.8/", Target("http", "8.8.8.8", 80)),
        ("http://[2606:4700:4700:0::1111]:81/", Target("http", "2606:4700:4700::1111", 81)),
        ("http://data_1.example.org/%C3%A9t%C3%A9", Target("http", "data_1.example.org", 80)),
    ],
)
def test_a_plain_url_tells_where_it_leads(url, target):
    assert check_url(url) == target


@given(st.text(max_size=60))
def test_any_text_is_either_a_target_or_a_named_failure(text):
    for url in (text, f"http://{text}", f"http://example.org/{text}"):
        try:
            target = check_url(url)
        except FetchFailed:
            continue
        else:
            assert target.host.isascii()
            assert 0 < target.port < 65536


@given(st.ip_addresses())
def test_what_is_never_allowed_is_not_public_either(address):
    if is_always_blocked(address):
        assert not is_public(address)

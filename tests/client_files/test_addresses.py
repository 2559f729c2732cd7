from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.core.pictures.addresses import AddressRefused, check_url, is_public

Wrap: TypeAlias = Callable[[int], ipaddress.IPv4Address | ipaddress.IPv6Address]

SERVICE, SANDBOX = "https://lumen.example", "http://127.0.0.1:8000"

PRIVATE = [
    "0.0.0.0",  # noqa: S104  an address to be refused, not to listen on
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]

FAKE_IP = ipaddress.IPv4Network("198.18.0.0/15")

# What routers turn into an IPv4 address.
DISGUISES: dict[str, Wrap] = {
    "mapped": lambda number: ipaddress.IPv6Address(0xFFFF << 32 | number),
    "compatible": ipaddress.IPv6Address,
    "translated": lambda number: ipaddress.IPv6Address(0xFFFF << 48 | number),
    "NAT64": lambda number: ipaddress.IPv6Address(0x0064_FF9B << 96 | number),
    "6to4": lambda number: ipaddress.IPv6Address(0x2002 << 112 | number << 80),
    "Teredo": lambda number: ipaddress.IPv6Address(0x2001_0000 << 96 | number ^ 0xFFFF_FFFF),
    "ISATAP": lambda number: ipaddress.IPv6Address(0x2606_4700 << 96 | 0x5EFE << 32 | number),
}


@pytest.mark.parametrize("number", PRIVATE)
@pytest.mark.parametrize("wrap", [ipaddress.IPv4Address, *DISGUISES.values()])
def test_private_addresses_are_refused_in_every_disguise(number: str, wrap: Wrap) -> None:
    """Private, link-local, shared, metadata: refused as IPv4, and wrapped in IPv6."""
    assert not is_public(wrap(int(ipaddress.IPv4Address(number))))


@given(st.integers(0, 2**32 - 1))
def test_no_ipv4_address_counts_as_public_that_is_none(number: int) -> None:
    """What Python calls private is refused, but for fake IPs, and so it is in every disguise."""
    address = ipaddress.IPv4Address(number)
    public = is_public(address)
    if not (address.is_global or address in FAKE_IP):
        assert not public
    for disguise in DISGUISES.values():
        assert public or not is_public(disguise(number))


@given(st.integers(0, 2**128 - 1) | st.integers(1 << 125, (1 << 126) - 1))
def test_no_ipv6_address_counts_as_public_that_is_none(number: int) -> None:
    """Of IPv6, only what is given out to hosts is asked."""
    address = ipaddress.IPv6Address(number)
    if not is_public(address):
        return
    known = ("2000::/3", "::ffff:0:0/96", "64:ff9b::/96")
    assert any(address in ipaddress.IPv6Network(network) for network in known)
    assert not address.is_multicast


def test_pythons_own_tables_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which addresses are public does not depend on the version of Python."""
    for kind in (ipaddress.IPv4Address, ipaddress.IPv6Address):
        for name in ("is_global", "is_private", "is_reserved", "is_multicast", "is_link_local"):
            monkeypatch.setattr(kind, name, property(lambda _: pytest.fail("was asked")))

    assert is_public(ipaddress.ip_address("8.8.8.8"))
    assert is_public(ipaddress.ip_address("2606:4700::1111"))
    assert not any(is_public(ipaddress.ip_address(number)) for number in PRIVATE)


@pytest.mark.parametrize(
    "number",
    [
        "::1",
        "::",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "ff02::1",
        "64:ff9b:1::1",
        "2001:db8::1",
        "2001:10::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "8000::1",
    ],
)
def test_private_ipv6_is_refused(number: str) -> None:
    """The same holds for what IPv6 has of its own."""
    assert not is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "number", ["8.8.8.8", "198.18.0.7", "198.19.255.1", "2606:4700::1111", "64:ff9b::8.8.8.8"]
)
def test_public_addresses_and_fake_ips_are_not(number: str) -> None:
    """The public internet is asked, and so is what proxies answer names with."""
    assert is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "host",
    [
        *PRIVATE,
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "１２７.0.0.1",  # noqa: RUF001  full-width digits are what is tested
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "[::1]",
        "[::ffff:169.254.169.254]",
        "[fe80::1%25eth0]",
        "127%2e0%2e0%2e1",
        "user:password@pictures.example",
        "",
    ],
)
def test_hosts_that_are_not_asked(host: str) -> None:
    """Whatever spelling leads inside is refused before any name is looked up."""
    with pytest.raises(AddressRefused):
        check_url(f"https://{host}/1.png", base_url=SERVICE)


def test_a_backslash_does_not_move_the_host() -> None:
    """The host that is checked is the one in the address that is sent."""
    target = check_url("https://pictures.example\\@127.0.0.1/1.png", base_url=SERVICE)

    assert target.host == "pictures.example"
    assert target.url == "https://pictures.example/%5C@127.0.0.1/1.png"


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example/1.png",
        "ftp://pictures.example/1.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "//pictures.example/1.png",
        "/1.png",
        "",
        "https://",
        "https://[::1",
        "https://pictures.example:99999/",
    ],
)
def test_only_https_is_asked(url: str) -> None:
    """Any other scheme, or none, is refused."""
    for base_url in (SERVICE, SANDBOX):
        with pytest.raises(AddressRefused):
            check_url(url, base_url=base_url)


@pytest.mark.parametrize("port", [22, 25, 80, 8443, 65535])
def test_no_other_port_is_asked(port: int) -> None:
    """Pictures come from 443 or the service's own port; elsewhere only if the user names a host."""
    url = f"https://pictures.example:{port}/1.png"
    with pytest.raises(AddressRefused, match=f"port {port}"):
        check_url(url, base_url=SERVICE)
    assert check_url(url, base_url=f"https://lumen.example:{port}").host == "pictures.example"
    assert check_url(url, base_url=SERVICE, allow_hosts=["pictures.example"]).exempt
    assert not check_url("https://pictures.example:443/1.png", base_url=SERVICE).exempt


def test_loopback_is_asked_only_by_loopback() -> None:
    """A sandbox's results may be on this machine over http; those of other services may not."""
    for host in ("127.0.0.1:9000", "localhost:9000", "[::1]:9000"):
        target = check_url(f"http://{host}/1.png", base_url=SANDBOX)

        assert target.is_loopback
        assert target.admits(ipaddress.ip_address("127.0.0.1"))
        assert not target.admits(ipaddress.ip_address("10.0.0.1"))
        with pytest.raises(AddressRefused, match="this machine"):
            check_url(f"http://{host}/1.png", base_url=SERVICE)


def test_a_public_result_of_a_sandbox_is_held_to_the_public() -> None:
    """A sandbox may name a public address, but not a private one."""
    target = check_url("https://pictures.example/1.png", base_url=SANDBOX)

    assert not target.admits(ipaddress.ip_address("127.0.0.1"))
    with pytest.raises(AddressRefused):
        check_url("https://10.0.0.1/1.png", base_url=SANDBOX)


def test_allow_hosts_opens_a_name_and_no_other() -> None:
    """A name the user vouches for may lead inside; https stays."""
    allowed = {"base_url": SERVICE, "allow_hosts": ["Store.Internal", "10.0.0.5"]}
    target = check_url("https://store.internal/1.png", **allowed)  # type: ignore[arg-type]  # two types in one dict

    assert target.admits(ipaddress.ip_address("10.9.9.9"))
    assert check_url("https://10.0.0.5/", **allowed).exempt  # type: ignore[arg-type]  # as above
    for url in ("http://store.internal/1.png", "https://10.0.0.6/", "https://x.store.internal/"):
        other = None
        try:
            other = check_url(url, **allowed)  # type: ignore[arg-type]  # as above
        except AddressRefused:
            continue
        assert not other.admits(ipaddress.ip_address("10.9.9.9"))


@given(number=st.integers(0, 2**32 - 1))
def test_every_ipv4_is_judged_alike_in_each_wrapping(number: int) -> None:
    """An IPv6 address that stands for an IPv4 one is never judged more kindly."""
    address = ipaddress.IPv4Address(number)
    wrapped = ipaddress.IPv6Address(0xFFFF << 32 | number)

    assert is_public(wrapped) == is_public(address)


@pytest.mark.slow
@given(text=st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """No text makes the check fail in another way."""
    for url in (text, f"https://{text}", f"https://pictures.example/{text}"):
        try:
            target = check_url(url, base_url=SERVICE)
        except AddressRefused:
            continue
        assert target.url.startswith("https://")

"""Which addresses may be asked for a picture, before a name is looked up and after.

A result's address comes from outside, and a notebook often runs inside a cluster: a server that
could make this client ask an internal address would have a spy there.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import requests
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

if TYPE_CHECKING:
    from collections.abc import Sequence

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# Tables of our own (IANA's registries of special addresses): Python's change with its version.
# Not in them is 198.18.0.0/15, set aside for benchmarks and never routed: proxies that answer every
# name with an address of their own ("fake IP") use it, and whole countries' developers sit behind
# those.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and some clouds' metadata
        "127.0.0.0/8",
        "168.63.129.16",  # where Azure answers its machines
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # the protocols' own, and a cloud's metadata
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, and what is reserved
    )
)

# All that is given out of IPv6, and what of it is not for hosts; what is not given out may come to
# mean anything.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")
)

# IPv6 networks whose last 32 bits are an IPv4 address that a system or a router turns them into.
_ENDS_IN_IPV4 = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))

# In any network, the third 32 bits of an address whose last are an IPv4 address (ISATAP).
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})

_PORTS = {"http": 80, "https": 443}

# Letters, digits, and what else a name or an address is made of. A percent sign would be read in
# one way here and perhaps in another by a proxy.
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")

# DNS has no longer names, and a host is repeated in errors.
_LONGEST_HOST = 253


class AddressRefused(ValueError):
    """An address that is not asked; the text says why, without the address's path or query.

    Parameters
    ----------
    why
        The text.
    allowable
        Whether it would be asked if its host was one of ``allow_hosts``.

    """

    def __init__(self, why: str, *, allowable: bool = False) -> None:
        super().__init__(why)
        self.allowable = allowable


@dataclass(frozen=True)
class Target:
    """A checked address.

    Attributes
    ----------
    url
        The address as it is to be sent.
    host
        Name or literal address, in lower case, without brackets.
    is_loopback
        Whether it is this machine by name or by number.
    exempt
        Whether the user vouches for this host, so that it may lie in a private network.

    """

    url: str
    host: str
    is_loopback: bool
    exempt: bool

    def admits(self, address: IPAddress) -> bool:
        """Say whether `address`, which the host's name led to, may be connected to."""
        if self.is_loopback:
            return address.is_loopback
        return self.exempt or is_public(address)

    def look_up(self, host: str, port: int) -> list[str]:
        """Look a name up once, and return the numbers that may be connected to.

        Only these are to be connected to: a name cannot lead to a harmless address for the check
        and to another one for the connection.

        Raises
        ------
        OSError
            The name leads nowhere.
        AddressRefused
            It leads to no address that is admitted.

        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise socket.gaierror(f"{host} is no name") from None
        numbers = [str(entry[4][0]) for entry in found]
        # A scope ("%eth0") only says by which door a link-local address is reached.
        admitted = [one for one in numbers if self.admits(ipaddress.ip_address(one.split("%")[0]))]
        if not admitted:
            raise AddressRefused(
                f"{host} leads to no address of the public internet", allowable=not self.is_loopback
            )
        return admitted


def check_url(url: str, *, base_url: str, allow_hosts: Sequence[str] = ()) -> Target:
    """Check the address of a result, as far as that is possible without looking up its name.

    Parameters
    ----------
    url
        The address.
    base_url
        The service's own: only where it is on loopback may the result be there too, over http
        as well.
    allow_hosts
        Names or literal addresses that may lie in private networks.

    Raises
    ------
    AddressRefused
        It is not https; its port is neither 443 nor the service's own; or it is an address, or a
        name of this machine, that is not asked.

    Examples
    --------
    >>> check_url("https://pictures.example/1.png", base_url="https://lumen.example").host
    'pictures.example'

    """
    scheme, host, port, prepared = _parsed(url)
    _, base_host, base_port, _ = _parsed(base_url)
    local = is_loopback_host(host)
    if local and not is_loopback_host(base_host):
        raise AddressRefused(f"{host} is this machine, and the service is not")
    if scheme != "https" and not (scheme == "http" and local):
        raise AddressRefused(f"{scheme}://{host} is not https")
    exempt = host in {name.lower().strip("[]") for name in allow_hosts}
    if not (local or exempt or port in {_PORTS["https"], base_port}):
        raise AddressRefused(
            f"{host} is to be asked on port {port}, where no pictures are served", allowable=True
        )
    literal = literal_address(host)
    if literal is not None and not (local or exempt or is_public(literal)):
        raise AddressRefused(f"{host} is not an address of the public internet", allowable=True)
    return Target(prepared, host, local, exempt)


def is_public(address: IPAddress) -> bool:
    """Say whether an address is one of the public internet, or a proxy's fake IP.

    Private, link-local, loopback, carrier-grade NAT, multicast, reserved and cloud metadata
    addresses are not; neither is an IPv6 address that would be turned into one of those.

    Examples
    --------
    >>> is_public(ipaddress.ip_address("169.254.169.254"))
    False

    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    inner = _inner_address(address)
    if inner is not None:
        return is_public(inner)
    return address in _GIVEN_OUT and not any(address in network for network in _SPECIAL_IPV6)


def is_loopback_url(url: str) -> bool:
    """Say whether an address is on this machine, by name or by number."""
    try:
        return is_loopback_host(_parsed(url)[1])
    except AddressRefused:
        return False


def is_loopback_host(host: str) -> bool:
    """Say whether a host is this machine, by name or by number.

    Examples
    --------
    >>> is_loopback_host("127.0.0.1"), is_loopback_host("localhost.example")
    (True, False)

    """
    literal = literal_address(host)
    if literal is not None:
        return literal.is_loopback
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def literal_address(host: str) -> IPAddress | None:
    """Return the address that a host is when it is not a name, in any spelling systems accept.

    Examples
    --------
    >>> literal_address("0x7f.1")
    IPv4Address('127.0.0.1')

    """
    host = host.strip("[]")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9a-fx.]+", host.lower()):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def _parsed(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and the address as requests will send it.

    It is taken apart by the code that will connect: two parsers that disagree are a way around
    any check.
    """
    request = requests.PreparedRequest()
    try:
        # requests leaves out what stands before it, and would send a line break after it
        request.prepare_url(url.strip(), None)
        parts = parse_url(str(request.url))
    except (requests.RequestException, LocationParseError, UnicodeError, ValueError):
        raise AddressRefused("it is not a valid URL") from None
    scheme, host = parts.scheme or "", (parts.host or "").lower()
    if scheme not in _PORTS or not _HOST.fullmatch(host) or len(host) > _LONGEST_HOST:
        raise AddressRefused("it is not an https address with a plain host name")
    if parts.auth is not None:
        raise AddressRefused("it has a user name or password in it")
    return scheme, host.strip("[]"), parts.port or _PORTS[scheme], str(request.url)


def _inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a router would make of an IPv6 one."""
    number = int(address)
    is_isatap = number >> 32 & 0xFFFF_FFFF in _ISATAP and address in _GIVEN_OUT
    if is_isatap or any(address in network for network in _ENDS_IN_IPV4):
        return ipaddress.IPv4Address(number & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return None if address.teredo is None else address.teredo[1]

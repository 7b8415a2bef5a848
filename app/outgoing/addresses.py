"""Which network addresses may be reached: those of the world, and the few that the operator allows."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER = tuple(
    ip_network(each)
    for each in (
        "168.63.129.16/32",  # Azure's own services behind every virtual machine
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "fec0::/10",
        "64:ff9b:1::/48",
        "2001::/23",
    )
)
"""Not of the world, whatever the standard library of this Python says of them."""

NAT64 = ip_network("64:ff9b::/96")
COMPATIBLE = ip_network("::/96")


class Allowed:
    """What an operator lets be reached although it is private or loopback: host names, addresses, networks."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Raise ValueError for an entry that looks like a network and is none."""
        self._hosts: set[str] = set()
        self._networks: list[Network] = []
        for entry in entries:
            plain = entry.strip().lower().rstrip(".")
            if "/" in plain or _as_address(plain):
                self._networks.append(ip_network(plain, strict=False))
            elif plain:
                self._hosts.add(plain)

    def host(self, host: str) -> bool:
        """Return whether this name is allowed, wherever it leads."""
        return host.lower().rstrip(".") in self._hosts

    def names(self, host: str) -> bool:
        """Return whether an entry stands for this host as it is written: its name, or its address."""
        found = _as_address(host.strip("[]"))
        return self.host(host) or (found is not None and self.address(found))

    def address(self, address: Address) -> bool:
        return any(address in network for network in self._networks if network.version == address.version)


def is_of_the_world(address: Address) -> bool:
    """Return whether everybody may reach an address; IPv4 inside of IPv6 counts as itself."""
    inner = embedded(address)
    if inner is not None:
        return is_of_the_world(inner)
    if any(address in network for network in NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one leads to: mapped, compatible, 6to4, NAT64."""
    if not isinstance(address, IPv6Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in NAT64 or address in COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _as_address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None

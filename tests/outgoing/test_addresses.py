"""Which addresses may be reached: none that is not of the world, in whatever dress."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from app.outgoing.addresses import Allowed, is_of_the_world

WORLD = ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
NOT = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "0.1.2.3"),
    *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:168.63.129.16", "::127.0.0.1", "::10.1.2.3"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a83f:8110", "64:ff9b:1::808:808"),
    *("2002:7f00:1::1", "2002:a00:1::1", "2002:a83f:8110::", "2002:6440:1::"),
]


@pytest.mark.parametrize("address", WORLD)
def test_what_everybody_may_reach_is_of_the_world(address: str) -> None:
    assert is_of_the_world(ip_address(address))


@pytest.mark.parametrize("address", NOT)
def test_what_is_inside_is_not_of_the_world_in_whatever_dress(address: str) -> None:
    assert not is_of_the_world(ip_address(address))


def test_the_operator_allows_names_addresses_and_networks() -> None:
    allowed = Allowed(["Mail.Internal.", "10.1.0.0/16", "::1", "192.168.7.9", ""])
    assert allowed.host("mail.internal")
    assert not allowed.host("mail.internal.example.org")
    assert [each for each in ("10.1.255.1", "10.2.0.1", "::1", "192.168.7.9") if allowed.address(ip_address(each))] == [
        *("10.1.255.1", "::1", "192.168.7.9")
    ]


def test_a_network_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="999"):
        Allowed(["10.0.0.0/999"])

"""E-mail addresses: one canonical form, one key."""

from __future__ import annotations

import pytest

from app.errors import Invalid
from app.users.addresses import Address, key_of, read_address


@pytest.mark.parametrize(
    ("typed", "shown", "key"),
    [
        ("anna@example.org", "anna@example.org", "anna@example.org"),
        ("  Anna.Meier@Example.ORG ", "Anna.Meier@example.org", "anna.meier@example.org"),
        ("anna+news@example.org", "anna+news@example.org", "anna+news@example.org"),
        ("Jörg@bücher.example", "Jörg@xn--bcher-kva.example", "jörg@xn--bcher-kva.example"),
        ("Jo\u0308rg@example.org", "Jörg@example.org", "jörg@example.org"),
        ("STRASSE@example.org", "STRASSE@example.org", "strasse@example.org"),
        ("straße@example.org", "straße@example.org", "strasse@example.org"),
        ("anna@intranet.local", "anna@intranet.local", "anna@intranet.local"),
        ("anna@localhost", "anna@localhost", "anna@localhost"),
    ],
)
def test_an_address_has_one_form_and_one_key(typed: str, shown: str, key: str) -> None:
    assert read_address(typed) == Address(shown, key)
    assert read_address(shown) == Address(shown, key)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@example",
        "anna@@example.org",
        "an na@example.org",
        "anna@example.org\n",
        "anna@exa\nmple.org",
        "anna\0@example.org",
        "anna@exam\u200bple.org",
        "ann\u200ba@example.org",
        "anna\ud800@example.org",
        "\uff41nna@example.org",
        "Anna <anna@example.org>",
        "anna@[192.0.2.1]",
        '"anna"@example.org',
        "a" * 65 + "@example.org",
        "anna@" + "a." * 120 + "org" + ".example" * 3,
    ],
)
def test_what_is_no_address_is_refused_with_what_to_enter(typed: str) -> None:
    if typed.endswith("\n"):
        assert read_address(typed).shown == typed.strip()
        return
    with pytest.raises(Invalid) as refused:
        read_address(typed)
    assert refused.value.field == "email"
    assert str(refused.value)
    assert key_of(typed) is None

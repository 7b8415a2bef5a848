"""Addresses and names as odd as people can type them."""

from __future__ import annotations

import unicodedata
from hashlib import shake_256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from app.errors import Invalid
from app.users.addresses import key_of, read_address
from app.users.service import LONGEST_NAME, LONGEST_PASSWORD, User
from tests.builders import PASSWORD, World

LOCAL = st.text(
    st.characters(categories=["Lu", "Ll", "Lo", "Mn", "Nd"], exclude_characters="\u0345"), min_size=1, max_size=20
)


def create(world: World, name: str, *, email: str = "anna@example.org") -> User:
    with world.unit():
        return world.users.create("tests", email=email, first_name=name, last_name="", password=PASSWORD)


@given(LOCAL)
@settings(max_examples=300, deadline=None)
def test_an_address_keeps_its_form_and_key_whatever_case_and_composition(local: str) -> None:
    try:
        found = read_address(f"{local}@Example.org")
    except Invalid:
        assert key_of(f"{local}@example.org") is None
        return
    assert read_address(found.shown) == found
    assert unicodedata.is_normalized("NFC", found.shown)
    assert unicodedata.is_normalized("NFC", found.key)
    assert key_of(unicodedata.normalize("NFD", found.shown)) == found.key
    assert key_of(found.key) in {found.key, None}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANNA@EXAMPLE.ORG", "anna@example.org"),
        ("jo\u0308rg@example.org", "JÖRG@example.org"),
        ("\u0390@example.org", "\u0399\u0308\u0301@example.org"),
        ("σς@example.org", "ΣΣ@example.org"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@bu\u0308cher.example", "anna@XN--BCHER-KVA.example"),
        ("anna@例え。テスト", "anna@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_two_ways_to_write_an_address_are_one(one: str, other: str) -> None:
    assert key_of(one) is not None
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna@example.org", "\u0430nna@example.org"), ("anna@example.org", "an.na@example.org"),
     ("anna@example.org", "anna+x@example.org"), ("o'neil@example.org", "oneil@example.org")],
)  # fmt: skip
def test_addresses_that_only_look_alike_are_two(one: str, other: str) -> None:
    assert key_of(one) is not None
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize(
    "typed", ['"an na"@example.org', '"anna"@example.org', "anna@example.org>", "a" * 10_000 + "@x.org"]
)
def test_quotes_and_endless_addresses_are_refused(typed: str) -> None:
    assert key_of(typed) is None


NAMES = [
    "O'Neil-D\u2019Arc",
    'Ann "the" <b>Anna</b> & {{ 7*7 }}',
    "\U0001f9d1\U0001f3fd",
    "\U00020bb7\u91ce\u5bb6",
    "\u0639\u0628\u062f\u0627\u0644\u0644\u0647",
    "Zoe\u0308",
    "x" * LONGEST_NAME,
    "\U0001f600" * LONGEST_NAME,
]


def test_names_are_kept_to_the_letter_and_shown_as_text(world: World) -> None:
    team = world.group("Team")
    boss = world.person("boss", groups={team.id: "admin"})
    for number, name in enumerate(NAMES):
        made = create(world, f"  {name} ", email=f"anna{number}@example.org")
        with world.unit():
            world.groups.add_member("tests", team.id, made.id)
            found = world.users.get(made.id)
        assert found is not None
        assert (found.first_name, found.name) == (name, name)
    page = world.client(boss).get(f"/groups/{team.id}")
    assert page.status_code == 200
    assert [name for name in NAMES if str(escape(name)) not in page.text] == []
    assert "<b>Anna</b>" not in page.text


HIDE_SOMETHING = ["a\0b", "a\nb", "a\tb", "a\x1bb", "a\x7fb", "\u200fa", "a\u202eb", "a\u2066b", "a\u2028b", "a\ufeffb",
                  "\ud83d"]  # fmt: skip


def test_names_that_hide_something_or_never_end_are_refused(world: World) -> None:
    for name in (*HIDE_SOMETHING, "x" * (LONGEST_NAME + 1), "x" * 10_000):
        with pytest.raises(Invalid) as refused:
            create(world, name)
        assert (refused.value.field, str(refused.value)) == ("first_name", "A name has up to 100 letters.")
    assert world.rows("user") == []


EMOJI_AND_SIGNS = (
    "\U0001f419\U0001f335\U0001f6b2\U0001f388\U0001f95d\u20ac\xdf\u0142\u4eae\u05d0\U0001f9f5\u03a9\u0436\u2603\u2021"
)
ANY_TEXT = (
    "p\xe4ssw\xf6rd-mit-\xfcmlaut",
    EMOJI_AND_SIGNS,
    "  oak    tram quilt ",
    shake_256(b"").hexdigest(LONGEST_PASSWORD // 2),
)


def test_any_text_is_a_password(world: World) -> None:
    for number, password in enumerate(ANY_TEXT):
        email = f"anna{number}@example.org"
        with world.unit():
            world.users.create("tests", email=email, first_name="", last_name="", password=password)
        browser = world.client()
        assert browser.post("/login", email=email, password=password + "x").status_code == 422
        assert browser.post("/login", email=email.upper(), password=password).status_code == 303

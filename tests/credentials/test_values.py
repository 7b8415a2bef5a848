"""All values of a secret: validated, kept, merged, stored and read again."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.credentials import Credentials, FieldSpec, credential_type, field
from app.credentials.fields import resolved
from app.credentials.types import BUILT_IN, SMTP, ApiKey, Encryption, Jira, Login, Note
from app.credentials.values import (
    InvalidValues,
    as_text,
    from_json,
    from_stored,
    is_blank,
    merge,
    to_json,
    to_plain,
    validate,
)
from app.errors import Damaged
from tests.credentials.declared import FILLED, Depth, Everything, Mode

NEEDED = "This field is needed."
STORED = SMTP(name="Mail", host="mail.example.org", username="relay", password="hunter2")


def errors(kind: type[Credentials], values: dict[str, object]) -> dict[str, str]:
    with pytest.raises(InvalidValues) as refused:
        validate(kind, values)
    return refused.value.errors


def refused_merge(
    stored: Credentials, posted: dict[str, object], cleared: frozenset[str] = frozenset()
) -> dict[str, str]:
    with pytest.raises(InvalidValues) as refused:
        merge(type(stored), stored, posted, cleared)
    return refused.value.errors


def public(stored: Credentials, **changed: object) -> dict[str, object]:
    """Return what the edit form posts: public values as text, secret ones blank."""
    values = {spec.name: "" if spec.secret else to_plain(stored)[spec.name] for spec in stored.specs}
    return {name: str(value) if type(value) is int else value for name, value in values.items()} | changed


# Validation


def test_texts_of_a_form_become_typed_values() -> None:
    made = validate(Everything, FILLED | {
        "host": " Files.example.org ", "port": "2121", "mode": "passive", "depth": "2", "code": "AB12", "strict": False,
        "limit": " -5 ", "expires": "2030-12-31", "notes": "a\r\nb", "proxy": "p.example", "speed": "3",
    })  # fmt: skip
    assert (made.host, made.port, made.mode, made.depth) == ("files.example.org", 2121, Mode.PASSIVE, Depth.DEEP)
    assert (made.limit, made.expires, made.notes, made.speed) == (-5, date(2030, 12, 31), "a\nb", 3)


def test_a_missing_value_is_its_default_or_empty() -> None:
    made = validate(Everything, FILLED)
    assert (made.port, made.mode, made.strict, made.limit, made.notes) == (21, Mode.ACTIVE, True, None, "")


def test_missing_and_blank_needed_fields_are_named() -> None:
    assert errors(Everything, {"name": "  ", "port": ""}) == dict.fromkeys(("name", "host", "port", "password"), NEEDED)


def test_a_secret_field_is_not_trimmed() -> None:
    assert validate(Everything, FILLED | {"password": "  "}).password == "  "


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("port", "0", "Enter a number from 1 to 65535"),
        ("port", "65536", "Enter a number from 1 to 65535"),
        ("port", "587x", "Enter a number from 1 to 65535"),
        ("port", "5_8", "Enter a number from 1 to 65535"),
        ("port", "５８", "Enter a number from 1 to 65535"),
        ("port", "9" * 5000, "Enter a number from 1 to 65535"),
        ("port", 587.0, "Enter a number from 1 to 65535"),
        ("port", True, "Enter a number from 1 to 65535"),
        ("limit", "many", "Enter a whole number"),
        ("limit", 10**18, "Enter a whole number"),
        ("host", "smtp://mail.example.org", "Enter a host name, without smtp://"),
        ("mode", "fast", "Choose one of the options."),
        ("mode", ["active"], "Choose one of the options."),
        ("depth", True, "Choose one of the options."),
        ("region", "mars", "Choose one of the options."),
        ("code", "x1", "Enter two letters and a number"),
        ("code", "AB\n1", "Enter this on one line, without control characters."),
        ("strict", "yes", "Choose on or off."),
        ("expires", "20301231", "Enter a date, for example 2030-12-31"),
        ("expires", "2030-02-30", "Enter a date, for example 2030-12-31"),
        ("expires", 5, "Enter a date, for example 2030-12-31"),
        ("name", "x" * 201, "Enter at most 200 characters."),
        ("notes", "x" * 1_001, "Enter at most 1000 characters."),
        ("password", "x" * 4_097, "Enter at most 4096 characters."),
        ("private", "x" * 10_001, "Enter at most 10000 characters."),
        ("name", "a\0b", "Enter this on one line, without control characters."),
        ("private", "a\ud800", "Enter this without control characters."),
        ("name", 5, "Enter a text."),
        ("name", {"a": "b"}, "Enter a text."),
        ("colour", "red", "This type has no such field."),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_enter(name: str, value: object, message: str) -> None:
    assert errors(Everything, FILLED | {name: value}) == {name: message}


def test_line_ends_count_once() -> None:
    assert len(validate(Everything, FILLED | {"notes": "\r\n" * 500 + "x" * 500}).notes) == 1_000


def test_the_refusal_counts_its_fields() -> None:
    with pytest.raises(InvalidValues) as refused:
        validate(Note, {})
    assert str(refused.value) == "Not saved yet. 2 fields need you."


def test_a_field_that_is_not_shown_is_neither_needed_nor_stored() -> None:
    made = validate(Everything, FILLED | {"strict": True, "proxy": "not a host", "speed": "x"})
    assert (made.proxy, made.speed) == ("", None)
    assert errors(Everything, FILLED | {"strict": False}) == {"proxy": NEEDED, "speed": NEEDED}


# Merging


def test_a_blank_secret_field_keeps_its_value() -> None:
    merged = validate(SMTP, merge(SMTP, STORED, public(STORED, name="Other")))
    assert (merged.name, merged.password) == ("Other", "hunter2")


def test_a_missing_secret_field_keeps_its_value() -> None:
    posted = public(STORED)
    del posted["password"]
    assert merge(SMTP, STORED, posted)["password"] == "hunter2"


def test_a_typed_secret_field_replaces_its_value() -> None:
    assert merge(SMTP, STORED, public(STORED, password="new", host="else.example.org"))["password"] == "new"


@pytest.mark.parametrize(
    "changed",
    [{"host": "evil.example"}, {"port": "25"}, {"encryption": "none"}, {"host": "evil.example", "password": ""}],
)
def test_a_changed_destination_asks_for_the_password_again(changed: dict[str, object]) -> None:
    assert refused_merge(STORED, public(STORED, **changed)) == {
        "password": "Enter the password again, because the server changed"
    }


def test_a_destination_written_otherwise_is_the_same() -> None:
    assert merge(SMTP, STORED, public(STORED, host="MAIL.example.org."))["password"] == "hunter2"


def test_a_destination_that_goes_or_falls_back_to_its_default_asks_again() -> None:
    jira = Jira(email="a@example.org", token="t0ken", site="https://a.example")
    again = {"token": "Enter the token again, because the server changed"}
    assert refused_merge(jira, public(jira, site="")) == again
    posted = public(jira)
    del posted["site"]
    assert refused_merge(jira, posted) == again


def test_every_stored_secret_field_is_asked_again_by_its_label() -> None:
    stored = validate(Everything, FILLED | {"passphrase": "p"})
    assert refused_merge(stored, public(stored, port="22")) == {
        "password": "Enter the password again, because the server changed",
        "passphrase": "Enter “Passphrase” again, because the server changed",
    }
    kept = refused_merge(stored, public(stored, port="22"), frozenset({"passphrase"}))
    assert list(kept) == ["password"]


def test_a_cleared_field_is_emptied_unless_something_was_typed() -> None:
    stored = validate(Everything, FILLED | {"passphrase": "p"})
    assert merge(Everything, stored, public(stored), {"passphrase"})["passphrase"] == ""
    assert merge(Everything, stored, public(stored, passphrase="q"), {"passphrase"})["passphrase"] == "q"
    assert refused_merge(stored, public(stored), frozenset({"password"})) == {"password": NEEDED}


def test_a_merge_tells_everything_at_once() -> None:
    assert refused_merge(STORED, public(STORED, host="other.example", name="")) == {
        "name": NEEDED,
        "password": "Enter the password again, because the server changed",
    }


def test_a_merge_of_nothing_changed_is_what_was_stored() -> None:
    for stored in (STORED, validate(Everything, FILLED | {"private": "a\nb", "limit": 3})):
        assert validate(type(stored), merge(type(stored), stored, public(stored))) == stored


# Blank


def test_a_secret_at_its_defaults_is_blank() -> None:
    @credential_type("loose", title="Loose", description="", logo="key")
    class Loose(Credentials):
        name: str = field("Name", default="Mine")
        port: int = field("Port", default=21)
        token: str = field("Token", style="secret", required=False)
        on: bool = field("On")

    assert is_blank(Loose(token=""))
    assert not is_blank(Loose(token="x"))
    assert not is_blank(Loose(token="", port=22))
    assert not is_blank(Loose(token="", name="Yours"))
    assert not is_blank(Loose(token="", on=True))


# Stored


def test_stored_values_are_canonical_json() -> None:
    assert to_json(Note(name="Ü", text="a\nb")) == '{"schema":1,"values":{"name":"Ü","text":"a\\nb"}}'.encode()


def test_stored_values_of_an_older_schema_are_upgraded() -> None:
    @credential_type("ftp", title="FTP", description="", logo="key", schema=2)
    class Ftp(Credentials):
        name: str = field("Name")
        server: str = field("Server", style="host")

        @classmethod
        def upgrade(cls, schema: int, values: Any) -> Any:
            return {"name": values["name"], "server": values["host"]}

    assert from_stored(Ftp, 1, {"name": "a", "host": "b"}) == Ftp(name="a", server="b")
    with pytest.raises(Damaged, match="ftp: no way from schema 1: KeyError"):
        from_stored(Ftp, 1, {"name": "a"})
    with pytest.raises(Damaged, match="ftp: stored by schema 3, newer than 2"):
        from_stored(Ftp, 3, {})


def test_a_stored_value_is_opened_although_its_rules_became_stricter() -> None:
    assert from_stored(Everything, 1, {**FILLED, "port": 0, "name": "x" * 300}).port == 0


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"port": "21"}, "the stored port does not fit the class"),
        ({"port": True}, "the stored port does not fit the class"),
        ({"port": None}, "the stored port does not fit the class"),
        ({"name": None}, "the stored name does not fit the class"),
        ({"mode": "gone"}, "the stored mode does not fit the class"),
        ({"mode": None}, "the stored mode does not fit the class"),
        ({"expires": "soon"}, "the stored expires does not fit the class"),
        ({"expires": 5}, "the stored expires does not fit the class"),
        ({"extra": "x"}, "stored fields that the class has not: ['extra']"),
    ],
)
def test_stored_values_that_do_not_fit_the_class_are_damaged(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(Damaged) as refused:
        from_stored(Everything, 1, FILLED | changed)
    assert str(refused.value) == f"everything: {reason}"


def test_a_stored_secret_without_a_needed_field_is_damaged() -> None:
    with pytest.raises(Damaged, match="stored values lack password"):
        from_stored(Everything, 1, {"name": "A", "host": "h"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"schema":1}',
        b'{"schema":"1","values":{}}',
        b'{"schema":1,"values":[]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_stored_json_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        from_json(Note, data)


def test_values_are_shown_to_people_as_text() -> None:
    made = validate(Everything, FILLED | {"expires": "2030-12-31"})
    specs = {spec.name: spec for spec in Everything.specs}
    shown = {name: as_text(specs[name], getattr(made, name)) for name in ("port", "mode", "strict", "limit", "expires")}
    assert shown == {"port": "21", "mode": "Active mode", "strict": "Yes", "limit": "", "expires": "2030-12-31"}


def test_summaries_are_public() -> None:
    marked: dict[type[Credentials], dict[str, object]] = {
        SMTP: {"host": "mail.example.org", "username": "relay", "password": "marked"},
        Jira: {"email": "a@example.org", "token": "marked"},
        Login: {"name": "A", "password": "marked", "username": "anna"},
        ApiKey: {"name": "A", "key": "marked", "address": "https://api.example.org/v1"},
        Note: {"name": "A", "text": "marked"},
    }
    assert marked.keys() == set(BUILT_IN)
    summaries = {kind.type.id: validate(kind, values).summary() for kind, values in marked.items()}
    assert summaries == {
        "smtp": "relay @ mail.example.org",
        "jira": "a@example.org",
        "login": "anna",
        "api_key": "api.example.org",
        "note": "",
    }


def test_smtp_begins_with_what_the_specification_says() -> None:
    assert (STORED.port, STORED.encryption) == (587, Encryption.STARTTLS)
    assert resolved(SMTP.specs[0].default) == "My SMTP server"


# Round trips

HOSTS = st.sampled_from(["mail.example.org", "bücher.example", "192.0.2.1", "2001:db8::1", "localhost"])
TEXTS = {
    "host": HOSTS,
    "url": HOSTS.filter(lambda name: ":" not in name).map(lambda name: f"https://{name}/"),
    "email": st.from_regex(r"[a-z]{1,9}\.[a-z]{1,9}@[a-z]{1,9}\.example", fullmatch=True),
}


def value_of(spec: FieldSpec) -> st.SearchStrategy[object]:
    """Return values as a form or an import may bring them, all of which fit."""
    if spec.kind is bool:
        return st.booleans()
    if spec.choices:
        return st.sampled_from([value for value, _label in spec.choices])
    if spec.kind is int:
        numbers = st.integers(spec.minimum or -(10**17), spec.maximum or 10**17)
        return numbers | numbers.map(str)
    if spec.kind is date:
        return st.dates() | st.dates().map(date.isoformat)
    if spec.pattern:
        return st.from_regex(spec.pattern, fullmatch=True).filter(str.isascii)
    if spec.style in TEXTS:
        return TEXTS[spec.style]
    letters = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
    many = letters | st.sampled_from(["\n", "\r\n", "\t"]) if spec.multiline else letters
    return st.lists(many, min_size=1, max_size=40).map("".join).filter(lambda text: bool(text.strip()))


@st.composite
def filled(draw: st.DrawFn) -> Credentials:
    kind = draw(st.sampled_from([*BUILT_IN, Everything]))
    given_values: dict[str, object] = {}
    for spec in kind.specs:
        if spec.required or draw(st.booleans()):
            given_values[spec.name] = draw(value_of(spec))
    return validate(kind, given_values)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])  # the first draw waits for a busy machine
@given(filled())
def test_whatever_fits_comes_back_from_json_and_from_a_form(made: Credentials) -> None:
    kind = type(made)
    stored = to_json(made)
    assert from_json(kind, stored) == made
    assert to_json(from_json(kind, stored)) == stored
    assert validate(kind, json.loads(stored)["values"]) == made
    posted = {name: str(value) if type(value) is int else value for name, value in to_plain(made).items()}
    assert validate(kind, posted) == made
    assert validate(kind, merge(kind, made, public(made))) == made


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=30)
    | st.lists(st.text(max_size=3))
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([spec.name for spec in Everything.specs]), anything))
def test_whatever_comes_is_taken_or_refused_by_field(values: dict[str, object]) -> None:
    try:
        made = validate(Everything, values)
    except InvalidValues as refused:
        wrong = refused.errors.keys()
    else:
        wrong = set[str]()
        assert validate(Everything, to_plain(made)) == made
    assert wrong <= {spec.name for spec in Everything.specs}

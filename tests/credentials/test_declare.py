"""Declaring a type: what the class becomes, and which declarations stop the start."""

from __future__ import annotations

import dataclasses
from datetime import date
from enum import Enum
from typing import Any

import pytest

from app.credentials import CheckFailed, Credentials, credential_type, field
from app.credentials.declare import BadDeclaration
from app.credentials.registry import Registry
from app.credentials.types import BUILT_IN, SMTP, Jira
from app.generator import Generator
from tests.credentials.declared import Everything


def declare(id: str = "bad", *, schema: int = 1, group: Any = None, **attributes: Any) -> type[Credentials]:
    """Return a type called Bad; an attribute is (annotation, declaration), or a plain one."""
    fields = {"name": (str, field("Name"))} | attributes
    body: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for name, value in fields.items():
        if isinstance(value, tuple):
            body["__annotations__"][name], value = value
        if value is not None:
            body[name] = value
    cls = type("Bad", (Credentials,), body)
    return credential_type(id, title="Bad", description="", logo="key", schema=schema, group=group)(cls)


def refusal(*classes: Any) -> tuple[str, ...]:
    with pytest.raises(BadDeclaration) as refused:
        Registry(classes)
    return refused.value.lines


CHOICES = "choices are different texts, or a mapping of values to labels"


class Empty(Enum):
    NOTHING = ""


class Twin(Enum):
    NUMBER = 1
    TEXT = "1"


def test_a_type_is_a_frozen_keyword_only_dataclass() -> None:
    made = SMTP(host="mail.example.org", username="relay", password="pw")
    assert (made.name, made.port, made.sender) == ("My SMTP server", 587, "")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.port = 25  # type: ignore[misc]  # that is the test
    with pytest.raises(TypeError):
        SMTP("mail.example.org")  # type: ignore[misc, call-arg]  # that is the test


def test_a_type_prints_no_values() -> None:
    made = SMTP(host="mail.example.org", username="relay", password="pw")
    assert (repr(made), str(made), f"{made}") == ("<SMTP>", "<SMTP>", "<SMTP>")


def test_a_type_knows_its_fields_in_declared_order() -> None:
    assert [spec.name for spec in SMTP.specs] == [
        "name", "host", "port", "encryption", "username", "password", "sender",
    ]  # fmt: skip
    assert [spec.name for spec in SMTP.specs if spec.secret] == ["password"]
    assert [spec.name for spec in SMTP.specs if spec.destination] == ["host", "port", "encryption"]


def test_a_type_may_extend_another() -> None:
    @credential_type("relay", title="Relay", description="", logo="mail")
    class Relay(SMTP):
        note: str = field("Note", required=False)

    assert [spec.name for spec in Relay.specs][-2:] == ["sender", "note"]
    assert len(Registry([SMTP, Relay])) == 2


def test_only_types_that_declare_a_check_are_checkable() -> None:
    assert {kind.type.id: kind.type.checkable for kind in BUILT_IN} == {
        "login": False, "api_key": False, "jira": True, "note": False, "smtp": True,
    }  # fmt: skip


def test_a_right_declaration_has_no_faults() -> None:
    assert [declared.faults for declared in Registry([*BUILT_IN, Everything])] == [()] * 6


@pytest.mark.parametrize(
    "name", ["summary", "check", "specs", "type", "csrf_token", "version", "revision", "once", "meta"]
)
def test_a_reserved_name_is_refused(name: str) -> None:
    assert refusal(declare(**{name: (str, field("X"))})) == (f"Bad.{name}: the name {name!r} is reserved",)


@pytest.mark.parametrize("name", ["_hidden", "größe"])
def test_a_name_that_is_no_plain_word_is_refused(name: str) -> None:
    fault = "a field's name is of letters, digits and _, and begins with a letter"
    assert refusal(declare(**{name: (str, field("X"))})) == (f"Bad.{name}: {fault}",)


@pytest.mark.parametrize("name", ["a-b", "a b"])
def test_a_name_that_no_class_body_can_have_is_refused_at_once(name: str) -> None:
    with pytest.raises(BadDeclaration) as refused:
        declare(**{name: (str, field("X"))})
    assert refused.value.lines == (f"Bad.{name}: a field's name is of letters, digits and _",)


@pytest.mark.parametrize(
    ("annotation", "how", "fault"),
    [
        (float, {}, "the annotation is not one of str, int, bool, date, an Enum, or one of these `| None`"),
        ("Unknown", {}, "the annotation is not one of str, int, bool, date, an Enum, or one of these `| None`"),
        (str, {"style": "colour"}, "there is no style 'colour' for str"),
        (int, {"style": "secret"}, "there is no style 'secret' for int"),
        (date, {"style": "secret"}, "there is no style 'secret' for date"),
        (str | None, {}, "the empty value of str is not None; leave `| None` out"),
        (int, {"required": False}, "may be empty, so annotate it `int | None`"),
        (int, {"default": "587"}, "the default '587' is not of int"),
        (int, {"default": True}, "the default True is not of int"),
        (int, {"default": 0, "minimum": 1}, "the default does not fit the field itself: Enter a number, 1 or more"),
        (str, {"default": " x"}, "the default is written 'x'"),
        (str, {"style": "secret", "default": "x"}, "a secret field has no default"),
        (str, {"minimum": 3, "maximum": 2}, "minimum is greater than maximum, or below nought"),
        (int, {"minimum": 1.5}, "minimum and maximum are whole numbers"),
        (bool, {"maximum": 2}, "minimum and maximum are for int and text"),
        (str, {"style": "choice"}, CHOICES),
        (str, {"style": "choice", "choices": "abc"}, CHOICES),
        (str, {"style": "choice", "choices": 5}, CHOICES),
        (str, {"style": "choice", "choices": [1]}, CHOICES),
        (str, {"style": "choice", "choices": ["a", "a"]}, CHOICES),
        (str, {"style": "choice", "choices": ["", "a"]}, "choices are texts that are not empty"),
        (str, {"choices": ["a"]}, "choices are for the style choice"),
        (Empty, {}, "the values of an Enum are different texts or numbers, none of them empty"),
        (Twin, {}, "the values of an Enum are different texts or numbers, none of them empty"),
        (str, {"pattern": "["}, "the pattern is no regular expression: unterminated character set at position 0"),
        (int, {"pattern": "1"}, "pattern is a regular expression for text, alone or with a sentence"),
        (str, {"generate": "password"}, "generate is for the style secret"),
        (str, {"style": "secret-multiline", "generate": "token"}, "generate is for the style secret"),
        (str, {"shown_if": ("later", "x")}, "shown_if names 'later', which is not a public field above it"),
        (str, {"shown_if": "other"}, "shown_if names 'other', which is not a public field above it"),
        (str, {"shown_if": ("name", 5)}, "shown_if compares 'name' with something that it never is"),
        (int, {"shown_if": ("name", "x")}, "may be empty, so annotate it `int | None`"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_class_and_name(annotation: object, how: dict[str, Any], fault: str) -> None:
    assert refusal(declare(value=(annotation, field("Value", **how)))) == (f"Bad.value: {fault}",)


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ({"generate": "pin"}, "generate is 'password', 'token' or a Generator"),
        ({"generate": "password", "maximum": 20}, "generate makes 12 to 102 characters, more or fewer than fit"),
        ({"generate": "token", "minimum": 13}, "generate makes 12 to 64 characters, more or fewer than fit"),
        ({"generate": "token", "pattern": "[0-9]+"}, "what generate makes does not fit the field itself"),
        ({"generate": Generator(sets=("vowels",))}, "generate: sets are some of lower, upper, digits, symbols"),
        ({"generate": Generator(length=5.0)}, "generate: numbers of words and characters are whole numbers"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_rule_for_what_is_made_is_refused(how: dict[str, Any], fault: str) -> None:
    assert refusal(declare(value=(str, field("Value", style="secret", **how)))) == (f"Bad.value: {fault}",)


def test_a_condition_on_a_secret_field_is_refused() -> None:
    bad = declare(pin=(str, field("Pin", style="secret")), value=(str, field("X", shown_if=("pin", "1"))))
    assert refusal(bad) == ("Bad.value: shown_if names 'pin', which is not a public field above it",)


def test_a_type_without_name_first_is_refused() -> None:
    @credential_type("bad", title="Bad", description="", logo="key")
    class Bad(Credentials):
        host: str = field("Host", style="host")
        name: str = field("Name")

    assert refusal(Bad) == ("Bad: the first field is `name: str = field(...)`",)


def test_a_field_without_field_is_refused() -> None:
    assert refusal(declare(plain=(str, "x"))) == ("Bad: plain is declared without field(...)",)


@pytest.mark.parametrize("id", ["", "Has Space", "UPPER", "x" * 41])
def test_a_wrong_id_is_refused(id: str) -> None:
    assert refusal(declare(id)) == (f"Bad: the id {id!r} is not a short word of a-z, 0-9, - and _",)


def test_a_later_schema_without_upgrade_is_refused() -> None:
    assert refusal(declare(schema=2)) == ("Bad: schema 2 needs a class method upgrade(schema, values)",)


def test_all_faults_are_told_at_once() -> None:
    bad = declare("", group="system", value=(float, field("X")))
    assert [line.split(": ")[0] for line in refusal(bad)] == ["Bad", "Bad", "Bad.value"]


def test_a_class_without_decorator_is_refused() -> None:
    class Plain(SMTP):
        pass

    assert refusal(Plain, str) == (
        "Plain: it lacks the decorator @credential_type(...)",
        "str: a credential type is a class that extends Credentials",
    )


def test_jira_says_what_a_check_found() -> None:
    class Answers:
        def __init__(self, status: int) -> None:
            self.status = status
            self.asked: list[object] = []

        def smtp(self, host: str, port: int, *, encryption: str, username: str, password: str) -> None:
            raise AssertionError

        def http_get(self, url: str, *, basic: tuple[str, str] | None = None, bearer: str | None = None) -> int:
            self.asked.append((url, basic, bearer))
            return self.status

    jira = Jira(email="a@example.org", token="t0ken", site="https://team.example.net/jira")
    found = Answers(200)
    assert jira.check(found) == "Connection works."
    assert found.asked == [("https://team.example.net/rest/api/3/myself", ("a@example.org", "t0ken"), None)]
    with pytest.raises(CheckFailed, match="does not accept this e-mail address with this token"):
        jira.check(Answers(401))
    with pytest.raises(CheckFailed, match="status 302"):
        jira.check(Answers(302))
    with pytest.raises(CheckFailed, match="Enter the site"):
        Jira(email="a@example.org", token="t0ken").check(Answers(200))


def test_smtp_is_checked_as_it_would_send() -> None:
    asked: list[object] = []

    class Mail:
        def smtp(self, host: str, port: int, *, encryption: str, username: str, password: str) -> None:
            asked.append((host, port, encryption, username, password))

        def http_get(self, url: str, *, basic: tuple[str, str] | None = None, bearer: str | None = None) -> int:
            raise AssertionError

    made = SMTP(host="mail.example.org", username="relay", password="pw")
    assert made.check(Mail()) == "Connection works. No mail was sent."
    assert asked == [("mail.example.org", 587, "starttls", "relay", "pw")]

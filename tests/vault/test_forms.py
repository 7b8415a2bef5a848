"""Forms of credential types: what they show, what they refuse, and that they agree with `validate`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.credentials import Credentials, credential_type, field
from app.credentials.declare import BadDeclaration
from app.credentials.types import BUILT_IN, SMTP, Jira
from app.credentials.values import InvalidValues, to_plain, validate
from app.errors import Invalid
from app.vault.forms import CredentialForm, EditForm, Forms, NewForm, build_edit_form, build_form
from tests.credentials.declared import FILLED, Everything

STORED = SMTP(name="Mail", host="mail.example.org", username="relay", password="hunter2")
SMTP_POSTED = {"name": "Mail", "host": "mail.example.org", "port": "587", "encryption": "starttls", "username": "relay"}


class Planet(Enum):
    MERCURY = 1
    VENUS = 2
    EARTH = 3
    MARS = 4
    JUPITER = 5


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask(__name__)
    app.config["WTF_CSRF_ENABLED"] = False  # the boundary asks for the token before any form is built
    Babel(app)
    return app


@pytest.fixture(scope="module")
def forms() -> Forms:
    return Forms([*BUILT_IN, Everything])


@pytest.fixture
def shown(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def post(app: Flask, data: Mapping[str, Any]) -> Any:
    return app.test_request_context(method="POST", data=MultiDict(data))


def html(form: CredentialForm) -> str:
    return "\n".join(str(control()) for control in form)


# What is shown


@pytest.mark.usefixtures("shown")
def test_a_form_has_one_input_per_field_in_declared_order(forms: Forms) -> None:
    for kind in (*BUILT_IN, Everything):
        controls = [control for control in forms.new(kind) if hasattr(control, "spec")]
        assert [control.spec for control in controls] == list(kind.specs)
        assert [control.name for control in controls] == [spec.name for spec in kind.specs]


@pytest.mark.usefixtures("shown")
def test_each_kind_and_style_has_its_input(forms: Forms) -> None:
    form = forms.new(Everything)
    assert {control.name: (control.type, getattr(control.widget, "input_type", None)) for control in form} == {
        "once": ("HiddenField", "hidden"),
        "name": ("StringField", "text"),
        "host": ("StringField", "text"),
        "port": ("StringField", "text"),
        "site": ("URLField", "url"),
        "mail": ("EmailField", "email"),
        "mode": ("RadioField", None),
        "depth": ("RadioField", None),
        "region": ("RadioField", None),
        "code": ("StringField", "text"),
        "strict": ("BooleanField", "checkbox"),
        "limit": ("StringField", "text"),
        "expires": ("StringField", "date"),
        "notes": ("TextAreaField", None),
        "password": ("SecretField", "text"),
        "passphrase": ("SecretField", "text"),
        "private": ("SecretAreaField", None),
        "proxy": ("StringField", "text"),
        "speed": ("StringField", "text"),
    }


@pytest.mark.usefixtures("shown")
def test_a_new_form_shows_the_defaults_as_text(forms: Forms) -> None:
    form = forms.new(SMTP)
    assert {control.name: control.data for control in form if control.name != "once"} == {
        "name": "My SMTP server",
        "host": "",
        "port": "587",
        "encryption": "starttls",
        "username": "",
        "password": "",
        "sender": "",
    }
    assert re.findall(r'value="(starttls|tls|none)"', html(form)) == ["starttls", "tls", "none"]
    assert re.search(r'<input checked[^>]*value="starttls"', html(form))


@pytest.mark.usefixtures("shown")
def test_more_than_four_choices_are_a_list_to_select_from() -> None:
    @credential_type("probe", title="Probe", description="", logo="key")
    class Probe(Credentials):
        name: str = field("Name")
        planet: Planet = field("Planet", choices=dict(zip(Planet, "abcde", strict=True)))

    form: Any = build_form(Probe)()
    assert form.planet.type == "SelectField"
    assert [value for value, _label in Probe.specs[1].choices] == ["1", "2", "3", "4", "5"]


@pytest.mark.usefixtures("shown")
def test_each_new_form_has_its_own_once(forms: Forms) -> None:
    first, second = forms.new(SMTP).once.data, forms.new(SMTP).once.data
    assert first != second
    assert first is not None
    assert len(first) == 32


@pytest.mark.usefixtures("shown")
def test_an_edit_shows_public_values_and_no_secret_one(forms: Forms) -> None:
    secret = {"password": "m4rked-a", "passphrase": "m4rked-b", "private": "m4rked-c"}
    others = {"expires": "2030-12-31", "depth": 2, "strict": False, "proxy": "p", "speed": 5}
    stored = validate(Everything, FILLED | secret | others)
    form = forms.edit(stored, version=7)
    page = html(form)
    assert "m4rked" not in page
    assert {control.name: control.data for control in form if not control.name.startswith("clear-")} == {
        "version": 7, "name": "A", "host": "files.example.org", "port": "21", "site": "", "mail": "", "mode": "active",
        "depth": "2", "region": "", "code": "", "strict": False, "limit": "", "expires": "2030-12-31", "notes": "",
        "password": "", "passphrase": "", "private": "", "proxy": "p", "speed": "5",
    }  # fmt: skip
    assert str(form.version()) == '<input id="version" name="version" type="hidden" value="7">'


def test_what_was_typed_into_a_secret_field_is_never_sent_back(app: Flask, forms: Forms) -> None:
    with post(app, FILLED | {"password": "m4rked-a", "private": "m4rked-b", "host": "a b"}):
        form = forms.new(Everything)
        assert not form.validate()
        assert "m4rked" not in html(form)
        assert "a b" in html(form)


@pytest.mark.usefixtures("shown")
def test_an_edit_can_clear_only_optional_secret_fields(forms: Forms) -> None:
    stored = validate(Everything, FILLED)
    names = [control.name for control in forms.edit(stored, version=1) if control.name.startswith("clear-")]
    assert names == ["clear-passphrase", "clear-private"]
    assert [control.name for control in forms.new(Everything) if control.name.startswith("clear-")] == []


# What is taken


def test_a_new_form_gives_values_in_their_normal_form(app: Flask, forms: Forms) -> None:
    with post(app, SMTP_POSTED | {"host": " MAIL.example.org", "password": "pw", "sender": "", "once": "x"}):
        form = forms.new(SMTP)
        assert form.validate()
        assert form.values() == to_plain(validate(SMTP, SMTP_POSTED | {"password": "pw"}))
        assert form.once.data == "x"


def test_an_unticked_box_is_off(app: Flask, forms: Forms) -> None:
    with post(app, FILLED | {"proxy": "p.example", "speed": "1"}):
        form = forms.new(Everything)
        assert form.validate()
        assert form.values()["strict"] is False


def test_every_error_stands_at_its_input(app: Flask, forms: Forms) -> None:
    with post(
        app, {"name": "", "host": "smtp://x", "port": "70000", "encryption": "rot13", "username": "u", "password": ""}
    ):
        form = forms.new(SMTP)
        assert not form.validate()
        assert form.errors == {
            "name": ["This field is needed."],
            "host": ["Enter a host name, without smtp://"],
            "port": ["Enter a number from 1 to 65535"],
            "encryption": ["Choose one of the options."],
            "password": ["This field is needed."],
        }
        assert 'value="70000"' in html(form)


def test_an_unknown_and_a_repeated_field_are_refused(app: Flask, forms: Forms) -> None:
    with post(app, SMTP_POSTED | {"colour": "red"}), pytest.raises(Invalid):
        forms.new(SMTP).validate()
    with post(app, SMTP_POSTED | {"port": ["1", "2"]}), pytest.raises(Invalid):
        forms.new(SMTP).validate()
    with post(app, SMTP_POSTED | {"version": "1", "clear-password": "y"}), pytest.raises(Invalid):
        forms.edit(STORED, version=1).validate()


def test_an_edit_gives_what_changed_to_merge(app: Flask, forms: Forms) -> None:
    stored = validate(Everything, FILLED | {"passphrase": "p"})
    posted = {name: str(value) for name, value in to_plain(stored).items() if value not in (None, False)}
    posted |= {"password": "", "passphrase": "", "notes": "new", "clear-passphrase": "y", "version": "3", "strict": "y"}
    with post(app, posted):
        form = forms.edit(stored, version=3)
        assert form.validate(), form.errors
        assert (form.version.data, form.cleared()) == (3, frozenset({"passphrase"}))
        assert form.changes().keys() & {"password", "passphrase"} == set()
        assert form.changes()["notes"] == "new"


def test_a_changed_server_asks_for_the_password_again(app: Flask, forms: Forms) -> None:
    with post(app, SMTP_POSTED | {"host": "evil.example", "password": "", "version": "3"}):
        form = forms.edit(STORED, version=3)
        assert not form.validate()
        assert form.errors == {"password": ["Enter the password again, because the server changed"]}
        assert "hunter2" not in html(form)


def test_an_edit_of_a_version_that_is_gone_is_left_to_the_conflict(app: Flask, forms: Forms) -> None:
    with post(app, SMTP_POSTED | {"host": "evil.example", "password": "", "version": "2"}):
        assert forms.edit(STORED, version=3).validate()


@pytest.mark.parametrize("version", [None, "", "x", "-1", "1.0", "１", "9" * 10])
def test_an_edit_without_a_readable_version_is_refused(app: Flask, forms: Forms, version: str | None) -> None:
    posted = SMTP_POSTED if version is None else SMTP_POSTED | {"version": version}
    with post(app, posted), pytest.raises(Invalid) as refused:
        forms.edit(STORED, version=3).validate()
    assert str(refused.value) == "This form does not say which version it changes. Open the page again."


def test_stored_values_are_shown_whatever_was_posted(app: Flask, forms: Forms) -> None:
    with post(app, {"name": "Other"}):
        assert forms.edit(STORED, version=3, formdata=None)["name"].data == "Mail"


@pytest.mark.usefixtures("shown")
def test_errors_found_later_stand_at_their_inputs_once(forms: Forms) -> None:
    form = forms.new(SMTP)
    for _time in range(2):
        form.point_out(InvalidValues({"host": "Enter another", "gone": "x"}))
    assert form.errors == {"host": ["Enter another"]}


@pytest.mark.parametrize("name", ["data", "errors", "validate", "entered", "process", "hidden_tag", "form_errors"])
@pytest.mark.parametrize("build", [build_form, build_edit_form])
def test_a_name_that_forms_use_is_refused(
    name: str, build: Callable[[type[Credentials]], type[CredentialForm]]
) -> None:
    body = {
        "__annotations__": {"name": str, name: str},
        "__module__": __name__,
        "name": field("Name"),
        name: field("X"),
    }
    kind = credential_type("bad", title="Bad", description="", logo="key")(type("Bad", (Credentials,), body))
    with pytest.raises(BadDeclaration) as refused:
        build(kind)
    assert refused.value.lines == (f"Bad: names that forms use themselves: {name}",)


# The form and validate agree

RAW = st.sampled_from(
    ["", " ", "0", "21", "65536", "-7", "x", "Files.Example.org", "https://a.example", "a@b.example", "active",
     "PASSIVE", "1", "2", "eu", "AB1", "2030-12-31", "a\r\nb", "a\0b", " é ", "☃", "x" * 201, "x" * 5_000]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([*BUILT_IN, Everything]).flatmap(
        lambda kind: st.tuples(st.just(kind), st.dictionaries(st.sampled_from([spec.name for spec in kind.specs]), RAW))
    )
)
def test_a_form_takes_what_validate_takes_and_says_the_same(
    app: Flask, forms: Forms, posted: tuple[type[Credentials], dict[str, str]]
) -> None:
    kind, raw = posted
    switches = {spec.name: bool(raw.get(spec.name)) for spec in kind.specs if spec.kind is bool}
    expected: object
    try:
        expected = to_plain(validate(kind, raw | switches))
    except InvalidValues as refused:
        expected = {name: [message] for name, message in refused.errors.items()}
    with post(app, raw):
        form = forms.new(kind)
        assert (form.values() if form.validate() else form.errors) == expected


def test_the_two_forms_are_what_they_say(forms: Forms) -> None:
    assert issubclass(build_form(Jira), NewForm)
    assert issubclass(build_edit_form(Jira), EditForm)

"""The German catalogue: the specification's texts word for word, and nothing left in English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale

from app.credentials import Credentials
from app.credentials.fields import resolved
from app.credentials.types import SMTP, Jira
from app.credentials.values import InvalidValues, is_blank, merge, validate

APP = Path(__file__).parents[2] / "app"
KEYWORDS = {"_": None, "_l": None, "ngettext": (1, 2)}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (APP / "translations/de/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="de")


@pytest.fixture
def german(catalogue: Catalog, tmp_path: Path) -> Iterator[None]:
    compiled = tmp_path / "de/LC_MESSAGES/messages.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, catalogue)
    app = Flask(__name__)
    Babel(app, default_translation_directories=str(tmp_path))
    with app.app_context(), force_locale("de"):
        yield


def said(kind: type[Credentials]) -> list[str]:
    return [str(kind.type.title), str(kind.type.description), str(resolved(kind.specs[0].default))]


@pytest.mark.usefixtures("german")
def test_the_built_in_types_speak_the_specifications_german() -> None:
    assert said(SMTP) == [
        "SMTP Postausgangsserver",
        "Ein Postausgangsserver wird benötigt, um E-Mails zu verschicken.",
        "Mein SMTP Server",
    ]
    assert said(Jira) == [
        "Jira API",
        "E-Mail und Token zur API Anbindung einer Jira Cloud Instanz definieren.",
        "Meine Jira Instanz",
    ]


@pytest.mark.usefixtures("german")
def test_a_refusal_is_german() -> None:
    with pytest.raises(InvalidValues) as refused:
        validate(SMTP, {"host": "smtp://x", "port": "0", "username": "u"})
    assert str(refused.value) == "Noch nicht gespeichert. 3 Felder brauchen Ihre Eingabe."
    assert refused.value.errors == {
        "host": "Geben Sie einen Hostnamen ohne smtp:// ein",
        "port": "Geben Sie eine Zahl von 1 bis 65535 ein",
        "password": "Dieses Feld wird benötigt.",
    }


@pytest.mark.usefixtures("german")
def test_a_changed_server_asks_again_in_german() -> None:
    stored = SMTP(host="a.example", username="u", password="p")
    with pytest.raises(InvalidValues) as refused:
        merge(SMTP, stored, {"host": "b.example", "username": "u"})
    assert refused.value.errors == {"password": "Geben Sie das Passwort erneut ein, weil sich der Server geändert hat"}


@pytest.mark.usefixtures("german")
def test_a_default_is_text_in_the_language_of_the_moment_and_stays_so() -> None:
    made = SMTP(host="", username="", password="")
    assert made.name == "Mein SMTP Server"
    with force_locale("en"):
        assert made.name == "Mein SMTP Server"
        assert SMTP(host="", username="", password="").name == "My SMTP server"


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("name", ["Mein SMTP Server", "My SMTP server", ""])
def test_a_default_shown_in_any_language_is_blank(name: str) -> None:
    assert is_blank(SMTP(name=name, host="", username="", password=""))
    assert not is_blank(SMTP(name="Unser SMTP Server", host="", username="", password=""))


def test_every_text_of_types_and_forms_has_its_german(catalogue: Catalog) -> None:
    def found(folder: str) -> set[str]:
        texts = extract_from_dir(APP / folder, [("**.py", "python")], keywords=KEYWORDS)
        return {text if isinstance(text, str) else text[0] for _file, _line, text, _notes, _context in texts}

    wanted = found("credentials") | {"Nothing", "Empty the stored value"}
    translated = {
        (message.id if isinstance(message.id, str) else message.id[0])
        for message in catalogue
        if message.string and all(message.string if isinstance(message.string, tuple | list) else [message.string])
    }
    assert wanted - translated == set()

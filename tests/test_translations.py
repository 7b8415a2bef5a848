"""Every text that people read is in the catalogue, in German, whole and with its placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale

from app.web.pages import draw_icon, format_full, format_when
from tests.services import ROOT

GERMAN = ROOT / "app/translations/de/LC_MESSAGES/messages.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
GLUED = re.compile(r"[a-zäöüß][.?!][A-ZÄÖÜ]")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

Key = tuple[str | None, str | tuple[str, ...]]


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with GERMAN.open("rb") as file:
        return read_po(file, locale="de")


@pytest.fixture(scope="module")
def texts() -> set[Key]:
    """What `make translations` finds in code and templates: context and text."""
    with (ROOT / "app/translations/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        ROOT,
        methods,
        options,
        keywords={**DEFAULT_KEYWORDS, "_l": None},
        directory_filter=lambda path: Path(path).relative_to(ROOT).parts[0] in ("app", "templates"),
    )
    return {(context, text) for _file, _line, text, _notes, context in found}


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def key_of(message: Message) -> Key:
    return message.context, tuple(message.id) if isinstance(message.id, list | tuple) else message.id


def test_code_and_templates_are_both_read(texts: set[Key]) -> None:
    in_code, in_a_template, in_context = (None, "Secret saved."), (None, "Skip to content"), ("the reader", "you")
    assert {in_code, in_a_template, in_context} - texts == set()


def test_every_text_is_in_the_german_catalogue(texts: set[Key], catalogue: Catalog) -> None:
    assert texts - {key_of(message) for message in messages(catalogue)} == set()


def test_the_german_catalogue_holds_nothing_that_no_page_says(texts: set[Key], catalogue: Catalog) -> None:
    assert {key_of(message) for message in messages(catalogue)} - texts == set()


def test_no_german_text_is_missing_or_a_guess(catalogue: Catalog) -> None:
    left = [message.id for message in messages(catalogue) if message.fuzzy or not all(strings(message))]
    assert left == []


def test_german_keeps_the_placeholders(catalogue: Catalog) -> None:
    wrong = [
        (message.id, text)
        for message in messages(catalogue)
        for text in strings(message)
        if placeholders(text) | {"num"} != placeholders(*ids(message)) | {"num"}
    ]
    assert wrong == []


def test_no_german_text_has_another_one_glued_to_it(catalogue: Catalog) -> None:
    glued = [text for message in messages(catalogue) for text in strings(message) if GLUED.search(text)]
    assert glued == []


def test_german_has_two_plural_forms(catalogue: Catalog) -> None:
    plural = [message for message in messages(catalogue) if len(ids(message)) == 2]
    assert (catalogue.num_plurals, catalogue.plural_expr) == (2, "(n != 1)")
    assert {len(strings(message)) for message in plural} == {2}


def test_german_addresses_people_formally(catalogue: Catalog) -> None:
    informal = re.compile(r"\b(du|dich|dir|dein\w*|euch|euer)\b", re.IGNORECASE)
    assert [text for message in messages(catalogue) for text in strings(message) if informal.search(text)] == []


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def placeholders(*texts: str) -> set[str]:
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


# ── no text beside the catalogue ──

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
READ_OUT = re.compile(r"\b(?:aria-label|title|placeholder|alt)=\"[^\"]*[A-Za-z]{2}[^\"]*\"")
TAG = re.compile(r"<title>|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_words_of_its_own(template: Path) -> None:
    html = JINJA.sub("", template.read_text("utf-8")).replace("&middot;", "")
    assert READ_OUT.findall(html) == []
    assert WORD.findall(TAG.sub(" ", html)) == []


FOR_PEOPLE = {"Invalid", "Forbidden", "Conflict", "Throttled", "Blank"}
WITHOUT_PAGES = {"crypto", "blobs"}


def test_an_error_for_people_has_no_words_of_its_own() -> None:
    rooms = [path for path in sorted((ROOT / "app").iterdir()) if path.is_dir() and path.name not in WITHOUT_PAGES]
    modules = [path for room in rooms for path in sorted(room.rglob("*.py")) if path.name != "cli.py"]
    assert [f"{path.relative_to(ROOT)}:{line}" for path in modules for line in own_words(path)] == []


def own_words(module: Path) -> Iterator[int]:
    """Yield the lines that make an error for people with a text that is not translated."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.JoinedStr() | ast.Constant(value=str()), *_]):
                if name in FOR_PEOPLE:
                    yield node.lineno


# ── dates ──

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def app(catalogue: Catalog, tmp_path: Path) -> Flask:
    compiled = tmp_path / "de/LC_MESSAGES/messages.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, catalogue)
    app = Flask(__name__)
    Babel(app, default_translation_directories=str(tmp_path))
    return app


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    with app.test_request_context(), force_locale(request.param):
        yield request.param


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        ({"seconds": 59}, {"en": "just now", "de": "gerade eben"}),
        ({"seconds": 60}, {"en": "1 minute ago", "de": "vor 1 Minute"}),
        ({"minutes": 59}, {"en": "59 minutes ago", "de": "vor 59 Minuten"}),
        ({"hours": 1}, {"en": "1 hour ago", "de": "vor 1 Stunde"}),
        ({"hours": 23, "minutes": 59}, {"en": "23 hours ago", "de": "vor 23 Stunden"}),
        ({"hours": 24}, {"en": "22 Nov", "de": "22. Nov."}),
        ({"days": 263}, {"en": "5 Mar", "de": "5. März"}),
        ({"days": 400}, {"en": "19 Oct 2025", "de": "19. Okt. 2025"}),
        ({"days": -30}, {"en": "23 Dec", "de": "23. Dez."}),
        ({"days": -39}, {"en": "1 Jan 2027", "de": "1. Jan. 2027"}),
    ],
)
def test_a_moment_is_relative_for_a_day_then_a_date(language: str, ago: dict[str, int], words: dict[str, str]) -> None:
    assert format_when(NOW - timedelta(**ago), NOW) == words[language]


def test_a_full_date_follows_the_language(language: str) -> None:
    assert format_full(NOW) == {"en": "23 November 2026, 09:00 UTC", "de": "23. November 2026, 09:00 UTC"}[language]


def test_an_icon_is_drawn_in_few_bytes_and_leaves_its_look_to_its_class() -> None:
    drawn = draw_icon("ellipsis")
    dots = "".join(f'<circle cx="{x}" cy="12" r="1"/>' for x in (12, 19, 5))
    assert drawn == f'<svg viewBox="0 0 24 24" aria-hidden="true" class="icon">{dots}</svg>'

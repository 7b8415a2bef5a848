"""What a page says in the language of a journey: the same steps, in English and in German."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from babel.messages.pofile import read_po

from tests.services import ROOT

LANGUAGES = ("en", "de")
LOCALES = {"en": "en-GB", "de": "de-DE"}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")

language: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """Let `say` speak a language for a while."""
    before = language.set(spoken)
    try:
        yield
    finally:
        language.reset(before)


def say(text: str, spoken: str | None = None) -> str | re.Pattern[str]:
    """Return what stands on the page for an English text, or for a part of one; LookupError if no page says it.

    A whole text, its values filled in, comes back as a text; a part of one as a pattern of the whole sentence.
    """
    spoken = spoken or language.get()
    if spoken == "en":
        return text
    catalogue = _catalogue(spoken)
    if text in catalogue:
        return catalogue[text].replace("%%", "%")
    if parts := [said for english, said in catalogue.items() if text in english]:
        return re.compile("|".join(_pattern(said) for said in parts))
    if filled := _filled(text, spoken):
        return filled
    raise LookupError(f"no text of {spoken} stands for {text!r}")


def words(text: str, spoken: str | None = None) -> str:
    """Return a whole text as `say` does."""
    said = say(text, spoken)
    assert isinstance(said, str), f"{text!r} is a part of a text only"
    return said


def _filled(text: str, spoken: str) -> str | None:
    """Return what a text whose values are filled in says; of several that fit, the one that says most by itself."""
    catalogue = _catalogue(spoken)
    fitting = [english for english in catalogue if re.fullmatch(_pattern(english, "(.+)"), text)]
    english = max(fitting, key=_length, default="")
    found = re.fullmatch(_pattern(english, "(.+)"), text)
    if _length(english) < 2 or found is None:
        return None
    values = dict(zip(PLACEHOLDER.findall(english), found.groups(), strict=True))
    return PLACEHOLDER.sub(lambda name: _value(values[name[0]], spoken), catalogue[english])


def _value(text: str, spoken: str) -> str:
    return _catalogue(spoken).get(text) or _filled(text, spoken) or text


def _length(english: str) -> int:
    return len(PLACEHOLDER.sub("", english).strip())


def _pattern(text: str, value: str = ".+") -> str:
    pieces = PLACEHOLDER.split(text)
    return value.join(re.escape(each.replace("%%", "%")).replace(r"\ ", r"\s+") for each in pieces)


@cache
def _catalogue(spoken: str) -> dict[str, str]:
    """Return all texts of a language by the English ones, plural forms too."""
    with (ROOT / f"app/translations/{spoken}/LC_MESSAGES/messages.po").open("rb") as file:
        read = read_po(file, locale=spoken)
    found: dict[str, str] = {}
    for message in read:
        if not message.id or message.context:  # what stands in a context is a word in other words
            continue
        if isinstance(message.id, tuple):
            found |= dict(zip(message.id, message.string, strict=True))
        else:
            found[message.id] = message.string
    return found

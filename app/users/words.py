"""The words by which people are found: of their names and address, without case and accents."""

from __future__ import annotations

import re
import unicodedata

MOST_WORDS = 8
"""Of one person. What finds people may take this many rows for each of them."""
MOST_ASKED = 4
LONGEST = 100
LONGEST_KEY = 200
"""Bytes of a name that order it: an index holds no long ones, and letters may become many when taken apart."""

APART = re.compile(r"[\s\-_.'’+,;()]+")
AROUND = " ,;()<>\"'"


def words_of(first_name: str, last_name: str, email: str) -> list[bytes]:
    """Return the words of a person as UTF-8, whose order both kinds of database agree about.

    The address as a whole, the names as they stand, then their parts and those of the address.
    """
    names = [*first_name.split(), *last_name.split()]
    parts = [part for text in (*names, email.partition("@")[0]) for part in APART.split(text)]
    folded = [folded_word(text) for text in (email, *names, *parts)]
    return [word for word in dict.fromkeys(folded) if word][:MOST_WORDS]


def words_asked(text: str) -> list[bytes]:
    """Return the beginnings of words that somebody typed to find a person."""
    folded = [folded_word(word.strip(AROUND)) for word in text[:LONGEST].split()]
    return [word for word in dict.fromkeys(folded) if word][:MOST_ASKED]


def fits(asked: list[bytes], words: list[bytes]) -> bool:
    """Return whether each of the beginnings begins one of the words."""
    return all(any(word.startswith(beginning) for word in words) for beginning in asked)


def listed_name(first_name: str, last_name: str, email: str) -> bytes:
    """Return what orders a person in lists: the name as it is shown, compared as words are."""
    return folded_word(f"{first_name} {last_name}".strip() or email)[:LONGEST_KEY]


def folded_word(text: str) -> bytes:
    """Return a word as it is compared: `Weiß`, `WEISS` and `weiss` are one."""
    apart = unicodedata.normalize("NFKD", text[:LONGEST].casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).encode("utf-8", "replace")

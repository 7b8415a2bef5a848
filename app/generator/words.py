"""The words of passphrases. The lists come with the package xkcdpass; nothing else of it is used."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from xkcdpass.xkcd_password import generate_wordlist

from app.generator.rule import WORD

LISTS = {"en": "eff-long", "de": "ger-long"}
"""By language: EFF's long list (CC BY 3.0) and that of dys2p (BSD 3-clause). Both were made for passphrases."""

OTHERWISE = "en"
"""For a language without a list."""

LEFT_OUT = frozenset(
    {"arsch", "groin", "krebs", "lustfully", "lustily", "lustiness", "mammary", "mutilated", "nackt", "racism"}
)
"""What nobody wants to read out to a colleague."""


@lru_cache
def words_of(language: str) -> tuple[str, ...]:
    """Return the words of a language: each of 4 to 9 letters a to z, none twice, in alphabetical order."""
    read: Callable[..., list[str]] = generate_wordlist
    found = read(LISTS.get(language, LISTS[OTHERWISE]), WORD[0], WORD[-1], "[a-z]")
    return tuple(sorted(set(found) - LEFT_OUT))

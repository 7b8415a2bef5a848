"""How hard a new password is to guess: common ones, and those near their owner's own data, are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.errors import Invalid

ENOUGH = 10.0
"""Guesses as a power of ten: what zxcvbn calls very unguessable, also for who stole the hash (Wheeler, USENIX 2016)."""
FAIR, STRONG = 12.0, 15.0
LONGEST_JUDGED = 64
"""Characters; the rest can only make it harder, and the time grows with the square."""
LEAST_OF_ITS_OWN = 8
"""Letters and digits that a password must have beside its owner's data."""
SHORTEST_WORD = 3

PRODUCT = "tresor"
WORDS = re.compile(r"[\W_]+")
REPEATED = re.compile(r"(.)\1{2,}|(.{3,}?)\2+", re.DOTALL)
LOOKALIKES = str.maketrans("4@8(369!10$5+7%2", "aabcegg" + "iiosstt" + "xz")
ROWS = frozenset({"sequence", "spatial", "date", "regex"})


@dataclass(frozen=True)
class Strength:
    """Guesses as a power of ten, and why they are too few: near, repeated, rows, common, or "" if they are enough."""

    guesses: float
    fault: str

    @property
    def word(self) -> str:
        """Return one of four words, in the reader's language."""
        if self.fault:
            return _("Weak")
        steps = ((FAIR, _("Fair")), (STRONG, _("Strong")))
        return next((word for most, word in steps if self.guesses < most), _("Very strong"))

    @property
    def reason(self) -> str:
        """Return what is wrong and what to do, or "" if nothing is."""
        return {
            "near": _("Too close to your name or address. Take words that have nothing to do with you."),
            "repeated": _("It says the same again and again. Take several different words."),
            "rows": _("It is made of rows of keys, numbers or dates. Take several words instead."),
            "common": _("It is among the first that are guessed. Take several words that do not belong together."),
            "": "",
        }[self.fault]


def refuse_weak(password: str, *, near: Iterable[str]) -> None:
    """Raise Invalid, with the reason, for a password that is guessed early. near: its owner's names and address."""
    if reason := strength(password, near=near).reason:
        raise Invalid(reason, field="password")


def strength(password: str, *, near: Iterable[str]) -> Strength:
    """Return how hard a password is to guess for who knows its owner. Takes some milliseconds, at most 0.1 s."""
    words = _words(near)
    bare = REPEATED.sub(lambda found: found[1] or found[2], password)
    ways = {each[:LONGEST_JUDGED] for each in (password, bare, bare.translate(LOOKALIKES))}
    guesses, parts = min((_judged(way, words) for way in ways), key=lambda judged: judged[0])
    if _leans_on(password, words):
        return Strength(guesses, "near")
    if guesses >= ENOUGH:
        return Strength(guesses, "")
    if any(part.get("dictionary_name") == "user_inputs" for part in parts):
        return Strength(guesses, "near")
    if len(bare) * 2 <= len(password):
        return Strength(guesses, "repeated")
    return Strength(guesses, "rows" if parts and parts[0]["pattern"] in ROWS else "common")


def _judged(text: str, words: list[str]) -> tuple[float, list[dict[str, Any]]]:
    """Return the guesses as a power of ten, and what the text was taken apart into.

    zxcvbn's own entry keeps the words in one place for all threads, and tries every reading of digits as letters,
    which takes seconds; so its parts are called here.
    """
    from zxcvbn import matching, scoring  # here, because its lists take 30 ms that most processes never need

    lists = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(words)}
    found = []
    for look in (
        matching.dictionary_match,
        matching.reverse_dictionary_match,
        matching.spatial_match,
        matching.sequence_match,
        matching.regex_match,
        matching.date_match,
    ):
        found += look(text, _ranked_dictionaries=lists)
    found.sort(key=lambda each: (each["i"], each["j"]))
    result = scoring.most_guessable_match_sequence(text, found)
    return float(result["guesses_log10"]), result["sequence"]


def _words(near: Iterable[str]) -> list[str]:
    """Return what somebody who knows the owner would try, the longest first."""
    whole = [each.strip().lower() for each in (*near, PRODUCT)]
    parts = [part for each in whole for part in WORDS.split(each)]
    found = {each for each in (*whole, *parts) if len(each) >= SHORTEST_WORD}
    return sorted(found, key=lambda each: (-len(each), each))


def _leans_on(password: str, words: list[str]) -> bool:
    """Return whether a password is its owner's data and little else."""
    rest = lowered = password.lower()
    for word in words:
        rest = rest.replace(word, " ")
    return rest != lowered and sum(map(str.isalnum, rest)) < LEAST_OF_ITS_OWN

"""One password by a choice: drawn from the system's random source, each that the choice allows as likely as any."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations

from app.generator.rule import NUMBER, Choice, Generator, choose
from app.generator.words import LISTS, words_of

STRENGTHS = (50, 64, 96)
"""Bits from which a password is fair, strong, very strong. Fair ones withstand guessing at a sign-in; strong ones
also guesses at a stolen hash by whoever pays for them (2^64 tries are some years of a thousand graphics cards at a
slow hash); very strong ones any number of tries."""


@dataclass(frozen=True)
class Made:
    """What was made, and the bits of what it was chosen from."""

    value: str = field(repr=False)
    bits: float

    @property
    def strength(self) -> int:
        """Return 1 (weak) to 4 (very strong)."""
        return 1 + sum(self.bits >= bits for bits in STRENGTHS)


def make(rule: Generator, choice: Choice, *, language: str) -> Made:
    """Return a new value. language: whose words."""
    if choice.kind == "words":
        return _passphrase(choice, words_of(language))
    return _characters(choice.length, [rule.characters(name) for name in choice.sets])


def samples(rule: Generator) -> Iterator[str]:
    """Yield values of each kind, the shortest and the longest among them, to see whether a field takes such."""
    choice = choose(rule, {})
    for kind in rule.kinds:
        for words, length in ((rule.fewest, rule.shortest), (rule.words, rule.length), (rule.most, rule.longest)):
            wanted = replace(choice, kind=kind, words=words, length=length)
            yield from (make(rule, wanted, language=language).value for language in LISTS)


def _passphrase(choice: Choice, words: tuple[str, ...]) -> Made:
    """Draw words; with a number, one of them gets a capital letter and the number stands somewhere among them.

    Every drawing gives another text, as neither words nor numbers hold a separator: so the bits are those drawn.
    """
    drawn = [secrets.choice(words) for _ in range(choice.words)]
    bits = choice.words * math.log2(len(words))
    if choice.number:
        capital, place = secrets.randbelow(len(drawn)), secrets.randbelow(len(drawn) + 1)
        bits += math.log2(len(drawn)) + math.log2(len(drawn) + 1) + math.log2(len(NUMBER))
        drawn[capital] = drawn[capital].capitalize()
        drawn.insert(place, str(secrets.choice(NUMBER)))
    return Made(choice.separator.join(drawn), bits)


def _characters(length: int, sets: list[str]) -> Made:
    """Draw from all sets until each is there: that leaves all such texts equally likely, and their number known."""
    alphabet = "".join(sets)
    while True:
        drawn = [secrets.choice(alphabet) for _ in range(length)]
        if all(set(each) & set(drawn) for each in sets):
            return Made("".join(drawn), math.log2(_number_of_texts(length, sets)))


def _number_of_texts(length: int, sets: list[str]) -> int:
    """Return how many texts of this length hold a character of each set (by inclusion and exclusion)."""
    sizes, total = [len(each) for each in sets], sum(map(len, sets))
    return sum(
        (-1) ** left_out * (total - sum(without)) ** length
        for left_out in range(len(sizes) + 1)
        for without in combinations(sizes, left_out)
    )

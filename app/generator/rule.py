"""What a secret field lets the form make for it, as its declaration says, and what a person chooses within that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["words", "characters"]

KINDS: tuple[Kind, ...] = ("words", "characters")
LOOK_ALIKE = frozenset("0O1Il|")
"""Characters that people mistake for each other; a set made of letters and digits has none of them."""

SETS: Mapping[str, str] = {
    "lower": "abcdefghijkmnopqrstuvwxyz",
    "upper": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "digits": "23456789",
    "symbols": "!#$%&*+-=?@_",
}
WORD = range(4, 10)
"""Letters that a word has."""

NUMBER = range(10, 100)
"""What `number` of a choice puts among the words."""


@dataclass(frozen=True, kw_only=True)
class Generator:
    """What may be made for a field. The form opens with the first of `kinds`, `words` words or `length` characters.

    kinds: "words", "characters" or both. fewest, most: bounds of the number of words; shortest, longest: of the
    number of characters. separators: what may stand between words, the first at first. sets: of which characters
    may be chosen, all at first; each chosen one is in every value. symbols: which characters the set of that name
    has, for services that take only some.
    """

    kinds: tuple[Kind, ...] = KINDS
    words: int = 5
    fewest: int = 4
    most: int = 10
    separators: str = "-._ "
    length: int = 20
    shortest: int = 12
    longest: int = 64
    sets: tuple[str, ...] = tuple(SETS)
    symbols: str = SETS["symbols"]

    def characters(self, name: str) -> str:
        """Return the characters of a set."""
        return self.symbols if name == "symbols" else SETS[name]

    def longest_value(self) -> int:
        """Return how many characters a value may have at most."""
        words = self.most * WORD[-1] + self.most + len(str(NUMBER[-1])) if "words" in self.kinds else 0
        return max(words, self.longest if "characters" in self.kinds else 0)

    def shortest_value(self) -> int:
        """Return how many characters a value has at least."""
        words = self.fewest * WORD[0] + self.fewest - 1
        return min(words if kind == "words" else self.shortest for kind in self.kinds)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person wants of what a rule offers. number: a capital letter and a number among the words."""

    kind: Kind
    words: int
    separator: str
    number: bool
    length: int
    sets: tuple[str, ...]


PASSWORD = Generator()
"""For people: words that can be typed, or characters."""

TOKEN = Generator(kinds=("characters",), length=40, sets=("lower", "upper", "digits"))
"""For programs: one word of letters and digits, which needs no quoting anywhere."""

NAMED: Mapping[str, Generator] = {"password": PASSWORD, "token": TOKEN}


def choose(rule: Generator, wanted: Mapping[str, str], sets: tuple[str, ...] = ()) -> Choice:
    """Return what is wanted as far as the rule offers it; what is missing or cannot be is as the rule has it.

    wanted: kind, words, separator, number, length as an address has them. sets: the chosen ones; none: all.
    """
    kind: Any = wanted.get("kind")
    separator = wanted.get("separator", "")
    return Choice(
        kind=kind if kind in rule.kinds else rule.kinds[0],
        words=_within(wanted.get("words", ""), rule.words, rule.fewest, rule.most),
        separator=separator if separator and separator in tuple(rule.separators) else rule.separators[:1],
        number="kind" not in wanted or "number" in wanted,
        length=_within(wanted.get("length", ""), rule.length, rule.shortest, rule.longest),
        sets=tuple(name for name in rule.sets if name in sets) or rule.sets,
    )


def _within(text: str, usual: int, lowest: int, highest: int) -> int:
    """Return the number that a text says, moved into its bounds; the usual one for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        return usual
    return min(max(int(text), lowest), highest)


def faults_of(rule: object, *, minimum: int | None, maximum: int | None) -> Iterator[str]:
    """Return a line for each thing that is wrong with a rule. minimum, maximum: characters that its field takes."""
    if not isinstance(rule, Generator):
        yield "generate is 'password', 'token' or a Generator"
        return
    numbers = (rule.words, rule.fewest, rule.most, rule.length, rule.shortest, rule.longest)
    if any(type(number) is not int for number in numbers):
        yield "generate: numbers of words and characters are whole numbers"
        return
    faults = [*_of_kinds(rule), *_of_words(rule), *_of_characters(rule)]
    yield from (f"generate: {fault}" for fault in faults)
    if not faults and not (minimum or 0) <= rule.shortest_value() <= rule.longest_value() <= (maximum or 0):
        yield f"generate makes {rule.shortest_value()} to {rule.longest_value()} characters, more or fewer than fit"


def _of_kinds(rule: Generator) -> Iterator[str]:
    if not rule.kinds or len(set(rule.kinds)) != len(rule.kinds) or not set(rule.kinds) <= set(KINDS):
        yield "kinds are 'words', 'characters' or both"


def _of_words(rule: Generator) -> Iterator[str]:
    if not 1 < rule.fewest <= rule.words <= rule.most <= 20:
        yield "fewest, words and most are 2 to 20, in this order"
    odd = [mark for mark in rule.separators if mark.isalnum() or not (mark.isascii() and mark.isprintable())]
    if not rule.separators or odd or len(set(rule.separators)) != len(rule.separators):
        yield "separators are different characters, none of them a letter or a digit"


def _of_characters(rule: Generator) -> Iterator[str]:
    if not 4 <= rule.shortest <= rule.length <= rule.longest <= 256:
        yield "shortest, length and longest are 4 to 256, in this order"
    if not rule.sets or len(set(rule.sets)) != len(rule.sets) or not set(rule.sets) <= set(SETS):
        yield f"sets are some of {', '.join(SETS)}"
    odd = [mark for mark in rule.symbols if mark.isalnum() or not (mark.isascii() and mark.isprintable())]
    if not rule.symbols or odd or " " in rule.symbols or len(set(rule.symbols)) != len(rule.symbols):
        yield "symbols are different characters, none of them a letter, a digit or a space"

"""What is made: as long as chosen, of what was chosen, each equally likely, with the bits of the real choice."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.generator import PASSWORD, TOKEN, Generator
from app.generator.making import STRENGTHS, Made, make
from app.generator.rule import SETS, Choice, choose
from app.generator.words import LEFT_OUT, LISTS, words_of

USUAL = choose(PASSWORD, {})


@pytest.mark.parametrize("language", LISTS)
def test_words_are_plain_and_many_and_none_stands_twice(language: str) -> None:
    words = words_of(language)
    assert len(words) > 5_500
    assert list(words) == sorted(set(words))
    assert [word for word in words if not re.fullmatch("[a-z]{4,9}", word)] == []
    assert set(words) & LEFT_OUT == set()


def test_each_language_has_its_own_words_and_any_other_the_english_ones() -> None:
    assert words_of("en") != words_of("de")
    assert words_of("fr") == words_of("en")


@settings(max_examples=150, deadline=None)
@given(st.integers(4, 10), st.sampled_from(PASSWORD.separators), st.sampled_from(sorted(LISTS)), st.booleans())
def test_a_passphrase_has_the_chosen_words(words: int, separator: str, language: str, number: bool) -> None:
    choice = replace(USUAL, words=words, separator=separator, number=number)
    made = make(PASSWORD, choice, language=language)
    parts = made.value.split(separator)
    plain = [part for part in parts if not part.isdigit()]
    assert len(plain) == words
    assert {part.lower() for part in plain} <= set(words_of(language))
    assert sum(part[0].isupper() for part in plain) == number
    assert [len(part) for part in parts if part.isdigit()] == [2] * number
    assert len(made.value) <= PASSWORD.longest_value()


SOME = st.lists(st.sampled_from(sorted(SETS)), min_size=1, unique=True).map(tuple)


@settings(max_examples=200, deadline=None)
@given(st.integers(12, 64), SOME)
def test_characters_are_as_many_as_chosen_and_each_set_is_there(length: int, sets: tuple[str, ...]) -> None:
    value = make(PASSWORD, replace(USUAL, kind="characters", length=length, sets=sets), language="en").value
    assert len(value) == length
    assert set(value) <= set("".join(SETS[name] for name in sets))
    assert [name for name in sets if not set(SETS[name]) & set(value)] == []


def test_a_rule_names_its_own_symbols() -> None:
    rule = Generator(symbols="_", sets=("lower", "symbols"))
    choice = choose(rule, {"kind": "characters", "length": "64"})
    assert set(make(rule, choice, language="en").value) <= set(SETS["lower"] + "_")


def test_the_bits_are_those_of_all_texts_that_could_have_been_made() -> None:
    """Counted by hand for a small rule: four characters of eight digits and two symbols, with one of each set."""
    rule = Generator(kinds=("characters",), sets=("digits", "symbols"), symbols="+-", length=4, shortest=4, longest=4)
    alphabet = SETS["digits"] + "+-"
    allowed = [each for each in product(alphabet, repeat=4) if set(each) & set("+-") and set(each) - set("+-")]
    made = make(rule, choose(rule, {}), language="en")
    assert made.bits == pytest.approx(math.log2(len(allowed)))


def test_the_bits_of_a_passphrase_are_those_of_its_list() -> None:
    plain = replace(USUAL, words=4, number=False)
    assert make(PASSWORD, plain, language="de").bits == pytest.approx(4 * math.log2(len(words_of("de"))))
    numbered = make(PASSWORD, replace(plain, number=True), language="de").bits
    assert numbered == pytest.approx(math.log2(len(words_of("de")) ** 4 * 4 * 5 * 90))


def test_all_that_is_allowed_is_equally_likely() -> None:
    """A chi-squared test with 13 degrees of freedom; by chance it fails less than once in a million runs."""
    rule = Generator(kinds=("characters",), sets=("digits", "symbols"), symbols="+", length=4, shortest=4, longest=4)
    rounds = 20_000
    counted = Counter(shape(make(rule, choose(rule, {}), language="en").value) for _ in range(rounds))
    expected = {where: rounds * weight for where, weight in weights().items()}
    assert counted.keys() <= expected.keys()
    distance = sum((counted[where] - often) ** 2 / often for where, often in expected.items())
    assert distance < 60


def shape(value: str) -> str:
    return "".join("+" if character == "+" else "9" for character in value)


def weights() -> dict[str, float]:
    """Return how likely each order of digits and pluses is: eight digits stand for a 9, none and all are left out."""
    number = {"".join(each): 8 ** each.count("9") for each in product("9+", repeat=4) if len(set(each)) == 2}
    return {where: each / sum(number.values()) for where, each in number.items()}


def test_no_two_are_alike() -> None:
    for choice in (USUAL, replace(USUAL, kind="characters")):
        values = [make(PASSWORD, choice, language="en").value for _ in range(500)]
        assert len(set(values)) == 500


@pytest.mark.parametrize(
    ("bits", "strength"), [(0, 1), (49.9, 1), (50, 2), (63.9, 2), (64, 3), (95.9, 3), (96, 4), (400, 4)]
)
def test_strength_is_told_by_bits(bits: float, strength: int) -> None:
    assert Made("x", bits).strength == strength
    assert STRENGTHS == (50, 64, 96)


def test_what_the_form_opens_with_is_strong() -> None:
    assert [make(PASSWORD, USUAL, language=language).strength for language in LISTS] == [3, 3]
    assert make(TOKEN, choose(TOKEN, {}), language="en").strength == 4


def test_a_made_value_is_not_printed() -> None:
    made = make(PASSWORD, Choice(**vars(USUAL)), language="en")
    assert made.value not in f"{made} {made!r}"

"""The rule of what may be made: how it is declared, and what a person may choose within it."""

from __future__ import annotations

from typing import Any

import pytest

from app.credentials.fields import LONGEST
from app.generator import PASSWORD, TOKEN, Generator
from app.generator.rule import LOOK_ALIKE, SETS, Choice, choose, faults_of

FITS = {"minimum": None, "maximum": LONGEST["secret"]}


@pytest.mark.parametrize(
    "rule",
    [
        PASSWORD,
        TOKEN,
        Generator(kinds=("words",), separators=" "),
        Generator(kinds=("characters",), length=6, shortest=6, longest=6, sets=("digits",)),
        Generator(symbols="_"),
    ],
)
def test_a_sound_rule_has_no_fault(rule: Generator) -> None:
    assert list(faults_of(rule, **FITS)) == []


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ({"kinds": ()}, "kinds are 'words', 'characters' or both"),
        ({"kinds": ("words", "words")}, "kinds are 'words', 'characters' or both"),
        ({"kinds": ("runes",)}, "kinds are 'words', 'characters' or both"),
        ({"words": 3}, "fewest, words and most are 2 to 20, in this order"),
        ({"fewest": 1}, "fewest, words and most are 2 to 20, in this order"),
        ({"most": 21}, "fewest, words and most are 2 to 20, in this order"),
        ({"separators": ""}, "separators are different characters, none of them a letter or a digit"),
        ({"separators": "-x"}, "separators are different characters, none of them a letter or a digit"),
        ({"separators": "--"}, "separators are different characters, none of them a letter or a digit"),
        ({"separators": "\n"}, "separators are different characters, none of them a letter or a digit"),
        ({"separators": "–"}, "separators are different characters, none of them a letter or a digit"),
        ({"shortest": 3}, "shortest, length and longest are 4 to 256, in this order"),
        ({"length": 65}, "shortest, length and longest are 4 to 256, in this order"),
        ({"longest": 257}, "shortest, length and longest are 4 to 256, in this order"),
        ({"sets": ()}, "sets are some of lower, upper, digits, symbols"),
        ({"sets": ("lower", "lower")}, "sets are some of lower, upper, digits, symbols"),
        ({"symbols": ""}, "symbols are different characters, none of them a letter, a digit or a space"),
        ({"symbols": "a"}, "symbols are different characters, none of them a letter, a digit or a space"),
        ({"symbols": "! "}, "symbols are different characters, none of them a letter, a digit or a space"),
    ],
)
def test_a_wrong_rule_is_told_what_to_change(how: dict[str, Any], fault: str) -> None:
    assert list(faults_of(Generator(**how), **FITS)) == [f"generate: {fault}"]


@pytest.mark.parametrize("rule", ["pin", 12, {"length": 12}])
def test_what_is_no_rule_is_refused(rule: object) -> None:
    assert list(faults_of(rule, **FITS)) == ["generate is 'password', 'token' or a Generator"]


@pytest.mark.parametrize("number", ["5", 5.0, True, None])
def test_numbers_are_whole_numbers(number: Any) -> None:
    fault = "generate: numbers of words and characters are whole numbers"
    assert list(faults_of(Generator(words=number), **FITS)) == [fault]


def test_what_is_made_must_fit_the_field() -> None:
    short = Generator(kinds=("characters",), length=12, longest=16)
    assert list(faults_of(short, minimum=12, maximum=16)) == []
    told = ["generate makes 12 to 16 characters, more or fewer than fit"]
    assert list(faults_of(short, minimum=13, maximum=16)) == told
    assert list(faults_of(short, minimum=None, maximum=15)) == told


def test_no_set_has_characters_that_look_alike_and_no_character_is_in_two() -> None:
    everything = "".join(SETS.values())
    assert set(everything) & LOOK_ALIKE == set()
    assert len(set(everything)) == len(everything)


USUAL = Choice(kind="words", words=5, separator="-", number=True, length=20, sets=tuple(SETS))


def test_nothing_chosen_is_what_the_rule_opens_with() -> None:
    assert choose(PASSWORD, {}) == USUAL


def test_a_choice_is_taken_as_far_as_the_rule_offers_it() -> None:
    wanted = {"kind": "characters", "words": "7", "separator": ".", "length": "16"}
    assert choose(PASSWORD, wanted, ("digits", "lower")) == Choice(
        kind="characters", words=7, separator=".", number=False, length=16, sets=("lower", "digits")
    )
    assert choose(TOKEN, {"kind": "words"}, ("symbols",)).kind == "characters"
    assert choose(TOKEN, {"kind": "words"}, ("symbols",)).sets == TOKEN.sets


@pytest.mark.parametrize(
    ("text", "words"),
    [("0", 4), ("3", 4), ("4", 4), ("10", 10), ("999999", 10), ("", 5), ("x", 5), ("-1", 5), ("٣", 5), ("9" * 7, 5)],
)
def test_a_number_out_of_bounds_moves_into_them_and_what_is_none_is_the_usual_one(text: str, words: int) -> None:
    assert choose(PASSWORD, {"words": text}).words == words


@pytest.mark.parametrize("separator", ["", "x", "-.", "\0", "/"])
def test_a_separator_that_is_not_offered_is_the_first(separator: str) -> None:
    assert choose(PASSWORD, {"separator": separator}).separator == "-"

"""Which new passwords are refused, and why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from app.errors import Invalid
from app.users.strength import strength
from tests.builders import PASSWORD, World

LENA = ("lena.hoffmann@nordwerk.example", "Lena", "Hoffmann")
NEAR = "Too close to your name or address. Take words that have nothing to do with you."
REPEATED = "It says the same again and again. Take several different words."
ROWS = "It is made of rows of keys, numbers or dates. Take several words instead."
COMMON = "It is among the first that are guessed. Take several words that do not belong together."


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("lena.hoffmann@nordwerk.example", NEAR),
        ("LenaHoffmann2026!", NEAR),
        ("Lena-Hoffmann-12345!", NEAR),
        ("nordwerk nordwerk 7", NEAR),
        ("Tresor-Tresor-Tresor", NEAR),
        ("aaaaaaaaaaaaaaa", REPEATED),
        ("\U0001f600" * 20, REPEATED),
        ("Sommer2026Sommer2026", REPEATED),
        ("x" * 256, REPEATED),
        ("abcdefghijklmnop", ROWS),
        ("31.12.1999", ROWS),
        ("password12345678", COMMON),
        ("P4ssw0rd!P4ssw0rd", COMMON),
        ("iloveyouforever", COMMON),
        ("qwertyuiopasdfgh", COMMON),
        ("internationalisation", COMMON),
        ("correct-horse-battery", ""),
        ("only for measuring here", ""),
        ("drei grüne Elefanten", ""),
        ("Hoffmann mag keine Gurken", ""),
        ("#?~\\^`§°{}[]|<>;:_*", ""),
    ],
)
def test_a_password_is_judged_by_what_it_is_made_of(world: World, password: str, reason: str) -> None:
    with world.unit():
        assert strength(password, near=LENA).reason == reason


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("password12345678", "Weak"),
        ("new-password-1234", "Fair"),
        (PASSWORD, "Strong"),
        ("drei grüne Elefanten", "Very strong"),
    ],
)
def test_four_words_say_how_strong_it_is(world: World, password: str, word: str) -> None:
    with world.unit():
        assert strength(password, near=LENA).word == word


def test_the_words_of_one_person_do_not_count_for_another(world: World) -> None:
    """Two judged at once: zxcvbn's own entry would let each be judged by the words of the other."""
    faults: dict[str, set[str]] = {"lena": set(), "otto": set()}

    def judge(name: str, near: tuple[str, ...]) -> None:
        for _ in range(200):
            faults[name].add(strength("quastenflosser-ottokar", near=near).fault)

    threads = [
        threading.Thread(target=judge, args=each) for each in (("lena", LENA), ("otto", ("Quastenflosser", "Ottokar")))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == {"lena": {""}, "otto": {"near"}}


@pytest.mark.parametrize("alphabet", ["4@8({[<369061!|105$+7%2zZ", "0123456789", "qwertyuiop", "ab1"])
def test_judging_the_worst_of_passwords_takes_a_moment(alphabet: str) -> None:
    """zxcvbn's own entry takes seconds for such ones."""
    password = "".join(alphabet[number * number * 7 % len(alphabet)] for number in range(256))
    strength("the lists are read once", near=LENA)
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        strength(password, near=LENA)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.5


def test_nobody_gets_a_weak_password_in_any_way(world: World) -> None:
    weak = "anna@example.org"
    anna = world.person("anna")
    ways: list[Callable[[], object]] = [
        lambda: world.users.set_password("tests", anna.id, password=weak),
        lambda: world.users.set_password(anna, anna.id, password=weak),
        lambda: world.users.create("tests", email="anna@example.com", first_name="", last_name="", password=weak),
    ]
    before = world.rows("user")
    for way in ways:
        with pytest.raises(Invalid) as refused, world.unit():
            way()
        assert (refused.value.field, str(refused.value)) == ("password", NEAR)
    assert world.rows("user") == before

"""Names that somebody else chose: no name keeps a person's list from being shown."""

from __future__ import annotations

import pytest

from app.vault.shelves import sort_key
from tests.builders import World, a_login

DIGITS_OF_ALL_KINDS = ["፩", "²", "①", "٣", "𐩀", "1٣", "x፩2", "9" * 200, "½", "Ⅷ"]


@pytest.mark.parametrize("name", DIGITS_OF_ALL_KINDS)
def test_every_digit_has_a_place_in_the_order(name: str) -> None:
    assert sorted([name, "a", "10", "9"], key=sort_key) == sorted(["a", "9", name, "10"], key=sort_key)


def test_digits_are_ordered_by_their_value_in_every_script() -> None:
    assert sorted(["10", "٩", "8", "a"], key=sort_key) == ["8", "٩", "10", "a"]


def test_a_shared_secret_with_an_odd_name_keeps_nobody_from_their_list(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    for name in DIGITS_OF_ALL_KINDS:
        world.share(world.keep(a_login(name=name), owner=anna), owner=anna, to=ben)
    browser = world.client(ben)
    for sort in ("section", "name", "changed"):
        assert browser.get(f"/vault?sort={sort}").status_code == 200

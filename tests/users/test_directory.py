"""Whom the search for people finds, for whom, and how often one may ask."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from app.errors import Invalid, Throttled
from app.migrations.running import upgrade
from app.subject import Subject
from app.users.directory import Directory
from app.users.words import fits, folded_word, words_asked, words_of
from tests.builders import PASSWORD, World
from tests.migrating import downgrade

Make = Callable[..., World]

NAMES = (("Anna", "Berger"), ("Annabel", "O'Neill"), ("Tomáš", "Novák"), ("Jonas", "Weiß"), ("Eva-Maria", "von Stein"))


def everybody(make_world: Make) -> World:
    return make_world({"TRESOR_USERS__DIRECTORY": "everybody"})


def people(world: World) -> list[Subject]:
    made = []
    for first, last in NAMES:
        with world.unit():
            email = f"{folded_word(first).decode()}.{last.split()[-1].replace(chr(39), '')}@example.org"
            user = world.users.create("tests", email=email, first_name=first, last_name=last, password=PASSWORD)
        made.append(world.subject(user.id))
    return made


def found(world: World, by: Subject, text: str, **how: object) -> list[str]:
    with world.unit():
        return [user.first_name for user in world.cfg.get(Directory).look_up(by, text, **how)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ann", ["Anna", "Annabel"]),
        ("ANN", ["Anna", "Annabel"]),
        ("anna b", ["Anna"]),
        ("berger, anna", ["Anna"]),
        ("tomas", ["Tomáš"]),
        ("Novák", ["Tomáš"]),
        ("weiss", ["Jonas"]),
        ("maria", ["Eva-Maria"]),
        ("eva-m", ["Eva-Maria"]),
        ("neill", ["Annabel"]),
        ("stein v", ["Eva-Maria"]),
        ("jonas.w", ["Jonas"]),
        ("erger", []),
        ("org", []),
        ("%", []),
        ("_", []),
        ("   ", []),
        ("x" * 500, []),
        ("\x00", []),
        ("\ud800", []),
    ],
)
def test_the_beginnings_of_words_find_people(make_world: Make, text: str, names: list[str]) -> None:
    world = everybody(make_world)
    people(world)
    asking = world.person("zoe")
    assert found(world, asking, text) == names


def test_who_is_not_active_or_not_asked_for_is_not_found(make_world: Make) -> None:
    world = everybody(make_world)
    anna, annabel, *_others = people(world)
    asking = world.person("zoe")
    assert found(world, asking, "ann", without=[anna.id]) == ["Annabel"]
    with world.unit():
        world.users.disable("tests", annabel.id)
    assert found(world, asking, "ann") == ["Anna"]
    assert found(world, asking, annabel.email) == []


def test_at_most_eight_are_found_and_a_whole_address_comes_first(make_world: Make) -> None:
    world = everybody(make_world)
    for number in range(12):
        world.person(f"max{number:02}")
    asking = world.person("zoe")
    assert len(found(world, asking, "max")) == 8
    assert found(world, asking, "max11@example.org") == ["Max11"]
    assert found(world, asking, "MAX11@EXAMPLE.ORG") == ["Max11"]


def test_by_default_people_of_my_own_groups_are_shown_and_others_by_their_whole_address(world: World) -> None:
    anna, annabel, *_others = people(world)
    team, other = world.group("Team").id, world.group("Other").id
    asking = world.joins(world.person("zoe"), team)
    world.joins(anna, team)
    world.joins(annabel, other)
    assert found(world, asking, "ann") == ["Anna"]
    assert found(world, asking, annabel.email[:-1]) == []
    assert found(world, asking, annabel.email) == ["Annabel"]
    world.leaves(anna, team)
    assert found(world, asking, "ann") == []


def test_exact_shows_nobody_but_who_has_the_address(make_world: Make) -> None:
    world = make_world({"TRESOR_USERS__DIRECTORY": "exact"})
    anna, *_others = people(world)
    team = world.group("Team").id
    asking = world.joins(world.person("zoe"), team)
    world.joins(anna, team)
    assert found(world, asking, "ann") == []
    assert found(world, asking, anna.email) == ["Anna"]


def test_who_manages_people_sees_everybody_whatever_the_setting(make_world: Make) -> None:
    world = make_world({"TRESOR_USERS__DIRECTORY": "exact"})
    people(world)
    assert found(world, world.person("boss", admin=True), "ann") == ["Anna", "Annabel"]


def test_a_row_that_finds_somebody_by_a_word_that_is_not_theirs_finds_nobody(make_world: Make) -> None:
    world = everybody(make_world)
    anna, *_others = people(world)
    key = anna.id.hex if world.cfg.unit.is_sqlite else anna.id
    world.sql('INSERT INTO user_word (word, "user") VALUES (:word, :user)', word=b"zacharias", user=key)
    assert found(world, world.person("zoe"), "zach") == []


def test_a_membership_that_was_made_up_shows_nobody(world: World) -> None:
    anna, *_others = people(world)
    team = world.group("Team").id
    asking = world.joins(world.person("zoe"), team)
    keys = [each.hex if world.cfg.unit.is_sqlite else each for each in (anna.id, team)]
    world.sql(
        'INSERT INTO membership ("user", "group", level) VALUES (:user, :group, \'member\')',
        user=keys[0],
        group=keys[1],
    )
    assert found(world, asking, "ann") == []


def test_one_person_may_ask_so_often_and_others_still_may(make_world: Make) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__LOOK_UPS": "3"})
    zoe, max_ = world.person("zoe"), world.person("max")
    directory = world.cfg.get(Directory)
    for _time in range(3):
        found(world, zoe, "ann")
    with pytest.raises(Throttled) as refusal, world.unit():
        directory.look_up(zoe, "ann")
    assert 0 < refusal.value.seconds <= 600
    assert str(refusal.value) == f"Too many searches. Wait {refusal.value.seconds} seconds."
    assert found(world, max_, "ann") == []
    for address in ("nobody@example.org", max_.email):  # naming an address is such a question, too
        with pytest.raises(Throttled), world.unit():
            directory.named(zoe, address)
    with world.unit():
        assert directory.known(zoe, [max_.email]) == {}


def test_an_address_that_is_named_counts_whether_somebody_has_it_or_not(make_world: Make) -> None:
    """Who tries addresses in a form sees from what it says again who is here: no more often than by searching."""
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__LOOK_UPS": "4"})
    zoe, names = world.person("zoe"), ("ann", "ben", "cleo", "dora", "eve")
    addresses = [world.person(name).email for name in names]
    with world.unit():
        known = world.cfg.get(Directory).known(zoe, [addresses[0], "nobody@example.org", *addresses[1:]])
    assert [user.first_name for user in known.values()] == ["Ann", "Ben", "Cleo"]
    with pytest.raises(Throttled), world.unit():
        world.cfg.get(Directory).look_up(zoe, "ann")


def test_an_unknown_address_and_one_of_somebody_inactive_are_refused_in_the_same_words(world: World) -> None:
    zoe, gone = world.person("zoe"), world.person("gone")
    with world.unit():
        world.users.disable("tests", gone.id)
    errors = []
    for address in (gone.email, f"{uuid4()}@example.org", gone.email[1:], "gone", ""):
        with pytest.raises(Invalid) as refusal, world.unit():
            world.cfg.get(Directory).named(zoe, address)
        errors.append(
            (str(refusal.value).replace(f"“{address}”", "").replace(f" {address} ", " "), refusal.value.field)
        )
    assert set(errors) == {("Nobody with the address is active here.", "add")}


def test_people_of_before_are_found_once_the_database_is_upgraded(make_world: Make) -> None:
    world = everybody(make_world)
    people(world)
    downgrade(world.cfg.unit.engine, "0002")
    upgrade(world.cfg.unit.engine)
    assert found(world, world.person("zoe"), "ann") == ["Anna", "Annabel"]


def test_a_person_has_at_most_eight_words() -> None:
    many = words_of("a b c d e f", "g h i", "a.b.c.d@example.org")
    assert len(many) == 8
    assert many[0] == b"a.b.c.d@example.org"
    assert fits(words_asked("a.b c"), many)
    assert not fits(words_asked("a zz"), many)

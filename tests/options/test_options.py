"""Settings that the admin centre changes: where a value comes from, who may change it, and what a forger gains."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from app.audit.service import Overtaken
from app.errors import Conflict, Damaged, Forbidden, Invalid
from app.options.service import MOST_DOMAINS, OPTIONS, STRICTEST, Options, State, Values
from app.subject import Subject
from tests.builders import World
from tests.tampering import alter, put_back, stored, take_away

Make = Callable[..., World]
FILED = Values(registration=False, registration_domains=(), directory="groups")
OPEN = Values(registration=True, registration_domains=("example.org",), directory="groups")


def options(world: World) -> Options:
    return world.cfg.get(Options)


def values(world: World) -> Values:
    with world.unit():
        return options(world).values()


def state(world: World, by: Subject) -> State:
    with world.unit():
        return options(world).state(by)


def save(world: World, by: Subject, wanted: Values, *, seen: int = 0) -> None:
    with world.unit():
        options(world).save(by, seen=seen, wanted=wanted)


def reset(world: World, by: Subject, name: str, *, seen: int) -> None:
    with world.unit():
        options(world).reset(by, seen=seen, name=name)


@pytest.fixture
def boss(world: World) -> Subject:
    return world.person("boss", admin=True)


def test_the_file_holds_until_something_is_chosen(make_world: Make) -> None:
    world = make_world({"TRESOR_USERS__REGISTRATION": "true", "TRESOR_USERS__DIRECTORY": "exact"})
    boss = world.person("boss", admin=True)
    filed = Values(registration=True, registration_domains=(), directory="exact")
    assert state(world, boss) == State(0, filed, filed, frozenset(), None)
    save(world, boss, Values(False, (), "exact"))
    assert values(world) == Values(False, (), "exact")
    other = make_world({"TRESOR_USERS__REGISTRATION": "true", "TRESOR_USERS__DIRECTORY": "everybody"})
    assert values(other) == Values(False, (), "everybody")  # what was not chosen follows the file


def test_what_is_chosen_is_typed_kept_and_told(world: World, boss: Subject) -> None:
    save(world, boss, Values(True, ("Example.org", "@müller.example", "example.org"), "groups"))
    with world.unit():
        assert options(world).registration is True
        assert options(world).registration_domains == ("example.org", "xn--mller-kva.example")
        assert options(world).directory == "groups"
    (told,) = world.events("settings.change")
    assert (told["subject"], told["kind"], told["object_id"], told["revision"]) == (boss.id, "options", OPTIONS, 1)
    assert told["detail"] == {"registration": "on", "registration_domains": "example.org xn--mller-kva.example"}
    shown = state(world, boss)
    assert (shown.revision, shown.chosen) == (1, {"registration", "registration_domains"})
    assert shown.last is not None
    assert shown.last.subject == boss.id


def test_what_is_reset_follows_the_file_again(world: World, boss: Subject) -> None:
    save(world, boss, OPEN)
    reset(world, boss, "registration", seen=1)
    assert values(world) == Values(False, ("example.org",), "groups")
    assert state(world, boss).chosen == {"registration_domains"}
    reset(world, boss, "registration", seen=1)  # sent twice: nothing is left to do
    reset(world, boss, "directory", seen=1)  # was never chosen
    assert [each["detail"] for each in world.events("settings.reset")] == [{"registration": "off"}]
    with pytest.raises(Invalid):
        reset(world, boss, "secret_key", seen=2)


def test_a_page_that_is_too_old_changes_nothing(world: World, boss: Subject) -> None:
    chief = world.person("chief", admin=True)
    save(world, boss, OPEN)
    save(world, chief, OPEN)  # wants what holds already
    with pytest.raises(Overtaken) as refused:
        save(world, chief, FILED)
    assert refused.value.last is not None
    assert refused.value.last.subject == boss.id
    with pytest.raises(Overtaken):
        reset(world, chief, "registration", seen=0)
    assert values(world) == OPEN


@pytest.mark.parametrize(
    "domains",
    [("a_b",), ("",), ("x@example.org",), ("exa mple.org",), ("\ud800",), ("x" * 300,), ("\u202eorg",), ("*.org",)],
)
def test_what_is_no_mail_domain_is_refused(world: World, boss: Subject, domains: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, boss, Values(True, domains, "groups"))
    assert refused.value.field == "registration_domains"
    assert world.rows("options") == []


def test_there_are_at_most_fifty_domains(world: World, boss: Subject) -> None:
    many = tuple(f"d{number}.example" for number in range(MOST_DOMAINS + 1))
    with pytest.raises(Invalid):
        save(world, boss, Values(True, many, "groups"))
    save(world, boss, Values(True, many[1:], "groups"))
    assert values(world).registration_domains == many[1:]


def test_who_may_not_change_settings_is_refused(world: World, boss: Subject) -> None:
    anna = world.person("anna")
    for act in (
        lambda: save(world, anna, OPEN),
        lambda: reset(world, anna, "registration", seen=0),
        lambda: state(world, anna),
    ):
        with pytest.raises(Forbidden):
            act()
    assert values(world) == FILED


def test_two_first_changes_at_once_are_not_both_done(world: World, boss: Subject) -> None:
    chief = world.person("chief", admin=True)
    outcomes: list[Any] = []
    start = threading.Barrier(2)

    def change(by: Subject, wanted: Values) -> None:
        start.wait()
        try:
            save(world, by, wanted)
            outcomes.append(wanted)
        except Conflict as conflict:
            outcomes.append(conflict)

    threads = [
        threading.Thread(target=change, args=args)
        for args in ((boss, OPEN), (chief, Values(False, (), "exact")))
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (done,) = [each for each in outcomes if isinstance(each, Values)]
    assert values(world) == done


def test_asking_costs_one_statement_and_no_seal(world: World, boss: Subject) -> None:
    save(world, boss, OPEN)
    values(world)
    statements: list[str] = []
    event.listen(world.cfg.unit.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with world.unit():
        assert options(world).registration
    assert len(statements) == 1
    assert "seal" not in statements[0]


def test_a_change_that_is_undone_is_not_remembered(world: World, boss: Subject) -> None:
    save(world, boss, OPEN)
    with world.unit(), pytest.raises(RuntimeError), world.cfg.unit.writing():
        options(world).save(boss, seen=1, wanted=Values(True, ("evil.example",), "everybody"))
        assert options(world).values().directory == "everybody"
        raise RuntimeError
    assert values(world) == OPEN
    save(world, boss, Values(True, ("example.org",), "exact"), seen=1)
    assert values(world) == Values(True, ("example.org",), "exact")


# ── what somebody does who can write the database ──


def forged(world: World, boss: Subject) -> dict[str, Callable[[], None]]:
    """Return what can be done to the row after registration was switched on, then off again."""
    save(world, boss, OPEN)
    older = stored(world, "options", id=OPTIONS)
    save(world, boss, FILED, seen=1)
    newer = stored(world, "options", id=OPTIONS)
    return {
        "older": lambda: put_back(world, "options", older),
        "older as newer": lambda: put_back(world, "options", {**older, "revision": newer["revision"]}),
        "raised": lambda: alter(world, "options", {"id": OPTIONS}, revision=7),
        "gone": lambda: take_away(world, "options", id=OPTIONS),
        "foreign": lambda: alter(world, "options", {"id": OPTIONS}, seal=world.rows("role")[0]["seal"]),
    }


FORGERIES = ("older", "older as newer", "raised", "gone", "foreign")


@pytest.mark.parametrize("how", FORGERIES)
@pytest.mark.parametrize("fresh", [False, True])
def test_a_forged_row_opens_nothing_and_is_told(make_world: Make, how: str, fresh: bool) -> None:
    world = make_world({"TRESOR_USERS__REGISTRATION": "true", "TRESOR_USERS__DIRECTORY": "everybody"})
    boss = world.person("boss", admin=True)
    forged(world, boss)[how]()
    asked = make_world({"TRESOR_USERS__REGISTRATION": "true"}) if fresh else world
    with pytest.raises(Damaged), asked.unit():
        asked.cfg.get(Options).state(boss)
    with pytest.raises(Damaged):
        save(asked, boss, OPEN, seen=2)
    assert values(asked) == STRICTEST
    assert {event["object_id"] for event in world.events("options.damaged")} == {OPTIONS}


def test_a_row_made_up_before_the_first_change_is_worth_nothing(make_world: Make) -> None:
    world = make_world()
    boss = world.person("boss", admin=True)
    with pytest.raises(RuntimeError), world.unit(), world.cfg.unit.writing():
        options(world).save(boss, seen=0, wanted=OPEN)
        row = dict(world.cfg.unit.execute(options(world)._rows.selection).one()._mapping)
        raise RuntimeError
    del row["newest_revision"]
    put_back(world, "options", row)
    assert values(world) == STRICTEST
    assert [event["object_id"] for event in world.events("options.damaged")] == [OPTIONS]

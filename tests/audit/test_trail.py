"""The trail: numbered without gaps, written last, and counted where it repeats."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest

from app.audit.refusals import RefusalLog
from app.audit.service import MOST_COUNTED, Audit
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.keys.trail import Note
from tests.builders import START, World
from tests.tampering import alter

THING = UUID(int=7)


def numbers(world: World) -> list[int]:
    return [event["number"] for event in world.events()]


def record(world: World, action: str = "thing.look", object_id: UUID = THING) -> None:
    with world.unit(), world.cfg.unit.writing():
        world.trail.record(Note(action, actor="tests", detail={"b": "2", "a": "1"}), kind="thing", object_id=object_id)


def broken(world: World) -> list[int]:
    with world.unit():
        return list(world.trail.broken())


def test_an_event_is_stored_with_all_that_it_tells(world: World) -> None:
    before = len(numbers(world))
    record(world)
    (event,) = world.events("thing.look")
    del event["mac"], event["key"]
    assert event == {
        "number": before + 1, "time": START, "subject": None, "actor": "tests", "action": "thing.look",
        "kind": "thing", "object_id": THING, "revision": None, "gone": 0, "count": 1, "detail": {"a": "1", "b": "2"},
    }  # fmt: skip


def test_events_of_many_at_once_are_one_chain_without_gaps(world: World) -> None:
    def write() -> None:
        for _ in range(15):
            record(world)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(world) == list(range(1, len(numbers(world)) + 1))
    assert len(world.events("thing.look")) == 60
    assert broken(world) == []


def test_an_event_of_what_was_rolled_back_leaves_no_gap(world: World) -> None:
    with pytest.raises(ZeroDivisionError), world.unit(), world.cfg.unit.writing():
        world.trail.record(Note("thing.look"))
        raise ZeroDivisionError
    record(world)
    assert len(world.events("thing.look")) == 1
    assert broken(world) == []


def test_an_event_recorded_while_the_transaction_ends_is_stored_too(world: World) -> None:
    unit = world.cfg.unit
    with world.unit(), unit.writing():
        world.trail.record(Note("thing.look"))
        unit.before_commit(lambda: world.trail.record(Note("thing.close")))
    assert [event["action"] for event in world.events()][-2:] == ["thing.look", "thing.close"]
    assert broken(world) == []


def test_looking_for_a_revision_writes_nothing(world: World) -> None:
    before = numbers(world)
    with world.unit(), world.cfg.unit.writing():
        assert world.trail.told(THING) is False
    assert numbers(world) == before


def test_a_transaction_that_fails_after_its_events_does_not_look_like_a_cut_trail(world: World) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    unit = world.cfg.unit
    with pytest.raises(ZeroDivisionError), world.unit(), unit.writing():
        world.trail.record(Note("thing.look"))
        unit.before_commit(lambda: world.trail.record(Note("thing.close")))
        unit.before_commit(lambda: unit.before_commit(lambda: unit.before_commit(fail)))
    with world.unit():
        assert world.trail.head().number == len(numbers(world))


def test_a_trail_that_became_shorter_is_damaged(world: World) -> None:
    record(world)
    last = len(numbers(world))
    world.sql("DELETE FROM audit WHERE number = :last", last=last)
    with pytest.raises(Damaged, match=f"event {last} was there and is gone"), world.unit():
        world.trail.head()
    assert world.client().get("/readyz").json["trail"] == "failed"  # type: ignore[index]


def test_reading_the_head_while_others_append_is_no_damage(world: World) -> None:
    stop, failures = threading.Event(), []

    def look() -> None:
        while not stop.is_set():
            try:
                with world.unit():
                    world.trail.head()
            except Damaged as damage:
                failures.append(damage)
                return

    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(40):
        record(world)
    stop.set()
    watcher.join()
    assert failures == []


def test_more_events_than_are_read_at_once_are_verified(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        record(world)
    monkeypatch.setattr("app.audit.trail.READ_AT_ONCE", 2)
    assert broken(world) == []
    world.sql("UPDATE audit SET detail = '{}' WHERE number IN (5, 8)")
    assert broken(world) == [5, 8]


# ── refusals ──


def test_equal_refusals_of_a_minute_are_one_event_and_the_next_one_counts(world: World) -> None:
    anna = world.person("anna")
    browser = world.client(anna)
    missing = uuid4()
    for _ in range(4):
        assert browser.get(f"/vault/{missing}").status_code == 404
    told = [event for event in world.events() if event["object_id"] == missing]
    assert [(event["subject"], event["count"], event["detail"]) for event in told] == [
        (anna.id, 1, {"outcome": "refused"})
    ]
    world.clock.goes_on(seconds=61)
    browser.get(f"/vault/{missing}")
    told = [event for event in world.events() if event["object_id"] == missing]
    assert [event["count"] for event in told] == [1, 4]


def test_refusals_of_others_and_of_other_objects_are_events_of_their_own(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    log = RefusalLog(world.cfg.unit, world.clock, world.trail)
    other = uuid4()
    with world.unit():
        for subject, error in [
            (anna.id, Refused(action="thing.open", object_id=THING)),
            (ben.id, Refused(action="thing.open", object_id=THING)),
            (anna.id, Refused(action="thing.open", object_id=other)),
            (anna.id, Forbidden(action="thing.change", object_id=THING)),
            (anna.id, Refused(action="thing.open", object_id=THING)),
        ]:
            log.refused(error, subject)
    told = [(event["subject"], event["action"], event["object_id"]) for event in world.events("thing.open")]
    assert told == [(anna.id, "thing.open", THING), (ben.id, "thing.open", THING), (anna.id, "thing.open", other)]
    assert [event["detail"] for event in world.events("thing.change")] == [{"outcome": "forbidden"}]


# ── what others ask ──


def test_damage_seen_within_a_change_is_told_whatever_becomes_of_it(world: World) -> None:
    unit, audit = world.cfg.unit, world.cfg.get(Audit)
    damage = Damaged("bits are gone", action="thing.damaged", kind="thing", object_id=THING)
    with pytest.raises(Invalid), world.unit(), unit.writing():
        audit.trouble(damage)
        raise Invalid("the rest does not fit")
    assert [event["object_id"] for event in world.events("thing.damaged")] == [THING]
    world.clock.goes_on(minutes=2)
    with world.unit(), unit.writing():
        audit.trouble(damage)
        audit.trouble(damage)
        world.trail.record(Note("thing.look"), kind="thing", object_id=THING)
    world.clock.goes_on(minutes=2)
    with world.unit():
        audit.trouble(damage)
    told = [(event["action"], event["count"]) for event in world.events() if event["object_id"] == THING]
    assert told == [("thing.damaged", 1), ("thing.look", 1), ("thing.damaged", 1), ("thing.damaged", 2)]
    assert broken(world) == []


def test_a_change_that_is_refused_tells_of_the_damage_that_it_saw(world: World) -> None:
    boss, other = world.person("boss", admin=True), world.person("other", admin=True)
    alter(world, "user", {"id": other.id}, status="disabled")
    with pytest.raises(Invalid), world.unit():
        world.users.disable("tests", boss.id)
    assert [event["object_id"] for event in world.events("user.damaged")] == [other.id]


def by_a_person(world: World, action: str, object_id: UUID = THING, revision: int | None = None) -> None:
    note = Note(action, subject=UUID(int=8), detail={"a": "1"})
    with world.unit(), world.cfg.unit.writing():
        world.trail.record(note, kind="thing", object_id=object_id, revision=revision)


def test_what_people_did_to_an_object_is_newest_first_and_no_automation_is_among_it(world: World) -> None:
    audit = world.cfg.get(Audit)
    for action in ("thing.look", "thing.touch", "thing.look", "thing.close"):
        by_a_person(world, action)
        record(world, action)
    by_a_person(world, "thing.look", uuid4())
    told = ("thing.look", "thing.close")
    with world.unit():
        found = audit.by_people(THING, most=2, only=told)
        rest = audit.by_people(THING, most=2, skip=2, only=told)
        assert audit.count_by_people(THING, only=told) == 3
    assert [(event.action, event.actor) for event in found] == [("thing.close", None), ("thing.look", None)]
    assert [event.number < found[1].number for event in rest] == [True]


def test_refusals_are_left_out_when_asked(world: World) -> None:
    audit, log = world.cfg.get(Audit), RefusalLog(world.cfg.unit, world.clock, world.trail)
    by_a_person(world, "thing.open")
    with world.unit():
        log.refused(Refused(action="thing.open", object_id=THING), None)
    with world.unit():
        everything = audit.by_people(THING, most=9, only=("thing.open",))
        done = audit.by_people(THING, most=9, only=("thing.open",), refused_too=False)
    assert [event.detail for event in everything] == [{"outcome": "refused"}, {"a": "1"}]
    assert [event.detail for event in done] == [{"a": "1"}]


def test_changes_of_an_object_are_those_with_a_revision(world: World) -> None:
    audit = world.cfg.get(Audit)
    for revision in (1, None, 2):
        by_a_person(world, "thing.change", revision=revision)
    with world.unit():
        found = audit.changes(THING, only=("thing.change",), most=9)
    assert [event.number for event in found] == sorted((event.number for event in found), reverse=True)
    assert len(found) == 2


def test_each_automation_is_counted_with_its_last_time_and_its_groups(world: World) -> None:
    audit = world.cfg.get(Audit)
    by_a_person(world, "thing.look")
    for actor, group in (("mail", "one"), ("bot", "two"), ("mail", "two"), ("mail", "one")):
        world.clock.goes_on(hours=1)
        use(world, actor, group)
    use(world, "other", "one", action="thing.touch")
    with world.unit():
        found = audit.automations(THING, "thing.look")
        assert audit.automations(uuid4(), "thing.look") == []
        single = audit.by_automation(THING, "mail", "thing.look", most=2, skip=1)
    assert [(each.actor, each.times, each.groups) for each in found] == [
        ("mail", 3, frozenset({"one", "two"})),
        ("bot", 1, frozenset({"two"})),
    ]
    assert found[0].last.time == world.clock.now
    assert [event.detail["group"] for event in single] == ["two", "one"]


def use(world: World, actor: str, group: str, action: str = "thing.look") -> None:
    with world.unit(), world.cfg.unit.writing():
        world.trail.record(Note(action, actor=actor, detail={"group": group}), kind="thing", object_id=THING)


def test_uses_are_counted_to_an_end(world: World) -> None:
    with world.unit(), world.cfg.unit.writing():
        for _ in range(MOST_COUNTED + 5):
            world.trail.record(Note("thing.look", actor="tests"), kind="thing", object_id=THING)
            world.trail.record(Note("thing.look", subject=UUID(int=8)), kind="thing", object_id=THING)
    with world.unit():
        audit = world.cfg.get(Audit)
        assert [each.times for each in audit.automations(THING, "thing.look")] == [MOST_COUNTED + 1]
        assert audit.count_by_people(THING, only=("thing.look",)) == MOST_COUNTED + 1

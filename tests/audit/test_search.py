"""Searching the trail: what is asked for and nothing else, newest first, page by page, whatever leads there."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.audit.search import LOOKED_AT, Found, Search, Wanted
from app.keys.trail import Note
from tests.builders import START, World

PEOPLE = [UUID(int=each) for each in range(1, 4)]
THINGS = [UUID(int=each) for each in range(100, 104)]
ACTORS = [None, None, "mail", "release-bot"]
ACTIONS = ["thing.look", "thing.take", "thing.give", "user.sign-in"]
DAY = timedelta(days=1)


@pytest.fixture
def filled(world: World) -> World:
    """A trail of 400 events over forty days."""
    chosen = random.Random(7)
    for _ in range(40):
        with world.unit(), world.cfg.unit.writing():
            for _ in range(10):
                refused = {"outcome": "refused"} if chosen.random() < 0.1 else {}
                note = Note(
                    chosen.choice(ACTIONS),
                    subject=chosen.choice([None, *PEOPLE]),
                    actor=chosen.choice(ACTORS),
                    detail=refused,
                )
                world.trail.record(note, kind="thing", object_id=chosen.choice([None, *THINGS]))
        world.clock.goes_on(days=1)
    return world


def page(world: World, wanted: Wanted, most: int = 20, looked_at: int = LOOKED_AT) -> Found:
    with world.unit():
        return Search(world.cfg.unit, looked_at=looked_at).page(wanted, most=most)


def numbers(found: Found) -> list[int]:
    return [each.number for each in found.events]


def fits(event: dict[str, object], wanted: Wanted) -> bool:
    time = event["time"]
    mentioned = wanted.mentioned
    return all(
        (
            wanted.person in (None, event["subject"]),
            wanted.actor in ("", event["actor"]),
            wanted.object_id in (None, event["object_id"]),
            not wanted.actions or event["action"] in wanted.actions,
            not wanted.refused or "outcome" in event["detail"],  # type: ignore[operator]
            wanted.since is None or time >= wanted.since,  # type: ignore[operator]
            wanted.until is None or time < wanted.until,  # type: ignore[operator]
            mentioned is None or bool({event["subject"], event["object_id"], event["actor"]} & set(mentioned)),
        )
    )


WANTED = [
    Wanted(),
    Wanted(person=PEOPLE[0]),
    Wanted(actor="mail"),
    Wanted(object_id=THINGS[1]),
    Wanted(actions=["thing.look"]),
    Wanted(actions=ACTIONS[:3]),
    Wanted(refused=True),
    Wanted(person=PEOPLE[1], actions=["thing.take"]),
    Wanted(object_id=THINGS[0], person=PEOPLE[2]),
    Wanted(object_id=THINGS[0], actor="mail", actions=ACTIONS[:2]),
    Wanted(since=START + 10 * DAY),
    Wanted(until=START + 10 * DAY),
    Wanted(since=START + 10 * DAY, until=START + 12 * DAY, person=PEOPLE[0]),
    Wanted(since=START + 90 * DAY),
    Wanted(until=START - 9 * DAY),
    Wanted(mentioned=[]),
    Wanted(mentioned=[PEOPLE[0], THINGS[2], "mail"]),
    Wanted(mentioned=[PEOPLE[0]], actions=["thing.give"], refused=True),
]


@pytest.mark.parametrize("wanted", WANTED, ids=range(len(WANTED)))
def test_pages_hold_all_that_fits_and_nothing_else_there_and_back(filled: World, wanted: Wanted) -> None:
    expected = [each["number"] for each in reversed(filled.events()) if fits(each, wanted)]
    pages = [page(filled, wanted)]
    while pages[-1].older is not None:
        pages.append(page(filled, replace(wanted, before=pages[-1].older)))
    assert [number for each in pages for number in numbers(each)] == expected
    back = [pages[-1]]
    while back[-1].newer is not None:
        back.append(page(filled, replace(wanted, after=back[-1].newer)))
    assert numbers(back[-1]) == numbers(pages[0])
    assert {number for each in back for number in numbers(each)} == set(expected)


@pytest.mark.parametrize("wanted", WANTED, ids=range(len(WANTED)))
def test_looking_that_ends_early_says_so_and_goes_on_where_it_ended(filled: World, wanted: Wanted) -> None:
    expected = [each["number"] for each in reversed(filled.events()) if fits(each, wanted)]
    found, before = [], None
    for _ in range(200):
        part = page(filled, replace(wanted, before=before), most=5, looked_at=9)
        assert part.cut is (part.older is not None and len(part.events) < 5)
        found += numbers(part)
        before = part.older
        if before is None:
            break
    assert found == expected


def test_the_way_to_newer_ones_ends_early_too(filled: World) -> None:
    wanted = Wanted(person=PEOPLE[0], actions=["thing.give"])
    expected = {each["number"] for each in filled.events() if fits(each, wanted)}
    found: set[int] = set()
    after: int | None = 0
    while after is not None:
        part = page(filled, replace(wanted, after=after), most=5, looked_at=9)
        found |= set(numbers(part))
        after = part.newer
    assert found | set(numbers(page(filled, wanted, most=400))) == expected
    assert len(found) > 5


def test_days_find_entries_whatever_clocks_a_little_wrong_say(world: World) -> None:
    for minutes in (0, -50, 20, 200):
        world.clock.now = START + timedelta(minutes=minutes)
        with world.unit(), world.cfg.unit.writing():
            world.trail.record(Note("thing.look"))
    with world.unit():
        found = page(world, Wanted(actions=["thing.look"], since=START, until=START + timedelta(minutes=10)))
        late = page(world, Wanted(actions=["thing.look"], until=START))
    assert [each.time for each in found.events] == [START]
    assert [each.time for each in late.events] == [START - timedelta(minutes=50)]


def test_walking_yields_every_event_of_the_days_in_order(filled: World) -> None:
    since, until = START + 3 * DAY, START + 30 * DAY
    with filled.unit():
        parts = list(Search(filled.cfg.unit).walk(since=since, until=until, at_once=7))
    walked = [each.number for part in parts for each in part]
    assert walked == [each["number"] for each in filled.events() if since <= each["time"] < until]

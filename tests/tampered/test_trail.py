"""The audit trail altered, thinned, added to and cut: `audit verify` says so, and what runs notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.audit.trail import MOST_NAMED
from app.errors import Damaged, Refused
from tests.builders import World, a_login
from tests.tampered.scene import Scene, set_scene
from tests.tampering import alter, make_up, other, stored, take_away

COLUMNS = ("time", "subject", "actor", "action", "kind", "object_id", "revision", "gone", "count", "detail", "mac")


@pytest.fixture
def scene(world: World) -> Scene:
    return set_scene(world)


def verified(world: World) -> tuple[int, dict[str, Any]]:
    """Return exit status and answer of `audit verify`."""
    answer = world.app.test_cli_runner().invoke(args=["audit", "verify", "--json"])
    return answer.exit_code, json.loads(answer.output)


def test_an_intact_trail_verifies(scene: Scene) -> None:
    events = scene.world.events()
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert verified(scene.world) == (0, {"events": len(events), "broken": [], "ahead": []})


def test_events_taken_away_are_missed(scene: Scene) -> None:
    for number in (1, 5, 6):
        take_away(scene.world, "audit", number=number)
    status, answer = verified(scene.world)
    assert (status, answer["broken"]) == (1, [1, 2, 5, 6, 7])


@pytest.mark.parametrize("column", COLUMNS)
def test_an_altered_event_is_named(scene: Scene, column: str) -> None:
    event = scene.world.events("secret.create")[0]
    value = {
        "subject": scene.ben.id, "actor": "someone", "object_id": scene.ben.id, "detail": '{"type":"jira"}',
    }.get(column) or other(event[column])  # fmt: skip
    alter(scene.world, "audit", {"number": event["number"]}, **{column: value})
    last = scene.world.events()[-1]["number"]  # the check itself is an event, too
    status, answer = verified(scene.world)
    named = [event["number"]]
    if column == "mac":  # the next one stands on it
        named.append(event["number"] + 1)
    assert (status, answer["broken"]) == (1, [each for each in named if each <= last])


def test_two_events_exchanged_are_named(scene: Scene) -> None:
    one, two = (stored(scene.world, "audit", number=number) for number in (3, 4))
    for number in (3, 4):
        take_away(scene.world, "audit", number=number)
    make_up(scene.world, "audit", **{**one, "number": 4})
    make_up(scene.world, "audit", **{**two, "number": 3})
    assert verified(scene.world)[1]["broken"] == [3, 4, 5]


def test_an_event_made_up_under_an_unknown_key_is_named(scene: Scene) -> None:
    last = stored(scene.world, "audit", number=len(scene.world.events()))
    make_up(scene.world, "audit", **{**last, "number": last["number"] + 1, "key": 77, "mac": bytes(32)})
    assert verified(scene.world)[1]["broken"] == [last["number"] + 1]
    scene.world.sql('UPDATE audit SET "key" = 77 WHERE number = 2')
    assert verified(scene.world)[1]["broken"] == [2, last["number"] + 1]


@pytest.mark.parametrize("number", [2**62, -(2**62)])
def test_an_event_made_up_far_away_is_named_in_time(scene: Scene, number: int) -> None:
    first = stored(scene.world, "audit", number=1)
    make_up(scene.world, "audit", **{**first, "number": number})
    status, answer = verified(scene.world)
    assert status == 1
    assert number in answer["broken"]
    assert len(answer["broken"]) <= MOST_NAMED + 2


def test_an_event_that_cannot_be_read_closes_no_secret(scene: Scene) -> None:
    event = scene.world.events("secret.create")[0]
    for detail in ("{", "[]", '{"user":"nobody","fields":7}', '{"group":[]}'):
        alter(scene.world, "audit", {"number": event["number"]}, detail=detail)
        assert scene.answers(scene.anna) == (200, 200)
        assert scene.browser(scene.anna).get(f"/vault/{scene.secret}/history").status_code == 200
    assert event["number"] in verified(scene.world)[1]["broken"]


def test_a_cut_end_stops_what_runs(scene: Scene) -> None:
    browser = scene.browser(scene.anna)
    scene.world.person("dora")
    take_away(scene.world, "audit", number=len(scene.world.events()))
    assert browser.get("/readyz").status_code == 503
    assert browser.post(f"/vault/{scene.secret}/fields/password/reveal").status_code == 500
    with pytest.raises(Damaged), scene.world.unit():
        scene.world.trail.head()
    assert scene.world.app.test_cli_runner().invoke(args=["audit", "verify"]).exit_code == 1


def test_an_older_head_under_a_cut_end_is_told_by_the_rows_that_are_ahead(
    scene: Scene, make_world: Callable[..., World]
) -> None:
    """The attack: give ben his share back, and cut the trail from the unsharing on. Another change tells."""
    scene.shares("viewer")
    before, events = scene.kept("secret", "access"), len(scene.world.events())
    scene.shares(None)
    later = scene.world.keep(a_login(name="Later"), owner=scene.anna)
    dora = scene.world.person("dora")
    for number in range(events + 1, len(scene.world.events()) + 1):
        take_away(scene.world, "audit", number=number)
    scene.put_back(before)
    fresh = make_world()
    status, answer = verified(fresh)
    assert (status, answer["broken"]) == (1, [])
    assert {(each["kind"], UUID(each["id"])) for each in answer["ahead"]} == {("secret", later), ("user", dora.id)}
    with pytest.raises(Damaged), fresh.unit():
        fresh.vault.open(scene.anna, later)


def test_a_keyring_ahead_of_the_trail_is_told(scene: Scene, make_world: Callable[..., World]) -> None:
    events = len(scene.world.events())
    scene.world.person("boss", admin=True)
    for number in range(events + 1, len(scene.world.events()) + 1):
        take_away(scene.world, "audit", number=number)
    fresh = make_world()
    assert "keyring" in {each["kind"] for each in verified(fresh)[1]["ahead"]}


def test_a_row_cannot_be_made_older_by_an_event_made_up(scene: Scene) -> None:
    """An event for a revision that never was closes the row; it opens nothing."""
    last = stored(scene.world, "audit", number=len(scene.world.events()))
    forged = {"number": last["number"] + 1, "object_id": scene.secret, "revision": 9, "action": "secret.change"}
    make_up(scene.world, "audit", **{**last, **forged})
    with pytest.raises(Damaged), scene.world.unit():
        scene.world.vault.open(scene.anna, scene.secret)
    with pytest.raises(Refused), scene.world.unit():
        scene.world.vault.open(scene.ben, scene.secret)
    assert verified(scene.world)[1]["broken"] == [last["number"] + 1]

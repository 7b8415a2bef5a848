"""What automations use is on record before they have it, whatever becomes of the work around it."""

from __future__ import annotations

import pytest

from app.credentials.types import SMTP
from app.subject import SYSTEM
from app.vault.matching import NoSuchCredential
from tests.builders import World, an_smtp


def published(world: World) -> None:
    world.keep(an_smtp(), owner=world.person("anna", groups={SYSTEM: "member"}))


def test_a_use_is_on_record_although_the_work_around_it_fails(world: World) -> None:
    published(world)
    with pytest.raises(ZeroDivisionError), world.unit():
        world.handle.use_cases.match(SMTP, group=SYSTEM, actor="reports")
        raise ZeroDivisionError
    assert [event["actor"] for event in world.events("secret.use")] == ["reports"]


def test_a_use_holds_no_lock_while_the_automation_works(world: World) -> None:
    published(world)
    with world.unit():
        world.handle.use_cases.match(SMTP, group=SYSTEM, actor="reports")
        assert not world.cfg.unit.is_writing


def test_no_value_is_given_out_inside_of_a_change_that_could_still_be_undone_with_its_event(world: World) -> None:
    published(world)
    with world.unit(), pytest.raises(RuntimeError) as refusal, world.cfg.unit.writing():
        world.handle.use_cases.match(SMTP, group=SYSTEM, actor="reports")
    assert str(refusal.value).startswith("match: ask before the transaction begins")
    assert world.events("secret.use") == []
    with world.unit():
        world.handle.use_cases.match(SMTP, group=SYSTEM, actor="reports")
        with pytest.raises(ZeroDivisionError), world.cfg.unit.writing():
            raise ZeroDivisionError
    assert [event["actor"] for event in world.events("secret.use")] == ["reports"]


def test_a_refused_automation_is_on_record_outside_of_any_request(world: World) -> None:
    ben = world.person("ben")
    published(world)
    with pytest.raises(NoSuchCredential):
        world.handle.use_cases.match(SMTP, group=SYSTEM, actor="reports", subject=ben.id)
    assert [
        (event["subject"], event["action"], event["object_id"], event["detail"])
        for event in world.events()
        if event["detail"].get("outcome")
    ] == [(ben.id, "secret.use", SYSTEM, {"outcome": "nosuchcredential"})]

"""Requests: sealed, decided once, tried again, dropped in the end; and the thread that sees to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from app.audit.service import Audit
from app.audit.trail import AuditTrail
from app.users.links import For
from app.users.models import RequestContent, RequestRow
from app.users.requests import TRIES, Requests
from app.users.worker import Worker
from tests.builders import World
from tests.mails import mails, sends_mails
from tests.tampering import alter, put_back, sealed_rows, stored
from tests.users.asking import asks, decides
from tests.users.test_service import at_once

ANNA = "anna@example.org"


class Failing:
    """Decides nothing, and says what nobody may read."""

    def decide(self, address: str, *, language: str) -> None:
        raise RuntimeError(f"no way for {address}")


def failing(world: World) -> Requests:
    """Return the requests of a world, none of which can be decided."""
    rows = sealed_rows(world, RequestRow, RequestContent, "request")
    cfg = world.cfg
    return Requests(cfg.unit, cfg.clock, rows, cfg.get(Audit), cfg.get(AuditTrail), {For.RESET.value: Failing()})


def turns(world: World, requests: Requests) -> int:
    """Let these requests be decided, and return how many were due."""
    worker = Worker(world.cfg.unit, requests)
    worker.context = world.app.app_context
    return worker.turn()


@contextmanager
def working(world: World, *, every: float) -> Iterator[Worker]:
    """Let a thread decide until the block ends, as a serving process has one."""
    requests = world.cfg.get(Requests)
    worker = Worker(world.cfg.unit, requests, every=every)
    worker.context, requests.wake = world.app.app_context, worker.wake
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def comes(true: Callable[[], object], *, seconds: float = 10) -> bool:
    """Wait until something is so, and return whether it came in time."""
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(found)


def test_a_request_is_sealed_and_decided_once(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    asks(world, anna.email)
    [row] = world.rows("request")
    assert anna.email.encode() not in bytes(row["seal"])
    assert {name for name, value in row.items() if anna.email in str(value)} == set()
    assert decides(world) == 1
    assert world.rows("request") == []
    assert decides(world) == 0
    assert len(mails(world)) == 1
    told = [(event["action"], event["actor"]) for event in world.events() if event["kind"] == "request"]
    assert told == [("request.ask", None), ("request.decide", "door")]


def test_a_request_put_back_after_it_was_decided_sends_nothing(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    asks(world, anna.email)
    row = stored(world, "request")
    decides(world)
    put_back(world, "request", row)
    decides(world)
    assert len(mails(world)) == 1
    assert len(world.events("request.damaged")) == 1


@pytest.mark.parametrize("column", ["purpose", "created_at", "revision", "seal"])
def test_a_request_that_was_altered_sends_nothing_and_is_dropped_in_the_end(world: World, column: str) -> None:
    sends_mails(world)
    anna = world.person("anna")
    asks(world, anna.email)
    row = stored(world, "request")
    values = {"purpose": "registration", "created_at": world.clock.now.replace(year=2020), "revision": 2, "seal": b"x"}
    alter(world, "request", {"id": row["id"]}, **{column: values[column]})
    for _try in range(TRIES):
        decides(world)
        world.clock.goes_on(hours=1)
    assert (world.rows("request"), mails(world)) == ([], [])
    assert world.events("request.damaged")


def test_one_that_fails_is_tried_later_and_dropped_after_some_tries(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    sends_mails(world)
    anna, requests = world.person("anna"), failing(world)
    asks(world, anna.email)
    with caplog.at_level(logging.DEBUG):
        for wait in (1, 2, 4, 8):
            assert turns(world, requests) == 1
            world.clock.goes_on(minutes=wait, seconds=-1)
            assert turns(world, requests) == 0
            world.clock.goes_on(seconds=1)
        assert len(world.rows("request")) == 1
        assert turns(world, requests) == 1
    assert world.rows("request") == []
    assert [event["gone"] for event in world.events("request.drop")] == [1]
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == [*["a request waits for another try"] * 4, "a request was dropped after 5 tries"]
    assert anna.email not in "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)


def test_one_that_fails_does_not_hold_up_the_others(world: World) -> None:
    sends_mails(world)
    anna, ben = world.person("anna"), world.person("ben")
    asks(world, anna.email)
    alter(world, "request", {"purpose": "reset"}, purpose="nothing")
    asks(world, ben.email)
    decides(world)
    assert [mail.to for mail in mails(world)] == [(ben.email,)]


def test_a_request_that_was_put_off_can_still_be_decided(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    asks(world, anna.email)
    turns(world, failing(world))
    assert decides(world) == 0
    world.clock.goes_on(minutes=1)
    assert decides(world) == 1
    assert len(mails(world)) == 1


def test_two_workers_at_once_send_one_mail_for_each_request(make_world: Callable[..., World]) -> None:
    world, other = sends_mails(make_world()), sends_mails(make_world())
    people = [world.person(f"p{number}").email for number in range(6)]
    for address in people:
        asks(world, address)
    at_once(partial(decides, world), partial(decides, other))
    assert sorted(mail.to[0] for mail in mails(world)) == people
    assert world.rows("request") == []


def test_a_request_is_decided_at_once_in_its_own_process(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    with working(world, every=60):
        asks(world, anna.email)
        assert comes(lambda: mails(world))


def test_a_request_of_another_process_is_decided_soon(make_world: Callable[..., World]) -> None:
    world, other = sends_mails(make_world()), make_world()
    anna = world.person("anna")
    sends_mails(other)
    with working(world, every=0.1):
        asks(other, anna.email)
        assert comes(lambda: mails(world))


def test_the_thread_goes_on_after_the_database_did_not_answer(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    asks(world, anna.email)
    world.sql("ALTER TABLE request RENAME TO elsewhere")
    with working(world, every=0.05):
        time.sleep(0.3)
        world.sql("ALTER TABLE elsewhere RENAME TO request")
        assert comes(lambda: mails(world))
    assert stored(world, "outbox")["template"] == "user.reset"


def test_the_thread_ends_when_it_is_told_to(world: World) -> None:
    with working(world, every=60) as worker:
        before = [thread.name for thread in threading.enumerate()]
        worker.stop()
        assert "requests" in before
        assert "requests" not in [thread.name for thread in threading.enumerate()]

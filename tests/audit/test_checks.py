"""The check of the chain from its page: what it finds, who asked, and that nobody can make its result up."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from app.admin.views import permitted
from app.audit.checks import FORGOTTEN, Checks
from app.audit.models import AuditCheckRow
from app.errors import Forbidden
from app.keys.trail import Note
from app.subject import Subject
from tests.builders import START, Client, World, a_jira
from tests.tampering import alter, make_up, take_away

CHECK = "audit_check"


@pytest.fixture
def admin(world: World) -> Subject:
    return world.person("admin", admin=True)


@pytest.fixture
def client(world: World, admin: Subject) -> Client:
    return world.client(admin)


def head_line(client: Client) -> str:
    """Return what the page says of the chain."""
    text = client.get("/admin/audit").text
    found = re.search(r'<p class="lede chain">(.*?)</p>', text, re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found[1])).strip()


def checks(world: World) -> Checks:
    return world.cfg.get(Checks)


def fact(world: World, admin: Subject) -> tuple[str, str]:
    card = next(each for each in permitted(world.cfg.site, admin) if each.endpoint == "audit.log")
    with world.unit():
        found = card.fact() if card.fact else None
    assert found
    return found.text, found.look


def test_nothing_is_claimed_before_the_first_check(world: World, admin: Subject, client: Client) -> None:
    assert head_line(client) == "Not checked yet whether an entry is missing or altered."
    assert fact(world, admin) == ("Not checked yet", "")


def test_a_check_of_an_intact_chain_says_when_and_how_many(world: World, admin: Subject, client: Client) -> None:
    entries = len(world.events())
    answer = client.post("/admin/audit/check")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/audit?done=checked")
    assert head_line(client) == f"Chain intact: {entries} entries. Last checked: just now."
    (event,) = world.events("audit.verify")
    assert (event["subject"], event["detail"]) == (admin.id, {"events": str(entries), "broken": "0", "ahead": "0"})
    assert fact(world, admin) == ("Chain intact", "ok")
    assert world.rows(CHECK) == []


def test_a_check_finds_what_was_altered_and_what_is_missing(world: World, admin: Subject, client: Client) -> None:
    secret = world.keep(a_jira(), owner=admin)
    for _ in range(2):
        with world.unit():
            world.vault.reveal(admin, secret, field="token")
    (created,), (seen, _again) = world.events("secret.create"), world.events("secret.reveal")
    alter(world, "audit", {"number": created["number"]}, detail="{}")
    take_away(world, "audit", number=seen["number"])
    client.post("/admin/audit/check")
    entries, first = world.events("audit.verify")[0]["detail"]["events"], created["number"]
    broken = f"3 of {entries} entries are missing or altered, the first is number {first}."
    said = f"Chain broken. {broken} Last checked: just now."
    assert head_line(client) == said
    assert fact(world, admin) == ("Chain broken", "bad")


def test_a_check_finds_that_the_end_was_cut(world: World, admin: Subject, client: Client) -> None:
    world.keep(a_jira(), owner=admin)
    last = world.events()[-1]
    assert last["kind"] == "secret"
    take_away(world, "audit", number=last["number"])
    with world.unit():
        result = checks(world).check()
    assert [(each.kind, each.id, each.revision) for each in result.ahead] == [("secret", last["object_id"], 1)]
    assert not result.intact


def test_a_result_that_was_altered_or_made_up_is_not_believed(world: World, admin: Subject, client: Client) -> None:
    alter(world, "audit", {"number": 3}, action="user.rename")
    client.post("/admin/audit/check")
    (event,) = world.events("audit.verify")
    alter(world, "audit", {"number": event["number"]}, detail='{"ahead":"0","broken":"0","events":"9"}')
    assert head_line(client).startswith("The record of the last check was altered.")
    assert fact(world, admin) == ("Chain broken", "bad")
    made_up = {**world.rows("audit")[-1], "number": 10_000, "action": "audit.verify"}
    for name in ("time", "subject", "object_id"):
        made_up.pop(name)
    make_up(world, "audit", **made_up, time=START, subject=admin.id)
    assert head_line(client).startswith("The record of the last check was altered.")


def test_a_check_that_goes_on_is_said_and_not_begun_twice(world: World, client: Client) -> None:
    make_up(world, CHECK, id=1, holder=uuid4(), position=1500, total=90_000, seen_at=world.clock())
    assert head_line(client).endswith("A check goes on: entry 1,500 of 90,000.")
    assert client.post("/admin/audit/check").headers["Location"] == "/admin/audit?done=checking"
    assert world.events("audit.verify") == []
    assert re.search(r"<button[^>]* disabled>.*?Check now", client.get("/admin/audit").text, re.DOTALL)


def test_a_page_asks_how_far_a_check_came_as_long_as_it_goes_on(world: World, client: Client) -> None:
    part = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#chain"}
    assert "every 2s" not in client.get("/admin/audit").text
    make_up(world, CHECK, id=1, holder=uuid4(), position=1500, total=90_000, seen_at=world.clock())
    assert "every 2s" in client.get("/admin/audit").text
    told = client.get("/admin/audit", headers=part).text
    assert ("A check goes on: entry" in told, "every 2s" in told, " disabled>" in told) == (True, True, True)
    assert ("<html" in told, 'id="log"' in told) == (False, False)
    world.sql("DELETE FROM audit_check")
    ended = client.get("/admin/audit", headers=part).text
    assert ("A check goes on" in ended, "every 2s" in ended, " disabled>" in ended) == (False, False, False)
    assert 'hx-target="#check"' in ended


def test_a_check_whose_process_ended_is_said_and_another_takes_its_place(world: World, client: Client) -> None:
    seen = world.clock() - FORGOTTEN - timedelta(seconds=1)
    make_up(world, CHECK, id=1, holder=uuid4(), position=1500, total=90_000, seen_at=seen)
    assert head_line(client).endswith("A check was interrupted at entry 1,500 of 90,000.")
    client.post("/admin/audit/check")
    assert len(world.events("audit.verify")) == 1
    assert world.rows(AuditCheckRow.__tablename__) == []


def test_a_long_check_tells_how_far_it_came(world: World) -> None:
    with world.unit():
        for _ in range(26):
            with world.cfg.unit.writing():
                for _ in range(1000):
                    world.trail.record(Note("thing.look", actor="tests"))
            world.cfg.unit.commit()
        told: list[int] = []
        result = checks(world).check(told=told.append)
    assert told == [25_000]
    assert result.events == world.events()[-1]["number"]
    assert result.intact


def test_a_member_checks_nothing(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    assert client.post("/admin/audit/check").status_code == 403
    with pytest.raises(Forbidden), world.unit():
        checks(world).begin(anna)
    assert world.events("audit.verify") == []


def test_the_command_records_its_result_too(world: World, admin: Subject, client: Client) -> None:
    runner = world.app.test_cli_runner()
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    (event,) = world.events("audit.verify")
    assert event["actor"] == "command-line"
    assert head_line(client).startswith("Chain intact:")
    alter(world, "audit", {"number": 2}, action="user.rename")
    assert runner.invoke(args=["audit", "verify"]).exit_code == 1
    assert head_line(client).startswith("Chain broken.")

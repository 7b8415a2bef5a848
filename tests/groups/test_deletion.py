"""A group's end: what is shown before, what ends, and what is said of it afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.audit.service import Overtaken
from app.errors import Conflict, Forbidden, Invalid, Refused
from app.groups.deletion import Deletion, LastLook
from app.keys.trail import Note
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.models import Account, Membership, UserRow
from app.vault.matching import NoSuchCredential
from tests.builders import World, a_jira
from tests.tampering import put_back, sealed_rows, stored
from tests.users.test_service import at_once


def look(world: World, by: Subject, group: UUID) -> LastLook:
    with world.unit():
        return world.cfg.get(Deletion).question(by, group)


def delete(world: World, by: Subject, group: UUID, mark: str | None = None) -> None:
    seen = mark if mark is not None else look(world, by, group).mark
    with world.unit():
        world.cfg.get(Deletion).delete(by, group, mark=seen)


def revisions(world: World) -> dict[Any, int]:
    return {row["id"]: row["revision"] for row in world.rows("user")}


def test_a_deleted_group_gives_nothing_and_reseals_nobody(world: World) -> None:
    release = world.group("Release")
    boss = world.person("boss", admin=True)
    anna = world.person("anna", groups={release.id: "admin"})
    kept, trashed = world.keep(a_jira(name="kept"), owner=anna), world.keep(a_jira(name="trashed"), owner=anna)
    for secret in (kept, trashed):
        world.publish(secret, owner=anna, group=release.id)
    with world.unit():
        world.trash.delete(anna, trashed)
    before, client = revisions(world), world.client(anna)
    assert look(world, boss, release.id).total == 1
    delete(world, boss, release.id)
    assert revisions(world) == before
    assert (world.rows("publication"), world.rows("membership")) == ([], [])
    assert dict(world.subject(anna.id).groups) == {}
    assert client.get(f"/groups/{release.id}").status_code == 404
    with pytest.raises(NoSuchCredential):
        world.handle.use_cases.match(type(a_jira()), group=release.id, actor="bot")
    with world.unit():
        world.trash.restore(anna, trashed)
        assert world.vault.open(anna, trashed).head.publications == ()
        assert world.vault.open(anna, kept).head.publications == ()
    (event,) = world.events("group.delete")
    assert (event["object_id"], event["gone"], event["subject"]) == (release.id, 1, boss.id)
    assert event["detail"] == {"name": "Release", "members": "1", "publications": "2"}


def test_a_deleted_group_that_is_put_back_is_none(world: World, make_world: Callable[..., World]) -> None:
    release = world.group("Release")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    row, membership = stored(world, "group", id=release.id), stored(world, "membership", user=anna.id)
    delete(world, boss, release.id)
    put_back(world, "group", row)
    put_back(world, "membership", membership)
    for each in (world, make_world()):
        assert not each.subject(anna.id).is_member(release.id)
        with each.unit():
            assert each.groups.names([release.id]) == {}


def test_the_question_names_what_ends_and_what_used_it(world: World) -> None:
    release, other = world.group("Release"), world.group("Other")
    boss = world.person("boss", admin=True)
    anna = world.person("anna", groups={release.id: "admin", other.id: "member"})
    for name in ("used here", "used elsewhere", "never used"):
        secret = world.keep(a_jira(name=name), owner=anna)
        world.publish(secret, owner=anna, group=release.id)
        if name == "used elsewhere":
            world.publish(secret, owner=anna, group=other.id)
    world.handle.use_cases.match(type(a_jira()), group=release.id, hint="used here", actor="release-bot")
    world.handle.use_cases.match(type(a_jira()), group=other.id, hint="used elsewhere", actor="other-bot")
    found = look(world, boss, release.id)
    assert {each["name"]: each["actor"] for each in found.publications} == {
        "used here": "Release-bot", "used elsewhere": "", "never used": "",
    }  # fmt: skip
    assert (found.members, found.total) == (1, 3)
    text = world.client(boss).get(f"/groups/{release.id}/delete").text
    assert all(name in text for name in ("used here", "Release-bot used it last", "owned by Anna Example"))


def test_what_changed_since_it_was_shown_is_shown_first(world: World) -> None:
    release = world.group("Release")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    secret = world.keep(a_jira(), owner=anna)
    seen = look(world, boss, release.id).mark
    world.publish(secret, owner=anna, group=release.id)
    with pytest.raises(Overtaken):
        delete(world, boss, release.id, seen)
    seen = look(world, boss, release.id).mark
    with world.unit():
        world.groups.describe(boss, release.id, description="", name="Releases")
    client = world.client(boss)
    answer = client.post(f"/groups/{release.id}/delete", mark=seen)
    assert answer.status_code == 409
    assert "This changed meanwhile." in answer.text
    assert len(world.rows("group")) == 2
    mark = re.search(r'name="mark" value="([0-9a-f]+)"', answer.text)
    assert mark
    assert client.post(f"/groups/{release.id}/delete", mark=mark[1]).headers["Location"].startswith("/admin/groups?")


def test_only_who_manages_all_groups_deletes_one_and_nobody_the_system_group(world: World) -> None:
    release = world.group("Release")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    mark = look(world, boss, release.id).mark
    for by, group, refusal in ((anna, release.id, Forbidden), (boss, SYSTEM, Forbidden), (boss, UUID(int=8), Refused)):
        with pytest.raises(refusal) as refused:
            delete(world, by, group, mark)
        assert type(refused.value) is refusal
    assert len(world.rows("group")) == 2


def test_the_password_is_asked_for_again(world: World) -> None:
    release, boss = world.group("Release"), world.person("boss", admin=True)
    client = world.client(boss)
    token, mark = client.token(), look(world, boss, release.id).mark
    world.clock.goes_on(minutes=11)
    assert client.get(f"/groups/{release.id}/delete").headers["Location"].startswith("/confirm?")
    answer = client.post(f"/groups/{release.id}/delete", csrf_token=token, mark=mark)
    assert answer.headers["Location"].startswith("/confirm?")
    assert len(world.rows("group")) == 2


def test_a_secret_that_does_not_verify_keeps_no_group_alive(world: World) -> None:
    release = world.group("Release")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    secret = world.keep(a_jira(), owner=anna)
    world.publish(secret, owner=anna, group=release.id)
    older = stored(world, "secret", id=secret)
    with world.unit():
        world.vault.change(
            anna, secret, seen=1, values={"name": "n", "email": "a@b.org", "token": "t"}, cleared=frozenset()
        )
    put_back(world, "secret", older)
    delete(world, boss, release.id)
    assert world.rows("publication") == []
    assert {event["object_id"] for event in world.events("secret.damaged")} == {secret}


def test_a_deleted_group_is_still_named_in_a_secrets_activity(world: World) -> None:
    release = world.group("Release")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    secret = world.keep(a_jira(), owner=anna)
    world.publish(secret, owner=anna, group=release.id)
    delete(world, boss, release.id)
    text = world.client(anna).get(f"/vault/{secret}/activity").text
    assert text.count("Release (deleted)") == 2
    for path in (f"/vault/{secret}", f"/vault/{secret}/sharing", f"/vault/{secret}/delete", "/vault", "/groups"):
        assert world.client(anna).get(path).status_code == 200


def test_who_publishes_while_the_group_ends_is_before_it_or_refused(world: World) -> None:
    release = world.group("Release")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    secret = world.keep(a_jira(), owner=anna)
    mark = look(world, boss, release.id).mark

    def publish() -> None:
        world.publish(secret, owner=anna, group=release.id)

    outcomes = at_once(publish, lambda: delete(world, boss, release.id, mark))
    assert all(each is None or isinstance(each, Conflict | Invalid) for each in outcomes)
    there = [row["name"] for row in world.rows("group")].count("Release")
    assert len(world.rows("publication")) <= there
    with world.unit():
        head = world.vault.open(anna, secret).head
    assert len(head.publications) <= there


def test_memberships_of_deleted_groups_do_not_fill_a_person_up(world: World) -> None:
    boss, anna = world.person("boss", admin=True), world.person("anna")
    gone, team = world.group("Gone"), world.group("Team")
    anna = world.joins(anna, gone.id)
    delete(world, boss, gone.id)
    rows = sealed_rows(world, UserRow, Account, "user")
    with world.unit(), world.cfg.unit.writing():
        seen = rows.load(anna.id)
        assert seen is not None
        many = tuple(Membership(UUID(int=number), GroupLevel.MEMBER) for number in range(1, 501))
        rows.change(seen, Note("tests", actor="tests"), content=replace(seen.content, memberships=many))
    anna = world.joins(anna, team.id)
    assert anna.is_member(team.id)

"""Who hears of a change of members: on the group's page, in the admin centre, and by mail where mail is sent."""

from __future__ import annotations

import re

import pytest

from app.audit.service import Overtaken
from app.errors import Forbidden
from app.groups.history import History
from app.groups.service import Wish
from app.keys.sealed import SealedRows
from app.outbox.models import Mail, OutboxRow
from app.outbox.service import Outbox
from app.subject import SYSTEM, GroupLevel
from app.users.deletion import Deletion
from tests.builders import World
from tests.tampering import sealed_rows


def told(world: World, **to: object) -> list[str]:
    """Return the sentences that somebody reads about a group's last changes."""
    with world.unit():
        return [event.text for event in world.cfg.get(History).latest(**to)]  # type: ignore[arg-type]


def mails(world: World) -> list[Mail]:
    rows: SealedRows[Mail] = sealed_rows(world, OutboxRow, Mail, "mail")
    with world.unit():
        return [opened.content for opened in rows.load_all()]


def test_an_administrator_who_adds_themselves_is_seen_by_the_groups_admins(world: World) -> None:
    team = world.group("Team").id
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={team: "admin"})
    ben = world.person("ben", groups={team: "member"})
    with world.unit():
        world.groups.add_member(boss, team, boss.id)
    with world.unit():
        world.groups.set_level(boss, team, boss.id, level=GroupLevel.ADMIN)
    page = world.client(anna).get(f"/groups/{team}").text
    assert "Boss Example added themselves" in page
    assert "Boss Example made themselves a group admin" in page
    assert 'class="amber"' in page
    assert "added themselves" not in world.client(ben).get(f"/groups/{team}").text
    with pytest.raises(Forbidden):
        told(world, subject=ben, group_id=team)
    assert [event["detail"]["level"] for event in world.events("group.join") if event["kind"] == "group"] == [
        "member", "admin",
    ]  # fmt: skip


def test_each_change_is_a_sentence_for_who_did_it_and_for_others(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    anna = world.person("anna")
    with world.unit():
        team = world.groups.create(boss, name="Team").id
    with world.unit():
        world.groups.add_member(boss, team, ben.id)
        world.groups.set_level(boss, team, ben.id, level=GroupLevel.ADMIN)
        world.groups.describe(boss, team, description="New", name="Crew")
        world.groups.set_level(boss, team, boss.id, level=GroupLevel.MEMBER)
        world.groups.add_member("command-line", team, anna.id)
    with world.unit():
        world.groups.remove_member(boss, team, anna.id)
    ben = world.subject(ben.id)
    assert told(world, subject=ben, group_id=team) == [
        "Boss Example removed Anna Example",
        "The command line made Anna Example a member",
        "Boss Example is no longer an admin",
        "Boss Example changed the description",
        "Boss Example renamed it; it was called Team",
        "Boss Example made you a group admin",
        "Boss Example made you a member",
        "Boss Example created the group",
    ]
    assert told(world, subject=world.subject(boss.id), group_id=team)[:3] == [
        "You removed Anna Example",
        "The command line made Anna Example a member",
        "You are no longer an admin",
    ]


def test_german_declines_the_reader(world: World) -> None:
    team = world.group("Team").id
    anna = world.person("anna", groups={team: "admin"})
    ben = world.person("ben")
    with world.unit():
        world.groups.add_member(anna, team, ben.id)
    with world.unit():
        world.groups.set_level(anna, team, ben.id, level=GroupLevel.ADMIN)
    client = world.client(world.subject(ben.id))
    assert client.post("/language", language="de").status_code == 303
    page = client.get(f"/groups/{team}").text
    assert "Anna Example hat Ihnen die Mitgliedschaft gegeben" in page
    assert "Anna Example hat Ihnen die Verwaltung der Gruppe gegeben" in page


def test_a_change_of_the_system_group_is_told_to_all_administrators_in_the_app(world: World) -> None:
    boss, other = world.person("boss", admin=True), world.person("other", admin=True)
    ben = world.person("ben")
    world.clock.goes_on(days=10)
    client = world.client(other)
    with world.unit():
        world.groups.add_member(boss, SYSTEM, ben.id)
    assert "System group changed: just now" in client.get("/admin").text
    assert "Boss Example made Ben Example a member" in client.get(f"/groups/{SYSTEM}").text
    assert re.search(r"last changed:\s*<time", client.get("/admin/groups").text)
    world.clock.goes_on(days=8)
    assert "System group changed" not in world.client(other).get("/admin").text


def test_mails_tell_of_both_in_the_readers_language(world: World) -> None:
    world.cfg.get(Outbox).opens(lambda: None)
    team = world.group("Team").id
    boss, other = world.person("boss", admin=True), world.person("other", admin=True)
    anna, ben = world.person("anna", groups={team: "admin"}), world.person("ben", groups={team: "member"})
    assert world.client(anna).post("/language", language="de").status_code == 303
    with world.unit():
        world.groups.add_member(anna, team, other.id)
    assert mails(world) == []
    with world.unit():
        world.groups.add_member(boss, team, boss.id)
        world.groups.add_member(boss, SYSTEM, ben.id)
    found = {mail.to: (mail.language, mail.subject) for mail in mails(world)}
    assert found == {
        ("anna@example.org",): ("de", "Boss Example hat sich selbst zu Team hinzugefügt"),
        ("other@example.org",): ("en", "The members of the system group were changed"),
    }
    assert "it is about Ben Example" in next(mail.body for mail in mails(world) if mail.language == "en")


def test_a_change_that_is_undone_tells_nobody(world: World) -> None:
    world.cfg.get(Outbox).opens(lambda: None)
    team = world.group("Team").id
    boss = world.person("boss", admin=True)
    world.person("anna", groups={team: "admin"})
    with pytest.raises(RuntimeError), world.unit():
        world.groups.add_member(boss, team, boss.id)
        raise RuntimeError
    assert mails(world) == []


def test_a_member_who_is_deleted_leaves_the_groups_as_one_who_is_removed(world: World) -> None:
    """Its revision tells pages of before that members changed; of the system group all administrators hear."""
    team = world.group("Team").id
    boss, chief = world.person("boss", admin=True), world.person("chief", admin=True)
    ben = world.person("ben", groups={team: "member", SYSTEM: "member"})
    with world.unit():
        world.users.disable("tests", ben.id)
        before = {group.id: group.revision for group in world.groups.names([team, SYSTEM]).values()}
    world.cfg.get(Outbox).opens(lambda: None)
    with world.unit():
        world.cfg.get(Deletion).delete(boss, ben.id)
    with world.unit():
        after = {group.id: group.revision for group in world.groups.names([team, SYSTEM]).values()}
    assert all(after[group] == revision + 1 for group, revision in before.items())
    removed = [event for event in world.events("group.remove-member") if event["kind"] == "group"]
    assert {event["object_id"] for event in removed} == {team, SYSTEM}
    assert [(mail.to, mail.subject) for mail in mails(world)] == [
        ((chief.email,), "The members of the system group were changed"),
    ]
    assert "it is about Ben Example" in mails(world)[0].body
    with pytest.raises(Overtaken), world.unit():
        world.groups.save_members(boss, team, revision=before[team], wishes=[Wish(boss.id, GroupLevel.ADMIN)])

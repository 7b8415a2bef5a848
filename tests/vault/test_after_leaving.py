"""Who has left a group: what the trash still holds for them brings nothing back into it."""

from __future__ import annotations

import pytest

from app.credentials.types import SMTP, Login
from app.errors import Forbidden, Invalid
from app.groups.service import Wish
from app.subject import SYSTEM, Subject
from app.vault.matching import NoSuchCredential
from app.vault.sharing import Sharing, Wishes
from tests.builders import World, a_login, an_smtp


def removed(world: World, admin: Subject, person: Subject, group: object, *, keep: bool) -> Subject:
    """Let a group's admin remove a member as the members page does."""
    with world.unit():
        revision = world.groups.names([group])[group].revision  # type: ignore[list-item,index]
        wishes = [Wish(person.id, None, keep=keep)]
        world.groups.save_members(admin, group, revision=revision, wishes=wishes)  # type: ignore[arg-type]
    return world.subject(person.id)


def test_a_mail_server_restored_from_the_trash_by_a_former_member_is_refused(world: World) -> None:
    mallory = world.person("mallory", groups={SYSTEM: "member"})
    secret = world.keep(an_smtp(host="mail.example.net"), owner=mallory)
    with world.unit():
        world.trash.delete(mallory, secret)
    mallory = world.leaves(mallory, SYSTEM)
    with pytest.raises(Forbidden) as refusal, world.unit():
        world.trash.restore(mallory, secret)
    assert str(refusal.value) == "This type needs membership of the system group. Ask an administrator."
    with pytest.raises(NoSuchCredential):
        world.handle.use_cases.match(SMTP, group=SYSTEM, actor="mail")
    with world.unit():
        assert [head.id for head in world.trash.listed(mallory)] == [secret]
        world.trash.purge(mallory, secret, name="Outgoing mail")


def test_what_is_withdrawn_with_its_publisher_stays_so_when_they_restore_it(world: World) -> None:
    team = world.group("Support").id
    admin = world.joins(world.person("anna"), team, admin=True)
    mallory = world.joins(world.person("mallory"), team)
    secret = world.keep(a_login(), owner=mallory)
    world.publish(secret, owner=mallory, group=team)
    with world.unit():
        world.trash.delete(mallory, secret)
    mallory = removed(world, admin, mallory, team, keep=False)
    with world.unit():
        world.trash.restore(mallory, secret)
    with pytest.raises(NoSuchCredential):
        world.handle.use_cases.match(Login, group=team, actor="reports")


def test_the_members_page_names_nothing_that_lies_in_the_trash(world: World) -> None:
    team = world.group("Support").id
    admin = world.joins(world.person("anna"), team, admin=True)
    mallory = world.joins(world.person("mallory"), team)
    secret = world.keep(a_login(name="Trashed portal"), owner=mallory)
    world.publish(secret, owner=mallory, group=team)
    browser = world.client(admin)
    assert "Trashed portal" in browser.get(f"/groups/{team}/members").text
    with world.unit():
        world.trash.delete(mallory, secret)
    assert "Trashed portal" not in browser.get(f"/groups/{team}/members").text


def test_a_member_who_was_removed_meanwhile_publishes_nothing(world: World) -> None:
    team = world.group("Support").id
    ben = world.joins(world.person("ben"), team)
    secret = world.keep(a_login(), owner=ben)
    world.leaves(ben, team)
    with pytest.raises(Invalid), world.unit():
        sharing = world.cfg.get(Sharing)
        revision = sharing.state(ben, secret).head.revision
        sharing.save(ben, secret, revision=revision, wishes=Wishes(shown=frozenset({team}), ticked=frozenset({team})))
    with pytest.raises(NoSuchCredential):
        world.handle.use_cases.match(Login, group=team, actor="reports")


def test_an_admin_who_removes_themselves_and_another_withdraws_what_the_other_published(world: World) -> None:
    team = world.group("Support").id
    anna = world.joins(world.person("anna"), team, admin=True)
    world.joins(world.person("lead"), team, admin=True)
    mallory = world.joins(world.person("mallory"), team)
    secret = world.keep(a_login(), owner=mallory)
    world.publish(secret, owner=mallory, group=team)
    with world.unit():
        revision = world.groups.names([team])[team].revision
        wishes = [Wish(anna.id, None), Wish(mallory.id, None, keep=False)]
        world.groups.save_members(anna, team, revision=revision, wishes=wishes)
    assert world.rows("publication") == []

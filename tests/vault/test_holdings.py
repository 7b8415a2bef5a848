"""What becomes of what only a disabled person owns: handed over unread, or deleted; nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.credentials.types.smtp import SMTP
from app.errors import Forbidden, Invalid, Refused
from app.subject import SYSTEM, Subject
from app.users.administration import Administration
from app.users.deletion import Deletion
from app.users.ports import Alone
from app.users.preferences import Preferences
from app.users.settling import Settling
from app.vault.activity import Activity
from app.vault.policy import Level
from tests.builders import World, a_jira, a_login, an_smtp
from tests.mails import link_in, mails, sends_mails
from tests.tampering import alter, stored


def disabled(world: World, boss: Subject, person: Subject) -> Subject:
    with world.unit():
        world.cfg.get(Administration).disable(boss, [person.id])
    return person


def alone(world: World, boss: Subject, person: Subject) -> Alone:
    with world.unit():
        return world.cfg.get(Settling).open(boss, person.id)[1]


def settle(world: World, boss: Subject, person: Subject, to: dict[UUID, str] | None = None, *deleted: UUID) -> None:
    with world.unit():
        world.cfg.get(Settling).settle(boss, person.id, heirs=to or {}, deletions=deleted)


def delete(world: World, boss: Subject, person: Subject) -> None:
    with world.unit():
        world.cfg.get(Deletion).delete(boss, person.id)


def access(world: World, reader: Subject, secret: UUID) -> dict[UUID, Level]:
    with world.unit():
        return {grant.user: grant.level for grant in world.vault.open(reader, secret).head.access}


def told(world: World, reader: Subject, secret: UUID) -> list[str]:
    with world.unit(), world.app.test_request_context():
        return [each.text for each in world.cfg.get(Activity).latest(reader, secret)]


def test_what_somebody_active_owns_too_is_nobodys_alone(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    both, viewed = world.keep(a_login(), owner=ben), world.keep(a_jira(), owner=ben)
    world.share(both, owner=ben, to=eve, level="owner")
    world.share(viewed, owner=ben, to=eve, level="viewer")
    trashed = world.keep(a_jira(name="Old"), owner=ben)
    with world.unit():
        world.trash.delete(ben, trashed)
    disabled(world, boss, ben)
    found = alone(world, boss, ben)
    assert [(each.id, each.people, each.kind) for each in found.holdings] == [(viewed, [eve.id], "Jira API")]
    assert (found.total, found.damaged) == (1, 0)
    disabled(world, boss, eve)
    assert {each.id for each in alone(world, boss, ben).holdings} == {both, viewed}


def test_a_holding_tells_neither_name_nor_value(world: World) -> None:
    boss, ben, group = world.person("boss", admin=True), world.person("ben"), world.group("Operations").id
    ben = world.joins(ben, group)
    secret = world.keep(a_login(name="Marked-name", username="marked-user", password="marked-password"), owner=ben)
    world.publish(secret, owner=ben, group=group)
    disabled(world, boss, ben)
    found = alone(world, boss, ben)
    assert found.holdings[0].groups == ["Operations"]
    assert "marked" not in repr(found).casefold()
    client = world.client(boss)
    for path in ("", "/holdings", "/delete"):
        page = client.get(f"/admin/users/{ben.id}{path}")
        assert page.status_code == 200
        assert "marked" not in page.text.casefold()
    assert str(secret) not in client.get(f"/admin/users/{ben.id}").text


def test_a_handed_over_secret_is_the_new_owners_and_everybody_with_access_sees_it(world: World) -> None:
    boss, ben, eve, anna = world.person("boss", admin=True), *(world.person(name) for name in ("ben", "eve", "anna"))
    secret = world.keep(a_login(), owner=ben)
    world.share(secret, owner=ben, to=eve, level="viewer")
    world.share(secret, owner=ben, to=anna, level="editor")
    disabled(world, boss, ben)
    settle(world, boss, ben, {secret: eve.email})
    assert access(world, eve, secret) == {eve.id: Level.OWNER, anna.id: Level.EDITOR}
    event = world.events("secret.hand-over")[-1]
    assert event["detail"] == {"user": str(eve.id), "former": str(ben.id)}
    assert told(world, anna, secret)[0] == "Boss Example handed it over from Ben Example to Eve Example"
    with pytest.raises(Refused), world.unit():
        world.vault.open(boss, secret)
    assert alone(world, boss, ben).total == 0


def test_everybody_with_access_is_told_by_mail_that_a_secret_was_handed_over(world: World) -> None:
    boss, ben, eve, anna = world.person("boss", admin=True), *(world.person(name) for name in ("ben", "eve", "anna"))
    late, off = world.person("late"), world.person("off")
    secret = world.keep(a_login(name="Marked portal", password="marked-password"), owner=ben)
    for person in (boss, anna, off):
        world.share(secret, owner=ben, to=person)
    world.share(secret, owner=ben, to=late, until=world.clock() + timedelta(days=1))
    world.clock.goes_on(days=2)
    for person in (ben, off):
        disabled(world, boss, person)
    with world.unit():
        world.cfg.get(Preferences).speak(anna, language="de")
    settle(world, boss, ben, {secret: eve.email})
    assert mails(world) == []  # where no mail is sent, none is kept
    disabled(world, boss, eve)
    sends_mails(world)
    settle(world, boss, eve, {secret: late.email})
    sent = {mail.to[0]: mail for mail in mails(world)}
    assert sorted(sent) == [anna.email, late.email]
    assert "Es gehörte Eve Example und gehört jetzt Late Example." in sent[anna.email].body
    assert link_in(sent[late.email]) == f"/vault/{secret}"
    assert not any("arked" in mail.subject + mail.body for mail in sent.values())


@pytest.mark.parametrize("heir", ["boss@example.org", "ben@example.org", "zoe@example.org", "off@example.org", "no"])
def test_nothing_goes_to_who_hands_it_over_or_to_who_is_not_active(world: World, heir: str) -> None:
    boss, ben, off = world.person("boss", admin=True), world.person("ben"), world.person("off")
    secret, other = world.keep(a_login(), owner=ben), world.keep(a_jira(), owner=ben)
    world.person("eve")
    disabled(world, boss, off)
    disabled(world, boss, ben)
    before = world.rows("secret"), world.rows("access")
    with pytest.raises(Invalid) as invalid:
        settle(world, boss, ben, {other: "eve@example.org", secret: heir})
    assert invalid.value.field == f"to-{secret}"
    assert (world.rows("secret"), world.rows("access")) == before


def test_a_type_that_needs_a_group_goes_to_its_members_alone(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben", groups={SYSTEM: "member"})
    eve, anna = world.person("eve"), world.person("anna", groups={SYSTEM: "member"})
    secret = world.keep(an_smtp(), owner=ben)
    disabled(world, boss, ben)
    assert alone(world, boss, ben).holdings[0].needs == SYSTEM
    with pytest.raises(Invalid):
        settle(world, boss, ben, {secret: eve.email})
    settle(world, boss, ben, {secret: anna.email})
    assert access(world, anna, secret) == {anna.id: Level.OWNER}
    with world.unit():
        assert world.handle.use_cases.match(SMTP, group=SYSTEM, actor="tests").host == "smtp.example.org"


def test_what_is_deleted_lies_in_the_trash_and_no_automation_finds_it(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben", groups={SYSTEM: "member"})
    secret = world.keep(an_smtp(), owner=ben)
    disabled(world, boss, ben)
    settle(world, boss, ben, None, secret)
    assert world.events("secret.delete")[-1]["subject"] == boss.id
    assert alone(world, boss, ben).total == 0
    with pytest.raises(Refused), world.unit():
        world.handle.use_cases.match(SMTP, group=SYSTEM, actor="tests")


def test_only_what_is_theirs_alone_is_settled(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    theirs, foreign = world.keep(a_login(), owner=ben), world.keep(a_jira(), owner=eve)
    shared = world.keep(a_jira(), owner=ben)
    world.share(shared, owner=ben, to=eve, level="owner")
    disabled(world, boss, ben)
    before = world.rows("secret"), world.rows("access")
    for secret in (foreign, shared, uuid4()):
        with pytest.raises(Refused):
            settle(world, boss, ben, {theirs: eve.email}, secret)
    assert (world.rows("secret"), world.rows("access")) == before


def test_what_an_active_person_owns_is_left_alone(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    secret = world.keep(a_login(), owner=ben)
    with pytest.raises(Invalid):
        settle(world, boss, ben, {secret: eve.email})
    with pytest.raises(Invalid):
        alone(world, boss, ben)
    assert access(world, ben, secret) == {ben.id: Level.OWNER}


def test_who_may_not_delete_people_settles_nothing(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    secret = world.keep(a_login(), owner=ben)
    disabled(world, boss, ben)
    for act in (lambda: settle(world, eve, ben, {secret: eve.email}), lambda: alone(world, eve, ben)):
        with pytest.raises(Forbidden):
            act()


def test_nobody_is_deleted_who_owns_something_alone(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    secret = world.keep(a_login(), owner=ben)
    disabled(world, boss, ben)
    before = stored(world, "user", id=ben.id), world.rows("access")
    with pytest.raises(Invalid):
        delete(world, boss, ben)
    assert (stored(world, "user", id=ben.id), world.rows("access")) == before
    settle(world, boss, ben, {secret: eve.email})
    delete(world, boss, ben)
    assert access(world, eve, secret) == {eve.id: Level.OWNER}


def test_what_names_a_deleted_person_says_so_and_published_secrets_keep_working(world: World) -> None:
    boss, eve = world.person("boss", admin=True), world.person("eve", groups={SYSTEM: "member"})
    group = world.group("Operations").id
    eve = world.joins(eve, group, admin=True)
    ben = world.person("ben", groups={SYSTEM: "member", group: "member"})
    secret, mail = world.keep(a_jira(), owner=ben), world.keep(an_smtp(), owner=ben)
    for each in (secret, mail):
        world.share(each, owner=ben, to=eve, level="owner")
    world.publish(secret, owner=ben, group=group)
    viewed = world.keep(a_login(), owner=eve)
    world.share(viewed, owner=eve, to=ben)
    disabled(world, boss, ben)
    delete(world, boss, ben)
    assert access(world, eve, secret) == access(world, eve, viewed) == {eve.id: Level.OWNER}
    lines = told(world, eve, secret)
    assert "Boss Example took it from a deleted user" in lines
    assert "A deleted user created it" in lines
    with world.unit():
        assert world.handle.use_cases.match(SMTP, group=SYSTEM, actor="tests").host == "smtp.example.org"
    client = world.client(eve)
    for path in ("", "/sharing", "/history", "/activity", "/edit"):
        assert client.get(f"/vault/{secret}{path}").status_code == 200, path
    assert "a deleted user" in client.get(f"/vault/{secret}/history").text
    for path in (f"/groups/{group}", f"/groups/{group}/members", "/vault", "/vault/trash"):
        assert client.get(path).status_code == 200, path
    assert "Release board" in client.get(f"/groups/{group}").text


def test_shares_in_the_trash_go_with_their_person_and_the_trash_is_emptied_all_the_same(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    theirs, shared = world.keep(a_login(), owner=ben), world.keep(a_jira(), owner=eve)
    world.share(shared, owner=eve, to=ben)
    with world.unit():
        world.trash.delete(ben, theirs)
        world.trash.delete(eve, shared)
    disabled(world, boss, ben)
    assert "1 secret in their trash" in world.client(boss).get(f"/admin/users/{ben.id}/delete").text
    delete(world, boss, ben)
    with world.unit():
        world.trash.restore(eve, shared)
    world.clock.goes_on(days=31)
    assert world.trash.collect().secrets == [theirs]


def test_a_damaged_holding_is_told_and_keeps_nobody_from_being_deleted(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    secret = world.keep(a_login(), owner=ben)
    disabled(world, boss, ben)
    alter(world, "secret", {"id": secret}, type="jira")
    assert (alone(world, boss, ben).total, alone(world, boss, ben).damaged) == (0, 1)
    client = world.client(boss)
    for path in ("holdings", "delete"):
        assert "1 damaged secret cannot be handed over." in client.get(f"/admin/users/{ben.id}/{path}").text
    delete(world, boss, ben)
    assert world.rows("access") == []


def test_each_of_many_is_found_by_pages_and_settled_whichever_page_showed_it(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    kept = []
    for number in range(25):
        world.clock.goes_on(minutes=1)
        kept.append(world.keep(a_login(name=f"Login {number}"), owner=ben))
    disabled(world, boss, ben)
    with world.unit():
        settling = world.cfg.get(Settling)
        pages = [settling.open(boss, ben.id, page=page)[1] for page in (1, 2, 3)]
    assert [[each.id for each in page.holdings] for page in pages] == [kept[:4:-1], kept[4::-1], kept[4::-1]]
    assert [(page.listed, page.page) for page in pages] == [(25, 1), (25, 2), (25, 2)]
    client, path = world.client(boss), f"/admin/users/{ben.id}/holdings"
    assert f'href="{path}?page=2"' in client.get(path).text
    second = client.get(f"{path}?page=2").text
    assert (f'name="do-{kept[0]}"' in second, f'name="do-{kept[24]}"' in second) == (True, False)
    answer = client.post(path, **{f"do-{kept[0]}": "hand", f"do-{kept[1]}": "delete", "heir": eve.email, "page": "2"})
    assert answer.status_code == 303
    assert alone(world, boss, ben).total == 23
    with pytest.raises(Invalid):
        settle(world, boss, ben, None, *kept[2:23])


def test_what_is_not_on_a_page_is_not_opened_for_it(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    kept = []
    for _number in range(21):
        world.clock.goes_on(minutes=1)
        kept.append(world.keep(a_login(), owner=ben))
    disabled(world, boss, ben)
    alter(world, "secret", {"id": kept[0]}, type="jira")  # whoever opens it finds it damaged
    assert len(alone(world, boss, ben).holdings) == 20
    settle(world, boss, ben, None, kept[20])
    assert world.events("secret.damaged") == []
    assert (alone(world, boss, ben).total, alone(world, boss, ben).damaged) == (19, 1)


def test_what_is_damaged_hides_no_page(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    kept = []
    for _number in range(21):
        world.clock.goes_on(minutes=1)
        kept.append(world.keep(a_login(), owner=ben))
    disabled(world, boss, ben)
    alter(world, "secret", {"id": kept[20]}, type="jira")
    client, path = world.client(boss), f"/admin/users/{ben.id}/holdings"
    first = client.get(path).text
    assert f'href="{path}?page=2"' in first
    assert "1 damaged secret cannot be handed over" in first
    assert f'name="do-{kept[0]}"' in client.get(f"{path}?page=2").text
    assert f'name="do-{kept[0]}"' in client.get(f"{path}?page=9").text


def test_one_heir_of_many_counts_once_as_a_search(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__LOOK_UPS": "2"})
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    kept = [world.keep(a_login(), owner=ben) for _number in range(5)]
    disabled(world, boss, ben)
    settle(world, boss, ben, dict.fromkeys(kept, eve.email))
    assert alone(world, boss, ben).listed == 0

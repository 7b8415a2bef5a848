"""Who has a secret: people with their levels and end dates, groups for their automations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.audit.service import Overtaken
from app.errors import Conflict, Damaged, Forbidden, Invalid, Refused
from app.groups.ports import Panels
from app.keys.trail import Note
from app.subject import SYSTEM, Subject
from app.vault.heads import MOST_PEOPLE, Grant, Heads
from app.vault.panels import GroupPanel
from app.vault.policy import Level
from app.vault.sharing import Addition, Wishes
from tests.builders import a_login, an_smtp
from tests.vault.conftest import Town
from tests.vault.test_listing import key


def save(town: Town, by: Subject, secret: UUID, *, revision: int | None = None, **wishes: Any) -> None:
    seen = town.head(secret).revision if revision is None else revision
    with town.unit():
        town.sharing.save(by, secret, revision=seen, wishes=Wishes(**wishes))


def refused_save(town: Town, by: Subject, secret: UUID, **wishes: Any) -> Invalid:
    """Return the error; fail if anything was stored."""
    before = town.head(secret)
    with pytest.raises(Invalid) as refusal:
        save(town, by, secret, **wishes)
    assert town.head(secret) == before
    return refusal.value


def levels(town: Town, secret: UUID) -> dict[UUID, str]:
    return {grant.user: grant.level.value for grant in town.head(secret).access}


# ── people ──


def test_an_owner_shares_by_exact_address(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=f" {ben.email.upper()} ", add_level=Level.EDITOR)
    assert levels(town, secret) == {anna.id: "owner", ben.id: "editor"}
    grant = town.head(secret).access[1]
    assert (grant.by, grant.at, grant.until) == (anna.id, town.clock(), None)


def test_part_of_an_address_and_who_is_not_active_find_nobody_in_the_same_words(town: Town) -> None:
    anna, gone = town.person("anna"), town.person("gone")
    with town.unit():
        town.users.disable("tests", gone.id)
    secret = town.keep(a_login(), owner=anna)
    for address in (gone.email[1:], gone.email, "nobody@example.org", "*", ""):
        if address:
            error = refused_save(town, anna, secret, add=address)
            assert (str(error), error.field) == (f"Nobody with the address {address} is active here.", "add")


def test_who_has_access_is_not_added_twice(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    assert refused_save(town, anna, secret, add=anna.email).field == "add"


def test_a_secret_keeps_at_least_one_owner(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email, add_level=Level.EDITOR)
    for level in (None, Level.VIEWER, Level.EDITOR):
        refused_save(town, anna, secret, levels={anna.id: level})
    save(town, anna, secret, levels={ben.id: Level.OWNER, anna.id: None})
    assert levels(town, secret) == {ben.id: "owner"}


def test_an_owner_who_is_disabled_does_not_count_as_the_one_who_is_kept(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email, add_level=Level.OWNER)
    with town.unit():
        town.users.disable("tests", ben.id)
    refused_save(town, anna, secret, levels={anna.id: None})
    save(town, anna, secret, levels={ben.id: None})
    assert levels(town, secret) == {anna.id: "owner"}


def test_two_owners_who_each_take_the_other_off_at_once_do_not_both_succeed(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email, add_level=Level.OWNER)
    seen = town.head(secret).revision
    save(town, anna, secret, revision=seen, levels={ben.id: None})
    with pytest.raises(Refused):
        save(town, ben, secret, revision=seen, levels={anna.id: None})
    assert levels(town, secret) == {anna.id: "owner"}


def test_sharing_that_somebody_changed_meanwhile_is_a_conflict_and_nothing_is_stored(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret = town.keep(a_login(), owner=anna)
    seen = town.head(secret).revision
    save(town, anna, secret, add=ben.email)
    with pytest.raises(Conflict):
        save(town, anna, secret, revision=seen, add=cleo.email)
    assert levels(town, secret) == {anna.id: "owner", ben.id: "viewer"}


def test_people_and_groups_are_saved_together_or_not_at_all(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    theirs = town.group("Theirs").id
    secret = town.keep(a_login(), owner=anna)
    refused_save(town, anna, secret, add=ben.email, shown=frozenset({theirs}), ticked=frozenset({theirs}))


def test_an_end_date_ends_access_at_its_moment_and_not_before(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(password="pw-7781"), owner=anna)
    until = town.clock() + timedelta(days=2)
    save(town, anna, secret, add=ben.email, add_level=Level.EDITOR, add_until=until)
    town.clock.now = until - timedelta(microseconds=1)
    with town.unit():
        assert town.vault.reveal(ben, secret, field="password") == "pw-7781"
    town.clock.now = until
    with pytest.raises(Refused) as refusal, town.unit():
        town.vault.reveal(ben, secret, field="password")
    assert type(refusal.value) is Refused
    save(town, anna, secret, until={ben.id: None})
    with town.unit():
        assert town.vault.reveal(ben, secret, field="password") == "pw-7781"


def test_an_end_in_the_past_is_refused_and_one_that_has_passed_may_stay(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret = town.keep(a_login(), owner=anna)
    now = town.clock()
    assert refused_save(town, anna, secret, add=ben.email, add_until=now).field == "add"
    save(town, anna, secret, add=ben.email, add_until=now + timedelta(days=1))
    assert refused_save(town, anna, secret, until={ben.id: now}).field == f"until-{ben.id}"
    town.clock.goes_on(days=2)
    save(town, anna, secret, add=cleo.email, until={ben.id: now + timedelta(days=1)})
    assert levels(town, secret) == {anna.id: "owner", ben.id: "viewer", cleo.id: "viewer"}


def test_owners_have_no_end_date(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret = town.keep(a_login(), owner=anna)
    later = town.clock() + timedelta(days=1)
    save(town, anna, secret, add=ben.email, add_level=Level.OWNER, add_until=later)
    save(town, anna, secret, add=cleo.email, add_until=later)
    save(town, anna, secret, levels={cleo.id: Level.OWNER}, until={anna.id: later, ben.id: later, cleo.id: later})
    assert {grant.user: grant.until for grant in town.head(secret).access} == {
        anna.id: None,
        ben.id: None,
        cleo.id: None,
    }


def test_a_secret_has_at_most_five_hundred_people(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    head = town.head(secret)
    with town.unit(), town.cfg.unit.writing():
        many = [
            town.users.create(
                "tests", email=f"{uuid4()}@example.org", first_name="A", last_name="B", password="long-enough-password"
            )
            for _ in range(MOST_PEOPLE - 1)
        ]
        grants = tuple(Grant(each.id, Level.VIEWER, None, anna.id, town.clock()) for each in many)
        content = replace(head.opened.content, access=(*head.access, *grants))
        town.cfg.get(Heads).change(head, Note("secret.share", subject=anna.id), content=content)
    assert len(town.head(secret).access) == 500
    error = refused_save(town, anna, secret, add=ben.email)
    assert str(error) == "A secret is shared with at most 500 people and 500 groups."
    save(town, anna, secret, add=ben.email, levels={many[0].id: None})
    assert len(town.head(secret).access) == 500


def test_each_change_of_access_is_an_event_with_ids_alone(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    team = town.group("Marked-Team").id
    anna = town.joins(anna, team)
    secret = town.keep(a_login(name="Marked-Name"), owner=anna)
    before = len(town.events())
    save(town, anna, secret, add=ben.email)
    save(town, anna, secret, levels={ben.id: Level.EDITOR}, shown=frozenset({team}), ticked=frozenset({team}))
    save(town, anna, secret, levels={ben.id: None}, shown=frozenset({team}))
    save(town, anna, secret, shown=frozenset({team}))
    events = town.events()[before:]
    assert [(each["action"], each["detail"]) for each in events] == [
        ("secret.share", {"user": str(ben.id), "level": "viewer"}),
        ("secret.share", {"user": str(ben.id), "level": "editor"}),
        ("secret.publish", {"group": str(team)}),
        ("secret.unshare", {"user": str(ben.id)}),
        ("secret.withdraw", {"group": str(team)}),
    ]


# ── groups ──


def test_publishing_needs_the_owner_to_be_a_member_of_that_group(town: Town) -> None:
    team, other = town.group("Mine").id, town.group("Theirs").id
    anna = town.person("anna", groups={team: "member"})
    secret = town.keep(a_login(), owner=anna)
    for group in (other, SYSTEM, uuid4()):
        refused_save(town, anna, secret, shown=frozenset({group}), ticked=frozenset({group}))
    save(town, anna, secret, shown=frozenset({team}), ticked=frozenset({team}))
    assert [each.group for each in town.head(secret).publications] == [team]


def test_of_the_groups_shown_ticked_is_published_unticked_withdrawn_and_others_stay(town: Town) -> None:
    teams = [town.group("Team").id for _ in range(3)]
    anna = town.person("anna", groups=dict.fromkeys(teams, "member"))
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, shown=frozenset(teams), ticked=frozenset(teams[:2]))
    save(town, anna, secret, shown=frozenset(teams[1:]), ticked=frozenset(teams[2:]))
    assert {each.group for each in town.head(secret).publications} == {teams[0], teams[2]}


def test_an_owner_withdraws_from_a_group_that_they_left(town: Town) -> None:
    team = town.group("Team").id
    anna = town.person("anna", groups={team: "member"})
    secret = town.keep(a_login(), owner=anna)
    town.publish(secret, owner=anna, group=team)
    anna = town.leaves(anna, team)
    assert [(each.group.id, each.published, each.mine) for each in state_groups(town, anna, secret)] == [
        (team, True, False)
    ]
    with town.unit():
        town.sharing.withdraw(anna, secret, group=team)
    assert town.head(secret).publications == ()


def state_groups(town: Town, by: Subject, secret: UUID) -> list[Any]:
    with town.unit():
        return town.sharing.state(by, secret).groups


def test_a_group_admin_withdraws_what_a_member_published_and_a_member_does_not(town: Town) -> None:
    team, other = town.group("Team").id, town.group("Other").id
    anna = town.person("anna", groups={team: "member"})
    member = town.person("member", groups={team: "member", other: "admin"})
    admin = town.person("admin", groups={team: "admin"})
    secret = town.keep(a_login(), owner=anna)
    town.publish(secret, owner=anna, group=team)
    for person, group in ((member, team), (member, other), (admin, other)):
        with pytest.raises(Refused) as refusal, town.unit():
            town.sharing.withdraw(person, secret, group=group)
        assert type(refusal.value) is Refused
    with town.unit():
        town.sharing.withdraw(admin, secret, group=team)
    assert town.head(secret).publications == ()
    assert town.told(secret)[-1] == ("secret.withdraw", admin.id)


def test_a_group_admin_sees_of_publications_name_type_owner_and_last_use(town: Town) -> None:
    team = town.group("Team").id
    anna = town.person("anna", groups={team: "member"})
    member, admin = town.person("member", groups={team: "member"}), town.person("admin", groups={team: "admin"})
    secret = town.keep(a_login(name="Portal", username="marked-user", website="https://marked.example.org"), owner=anna)
    town.publish(secret, owner=anna, group=team)
    panel = next(each for each in town.cfg.fillings(Panels) if isinstance(each, GroupPanel))
    with town.app.test_request_context(), town.unit():
        [shown] = panel.publications(admin, team).rows
        assert [*panel.publications(member, team).rows] == []
    assert shown.keys() == {"id", "logo", "type_id", "type_title", "name", "owner", "last_use", "may_withdraw"}
    assert (shown["name"], str(shown["type_title"])) == ("Portal", "Web login")
    assert "marked" not in repr({name: str(value) for name, value in shown.items()})


def test_a_group_admin_may_not_open_publish_edit_or_delete_what_others_published(town: Town) -> None:
    team = town.group("Team").id
    anna, admin = town.person("anna", groups={team: "member"}), town.person("admin", groups={team: "admin"})
    secret = town.keep(a_login(), owner=anna)
    town.publish(secret, owner=anna, group=team)
    for act in (
        lambda: town.vault.open(admin, secret),
        lambda: town.vault.reveal(admin, secret, field="password"),
        lambda: town.vault.editable(admin, secret),
        lambda: town.trash.delete(admin, secret),
        lambda: town.sharing.state(admin, secret),
    ):
        with pytest.raises(Refused) as refusal, town.unit():
            act()
        assert type(refusal.value) is Refused


def test_damage_is_told_to_who_may_withdraw_and_to_nobody_else(town: Town) -> None:
    team = town.group("Team").id
    anna = town.person("anna", groups={team: "member"})
    admin, other_admin = town.person("admin", groups={team: "admin"}), town.person("other")
    elsewhere = town.group("Elsewhere").id
    other_admin = town.joins(other_admin, elsewhere, admin=True)
    secret = town.keep(a_login(), owner=anna)
    town.publish(secret, owner=anna, group=team)
    town.sql("UPDATE secret SET version = version + 1 WHERE id = :id", id=key(town, secret))
    for person, group, expected in (
        (anna, team, Damaged),
        (admin, team, Damaged),
        (other_admin, team, Refused),
        (other_admin, elsewhere, Refused),
    ):
        with pytest.raises(expected) as refusal, town.unit():
            town.sharing.withdraw(person, secret, group=group)
        assert type(refusal.value) is expected


# ── a type that needs a group ──


def test_owners_and_editors_of_a_type_that_needs_a_group_are_members_of_it(town: Town) -> None:
    anna, ben = town.person("anna", groups={SYSTEM: "member"}), town.person("ben")
    insider = town.person("insider", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(), owner=anna)
    for level in (Level.EDITOR, Level.OWNER):
        error = refused_save(town, anna, secret, add=ben.email, add_level=level)
        assert str(error) == "Only members of the system group can edit or own this type."
    save(town, anna, secret, add=ben.email)
    refused_save(town, anna, secret, levels={ben.id: Level.EDITOR})
    save(town, anna, secret, add=insider.email, add_level=Level.OWNER)
    assert levels(town, secret) == {anna.id: "owner", ben.id: "viewer", insider.id: "owner"}


def test_who_leaves_the_group_stays_owner_opens_withdraws_and_deletes_and_no_longer_changes(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(password="pw-7782"), owner=anna)
    with town.unit():
        values = {"name": "N", "host": "smtp.example.org", "username": "relay", "password": ""}
        town.vault.change(anna, secret, seen=1, values=values, cleared=frozenset())
    anna = town.leaves(anna, SYSTEM)
    for act in (
        lambda: town.vault.editable(anna, secret),
        lambda: town.vault.change(anna, secret, seen=2, values=values, cleared=frozenset()),
        lambda: town.vault.restore_version(anna, secret, number=1, seen=2),
        lambda: town.vault.create(anna, "smtp", values={**values, "password": "x"}),
    ):
        with pytest.raises(Forbidden) as refusal, town.unit():
            act()
        assert str(refusal.value) == "This type needs membership of the system group. Ask an administrator."
    with town.unit():
        assert town.vault.open(anna, secret).level is Level.OWNER
        assert town.vault.reveal(anna, secret, field="password") == "pw-7782"
        town.sharing.withdraw(anna, secret, group=SYSTEM)
    refused_save(town, anna, secret, shown=frozenset({SYSTEM}), ticked=frozenset({SYSTEM}))
    with town.unit():
        town.trash.delete(anna, secret)
    with pytest.raises(Forbidden), town.unit():
        town.trash.restore(anna, secret)
    with town.unit():
        town.trash.purge(anna, secret, name="N")


# ── several at once, twice, and too late ──


def test_several_people_are_added_in_one_save_each_with_a_level_and_an_end(town: Town) -> None:
    anna, ben, cleo, dora = (town.person(name) for name in ("anna", "ben", "cleo", "dora"))
    secret = town.keep(a_login(), owner=anna)
    later, before = town.clock() + timedelta(days=9), town.head(secret).revision
    more = (Addition(cleo.email, Level.EDITOR, later, "add-1"), Addition(dora.email, Level.OWNER, later, "add-2"))
    save(town, anna, secret, add=ben.email, more=more)
    grants = {grant.user: (grant.level.value, grant.until) for grant in town.head(secret).access}
    assert grants == {
        anna.id: ("owner", None),
        ben.id: ("viewer", None),
        cleo.id: ("editor", later),
        dora.id: ("owner", None),
    }
    assert town.head(secret).revision == before + 1
    assert [event[0] for event in town.told(secret)[-3:]] == ["secret.share"] * 3


def test_one_of_several_who_cannot_be_added_stops_all_and_is_named(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    good, now = Addition(ben.email, field="add-1"), town.clock()
    for wrong in (
        Addition("nobody@example.org", field="add-2"),
        Addition(ben.email.upper(), field="add-2"),
        Addition(anna.email, field="add-2"),
        Addition(town.person("cleo").email, until=now, field="add-2"),
    ):
        assert refused_save(town, anna, secret, more=(good, wrong)).field == "add-2"


def test_an_id_without_access_is_refused_in_the_same_words_whoever_it_is(town: Town) -> None:
    team = town.group("Team").id
    anna, seen = town.person("anna", groups={team: "member"}), town.person("seen", groups={team: "member"})
    gone, hidden = town.person("gone"), town.person("hidden")
    with town.unit():
        town.users.disable("tests", gone.id)
    secret = town.keep(a_login(), owner=anna)
    words = {
        str(refused_save(town, anna, secret, levels={each: level}))
        for each in (seen.id, hidden.id, gone.id, uuid4())
        for level in (Level.VIEWER, None)
    }
    assert words == {"Somebody on this page has no access any more. Open it again."}


def test_the_search_leaves_out_who_has_access_already(town: Town) -> None:
    team = town.group("Team").id
    anna = town.person("anna", groups={team: "member"})
    ben, cleo = town.person("same", groups={team: "member"}), town.person("same", groups={team: "member"})
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email)
    with town.unit():
        assert [user.id for user in town.sharing.look_up(anna, secret, "same")] == [cleo.id]


def test_the_same_form_sent_twice_is_done_once_and_is_nobody_elses_change(town: Town) -> None:
    team = town.group("Team").id
    anna, ben, cleo = town.person("anna", groups={team: "member"}), town.person("ben"), town.person("cleo")
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email)
    seen, until = town.head(secret).revision, town.clock() + timedelta(days=3)
    wishes = {
        "levels": {ben.id: None},
        "more": (Addition(cleo.email, Level.EDITOR, until, "add-1"),),
        "shown": frozenset({team}),
        "ticked": frozenset({team}),
    }
    save(town, anna, secret, revision=seen, **wishes)
    after = town.head(secret)
    save(town, anna, secret, revision=seen, **wishes)
    assert town.head(secret) == after
    with pytest.raises(Overtaken) as refusal:
        save(town, anna, secret, revision=seen, **{**wishes, "levels": {ben.id: None, cleo.id: Level.VIEWER}})
    assert refusal.value.last is not None
    assert refusal.value.last.subject == anna.id


def test_a_change_of_the_values_meanwhile_is_none_of_the_sharing(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email, add_level=Level.EDITOR)
    seen = town.head(secret).revision
    with town.unit():
        values = {"name": "Renamed", "website": "https://travel.example.org", "username": "x", "password": ""}
        town.vault.change(ben, secret, seen=1, values=values, cleared=frozenset())
    save(town, anna, secret, revision=seen, add=cleo.email)
    assert levels(town, secret) == {anna.id: "owner", ben.id: "editor", cleo.id: "viewer"}
    assert town.head(secret).name == "Renamed"


def test_a_revision_that_never_was_is_too_late_whatever_is_wished(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    for revision in (0, -1, 99):
        with pytest.raises(Overtaken), town.unit():
            town.sharing.save(anna, secret, revision=revision, wishes=Wishes())


# ── undo ──


def taken(town: Town, by: Subject, secret: UUID, *people: Subject) -> str:
    """Take a secret from people and return what gives it back."""
    revision = town.head(secret).revision
    with town.unit():
        wishes = Wishes(levels={each.id: None for each in people})
        return town.sharing.save(by, secret, revision=revision, wishes=wishes).undo


def give_back(town: Town, by: Subject, secret: UUID, undo: str) -> None:
    with town.unit():
        town.sharing.give_back(by, secret, undo=undo)


def test_undo_gives_the_same_level_and_end_back_once(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret = town.keep(a_login(), owner=anna)
    until = town.clock() + timedelta(days=9, microseconds=1)
    save(town, anna, secret, add=ben.email, add_level=Level.EDITOR, add_until=until)
    save(town, anna, secret, add=cleo.email, add_level=Level.OWNER)
    undo = taken(town, anna, secret, ben, cleo)
    assert levels(town, secret) == {anna.id: "owner"}
    give_back(town, anna, secret, undo)
    grants = {grant.user: (grant.level.value, grant.until) for grant in town.head(secret).access}
    assert grants == {anna.id: ("owner", None), ben.id: ("editor", until), cleo.id: ("owner", None)}
    after = town.head(secret)
    give_back(town, anna, secret, undo)
    assert town.head(secret) == after


def test_no_undo_is_offered_to_who_gave_up_ownership_with_the_same_save(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email, add_level=Level.OWNER)
    save(town, anna, secret, add=cleo.email)
    revision = town.head(secret).revision
    with town.unit():
        wishes = Wishes(levels={anna.id: Level.VIEWER, cleo.id: None})
        saved = town.sharing.save(anna, secret, revision=revision, wishes=wishes)
    assert (saved.mine, saved.undo) == (True, "")


def test_undo_is_bound_to_its_owner_its_secret_and_its_words(town: Town) -> None:
    anna, ben, eve = (town.person(name) for name in ("anna", "ben", "eve"))
    secret, other = town.keep(a_login(), owner=anna), town.keep(a_login(), owner=eve)
    save(town, anna, secret, add=ben.email)
    save(town, anna, secret, add=eve.email, add_level=Level.OWNER)
    undo = taken(town, anna, secret, ben)
    for by, which, text in (
        (eve, secret, undo),
        (eve, other, undo),
        (anna, secret, undo[:-1]),
        (anna, secret, undo[:-4] + "AAAA"),
        (anna, secret, ("B" if undo[0] == "A" else "A") + undo[1:]),
        (anna, secret, ""),
        (anna, secret, "é"),
    ):
        with pytest.raises(Refused):
            give_back(town, by, which, text)
    assert ben.id not in levels(town, secret)


def test_undo_after_another_change_or_for_who_is_gone_gives_nothing_back(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email)
    undo = taken(town, anna, secret, ben)
    with town.unit():
        town.users.disable("tests", ben.id)
    with pytest.raises(Invalid):
        give_back(town, anna, secret, undo)
    with town.unit():
        town.users.enable("tests", ben.id)
    save(town, anna, secret, add=cleo.email)
    with pytest.raises(Overtaken):
        give_back(town, anna, secret, undo)
    assert ben.id not in levels(town, secret)


def test_who_takes_it_from_themselves_is_offered_no_undo(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    save(town, anna, secret, add=ben.email, add_level=Level.OWNER)
    assert taken(town, anna, secret, anna) == ""

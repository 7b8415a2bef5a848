"""Use in process: which credentials an automation gets, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.credentials.types import SMTP, Jira, Login
from app.credentials.values import to_plain
from app.errors import Damaged, Refused, Unavailable
from app.subject import SYSTEM, Subject
from app.vault.matching import NoSuchCredential
from app.vault.safe import Safe
from tests.builders import a_jira, a_login, an_smtp
from tests.tampering import make_up, stored
from tests.vault.conftest import Scrap, Town
from tests.vault.test_listing import key, statements
from tests.vault.test_service import Meanwhile, down


@pytest.fixture
def team(town: Town) -> UUID:
    return town.group("Team").id


@pytest.fixture
def anna(town: Town, team: UUID) -> Subject:
    return town.person("anna", groups={team: "member"})


def lent(town: Town, owner: Subject, group: UUID, **values: Any) -> UUID:
    """Store a login, published in the group."""
    secret = town.keep(a_login(**values), owner=owner)
    town.publish(secret, owner=owner, group=group)
    return secret


def edited(town: Town, owner: Subject, secret: UUID, *, seen: int = 1, **changes: Any) -> None:
    with town.unit():
        opened = town.vault.open(owner, secret).credentials
        assert opened is not None
        values = {**to_plain(opened), "password": "", **changes}
        town.vault.change(owner, secret, seen=seen, values=values, cleared=frozenset())


def match(town: Town, group: UUID, **asked: Any) -> str:
    """Return the password that an automation gets."""
    return town.handle.use_cases.match(Login, group=group, actor="tests", **asked).password


def refused(town: Town, group: UUID, **asked: Any) -> None:
    with pytest.raises(NoSuchCredential) as refusal:
        match(town, group, **asked)
    assert isinstance(refusal.value, Refused)
    assert (str(refusal.value), refusal.value.object_id) == ("", group)


def test_an_automation_gets_one_typed_instance_without_any_permission(town: Town) -> None:
    owner = town.person("owner", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(host="smtp.example.org", password="pw-3001"), owner=owner)
    found = town.handle.use_cases.match(SMTP, group=SYSTEM, hint=secret, actor="mail")
    assert (type(found), found.host, found.password, found.port) == (SMTP, "smtp.example.org", "pw-3001", 587)


def test_each_use_is_an_event_that_names_the_automation_and_its_person(town: Town, anna: Subject, team: UUID) -> None:
    secret = lent(town, anna, team)
    edited(town, anna, secret, notes="two")
    match(town, team)
    match(town, team, hint=secret, version=1, subject=anna)
    uses = [each for each in town.events("secret.use") if each["object_id"] == secret]
    assert [(each["actor"], each["subject"], each["detail"]) for each in uses] == [
        ("tests", None, {"group": str(team), "version": "2"}),
        ("tests", anna.id, {"group": str(team), "version": "1"}),
    ]


def test_nothing_published_is_no_such_credential(town: Town, anna: Subject, team: UUID) -> None:
    town.keep(a_login(), owner=anna)
    refused(town, team)


def test_another_type_and_another_group_are_not_taken(town: Town, anna: Subject, team: UUID) -> None:
    other = town.group("Other").id
    anna = town.joins(anna, other)
    lent(town, anna, other)
    board = town.keep(a_jira(), owner=anna)
    town.publish(board, owner=anna, group=team)
    refused(town, team)
    refused(town, team, hint=board)
    assert town.handle.use_cases.match(Jira, group=team, actor="tests").token == "ATATT-4711"


def test_an_unknown_group_is_no_such_credential(town: Town) -> None:
    refused(town, uuid4())


def test_of_several_the_one_whose_current_version_is_youngest(town: Town, anna: Subject, team: UUID) -> None:
    first = lent(town, anna, team, password="first")
    town.clock.goes_on(seconds=1)
    lent(town, anna, team, password="second")
    assert match(town, team) == "second"
    town.clock.goes_on(seconds=1)
    edited(town, anna, first, username="edited")
    assert match(town, team) == "first"


def test_sharing_publishing_and_restoring_from_the_trash_make_nothing_younger(
    town: Town, anna: Subject, team: UUID
) -> None:
    ben, old = town.person("ben"), lent(town, anna, team, password="old")
    town.clock.goes_on(seconds=1)
    lent(town, anna, team, password="new")
    town.clock.goes_on(seconds=1)
    town.share(old, owner=anna, to=ben)
    with town.unit():
        town.sharing.withdraw(anna, old, group=team)
    town.publish(old, owner=anna, group=team)
    with town.unit():
        town.trash.delete(anna, old)
    with town.unit():
        town.trash.restore(anna, old)
    assert match(town, team) == "new"


def test_ties_go_to_the_greater_id(town: Town, anna: Subject, team: UUID) -> None:
    secrets = {lent(town, anna, team, password=f"pw-{number}"): f"pw-{number}" for number in range(5)}
    assert match(town, team) == secrets[max(secrets)]


def test_a_name_as_hint_finds_exactly_that_name_and_the_newest_of_several(
    town: Town, anna: Subject, team: UUID
) -> None:
    lent(town, anna, team, name="Relay", password="older")
    town.clock.goes_on(seconds=1)
    lent(town, anna, team, name="Relay", password="newer")
    town.clock.goes_on(seconds=1)
    lent(town, anna, team, name="relay 2", password="other")
    assert match(town, team, hint="Relay") == "newer"
    for hint in ("relay", "Rel", "Relay ", "", "%"):
        refused(town, team, hint=hint)


def test_an_id_as_hint_is_that_secret_or_none(town: Town, anna: Subject, team: UUID) -> None:
    secret = lent(town, anna, team, password="this one")
    unpublished = town.keep(a_login(), owner=anna)
    town.clock.goes_on(seconds=1)
    lent(town, anna, team, password="younger")
    assert match(town, team, hint=secret) == "this one"
    refused(town, team, hint=unpublished)
    refused(town, team, hint=uuid4())


def test_with_an_id_a_version_names_a_stored_one(town: Town, anna: Subject, team: UUID) -> None:
    secret = lent(town, anna, team, password="first")
    edited(town, anna, secret, password="second")
    assert [match(town, team, hint=secret, version=number) for number in (1, 2)] == ["first", "second"]
    for number in (0, 3, -1):
        refused(town, team, hint=secret, version=number)


@pytest.mark.parametrize("hint", [None, "Travel portal"])
def test_a_version_without_an_id_is_a_mistake_of_the_caller(town: Town, team: UUID, hint: str | None) -> None:
    with pytest.raises(ValueError):
        match(town, team, hint=hint, version=1)


@pytest.mark.parametrize("actor", ["", "A", "two words", "x" * 65, "mail\n", "ümlaut", "a/b"])
def test_an_automation_has_a_plain_name(town: Town, team: UUID, actor: str) -> None:
    with pytest.raises(ValueError):
        town.handle.use_cases.match(Login, group=team, actor=actor)


@pytest.mark.parametrize("actor", ["a", "mail", "x" * 64, "nightly_report-2.0"])
def test_plain_names_are_taken(town: Town, anna: Subject, team: UUID, actor: str) -> None:
    lent(town, anna, team)
    assert town.handle.use_cases.match(Login, group=team, actor=actor).password == "pw-4712"
    assert town.events("secret.use")[-1]["actor"] == actor


def test_on_behalf_of_a_person_it_takes_an_active_member(town: Town, anna: Subject, team: UUID) -> None:
    lent(town, anna, team, password="pw-3002")
    member, stranger = town.person("member", groups={team: "member"}), town.person("stranger")
    assert match(town, team, subject=member) == "pw-3002"
    assert match(town, team, subject=member.id) == "pw-3002"
    for nobody in (stranger, stranger.id, uuid4()):
        refused(town, team, subject=nobody)
    town.leaves(member, team)
    refused(town, team, subject=member)
    with town.unit():
        town.users.disable("tests", anna.id)
    refused(town, team, subject=anna)
    assert match(town, team) == "pw-3002"


def test_what_is_published_keeps_working_when_its_owner_leaves_or_is_disabled(town: Town) -> None:
    owner = town.person("owner", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(password="pw-3003"), owner=owner)
    town.leaves(owner, SYSTEM)
    with town.unit():
        town.users.disable("tests", owner.id)
    assert town.handle.use_cases.match(SMTP, group=SYSTEM, hint=secret, actor="mail").password == "pw-3003"


def test_nothing_comes_from_the_trash(town: Town, anna: Subject, team: UUID) -> None:
    secret = lent(town, anna, team)
    with town.unit():
        town.trash.delete(anna, secret)
    for hint in (None, secret, "Travel portal"):
        refused(town, team, hint=hint)


@pytest.fixture
def broken(town: Town, anna: Subject, team: UUID) -> Iterator[UUID]:
    """The older one of two, with a head that does not verify."""
    secret = lent(town, anna, team, name="Broken")
    town.clock.goes_on(seconds=1)
    lent(town, anna, team, name="Whole", password="whole")
    town.sql("UPDATE secret SET version = 5 WHERE id = :id", id=key(town, secret))
    yield secret
    town.sql("UPDATE secret SET version = 1 WHERE id = :id", id=key(town, secret))


def test_a_damaged_candidate_is_not_passed_over(town: Town, broken: UUID, team: UUID) -> None:
    for hint in (None, broken, "Whole"):  # what a damaged one is called, nobody knows
        with pytest.raises(Damaged):
            match(town, team, hint=hint)


def test_damage_elsewhere_does_not_stop_a_match_by_id(town: Town, anna: Subject, broken: UUID, team: UUID) -> None:
    assert broken
    secret = lent(town, anna, team, password="mine")
    assert match(town, team, hint=secret) == "mine"


def test_a_publication_that_the_head_does_not_know_is_told_once_a_minute(town: Town, anna: Subject, team: UUID) -> None:
    secret, elsewhere = lent(town, anna, team, password="mine"), town.group("Elsewhere").id
    row = {**stored(town, "publication", secret=secret), "group": elsewhere}
    make_up(town, "publication", **row)
    for _ in range(3):
        refused(town, elsewhere)
    assert [each for each in town.told(secret) if each[0] == "publication.damaged"] == [("publication.damaged", None)]
    town.clock.goes_on(minutes=2)
    refused(town, elsewhere)
    assert [event["count"] for event in town.events("publication.damaged") if event["object_id"] == secret] == [1, 3]


def test_damaged_values_are_an_error_although_another_one_is_whole(town: Town, anna: Subject, team: UUID) -> None:
    lent(town, anna, team, password="whole")
    town.clock.goes_on(seconds=1)
    secret = lent(town, anna, team)
    [row] = town.sql("SELECT blob FROM version WHERE secret = :id", id=key(town, secret))
    town.store.delete(row.blob)
    with pytest.raises(Damaged):
        match(town, team)
    assert [each for each in town.told(secret) if each[0] == "secret.use"] == []


def test_a_store_that_is_down_is_said_and_not_taken_for_nothing(
    town: Town, anna: Subject, team: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent(town, anna, team)
    store = Meanwhile(town.store, down)
    monkeypatch.setattr(store, "get", lambda _name: down())
    monkeypatch.setattr(town.cfg.get(Safe), "store", store)
    with pytest.raises(Unavailable):
        match(town, team)


def test_the_cost_grows_with_the_groups_publications_and_not_with_the_vault(
    town: Town, anna: Subject, team: UUID
) -> None:
    lent(town, anna, team)
    match(town, team)
    with statements(town) as alone:
        match(town, team)
    other = town.joins(anna, town.group("Other").id)
    for number in range(3):
        lent(town, other, next(group for group in other.groups if group != team), name=f"Nr {number}")
        town.keep(a_login(), owner=other)
    with statements(town) as among_others:
        match(town, team)
    assert len(alone) == len(among_others)


def test_types_of_others_are_matched_by_their_class(town: Town, anna: Subject, team: UUID) -> None:
    with town.unit():
        secret = town.vault.create(anna, "scrap", values={"name": "Piece", "text": "t-3004"})
    town.publish(secret, owner=anna, group=team)
    assert town.handle.use_cases.match(Scrap, group=team, actor="tests").text == "t-3004"

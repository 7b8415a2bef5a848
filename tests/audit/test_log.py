"""The log in words: names only as far as the reader may see them, refusals marked, values in the open amber."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event as on

from app.audit.log import MOST_MEANT, Asked, Line, Log, LogPage
from app.audit.search import Wanted
from app.errors import Forbidden, Refused
from app.keys.trail import Note
from app.subject import SYSTEM, Subject
from app.users.invitations import Invitations
from app.users.models import UserRoleRow, UserRow
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.users.roles import Roles
from app.vault.sharing import Sharing, Wishes
from tests.builders import World, a_jira, a_login, an_smtp
from tests.tampering import alter, take_away

USER, USER_ROLE = UserRow.__tablename__, UserRoleRow.__tablename__


def read(world: World, reader: Subject, query: str = "", **wanted: object) -> LogPage:
    with world.unit():
        return world.cfg.get(Log).page(reader, Asked(Wanted(**wanted), query))  # type: ignore[arg-type]


def line(world: World, reader: Subject, action: str) -> Line:
    """Return the newest line of an action."""
    return read(world, reader, actions=(action,)).lines[0]


@pytest.fixture
def admin(world: World) -> Subject:
    return world.person("admin", admin=True)


@pytest.fixture
def anna(world: World) -> Subject:
    return world.person("anna")


def test_a_secrets_name_is_shown_to_who_has_it_and_to_nobody_else(world: World, admin: Subject, anna: Subject) -> None:
    secret = world.keep(a_jira(name="Board"), owner=anna)
    hidden = line(world, admin, "secret.create").object
    assert hidden is not None
    assert (hidden.text, hidden.described.note) == ("a secret not shared with you", "Jira API")
    world.share(secret, owner=anna, to=admin)
    shown = line(world, admin, "secret.create").object
    assert shown is not None
    assert shown.text == "Board"


def test_a_name_in_the_trash_is_its_owners_and_after_a_purge_nobodys(
    world: World, admin: Subject, anna: Subject
) -> None:
    secret = world.keep(a_jira(name="Board"), owner=admin)
    world.share(secret, owner=admin, to=anna)
    with world.unit():
        world.trash.delete(admin, secret)
    assert line(world, admin, "secret.create").object.text == "Board"  # type: ignore[union-attr]
    with world.unit():
        world.trash.purge(admin, secret, name="Board")
    assert line(world, admin, "secret.create").object.text == "a purged secret"  # type: ignore[union-attr]


def test_a_name_in_somebody_elses_trash_is_not_shown_to_a_viewer(world: World, admin: Subject, anna: Subject) -> None:
    secret = world.keep(a_jira(name="Board"), owner=anna)
    world.share(secret, owner=anna, to=admin)
    with world.unit():
        world.trash.delete(anna, secret)
    assert line(world, admin, "secret.create").object.text == "a secret not shared with you"  # type: ignore[union-attr]


def test_what_never_was_is_unknown_and_what_does_not_verify_is_damaged(
    world: World, admin: Subject, anna: Subject
) -> None:
    with pytest.raises(Refused), world.unit():
        world.vault.open(anna, uuid4())
    client = world.client(anna)
    client.get(f"/vault/{uuid4()}")
    unknown = line(world, admin, "secret.open")
    assert (unknown.outcome, unknown.title, unknown.look) == ("Refused", "Open a secret", "bad")
    assert unknown.object.text == "an unknown secret"  # type: ignore[union-attr]
    secret = world.keep(a_jira(), owner=admin)
    alter(world, "secret", {"id": secret}, type="login")
    assert line(world, admin, "secret.create").object.text == "a damaged secret"  # type: ignore[union-attr]


def test_people_groups_and_roles_stand_by_their_names(world: World, admin: Subject, anna: Subject) -> None:
    group = world.group("Operations").id
    world.joins(anna, group)
    added = line(world, admin, "group.add-member")
    assert added.automation == "tests"
    assert {added.object.text, *added.said} == {"Operations", "Anna Example", "Member"}  # type: ignore[union-attr]
    with world.unit():
        world.groups.add_member("tests", SYSTEM, anna.id)
    assert "System group" in line(world, admin, "group.add-member").said[0] + str(
        line(world, admin, "group.add-member").object
    )
    assert {each.object.text for each in read(world, admin, actions=("role.create",)).lines if each.object} == {
        "Administrator",
        "Member",
    }


def test_somebody_without_a_row_is_deleted_and_one_that_was_altered_damaged(
    world: World, admin: Subject, anna: Subject
) -> None:
    alter(world, USER, {"id": anna.id}, first_name="Eve")
    assert line(world, admin, "session.begin").person.text == "a damaged user"  # type: ignore[union-attr]
    take_away(world, "user_word", user=anna.id)
    for table in (USER_ROLE, "session", "preferences", "listed"):
        take_away(world, table, user=anna.id)
    take_away(world, USER, id=anna.id)
    assert line(world, admin, "session.begin").person.text == "a deleted user"  # type: ignore[union-attr]


def test_a_value_in_the_open_is_amber_and_named_by_its_label(world: World, admin: Subject, anna: Subject) -> None:
    secret = world.keep(a_jira(), owner=anna)
    with world.unit():
        world.vault.reveal(anna, secret, field="token")
    revealed = line(world, admin, "secret.reveal")
    assert (revealed.look, revealed.title) == ("amber", "Value revealed")
    assert revealed.said_shortly == "Token · version 1"


def test_an_automation_is_named_and_for_whom_it_acted(world: World, admin: Subject, anna: Subject) -> None:
    owner = world.joins(anna, SYSTEM)
    world.keep(an_smtp(), owner=owner)
    with world.unit():
        world.handle.use_cases.match(type(an_smtp()), group=SYSTEM, actor="mail", subject=owner)
    used = line(world, admin, "secret.use")
    assert (used.automation, used.person.text if used.person else "") == ("mail", "Anna Example")
    assert used.said_shortly == "System group · version 1"


def test_refusals_that_were_folded_are_counted(world: World, admin: Subject, anna: Subject) -> None:
    secret, client = world.keep(a_jira(), owner=admin), world.client(anna)
    for _ in range(3):
        client.get(f"/vault/{secret}")
    world.clock.goes_on(minutes=2)
    client.get(f"/vault/{secret}")
    assert [each.event.count for each in read(world, admin, actions=("secret.open",)).lines] == [3, 1]


def test_search_means_people_by_name_and_address_groups_automations_and_the_readers_own_secrets(
    world: World, admin: Subject, anna: Subject
) -> None:
    group = world.group("Operations").id
    mine, hers = (
        world.keep(a_login(name="Hotel Paris"), owner=admin),
        world.keep(a_login(name="Paris flat"), owner=anna),
    )
    meant = {
        query: {each.event.object_id for each in read(world, admin, query).lines}
        | {each.event.subject for each in read(world, admin, query).lines}
        for query in (
            "anna",
            "anna@example.org",
            "Exam",
            "operat",
            "paris",
            "hotel paris",
            "tests",
            str(hers),
            "nobody here",
        )
    }
    assert {anna.id, hers} <= meant["anna"]
    assert {anna.id, hers} <= meant["anna@example.org"]
    assert {anna.id, admin.id} <= meant["Exam"]
    assert meant["operat"] == {group, None}
    assert meant["paris"] == {mine, admin.id}
    assert meant["hotel paris"] == {mine, admin.id}
    assert {anna.id, None} <= meant["tests"]
    assert meant[str(hers)] == {hers, anna.id}
    assert meant["nobody here"] == set()


def test_a_search_that_means_more_than_is_looked_for_says_so(world: World, admin: Subject) -> None:
    for number in range(MOST_MEANT):
        world.person(f"same{number}")
    assert read(world, admin, "Same").cut is False
    world.person(f"same{MOST_MEANT}")
    assert read(world, admin, "Same").cut is True


def test_who_may_not_read_the_log_gets_nothing(world: World, anna: Subject) -> None:
    log = world.cfg.get(Log)
    with pytest.raises(Forbidden), world.unit():
        log.page(anna, Asked(Wanted()))
    with pytest.raises(Forbidden), world.unit():
        log.export(anna, Asked(Wanted()))


def test_what_another_hand_wrote_into_a_detail_is_shown_as_it_is(world: World, admin: Subject) -> None:
    for detail in ({"user": "no id"}, {"user": str(UUID(int=1))}, {"level": "god"}, {"strange": "x"}):
        with world.unit(), world.cfg.unit.writing():
            world.trail.record(Note("strange.act", detail=detail), kind="thing", object_id=UUID(int=5))
    found = read(world, admin, actions=()).lines[:4]
    assert [each.said_shortly for each in found] == ["strange x", "god", "an unknown user", ""]
    assert {(each.title, each.object.text) for each in found if each.object} == {("strange.act", "thing")}


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    on.listen(world.cfg.unit.engine, "before_cursor_execute", count)
    yield statements
    on.remove(world.cfg.unit.engine, "before_cursor_execute", count)


def test_a_page_of_many_names_costs_as_many_statements_as_one_of_few(
    world: World, admin: Subject, anna: Subject
) -> None:
    def cost() -> int:
        with counted(world) as statements:
            read(world, admin, actions=("secret.create", "secret.share", "secret.publish"))
        return len(statements)

    group = world.group("One").id
    owner = world.joins(anna, group)
    for number in range(2):
        secret = world.keep(a_jira(name=f"First {number}"), owner=owner)
        world.share(secret, owner=owner, to=admin)
        world.publish(secret, owner=owner, group=group)
    few = cost()
    for number in range(8):
        group = world.group(f"Group {number}").id
        owner = world.joins(owner, group)
        secret = world.keep(a_jira(name=f"Secret {number}"), owner=owner)
        world.share(secret, owner=owner, to=world.person(f"person{number}"))
        world.publish(secret, owner=owner, group=group)
    cost()  # groups are kept opened
    assert cost() <= few


def test_which_roles_were_given_and_taken_stands_in_the_line_as_they_were_called_then(
    world: World, admin: Subject, anna: Subject
) -> None:
    with world.unit():
        roles = world.cfg.get(Roles)
        crew = roles.create("tests", name="Crew, night", permissions=["user.read"])
        world.users.change_roles(admin, anna.id, add=[crew.id, ADMINISTRATOR, MEMBER])
        world.users.change_roles(admin, anna.id, remove=[crew.id])
        roles.delete("tests", crew.id, seen=crew.revision)
        names = {"first_name": "Ina", "last_name": ""}
        invitations = world.cfg.get(Invitations)
        invitations.invite(admin, email="i@example.org", roles=[ADMINISTRATOR], language="en", **names)
        watch = roles.create("tests", name="Watch", permissions=[])
        world.users.change_roles(admin, anna.id, add=[watch.id])
        roles.delete("tests", watch.id, seen=watch.revision)
        world.users.change_roles(admin, anna.id, remove=[ADMINISTRATOR])
    *later, taken, given = read(world, admin, actions=("user.roles",)).lines
    assert (given.said, taken.said) == (["given: Crew  night, Administrator"], ["taken: Crew  night"])
    assert [each.said for each in later] == [["taken: Administrator"], ["given: Watch"]]  # not Watch, which is gone
    assert line(world, admin, "user.invite").said == ["given: Administrator"]
    created = [each.said for each in read(world, admin, actions=("user.create",)).lines]
    assert created == [[], ["given: Administrator"]]  # Member is everybody's


def test_until_when_somebody_has_access_stands_in_the_line(world: World, admin: Subject, anna: Subject) -> None:
    secret, ends = world.keep(a_login(), owner=admin), datetime(2027, 2, 1, tzinfo=UTC)
    world.share(secret, owner=admin, to=anna, until=ends)
    assert line(world, admin, "secret.share").said == ["Viewer", "until Jan 31, 2027", "Anna Example"]
    with world.unit():
        sharing = world.cfg.get(Sharing)
        revision = sharing.state(admin, secret).head.revision
        sharing.save(admin, secret, revision=revision, wishes=Wishes(until={anna.id: None}))
    assert line(world, admin, "secret.share").said == ["Viewer", "without an end date", "Anna Example"]
    with world.app.test_request_context(headers={"Accept-Language": "de"}), world.cfg.unit.open():
        lines = world.cfg.get(Log).page(admin, Asked(Wanted(actions=("secret.share",)))).lines
    assert [each.said[1] for each in lines] == ["ohne Enddatum", "bis 31.01.2027"]

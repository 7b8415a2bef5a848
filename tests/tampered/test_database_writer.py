"""Who can write the database makes up nothing: no access, publication, membership, role, group, head, sign-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.clock import EPOCH
from app.errors import Damaged, Invalid
from app.subject import SYSTEM
from app.users.permissions import ADMINISTRATOR
from app.vault.matching import NoSuchCredential
from tests.builders import PASSWORD, World, a_login, an_smtp
from tests.tampered.scene import NAME, VALUE, Scene, set_scene, stored_all
from tests.tampering import alter, make_up, put_back, stored, take_away

FOREVER = 2**62
"""Microseconds since 1970 that no calendar has."""


@pytest.fixture
def scene(world: World) -> Scene:
    return set_scene(world)


# ── access ──


def test_access_made_up_gives_nothing_and_is_recorded(scene: Scene) -> None:
    give_access(scene, "owner")
    assert scene.answers(scene.ben) == (404, 404)
    assert not scene.is_listed(scene.ben)
    assert scene.damages("access") == {scene.secret}


def test_access_made_up_to_a_secret_in_the_trash_gives_nothing_and_is_recorded(scene: Scene) -> None:
    with scene.world.unit():
        scene.world.trash.delete(scene.anna, scene.secret)
    give_access(scene, "owner")
    browser = scene.browser(scene.ben)
    assert NAME not in browser.get("/vault/trash").text
    assert browser.post(f"/vault/{scene.secret}/restore").status_code == 404
    assert scene.damages("access") == {scene.secret}


def test_a_level_raised_by_hand_stays_what_it_was(scene: Scene) -> None:
    scene.shares("viewer")
    alter(scene.world, "access", {"secret": scene.secret, "user": scene.ben.id}, level="owner")
    browser = scene.browser(scene.ben)
    assert scene.answers(scene.ben) == (200, 200)
    assert browser.get(f"/vault/{scene.secret}/edit").status_code == 403
    assert browser.get(f"/vault/{scene.secret}/sharing").status_code == 403
    assert browser.post(f"/vault/{scene.secret}/delete").status_code == 403


def test_an_end_taken_away_by_hand_stays_where_it_was(scene: Scene) -> None:
    until = scene.world.clock() + timedelta(days=1)
    scene.world.share(scene.secret, owner=scene.anna, to=scene.ben, until=until)
    alter(scene.world, "access", {"secret": scene.secret, "user": scene.ben.id}, until=None)
    assert scene.answers(scene.ben) == (200, 200)
    scene.world.clock.goes_on(days=2)
    assert scene.answers(scene.ben) == (404, 404)
    assert not scene.is_listed(scene.ben)


def test_a_counter_of_changes_put_back_opens_nothing(scene: Scene) -> None:
    scene.shares("viewer")
    assert scene.is_listed(scene.ben)
    before = stored(scene.world, "shelf", user=scene.ben.id)
    scene.shares(None)
    put_back(scene.world, "shelf", before)
    assert scene.answers(scene.ben) == (404, 404)


# ── publications ──


def test_a_publication_made_up_gives_nothing_and_is_recorded(scene: Scene) -> None:
    publish(scene, scene.team)
    with pytest.raises(NoSuchCredential):
        scene.match()
    assert scene.damages("publication") == {scene.secret}
    assert NAME not in scene.browser(scene.anna).get(f"/groups/{scene.team}").text


def test_a_publication_of_another_type_made_up_serves_nothing(scene: Scene) -> None:
    publish(scene, SYSTEM, type="smtp")
    with pytest.raises(NoSuchCredential):
        scene.world.handle.use_cases.match(type(an_smtp()), group=SYSTEM, actor="mail")
    assert scene.damages("publication") == {scene.secret}


def test_a_candidate_pushed_into_the_trash_by_hand_is_damaged_and_not_passed_over(scene: Scene) -> None:
    scene.publishes()
    alter(scene.world, "secret", {"id": scene.secret}, deleted_at=scene.world.clock())
    with pytest.raises(Damaged):
        scene.match()


def test_publications_of_what_is_in_the_trash_are_no_damage(scene: Scene) -> None:
    scene.publishes()
    with scene.world.unit():
        scene.world.trash.delete(scene.anna, scene.secret)
    with pytest.raises(NoSuchCredential):
        scene.match()
    assert scene.damages("publication") == set()


# ── memberships and roles ──


def test_a_membership_made_up_lets_no_automation_act_for_them(scene: Scene) -> None:
    scene.publishes()
    make_up(scene.world, "membership", user=scene.ben.id, group=scene.team, level="admin")
    with pytest.raises(NoSuchCredential):
        scene.match(scene.world.subject(scene.ben.id))
    assert scene.browser(scene.ben).get(f"/groups/{scene.team}").status_code == 404
    assert "Ben" not in scene.browser(scene.anna).get(f"/groups/{scene.team}").text
    assert scene.damages("membership") == {scene.ben.id}


def test_an_administrator_made_up_does_not_stand_in_for_the_last_one(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    make_up(world, "user_role", user=ben.id, role=ADMINISTRATOR)
    assert not world.subject(ben.id).may("user.roles")
    for last in (world.users.disable, lambda by, who: world.users.change_roles(by, who, remove=[ADMINISTRATOR])):
        with pytest.raises(Invalid), world.unit():
            last("tests", boss.id)
    world.person("other", admin=True)
    world.clock.goes_on(minutes=2)  # equal damage within a minute is one event
    with world.unit():
        world.users.disable("tests", boss.id)
    assert {event["object_id"] for event in world.events("user_role.damaged")} == {ben.id}


# ── groups ──


@pytest.mark.parametrize("altered", [{"kind": "system"}, {"name": "System"}, {"name_key": "system"}])
def test_a_team_cannot_be_made_the_system_group(scene: Scene, altered: dict[str, str]) -> None:
    if "name_key" in altered:
        alter(scene.world, "group", {"id": SYSTEM}, name_key="elsewhere")
    alter(scene.world, "group", {"id": scene.team}, **altered)
    anna = scene.browser(scene.anna)
    assert anna.get("/vault/new/smtp").status_code == 403
    assert anna.get("/vault").status_code == 200
    fresh = scene.world.groups
    fresh._kept.clear()  # as in a process that has not read it yet
    assert not scene.world.subject(scene.anna.id).is_member(scene.team)
    assert anna.get(f"/groups/{scene.team}").status_code == 404
    assert scene.team in scene.damages("group")


def test_the_system_group_altered_is_an_error_that_says_so(world: World) -> None:
    alter(world, "group", {"id": SYSTEM}, kind="team")
    world.groups._kept.clear()
    arguments = ["users", "create", "anna@example.org", "--group", "system", "--password-stdin"]
    answer = world.app.test_cli_runner().invoke(args=arguments, input=f"{PASSWORD}\n")
    assert answer.exit_code == 1
    assert "Error" in answer.output
    assert world.rows("user") == []


# ── people ──


def test_passwords_exchanged_between_people_open_neither_account(scene: Scene) -> None:
    with scene.world.unit():
        scene.world.users.set_password("tests", scene.anna.id, password="the-password-of-anna")
    of = {who.id: stored(scene.world, "user", id=who.id) for who in (scene.anna, scene.ben)}
    for one, other in ((scene.anna, scene.ben), (scene.ben, scene.anna)):
        alter(scene.world, "user", {"id": one.id}, seal=of[other.id]["seal"])
    for who in (scene.anna, scene.ben):
        for password in (PASSWORD, "the-password-of-anna"):
            answer = scene.world.client().post("/login", email=who.email, password=password, next="")
            assert answer.status_code == 422
    assert scene.damages("user") == {scene.anna.id, scene.ben.id}


def test_a_disabled_person_made_active_by_hand_is_not_let_in(scene: Scene) -> None:
    browser = scene.browser(scene.ben)
    with scene.world.unit():
        scene.world.users.disable("tests", scene.ben.id)
    alter(scene.world, "user", {"id": scene.ben.id}, status="active")
    assert browser.get("/vault").status_code == 303
    assert scene.world.client().post("/login", email=scene.ben.email, password=PASSWORD).status_code == 422
    with pytest.raises(Damaged), scene.world.unit():
        scene.world.groups.add_member("tests", scene.team, scene.ben.id)
    scene.publishes()
    with pytest.raises(NoSuchCredential):
        scene.match(scene.ben)


@pytest.mark.parametrize("column", ["user", "generation", "ends_at", "confirmed_at"])
def test_a_session_altered_is_worth_nothing(scene: Scene, column: str) -> None:
    take_away(scene.world, "session", user=scene.ben.id)
    browser = scene.browser(scene.ben)
    row = stored(scene.world, "session", user=scene.ben.id)
    later = row["ends_at"] + timedelta(days=365)
    value = {"user": scene.anna.id, "generation": 2, "ends_at": later, "confirmed_at": later}[column]
    alter(scene.world, "session", {"id": row["id"]}, **{column: value})
    assert browser.get("/vault").status_code == 303


# ── heads and versions ──


def test_a_head_copied_under_another_id_opens_for_nobody(scene: Scene) -> None:
    copied, head = uuid4(), stored(scene.world, "secret", id=scene.secret)
    make_up(scene.world, "secret", **{**head, "id": copied, "once": None})
    for row in ({**each, "secret": copied} for each in stored_all(scene.world, "access")):
        make_up(scene.world, "access", **row)
    browser = scene.browser(scene.anna)
    assert browser.get(f"/vault/{copied}").status_code == 500
    assert browser.post(f"/vault/{copied}/fields/password/reveal").status_code == 500
    assert scene.browser(scene.ben).get(f"/vault/{copied}").status_code == 404
    assert scene.answers(scene.anna) == (200, 200)
    assert browser.get("/vault").text.count(NAME) == scene.browser(scene.anna).get("/vault").text.count(NAME) > 0
    assert scene.damages() == {copied}


def test_a_secret_under_the_head_of_another_is_damaged(scene: Scene) -> None:
    """ben's own secret gets anna's versions: he is its owner, and still reads nothing of hers."""
    mine = scene.world.keep(a_login(name="Mine"), owner=scene.ben)
    take_away(scene.world, "version", secret=mine)
    alter(scene.world, "version", {"secret": scene.secret}, secret=mine)
    browser = scene.browser(scene.ben)
    assert browser.post(f"/vault/{mine}/fields/password/reveal").status_code == 500
    assert VALUE not in browser.get(f"/vault/{mine}").text
    assert scene.damages() == {mine}


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("secret", "type", "jira"),
        ("secret", "version", 2),
        ("secret", "revision", 2),
        ("secret", "changed_at", EPOCH),
        ("secret", "once", b"x"),
        ("secret", "seal", b"TRSR"),
        ("version", "type", "jira"),
        ("version", "schema", 2),
        ("version", "author", UUID(int=1)),
        ("version", "time", EPOCH),
        ("version", "blob", "0" * 64),
        ("version", "size", 1),
        ("version", "sha256", bytes(32)),
        ("version", "wrapped", b""),
    ],
)
def test_an_altered_column_keeps_the_value_in(scene: Scene, table: str, column: str, value: object) -> None:
    alter(scene.world, table, {"id" if table == "secret" else "secret": scene.secret}, **{column: value})
    browser = scene.browser(scene.anna)
    assert browser.post(f"/vault/{scene.secret}/fields/password/reveal").status_code == 500
    assert browser.get(f"/vault/{scene.secret}").status_code == (500 if table == "secret" else 200)
    assert browser.get("/vault").status_code == 200
    assert scene.damages() == {scene.secret}


# ── what no database should give back ──


@pytest.mark.parametrize(("table", "column"), [("secret", "changed_at"), ("version", "time"), ("access", "until")])
def test_a_time_that_no_calendar_has_harms_one_secret_alone(scene: Scene, table: str, column: str) -> None:
    other = scene.world.keep(a_login(name="Another"), owner=scene.anna)
    key = "id" if table == "secret" else "secret"
    hand_write(scene, f'UPDATE "{table}" SET {column} = :value WHERE {key} = :id', FOREVER)
    browser = scene.browser(scene.anna)
    overview = browser.get("/vault")
    assert overview.status_code == 200
    assert "Another" in overview.text
    assert browser.get(f"/vault/{other}").status_code == 200
    if table != "access":
        assert browser.post(f"/vault/{scene.secret}/fields/password/reveal").status_code == 500
        assert scene.damages() == {scene.secret}


@pytest.mark.parametrize("column", ["ends_at", "seen_at", "issued_at"])
def test_a_session_until_a_time_that_no_calendar_has_is_over(scene: Scene, column: str) -> None:
    browser = scene.browser(scene.ben)
    scene.world.sql(f"UPDATE session SET {column} = {FOREVER}")
    assert browser.get("/vault").status_code == 303


@pytest.mark.parametrize(
    ("table", "column", "stored_as"),
    [
        ("secret", "type", "CAST(x'ff6c6f67696e' AS TEXT)"),
        ("secret", "revision", "'seven'"),
        ("secret", "changed_at", "'yesterday'"),
        ("version", "author", "'nobody'"),
        ("version", "blob", "CAST(x'ff' AS TEXT)"),
    ],
)
def test_what_sqlite_keeps_in_any_column_harms_one_secret_alone(
    scene: Scene, table: str, column: str, stored_as: str
) -> None:
    if not scene.world.cfg.unit.is_sqlite:
        return  # PostgreSQL refuses to store it
    other = scene.world.keep(a_login(name="Another"), owner=scene.anna)
    key = "id" if table == "secret" else "secret"
    hand_write(scene, f'UPDATE "{table}" SET {column} = {stored_as} WHERE {key} = :id')
    browser = scene.browser(scene.anna)
    assert "Another" in browser.get("/vault").text
    assert browser.get(f"/vault/{other}").status_code == 200
    assert browser.post(f"/vault/{scene.secret}/fields/password/reveal").status_code == 500
    assert scene.damages() == {scene.secret}


def hand_write(scene: Scene, statement: str, value: object = None) -> None:
    secret: Any = scene.secret.hex if scene.world.cfg.unit.is_sqlite else scene.secret
    with scene.world.cfg.unit.engine.connect() as connection:
        values = {"id": secret} if value is None else {"id": secret, "value": value}
        assert connection.execute(text(statement), values).rowcount == 1


def give_access(scene: Scene, level: str) -> None:
    at = scene.world.clock()
    row = {"secret": scene.secret, "user": scene.ben.id, "level": level, "until": None, "by": scene.anna.id, "at": at}
    make_up(scene.world, "access", **row)


def publish(scene: Scene, group: UUID, *, type: str = "login") -> None:
    at = scene.world.clock()
    row = {"secret": scene.secret, "group": group, "type": type, "changed_at": at, "by": scene.anna.id, "at": at}
    make_up(scene.world, "publication", **row)

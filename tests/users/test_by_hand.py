"""A row written into the database by hand gives no access, and the trail says so: one table of forgeries.

What single columns, bytes and tables bind is tried in test_tampering.py and tests/tampered; here each forgery is
tried from where its maker sits: in a browser that is signed in, and at the door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from app.crypto.keyring import token_hash
from app.subject import SYSTEM, Subject
from app.users.permissions import ADMINISTRATOR
from app.users.roles import Role, Roles
from app.users.service import DISABLED
from tests.builders import PASSWORD, Client, World
from tests.tampering import alter, make_up, put_back, stored, take_away
from tests.users.cookies import session_token

OTHER_PASSWORD = "willow-tram-9-Lantern"


@dataclass
class Case:
    """eve, who writes the database, has the role Weak and a group; boss is administrator; gone was disabled."""

    world: World
    boss: Subject
    eve: Subject
    gone: Subject
    group: UUID
    weak: Role
    strong: Role
    browser: Client

    def change(self, role: Role, *permissions: str) -> None:
        with self.world.unit():
            roles = self.world.cfg.get(Roles)
            seen = roles.open(self.boss, role.id).revision
            roles.change("tests", role.id, seen=seen, name=role.name, description="", permissions=permissions)

    def grant(self, role: UUID, *, take: bool = False) -> None:
        with self.world.unit():
            self.world.users.change_roles("tests", self.eve.id, **{"remove" if take else "add": [role]})

    def row(self, table: str, **key: object) -> dict[str, object]:
        return dict(stored(self.world, table, **key))


@pytest.fixture
def case(world: World) -> Case:
    boss, eve, gone = world.person("boss", admin=True), world.person("eve"), world.person("gone", admin=True)
    with world.unit():
        weak = world.cfg.get(Roles).create("tests", name="Weak", permissions=["group.create"])
        strong = world.cfg.get(Roles).create("tests", name="Strong", permissions=["role.manage", "group.manage"])
        world.users.change_roles("tests", eve.id, add=[weak.id])
        world.users.disable("tests", gone.id)
    group = world.group("Friends").id
    eve = world.joins(eve, group, admin=True)
    return Case(world, boss, eve, gone, group, weak, strong, world.client(eve))


def role_with_foreign_seal(case: Case) -> None:
    alter(case.world, "role", {"id": case.weak.id}, seal=case.row("role", id=case.strong.id)["seal"])


def role_with_foreign_row(case: Case) -> None:
    """All of it, the revision too, under its own id and name."""
    strong = case.row("role", id=case.strong.id)
    alter(case.world, "role", {"id": case.weak.id}, seal=strong["seal"], revision=strong["revision"])


def role_put_back_older(case: Case) -> None:
    case.change(case.weak, "role.manage", "group.manage")
    older = case.row("role", id=case.weak.id)
    case.change(case.weak)
    put_back(case.world, "role", older)


def role_put_back_as_if_newer(case: Case) -> None:
    case.change(case.weak, "role.manage", "group.manage")
    older = case.row("role", id=case.weak.id)
    case.change(case.weak)
    put_back(case.world, "role", {**older, "revision": 3})


def role_put_back_after_deletion(case: Case) -> None:
    case.grant(case.strong.id)
    older, index = case.row("role", id=case.strong.id), case.row("user_role", user=case.eve.id, role=case.strong.id)
    with case.world.unit():
        case.world.cfg.get(Roles).delete("tests", case.strong.id, seen=case.strong.revision)
    put_back(case.world, "role", older)
    put_back(case.world, "user_role", index)


def role_given_by_its_index(case: Case) -> None:
    for role in (ADMINISTRATOR, case.strong.id):
        make_up(case.world, "user_role", user=case.eve.id, role=role)
    case.world.client(case.boss).get(f"/admin/roles/{case.strong.id}")  # where it leads to somebody


def membership_made_up(case: Case) -> None:
    make_up(case.world, "membership", user=case.eve.id, group=SYSTEM, level="member")
    case.world.client(case.boss).get(f"/groups/{SYSTEM}")


def hash_of_another(case: Case) -> None:
    """The password's hash lies inside the seal, so the seal is what can be copied."""
    alter(case.world, "user", {"id": case.gone.id}, seal=case.row("user", id=case.eve.id)["seal"], status="active")


def own_row_under_the_name_of_another(case: Case) -> None:
    boss = case.row("user", id=case.boss.id)
    alter(case.world, "user", {"id": case.boss.id}, email_key="boss-of-before@example.org")
    alter(case.world, "user", {"id": case.eve.id}, email=boss["email"], email_key=boss["email_key"])


def status_made_active(case: Case) -> None:
    alter(case.world, "user", {"id": case.gone.id}, status="active")


def user_put_back_older(case: Case) -> None:
    case.grant(ADMINISTRATOR)
    older, index = case.row("user", id=case.eve.id), case.row("user_role", user=case.eve.id, role=ADMINISTRATOR)
    case.grant(ADMINISTRATOR, take=True)
    put_back(case.world, "user", older)
    put_back(case.world, "user_role", index)


def session_of_another(case: Case) -> None:
    """The maker's own token, in a session that says that it is the administrator's."""
    mine = {"token_hash": token_hash(session_token(case.browser))}
    take_away(case.world, "session", user=case.boss.id)
    alter(case.world, "session", mine, user=case.boss.id, generation=1)


def session_row_of_another(case: Case) -> None:
    """The administrator's own session, under the hash of the maker's token."""
    mine = token_hash(session_token(case.browser))
    take_away(case.world, "session", token_hash=mine)
    boss = case.world.rows("session")
    session = next(row for row in boss if str(row["user"]).replace("-", "") == case.boss.id.hex)
    alter(case.world, "session", {"token_hash": bytes(session["token_hash"])}, token_hash=mine)


def group_turned_into_the_system_group(case: Case) -> None:
    alter(case.world, "group", {"id": case.group}, kind="system", name="System", name_key="system-2")


def group_in_the_place_of_the_system_group(case: Case) -> None:
    """Its seal and all its columns, under the fixed id."""
    mine = case.row("group", id=case.group)
    taken = {name: mine[name] for name in ("name", "kind", "created_at", "revision", "seal")}
    alter(case.world, "group", {"id": SYSTEM}, **taken)
    case.world.client(case.boss).get(f"/groups/{SYSTEM}")


FORGERIES: dict[Callable[[Case], None], str] = {
    role_with_foreign_seal: "role.damaged",
    role_with_foreign_row: "role.damaged",
    role_put_back_older: "role.damaged",
    role_put_back_as_if_newer: "role.damaged",
    role_put_back_after_deletion: "role.damaged",
    role_given_by_its_index: "user_role.damaged",
    membership_made_up: "membership.damaged",
    hash_of_another: "user.damaged",
    own_row_under_the_name_of_another: "user.damaged",
    status_made_active: "user.damaged",
    user_put_back_older: "user.damaged",
    session_of_another: "session.damaged",
    session_row_of_another: "session.damaged",
    group_turned_into_the_system_group: "group.damaged",
    group_in_the_place_of_the_system_group: "group.damaged",
}


KEPT = {role_with_foreign_seal, role_with_foreign_row, group_turned_into_the_system_group}
"""Of the same revision, so that a process that has verified the row goes by what it read, and does not look again."""


def is_let_in(browser: Client, path: str) -> bool:
    """Tell whether a page opens: not asked to sign in, not refused, not told that it is damaged."""
    answer = browser.get(path)
    assert answer.status_code in {200, 303, 403, 404, 500}
    return answer.status_code == 200


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
@pytest.mark.parametrize("warm", [True, False], ids=["in a process that knew better", "in a process that knew nothing"])
def test_what_was_written_by_hand_gives_no_access_and_is_told(
    case: Case, make_world: Callable[..., World], forgery: Callable[[Case], None], warm: bool
) -> None:
    world, browser = case.world, case.browser
    assert not is_let_in(browser, "/admin/roles")  # roles and groups are kept opened from now on
    assert is_let_in(browser, f"/groups/{case.group}")
    forgery(case)
    if not warm:
        cold = make_world()
        token = session_token(browser)
        browser = cold.client()
        browser.http.set_cookie("session", token, domain="127.0.0.1")
        world = cold
    for path in ("/admin", "/admin/roles", "/admin/settings", f"/groups/{SYSTEM}", f"/groups/{SYSTEM}/members"):
        assert not is_let_in(browser, path), path
    at_the_door = world.client()
    for person in (case.gone, case.boss):
        for password in (PASSWORD, OTHER_PASSWORD):
            if person is case.gone or password != PASSWORD:
                answer = at_the_door.post("/login", email=person.email, password=password, next="")
                assert answer.status_code == 422, (person.email, password)
    told = {event["action"] for event in case.world.events() if event["action"].endswith(".damaged")}
    if forgery in KEPT and warm:
        assert told == set()
    else:
        assert FORGERIES[forgery] in told


def test_without_a_forgery_the_same_doors_say_who_is_who(case: Case) -> None:
    """What the table of forgeries relies on: the administrator is let in, and nothing is called damaged."""
    browser = case.world.client(case.boss)
    for path in ("/admin", "/admin/roles", "/admin/settings", f"/groups/{SYSTEM}"):
        assert is_let_in(browser, path)
    assert [event for event in case.world.events() if event["action"].endswith(".damaged")] == []
    assert {row["status"] for row in case.world.rows("user")} == {"active", DISABLED}

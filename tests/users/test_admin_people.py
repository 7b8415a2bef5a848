"""What administrators do with people: list, change, disable, enable, delete; and who may not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from app.audit.service import Overtaken
from app.clock import EPOCH
from app.errors import Conflict, Forbidden, Invalid, Refused, SignInNeeded, TresorError
from app.keys.trail import Note
from app.migrations.running import upgrade
from app.subject import SYSTEM, Subject
from app.users.administration import Administration, Wishes
from app.users.deletion import Deletion
from app.users.models import RoleContent, RoleRow
from app.users.people_list import MOST_COUNTED, PAGE, Asked, PeopleList, PeoplePage
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.users.service import LISTED, USER, User
from tests.builders import PASSWORD, World, a_login
from tests.migrating import downgrade
from tests.tampering import put_back, sealed_rows, stored

HELPERS = UUID(int=7)
NAMES = (("Zoë", "Łukasz"), ("anna", "Berger"), ("Émile", "Ostler"), ("Anna", "Adler"))


def helpers(world: World, *permissions: str) -> None:
    """Store a role with these permissions."""
    rows = sealed_rows(world, RoleRow, RoleContent, "role")
    with world.unit(), world.cfg.unit.writing():
        rows.insert(HELPERS, RoleContent(permissions), Note("role.create", actor="tests"), name="Helpers")


def helper(world: World, *permissions: str, name: str = "helper") -> Subject:
    """Return somebody whose role allows just this, beside what everybody may."""
    helpers(world, *permissions)
    made = world.person(name)
    with world.unit():
        world.users.change_roles("tests", made.id, add=[HELPERS])
    return world.subject(made.id)


def create(world: World, first: str, last: str) -> User:
    with world.unit():
        email = f"{uuid4().hex[:8]}@example.org"
        return world.users.create("tests", email=email, first_name=first, last_name=last, password=PASSWORD)


def listed(world: World, by: Subject, asked: Asked) -> PeoplePage:
    with world.unit():
        return world.cfg.get(PeopleList).page(by, asked)


def names(page: PeoplePage) -> list[str]:
    return [row.user.name if row.user else "?" for row in page.rows]


def wishes(world: World, user_id: UUID, **changed: object) -> Wishes:
    """Return what the person's page sends if only this was changed."""
    with world.unit():
        user = world.users.get(user_id)
    assert user is not None
    shown = frozenset({ADMINISTRATOR})
    stored_as = {"first_name": user.first_name, "last_name": user.last_name, "must_change": False, "shown": shown}
    stored_as["ticked"] = shown & frozenset(user.account.roles)
    return Wishes(**{"revision": user.opened.revision, **stored_as, **changed})  # type: ignore[arg-type]


def save(world: World, by: Subject, user_id: UUID, wanted: Wishes) -> User:
    with world.unit():
        return world.cfg.get(Administration).save(by, user_id, wanted)


def disable(world: World, by: Subject, *people: UUID) -> None:
    with world.unit():
        world.cfg.get(Administration).disable(by, people)


def at_once(*actions: Callable[[], None]) -> list[TresorError | None]:
    """Run each in a thread of its own at the same moment, and return what each raised."""
    together, outcomes = threading.Barrier(len(actions)), [None] * len(actions)

    def run(number: int) -> None:
        together.wait()
        try:
            actions[number]()
        except TresorError as error:
            outcomes[number] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes  # type: ignore[return-value]


# ── the list ──


def test_people_are_listed_by_name_without_case_and_accents(world: World) -> None:
    boss = world.person("boss", admin=True)
    for first, last in NAMES:
        create(world, first, last)
    page = listed(world, boss, Asked())
    assert names(page) == ["Anna Adler", "anna Berger", "Boss Example", "Émile Ostler", "Zoë Łukasz"]
    assert (page.total, page.more, page.pages) == (5, False, 1)


def test_the_list_is_narrowed_by_words_status_role_and_group(world: World) -> None:
    boss, group = world.person("boss", admin=True), world.group("Operations").id
    ben, eve = world.person("ben"), world.person("eve", groups={group: "member"})
    disable(world, boss, ben.id)
    questions = {
        "Ben Example": [
            Asked(query="be"),
            Asked(query="exa ben"),
            Asked(status="disabled"),
            Asked(query="BEN@example.org"),
        ],
        "Eve Example": [Asked(group=group), Asked(group=group, role=MEMBER), Asked(query="e", group=group)],
        "Boss Example": [Asked(role=ADMINISTRATOR), Asked(query="example", role=ADMINISTRATOR)],
    }
    for name, asked in questions.items():
        assert [names(listed(world, boss, each)) for each in asked] == [[name]] * len(asked)
    none = [Asked(query="zz"), Asked(status="invited"), Asked(group=uuid4()), Asked(role=uuid4()), Asked(query="%")]
    assert [listed(world, boss, each).total for each in none] == [0] * len(none)
    assert names(listed(world, boss, Asked(status="active"))) == ["Boss Example", "Eve Example"]
    assert eve.id in {row.id for row in listed(world, boss, Asked(role=MEMBER, group=group)).rows}


def test_the_list_is_sorted_by_last_sign_in_and_by_beginning(world: World) -> None:
    boss = world.person("boss", admin=True)
    for name in ("anna", "ben", "eve"):
        world.clock.goes_on(minutes=1)
        world.person(name)
    for name in ("ben", "anna"):
        world.clock.goes_on(minutes=1)
        world.client(world.subject(world.known[name]))
    assert names(listed(world, boss, Asked(sort="sign-in")))[:2] == ["Anna Example", "Ben Example"]
    assert names(listed(world, boss, Asked(sort="created")))[:3] == ["Eve Example", "Ben Example", "Anna Example"]
    shown = {row.user.first_name: row.signed_in_at for row in listed(world, boss, Asked()).rows if row.user}
    assert (shown["Anna"], shown["Eve"]) == (world.clock(), None)


def test_a_page_shows_twenty_and_the_last_one_answers_for_those_beyond(world: World) -> None:
    boss = world.person("boss", admin=True)
    for number in range(PAGE + 1):
        create(world, f"Person{number:02}", "X")
    first, last = listed(world, boss, Asked()), listed(world, boss, Asked(page=9))
    assert (len(first.rows), len(last.rows), last.page, last.total) == (PAGE, 2, 2, PAGE + 2)
    assert not {row.id for row in first.rows} & {row.id for row in last.rows}


def test_the_number_of_statements_does_not_grow_with_people(world: World) -> None:
    boss = world.person("boss", admin=True)
    few = statements(world, boss)
    for number in range(PAGE):
        create(world, f"Person{number}", "X")
    assert statements(world, boss) == few


def statements(world: World, boss: Subject) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(world.cfg.unit.engine, "before_cursor_execute", note)
    listed(world, boss, Asked(status="active", role=MEMBER))
    event.remove(world.cfg.unit.engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("sort", ["name", "sign-in", "created"])
@pytest.mark.parametrize("status", ["", "active"])
def test_each_order_follows_an_index(world: World, sort: str, status: str) -> None:
    boss, seen = world.person("boss", admin=True), []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
        if "ORDER BY listed" in statement:
            seen.append((statement, parameters))

    event.listen(world.cfg.unit.engine, "before_cursor_execute", note)
    listed(world, boss, Asked(sort=sort, status=status))
    (statement, parameters), explain = seen[0], "EXPLAIN QUERY PLAN" if world.cfg.unit.is_sqlite else "EXPLAIN"
    with world.cfg.unit.engine.connect() as connection:
        if not world.cfg.unit.is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_bitmapscan = off")
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
    column = {"name": "name", "sign-in": "signed_in_at", "created": "created_at"}[sort]
    assert f"ix_listed_{'status_' if status else ''}{column}_user" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_a_renamed_person_is_found_and_listed_by_the_new_name(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    save(world, boss, ben.id, wishes(world, ben.id, first_name="Aaron"))
    assert names(listed(world, boss, Asked()))[0] == "Aaron Example"
    assert names(listed(world, boss, Asked(query="aar"))) == ["Aaron Example"]
    client = world.client(ben)
    client.post("/account/profile", first_name="Zed", last_name="Z")
    assert names(listed(world, boss, Asked(query="zed"))) == ["Zed Z"]
    assert names(listed(world, boss, Asked(query="aar"))) == []


def test_a_row_that_misleads_shows_nobody_and_is_recorded(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    world.sql("UPDATE listed SET status = 'disabled' WHERE \"user\" = :ben", ben=as_stored(world, ben.id))
    assert names(listed(world, boss, Asked(status="disabled"))) == []
    assert [each["object_id"] for each in world.events("listed.damaged")] == [ben.id]
    assert names(listed(world, boss, Asked())) == ["Ben Example", "Boss Example"]


def test_a_damaged_person_is_listed_as_such(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    world.sql("UPDATE \"user\" SET first_name = 'Eve' WHERE id = :ben", ben=as_stored(world, ben.id))
    assert names(listed(world, boss, Asked())) == ["?", "Boss Example"]
    page = world.client(boss).get("/admin/users")
    assert page.status_code == 200
    assert "Cannot be opened" in page.text
    assert "Eve" not in page.text


def as_stored(world: World, value: UUID) -> object:
    return value.hex if world.cfg.unit.is_sqlite else value


def test_people_of_before_are_listed_once_the_database_is_upgraded(world: World) -> None:
    boss = world.person("boss", admin=True)
    for first, last in NAMES:
        create(world, first, last)
    anna = world.person("ann")
    world.client(anna)
    before = sorted(world.rows("listed"), key=repr)
    downgrade(world.cfg.unit.engine, "0005")
    upgrade(world.cfg.unit.engine)
    assert sorted(world.rows("listed"), key=repr) == before
    assert len(before) == len(NAMES) + 2
    assert listed(world, boss, Asked()).total == len(before)


def test_more_than_can_be_paged_through_are_not_counted(world: World) -> None:
    boss = world.person("boss", admin=True)
    place = {"name": b"p", "status": "active", "created_at": EPOCH, "signed_in_at": EPOCH}
    with world.unit(), world.cfg.unit.writing():
        for number in range(MOST_COUNTED):
            person = {"id": uuid4(), "revision": 1, "seal": b"", "status": "active", "created_at": EPOCH}
            named = {"email": "p", "email_key": f"p{number}", "first_name": "P", "last_name": "Q"}
            world.cfg.unit.execute(USER.insert(), {**person, **named})
            world.cfg.unit.execute(LISTED.insert(), {"user": person["id"], **place})
        page = world.cfg.get(PeopleList).page(boss, Asked(page=50))
    assert (page.total, page.more, page.pages, len(page.rows)) == (MOST_COUNTED, True, 50, PAGE)


# ── changing one person ──


def test_names_roles_and_the_demand_are_saved_together(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    wanted = wishes(world, ben.id, first_name="Benno", must_change=True, ticked=frozenset({ADMINISTRATOR}))
    save(world, boss, ben.id, wanted)
    with world.unit():
        user = world.users.get(ben.id)
    assert user is not None
    assert (user.first_name, set(user.account.roles)) == ("Benno", {ADMINISTRATOR, MEMBER})
    assert user.account.must_change_since == world.clock()
    for action in ("user.rename", "user.must-change", "user.roles"):
        assert [each["subject"] for each in world.events(action)][-1] == boss.id


@pytest.mark.parametrize(
    "changed",
    [
        {"first_name": "x" * 101},
        {"first_name": "a\u202eb"},
        {"last_name": "line\nfeed"},
        {"first_name": ""},
        {"shown": frozenset({UUID(int=99)}), "ticked": frozenset({UUID(int=99)})},
    ],
)
def test_what_breaks_a_rule_changes_nothing_at_all(world: World, changed: dict[str, object]) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    before = stored(world, "user", id=ben.id)
    with pytest.raises(Invalid):
        save(world, boss, ben.id, wishes(world, ben.id, **{"must_change": True, **changed}))
    assert stored(world, "user", id=ben.id) == before


def test_who_was_overtaken_is_told_and_nothing_is_lost(world: World) -> None:
    boss, chief, ben = world.person("boss", admin=True), world.person("chief", admin=True), world.person("ben")
    seen = wishes(world, ben.id, first_name="Benno")
    save(world, chief, ben.id, wishes(world, ben.id, last_name="Okafor"))
    with pytest.raises(Overtaken) as overtaken:
        save(world, boss, ben.id, seen)
    assert overtaken.value.last is not None
    assert overtaken.value.last.subject == chief.id
    with world.unit():
        assert world.users.people([ben.id])[ben.id].name == "Ben Okafor"


def test_what_leaves_the_form_alone_overtakes_nobody(world: World) -> None:
    boss, ben, group = world.person("boss", admin=True), world.person("ben"), world.group("Operations").id
    seen = wishes(world, ben.id, first_name="Benno")
    world.joins(ben, group)
    with world.unit():
        world.cfg.get(Administration).end_sessions(boss, ben.id)
    assert save(world, boss, ben.id, seen).first_name == "Benno"
    assert save(world, boss, ben.id, seen).first_name == "Benno"  # sent twice


def test_nobody_gives_or_takes_a_role_that_allows_more_than_they_may(world: World) -> None:
    helper_, ben = helper(world, "user.read", "user.roles"), world.person("ben")
    boss = world.person("boss", admin=True)
    with pytest.raises(Forbidden):
        save(world, helper_, ben.id, wishes(world, ben.id, ticked=frozenset({ADMINISTRATOR})))
    with pytest.raises(Forbidden):
        save(world, helper_, boss.id, wishes(world, boss.id, ticked=frozenset()))


MAYING = {
    "user.rename": lambda world, by, ben: world.cfg.get(Administration).save(by, ben, Wishes(9, first_name="X")),
    "user.must-change": lambda world, by, ben: world.cfg.get(Administration).save(by, ben, Wishes(9, must_change=True)),
    "user.end-sessions": lambda world, by, ben: world.cfg.get(Administration).end_sessions(by, ben),
    "user.disable": lambda world, by, ben: world.cfg.get(Administration).disable(by, [ben]),
    "user.enable": lambda world, by, ben: world.cfg.get(Administration).enable(by, ben),
    "user.delete": lambda world, by, ben: world.cfg.get(Deletion).delete(by, ben),
    "user.list": lambda world, by, _ben: world.cfg.get(PeopleList).page(by, Asked()),
    "user.open": lambda world, by, ben: world.cfg.get(Administration).person(by, ben),
}


@pytest.mark.parametrize("action", MAYING)
def test_who_may_nothing_is_refused_and_nothing_changes(world: World, action: str) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    before = stored(world, "user", id=ben.id)
    with pytest.raises((Forbidden, Overtaken)), world.unit():
        MAYING[action](world, anna, ben.id)
    assert stored(world, "user", id=ben.id) == before


CHANGING = [each for each in MAYING if each not in {"user.list", "user.open", "user.rename"}]


@pytest.mark.parametrize("action", CHANGING)
def test_nobody_does_this_with_themselves_or_with_who_may_more(world: World, action: str) -> None:
    everything = ("user.read", "user.change", "user.disable", "user.delete")
    helper_, boss = helper(world, *everything), world.person("boss", admin=True)
    for by, whom in ((helper_, helper_), (helper_, boss), (boss, boss)):
        before = stored(world, "user", id=whom.id)
        with pytest.raises(Forbidden), world.unit():
            if action == "user.must-change":
                wanted = Wishes(before["revision"], must_change=True)
                world.cfg.get(Administration).save(by, whom.id, wanted)
            else:
                MAYING[action](world, by, whom.id)
        assert stored(world, "user", id=whom.id) == before


def test_an_unknown_person_is_refused(world: World) -> None:
    boss = world.person("boss", admin=True)
    for action in ("user.end-sessions", "user.disable", "user.enable", "user.delete", "user.open"):
        with pytest.raises(Refused), world.unit():
            MAYING[action](world, boss, uuid4())


# ── the password that is to be changed ──


def test_who_must_change_the_password_comes_to_no_other_page_until_it_is_done(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    working = world.client(ben)
    world.clock.goes_on(minutes=1)
    save(world, boss, ben.id, wishes(world, ben.id, must_change=True))
    assert working.get("/vault").status_code == 200  # at the next sign-in
    client = world.client(ben)
    for path in ("/vault", "/vault/new", "/groups", "/account", "/account/security", "/account/export"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account/security/password")
    assert client.post("/vault/new/login", name="X").headers["Location"] == "/account/security/password"
    part = client.get("/vault", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.headers["HX-Redirect"] == "/account/security/password"
    assert "Change your password first." in client.get("/account/security/password").text
    same = client.post("/account/security/password", password=PASSWORD, password_again=PASSWORD)
    assert (same.status_code, "Choose another one." in same.text) == (422, True)
    new = "willow-tram-9-Lantern"
    assert client.post("/account/security/password", password=new, password_again=new).status_code == 303
    assert client.get("/vault").status_code == 200


def test_who_must_change_the_password_may_sign_out_and_confirm(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    save(world, boss, ben.id, wishes(world, ben.id, must_change=True))
    client = world.client(ben)
    world.clock.goes_on(minutes=11)
    assert client.get("/account/security/password").headers["Location"].startswith("/confirm")
    assert client.post("/confirm", password=PASSWORD, next="/account/security/password").status_code == 303
    assert client.get("/account/security/password").status_code == 200
    assert client.post("/logout").status_code == 303


def test_a_person_made_by_a_command_need_not_change_the_password(world: World) -> None:
    with world.unit():
        user = world.users.get(world.person("ben").id)
    assert user is not None
    assert user.account.must_change_since is None


# ── disabling ──


def test_people_are_disabled_together_or_not_at_all(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    disable(world, boss, ben.id, eve.id)
    with world.unit():
        assert {each.status for each in world.users.people([ben.id, eve.id]).values()} == {"disabled"}
        world.cfg.get(Administration).enable(boss, ben.id)
    before = world.rows("user")
    with pytest.raises(Refused):
        disable(world, boss, ben.id, uuid4())
    with pytest.raises(Forbidden):
        disable(world, boss, ben.id, boss.id)
    with pytest.raises(Invalid):
        disable(world, boss)
    with pytest.raises(Invalid):
        disable(world, boss, *(uuid4() for _ in range(21)))
    assert world.rows("user") == before


def test_who_was_disabled_meanwhile_disables_nobody(world: World) -> None:
    boss, chief, ben = world.person("boss", admin=True), world.person("chief", admin=True), world.person("ben")
    disable(world, boss, chief.id)
    with pytest.raises(SignInNeeded):
        disable(world, chief, ben.id)


@pytest.mark.parametrize("repeat", range(3))
def test_administrators_who_disable_each_other_at_once_leave_one(world: World, repeat: int) -> None:
    people = [world.person(f"boss{number}", admin=True) for number in range(3)]
    first, second, third = (each.id for each in people)
    outcomes = at_once(
        lambda: disable(world, people[0], second, third),
        lambda: disable(world, people[1], third, first),
        lambda: disable(world, people[2], first, second),
    )
    assert {type(each) for each in outcomes} == {type(None), SignInNeeded}
    with world.unit():
        assert [each.active for each in world.users.people([first, second, third]).values()].count(True) == 1


def test_the_last_administrator_is_safe_from_a_role_taken_and_a_disabling_at_once(world: World) -> None:
    boss, chief = world.person("boss", admin=True), world.person("chief", admin=True)
    taken = wishes(world, boss.id, ticked=frozenset())
    outcomes = at_once(lambda: disable(world, boss, chief.id), lambda: save(world, chief, boss.id, taken) and None)
    assert [each for each in outcomes if each is None] == [None]
    with world.unit():
        assert any(world.users.is_administrator(each.id) for each in (boss, chief))


def test_disabling_and_ending_act_at_the_next_request(world: World) -> None:
    boss, ben, eve = world.person("boss", admin=True), world.person("ben"), world.person("eve")
    bens, eves = world.client(ben), world.client(eve)
    disable(world, boss, ben.id)
    with world.unit():
        world.cfg.get(Administration).end_sessions(boss, eve.id)
    assert [each.get("/vault").status_code for each in (bens, eves)] == [303, 303]
    assert bens.post("/login", email=ben.email, password=PASSWORD).status_code == 422
    assert world.client(eve).get("/vault").status_code == 200


# ── deleting ──


def delete(world: World, by: Subject, user_id: UUID) -> None:
    with world.unit():
        world.cfg.get(Deletion).delete(by, user_id)


def test_a_deleted_person_leaves_nothing_but_the_trail(world: World) -> None:
    boss, group = world.person("boss", admin=True), world.group("Operations").id
    ben = world.person("ben", groups={group: "admin", SYSTEM: "member"})
    world.client(ben)
    disable(world, boss, ben.id)
    delete(world, boss, ben.id)
    for table in (
        "session",
        "preferences",
        "membership",
        "user_role",
        "user_word",
        "listed",
        "access",
        "shelf",
        "link",
    ):
        assert [row for row in world.rows(table) if row["user"] == as_stored(world, ben.id)] == [], table
    gone = world.events("user.delete")[-1]
    assert (gone["subject"], gone["object_id"], gone["gone"]) == (boss.id, ben.id, 1)
    left = [each for each in world.events("group.remove-member") if each["kind"] == "group"]
    assert {each["object_id"] for each in left} == {group, SYSTEM}
    with world.unit():
        assert world.users.find("ben@example.org") is None
        assert world.users.deleted([ben.id, boss.id]) == {ben.id}
    assert names(listed(world, boss, Asked())) == ["Boss Example"]


def test_a_row_of_a_deleted_person_put_back_gives_nothing(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    disable(world, boss, ben.id)
    kept = stored(world, "user", id=ben.id)
    delete(world, boss, ben.id)
    put_back(world, "user", kept)
    client = world.client()
    assert client.post("/login", email=ben.email, password=PASSWORD).status_code == 422
    assert world.client(boss).get(f"/admin/users/{ben.id}").status_code == 500


def test_who_is_active_is_not_deleted(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    with pytest.raises(Invalid):
        delete(world, boss, ben.id)
    assert stored(world, "user", id=ben.id)


def test_an_address_of_a_deleted_person_can_be_given_again(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    disable(world, boss, ben.id)
    delete(world, boss, ben.id)
    assert world.person("ben").id != ben.id


def test_two_who_delete_the_same_person_at_once_do_it_once(world: World) -> None:
    boss, chief, ben = world.person("boss", admin=True), world.person("chief", admin=True), world.person("ben")
    disable(world, boss, ben.id)
    outcomes = at_once(lambda: delete(world, boss, ben.id), lambda: delete(world, chief, ben.id))
    assert [type(each) for each in outcomes if each] == [Refused]
    assert len(world.events("user.delete")) == 1


def test_something_given_to_who_is_deleted_at_once_is_lost_to_nobody(world: World) -> None:
    """Sharing and deleting come one after the other: either the person is gone, or has it and loses it."""
    boss, anna, ben = world.person("boss", admin=True), world.person("anna"), world.person("ben")
    secret = world.keep(a_login(), owner=anna)
    disable(world, boss, ben.id)

    def enable_and_share() -> None:
        world.share(secret, owner=anna, to=ben)

    outcomes = at_once(lambda: delete(world, boss, ben.id), enable_and_share)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], Invalid | Conflict)
    with world.unit():
        assert [each.user for each in world.vault.open(anna, secret).head.access] == [anna.id]

"""The administrators' pages about people: conflicts, confirmations, parts for scripts, hostile names, bad forms."""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine

from app.admin.system import AdminCentre
from app.configurator import Configurator
from app.migrations.running import upgrade
from app.settings import load_settings
from app.subject import Subject
from app.users.permissions import ADMINISTRATOR
from app.users.ports import Link, Mark, PersonNotes
from app.users.roles import Roles
from app.users.service import User, Users
from app.users.system import UserManagement
from tests.builders import CHEAP, PASSWORD, Client, World
from tests.tampering import stored

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
NAMES = {
    "script": "<script>alert(1)</script>",
    "quotes": "\"'><b onmouseover=x>",
    "htmx": '" hx-get="/logout" hx-trigger="load',
    "template": "{{ 7*7 }}%(name)s{0}",
    "wide": "\U0001f680 \u4e2d\u6587",
}


def address(user_id: UUID) -> str:
    return f"/admin/users/{user_id}"


def revision(world: World, user_id: UUID) -> str:
    return str(stored(world, "user", id=user_id)["revision"])


def form(world: World, user_id: UUID, **changed: str) -> dict[str, str]:
    row = stored(world, "user", id=user_id)
    names = {name: row[name] for name in ("first_name", "last_name")}
    return {"revision": revision(world, user_id), **names, "shown-roles": str(ADMINISTRATOR), **changed}


def test_a_conflict_shows_both_and_keeps_what_was_typed(world: World) -> None:
    boss, chief, ben = world.person("boss", admin=True), world.person("chief", admin=True), world.person("ben")
    client, seen = world.client(boss), form(world, ben.id, first_name="Benno", must_change="on")
    with world.unit():
        world.users.rename_other(chief, ben.id, first_name="Benjamin", last_name="Okafor")
    for headers in ({}, PART):
        answer = client.post(address(ben.id), headers=headers, **seen)
        assert answer.status_code == 409
        assert "Chief Example changed this meanwhile." in answer.text
        assert 'name="first_name" value="Benno"' in answer.text
        assert "<td>Benjamin</td><td>Benno</td>" in answer.text
        assert f'name="revision" value="{revision(world, ben.id)}"' in answer.text
        assert answer.text.count("checked") == 2  # Member, and the demand that was ticked
    assert stored(world, "user", id=ben.id)["first_name"] == "Benjamin"
    again = client.post(address(ben.id), **{**seen, "revision": revision(world, ben.id)})
    assert (again.status_code, stored(world, "user", id=ben.id)["first_name"]) == (303, "Benno")


def sent(page: str) -> dict[str, str]:
    """Return what a browser sends of a person's page as it stands."""
    inputs = re.findall(r"<input\b[^>]*>", page.partition('id="person-form"')[2].partition("</form>")[0])
    there = [each for each in inputs if 'type="checkbox"' not in each or " checked" in each]
    pairs = [(re.search(r'name="([^"]+)"', each), re.search(r'value="([^"]*)"', each)) for each in there]
    return {name[1]: unescape(value[1]) for name, value in pairs if name and value and name[1] != "csrf_token"}


def test_a_form_left_open_undoes_nothing_of_what_others_did(world: World) -> None:
    """Names and roles that the page still holds as it showed them are no wish of who saves something else."""
    boss, ben = world.person("boss", admin=True), world.person("ben")
    with world.unit():
        role = world.cfg.get(Roles).create("tests", name="Helpers", permissions=[]).id
    client = world.client(boss)
    seen = sent(client.get(address(ben.id)).text)
    with world.unit():
        world.users.rename(ben, first_name="Benjamin", last_name="Own")
        world.users.change_roles("tests", ben.id, add=[role])
    assert client.post(address(ben.id), **seen).status_code == 303  # nothing is wished
    asking = client.post(address(ben.id), **{**seen, "must_change": "on"})
    assert (asking.status_code, "changed this meanwhile" in asking.text) == (409, True)
    assert 'value="Benjamin"' in asking.text
    again = sent(asking.text)
    assert (again["must_change"], again["first_name"], again[f"role-{role}"]) == ("on", "Benjamin", "on")
    assert client.post(address(ben.id), **again).status_code == 303
    with world.unit():
        user = world.users.get(ben.id)
    assert user is not None
    assert (user.name, role in user.account.roles, user.account.must_change_since) == (
        "Benjamin Own",
        True,
        world.clock(),
    )


def test_one_name_is_changed_and_the_other_stays_as_somebody_made_it(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    client = world.client(boss)
    seen = sent(client.get(address(ben.id)).text)
    with world.unit():
        world.users.rename(ben, first_name="Ben", last_name="Own")
    refused = client.post(address(ben.id), **{**seen, "first_name": "Benno"})
    rows = re.findall(r"<td>([^<]*)</td>", refused.text)
    assert (refused.status_code, rows) == (409, ["Ben", "Benno"])
    assert client.post(address(ben.id), **sent(refused.text)).status_code == 303
    found = stored(world, "user", id=ben.id)
    assert (found["first_name"], found["last_name"]) == ("Benno", "Own")


def test_a_script_gets_the_form_or_the_way_on(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    client = world.client(boss)
    refused = client.post(address(ben.id), headers=PART, **form(world, ben.id, first_name=""))
    assert refused.status_code == 422
    assert "<html" not in refused.text
    assert 'id="person-form"' in refused.text
    saved = client.post(address(ben.id), headers=PART, **form(world, ben.id, first_name="Benno"))
    assert saved.headers["HX-Redirect"] == f"{address(ben.id)}?done=person"
    listed = client.get("/admin/users?q=benno", headers={**PART, "HX-Current-URL": "/admin/users"})
    assert "<html" not in listed.text
    assert listed.text.count("<tr>") == 2


def test_a_role_is_given_only_after_a_fresh_confirmation_and_the_form_waits(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    client = world.client(boss)
    world.clock.goes_on(minutes=11)
    names_only = client.post(address(ben.id), **form(world, ben.id, first_name="Benno"))
    assert names_only.status_code == 303
    wanted = form(world, ben.id, first_name="B", **{f"role-{ADMINISTRATOR}": "on"})
    asked = client.post(address(ben.id), **wanted)
    assert (asked.status_code, asked.headers["Location"]) == (307, f"/confirm?next=/admin/users/{ben.id}")
    assert stored(world, "user", id=ben.id)["first_name"] == "Benno"
    waiting = client.post("/confirm", password=PASSWORD, next=address(ben.id), **wanted)
    assert (waiting.status_code, f'name="role-{ADMINISTRATOR}" value="on"' in waiting.text) == (200, True)
    assert client.post(address(ben.id), **wanted).status_code == 303
    with world.unit():
        assert world.users.is_administrator(ben.id)


@pytest.mark.parametrize("rest", ["holdings", "delete"])
def test_settling_and_deleting_need_a_fresh_confirmation(world: World, rest: str) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    client = world.client(boss)
    with world.unit():
        world.users.disable("tests", ben.id)
    world.clock.goes_on(minutes=11)
    before = stored(world, "user", id=ben.id)
    assert client.get(f"{address(ben.id)}/{rest}").headers["Location"].startswith("/confirm")
    assert client.post(f"{address(ben.id)}/{rest}").headers["Location"].startswith("/confirm")
    assert stored(world, "user", id=ben.id) == before


@pytest.mark.parametrize("name", NAMES.values(), ids=[*NAMES])
def test_hostile_names_stand_on_every_page_as_text(world: World, name: str) -> None:
    boss, group = world.person("boss", admin=True), world.group(name[:60]).id
    with world.unit():
        made = world.users.create("tests", email="x@example.org", first_name=name, last_name="X", password=PASSWORD)
        world.groups.add_member("tests", group, made.id)
    client, shown = world.client(boss), escape(f"{name} X").replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    paths = ["/admin/users", address(made.id), f"/admin/users/disable?person={made.id}"]
    with_disabled = [f"{address(made.id)}/holdings", f"{address(made.id)}/delete"]
    for path in paths:
        assert shown in client.get(path).text, path
    client.post("/admin/users/disable", **{f"person-{made.id}": "on"})
    for path in with_disabled:
        assert shown in client.get(path).text, path


@pytest.mark.parametrize(
    "more",
    [
        {"email": "eve@example.org"},
        {"status": "active"},
        {"role-no": "on"},
        {f"role-{uuid4()}": "on"},
        {"revision": "x"},
        {"revision": "-1"},
        {"shown-roles": "no"},
    ],
)
def test_a_form_that_the_page_does_not_send_changes_nothing(world: World, more: dict[str, str]) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    client, before = world.client(boss), stored(world, "user", id=ben.id)
    assert client.post(address(ben.id), **form(world, ben.id, first_name="Eve", **more)).status_code == 422
    assert stored(world, "user", id=ben.id) == before


@pytest.mark.parametrize("query", ["", "person=no", "person={me}", "person={unknown}", "person={ben}&person=x"])
def test_a_question_about_nobody_who_can_be_disabled_is_refused(world: World, query: str) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    path = f"/admin/users/disable?{query}".format(me=boss.id, ben=ben.id, unknown=uuid4())
    assert world.client(boss).get(path).status_code in {403, 404, 422}


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=99999999", "page=x", "sort=x", "status=x", "role=x", "group=1", "q=%00", "q=" + "x" * 5000],
)
def test_an_address_that_makes_no_sense_is_answered(world: World, query: str) -> None:
    assert world.client(world.person("boss", admin=True)).get(f"/admin/users?{query}").status_code == 200


def test_a_decision_about_holdings_that_the_page_does_not_offer_is_refused(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    with world.unit():
        world.users.disable("tests", ben.id)
    client, path = world.client(boss), f"{address(ben.id)}/holdings"
    for bad in ({f"do-{uuid4()}": "keep me"}, {f"to-{uuid4()}": "a@b.c"}, {"do-x": "hand"}, {"what": "ever"}):
        assert client.post(path, **bad).status_code == 422
    assert client.post(path, **{f"do-{uuid4()}": "delete"}).status_code == 404


class Notes:
    """What a colleague's part says about everybody."""

    def marks(self, reader: Subject, person: User) -> list[Mark]:
        return [Mark(f"Reset by {reader.first_name}", "warn")]

    def links(self, reader: Subject, person: User) -> list[Link]:
        return [Link("reset", "Send reset link", "mail", f"/reset-of/{person.id}")]


def test_other_parts_add_marks_and_links_to_a_person(world: World) -> None:
    world.cfg.fill(PersonNotes, Notes())
    boss, ben = world.person("boss", admin=True), world.person("ben")
    page = world.client(boss).get(address(ben.id)).text
    assert "Reset by Boss" in page
    assert f'href="/reset-of/{ben.id}" data-dialog' in page


def test_the_admin_centre_tells_how_many_are_active(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    client = world.client(boss)
    assert "2 active" in client.get("/admin").text
    client.post("/admin/users/disable", **{f"person-{ben.id}": "on"})
    assert "1 active" in client.get("/admin").text


def test_people_are_administered_without_groups_and_without_the_vault(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/tresor.sqlite3"
    engine = create_engine(database)
    upgrade(engine)
    engine.dispose()
    environment = {**CHEAP, "TRESOR_DATA_DIR": str(tmp_path), "TRESOR_DATABASE_URL": database}
    cfg = Configurator(load_settings(environment))
    cfg.activate(UserManagement)
    app = cfg.activate(AdminCentre) and cfg.flask_app(serving=False)
    app.testing = True
    cfg.unit.prepare()
    made = {}
    with app.app_context(), cfg.unit.open():
        for name, roles in (("boss", [ADMINISTRATOR]), ("ben", [])):
            named = {"email": f"{name}@example.org", "first_name": name, "last_name": "X", "password": PASSWORD}
            made[name] = cfg.get(Users).create("tests", **named, roles=roles)
    client = Client(app.test_client(), World(cfg, None, app, None, None, tmp_path))  # type: ignore[arg-type]
    assert client.post("/login", email="boss@example.org", password=PASSWORD).status_code == 303
    ben = address(made["ben"].id)
    assert [client.get(path).status_code for path in ("/admin", "/admin/users", ben)] == [200, 200, 200]
    assert client.post("/admin/users/disable", **{f"person-{made['ben'].id}": "on"}).status_code == 303
    assert [client.get(ben + rest).status_code for rest in ("/holdings", "/delete")] == [200, 200]
    assert client.post(ben + "/delete").status_code == 303
    assert client.get(ben).status_code == 404

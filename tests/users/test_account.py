"""A person's own names, password and data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import event, insert

from app.audit.service import Audit
from app.database import Base
from app.errors import Forbidden, Invalid
from app.users.personal_data import MOST_EVENTS
from app.users.setup import Setup
from app.users.sign_in import SignIn
from app.vault.trash import Trash
from tests.builders import PASSWORD, Client, World, a_jira, a_login
from tests.tampering import stored
from tests.users.cookies import session_token, take_session

NEW = "willow-tram-9-Lantern"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": "/account"}


def password_form(password: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"password": password, "password_again": password if again is None else again}


# ── names ──


def test_a_person_changes_their_names(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    answer = client.post("/account/profile", first_name=" Zoë ", last_name="O’Brien-Łukasz")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?done=profile")
    assert world.subject(anna.id).name == "Zoë O’Brien-Łukasz"
    assert [each["object_id"] for each in world.events("user.rename")] == [anna.id]
    page = client.get("/account").text
    assert "Account menu, Zoë O’Brien-Łukasz" in page
    assert ">ZO</span>" in page


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"first_name": "", "last_name": "X"}, "This field is needed."),
        ({"first_name": "x" * 101, "last_name": ""}, "A name has up to 100 letters."),
        ({"first_name": "Anna", "last_name": "a\u202eb"}, "A name has up to 100 letters."),
        ({"first_name": "Anna", "last_name": "", "email": "eve@example.org"}, "no field email"),
        ({"first_name": "Anna", "last_name": "", "status": "active"}, "no field status"),
    ],
)
def test_names_that_break_a_rule_are_refused(world: World, form: dict[str, str], text: str) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    before = stored(world, "user", id=anna.id)
    answer = client.post("/account/profile", **form)
    assert answer.status_code == 422
    assert text in answer.text
    assert stored(world, "user", id=anna.id) == before


def test_a_script_gets_the_card_or_what_to_say(world: World) -> None:
    client = world.client(world.person("anna"))
    refused = client.post("/account/profile", headers=HTMX, first_name="", last_name="X")
    assert refused.status_code == 422
    assert refused.text.lstrip().startswith('<section class="card" id="profile"')
    assert "Language and time" not in refused.text
    saved = client.post("/account/profile", headers=HTMX, first_name="Zoë", last_name="X")
    assert (saved.status_code, saved.headers["HX-Trigger"]) == (200, "tresor:changed")
    assert "Profile saved." in saved.text
    assert "Account menu, Zoë X" in saved.text
    worn = {"theme": "dark", "density": "compact", "reveal_seconds": "0", "single_keys": "off"}
    look = json.loads(client.post("/account/look", headers=HTMX, **worn).headers["HX-Trigger"])
    assert look["tresor:look"] == {"theme": "dark", "density": "compact", "keys": "off"}
    language = client.post("/account/language", headers=HTMX, language="de", time_zone="UTC")
    assert language.headers["HX-Redirect"] == "/account?done=language"


# ── password ──


def test_a_new_password_ends_all_other_sessions_and_gives_this_browser_a_new_one(world: World) -> None:
    anna = world.person("anna")
    here, there = world.client(anna), world.client(anna)
    old = session_token(here)
    answer = here.post("/account/security/password", **password_form())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/security?done=password")
    assert here.get("/account/security?done=password").status_code == 200
    assert session_token(here) != old
    assert there.get("/account").status_code == 303
    take_session(there, old)
    assert there.get("/account").status_code == 303
    assert world.client().post("/login", email=anna.email, password=PASSWORD).status_code == 422
    assert world.client().post("/login", email=anna.email, password=NEW).status_code == 303
    assert [(each["subject"], each["object_id"]) for each in world.events("user.password")] == [(anna.id, anna.id)]
    assert "this one" in here.get("/account/sessions").text


def test_the_old_password_is_asked_for_after_ten_minutes(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    world.clock.goes_on(minutes=11)
    confirm = "/confirm?next=/account/security/password"
    assert client.get("/account/security/password").headers["Location"] == confirm
    asked = client.post("/account/security/password", **password_form())
    assert (asked.status_code, asked.headers["Location"]) == (303, confirm)  # what was typed is not sent there
    above = client.post("/account/security/password", headers=HTMX, **password_form())
    assert (above.status_code, above.headers["HX-Redirect"], above.text) == (200, confirm, "")
    assert world.events("user.password") == []
    answer = client.post("/confirm", password=PASSWORD, next="/account/security/password")
    assert answer.headers["Location"] == "/account/security/password"
    assert client.post("/account/security/password", **password_form()).status_code == 303


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (password_form("tooshort-4711"), "At least 15 characters."),
        (password_form("x" * 257), "At most 256 characters."),
        (password_form("anna@example.org-1"), "Too close to your name or address."),
        (password_form("password12345678"), "among the first that are guessed"),
        (password_form(NEW, NEW + "x"), "The two passwords differ."),
        (password_form(""), "This field is needed."),
        ({**password_form(), "user": "x"}, "no field user"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_with_the_reason(
    world: World, form: dict[str, str], text: str
) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    before = stored(world, "user", id=anna.id)
    answer = client.post("/account/security/password", **form)
    assert answer.status_code == 422
    assert text in answer.text
    assert not form["password"] or form["password"] not in answer.text
    assert stored(world, "user", id=anna.id) == before
    assert client.get("/account").status_code == 200


def test_nobody_changes_the_password_of_another(world: World) -> None:
    anna, eve = world.person("anna"), world.person("eve", admin=True)
    with pytest.raises(Forbidden), world.unit():
        world.users.set_password(eve, anna.id, password=NEW)
    assert world.events("user.password") == []


def test_a_refused_password_keeps_this_session(world: World) -> None:
    anna = world.person("anna")
    with pytest.raises(Invalid), world.unit():
        world.cfg.get(SignIn).change_password(anna, password="short", device="tests")
    assert world.subject(anna.id).id == anna.id


def judged(client: Client, password: str) -> str:
    answer = client.post("/account/security/strength", headers=HTMX, password=password, password_again="")
    assert answer.status_code == 200
    return answer.text


def test_a_script_learns_how_strong_a_password_is(world: World) -> None:
    client = world.client(world.person("anna"))
    assert judged(client, "") == ""
    assert judged(client, "willow-tram") == "<strong>Weak</strong> · 4 characters are missing"
    assert judged(client, NEW) == "<strong>Very strong</strong>"
    assert judged(client, "password12345678").startswith("<strong>Weak</strong> · It is among the first")
    assert [each["action"] for each in world.events() if each["action"].startswith("user.pass")] == []


def test_set_up_says_why_a_password_is_refused(world: World) -> None:
    with world.unit():
        path = f"/setup/{world.cfg.get(Setup).token()}"
    lena = {"first_name": "Lena", "last_name": "Hoffmann", "email": "lena@example.org"}
    answer = world.client().post(path, **lena, **password_form("Lena-Hoffmann-1999"))
    assert answer.status_code == 422
    assert "Too close to your name or address." in answer.text
    assert world.rows("user") == []


# ── one's own data ──


def exported(client: Client) -> dict[str, Any]:
    answer = client.post("/account/export")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tresor-account.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = json.loads(answer.text)
    return found


def test_the_export_holds_what_is_kept_about_a_person_and_no_value(world: World) -> None:
    group = world.group("Release")
    anna, ben = world.person("anna", groups={group.id: "admin"}), world.person("ben")
    world.keep(a_jira(name="Board"), owner=anna)
    shared = world.keep(a_login(name="Bens portal"), owner=ben)
    world.share(shared, owner=ben, to=anna)
    world.keep(a_login(name="Not for Anna"), owner=ben)
    trashed = world.keep(a_login(name="Old"), owner=anna)
    with world.unit():
        world.cfg.get(Trash).delete(anna, trashed)
    client = world.client(anna)
    found = exported(client)
    assert found["profile"] == {
        "id": str(anna.id), "email": "anna@example.org", "first_name": "Anna", "last_name": "Example",
        "status": "active", "created_at": "2026-11-23T09:00:00+00:00", "roles": ["Member"],
    }  # fmt: skip
    assert found["groups"] == [{"name": "Release", "level": "admin"}]
    assert {(each["name"], each["type"], each["level"]) for each in found["secrets"]} == {
        ("Board", "jira", "owner"), ("Bens portal", "login", "viewer"),
    }  # fmt: skip
    assert [each["name"] for each in found["trash"]] == ["Old"]
    assert len(found["sessions"]) == 2  # one that the world made, and the browser's
    assert found["preferences"]["reveal_seconds"] == 10
    told = json.dumps(found)
    for value in ("ATATT-4711", "pw-4712", "argon2", "Not for Anna", str(ben.id), "ben@example.org", "token_hash"):
        assert value not in told


def test_the_export_is_recorded(world: World) -> None:
    anna = world.person("anna")
    exported(world.client(anna))
    last = world.events("user.export")
    assert [(each["subject"], each["object_id"]) for each in last] == [(anna.id, anna.id)]


def test_the_export_tells_of_nobody_elses_deeds(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    made = world.keep(a_login(), owner=ben)
    events = exported(world.client(anna))["events"]
    assert str(made) not in json.dumps(events)
    assert {each["action"] for each in events} >= {"user.create", "user.sign-in"}


def other_events(world: World, number: int, **values: object) -> None:
    """Store so many events above those that there are."""
    last = world.events()[-1]
    rows = [{**last, "detail": "{}", **values, "number": last["number"] + each} for each in range(1, number + 1)]
    with world.cfg.unit.engine.connect() as connection:
        connection.execute(insert(Base.metadata.tables["audit"]), rows)


def test_the_export_says_if_it_leaves_older_events_out(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    assert exported(client)["older_events_left_out"] is False
    other_events(world, MOST_EVENTS, subject=anna.id, actor=None, action="secret.reveal")
    found = exported(client)
    assert found["older_events_left_out"] is True
    assert [each["action"] for each in found["events"]] == ["secret.reveal"] * MOST_EVENTS


def test_what_is_told_of_a_person_is_found_by_indexes(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    other_events(world, 3000, subject=ben.id, object_id=ben.id, actor=None)
    if not world.cfg.unit.is_sqlite:
        world.sql("ANALYZE audit")
    asked: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    event.listen(world.cfg.unit.engine, "before_cursor_execute", keep)
    try:
        with world.unit():
            told = world.cfg.get(Audit).about(anna.id, most=3)
    finally:
        event.remove(world.cfg.unit.engine, "before_cursor_execute", keep)
    assert [each.number for each in told] == sorted((each.number for each in told), reverse=True)
    assert all(anna.id in (each.subject, each.object_id) for each in told)
    word = "EXPLAIN QUERY PLAN " if world.cfg.unit.is_sqlite else "EXPLAIN "
    with world.cfg.unit.engine.connect() as connection:
        plans = [
            str(connection.exec_driver_sql(word + statement, parameters).all())
            for statement, parameters in asked
            if "LIMIT" in statement
        ]
    for plan, index in zip(plans, ("ix_audit_subject", "ix_audit_people", "ix_audit_uses"), strict=True):
        assert index in plan, plan


def test_the_export_asks_for_the_password_again(world: World) -> None:
    client = world.client(world.person("anna"))
    world.clock.goes_on(minutes=11)
    assert client.get("/account/export").headers["Location"] == "/confirm?next=/account/export"
    answer = client.post("/account/export")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/confirm?next=/account/export")
    assert world.events("user.export") == []
    assert client.post("/confirm", password=PASSWORD, next="/account/export").status_code == 303
    exported(client)

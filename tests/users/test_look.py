"""How a person likes pages: kept by the account, and of no weight if another hand wrote it."""

from __future__ import annotations

import re

import pytest
from babel.dates import get_timezone
from sqlalchemy import Table

from app.database import Base
from app.users.look import KNOWN_ZONES, Look, look_of
from app.users.preferences import Preferences
from tests.builders import World, a_login
from tests.tampering import alter, stored

ROOT = re.compile(r"<html[^>]*>")
LIVED = {"language": "en", "time_zone": "Asia/Kolkata"}
WORN = {"theme": "dark", "density": "compact", "reveal_seconds": "30", "single_keys": "off"}


def test_every_time_zone_that_can_be_chosen_is_known() -> None:
    assert [zone for zone in KNOWN_ZONES if str(get_timezone(zone)) != zone] == []


def test_a_look_is_kept_by_the_account(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    assert client.post("/account/look", **WORN).headers["Location"] == "/account?done=look"
    assert client.post("/account/language", **LIVED).headers["Location"] == "/account?done=language"
    found = world.subject(anna.id)
    assert (found.theme, found.density, found.reveal_seconds, found.single_keys) == ("dark", "compact", 30, False)
    assert (found.language, found.time_zone) == ("en", "Asia/Kolkata")
    page = client.get(client.post("/account/look", **WORN).headers["Location"]).text
    assert ROOT.findall(page) == ['<html lang="en" data-theme="dark" data-density="compact" data-keys="off">']
    assert "Look saved." in page


def test_what_is_usual_leaves_no_mark_on_pages(world: World) -> None:
    client = world.client(world.person("anna"))
    client.post("/account/look", **WORN)
    usual = {"theme": "system", "density": "comfortable", "reveal_seconds": "10", "single_keys": "on"}
    assert client.post("/account/look", **usual).status_code == 303
    assert ROOT.findall(client.get("/groups").text) == ['<html lang="en">']


def test_dates_are_told_by_the_clock_of_the_time_zone(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    world.keep(a_login(), owner=anna)
    assert "23 November 2026, 09:00 UTC" in client.get("/vault").text
    client.post("/account/language", **LIVED)
    assert "23 November 2026, 14:30" in client.get("/vault").text
    assert '<option selected value="Asia/Kolkata">Kolkata (GMT+05:30)' in client.get("/account").text


def test_until_i_hide_it_a_value_stays(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    secret = world.keep(a_login(), owner=anna)
    reveal = f"/vault/{secret}/fields/password/reveal"
    assert client.post(reveal).headers["Refresh"].startswith("10;")
    client.post("/account/look", **{**WORN, "reveal_seconds": "0"})
    assert "Refresh" not in client.post(reveal).headers


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/look", {**WORN, "theme": "pink"}),
        ("/account/look", {**WORN, "density": ""}),
        ("/account/look", {**WORN, "reveal_seconds": "86400"}),
        ("/account/look", {**WORN, "reveal_seconds": "ten"}),
        ("/account/look", {**WORN, "single_keys": None}),
        ("/account/look", {**WORN, "language": "de"}),
        ("/account/language", {**LIVED, "language": "xx"}),
        ("/account/language", {**LIVED, "time_zone": "../../etc/passwd"}),
        ("/account/language", {**LIVED, "time_zone": "Mars/Olympus"}),
        ("/account/language", {"language": "de"}),
        ("/account/theme", {"theme": "pink"}),
        ("/account/theme", {"theme": "dark", "density": "compact"}),
    ],
)
def test_what_cannot_be_chosen_is_refused(world: World, path: str, form: dict[str, str]) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    before = world.rows("preferences")
    assert client.post(path, **form).status_code == 422
    assert world.rows("preferences") == before


def test_the_menu_changes_the_theme_and_leads_back(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    answer = client.post("/account/theme", headers={"Referer": f"{client.site}/groups"}, theme="dark")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/groups")
    assert stored(world, "preferences", user=anna.id)["theme"] == "dark"
    answer = client.post("/account/theme", headers={"Referer": "https://evil.example/"}, theme="light")
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "odd",
    [
        {"theme": "pink", "density": "x", "language": "xx", "time_zone": "Mars/Olympus", "single_keys": "maybe"},
        {"theme": '"><script>', "density": '"', "language": "../de", "time_zone": "/etc/passwd", "single_keys": ""},
        {"time_zone": "europe/berlin", "reveal_seconds": -1},
        {"reveal_seconds": 2**31 - 1},
        {"reveal_seconds": 11},
    ],
)
def test_a_row_of_another_hand_decides_nothing(world: World, odd: dict[str, object]) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    secret = world.keep(a_login(), owner=anna)
    alter(world, "preferences", {"user": anna.id}, **odd)
    for path in ("/account", "/vault", "/account/sessions"):
        answer = client.get(path)
        assert (answer.status_code, ROOT.findall(answer.text)) == (200, ['<html lang="en">'])
    assert "23 November 2026, 09:00 UTC" in client.get("/vault").text
    assert client.post(f"/vault/{secret}/fields/password/reveal").headers["Refresh"].startswith("10;")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_row_with_anything_in_it_is_read(world: World) -> None:
    """SQLite keeps anything in any column."""
    anna = world.person("anna")
    client = world.client(anna)
    for odd in ("'x'", "x'00ff'", "1.5", "'9999999999999999999999'"):
        columns = ("language", "theme", "density", "time_zone", "reveal_seconds", "single_keys", "last_sign_in")
        world.sql("UPDATE preferences SET " + ", ".join(f"{name} = {odd}" for name in columns))
        assert client.get("/account").status_code == 200


def test_nothing_chosen_is_the_usual(world: World) -> None:
    table: Table = Base.metadata.tables["preferences"]
    assert look_of_nothing(table) == Look()
    anna = world.person("anna")
    with world.unit():
        assert world.cfg.get(Preferences).look(anna) == Look()


def look_of_nothing(table: Table) -> Look:
    return look_of(type("Row", (), {column.name: None for column in table.columns}))

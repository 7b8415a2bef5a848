"""The pages of roles and of settings: what they say, what they keep of a refused form, and when they ask again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.options.service import Options, Values
from app.subject import Subject
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.users.roles import Role, Roles
from tests.builders import Client, World

FORM = {"name": "Helpers", "description": "Help.", "may-group.create": "on"}
SETTINGS = {"revision": "0", "registration": "on", "registration_domains": "Example.org", "directory": "exact"}


@pytest.fixture
def boss(world: World) -> Subject:
    return world.person("boss", admin=True)


@pytest.fixture
def browser(world: World, boss: Subject) -> Client:
    return world.client(boss)


def create(world: World, name: str = "Helpers", **more: Any) -> Role:
    with world.unit():
        return world.cfg.get(Roles).create("tests", name=name, **{"permissions": ["group.create"], **more})


def all_roles(world: World, boss: Subject) -> dict[str, Role]:
    with world.unit():
        return {role.name: role for role in world.cfg.get(Roles).all(boss)}


def test_a_role_is_made_shown_changed_and_deleted(world: World, boss: Subject, browser: Client) -> None:
    made = browser.post("/admin/roles/new", **FORM)
    role = all_roles(world, boss)["Helpers"]
    assert (made.status_code, made.headers["Location"]) == (303, f"/admin/roles/{role.id}?done=role")
    assert role.allows == {"group.create"}
    shown = browser.get(made.headers["Location"]).text
    assert "Role saved." in shown
    assert "Create groups" in shown
    assert "Manage groups" not in shown
    form = {**FORM, "name": "Aides", "may-group.manage": "on", "revision": "1"}
    assert browser.post(f"/admin/roles/{role.id}/edit", **form).status_code == 303
    assert all_roles(world, boss)["Aides"].allows == {"group.create", "group.manage"}
    gone = browser.post(f"/admin/roles/{role.id}/delete", revision="2")
    assert gone.headers["Location"] == "/admin/roles?done=role-gone"
    assert "Aides" not in browser.get("/admin/roles").text


def test_permissions_stand_under_their_systems(browser: Client) -> None:
    text = browser.get("/admin/roles/new").text
    assert re.findall(r"<legend>([^<]+)</legend>", text) == ["People and roles", "Installation", "Groups", "Vault"]
    text = browser.get(f"/admin/roles/{MEMBER}").text
    assert re.findall(r'class="form-sect">([^<]+)<', text) == ["Groups", "Vault"]


def test_a_refused_form_keeps_every_entry(world: World, boss: Subject, browser: Client) -> None:
    role = create(world)
    for path, more in (("/admin/roles/new", {}), (f"/admin/roles/{role.id}/edit", {"revision": "1"})):
        answer = browser.post(path, **{**FORM, **more, "name": "administrator", "may-group.manage": "on"})
        assert answer.status_code == 422
        assert "<title>Error:" in answer.text
        assert 'value="administrator"' in answer.text
        assert re.findall(r'name="(may-[^"]+)" checked', answer.text) == ["may-group.create", "may-group.manage"]
        assert 'href="#f-name"' in answer.text
    assert set(all_roles(world, boss)) == {"Administrator", "Member", "Helpers"}


def test_who_is_faster_is_shown_beside_ones_own_entries(world: World, boss: Subject, browser: Client) -> None:
    role = create(world)
    chief = world.person("chief", admin=True)
    with world.unit():
        world.cfg.get(Roles).change(
            chief, role.id, seen=1, name="Aides", description="", permissions=["group.create", "user.disable"]
        )
    form = {**FORM, "name": "Friends", "revision": "1"}
    answer = browser.post(f"/admin/roles/{role.id}/edit", **form)
    assert answer.status_code == 409
    assert "Chief Example changed this meanwhile." in answer.text
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', answer.text)
    assert rows == [
        ("Name", "Aides", "Friends"),
        ("Description", "", "Help."),
        ("Disable people", "allowed", "not allowed"),
    ]
    assert 'name="revision" value="2"' in answer.text
    assert browser.post(f"/admin/roles/{role.id}/edit", **{**form, "revision": "2"}).status_code == 303
    assert all_roles(world, boss)["Friends"].allows == {"group.create"}
    stale = browser.post(f"/admin/roles/{role.id}/delete", revision="2")
    assert stale.status_code == 409
    assert "You changed this yourself meanwhile" in stale.text


def test_a_role_that_went_while_its_form_was_open_is_not_there(world: World, browser: Client) -> None:
    role = create(world)
    with world.unit():
        world.cfg.get(Roles).delete("tests", role.id, seen=1)
    assert browser.post(f"/admin/roles/{role.id}/edit", **{**FORM, "revision": "1"}).status_code == 404
    assert browser.post(f"/admin/roles/{role.id}/delete", revision="1").status_code == 404


@pytest.mark.parametrize(
    "more",
    [{"may-secret.read-all": "on"}, {"may-": "on"}, {"admin": "on"}, {"revision": "x"}, {"revision": "-1"}],
)
def test_what_no_page_sends_changes_nothing(world: World, boss: Subject, browser: Client, more: dict[str, str]) -> None:
    role = create(world)
    before = all_roles(world, boss)
    answer = browser.post(f"/admin/roles/{role.id}/edit", **{**FORM, "revision": "1", **more})
    assert answer.status_code == 422
    assert all_roles(world, boss) == before


def test_hostile_names_are_text_on_every_page(world: World, browser: Client) -> None:
    name = "<img src=x onerror=alert(1)> {{ 7*7 }}"
    role = create(world, name, description="<script>alert(1)</script>")
    for path in ("/admin/roles", *(f"/admin/roles/{role.id}{page}" for page in ("", "/edit", "/delete"))):
        text = browser.get(path).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "&lt;img src=x onerror=alert(1)&gt; {{ 7*7 }}" in text


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 5000, "50", "2"])
def test_odd_pages_of_people_open(world: World, browser: Client, page: str) -> None:
    assert browser.get(f"/admin/roles/{ADMINISTRATOR}?page={page}").status_code == 200


def test_its_people_are_shown_twenty_at_once(world: World, browser: Client) -> None:
    role = create(world)
    for number in range(23):
        person = world.person(f"p{number}")
        with world.unit():
            world.users.change_roles("tests", person.id, add=[role.id])
    pages = [browser.get(f"/admin/roles/{role.id}?page={page}").text for page in (1, 2)]
    shown = [re.findall(r"p\d+@example\.org", text) for text in pages]
    assert [len(each) for each in shown] == [20, 3]
    assert len({*shown[0], *shown[1]}) == 23
    assert ['rel="next"' in text for text in pages] == [True, False]


SENSITIVE: dict[str, Callable[[Role], tuple[str, dict[str, str]]]] = {
    "new": lambda _role: ("/admin/roles/new", {**FORM, "name": "More"}),
    "edit": lambda role: (f"/admin/roles/{role.id}/edit", {**FORM, "revision": "1"}),
    "delete": lambda role: (f"/admin/roles/{role.id}/delete", {"revision": "1"}),
    "settings": lambda _role: ("/admin/settings/edit", SETTINGS),
    "reset": lambda _role: ("/admin/settings/reset", {"revision": "0", "name": "registration"}),
}


@pytest.mark.parametrize("act", SENSITIVE)
def test_after_ten_minutes_the_password_is_asked_again_and_the_form_waits(
    world: World, boss: Subject, browser: Client, act: str
) -> None:
    role = create(world)
    world.clock.goes_on(minutes=11)
    before = [world.rows("role"), world.rows("options")]
    path, form = SENSITIVE[act](role)
    if act != "reset":
        assert browser.get(path).headers["Location"] == f"/confirm?next={path}"
    answer = browser.post(path, **form)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"/confirm?next={path}")
    assert [world.rows("role"), world.rows("options")] == before


# ── settings ──


def test_settings_say_where_they_come_from(world: World, boss: Subject, browser: Client) -> None:
    text = browser.get("/admin/settings").text
    assert (text.count(">from the file<"), text.count(">chosen here<")) == (3, 0)
    assert browser.post("/admin/settings/edit", **SETTINGS).headers["Location"] == "/admin/settings?done=settings"
    text = browser.get("/admin/settings").text
    assert (text.count(">from the file<"), text.count(">chosen here<")) == (0, 3)
    assert "last changed by you" in text
    assert browser.post("/admin/settings/reset", revision="1", name="directory").status_code == 303
    text = browser.get("/admin/settings").text
    assert (text.count(">from the file<"), text.count(">chosen here<")) == (1, 2)
    with world.unit():
        assert world.cfg.get(Options).values() == Values(True, ("example.org",), "groups")


def test_settings_show_no_secret(world: World, browser: Client) -> None:
    text = browser.get("/admin/settings").text
    assert "vault.trash_days" in text
    for secret in (world.cfg.settings.database_url, str(world.folder), "root_key", "connection_string"):
        assert secret not in text


def test_refused_settings_keep_every_entry(world: World, browser: Client) -> None:
    answer = browser.post("/admin/settings/edit", **{**SETTINGS, "registration_domains": "a_b, <b>"})
    assert answer.status_code == 422
    assert ">a_b, &lt;b&gt;</textarea>" in answer.text
    assert 'value="exact" selected' in answer.text
    assert world.rows("options") == []


def test_settings_changed_meanwhile_are_shown_beside_ones_own(world: World, browser: Client) -> None:
    chief = world.person("chief", admin=True)
    with world.unit():
        world.cfg.get(Options).save(chief, seen=0, wanted=Values(False, (), "everybody"))
    answer = browser.post("/admin/settings/edit", **SETTINGS)
    assert answer.status_code == 409
    assert "Chief Example changed this meanwhile." in answer.text
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', answer.text)
    assert rows == [
        ("Self-registration", "Off", "On"),
        ("Mail domains", "every address", "Example.org"),
        ("Search for people", "Everybody", "Nobody: a whole address must be typed"),
    ]
    assert browser.post("/admin/settings/edit", **{**SETTINGS, "revision": "1"}).status_code == 303


@pytest.mark.parametrize("more", [{"registration": "maybe"}, {"directory": ""}, {"revision": ""}, {"root_key": "x"}])
def test_settings_that_no_page_sends_are_refused(world: World, browser: Client, more: dict[str, str]) -> None:
    assert browser.post("/admin/settings/edit", **{**SETTINGS, **more}).status_code == 422
    assert world.rows("options") == []

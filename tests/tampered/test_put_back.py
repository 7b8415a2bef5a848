"""One row of each kind put back older, or after its removal: refused, or without effect."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from app.credentials.values import to_plain
from app.errors import Damaged, Misconfigured, Refused
from app.keys.keyrings import Keyrings
from app.keys.trail import Note
from app.subject import Subject
from app.users.models import RoleContent
from app.users.permissions import ADMINISTRATOR
from app.vault.matching import NoSuchCredential
from app.vault.service import Vault
from tests.builders import PASSWORD, World, a_login
from tests.tampered.fifty import CUSTOM_ROLE, sealed_rows
from tests.tampered.scene import NAME, VALUE, Scene, set_scene
from tests.tampering import alter, make_up, put_back, stored, take_away

NEWER = "another-horse-battery"


@pytest.fixture
def scene(world: World) -> Scene:
    return set_scene(world)


# ── heads and versions ──


def test_an_older_head_gives_nothing_back_to_whom_it_was_taken_from(scene: Scene) -> None:
    scene.shares("viewer")
    assert scene.answers(scene.ben) == (200, 200)
    before = scene.kept("secret", "access")
    scene.shares(None)
    assert scene.answers(scene.ben) == (404, 404)
    scene.put_back(before)
    assert scene.answers(scene.ben) == (500, 500)
    assert scene.answers(scene.anna) == (500, 500)
    assert not scene.is_listed(scene.ben)
    assert not scene.is_listed(scene.anna)
    assert scene.damages() == {scene.secret}


def test_an_older_head_gives_nothing_to_automations(scene: Scene) -> None:
    scene.publishes()
    assert scene.match().password == VALUE
    before = scene.kept("secret", "publication")
    scene.withdraws()
    with pytest.raises(NoSuchCredential):
        scene.match()
    scene.put_back(before)
    with pytest.raises(Damaged):
        scene.match()


def test_an_older_head_does_not_bring_an_older_password_back(scene: Scene) -> None:
    before = scene.kept("secret")
    change(scene, password=NEWER)
    scene.put_back(before)
    with pytest.raises(Damaged), scene.world.unit():
        scene.world.vault.reveal(scene.anna, scene.secret, field="password")
    with pytest.raises(Damaged), scene.world.unit():
        scene.world.vault.change(scene.anna, scene.secret, seen=1, values={}, cleared=frozenset())


def test_a_head_from_before_the_trash_does_not_come_back(scene: Scene) -> None:
    before = scene.kept("secret")
    delete(scene)
    scene.put_back(before)
    assert scene.answers(scene.anna) == (500, 500)
    with pytest.raises(Damaged), scene.world.unit():
        scene.world.trash.delete(scene.anna, scene.secret)


def test_a_purged_secret_put_back_stays_gone(scene: Scene) -> None:
    scene.shares("viewer")
    scene.publishes()
    living = scene.kept("secret", "version", "access", "publication")
    delete(scene)
    trashed = scene.kept("secret", "version", "access", "publication")
    with scene.world.unit():
        scene.world.trash.purge(scene.anna, scene.secret, name=NAME)
    assert scene.kept("secret", "version", "access", "publication") == []
    scene.put_back(trashed)
    with pytest.raises(Damaged), scene.world.unit():
        scene.world.trash.restore(scene.anna, scene.secret)
    assert NAME not in scene.browser(scene.anna).get("/vault/trash").text
    scene.put_back(living)
    assert scene.answers(scene.anna) == scene.answers(scene.ben) == (500, 500)
    assert not scene.is_listed(scene.anna)
    with pytest.raises(Damaged):
        scene.match()


def test_an_older_version_in_the_place_of_the_newer_one_is_damaged(scene: Scene) -> None:
    older = stored(scene.world, "version", secret=scene.secret)
    change(scene, password=NEWER)
    newer = stored(scene.world, "version", secret=scene.secret, number=2)
    take_away(scene.world, "version", secret=scene.secret)
    for forged in ({**older, "number": 2}, {**older, "number": 2, "id": newer["id"]}):
        make_up(scene.world, "version", **forged)
        assert scene.answers(scene.anna) == (200, 500)
        take_away(scene.world, "version", secret=scene.secret)
    make_up(scene.world, "version", **newer)
    with scene.world.unit():
        assert scene.world.vault.reveal(scene.anna, scene.secret, field="password") == NEWER
    assert scene.damages() == {scene.secret}


# ── rows that only find ──


def test_an_access_row_put_back_gives_nothing_and_is_recorded(scene: Scene) -> None:
    scene.shares("owner")
    before = scene.kept("access")
    scene.shares(None)
    scene.put_back(before)
    assert scene.answers(scene.ben) == (404, 404)
    assert not scene.is_listed(scene.ben)
    assert scene.answers(scene.anna) == (200, 200)
    assert scene.damages("access") == {scene.secret}


def test_a_publication_row_put_back_gives_nothing_and_is_recorded(scene: Scene) -> None:
    scene.publishes()
    before = scene.kept("publication")
    scene.withdraws()
    scene.put_back(before)
    with pytest.raises(NoSuchCredential):
        scene.match()
    assert scene.damages("publication") == {scene.secret}
    assert NAME not in scene.browser(scene.anna).get(f"/groups/{scene.team}").text


def test_a_membership_row_put_back_gives_nothing_and_is_recorded(scene: Scene) -> None:
    scene.publishes()
    assert scene.match(scene.carl).password == VALUE
    before = scene.kept("membership")
    carl = scene.world.leaves(scene.carl, scene.team)
    scene.put_back(before)
    assert not scene.world.subject(carl.id).is_member(scene.team)
    with pytest.raises(NoSuchCredential):
        scene.match(carl)
    assert scene.browser(carl).get(f"/groups/{scene.team}").status_code == 404
    assert "Carl" not in scene.browser(scene.anna).get(f"/groups/{scene.team}").text
    assert scene.damages("membership") == {carl.id}


# ── people, roles, groups, sessions ──


def test_a_former_member_does_not_come_back_with_their_older_row(scene: Scene) -> None:
    scene.publishes()
    before = scene.kept("user", "membership")
    scene.world.leaves(scene.carl, scene.team)
    scene.put_back(before)
    with pytest.raises(NoSuchCredential):
        scene.match(scene.carl)
    assert signs_in(scene.world, scene.carl) == 422
    assert scene.damages("user") == {scene.carl.id}


def test_a_former_administrator_does_not_come_back_with_their_older_row(world: World) -> None:
    boss, eve = world.person("boss", admin=True), world.person("eve", admin=True)
    browser = world.client(eve)
    before = stored(world, "user", id=eve.id)
    with world.unit():
        world.users.change_roles(boss, eve.id, remove=[ADMINISTRATOR])
    assert browser.get("/vault").status_code == 200
    put_back(world, "user", before)
    make_up(world, "user_role", user=eve.id, role=ADMINISTRATOR)
    assert browser.get("/vault").status_code == 303
    assert signs_in(world, eve) == 422
    with world.unit():
        assert not world.users.is_administrator(eve.id)


def test_an_older_role_gives_nothing_in_a_running_process(world: World) -> None:
    rows = sealed_rows(world, "role")
    with world.unit(), world.cfg.unit.writing():
        role = rows.insert(CUSTOM_ROLE, RoleContent(("user.roles",)), Note("role.create"), name="Helpers")
    ben = world.person("ben")
    with world.unit():
        world.users.change_roles("tests", ben.id, add=[CUSTOM_ROLE])
    assert world.subject(ben.id).may("user.roles")
    before = stored(world, "role", id=CUSTOM_ROLE)
    with world.unit(), world.cfg.unit.writing():
        role = rows.change(role, Note("role.change"), content=RoleContent(()))
    put_back(world, "role", before)
    assert not world.subject(ben.id).may("user.roles")
    put_back(world, "role", {**before, "revision": 2, "seal": role.columns["seal"]})
    take_away(world, "user_role", role=CUSTOM_ROLE)
    with world.unit(), world.cfg.unit.writing():
        rows.remove(role, Note("role.delete"))
    for row in (before, {**before, "revision": 2, "seal": role.columns["seal"]}):
        put_back(world, "role", row)
        assert not world.subject(ben.id).may("user.roles")


def test_an_older_group_is_no_group(scene: Scene) -> None:
    scene.publishes()
    before = stored(scene.world, "group", id=scene.team)
    with scene.world.unit():
        scene.world.groups.describe(scene.anna, scene.team, description="newer")
    assert scene.match().password == VALUE
    put_back(scene.world, "group", before)
    assert_no_group(scene)


def test_a_group_put_back_after_its_removal_is_no_group(scene: Scene) -> None:
    scene.publishes()
    before = stored(scene.world, "group", id=scene.team)
    publication = stored(scene.world, "publication", secret=scene.secret)
    take_away(scene.world, "publication", secret=scene.secret)
    rows = sealed_rows(scene.world, "group")
    with scene.world.unit(), scene.world.cfg.unit.writing():
        group = rows.load(scene.team)
        assert group is not None
        rows.remove(group, Note("group.delete"))
    assert not scene.world.subject(scene.anna.id).is_member(scene.team)
    put_back(scene.world, "group", before)
    put_back(scene.world, "publication", publication)
    assert_no_group(scene)


def test_a_session_put_back_after_signing_out_is_worth_nothing(world: World) -> None:
    anna = world.person("anna")
    take_away(world, "session", user=anna.id)
    browser = world.client(anna)
    host = urlsplit(browser.site).hostname or ""
    cookie = browser.http.get_cookie("session", domain=host)
    before = stored(world, "session", user=anna.id)
    assert browser.post("/logout").status_code == 303
    put_back(world, "session", before)
    assert cookie is not None
    browser.http.set_cookie("session", cookie.value, domain=host)
    assert browser.get("/vault").status_code == 303
    assert {event["object_id"] for event in world.events("session.damaged")} == {anna.id}


# ── the keyring ──


def test_an_older_keyring_is_refused_by_who_runs_and_by_who_starts(
    world: World, make_world: Callable[..., World]
) -> None:
    before = stored(world, "keyring", id=1)
    boss = world.person("boss", admin=True)
    assert stored(world, "keyring", id=1)["revision"] == before["revision"] + 1
    put_back(world, "keyring", before)
    with pytest.raises(Damaged), world.unit():
        world.cfg.get(Keyrings).refresh()
    assert world.client().get("/readyz").status_code == 503
    assert world.cfg.get(Keyrings).current.set_up
    assert world.client(boss).get("/vault").status_code == 200
    with pytest.raises(Damaged):
        make_world()


def test_an_older_keyring_is_refused_by_who_has_seen_the_newer_though_the_trail_is_cut(
    world: World, make_world: Callable[..., World]
) -> None:
    before, trail = stored(world, "keyring", id=1), len(world.events())
    world.person("boss", admin=True)
    world.person("carl")
    put_back(world, "keyring", before)
    (newer,) = [e for e in world.events("setup.done") if e["revision"] == before["revision"] + 1]
    assert newer["number"] > trail
    take_away(world, "audit", number=newer["number"])
    with pytest.raises(Damaged), world.unit():
        world.cfg.get(Keyrings).refresh()
    fresh = make_world()
    assert fresh.app.test_cli_runner().invoke(args=["audit", "verify"]).exit_code == 1


def test_a_keyring_taken_away_is_missed_and_none_is_made_in_its_place(
    world: World, make_world: Callable[..., World]
) -> None:
    world.person("boss", admin=True)
    take_away(world, "keyring", id=1)
    with pytest.raises(Damaged), world.unit():
        world.cfg.get(Keyrings).refresh()
    with pytest.raises(Misconfigured):
        make_world()


def test_a_keyring_of_another_revision_or_deployment_does_not_open(
    world: World, make_world: Callable[..., World]
) -> None:
    row = stored(world, "keyring", id=1)
    for column, value in (("revision", row["revision"] + 1), ("deployment", UUID(int=5))):
        alter(world, "keyring", {"id": 1}, **{column: value})
        with pytest.raises(Damaged):
            make_world()
        put_back(world, "keyring", row)
    make_world()


def change(scene: Scene, **values: object) -> None:
    plain = {**to_plain(a_login(name=NAME, password=VALUE)), **values}
    with scene.world.unit():
        scene.world.cfg.get(Vault).change(scene.anna, scene.secret, seen=1, values=plain, cleared=frozenset())


def delete(scene: Scene) -> None:
    with scene.world.unit():
        scene.world.trash.delete(scene.anna, scene.secret)


def signs_in(world: World, person: Subject) -> int:
    return world.client().post("/login", email=person.email, password=PASSWORD, next="").status_code


def assert_no_group(scene: Scene) -> None:
    """Nobody belongs to it, nothing is published in it, and the trail calls it damaged."""
    anna = scene.world.subject(scene.anna.id)
    assert not anna.is_member(scene.team)
    with pytest.raises(NoSuchCredential):
        scene.match()
    with pytest.raises(Refused), scene.world.unit():
        scene.world.groups.visible(anna, scene.team)
    assert scene.browser(anna).get(f"/groups/{scene.team}").status_code == 404
    assert scene.damages("group") == {scene.team}

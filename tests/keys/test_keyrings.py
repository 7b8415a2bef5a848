"""The first start, and the root key that every later one needs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.configurator import Configurator
from app.crypto.root_key import RootKeyMissing, UnsafeRootKey, WrongRootKey
from app.errors import Misconfigured
from app.keys.keyrings import Keyrings
from app.settings import load_settings
from app.subject import SYSTEM
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.vault.system import SecretManagement
from tests.builders import CHEAP, World

Make = Callable[..., World]


def another_process(world: World) -> Keyrings:
    """Return the keyrings of a process that starts on the same stores."""
    url = world.cfg.unit.engine.url.render_as_string(hide_password=False)
    environment = {**CHEAP, "TRESOR_DATA_DIR": str(world.folder), "TRESOR_DATABASE_URL": url}
    cfg = Configurator(load_settings(environment))
    cfg.activate(SecretManagement)
    return cfg.get(Keyrings)


def forget_everything(world: World) -> None:
    """Empty the database as if it were new."""
    tables = ["user_role", "role", "group", "audit", "keyring"]
    for table in tables:
        world.sql(f'DELETE FROM "{table}"')


def test_the_first_start_stores_keyring_roles_and_the_system_group(world: World) -> None:
    assert [row["revision"] for row in world.rows("keyring")] == [1]
    with world.unit():
        assert world.users.role_names() == {ADMINISTRATOR: "Administrator", MEMBER: "Member"}
        assert [(group.id, group.system) for group in world.groups.all()] == [(SYSTEM, True)]
    assert [event["action"] for event in world.events()] == [
        "keyring.create", "role.create", "role.create", "group.create",
    ]  # fmt: skip
    assert {event["actor"] for event in world.events()} <= {None, "first-start"}


def test_the_root_key_lies_outside_of_what_a_backup_copies(world: World) -> None:
    key = world.folder / "keys" / "root.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert list((world.folder / "data").rglob("root.key")) == []


def test_another_process_opens_the_same_keyring(world: World) -> None:
    other = another_process(world).current
    mine = world.cfg.get(Keyrings).current
    assert (other.deployment, other.session_key) == (mine.deployment, mine.session_key)


def test_a_wrong_root_key_is_told_from_a_missing_one(world: World) -> None:
    key = world.folder / "keys" / "root.key"
    aside = key.rename(key.with_name("aside"))
    with pytest.raises(RootKeyMissing):
        _ = another_process(world).current
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    with pytest.raises(WrongRootKey):
        _ = another_process(world).current
    aside.rename(key)
    assert another_process(world).current.revision == 1


def test_no_keyring_is_made_beside_rows_of_another_life(world: World) -> None:
    world.sql("DELETE FROM keyring")
    with pytest.raises(Misconfigured, match="but no keyring: restore the keyring's row"):
        _ = another_process(world).current
    assert world.rows("keyring") == []


def test_no_keyring_is_made_beside_blobs_of_another_life(world: World) -> None:
    forget_everything(world)
    world.store.put("f" * 32, b"left over")
    with pytest.raises(Misconfigured, match="the blob store holds blobs, but the database no keyring"):
        _ = another_process(world).current
    assert world.rows("keyring") + world.rows("audit") + world.rows("role") == []
    world.store.delete("f" * 32)
    assert another_process(world).current.revision == 1


def test_a_first_start_that_fails_leaves_nothing_and_the_next_one_works(world: World) -> None:
    forget_everything(world)
    keyrings = another_process(world)
    (world.folder / "keys" / "root.key").unlink()
    (world.folder / "keys").rmdir()
    (world.folder / "keys").write_text("a file where a folder should be")
    with pytest.raises(Misconfigured):
        _ = keyrings.current
    assert world.rows("keyring") + world.rows("audit") + world.rows("role") == []
    (world.folder / "keys").unlink()
    assert keyrings.current.revision == 1
    assert len(world.rows("role")) == 2


def test_two_first_starts_at_once_make_one_keyring(world: World) -> None:
    forget_everything(world)
    starting = [another_process(world) for _ in range(3)]
    together = threading.Barrier(len(starting))

    def start(keyrings: Keyrings) -> None:
        together.wait()
        _ = keyrings.current

    threads = [threading.Thread(target=start, args=[each]) for each in starting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.current.deployment for each in starting}) == 1
    assert len(world.rows("keyring")) == 1


def test_no_root_key_is_made_inside_of_what_a_backup_copies(make_world: Make, tmp_path: Path) -> None:
    with pytest.raises(UnsafeRootKey, match="backups copy that folder"):
        make_world({"TRESOR_ROOT_KEY_FILE": str(tmp_path / "data" / "root.key")})
    assert list(tmp_path.rglob("root.key")) == []


def test_no_root_key_is_made_in_the_place_of_a_link_that_leads_nowhere(make_world: Make, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "unmounted" / "root.key")
    with pytest.raises(RootKeyMissing):
        make_world({"TRESOR_ROOT_KEY_FILE": str(link)})

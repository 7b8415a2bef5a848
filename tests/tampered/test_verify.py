"""`vault verify --all` names everything that is damaged, and `vault collect` keeps its hands off it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.credentials.values import to_plain
from app.settings import CHECKOUT
from app.subject import Subject
from tests.builders import World, a_login
from tests.tampering import Row, alter, put_back, stored, take_away

MANY = 50


class Damages:
    """Eleven ways to damage one secret; each takes its id."""

    def __init__(self, world: World, owner: Subject, older: dict[UUID, Row]) -> None:
        self.world, self.owner, self.older = world, owner, older

    def ways(self) -> list[Callable[[UUID], None]]:
        return [
            self.blob_missing,
            self.blob_cut,
            self.blob_swapped,
            self.blob_bit_flipped,
            self.old_blob_missing,
            self.version_row_missing,
            self.old_version_row_missing,
            self.version_row_altered,
            self.head_altered,
            self.head_older,
            self.head_missing,
        ]

    def blob_missing(self, secret: UUID) -> None:
        self._file(secret).unlink()

    def blob_cut(self, secret: UUID) -> None:
        file = self._file(secret)
        os.truncate(file, file.stat().st_size - 1)

    def blob_swapped(self, secret: UUID) -> None:
        old, new = self._file(secret, 1), self._file(secret)
        one, two = old.read_bytes(), new.read_bytes()
        old.write_bytes(two)
        new.write_bytes(one)

    def blob_bit_flipped(self, secret: UUID) -> None:
        file = self._file(secret)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)

    def old_blob_missing(self, secret: UUID) -> None:
        self._file(secret, 1).unlink()

    def version_row_missing(self, secret: UUID) -> None:
        take_away(self.world, "version", secret=secret, number=2)

    def old_version_row_missing(self, secret: UUID) -> None:
        take_away(self.world, "version", secret=secret, number=1)

    def version_row_altered(self, secret: UUID) -> None:
        alter(self.world, "version", {"secret": secret, "number": 2}, blob="0" * 64)

    def head_altered(self, secret: UUID) -> None:
        seal = stored(self.world, "secret", id=secret)["seal"]
        alter(self.world, "secret", {"id": secret}, seal=seal[:-1] + bytes([seal[-1] ^ 1]))

    def head_older(self, secret: UUID) -> None:
        put_back(self.world, "secret", self.older[secret])

    def head_missing(self, secret: UUID) -> None:
        for table in ("access", "version"):
            take_away(self.world, table, secret=secret)
        take_away(self.world, "secret", id=secret)

    def _file(self, secret: UUID, number: int = 2) -> Path:
        name = stored(self.world, "version", secret=secret, number=number)["blob"]
        return self.world.folder / "data" / "blobs" / name


def keep(world: World, many: int) -> Damages:
    """Store secrets of two versions each, and keep their heads as they were with the first."""
    anna = world.person("anna")
    older = {}
    for number in range(many):
        secret = world.keep(a_login(name=f"Secret {number}"), owner=anna)
        older[secret] = stored(world, "secret", id=secret)
        with world.unit():
            values = {**to_plain(a_login(name=f"Secret {number}")), "username": "edited"}
            world.vault.change(anna, secret, seen=1, values=values, cleared=frozenset())
    return Damages(world, anna, older)


@pytest.fixture
def damages(world: World) -> Damages:
    """Four secrets to damage."""
    return keep(world, 4)


def test_a_clean_store_verifies(damages: Damages) -> None:
    assert verified(damages.world) == (0, {"secrets": 4, "damaged": 0, "findings": []})
    plain = damages.world.app.test_cli_runner().invoke(args=["vault", "verify", "--all"])
    assert (plain.exit_code, plain.output) == (0, "4 secrets, 0 damaged\n")


def test_fifty_damaged_at_once_are_all_named(world: World) -> None:
    damages = keep(world, MANY)
    ways = damages.ways()
    for number, secret in enumerate(damages.older):
        ways[number % len(ways)](secret)
    status, answer = verified(damages.world)
    assert status == 1
    assert {UUID(each["id"]) for each in answer["findings"]} == set(damages.older)
    assert answer["damaged"] == MANY
    age_blobs(damages.world)
    answer = collected(damages.world)
    assert answer["blobs"] == []
    assert len(answer["kept"]) > 0
    assert {UUID(each["id"]) for each in verified(damages.world)[1]["findings"]} == set(damages.older)
    assert run_as_a_program(damages.world).returncode == 1


@pytest.mark.parametrize("way", range(11))
def test_each_damage_is_named_alone(damages: Damages, way: int) -> None:
    secret = next(iter(damages.older))
    damages.ways()[way](secret)
    status, answer = verified(damages.world)
    assert (status, answer["damaged"]) == (1, 1)
    assert {UUID(each["id"]) for each in answer["findings"]} == {secret}
    assert {each["kind"] for each in answer["findings"]} <= {"secret", "version"}


def test_without_all_only_current_versions_are_opened(damages: Damages) -> None:
    damages.old_blob_missing(next(iter(damages.older)))
    assert damages.world.app.test_cli_runner().invoke(args=["vault", "verify"]).exit_code == 0
    assert damages.world.app.test_cli_runner().invoke(args=["vault", "verify", "--all"]).exit_code == 1


def test_the_program_says_it_by_its_exit_status(damages: Damages) -> None:
    clean = run_as_a_program(damages.world)
    assert (clean.returncode, json.loads(clean.stdout)["secrets"]) == (0, 4)


# ── the collector ──


def test_collecting_loses_no_blob_of_a_secret_whose_rows_are_damaged(damages: Damages) -> None:
    """A version's row names another blob, or is gone: a copy of the database heals it as long as the blob is there."""
    world, (altered, missing, *_rest) = damages.world, damages.older
    before = {name: stored(world, "version", secret=name, number=2) for name in (altered, missing)}
    damages.version_row_altered(altered)
    damages.version_row_missing(missing)
    age_blobs(world)
    answer = collected(world)
    assert (answer["blobs"], {UUID(each) for each in answer["damaged"]}) == ([], {altered, missing})
    for row in before.values():
        put_back(world, "version", row)
    assert verified(world)[0] == 0


def test_collecting_removes_what_nothing_names_once_nothing_is_damaged(damages: Damages) -> None:
    world = damages.world
    world.store.put("f" * 64, b"left behind by a crash")
    secret = next(iter(damages.older))
    row = stored(world, "version", secret=secret, number=2)
    damages.version_row_missing(secret)
    age_blobs(world)
    assert collected(world)["blobs"] == []
    put_back(world, "version", row)
    assert collected(world)["blobs"] == ["f" * 64]
    assert verified(world)[0] == 0


def test_collecting_neither_purges_nor_passes_over_what_is_damaged_in_the_trash(damages: Damages) -> None:
    world, (good, bad, pushed, *_rest) = damages.world, damages.older
    for secret in (good, bad):
        with world.unit():
            world.trash.delete(damages.owner, secret)
    damages.head_altered(bad)
    alter(world, "secret", {"id": pushed}, deleted_at=world.clock() - timedelta(days=365))
    world.clock.goes_on(days=31)
    age_blobs(world)
    answer = collected(world)
    assert answer["secrets"] == [str(good)]
    assert {UUID(each) for each in answer["damaged"]} == {bad, pushed}
    assert answer["blobs"] == []
    assert {row["id"] for row in world.rows("version") if row["secret"] in (bad.hex, bad)} != set()


def verified(world: World) -> tuple[int, dict[str, Any]]:
    answer = world.app.test_cli_runner().invoke(args=["vault", "verify", "--all", "--json"])
    return answer.exit_code, json.loads(answer.output)


def collected(world: World, *options: str) -> dict[str, Any]:
    answer = world.app.test_cli_runner().invoke(args=["vault", "collect", "--json", *options])
    assert answer.exit_code == 0
    found: dict[str, Any] = json.loads(answer.output)
    return found


def age_blobs(world: World) -> None:
    """Make all blobs a week old."""
    then = (world.clock() - timedelta(days=7)).timestamp()
    for file in (world.folder / "data" / "blobs").iterdir():
        os.utime(file, (then, then))


def run_as_a_program(world: World) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "TRESOR_DATA_DIR": str(world.folder),
        "TRESOR_DATABASE_URL": world.cfg.settings.database_url,
    }
    command = [sys.executable, "-m", "app.cli", "vault", "verify", "--all", "--json"]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)

"""Every byte of a store of fifty secrets, flipped one at a time, is refused by what opens it."""

from __future__ import annotations

import pytest

from app.crypto.keyring import Keyring
from app.crypto.seal import open_with
from app.keys.keyrings import Keyrings
from app.keys.system import root_key
from app.vault.safe import Safe
from tests.tampered.fifty import (
    MANY,
    SEALED,
    Columns,
    Exchanged,
    Fifty,
    as_row,
    flipped_bytes,
    flipped_columns,
    refused,
    safe_with,
)


@pytest.mark.parametrize(("kind", "least"), [("secret", MANY), ("user", 7), ("role", 3), ("group", 2)])
def test_no_byte_of_a_sealed_row_can_be_flipped(fifty: Fifty, kind: str, least: int) -> None:
    sealed, rows = fifty.sealed(kind), fifty.rows(kind)
    assert len(rows) >= least
    names = [column.name for column in SEALED[kind][0].__table__.columns]
    tried, opened = 0, []
    with fifty.world.unit():
        for row in rows:
            sealed.open_columns(dict(row))
            for name, offset, altered in flipped_columns(row, names):
                tried += 1
                if not refused(sealed.open_columns, altered):
                    opened.append((row["id"], name, offset))
    assert opened == []
    assert tried >= least * 345


@pytest.mark.parametrize("kind", SEALED)
def test_no_sealed_row_can_be_cut_or_prolonged(fifty: Fifty, kind: str) -> None:
    sealed = fifty.sealed(kind)
    with fifty.world.unit():
        for row in fifty.rows(kind):
            for seal in (b"", row["seal"][:-1], row["seal"][1:], row["seal"] + b"\0", row["seal"] * 2):
                assert refused(sealed.open_columns, {**row, "seal": seal})


def test_no_byte_of_a_version_row_can_be_flipped(fifty: Fifty) -> None:
    safe, opened, tried = fifty.world.cfg.get(Safe), [], 0
    versions = fifty.versions()
    assert len(versions) > MANY
    with fifty.world.unit():
        for row in versions:
            for name, offset, altered in flipped_columns(row, list(row)):
                tried += 1
                if not refused(safe._open, as_row(altered)):
                    opened.append((row["id"], name, offset))
    assert opened == []
    assert tried > MANY * 300


def test_no_byte_of_a_blob_can_be_flipped(fifty: Fifty) -> None:
    store, opened, tried = Exchanged(fifty.world.store), [], 0
    safe = safe_with(fifty.world, store)
    with fifty.world.unit():
        for row in fifty.versions():
            safe.check(row["secret"], row["number"])
            for offset, altered in flipped_bytes(fifty.world.store.get(row["blob"])):
                tried += 1
                store.instead = {row["blob"]: altered}
                if not refused(safe._open, as_row(row)):
                    opened.append((row["id"], offset))
            store.instead = {}
    assert opened == []
    assert tried > MANY * 345


def test_no_byte_of_a_blob_can_be_flipped_if_its_hash_is_made_to_fit(fifty: Fifty) -> None:
    safe, opened = fifty.world.cfg.get(Safe), []
    with fifty.world.unit():
        for row in fifty.versions():
            dek = safe._unwrapped(as_row(row))
            context = safe._blob_context(row["secret"], row["id"])
            data = fifty.world.store.get(row["blob"])
            open_with(dek, data, context)
            opened += [
                (row["id"], offset)
                for offset, altered in flipped_bytes(data)
                if not refused(open_with, dek, altered, context)
            ]
    assert opened == []


def test_no_byte_of_the_keyring_can_be_flipped(fifty: Fifty) -> None:
    (row,) = fifty.world.rows("keyring")
    root, deployment = root_key(fifty.world.cfg.settings), fifty.world.cfg.get(Keyrings).current.deployment
    columns = {"seal": row["seal"], "deployment": deployment, "revision": row["revision"]}

    def opened(given: Columns) -> Keyring:
        return Keyring.opened(given["seal"], root, deployment=given["deployment"], revision=given["revision"])

    assert opened(columns) == fifty.world.cfg.get(Keyrings).current
    tried = list(flipped_columns(columns, list(columns)))
    assert [(name, offset) for name, offset, altered in tried if not refused(opened, altered)] == []
    assert len(tried) == len(row["seal"]) + 16 + 8

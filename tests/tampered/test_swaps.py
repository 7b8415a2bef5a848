"""Every exchange of two stored things of the same kind is refused by what opens them."""

from __future__ import annotations

from itertools import permutations

import pytest

from app.vault.safe import Safe
from tests.tampered.fifty import MANY, SEALED, Exchanged, Fifty, as_row, refused, safe_with

OF_A_BLOB = ("blob", "size", "sha256")


@pytest.mark.parametrize(("kind", "least"), [("secret", MANY), ("user", 7), ("role", 3), ("group", 2)])
def test_no_two_seals_can_be_exchanged(fifty: Fifty, kind: str, least: int) -> None:
    sealed, rows = fifty.sealed(kind), fifty.rows(kind)
    assert len(rows) >= least
    with fifty.world.unit():
        for one, other in permutations(rows, 2):
            assert refused(sealed.open_columns, {**one, "seal": other["seal"]})


@pytest.mark.parametrize("kind", SEALED)
def test_no_row_opens_under_the_id_of_another(fifty: Fifty, kind: str) -> None:
    sealed = fifty.sealed(kind)
    with fifty.world.unit():
        for one, other in permutations(fifty.rows(kind), 2):
            assert refused(sealed.open_columns, {**other, "id": one["id"]})


def test_no_seal_opens_in_another_table(fifty: Fifty) -> None:
    with fifty.world.unit():
        for one, other in permutations(SEALED, 2):
            seal = fifty.rows(other)[0]["seal"]
            assert all(refused(fifty.sealed(one).open_columns, {**row, "seal": seal}) for row in fifty.rows(one))


def test_no_two_wrapped_keys_can_be_exchanged(fifty: Fifty) -> None:
    safe = fifty.world.cfg.get(Safe)
    with fifty.world.unit():
        for one, other in permutations(fifty.versions(), 2):
            assert refused(safe._open, as_row({**one, "wrapped": other["wrapped"]}))


def test_no_version_row_opens_in_the_place_of_another(fifty: Fifty) -> None:
    safe = fifty.world.cfg.get(Safe)
    with fifty.world.unit():
        for one, other in permutations(fifty.versions(), 2):
            place = {"secret": one["secret"], "number": one["number"]}
            assert refused(safe._open, as_row({**other, **place}))
            assert refused(safe._open, as_row({**other, **place, "id": one["id"]}))
            assert refused(safe._open, as_row({**one, **{name: other[name] for name in OF_A_BLOB}}))


def test_no_two_blobs_can_be_exchanged(fifty: Fifty) -> None:
    store, versions = Exchanged(fifty.world.store), fifty.versions()
    blobs = {row["blob"]: fifty.world.store.get(row["blob"]) for row in versions}
    safe = safe_with(fifty.world, store)
    with fifty.world.unit():
        for one, other in permutations(versions, 2):
            store.instead = {one["blob"]: blobs[other["blob"]]}
            assert refused(safe.check, one["secret"], one["number"])

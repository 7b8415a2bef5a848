"""A keyring that was changed in a transaction which did not last is not believed by the process that changed it."""

from __future__ import annotations

import pytest

from app.keys.keyrings import Keyrings
from app.keys.trail import Note
from tests.builders import World


def test_a_keyring_that_was_never_committed_is_not_kept(world: World) -> None:
    keyrings = world.cfg.get(Keyrings)
    with pytest.raises(ZeroDivisionError), world.unit():
        change_and_fail(world, keyrings)
    assert (keyrings.current.revision, keyrings.current.set_up) == (1, False)
    keyrings.refresh()
    assert keyrings.current.revision == 1


def change_and_fail(world: World, keyrings: Keyrings) -> None:
    with world.cfg.unit.writing():
        keyrings.replace(lambda keyring: keyring.marked_set_up(), Note("setup.done"))
        keyrings.refresh()
        raise ZeroDivisionError


def test_a_keyring_can_change_twice_in_one_transaction(world: World) -> None:
    keyrings = world.cfg.get(Keyrings)
    with world.unit(), world.cfg.unit.writing():
        for _turn in range(2):
            keyrings.replace(lambda keyring: keyring.marked_set_up(), Note("setup.done"))
    assert keyrings.current.revision == 3
    keyrings.refresh()

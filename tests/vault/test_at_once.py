"""Two who act at the same moment: neither waits for the other, and nobody is told that somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Barrier
from uuid import UUID

import pytest

from app.keys.trail import Note
from app.subject import Subject
from app.vault.heads import Heads
from app.vault.policy import EDIT
from tests.builders import World, a_login
from tests.users.test_service import at_once

SOON = 10
"""Seconds after which the other has not come."""


on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
"""SQLite has one writer at a time; PostgreSQL holds rows."""


@on_postgres
def test_two_who_share_two_secrets_save_them_at_once(world: World) -> None:
    heads = world.cfg.get(Heads)
    anna, ben = world.person("anna"), world.person("ben")
    both_hold = Barrier(2, timeout=SOON)

    def saves(person: Subject, secret: UUID) -> str:
        with world.unit(), world.cfg.unit.writing():
            _now, head = heads.held(person, secret, EDIT)
            both_hold.wait()
            heads.change(head, Note(EDIT.name, subject=person.id))
        return "saved"

    calls: list[Callable[[], str]] = []
    for person, other in ((anna, ben), (ben, anna)):
        secret = world.keep(a_login(), owner=person)
        world.share(secret, owner=person, to=other, level="editor")
        calls.append(partial(saves, person, secret))
    assert at_once(*calls) == ["saved", "saved"]

"""Who asks at the door, and what the worker behind it decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.keys.trail import Note
from app.options.service import Options, Values
from app.users.models import Account, UserRow
from app.users.system import UserManagement
from tests.builders import Client, World
from tests.mails import link_in, mails
from tests.tampering import sealed_rows

NEW = "willow-tram-9-Lantern"


def asks(world: World, address: str, *, at: str = "/forgot", client: Client | None = None) -> Any:
    """Send the form of `at` with an address, and return the answer."""
    return (client or world.client()).post(at, email=address)


def decides(world: World) -> int:
    """Let the worker decide about what is due."""
    return world.cfg.get(UserManagement).worker.turn()


def link(world: World, address: str, *, at: str = "/forgot") -> str:
    """Return the path of the link that is mailed to an address that asks."""
    assert asks(world, address, at=at).status_code == 303
    decides(world)
    return link_in(mails(world, address)[-1])


def registers(world: World, *domains: str, open_: bool = True) -> World:
    """Let people register themselves; domains: only those of these."""
    admin = world.subject(world.known["root"]) if "root" in world.known else world.person("root", admin=True)
    with world.unit():
        options = world.cfg.get(Options)
        wanted = Values(open_, domains, options.directory)
        options.save(admin, seen=options.state(admin).revision, wanted=wanted)
    return world


def becomes(world: World, name: str, *, status: str = "active", **account: Any) -> None:
    """Give somebody another status, or another content of their seal."""
    rows = sealed_rows(world, UserRow, Account, "user")
    with world.unit(), world.cfg.unit.writing():
        seen = rows.load(world.known[name])
        assert seen is not None
        rows.change(seen, Note("tests.become", actor="tests"), content=replace(seen.content, **account), status=status)

"""The mails that a world is going to send, read as who sends them reads them."""

from __future__ import annotations

import re

from app.outbox.models import Mail, OutboxRow
from app.outbox.service import Outbox
from tests.builders import World
from tests.tampering import sealed_rows

ADDRESS = re.compile(r"https?://\S+")


def sends_mails(world: World) -> World:
    """Let a world take mails; nothing leaves it."""
    world.cfg.get(Outbox).opens(lambda: None)
    return world


def mails(world: World, to: str | None = None) -> list[Mail]:
    """Return the mails that wait, oldest first; to: those for one address."""
    with world.unit():
        rows = sorted(
            sealed_rows(world, OutboxRow, Mail, "mail").load_all(),
            key=lambda opened: (opened.columns["created_at"], told(world, opened.id)),
        )
    return [opened.content for opened in rows if to is None or opened.content.to == (to,)]


def link_in(mail: Mail) -> str:
    """Return the path of the one address that a mail names, as a browser would ask for it."""
    [address] = ADDRESS.findall(mail.body)
    return "/" + str(address).split("/", 3)[3]


def told(world: World, mail_id: object) -> int:
    """Return the number of the event that tells of a mail: the order within one moment."""
    return int(next(event["number"] for event in world.events("mail.enqueue") if event["object_id"] == mail_id))

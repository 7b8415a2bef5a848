"""What several of the vault's pages say alike: a secret by name, where it is published, who changed it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from app.credentials.declare import CredentialType
from app.groups.service import Group, Groups
from app.users.rows import nameless
from app.users.service import Users
from app.vault.heads import Head
from app.web.pages import format_when
from app.web.site import current_site, service
from app.web.subjects import current_subject

Context = dict[str, Any]


def named(head: Head, kind: CredentialType | None, trouble: str | None) -> Context:
    """Return what names a secret. trouble: damaged; a missing type is found here."""
    return {
        "id": head.id,
        "name": head.name,
        "summary": head.summary,
        "type": kind,
        "type_id": head.type,
        "trouble": trouble or (None if kind else "missing"),
    }


def published(head: Head) -> list[Context]:
    """Return the groups that a secret is published in."""
    groups = service(Groups)
    known: Mapping[UUID, Group] = groups.names([each.group for each in head.publications])
    counts = groups.counts([*known])
    return [
        {"id": group.id, "name": group.name, "system": group.system, "members": counts[group.id]}
        for group in known.values()
    ]


def changed_since(author: UUID, at: datetime) -> Context:
    """Return who stored another version while somebody looked at the one before, and when, as a sentence."""
    now, me = current_site().clock(), current_subject().id == author
    found = service(Users).people([author]).get(author)
    name = found.name if found else nameless(service(Users), author)
    when = format_when(at, now)
    if now - at < timedelta(days=1):
        by_me, by_others = _("You changed this %(when)s, in another window."), _("%(name)s changed this %(when)s.")
    else:
        by_me, by_others = _("You changed this on %(when)s."), _("%(name)s changed this on %(when)s.")
    said = (by_me if me else by_others) % {"name": name, "when": when}
    return {"said": said, "author": str(_("Stored") if me else name), "at": at}

"""What several of the vault's pages say alike: a secret by name, where it is published, pages of a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.credentials.declare import CredentialType
from app.groups.service import Group, Groups
from app.users.service import Users
from app.vault.heads import Head
from app.vault.listing import PAGE
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
    name, when = found.name if found else _("Somebody"), format_when(at, now)
    if now - at < timedelta(days=1):
        by_me, by_others = _("You changed this %(when)s, in another window."), _("%(name)s changed this %(when)s.")
    else:
        by_me, by_others = _("You changed this on %(when)s."), _("%(name)s changed this on %(when)s.")
    said = (by_me if me else by_others) % {"name": name, "when": when}
    return {"said": said, "author": str(_("Stored") if me else name), "at": at}


def pager(endpoint: str, page: int, total: int, query: Mapping[str, str]) -> Context:
    """Return which rows of a list a page shows, and the ways to the pages beside it."""
    last_page = max(1, -(-total // PAGE))
    return {
        "total": total,
        "first": (page - 1) * PAGE + 1 if total else 0,
        "last": min(page * PAGE, total),
        "previous_url": url_with(endpoint, {**query, "page": str(page - 1)}) if page > 1 else None,
        "next_url": url_with(endpoint, {**query, "page": str(page + 1)}) if page < last_page else None,
    }


def url_with(endpoint: str, query: Mapping[str, str]) -> str:
    """Return an address with those entries of a query that are not empty."""
    given = urlencode({key: value for key, value in query.items() if value})
    return f"{url_for(endpoint)}?{given}" if given else url_for(endpoint)


def page_number(text: str) -> int:
    """Return the number that an address gives, 1 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else 1

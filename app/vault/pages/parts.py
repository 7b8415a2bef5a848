"""What several of the vault's pages say alike: a secret by name, where it is published, pages of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from app.credentials.declare import CredentialType
from app.groups.service import Group, Groups
from app.vault.heads import Head
from app.vault.listing import PAGE
from app.web.site import service

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
    return [{"id": group.id, "name": group.name, "members": counts[group.id]} for group in known.values()]


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
    given: dict[str, Any] = {key: value for key, value in query.items() if value}
    return url_for(endpoint, **given)


def page_number(text: str) -> int:
    """Return the number that an address gives, 1 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else 1

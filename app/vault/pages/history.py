"""A secret's versions, and two of them compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.credentials.declare import Credentials
from app.credentials.registry import Registry
from app.credentials.values import as_text
from app.subject import Subject
from app.users.service import People, User, Users
from app.vault.activity import Activity
from app.vault.pages.parts import Context, page_number
from app.vault.policy import CHANGE
from app.vault.safe import Version
from app.vault.service import Secret
from app.web.site import service
from app.web.subjects import current_subject


def compared(args: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Return the two version numbers that the history's address asks to compare."""
    older, newer = args.get("older", ""), args.get("newer", "")
    return (page_number(older), page_number(newer)) if older and newer else (None, None)


def history_page(
    secret: Secret,
    versions: Sequence[Version],
    numbers: tuple[int | None, int | None],
    pair: tuple[Credentials, Credentials] | None,
) -> Context:
    """Return the context of the history, with two versions compared."""
    comparison = None
    if pair:
        comparison = {"older": numbers[0], "newer": numbers[1], "rows": _differences(*pair)}
    shown = {"id": secret.head.id, "name": secret.head.name}
    subject = current_subject()
    restoring = subject.may(CHANGE) and secret.reason is None
    return {
        "secret": shown,
        "versions": versions_shown(secret, versions, People(service(Users), subject), may_restore=restoring),
        "comparison": comparison,
    }


def versions_shown(secret: Secret, found: Sequence[Version], people: People, *, may_restore: bool) -> list[Context]:
    """Return versions, newest first, as a list shows them."""
    kind = service(Registry).get(secret.head.type)
    changed = service(Activity).changes(secret.head.id, kind, most=len(found)) if len(found) > 1 else {}
    authors = people.named(version.author for version in found if version.intact)
    current = secret.head.version
    return [
        {
            "number": version.number,
            "author": _by(version.author, authors),
            "at": version.time,
            "current": version.number == current,
            "intact": version.intact,
            "changed": changed.get(version.number, ""),
            "restore_url": _restore_url(secret, version) if may_restore and version.number != current else None,
        }
        for version in found
    ]


def _by(user: UUID, people: Mapping[UUID, User | Subject]) -> str:
    """Return whom a change was made by, as it stands after 'by'."""
    if user == current_subject().id:
        return str(_("you"))
    return people[user].name if user in people else str(_("somebody"))


def _restore_url(secret: Secret, version: Version) -> str:
    return url_for("vault.restore_version", secret_id=secret.head.id, number=version.number)


def _differences(older: Credentials, newer: Credentials) -> list[Context]:
    rows = []
    for spec in newer.specs:
        before, after = getattr(older, spec.name), getattr(newer, spec.name)
        if before == after:
            continue
        if spec.secret:
            rows.append({"label": spec.label, "older": _("hidden"), "newer": _("changed")})
        else:
            rows.append({"label": spec.label, "older": as_text(spec, before), "newer": as_text(spec, after)})
    return rows

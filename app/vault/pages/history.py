"""A secret's versions: the list of them, two of them compared, and the question before one is restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.audit.service import Event
from app.credentials.declare import Credentials
from app.credentials.fields import Text
from app.credentials.registry import Registry
from app.credentials.values import as_text
from app.errors import Invalid
from app.subject import Subject
from app.users.service import People, User, Users
from app.vault.activity import Activity, fields_of, labels_of
from app.vault.listing import PAGE
from app.vault.pages.parts import Context, changed_since, named, published
from app.vault.policy import CHANGE
from app.vault.safe import Version
from app.vault.service import Compared, Restorable, Secret, Stale, Vault
from app.web.paging import page_number
from app.web.site import service
from app.web.subjects import current_subject


def asked_pair(args: Mapping[str, str]) -> dict[str, int | None]:
    """Return the numbers of the two versions that the address asks to compare, None for what it does not say."""
    return {name: page_number(args[name]) if args.get(name) else None for name in ("older", "newer")}


def history_page(secret: Secret, args: Mapping[str, str]) -> Context:
    """Return the context of the history: twenty versions a page, newest first."""
    total = secret.head.version
    page = min(page_number(args.get("page", "1")), max(1, -(-total // PAGE)))
    found = service(Vault).versions(current_subject(), secret.head.id, most=PAGE, skip=(page - 1) * PAGE)
    return {
        "secret": {"id": secret.head.id, "name": secret.head.name, "comparable": _comparable(secret)},
        "versions": versions_shown(secret, found, People(service(Users), current_subject())),
        "listing": paging("vault.history", secret.head.id, page, total),
    }


def version_seen(form: Mapping[str, str]) -> int:
    """Return the version that was current where the question was asked. Raises Invalid if the form does not say."""
    text = form.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(_("This form does not say which version it changes. Open the page again."))
    return int(text)


def paging(endpoint: str, secret_id: UUID, page: int, total: int, **query: str) -> Context:
    """Return which lines a page shows, and the ways to the pages beside it."""

    def to(number: int) -> str:
        given: dict[str, Any] = {**query, "page": number}
        return url_for(endpoint, secret_id=secret_id, **given)

    last_page = max(1, -(-total // PAGE))
    return {
        "total": total,
        "first": (page - 1) * PAGE + 1 if total else 0,
        "last": min(page * PAGE, total),
        "previous_url": to(page - 1) if page > 1 else None,
        "next_url": to(page + 1) if page < last_page else None,
    }


def may_restore(secret: Secret) -> bool:
    """Return whether this person may make an older version the current one."""
    return current_subject().may(CHANGE) and secret.reason is None and secret.trouble != "missing"


def versions_shown(secret: Secret, found: Sequence[Version], people: People) -> list[Context]:
    """Return versions as a list shows them."""
    events = service(Activity).changes(secret.head)
    labels = labels_of(service(Registry).get(secret.head.type))
    authors = people.named(version.author for version in found if version.intact)
    current, restoring, comparing = secret.head.version, may_restore(secret), _comparable(secret)
    return [
        {
            "number": version.number,
            "author": _by(version.author, authors),
            "at": version.time,
            "current": version.number == current,
            "intact": version.intact,
            **_made_by(events.get(version.number), labels),
            "restore_url": _restore_url(version) if restoring and version.number != current else None,
            "compare_url": url_for("vault.compare", secret_id=version.secret, newer=version.number)
            if comparing and version.number > 1
            else None,
        }
        for version in found
    ]


def compare_page(compared: Compared) -> Context:
    """Return the context of two versions side by side. A secret value says 'changed'."""
    secret, older, newer = compared.secret, compared.older, compared.newer
    authors = service(Users).people([each.author for each in (older, newer) if each.intact])
    both = compared.before is not None and compared.after is not None
    restoring = may_restore(secret) and older.number != secret.head.version and compared.before is not None
    return {
        "secret": named(secret.head, service(Registry).get(secret.head.type), secret.trouble),
        "numbers": range(secret.head.version, 0, -1),
        "older": _side(older, compared.before, authors, secret),
        "newer": _side(newer, compared.after, authors, secret),
        "rows": differences(compared.before, compared.after) if both else None,
        "restore_url": _restore_url(older) if restoring else None,
    }


def restore_page(found: Restorable, *, stale: Stale | None = None) -> Context:
    """Return the context of the question whether to restore a version.

    stale: somebody stored another version since the question was asked.
    """
    secret, version = found.secret, found.version
    authors = service(Users).people([version.author])
    return {
        "secret": {
            **named(secret.head, service(Registry).get(secret.head.type), secret.trouble),
            "publications": published(secret.head),
        },
        "version": {"number": version.number, "author": _by(version.author, authors), "at": version.time},
        "current": secret.head.version,
        "rows": differences(secret.credentials, found.credentials) if secret.credentials else None,
        "stale": changed_since(stale.version.author, stale.version.time) if stale else None,
    }


def differences(older: Credentials | None, newer: Credentials | None) -> list[Context]:
    """Return the fields in which two versions differ: public values side by side, 'changed' for secret ones."""
    rows: list[Context] = []
    if older is None or newer is None:
        return rows
    for spec in newer.specs:
        before, after = getattr(older, spec.name), getattr(newer, spec.name)
        if before == after:
            continue
        if spec.secret:
            rows.append({"label": spec.label, "secret": True, "older": _kept(before), "newer": _became(after)})
        else:
            texts = {"older": as_text(spec, before), "newer": as_text(spec, after)}
            rows.append({"label": spec.label, "secret": False, **texts})
    return rows


def _kept(value: object) -> str:
    return str(_("empty") if value in ("", None) else _("hidden"))


def _became(after: object) -> str:
    return str(_("empty") if after in ("", None) else _("changed"))


def _comparable(secret: Secret) -> bool:
    return secret.head.version > 1 and secret.trouble != "missing"


def _side(version: Version, opened: Credentials | None, authors: Mapping[UUID, User], secret: Secret) -> Context:
    return {
        "number": version.number,
        "author": _by(version.author, authors),
        "at": version.time,
        "current": version.number == secret.head.version,
        "intact": version.intact and opened is not None,
    }


def _by(user: UUID, people: Mapping[UUID, User | Subject]) -> str:
    """Return whom a change was made by, as it stands after 'by'."""
    if user == current_subject().id:
        return str(_("you"))
    if user in people:
        return people[user].name
    return str(_("a deleted user") if service(Users).deleted([user]) else _("somebody"))


def _made_by(event: Event | None, labels: Mapping[str, Text]) -> Context:
    """Return what made a version: fields that were changed, or the version that was restored."""
    if event is None:
        return {"changed": "", "restored": ""}
    restored = event.detail.get("restored", "")
    return {"changed": "" if restored else fields_of(event, labels), "restored": restored}


def _restore_url(version: Version) -> str:
    return url_for("vault.ask_restore_version", secret_id=version.secret, number=version.number)

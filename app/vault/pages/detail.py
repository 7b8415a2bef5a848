"""A secret's own page: its values but the secret ones, who has it, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.credentials.declare import Credentials
from app.credentials.registry import Registry
from app.credentials.values import as_text
from app.subject import Subject
from app.users.service import User, Users
from app.vault.activity import Activity
from app.vault.heads import Head
from app.vault.pages.history import versions_shown
from app.vault.pages.parts import Context, named, published
from app.vault.policy import CHANGE, SHARE, Level
from app.vault.service import Secret
from app.vault.sharing_form import last_day
from app.vault.trash import Trash
from app.web.site import current_site, service
from app.web.subjects import current_subject

VERSIONS_SHOWN = 5


def secret_page(secret: Secret) -> Context:
    """Return the context of a secret's page, with no secret-style value in it."""
    subject, head = current_subject(), secret.head
    kind = service(Registry).get(head.type)
    people = service(Users).people([grant.user for grant in head.access])
    insider = secret.level is not Level.VIEWER
    may_edit = insider and subject.may(CHANGE) and secret.reason is None
    shown = {
        **named(head, kind, secret.trouble),
        "level": secret.level.value,
        "owner_names": _owner_names(head, people, subject),
        "changed_at": head.changed_at,
        "trouble_reference": str(head.id),
        "values": _values(head, secret.credentials),
        "people": _people(head, people, subject) if insider else [],
        "publications": published(head) if insider else [],
        "events": service(Activity).of(subject, head.id, kind) if insider else [],
        "versions": versions_shown(secret, may_restore=may_edit)[:VERSIONS_SHOWN] if may_edit else [],
        "may_edit": may_edit,
        "may_share": secret.level is Level.OWNER and subject.may(SHARE),
        "may_delete": secret.level is Level.OWNER and subject.may(CHANGE),
        "why_not": secret.reason if insider else None,
    }
    losing = len([grant for grant in head.access if grant.user != subject.id])
    return {"secret": shown, "revealed": None, "losing": losing, "trash_days": service(Trash).kept.days}


def _values(head: Head, credentials: Credentials | None) -> list[Context]:
    if credentials is None:
        return []
    values = []
    for spec in credentials.specs:
        if spec.name == "name":
            continue
        value = getattr(credentials, spec.name)
        shown = {
            "name": spec.name,
            "label": spec.label,
            "value": "" if spec.secret else as_text(spec, value),
            "secret": spec.secret,
            "empty": value in ("", None),
            "style": "bool" if spec.kind is bool else spec.style,
            "multiline": "multiline" in spec.style,
        }
        if spec.secret:
            shown["reveal_url"] = url_for("vault.reveal", secret_id=head.id, field=spec.name)
            shown["copy_url"] = url_for("vault.copy", secret_id=head.id, field=spec.name)
        values.append(shown)
    return values


def _people(head: Head, people: Mapping[UUID, User], subject: Subject) -> list[Context]:
    now = current_site().clock()
    return [
        {
            "id": grant.user,
            "name": people[grant.user].name,
            "initials": people[grant.user].initials,
            "level": grant.level.value,
            "until": last_day(grant.until) if grant.until else None,
            "is_me": grant.user == subject.id,
        }
        for grant in head.access
        if grant.user in people and grant.holds(now)
    ]


def _owner_names(head: Head, people: Mapping[UUID, User], subject: Subject) -> str:
    names = [_("you") if owner == subject.id else people[owner].name for owner in head.owners() if owner in people]
    return ", ".join(names) or _("nobody")

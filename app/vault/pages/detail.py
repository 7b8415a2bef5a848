"""A secret's own page: its values but the secret ones, who has it, what happened."""

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
from app.vault.heads import Grant, Head
from app.vault.pages.history import versions_shown
from app.vault.pages.parts import Context, named, published
from app.vault.policy import CHANGE, SHARE, Level
from app.vault.service import Secret, Vault
from app.vault.sharing_form import last_day
from app.vault.trash import Trash
from app.web.site import current_site, service
from app.web.subjects import current_subject

VERSIONS_SHOWN = 5
PEOPLE_SHOWN = 5
GROUPS_SHOWN = 5


def secret_page(secret: Secret) -> Context:
    """Return the context of a secret's page, with no secret-style value in it."""
    subject, head, now = current_subject(), secret.head, current_site().clock()
    kind = service(Registry).get(head.type)
    known = People(service(Users), subject)
    present = [grant for grant in head.access if grant.holds(now)]
    listed = _listed(present, secret.level, subject)
    people = known.named([grant.user for grant in listed[:PEOPLE_SHOWN]] + head.owners())
    insider = secret.level is not Level.VIEWER
    owner = secret.level is Level.OWNER
    versions = _versions(subject, secret, known) if insider else []
    shown = {
        **named(head, kind, secret.trouble),
        "level": secret.level.value,
        "owner_names": _owner_names(head, people, subject),
        "owner": _only_owner(head, people),
        "changed_at": head.changed_at,
        "trouble_reference": str(head.id),
        "values": _values(head, secret.credentials),
        "people": _people(listed[:PEOPLE_SHOWN], people, subject),
        "more_people": max(0, len(listed) - PEOPLE_SHOWN),
        "publications": published(head) if insider else [],
        "groups_shown": GROUPS_SHOWN,
        "events": service(Activity).latest_of(subject, head, known) if insider else None,
        "versions": versions,
        "older_versions": head.version - len(versions),
        "intact": _intact(secret, known) if insider and secret.trouble == "damaged" else None,
        "may_edit": insider and subject.may(CHANGE) and secret.reason is None,
        "may_share": owner and subject.may(SHARE),
        "may_delete": owner and subject.may(CHANGE),
        "may_leave": not owner,
        "why_not": secret.reason if insider else None,
    }
    losing = len([grant for grant in present if grant.user != subject.id])
    return {"secret": shown, "revealed": None, "losing": losing, "trash_days": service(Trash).kept.days}


def _versions(subject: Subject, secret: Secret, people: People) -> list[Context]:
    found = service(Vault).last_versions(subject, secret, most=VERSIONS_SHOWN)
    return versions_shown(secret, found, people)


def _intact(secret: Secret, people: People) -> Context | None:
    """Return an earlier version of a damaged secret that opens, and the way to restore it."""
    found = service(Vault).intact(current_subject(), secret.head.id)
    return versions_shown(secret, [found], people)[0] if found else None


def _listed(present: Sequence[Grant], level: Level, subject: Subject) -> list[Grant]:
    """Return whose access the page lists, owners first: to a viewer the owners and themselves, to an owner others."""
    if level is Level.VIEWER:
        listed = [grant for grant in present if grant.level is Level.OWNER or grant.user == subject.id]
    else:
        listed = [grant for grant in present if level is not Level.OWNER or grant.user != subject.id]
    return sorted(listed, key=lambda grant: -grant.level.rank)


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


def _people(listed: Sequence[Grant], people: Mapping[UUID, User | Subject], subject: Subject) -> list[Context]:
    return [
        {
            "id": grant.user,
            "name": people[grant.user].name,
            "initials": people[grant.user].initials,
            "level": grant.level.value,
            "until": last_day(grant.until) if grant.until else None,
            "is_me": grant.user == subject.id,
        }
        for grant in listed
        if grant.user in people
    ]


def _owner_names(head: Head, people: Mapping[UUID, User | Subject], subject: Subject) -> str:
    names = [_("you") if owner == subject.id else people[owner].name for owner in head.owners() if owner in people]
    return ", ".join(names) or _("nobody")


def _only_owner(head: Head, people: Mapping[UUID, User | Subject]) -> str:
    """Return the first name of the one who owns it; "" if there are several."""
    owners = head.owners()
    found = people.get(owners[0]) if len(owners) == 1 else None
    return (found.first_name or found.name) if found else ""

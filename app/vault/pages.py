"""What the vault's templates are given: values of use cases in the words and order of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from app.audit.service import Audit
from app.clock import MICROSECOND
from app.credentials.declare import Credentials, CredentialType
from app.credentials.registry import Registry
from app.credentials.values import as_text
from app.groups.service import Group, Groups
from app.subject import SYSTEM, Subject
from app.users.service import User, Users
from app.vault.activity import USE, Activity
from app.vault.forms import CredentialForm
from app.vault.heads import Head
from app.vault.listing import PAGE, SECTIONS, SORTS, Listing, Wanted
from app.vault.policy import CHANGE, CREATE, SHARE, Level
from app.vault.safe import Version
from app.vault.service import Secret, Stale, Vault
from app.vault.sharing import SharedWith, SharingState
from app.vault.sharing_form import last_day
from app.vault.shelves import Entry
from app.vault.trash import Trash
from app.web.site import current_site, service
from app.web.subjects import current_subject

FILTERS = {"mine": "personal", "shared": "shared", "published": "published"}
LONGEST_QUERY = 200
VERSIONS_SHOWN = 5

Context = dict[str, Any]


def wanted(args: Mapping[str, str]) -> Wanted:
    """Return what the overview's address asks for; what makes no sense there counts as not asked."""
    sort, page = args.get("sort", "section"), args.get("page", "1")
    return Wanted(
        query=args.get("q", "").strip()[:LONGEST_QUERY],
        type=args.get("type", "")[:LONGEST_QUERY],
        section=FILTERS.get(args.get("filter", ""), ""),
        sort=sort if sort in SORTS else "section",
        page=_page(page),
    )


def overview(listing: Listing) -> Context:
    """Return the overview's context."""
    asked, subject = listing.wanted, current_subject()
    by_name = {value: key for key, value in FILTERS.items()}
    chosen = by_name.get(asked.section, "")
    query = {"q": asked.query, "type": asked.type, "sort": "" if asked.sort == "section" else asked.sort}
    types = {kind.id: kind for kind in service(Registry)}
    shown = {
        "query": asked.query,
        "type": asked.type,
        "filter": chosen,
        "sort": asked.sort,
        "tabs": _tabs(listing, chosen, query),
        "sections": _sections(listing, types),
        "types": [types[each] for each in listing.types if each in types],
        "empty": listing.empty,
        "notices": _first_steps(subject) if listing.empty else [],
        **_pager("vault.list", listing.page, listing.total, {**query, "filter": chosen}),
    }
    return {"listing": shown, "may_create": subject.may(CREATE)}


def types(offers: Iterable[tuple[CredentialType, str | None]]) -> list[Context]:
    """Return the types for the picker: first those that may be created."""
    shown = [
        {"id": kind.id, "title": kind.title, "description": kind.description, "logo": kind.logo, "blocked": reason}
        for kind, reason in offers
    ]
    return sorted(shown, key=lambda each: each["blocked"] is not None)


def new_form_page(kind: CredentialType, form: CredentialForm, *, again: bool = False) -> Context:
    """Return the context of a new secret's form."""
    return {
        "form": form,
        "type": kind,
        "secret": None,
        "cancel_url": url_for("vault.new"),
        "asked_again": again and _has_secrets(kind),
        "conflict": None,
    }


def edit_page(secret: Secret, form: CredentialForm, *, again: bool = False, conflict: Context | None = None) -> Context:
    """Return the context of an edit form."""
    kind = service(Registry).get(secret.head.type)
    assert kind is not None
    return {
        "form": form,
        "type": kind,
        "secret": {"id": secret.head.id, "name": secret.head.name},
        "cancel_url": url_for("vault.show", secret_id=secret.head.id),
        "asked_again": again and _has_secrets(kind),
        "conflict": conflict,
    }


def conflict_rows(theirs: Credentials, seen: Credentials | None, mine: Mapping[str, object]) -> list[Context]:
    """Return the fields that differ: public values side by side, 'changed' for secret ones."""
    rows = []
    for spec in theirs.specs:
        stored, typed = getattr(theirs, spec.name), str(mine.get(spec.name, "") or "")
        if spec.secret:
            changed = seen is not None and getattr(seen, spec.name) != stored
            if changed or typed:
                texts = (_("changed") if changed else _("unchanged"), _("changed") if typed else _("unchanged"))
                rows.append({"label": spec.label, "theirs": texts[0], "yours": texts[1]})
        elif spec.kind is bool:
            if stored != bool(mine.get(spec.name)):
                rows.append({"label": spec.label, "theirs": as_text(spec, stored), "yours": as_text(spec, not stored)})
        elif as_text(spec, stored) != (shown := dict(spec.choices).get(typed, typed)):
            rows.append({"label": spec.label, "theirs": as_text(spec, stored), "yours": str(shown)})
    return rows


def conflict_note(stale: Stale, rows: list[Context]) -> Context:
    """Return who changed what since the form was opened."""
    author = service(Users).people([stale.version.author]).get(stale.version.author)
    return {
        "author": author.name if author else _("Somebody"),
        "at": stale.version.time,
        "rows": rows,
        "discard_url": url_for("vault.show", secret_id=stale.current.head.id),
    }


def secret_page(secret: Secret) -> Context:
    """Return the context of a secret's page, with no secret-style value in it."""
    subject, head = current_subject(), secret.head
    kind = service(Registry).get(head.type)
    people = service(Users).people([grant.user for grant in head.access])
    insider = secret.level is not Level.VIEWER
    may_edit = insider and subject.may(CHANGE) and secret.reason is None
    shown = {
        **_named(head, kind, secret.trouble),
        "level": secret.level.value,
        "owner_names": _owner_names(head, people, subject),
        "changed_at": head.changed_at,
        "trouble_reference": str(head.id),
        "values": _values(head, secret.credentials),
        "people": _people(head, people, subject) if insider else [],
        "publications": _published(head) if insider else [],
        "events": service(Activity).of(subject, head.id, kind) if insider else [],
        "versions": _versions(secret, may_restore=may_edit)[:VERSIONS_SHOWN] if may_edit else [],
        "may_edit": may_edit,
        "may_share": secret.level is Level.OWNER and subject.may(SHARE),
        "may_delete": secret.level is Level.OWNER and subject.may(CHANGE),
        "why_not": secret.reason if insider else None,
    }
    losing = len([grant for grant in head.access if grant.user != subject.id])
    return {"secret": shown, "revealed": None, "losing": losing, "trash_days": service(Trash).kept.days}


def sharing_page(
    state: SharingState, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Context:
    """Return the context of the sharing page."""
    kind = service(Registry).get(state.head.type)
    levels = [(Level.VIEWER.value, _("Viewer")), (Level.EDITOR.value, _("Editor")), (Level.OWNER.value, _("Owner"))]
    return {
        "secret": _named(state.head, kind, None),
        "revision": state.head.revision,
        "people": [_shared(each) for each in state.people],
        "groups": [
            {
                "id": offer.group.id,
                "name": offer.group.name,
                "published": offer.published,
                "mine": offer.mine,
                "members": service(Groups).count(offer.group.id),
            }
            for offer in state.groups
        ],
        "levels": levels,
        "errors": dict(errors or {}),
        "typed": dict(typed or {}),
    }


def delete_page(head: Head) -> Context:
    """Return the context of the question before a deletion."""
    kind = service(Registry).get(head.type)
    trash = service(Trash)
    return {
        "secret": {**_named(head, kind, None), "publications": _published(head)},
        "losing": len([grant for grant in head.access if grant.user != current_subject().id]),
        "restorable_until": current_site().clock() + trash.kept,
    }


def trash_page(heads: Sequence[Head], args: Mapping[str, str]) -> Context:
    """Return the context of the trash."""
    trash, now = service(Trash), current_site().clock()
    page = min(_page(args.get("page", "1")), max(1, -(-len(heads) // PAGE)))
    rows = [
        {
            **_named(head, service(Registry).get(head.type), None),
            "deleted_at": head.deleted_at,
            "days_left": -(-(trash.ends(head) - now).total_seconds() // 86400),
        }
        for head in heads[(page - 1) * PAGE : page * PAGE]
    ]
    return {"listing": {"rows": rows, **_pager("vault.trash", page, len(heads), {})}, "trash_days": trash.kept.days}


def purge_page(
    head: Head, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Context:
    """Return the context of the question before a purge."""
    named = _named(head, service(Registry).get(head.type), None)
    return {
        "secret": {**named, "deleted_at": head.deleted_at},
        "errors": dict(errors or {}),
        "typed": dict(typed or {}),
    }


def compared(args: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Return the two version numbers that the history's address asks to compare."""
    older, newer = args.get("older", ""), args.get("newer", "")
    return (_page(older), _page(newer)) if older and newer else (None, None)


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
    restoring = current_subject().may(CHANGE) and secret.reason is None
    return {
        "secret": shown,
        "versions": _versions(secret, versions, may_restore=restoring),
        "comparison": comparison,
    }


def withdraw_page(head: Head, group_id: UUID) -> Context:
    """Return the context of the question before a withdrawal."""
    group = service(Groups).names([group_id])[group_id]
    mine = current_subject().id in head.owners()
    return {"group": group, "publication": publication(head, may_withdraw=True), "mine": mine}


def publication(head: Head, *, may_withdraw: bool) -> Context:
    """Return what a group's page may say of a secret: name, type, owner, last use; nothing else."""
    kind = service(Registry).get(head.type)
    owners = service(Users).people(head.owners())
    use = service(Audit).uses([head.id], USE).get(head.id)
    return {
        "id": head.id,
        "logo": kind.logo if kind else "unplug",
        "type_title": kind.title if kind else head.type,
        "name": head.name,
        "owner": ", ".join(owner.name for owner in owners.values()),
        "last_use": use[0] if use else None,
        "may_withdraw": may_withdraw,
    }


def _tabs(listing: Listing, chosen: str, query: Mapping[str, str]) -> list[Context]:
    labels = {"": _("All"), "mine": _("Personal"), "shared": _("Shared"), "published": _("Published")}
    return [
        {
            "key": key,
            "label": label,
            "count": listing.counts[FILTERS.get(key, "")],
            "url": _url("vault.list", {**query, "filter": key}),
            "current": key == chosen,
        }
        for key, label in labels.items()
    ]


def _sections(listing: Listing, types: Mapping[str, CredentialType]) -> list[Context]:
    subject = current_subject()
    known = {each: Kind(kind.id, str(kind.title), kind.logo) for each, kind in types.items()}
    rows = [(entry.section, _row(entry, known.get(entry.type_id), listing, subject)) for entry in listing.rows]
    if listing.wanted.query or listing.wanted.sort != "section":
        drawn = _ledger(listing, [row for _key, row in rows], "all")
        return [{"key": "", "title": "", "hint": "", "count": listing.total, "ledger": drawn}]
    words = {
        "personal": (_("Only personal"), _("Yours alone, until you share it.")),
        "shared": (_("Shared"), _("Visible in the vault of everyone named.")),
        "published": (_("Published in groups"), _("The group’s automations can use it. Members do not see it.")),
    }
    sections = []
    for key in SECTIONS:
        if here := [row for section, row in rows if section == key]:
            title, hint = words[key]
            drawn = _ledger(listing, here, key)
            sections.append({"key": key, "title": title, "hint": hint, "count": listing.counts[key], "ledger": drawn})
    return sections


class Kind(NamedTuple):
    """A type as a row names it, in the reader's language."""

    id: str
    title: str
    logo: str


class Chip(NamedTuple):
    """A word about a row."""

    kind: str
    text: str


class Row(NamedTuple):
    """All that a row of the overview says."""

    id: UUID
    name: str
    summary: str
    type: Kind | None
    type_id: str
    trouble: str | None
    level: str
    chips: tuple[Chip, ...]
    changed_at: datetime


def _ledger(listing: Listing, rows: Sequence[Row], key: str) -> Markup:
    """Return rows as HTML. What was drawn is kept with the list that it shows, for as long as it says the same:
    the same rows in the same language, and times like '5 minutes ago' in the same minute."""
    minute = int(current_site().clock().timestamp()) // 60
    said = (key, str(get_locale()), listing.wanted.query, minute, tuple(rows))
    macros: Any = current_app.jinja_env.get_template("vault/_rows.html").module
    drawn: Markup = listing.shelf.arrangement(said, lambda: macros.ledger(rows, listing.wanted.query, key))
    return drawn


def _row(entry: Entry, kind: Kind | None, listing: Listing, subject: Subject) -> Row:
    damaged = entry.head is None
    return Row(
        id=entry.id,
        name=entry.name if not damaged else _("Damaged secret"),
        summary=entry.summary,
        type=kind,
        type_id=entry.type_id,
        trouble="damaged" if damaged else None if kind else "missing",
        level=entry.level.value,
        chips=tuple(_chips(entry, listing, subject)),
        changed_at=entry.changed_at,
    )


def _chips(entry: Entry, listing: Listing, subject: Subject) -> list[Chip]:
    if entry.head is None:
        return []
    chips = []
    owner = next((listing.people[each] for each in entry.head.owners() if each in listing.people), None)
    if owner and entry.level is not Level.OWNER:
        chips.append(Chip("from", _("from %(name)s", name=owner.first_name or owner.name)))
    for each in entry.head.publications:
        if group := listing.groups.get(each.group):
            chips.append(Chip("group", group.name))
    now = current_site().clock()
    others = [grant for grant in entry.head.access if grant.user != subject.id and grant.holds(now)]
    if others and entry.level is not Level.VIEWER:
        count = len(others) + 1
        chips.append(Chip("people", ngettext("%(num)s person", "%(num)s people", count)))
    return chips


def _first_steps(subject: Subject) -> list[Context]:
    """Return what the first administrator should do next, while nothing is stored."""
    if not subject.may("user.manage"):
        return []
    settings = current_site().settings
    steps: list[Context] = []
    if not settings.root_key.value.get_secret_value():
        steps.append({"key": "root-key", "path": str(settings.root_key_file), "data_path": str(settings.stored_folder)})
    if subject.is_member(SYSTEM) and service(Registry).get("smtp"):
        steps.append({"key": "mail-server", "url": url_for("vault.create", type_id="smtp")})
    return steps


def _named(head: Head, kind: CredentialType | None, trouble: str | None) -> Context:
    return {
        "id": head.id,
        "name": head.name,
        "summary": head.summary,
        "type": kind,
        "type_id": head.type,
        "trouble": trouble or (None if kind else "missing"),
    }


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


def _published(head: Head) -> list[Context]:
    groups = service(Groups)
    known: Mapping[UUID, Group] = groups.names([each.group for each in head.publications])
    return [{"id": group.id, "name": group.name, "members": groups.count(group.id)} for group in known.values()]


def _owner_names(head: Head, people: Mapping[UUID, User], subject: Subject) -> str:
    names = [_("you") if owner == subject.id else people[owner].name for owner in head.owners() if owner in people]
    return ", ".join(names) or _("nobody")


def _versions(secret: Secret, found: Sequence[Version] | None = None, *, may_restore: bool) -> list[Context]:
    from_page = stored_versions(secret) if found is None else found
    changed = service(Activity).changes(secret.head.id, service(Registry).get(secret.head.type))
    authors = service(Users).people([version.author for version in from_page if version.intact])
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
        for version in from_page
    ]


def _by(user: UUID, people: Mapping[UUID, User]) -> str:
    """Return whom a change was made by, as it stands after 'by'."""
    if user == current_subject().id:
        return str(_("you"))
    return people[user].name if user in people else str(_("somebody"))


def stored_versions(secret: Secret) -> Sequence[Version]:
    """Return a secret's versions for its own page."""
    return service(Vault).versions(current_subject(), secret.head.id)


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


def _shared(each: SharedWith) -> Context:
    return {
        "id": each.user.id,
        "name": each.user.name,
        "email": each.user.email,
        "initials": each.user.initials,
        "level": each.grant.level.value,
        "until": each.grant.until - MICROSECOND if each.grant.until else None,
        "is_me": each.is_me,
        "last_owner": each.only_owner,
    }


def _pager(endpoint: str, page: int, total: int, query: Mapping[str, str]) -> Context:
    last_page = max(1, -(-total // PAGE))
    return {
        "total": total,
        "first": (page - 1) * PAGE + 1 if total else 0,
        "last": min(page * PAGE, total),
        "previous_url": _url(endpoint, {**query, "page": str(page - 1)}) if page > 1 else None,
        "next_url": _url(endpoint, {**query, "page": str(page + 1)}) if page < last_page else None,
    }


def _url(endpoint: str, query: Mapping[str, str]) -> str:
    given: dict[str, Any] = {key: value for key, value in query.items() if value}
    return url_for(endpoint, **given)


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else 1


def _has_secrets(kind: CredentialType) -> bool:
    return any(spec.secret for spec in kind.cls.specs)

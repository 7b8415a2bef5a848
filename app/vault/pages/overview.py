"""The overview's page: sections, tabs, rows and the first steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app, url_for
from flask_babel import get_locale, get_timezone, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from app.credentials.declare import CredentialType
from app.credentials.registry import Registry
from app.subject import SYSTEM, Subject
from app.users.catalogue import ROLES
from app.vault.listing import SECTIONS, SORTS, Listing, Parts, Wanted, parts, told_groups
from app.vault.pages.parts import Context
from app.vault.policy import CREATE, Level, barred
from app.vault.shelves import Entry
from app.web.paging import page_number, pager, url_with
from app.web.parts import is_partial, sent_by, wants
from app.web.site import current_site, service
from app.web.subjects import current_subject

FILTERS = {"mine": "personal", "shared": "shared", "published": "published"}
LONGEST_QUERY = 200
LISTING, SEARCH = "div#listing", "input#search"
"""The part of the page that tabs, filters, pages and searches change, and the field that is typed into."""


def asked_for(args: Mapping[str, str]) -> Wanted:
    """Return what the overview's address asks for; what makes no sense there counts as not asked."""
    sort, page = args.get("sort", "section"), args.get("page", "1")
    return Wanted(
        query=args.get("q", "").strip()[:LONGEST_QUERY],
        type=args.get("type", "")[:LONGEST_QUERY],
        section=FILTERS.get(args.get("filter", ""), ""),
        sort=sort if sort in SORTS else "section",
        page=page_number(page),
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
        **pager("vault.list", listing.page, listing.total, {**query, "filter": chosen}),
    }
    return {"listing": shown, "may_create": subject.may(CREATE)}


def shown_at(listing: Listing) -> list[tuple[str, str]]:
    """Return the header that tells a script the address of what it shows: without what it does not choose,
    and without a step in the history for each letter that is typed."""
    if not (is_partial() and wants(LISTING)):
        return []
    asked = listing.wanted
    by_name = {value: key for key, value in FILTERS.items()}
    query = {
        "q": asked.query,
        "type": asked.type,
        "sort": "" if asked.sort == "section" else asked.sort,
        "filter": by_name.get(asked.section, ""),
        "page": str(listing.page) if listing.page > 1 else "",
    }
    return [("HX-Replace-Url" if sent_by(SEARCH) else "HX-Push-Url", url_with("vault.list", query))]


def _tabs(listing: Listing, chosen: str, query: Mapping[str, str]) -> list[Context]:
    labels = {"": _("All"), "mine": _("Personal"), "shared": _("Shared"), "published": _("Published")}
    return [
        {
            "key": key,
            "label": label,
            "count": listing.counts[FILTERS.get(key, "")],
            "url": url_with("vault.list", {**query, "filter": key}),
            "current": key == chosen,
        }
        for key, label in labels.items()
    ]


def _sections(listing: Listing, types: Mapping[str, CredentialType]) -> list[Context]:
    if listing.wanted.query or listing.wanted.sort != "section":
        drawn = _ledger(listing, listing.rows, "all", types)
        return [{"key": "", "title": "", "hint": "", "count": listing.total, "ledger": drawn}]
    words = {
        "personal": (_("Only personal"), _("Yours alone, until you share it.")),
        "shared": (_("Shared"), _("Visible in the vault of everyone named.")),
        "published": (_("Published in groups"), _("The group’s automations can use it. Members do not see it.")),
    }
    sections = []
    for key in SECTIONS:
        if here := [entry for entry in listing.rows if entry.section == key]:
            title, hint = words[key]
            drawn = _ledger(listing, here, key, types)
            sections.append({"key": key, "title": title, "hint": hint, "count": listing.counts[key], "ledger": drawn})
    return sections


class Copying(NamedTuple):
    """What a row's button copies, in the reader's language: the first secret-style field of the type."""

    field: str
    label: str
    done: str


class Kind(NamedTuple):
    """A type as a row names it, in the reader's language."""

    id: str
    title: str
    logo: str
    copying: Copying | None


class Found(NamedTuple):
    """The texts of a row in pieces, with what a search found in them."""

    name: Parts
    summary: Parts
    type: Parts


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
    may: str
    """The person's level; with `barred-` before it where the type lets them change nothing."""
    chips: tuple[Chip, ...]
    changed_at: datetime
    found: Found | None


def _ledger(listing: Listing, entries: Sequence[Entry], key: str, types: Mapping[str, CredentialType]) -> Markup:
    """Return rows as HTML. What was drawn is kept with the shelf whose entries it shows, for as long as it says the
    same: their names beside it, in the same language and time zone, and times like '5 minutes ago' in the same minute.

    A shelf is another one after each change, and once somebody's access has ended.
    """
    minute = int(current_site().clock().timestamp()) // 60
    people = tuple(sorted((each.id, each.first_name or each.name) for each in listing.people.values()))
    groups = tuple(sorted((each.id, each.name) for each in listing.groups.values()))
    ids = tuple(entry.id for entry in entries)
    closed = tuple(sorted(kind.id for kind in types.values() if barred(current_subject(), kind)))
    said = (key, str(get_locale()), str(get_timezone()), listing.wanted.query, minute, people, groups, ids, closed)
    return listing.shelf.drawing(said, lambda: _drawn(listing, entries, types, closed))


def _drawn(
    listing: Listing, entries: Sequence[Entry], types: Mapping[str, CredentialType], closed: Collection[str]
) -> Markup:
    subject = current_subject()
    known = {each: _kind(kind) for each, kind in types.items()}
    rows = [_row(entry, known.get(entry.type_id), listing, subject, entry.type_id in closed) for entry in entries]
    macros: Any = current_app.jinja_env.get_template("vault/_rows.html").module
    drawn: Markup = macros.ledger(rows)
    return drawn


def _kind(kind: CredentialType) -> Kind:
    secret = next((spec for spec in kind.cls.specs if spec.secret), None)
    if secret is None:
        return Kind(kind.id, str(kind.title), kind.logo, None)
    label = str(secret.label)
    copying = Copying(secret.name, _("Copy %(field)s", field=_inside(label)), _("%(field)s copied", field=label))
    return Kind(kind.id, str(kind.title), kind.logo, copying)


def _inside(label: str) -> str:
    """Return a label as it stands within a sentence: English writes it small there, unless it is an abbreviation."""
    small = str(get_locale()) == "en" and label[1:2].islower()
    return label[:1].lower() + label[1:] if small else label


def _found(entry: Entry, kind: Kind | None, words: Sequence[str]) -> Found | None:
    if not words or entry.head is None:
        return None
    title = kind.title if kind else ""
    return Found(parts(entry.name, words), parts(entry.summary, words), parts(title, words))


def _row(entry: Entry, kind: Kind | None, listing: Listing, subject: Subject, closed: bool) -> Row:
    damaged = entry.head is None
    return Row(
        id=entry.id,
        name=entry.name if not damaged else _("Damaged secret"),
        summary=entry.summary,
        type=kind,
        type_id=entry.type_id,
        trouble="damaged" if damaged else None if kind else "missing",
        may=f"barred-{entry.level.value}" if closed else entry.level.value,
        chips=tuple(_chips(entry, listing, subject)),
        changed_at=entry.changed_at,
        found=_found(entry, kind, listing.wanted.words),
    )


def _chips(entry: Entry, listing: Listing, subject: Subject) -> list[Chip]:
    if entry.head is None:
        return []
    chips = []
    owner = next((listing.people[each] for each in entry.head.owners() if each in listing.people), None)
    if owner and entry.level is not Level.OWNER:
        chips.append(Chip("from", _("from %(name)s", name=owner.first_name or owner.name)))
    for each in told_groups(entry):
        if group := listing.groups.get(each):
            chips.append(Chip("group", group.name))
    now = current_site().clock()
    others = [grant for grant in entry.head.access if grant.user != subject.id and grant.holds(now)]
    if others and entry.level is not Level.VIEWER:
        count = len(others) + 1
        chips.append(Chip("people", ngettext("%(num)s person", "%(num)s people", count)))
    return chips


def _first_steps(subject: Subject) -> list[Context]:
    """Return what the first administrator should do next, while nothing is stored."""
    if not subject.may(ROLES):
        return []
    settings = current_site().settings
    steps: list[Context] = []
    if not settings.root_key.value.get_secret_value():
        steps.append({"key": "root-key", "path": str(settings.root_key_file), "data_path": str(settings.stored_folder)})
    if subject.is_member(SYSTEM) and service(Registry).get("smtp"):
        steps.append({"key": "mail-server", "url": url_for("vault.create", type_id="smtp")})
    return steps

"""What the administrators' pages about people send, read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.errors import Invalid
from app.users.administration import Wishes
from app.users.people_list import NAME, ORDERS, STATUSES, Asked
from app.web.named_by_id import Form, impossible, read_id, read_named, read_revision, refuse_others

LONGEST_QUERY = 200
LONGEST_ADDRESS = 254
NAMES = frozenset({"first_name", "last_name", "seen-first_name", "seen-last_name"})
DEMAND, GRANTS = frozenset({"must_change", "seen-must_change"}), frozenset({"shown-roles", "held-roles"})
KEEP, HAND, DELETE = "keep", "hand", "delete"


@dataclass(frozen=True)
class Decisions:
    """What is to become of somebody's holdings. heirs: address by holding."""

    heirs: Mapping[UUID, str]
    deletions: Sequence[UUID]


def asked_for(args: MultiDict[str, str]) -> Asked:
    """Return what the list's address asks for; what makes no sense there counts as not asked."""
    status, sort, page = args.get("status", ""), args.get("sort", ""), args.get("page", "")
    return Asked(
        query=args.get("q", "").strip()[:LONGEST_QUERY],
        status=status if status in STATUSES else "",
        role=_id_or_none(args.get("role", "")),
        group=_id_or_none(args.get("group", "")),
        sort=sort if sort in ORDERS else NAME,
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )


def read_people(texts: Sequence[str]) -> list[UUID]:
    """Return the ids of people who were ticked, each once. Raises Invalid."""
    return [*dict.fromkeys(read_id(text) for text in texts)]


def read_person(form: Form, *, names: bool, demand: bool, roles: bool) -> Wishes:
    """Return what the page of a person wants. names, demand, roles: whether it offered them. Raises Invalid.

    Where the page says what it showed (`seen-…`, `held-roles`), what is still so is no wish.
    """
    fixed = frozenset({"revision"}) | (NAMES if names else frozenset()) | (DEMAND if demand else frozenset())
    refuse_others(form, fixed | (GRANTS if roles else frozenset()), *(("role-",) if roles else ()))
    shown, ticked = _ids(form, "shown-roles"), frozenset(read_named(form, "role-"))
    if ticked - shown:
        raise impossible()
    if "held-roles" in form:
        shown = ticked ^ _ids(form, "held-roles") & shown
    asks = "on" if "must_change" in form else "off"
    return Wishes(
        read_revision(form),
        first_name=_wished(form, "first_name") if names else None,
        last_name=_wished(form, "last_name") if names else None,
        must_change=asks == "on" if demand and asks != form.get("seen-must_change") else None,
        shown=shown,
        ticked=ticked & shown,
    )


def read_decisions(form: Form) -> Decisions:
    """Return what is to become of each holding. Raises Invalid, with the field of an address that is missing."""
    refuse_others(form, frozenset({"heir", "page"}), "do-", "to-")
    wanted = read_named(form, "do-")
    others = {holding: text.strip() for holding, text in read_named(form, "to-").items()}
    if not set(wanted.values()) <= {KEEP, HAND, DELETE} or others.keys() - wanted.keys():
        raise impossible()
    heir = form.get("heir", "").strip()
    heirs = {holding: others.get(holding) or heir for holding, what in wanted.items() if what == HAND}
    if missing := [holding for holding, address in heirs.items() if not address]:
        raise Invalid(_("Enter who is to own it."), field=f"to-{missing[0]}")
    return Decisions(heirs, [holding for holding, what in wanted.items() if what == DELETE])


def _wished(form: Form, name: str) -> str | None:
    """Return what was entered, or None if it is what the page showed."""
    entered = form.get(name, "")
    return None if entered == form.get(f"seen-{name}") else entered


def _ids(form: Form, name: str) -> frozenset[UUID]:
    return frozenset(read_id(text) for text in form.get(name, "").split(",") if text)


def _id_or_none(text: str) -> UUID | None:
    try:
        return read_id(text) if text else None
    except Invalid:
        return None

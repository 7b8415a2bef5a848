"""What the administrators' pages about people show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import current_app, url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.service import Event
from app.subject import Subject
from app.users.admin_form import DELETE as DELETES
from app.users.admin_form import HAND, KEEP
from app.users.administration import Administration, Wishes
from app.users.catalogue import CHANGE, DELETE, DISABLE, INVITE, READ, ROLES
from app.users.people_list import NAME, PAGE, STATUSES, Asked, Listed, PeopleList, PeoplePage
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.users.ports import Alone, GroupNames, PersonNotes
from app.users.rows import overtaken_note
from app.users.service import DISABLED, User, Users
from app.users.settling import Settling
from app.web.named_by_id import Form
from app.web.paging import pager
from app.web.site import PEOPLE, Card, Fact, current_site, service
from app.web.subjects import current_subject

Context = dict[str, Any]

NAMED = 3
"""So many roles or groups of a person stand in a row of the list."""
MOST_CHOICES = 100
HOME = "admin.home"
INVITATION = "invitations.new"
GROUP, SEES_GROUPS, SEES_ALL_GROUPS = "groups.show", "group.use", "group.manage"
"""The page of a group and who sees it, where that system is active."""
STATUS_NAMES = {"active": _l("Active"), "invited": _l("Invited"), "disabled": _l("Disabled")}
LOOKS = {"active": "ok", "invited": "", "disabled": "bad"}
BUILT_IN = {ADMINISTRATOR: _l("Administrator"), MEMBER: _l("Member")}
ABOUT = {
    ADMINISTRATOR: _l("Manages people, groups, roles and settings. Cannot open what is not shared with them."),
    MEMBER: _l("Own vault, own groups, own account. Everybody has this role."),
}


def card(people: PeopleList) -> Card:
    """Return the card of the admin centre that leads to the list."""

    def fact() -> Fact:
        count, more = people.active()
        if more:
            return Fact(_("more than %(num)s active", num=format_decimal(count)))
        return Fact(ngettext("%(num)s active", "%(num)s active", count))

    text = _l("Everybody with an account: roles, groups, sessions; disable, hand over, delete.")
    return Card(PEOPLE, _l("Users"), text, "users", "admin_users.list", READ, 10, fact)


def list_page(found: PeoplePage) -> Context:
    """Return the context of the list."""
    subject, users = current_subject(), service(Users)
    roles = _role_names(users)
    known = [row.user for row in found.rows if row.user]
    groups = _group_names(each.group for user in known for each in user.account.memberships)
    return {
        "asked": found.asked,
        "rows": [_row(row, subject, roles, groups) for row in found.rows],
        "statuses": [(status, STATUS_NAMES[status]) for status in STATUSES],
        "roles": sorted(roles.items(), key=lambda each: each[1].casefold()),
        "groups": _group_choices(found.asked),
        "sorts": [("name", _("Name")), ("sign-in", _("Last sign-in")), ("created", _("Newest first"))],
        "narrowed": found.asked != Asked(sort=found.asked.sort, page=found.asked.page),
        "may_disable": subject.may(DISABLE),
        "invite_url": _invite_url(subject),
        "home_url": _home_url(),
        **_pager(found),
    }


def person_page(
    user: User,
    *,
    errors: Mapping[str, str] | None = None,
    wishes: Wishes | None = None,
    conflict: Context | None = None,
) -> Context:
    """Return the context of a person's page. wishes: what was posted, in place of what is stored."""
    subject, administration, settling = current_subject(), service(Administration), service(Settling)
    is_me, above = user.id == subject.id, administration.may_more(subject, user)
    may = {
        "names": subject.may(CHANGE) and not above,
        "demand": subject.may(CHANGE) and not above and not is_me,
        "roles": subject.may(ROLES) and not above and not is_me,
        "sessions": subject.may(CHANGE) and not above and not is_me,
        "disable": subject.may(DISABLE) and not above and not is_me,
        "delete": subject.may(DELETE) and not above and not is_me,
    }
    notes = current_site().fillings(PersonNotes)
    alone = settling.alone_count(user)
    return {
        "user": _named(user),
        "is_me": is_me,
        "above": above,
        "may": may,
        "saves": may["names"] or may["roles"],
        "revision": user.opened.revision,
        "stored": _stored(user),
        "values": {**_stored(user), **_wished(wishes)},
        "roles": _offered_roles(user, subject, wishes, offered=may["roles"]),
        "groups": _groups_of(user),
        "sign_ins": administration.sign_ins(user),
        "created_at": user.opened.columns["created_at"],
        "owned": settling.owned(user),
        "alone": alone,
        "marks": [mark for port in notes for mark in port.marks(subject, user)],
        "links": [link for port in notes for link in port.links(subject, user)],
        "errors": dict(errors or {}),
        "conflict": conflict,
        "list_url": url_for("admin_users.list"),
    }


def overtaken_page(user: User, wishes: Wishes, last: Event | None) -> Context:
    """Return the context of a person's page after somebody else's change: what holds now beside what was typed."""
    note = overtaken_note(service(Users), last, reader=current_subject().id, dropped=[])
    return person_page(user, wishes=wishes, conflict={**note, "rows": _differences(user, wishes)})


def disable_page(people: Sequence[User]) -> Context:
    """Return the context of the question before people are disabled: what it means for each."""
    settling, counts = service(Settling), service(Administration).session_counts([user.id for user in people])
    shown = [
        {
            **_named(user),
            "sessions": counts.get(user.id, 0),
            "alone": settling.alone_count(user),
            "leads": [name for port in current_site().fillings(GroupNames) for name in port.without_admin(user.id)],
        }
        for user in people
    ]
    back = url_for("admin_users.show", user_id=people[0].id) if len(people) == 1 else url_for("admin_users.list")
    return {"people": shown, "back_url": back, "may_settle": current_subject().may(DELETE)}


def settle_page(
    user: User, alone: Alone, *, errors: Mapping[str, str] | None = None, typed: Form | None = None
) -> Context:
    """Return the context of the page that settles what is a person's alone."""
    form, reader = typed if typed is not None else Form(), current_subject()
    holdings = alone.holdings
    people = service(Users).people(each for holding in holdings for each in holding.people)
    needed = _group_names(holding.needs for holding in holdings if holding.needs)
    rows = [
        {
            "id": holding.id,
            "kind": holding.kind,
            "logo": holding.logo,
            "changed_at": holding.changed_at,
            "people": sorted(people[each].name for each in holding.people if each in people),
            "groups": holding.groups,
            "needs": needed.get(holding.needs, "") if holding.needs else "",
            "what": form.get(f"do-{holding.id}", KEEP),
            "to": form.get(f"to-{holding.id}", ""),
        }
        for holding in holdings
    ]
    return {
        "user": _named(user),
        "holdings": rows,
        "listing": pager("admin_users.settle", alone.page, alone.listed, {}, user_id=user.id),
        "page": alone.page,
        "damaged": alone.damaged,
        "choices": [(KEEP, _("Keep for now")), (HAND, _("Hand over")), (DELETES, _("Delete"))],
        "heir": form.get("heir", ""),
        "heirs": sorted(each.email for each in people.values() if each.active and each.id != reader.id),
        "errors": dict(errors or {}),
    }


def delete_page(user: User) -> Context:
    """Return the context of the question before a person is deleted."""
    settling = service(Settling)
    alone = settling.alone(user)
    return {
        "user": _named(user),
        "alone": alone.total,
        "damaged": alone.damaged,
        "trashed": settling.in_trash(user),
        "groups": [group["name"] for group in _groups_of(user)],
    }


def _named(user: User) -> Context:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "initials": user.initials,
        "status": user.status,
        "status_name": STATUS_NAMES.get(user.status, user.status),
        "look": LOOKS.get(user.status, ""),
        "disabled": user.status == DISABLED,
        "active": user.active,
    }


def _row(row: Listed, subject: Subject, roles: Mapping[UUID, str], groups: Mapping[UUID, str]) -> Context:
    if row.user is None:
        return {"id": row.id, "damaged": True}
    account = row.user.account
    return {
        **_named(row.user),
        "damaged": False,
        "is_me": row.id == subject.id,
        "roles": _some(roles[each] for each in account.roles if each in roles),
        "groups": _some(groups[each.group] for each in account.memberships if each.group in groups),
        "signed_in_at": row.signed_in_at,
    }


def _some(names: Iterable[str]) -> str:
    """Return the first names, and how many more there are."""
    found = sorted(names, key=str.casefold)
    more = [f"+{len(found) - NAMED}"] if len(found) > NAMED else []
    return ", ".join([*found[:NAMED], *more])


def _stored(user: User) -> Context:
    must_change = user.account.must_change_since is not None
    return {"first_name": user.first_name, "last_name": user.last_name, "must_change": must_change}


def _wished(wishes: Wishes | None) -> Context:
    """Return what was wished for the inputs beside the roles."""
    fields = ("first_name", "last_name", "must_change") if wishes else ()
    return {name: wish for name in fields if (wish := getattr(wishes, name)) is not None}


def _offered_roles(user: User, subject: Subject, wishes: Wishes | None, *, offered: bool) -> list[Context]:
    """Return all roles, with whether this person has each and whether the reader may change that."""
    found = []
    for role_id, (name, allowed) in service(Users).roles_allowing().items():
        held = role_id in user.account.roles
        grantable = offered and role_id != MEMBER and allowed <= subject.permissions
        asked = wishes is not None and role_id in wishes.shown
        about = ABOUT.get(role_id) or ngettext("%(num)s permission", "%(num)s permissions", len(allowed))
        found.append(
            {
                "id": role_id,
                "name": _role_name(role_id, name),
                "about": about,
                "held": held or role_id == MEMBER,
                "ticked": role_id in wishes.ticked if wishes is not None and asked else held or role_id == MEMBER,
                "grantable": grantable,
                "lacking": offered and role_id != MEMBER and not grantable,
            }
        )
    return sorted(found, key=lambda role: (role["id"] != MEMBER, role["id"] == ADMINISTRATOR, role["name"].casefold()))


def _differences(user: User, wishes: Wishes) -> list[Context]:
    """Return what is now otherwise than it was wished for, each with both."""
    rows, stored = [], _stored(user)
    labels = {
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "must_change": _("Change the password at the next sign-in"),
    }
    for field, wish in _wished(wishes).items():
        theirs, mine = (_yes(each) if isinstance(each, bool) else each.strip() for each in (stored[field], wish))
        if theirs != mine:
            rows.append({"label": labels[field], "theirs": theirs, "mine": mine})
    for role in _offered_roles(user, current_subject(), wishes, offered=True):
        if role["held"] != role["ticked"]:
            row = {"theirs": _yes(role["held"]), "mine": _yes(role["ticked"])}
            rows.append({"label": _("Role %(name)s", name=role["name"]), **row})
    return rows


def _yes(flag: bool) -> str:
    return _("yes") if flag else _("no")


def _groups_of(user: User) -> list[Context]:
    levels = {each.group: each.level.value for each in user.account.memberships}
    named = _group_names(levels)
    shown = [
        {"id": group, "name": named[group], "level": level, "url": _group_url(group)}
        for group, level in levels.items()
        if group in named
    ]
    return sorted(shown, key=lambda group: str(group["name"]).casefold())


def _group_url(group: UUID) -> str | None:
    """Return the way to a group's page for who sees it."""
    subject = current_subject()
    sees = subject.may(SEES_GROUPS) and (subject.is_member(group) or subject.may(SEES_ALL_GROUPS))
    return url_for(GROUP, group_id=group) if sees and GROUP in current_app.view_functions else None


def _role_name(role_id: UUID, stored: str) -> str:
    return str(BUILT_IN.get(role_id, stored))


def _role_names(users: Users) -> dict[UUID, str]:
    return {role_id: _role_name(role_id, name) for role_id, name in users.role_names().items()}


def _group_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted = set(ids)
    found: dict[UUID, str] = {}
    for port in current_site().fillings(GroupNames):
        found |= port.titles(wanted)
    return found


def _group_choices(asked: Asked) -> list[tuple[UUID, str]]:
    """Return some groups to filter by; the one that is asked for is among them."""
    found = [each for port in current_site().fillings(GroupNames) for each in port.choices(most=MOST_CHOICES)]
    if asked.group and all(group != asked.group for group, _name in found):
        found += _group_names([asked.group]).items()
    return found


def _invite_url(subject: Subject) -> str | None:
    return url_for(INVITATION) if INVITATION in current_app.view_functions and subject.may(INVITE) else None


def _home_url() -> str | None:
    return url_for(HOME) if HOME in current_app.view_functions else None


def _pager(found: PeoplePage) -> Context:
    first = (found.page - 1) * PAGE + 1 if found.total else 0
    return {
        "total": found.total,
        "more": found.more,
        "first": first,
        "last": min(found.page * PAGE, found.total),
        "previous_url": _page_url(found.asked, found.page - 1) if found.page > 1 else None,
        "next_url": _page_url(found.asked, found.page + 1) if found.page < found.pages else None,
    }


def _page_url(asked: Asked, page: int) -> str:
    given: Context = {
        "q": asked.query,
        "status": asked.status,
        "role": asked.role,
        "group": asked.group,
        "sort": asked.sort if asked.sort != NAME else "",
        "page": page if page > 1 else "",
    }
    return url_for("admin_users.list", **{name: value for name, value in given.items() if value})

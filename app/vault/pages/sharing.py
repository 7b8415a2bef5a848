"""The pages about who has a secret: people and groups, and the question before a withdrawal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _

from app.audit.service import Audit, Event
from app.credentials.registry import Registry
from app.groups.service import Groups
from app.users.directory import Directory
from app.users.rows import overtaken_note, pending_rows
from app.users.service import User, Users
from app.vault.heads import Head
from app.vault.pages.parts import Context, named
from app.vault.policy import PUBLISH, Level
from app.vault.sharing import Addition, Offer, SharedWith, SharingState, Wishes
from app.vault.sharing_form import day_text, seen_text
from app.vault.uses import Use, uses_by_group
from app.web.additions import NOBODY
from app.web.named_by_id import Form
from app.web.site import current_site, service
from app.web.subjects import current_subject


def sharing_page(
    state: SharingState,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Form | None = None,
    conflict: Context | None = None,
) -> Context:
    """Return the context of the sharing page. typed: what was posted, in place of what is stored."""
    kind, form = service(Registry).get(state.head.type), typed if typed is not None else Form()
    levels = [(Level.VIEWER.value, _("Viewer")), (Level.EDITOR.value, _("Editor")), (Level.OWNER.value, _("Owner"))]
    counts = service(Groups).counts([offer.group.id for offer in state.groups])
    uses = uses_by_group(service(Audit), state.head.id, current_site().clock()) if state.groups else {}
    return {
        "secret": named(state.head, kind, None),
        "revision": state.head.revision,
        "people": [_shared(each, form) for each in state.people],
        "pending": pending_rows(service(Directory), current_subject(), form, errors or {}, usual=Level.VIEWER.value),
        "groups": [_offered(each, form, counts, uses) for each in state.groups],
        "may_publish": current_subject().may(PUBLISH),
        "levels": levels,
        "errors": dict(errors or {}),
        "typed": form,
        "conflict": conflict,
    }


def _shared(each: SharedWith, typed: Form) -> Context:
    level, until = each.grant.level.value, day_text(each.grant.until)
    wanted = typed.get(f"level-{each.user.id}", level)
    end = typed.get(f"until-{each.user.id}", until)
    return {
        "id": each.user.id,
        "name": each.user.name,
        "email": each.user.email,
        "initials": each.user.initials,
        "level": wanted,
        "until": end,
        "seen": seen_text(level, each.grant.until),
        "changed": (wanted, end) != (level, until),
        "is_me": each.is_me,
        "last_owner": each.only_owner,
    }


def _offered(offer: Offer, typed: Form, counts: Mapping[UUID, int], uses: Mapping[UUID, list[Use]]) -> Context:
    ticked = f"group-{offer.group.id}" in typed if "shown-groups" in typed else offer.published
    return {
        "id": offer.group.id,
        "name": offer.group.name,
        "system": offer.group.system,
        "published": offer.published,
        "ticked": ticked,
        "mine": offer.mine,
        "members": counts[offer.group.id],
        "use": next(iter(uses.get(offer.group.id, [])), None),
    }


def overtaken_page(state: SharingState, wishes: Wishes, last: Event | None) -> Context:
    """Return the context of the sharing page after somebody else's change: what holds now, and what is still wished."""
    typed, dropped = _still_wished(state, wishes)
    note = overtaken_note(service(Users), last, reader=current_subject().id, dropped=dropped)
    return sharing_page(state, typed=typed, conflict=note)


def _still_wished(state: SharingState, wishes: Wishes) -> tuple[Form, list[str]]:
    """Return what was wished and still applies, as a form would send it, and in words what does not."""
    present = {each.user.id: each for each in state.people}
    typed, dropped = Form(), []
    for user, level in wishes.levels.items():
        if user in present and not present[user].only_owner:
            typed[f"level-{user}"] = level.value if level else NOBODY
    for user, until in wishes.until.items():
        if user in present and not present[user].only_owner:
            typed[f"until-{user}"] = day_text(until)
    lost = {user for user, level in wishes.levels.items() if level} | wishes.until.keys()
    if gone := service(Users).people(lost - present.keys()):
        dropped.append(_("No longer among them: %(names)s.", names=_names(gone.values())))
    kept = []
    for addition in wishes.additions:
        if already := next((each.user for each in state.people if _is(each.user, addition)), None):
            dropped.append(_("%(name)s has access already. Change the level in the list.", name=already.name))
        else:
            kept.append(addition)
    _write(typed, kept)
    published = {offer.group.id for offer in state.groups if offer.published}
    ticked = (published - wishes.shown) | wishes.ticked
    typed["shown-groups"] = ",".join(str(offer.group.id) for offer in state.groups)
    for offer in state.groups:
        if offer.group.id in ticked and (offer.mine or offer.published):
            typed[f"group-{offer.group.id}"] = "on"
    return typed, dropped


def _write(typed: Form, additions: Iterable[Addition]) -> None:
    for addition in additions:
        end = addition.field.removeprefix("add")
        typed[addition.field], typed[f"add-level{end}"] = addition.address, addition.level.value
        typed[f"add-until{end}"] = day_text(addition.until)


def _is(user: User, addition: Addition) -> bool:
    return user.email.casefold() == addition.address.casefold()


def _names(people: Iterable[User]) -> str:
    return ", ".join(sorted(user.name for user in people))


def leave_page(head: Head) -> Context:
    """Return the context of the question before somebody removes a secret from their own vault."""
    people = service(Users).people(head.owners())
    owners = _names(people[owner] for owner in head.owners() if owner in people and people[owner].active)
    return {"secret": named(head, service(Registry).get(head.type), None), "owners": owners}


def withdraw_page(head: Head, group_id: UUID) -> Context:
    """Return the context of the question before a withdrawal."""
    group = service(Groups).names([group_id])[group_id]
    me = current_subject().id
    uses = uses_by_group(service(Audit), head.id, current_site().clock()).get(group_id, [])
    [publication] = publications([head], {head.id: uses[0].last if uses else None}, reader=me)
    return {"group": group, "publication": publication, "uses": uses, "mine": me in head.owners()}


def publications(heads: Iterable[Head], used: Mapping[UUID, datetime | None], *, reader: UUID) -> list[Context]:
    """Return what a group's page may say of secrets: name, type, owner, last use; nothing else.

    For who may withdraw them.
    """
    shown = [*heads]
    registry = service(Registry)
    people = service(Users).people({owner for head in shown for owner in head.owners()})
    found = []
    for head in shown:
        kind = registry.get(head.type)
        owners = [people[owner] for owner in head.owners() if owner in people]
        found.append(
            {
                "id": head.id,
                "logo": kind.logo if kind else "unplug",
                "type_id": head.type,
                "type_title": kind.title if kind else head.type,
                "name": head.name,
                "owner": ", ".join(_("you") if each.id == reader else each.name for each in owners),
                "last_use": used.get(head.id),
                "may_withdraw": True,
            }
        )
    return found

"""The pages about who has a secret: people and groups, and the question before a withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask_babel import gettext as _

from app.audit.service import Audit
from app.clock import MICROSECOND
from app.credentials.registry import Registry
from app.groups.service import Groups
from app.users.service import Users
from app.vault.activity import USE
from app.vault.heads import Head
from app.vault.pages.parts import Context, named
from app.vault.policy import Level
from app.vault.sharing import SharedWith, SharingState
from app.web.site import service
from app.web.subjects import current_subject


def sharing_page(
    state: SharingState, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Context:
    """Return the context of the sharing page."""
    kind = service(Registry).get(state.head.type)
    levels = [(Level.VIEWER.value, _("Viewer")), (Level.EDITOR.value, _("Editor")), (Level.OWNER.value, _("Owner"))]
    return {
        "secret": named(state.head, kind, None),
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

"""The words for the events of groups."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.actions import Action, Actions, Section
from app.audit.words import DAMAGE, damage
from app.groups.telling import JOIN

GROUPS = Section("groups", _l("Groups"), 40)


def declare(actions: Actions) -> None:
    """Add the words to the catalogue."""
    actions.declare(
        GROUPS,
        Action("group.create", _l("Group created"), "users", tried=_l("Create a group")),
        Action("group.describe", _l("Description changed"), "pencil", tried=_l("Describe a group")),
        Action("group.add-member", _l("Member added or level changed"), "user-plus", tried=_l("Add a member")),
        Action(JOIN, _l("Joined by somebody who manages all groups"), "user-plus"),
        Action("group.remove-member", _l("Member removed"), "user-minus", tried=_l("Remove a member")),
        Action("group.members", _l("Members saved"), "users", tried=_l("Change members")),
        Action("group.leave", _l("Group left"), "log-out", tried=_l("Leave a group")),
        Action("group.rename", _l("Group renamed"), "pencil", tried=_l("Rename a group")),
        Action("group.delete", _l("Group deleted"), "trash-2", tried=_l("Delete a group")),
        Action("group.list-all", _l("All groups listed"), "users", tried=_l("List all groups")),
        Action("group.open", _l("Group opened"), "users", tried=_l("Open a group")),
        Action("group.list", _l("Groups listed"), "users", tried=_l("List groups")),
    )
    actions.declare(DAMAGE, *damage("group"))
    actions.explain(
        details={"founder": "%(value)s", "before": _l("before: %(value)s"), "name": _l("now: %(value)s")},
        values={
            ("founder", "yes"): _l("who made the group"),
            ("level", "member"): _l("Member"),
            ("level", "admin"): _l("Group admin"),
        },
    )

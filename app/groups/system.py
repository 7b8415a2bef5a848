"""The group management system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.actions import Actions
from app.audit.ports import Describes
from app.audit.service import Audit
from app.audit.trail import AuditTrail
from app.configurator import Configurator, System
from app.groups import actions
from app.groups.administration import pages as admin_pages
from app.groups.cli import Joining, groups_commands
from app.groups.deletion import Deletion
from app.groups.describing import GroupsDescribed
from app.groups.history import History
from app.groups.listing import AllGroups
from app.groups.models import GroupContent, GroupRow
from app.groups.of_people import GroupsOfPeople
from app.groups.ports import Deleting, Leaving
from app.groups.service import CREATE, MANAGE, USE, Groups
from app.groups.telling import Telling
from app.groups.views import pages
from app.keys.keyrings import FirstStart, Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.outbox.service import Outbox
from app.users.administrators import Administrators
from app.users.directory import Directory
from app.users.memberships import Memberships
from app.users.permissions import Permissions
from app.users.ports import CommandGroups, Departure, GroupNames, GroupProbe, PersonalRecords
from app.users.preferences import Preferences
from app.users.service import Users
from app.users.system import UserManagement
from app.web.pages import format_when
from app.web.site import PEOPLE, Card, Entry, Fact

LATELY = timedelta(days=7)

MESSAGES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "members": lambda _query: _("Members saved."),
    "left": lambda _query: _("Members saved. You are no longer in this group."),
    "left-group": lambda _query: _("You left the group."),
    "described": lambda _query: _("Group saved."),
    "group-created": lambda _query: _("Group created. You are its first admin."),
    "group-deleted": lambda _query: _("Group deleted."),
}


def system_changed(history: History, now: datetime) -> Fact | None:
    """Return what tells administrators that the system group's members were changed in the last days."""
    last = history.last_of_system()
    if last is None or now - last > LATELY:
        return None
    return Fact(_("System group changed: %(when)s", when=format_when(last, now)), "warn")


class GroupManagement(System):
    """Teams, and the system group."""

    requires = (UserManagement,)

    def activate(self, cfg: Configurator) -> None:
        permissions, users = cfg.get(Permissions), cfg.get(Users)
        permissions.declare(USE, _l("Use groups"), _l("See their own groups."), everybody=True, system=_l("Groups"))
        permissions.declare(CREATE, _l("Create groups"), _l("Make new groups; they become their first admin."))
        permissions.declare(MANAGE, _l("Manage groups"), _l("Everything that group admins can, for every group."))
        rows = SealedRows(
            GroupRow,
            GroupContent,
            kind="group",
            unit=cfg.unit,
            keyrings=cfg.get(Keyrings),
            trail=cfg.get(AuditTrail),
        )
        cfg.fill(Revised, rows)
        actions.declare(cfg.get(Actions))
        audit = cfg.get(Audit)
        memberships = Memberships(cfg.unit, users, audit)
        administrators = Administrators(cfg.unit, users)
        telling = Telling(cfg.get(Outbox), users, memberships, administrators, cfg.get(Preferences))
        groups = Groups(
            *(cfg.unit, cfg.clock, rows, users, memberships, audit),
            directory=cfg.get(Directory),
            leaving=cfg.fillings(Leaving),
            telling=telling,
        )
        cfg.fill(Describes, GroupsDescribed(cfg.unit, groups))
        history = History(audit, users, groups)
        deletion = Deletion(cfg.unit, rows, groups, cfg.fillings(Deleting))
        for each in (groups, history, deletion, AllGroups(cfg.unit, rows, groups, memberships, audit)):
            cfg.provide(each)
        cfg.fill(FirstStart, groups)
        cfg.fill(GroupProbe, groups)
        cfg.fill(CommandGroups, Joining(groups))
        cfg.fill(PersonalRecords, groups)
        of_people = GroupsOfPeople(cfg.unit, groups)
        cfg.fill(GroupNames, of_people)
        cfg.fill(Departure, of_people)
        cfg.site.home = "groups.list"
        cfg.site.entries.append(Entry(_l("Groups"), "users", "groups.list", USE, key="g"))
        cfg.site.cards.append(
            Card(
                PEOPLE,
                _l("Groups"),
                _l("All groups, their admins and automations."),
                *("waypoints", "groups_admin.list", MANAGE, 20),
                fact=lambda: system_changed(history, cfg.clock()),
            )
        )
        cfg.site.says(MESSAGES)
        cfg.on_app(lambda app: app.register_blueprint(pages))
        cfg.on_app(lambda app: app.register_blueprint(admin_pages))
        cfg.on_app(lambda app: app.cli.add_command(groups_commands(cfg.unit, groups, users)))

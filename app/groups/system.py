"""The group management system."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.service import Audit
from app.audit.trail import AuditTrail
from app.configurator import Configurator, System
from app.groups.cli import Joining, groups_commands
from app.groups.models import GroupContent, GroupRow
from app.groups.ports import Leaving
from app.groups.service import CREATE, MANAGE, USE, Groups
from app.groups.views import pages
from app.keys.keyrings import FirstStart, Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.users.directory import Directory
from app.users.permissions import Permissions
from app.users.ports import CommandGroups, GroupProbe, PersonalRecords
from app.users.service import Users
from app.users.system import UserManagement
from app.web.site import Entry


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
        groups = Groups(cfg.unit, cfg.clock, rows, users, cfg.get(Directory), cfg.get(Audit), cfg.fillings(Leaving))
        cfg.provide(groups)
        cfg.fill(FirstStart, groups)
        cfg.fill(GroupProbe, groups)
        cfg.fill(CommandGroups, Joining(groups))
        cfg.fill(PersonalRecords, groups)
        cfg.site.entries.append(Entry(_l("Groups"), "users", "groups.list", USE, key="g"))
        cfg.site.messages["members"] = lambda _query: _("Members saved.")
        cfg.site.messages["left"] = lambda _query: _("Members saved. You are no longer in this group.")
        cfg.site.messages["described"] = lambda _query: _("Description saved.")
        cfg.on_app(lambda app: app.register_blueprint(pages))
        cfg.on_app(lambda app: app.cli.add_command(groups_commands(cfg.unit, groups, users)))

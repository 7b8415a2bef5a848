"""The user management system."""

from __future__ import annotations

from datetime import timedelta

import click
from flask_babel import lazy_gettext as _l

from app.audit.service import Audit
from app.audit.system import AuditTrails
from app.audit.trail import AuditTrail
from app.configurator import Configurator, System
from app.crypto.passwords import Passwords
from app.database import Unit
from app.keys.keyrings import FirstStart, Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.outbox.system import MailQueue
from app.users.account import pages as account_pages
from app.users.cli import users_commands
from app.users.cookies import SessionCookie
from app.users.directory import Directory
from app.users.known_devices import KnownDevices
from app.users.links import Links
from app.users.messages import MESSAGES
from app.users.models import Account, RoleContent, RoleRow, UserRow
from app.users.nobody import Nobody
from app.users.own_sessions import OwnSessions
from app.users.permissions import Permissions
from app.users.personal_data import PersonalData
from app.users.ports import CommandGroups, GroupProbe, PersonalRecords
from app.users.preferences import Preferences
from app.users.service import MANAGE, Users
from app.users.sessions import Limits, Sessions
from app.users.setup import Setup
from app.users.sign_in import SignIn
from app.users.throttle import Throttle
from app.users.views import pages
from app.web.commands import command_unit
from app.web.site import Entry

ENTRIES = (
    Entry(_l("Your account"), "user", "account.profile", in_menu=True),
    Entry(_l("Security"), "shield-check", "account.security", in_menu=True),
    Entry(_l("Sessions"), "monitor", "account.sessions", in_menu=True),
)


class UserManagement(System):
    """People, roles and sessions."""

    requires = (AuditTrails, MailQueue)

    def activate(self, cfg: Configurator) -> None:
        settings, unit, clock = cfg.settings, cfg.unit, cfg.clock
        keyrings, trail, audit = cfg.get(Keyrings), cfg.get(AuditTrail), cfg.get(Audit)
        rules = settings.passwords
        passwords = Passwords(
            rules.memory, rules.time, rules.parallelism, rules.waiting, at_once=rules.at_once, kept=rules.kept
        )
        permissions = Permissions()
        permissions.declare(MANAGE, _l("Manage people"), _l("Invite, change, disable and delete people."))
        rows = SealedRows(UserRow, Account, kind="user", unit=unit, keyrings=keyrings, trail=trail)
        roles = SealedRows(RoleRow, RoleContent, kind="role", unit=unit, keyrings=keyrings, trail=trail)
        users = Users(
            unit, clock, rows, roles, permissions, passwords, keyrings, audit, minimum_length=rules.minimum_length
        )
        limits = Limits(
            idle=timedelta(minutes=settings.sessions.idle_minutes),
            absolute=timedelta(hours=settings.sessions.absolute_hours),
        )
        probes = cfg.fillings(GroupProbe)
        sessions = Sessions(unit, clock, keyrings, rows, roles, permissions, probes, audit, trail, limits)
        links = Links(unit, clock, keyrings, users, audit, trail)
        cookie = SessionCookie(sessions, settings)
        self.setup = Setup(unit, keyrings, users, audit)
        throttle = Throttle(settings.limits, at_once=max(1, (rules.at_once + rules.waiting) // 2))
        nobody = Nobody(rows, keyrings)
        devices = KnownDevices(keyrings, clock, days=settings.limits.device_days)
        sign_in = SignIn(unit, clock, keyrings, users, sessions, passwords, throttle, devices, nobody, audit)
        directory = Directory(unit, users, throttle, settings.users.directory)
        preferences, own = Preferences(unit), OwnSessions(unit, users, sessions)
        personal = PersonalData(unit, clock, users, preferences, own, audit, cfg.fillings(PersonalRecords))
        for each in (
            permissions,
            users,
            directory,
            sessions,
            links,
            cookie,
            devices,
            self.setup,
            sign_in,
            preferences,
            own,
            personal,
        ):
            cfg.provide(each)
        cfg.provide(personal)
        cfg.fill(FirstStart, users)
        cfg.fill(Revised, rows)
        cfg.fill(Revised, roles)
        cfg.site.subjects.append(cookie)
        cfg.site.sign_in, cfg.site.confirm, cfg.site.session = "users.login", "users.confirm", "users.session_left"
        self._base_url = settings.server.base_url
        cfg.site.entries += ENTRIES
        cfg.site.messages.update(MESSAGES)
        cfg.on_app(lambda app: app.register_blueprint(pages))
        cfg.on_app(lambda app: app.register_blueprint(account_pages))
        cfg.on_app(lambda app: app.cli.add_command(users_commands(unit, users, cfg.fillings(CommandGroups))))
        cfg.on_app(lambda app: app.cli.add_command(self._setup_link_command(unit)))

    def setup_link(self) -> str | None:
        """Return the address that makes the first administrator, or None once set up."""
        token = self.setup.token()
        return f"{self._base_url}/setup/{token}" if token else None

    def _setup_link_command(self, unit: Unit) -> click.Command:
        @click.command("setup-link")
        def setup_link() -> None:
            """Print the link that makes the first administrator."""
            with command_unit(unit):
                click.echo(self.setup_link() or "set up already")

        return setup_link

"""The user management system."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import click
from flask import Blueprint, Flask
from flask_babel import lazy_gettext as _l

from app.audit.actions import Actions
from app.audit.ports import Describes
from app.audit.service import Audit
from app.audit.system import AuditTrails
from app.audit.trail import AuditTrail
from app.audit.words import PERMISSIONS
from app.configurator import Configurator, System
from app.crypto.passwords import Passwords
from app.database import Unit
from app.keys.keyrings import FirstStart, Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.options.ports import Acting as ActingOnSettings
from app.options.ports import FixedSettings, Names
from app.options.service import Options
from app.options.system import ChangeableSettings
from app.outbox.service import Outbox
from app.outbox.system import MailQueue
from app.users import actions
from app.users.account import pages as account_pages
from app.users.acting import Acting
from app.users.address_changes import AddressChanges
from app.users.address_views import pages as address_pages
from app.users.admin_pages import card
from app.users.admin_views import pages as admin_pages
from app.users.administration import Administration
from app.users.catalogue import declare
from app.users.cli import users_commands
from app.users.cookies import SessionCookie
from app.users.deletion import Deletion
from app.users.describing import PeopleNames, RoleNames
from app.users.directory import Directory
from app.users.doors import pages as door_pages
from app.users.fixed import FixedHere
from app.users.invitation_views import pages as invitation_pages
from app.users.invitations import Invitations
from app.users.known_devices import KnownDevices
from app.users.linked_views import pages as linked_pages
from app.users.links import For, Links
from app.users.messages import ADMIN_MESSAGES, MESSAGES
from app.users.models import Account, RequestContent, RequestRow, RoleContent, RoleRow, UserRow
from app.users.must_change import lead_to_password
from app.users.nobody import Nobody
from app.users.own_sessions import OwnSessions
from app.users.people_list import PeopleList
from app.users.permissions import Permissions
from app.users.person_notes import AccountNotes
from app.users.personal_data import PersonalData
from app.users.ports import CommandGroups, Departure, GroupProbe, Holdings, PersonalRecords, PersonNotes
from app.users.preferences import Preferences
from app.users.registration import Registration
from app.users.requests import Decision, Requests
from app.users.resets import Resets
from app.users.role_views import pages as role_pages
from app.users.roles import MANAGE as MANAGE_ROLES
from app.users.roles import Roles
from app.users.roles import declare as declare_roles
from app.users.service import Users
from app.users.sessions import Limits, Sessions
from app.users.settling import Settling
from app.users.setup import Setup
from app.users.sign_in import SignIn
from app.users.sparing import Sparing
from app.users.throttle import Throttle
from app.users.told import Told
from app.users.views import pages
from app.users.worker import Worker
from app.web.commands import command_unit
from app.web.site import PEOPLE, Card, Entry

ENTRIES = (
    Entry(_l("Your account"), "user", "account.profile", in_menu=True),
    Entry(_l("Security"), "shield-check", "account.security", in_menu=True),
    Entry(_l("Sessions"), "monitor", "account.sessions", in_menu=True),
)

ROLES = Card(PEOPLE, _l("Roles"), _l("Which role may do what."), "badge-check", "roles.list", MANAGE_ROLES, 30)


def _register(blueprint: Blueprint, app: Flask) -> None:
    app.register_blueprint(blueprint)


class UserManagement(System):
    """People, roles and sessions."""

    requires = (AuditTrails, ChangeableSettings, MailQueue)

    def activate(self, cfg: Configurator) -> None:
        settings, unit, clock = cfg.settings, cfg.unit, cfg.clock
        keyrings, trail, audit = cfg.get(Keyrings), cfg.get(AuditTrail), cfg.get(Audit)
        rules = settings.passwords
        passwords = Passwords(
            rules.memory, rules.time, rules.parallelism, rules.waiting, at_once=rules.at_once, kept=rules.kept
        )
        permissions = Permissions()
        people_and_roles = _l("People and roles")
        declare(permissions, system=people_and_roles)
        declare_roles(permissions, system=people_and_roles)
        for name, title, description in PERMISSIONS:
            permissions.declare(name, title, description, system=_l("Installation"))
        rows = SealedRows(UserRow, Account, kind="user", unit=unit, keyrings=keyrings, trail=trail)
        role_rows = SealedRows(RoleRow, RoleContent, kind="role", unit=unit, keyrings=keyrings, trail=trail)
        limits = Limits(
            idle=timedelta(minutes=settings.sessions.idle_minutes),
            absolute=timedelta(hours=settings.sessions.absolute_hours),
        )
        probes = cfg.fillings(GroupProbe)
        sessions = Sessions(unit, clock, keyrings, rows, role_rows, permissions, probes, audit, trail, limits)
        users = Users(
            *(unit, clock, rows, role_rows, permissions, passwords, keyrings, audit, Acting(unit, sessions)),
            minimum_length=rules.minimum_length,
        )
        links = Links(unit, clock, keyrings, users, audit, trail)
        cookie = SessionCookie(sessions, settings)
        self.setup = Setup(unit, keyrings, users, audit)
        throttle = Throttle(settings.limits, at_once=max(1, (rules.at_once + rules.waiting) // 2))
        nobody = Nobody(rows, keyrings)
        devices = KnownDevices(keyrings, clock, days=settings.limits.device_days)
        sign_in = SignIn(unit, clock, keyrings, users, sessions, passwords, throttle, devices, nobody, audit)
        directory = Directory(unit, users, throttle, cfg.get(Options))
        cfg.provide(Roles(unit, role_rows, permissions, users, audit))
        preferences, own = Preferences(unit), OwnSessions(unit, users, sessions)
        personal = PersonalData(unit, clock, users, preferences, own, audit, cfg.fillings(PersonalRecords))
        sparing = Sparing(clock, audit)
        outbox, base_url = cfg.get(Outbox), settings.server.base_url
        resets = Resets(unit, users, links, preferences, outbox, sparing, audit, base_url=base_url)
        registration = Registration(
            unit, users, links, preferences, outbox, sparing, keyrings, audit, cfg.get(Options), base_url=base_url
        )
        request_rows = SealedRows(RequestRow, RequestContent, kind="request", unit=unit, keyrings=keyrings, trail=trail)
        decisions: dict[str, Decision] = {For.RESET.value: resets, For.REGISTRATION.value: registration}
        requests = Requests(unit, clock, request_rows, audit, trail, decisions)
        self.worker = Worker(unit, requests)
        requests.wake = self.worker.wake
        invitations = Invitations(unit, users, links, preferences, outbox, audit, settings)
        addresses = AddressChanges(unit, users, sessions, devices, links, preferences, outbox, throttle, settings)
        told = Told(clock, users, preferences, audit)
        cfg.fill(PersonNotes, AccountNotes(users, told))
        for each in (
            throttle,
            resets,
            registration,
            requests,
            invitations,
            addresses,
            told,
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
        people, administration = PeopleList(unit, users, audit), Administration(unit, clock, users, sessions, audit)
        settling = Settling(unit, administration, directory, cfg.fillings(Holdings))
        deletion = Deletion(unit, administration, rows, links, cfg.fillings(Departure))
        for service in (people, administration, settling, deletion):
            cfg.provide(service)
        cfg.site.cards.append(card(people))
        cfg.site.says(ADMIN_MESSAGES)
        cfg.fill(FirstStart, users)
        cfg.fill(Revised, rows)
        cfg.fill(Revised, role_rows)
        actions.declare(cfg.get(Actions))
        cfg.get(Actions).permissions.append(permissions.title)
        cfg.fill(Describes, PeopleNames(unit, users))
        cfg.fill(Describes, RoleNames(unit, role_rows))
        cfg.site.subjects.append(cookie)
        cfg.site.home = "account.profile"  # unless a higher system has a better first page
        cfg.site.sign_in, cfg.site.confirm, cfg.site.session = "users.login", "users.confirm", "users.session_left"
        self._base_url = settings.server.base_url
        cfg.site.entries += ENTRIES
        cfg.site.says(MESSAGES)
        cfg.site.standing.add("told")
        cfg.site.cards.append(ROLES)
        cfg.fill(ActingOnSettings, users)
        cfg.fill(Names, users)
        cfg.fill(FixedSettings, FixedHere(settings))
        cfg.on_app(lambda app: app.register_blueprint(role_pages))
        cfg.fill(Revised, request_rows)
        cfg.on_app(lambda app: setattr(self.worker, "context", app.app_context))
        cfg.on_app(lambda app: app.register_blueprint(pages))
        cfg.on_app(lambda app: app.register_blueprint(door_pages))
        cfg.on_app(lambda app: app.register_blueprint(account_pages))
        for more in (address_pages, invitation_pages, linked_pages):
            cfg.on_app(partial(_register, more))
        cfg.on_app(lambda app: app.register_blueprint(admin_pages))
        cfg.on_app(lead_to_password)
        groups = cfg.fillings(CommandGroups)
        cfg.on_app(lambda app: app.cli.add_command(users_commands(unit, users, groups, settling)))
        cfg.on_app(lambda app: app.cli.add_command(self._setup_link_command(unit)))

    def start(self) -> None:
        """Begin to decide about what strangers ask for."""
        self.worker.start()

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

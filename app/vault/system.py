"""The secret management system: puts the vault together and offers it to pages, commands and automations."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from flask_babel import lazy_gettext as _l
from lucide import IconDoesNotExist

from app.audit.actions import Actions
from app.audit.ports import Describes
from app.audit.service import Audit
from app.audit.trail import AuditTrail
from app.blobs.opening import open_store
from app.blobs.store import AzureSettings
from app.configurator import Configurator, System
from app.credentials.declare import Credentials
from app.credentials.registry import Registry, load_entry_points
from app.credentials.types import BUILT_IN
from app.errors import TresorError
from app.groups.ports import Deleting, Leaving, Panels
from app.groups.service import Groups
from app.groups.system import GroupManagement
from app.keys.keyrings import Emptiness, Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.options.ports import FixedSettings
from app.outbox.service import Outbox
from app.outgoing.addresses import Allowed
from app.outgoing.connect import Rules, WayOut
from app.settings import CHECKOUT, Mail
from app.subject import Subject
from app.users.directory import Directory
from app.users.permissions import Permissions
from app.users.ports import Departure, Holdings, PersonalRecords
from app.users.preferences import Preferences
from app.users.service import Users
from app.users.system import UserManagement
from app.users.throttle import Throttle
from app.vault import actions, policy, report
from app.vault.activity import Activity
from app.vault.check_views import checks
from app.vault.checking import Checking
from app.vault.cli import vault_commands
from app.vault.collector import Collector
from app.vault.describing import SecretNames
from app.vault.emptiness import NoBlobs
from app.vault.fixed import FixedHere
from app.vault.forms import Forms
from app.vault.heads import HeadContent, Heads
from app.vault.holdings import SecretHoldings
from app.vault.listing import Overview
from app.vault.matching import Matching
from app.vault.messages import MESSAGES
from app.vault.models import SecretRow
from app.vault.network import GuardedNetwork
from app.vault.pages.report import missing_fact
from app.vault.panels import GroupPanel
from app.vault.records import OwnSecrets
from app.vault.report import REPORT, Report
from app.vault.safe import Safe
from app.vault.service import Vault
from app.vault.sharing import Sharing
from app.vault.shelves import Shelves
from app.vault.telling import Telling
from app.vault.trash import Trash
from app.vault.verify import Verifier
from app.vault.views import pages
from app.web.pages import draw_icon
from app.web.site import INSTALLATION, Card, Entry

TITLES = (_l("Vault"), _l("Secrets by type, and what needs somebody."))
C = TypeVar("C", bound=Credentials)


class UseCases:
    """What code in this process may ask the vault for."""

    def __init__(self, matching: Matching, cfg: Configurator) -> None:
        self._matching, self._unit, self._refusals = matching, cfg.unit, cfg.site.refusals

    @functools.wraps(Matching.match)
    def match(
        self,
        kind: type[C],
        *,
        group: UUID,
        hint: UUID | str | None = None,
        version: int | None = None,
        actor: str,
        subject: Subject | UUID | None = None,
    ) -> C:
        alone = not self._unit.is_open
        try:
            with self._unit.open():
                return self._matching.match(kind, group=group, hint=hint, version=version, actor=actor, subject=subject)
        except TresorError as error:
            if alone and error.audited:  # there is no boundary around it that would record it
                for port in self._refusals:
                    port.refused(error, subject.id if isinstance(subject, Subject) else subject)
            raise


class SecretManagement(System):
    """The vault. Its SMTP secrets, published in the system group, serve mail."""

    requires = (UserManagement, GroupManagement)

    def __init__(self, *, types: Sequence[type[Credentials]] = ()) -> None:
        self._types = types
        self.use_cases: UseCases

    def activate(self, cfg: Configurator) -> None:
        """Build the vault's services and fill the ports of lower systems. Raises BadDeclaration."""
        registry = Registry([*BUILT_IN, *self._types, *load_entry_points()], knows_logo=knows_logo)
        cfg.provide(Forms(kind.cls for kind in registry))
        policy.declare(cfg.get(Permissions))
        report.declare(cfg.get(Permissions))
        actions.declare(cfg.get(Actions))
        self._build(cfg, registry)
        cfg.site.entries.append(Entry(_l("Vault"), "vault", "vault.list", policy.USE, key="v"))
        cfg.site.entries.append(Entry(_l("Trash"), "trash-2", "vault.trash", policy.USE, in_menu=True))
        cfg.site.home = cfg.site.search = "vault.list"
        cfg.site.new = ("vault.new", policy.CREATE)
        cfg.site.says(MESSAGES)
        cfg.fill(FixedSettings, FixedHere(cfg.settings.vault))
        cfg.on_app(lambda app: app.register_blueprint(pages))
        cfg.on_app(lambda app: app.register_blueprint(checks))

    def start(self) -> None:
        """Begin to empty the trash, now and daily."""
        self._collector.start()

    def _build(self, cfg: Configurator, registry: Registry) -> None:
        settings, unit, clock = cfg.settings, cfg.unit, cfg.clock
        keyrings, audit = cfg.get(Keyrings), cfg.get(Audit)
        users, groups = cfg.get(Users), cfg.get(Groups)
        azure = AzureSettings(
            connection_string=settings.blobs.connection_string.get_secret_value() or None,
            account_url=settings.blobs.account_url or None,
        )
        store = open_store(settings.blob_url, azure=azure)
        rows = SealedRows(
            SecretRow, HeadContent, kind="secret", unit=unit, keyrings=keyrings, trail=cfg.get(AuditTrail)
        )
        cfg.fill(Revised, rows)
        heads = Heads(unit, clock, rows, cfg.get(Users).acting)
        safe = Safe(unit, clock, store, keyrings, registry)
        shelves = Shelves(unit, clock, heads, audit, most_bytes=settings.vault.list_cache_mib * 2**20)
        verifier = Verifier(unit, heads, safe, cfg.get(AuditTrail))
        trash = Trash(
            unit,
            clock,
            heads,
            registry,
            store,
            audit,
            verifier.harmed,
            kept=timedelta(days=settings.vault.trash_days),
            orphans_kept=timedelta(hours=settings.vault.orphan_hours),
        )
        sharing = Sharing(unit, clock, heads, users, cfg.get(Directory), groups, registry, audit, keyrings)
        vault = Vault(unit, clock, heads, safe, registry, audit)
        network = GuardedNetwork(WayOut(rules_of(settings.mail)))
        numbers = Report(unit, heads, registry, users, groups, audit)
        services: list[Any] = [
            numbers,
            registry,
            heads,
            safe,
            trash,
            sharing,
            verifier,
            vault,
            Checking(unit, vault, registry, network, cfg.get(Throttle), cfg.get(AuditTrail)),
            Overview(shelves, registry, users, groups),
            Activity(audit, users, groups, heads, registry),
        ]
        for each in services:
            cfg.provide(each)
        panel = GroupPanel(unit, clock, heads, groups, sharing, registry, audit)
        cfg.fill(Panels, panel)
        cfg.fill(Leaving, panel)
        cfg.fill(Deleting, panel)
        cfg.fill(PersonalRecords, OwnSecrets(shelves, trash))
        telling = Telling(cfg.get(Outbox), users, cfg.get(Preferences), settings.server.base_url)
        holdings = SecretHoldings(unit, clock, heads, users, groups, registry, audit, telling)
        cfg.fill(Holdings, holdings)
        cfg.fill(Departure, holdings)
        cfg.fill(Describes, SecretNames(unit, clock, heads, shelves, registry))
        cfg.site.cards.append(Card(INSTALLATION, *TITLES, "vault", "vault.report", REPORT, 20, missing_fact(numbers)))
        cfg.fill(Emptiness, NoBlobs(store))
        cfg.site.checks["blobs"] = store.check
        cfg.site.leavers.append(shelves.drop)
        self.use_cases = UseCases(Matching(unit, heads, safe, users, groups, audit), cfg)
        self._collector = Collector(trash)
        cfg.on_app(lambda app: app.cli.add_command(vault_commands(unit, trash, verifier)))


def rules_of(mail: Mail) -> Rules:
    """Return the settings as the way out knows them."""
    ports = None if mail.allowed_ports == "any" else mail.allowed_ports
    authorities = CHECKOUT / mail.authorities if mail.authorities else None
    return Rules(Allowed(mail.allowed_hosts), ports, plain_text=mail.allow_plaintext, authorities=authorities)


def knows_logo(logo: str) -> bool:
    """Return whether a logo is a file under static/ or the name of a Lucide icon."""
    if "/" in logo:
        path = (Path(CHECKOUT) / "static" / logo).resolve()
        return path.is_relative_to(Path(CHECKOUT) / "static") and path.is_file()
    try:
        draw_icon(logo)
    except IconDoesNotExist:
        return False
    return True

"""The audit system: fills the trail that sealed rows need, and records refusals."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.actions import Actions
from app.audit.checks import Checks
from app.audit.cli import audit_commands
from app.audit.log import Log
from app.audit.pages import MESSAGES, chain_fact
from app.audit.ports import Describes
from app.audit.refusals import RefusalLog
from app.audit.service import Audit
from app.audit.trail import AuditTrail
from app.audit.views import pages
from app.audit.words import READ, declare
from app.configurator import Configurator, System
from app.keys.keyrings import Keyrings
from app.keys.system import KeyManagement
from app.keys.trail import Revised
from app.web.site import INSTALLATION, Card

TITLES = (_l("Audit log"), _l("Who did what, and when."))


class AuditTrails(System):
    """The audit trail."""

    requires = (KeyManagement,)

    def activate(self, cfg: Configurator) -> None:
        keyrings = cfg.get(Keyrings)
        trail = AuditTrail(cfg.unit, cfg.clock, keyrings)
        keyrings.trail = trail
        cfg.provide(trail)
        refusals = RefusalLog(cfg.unit, cfg.clock, trail)
        audit = Audit(cfg.unit, trail, refusals)
        cfg.provide(audit)
        cfg.site.refusals.append(refusals)
        cfg.site.checks["trail"] = trail.head
        actions = Actions()
        declare(actions)
        log = Log(cfg.unit, audit, actions, cfg.fillings(Describes))
        checks = Checks(cfg.unit, cfg.clock, trail, cfg.fillings(Revised))
        for each in (actions, log, checks):
            cfg.provide(each)
        cfg.site.cards.append(Card(INSTALLATION, *TITLES, "scroll-text", "audit.log", READ, 30, chain_fact(checks)))
        cfg.site.says(MESSAGES)
        cfg.on_app(lambda app: app.register_blueprint(pages))
        cfg.on_app(lambda app: app.cli.add_command(audit_commands(cfg.unit, trail, log, checks)))

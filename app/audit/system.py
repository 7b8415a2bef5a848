"""The audit system: fills the trail that sealed rows need, and records refusals."""

from __future__ import annotations

from app.audit.cli import audit_commands
from app.audit.refusals import RefusalLog
from app.audit.service import Audit
from app.audit.trail import AuditTrail
from app.configurator import Configurator, System
from app.keys.keyrings import Keyrings
from app.keys.system import KeyManagement
from app.keys.trail import Revised


class AuditTrails(System):
    """The audit trail."""

    requires = (KeyManagement,)

    def activate(self, cfg: Configurator) -> None:
        keyrings = cfg.get(Keyrings)
        trail = AuditTrail(cfg.unit, cfg.clock, keyrings)
        keyrings.trail = trail
        cfg.provide(trail)
        refusals = RefusalLog(cfg.unit, cfg.clock, trail)
        cfg.provide(Audit(cfg.unit, trail, refusals))
        cfg.site.refusals.append(refusals)
        cfg.site.checks["trail"] = trail.head
        cfg.on_app(lambda app: app.cli.add_command(audit_commands(cfg.unit, trail, cfg.fillings(Revised))))

"""The options as a system: users, groups and mail ask them."""

from __future__ import annotations

from app.audit.service import Audit
from app.audit.system import AuditTrails
from app.audit.trail import AuditTrail
from app.configurator import Configurator, System
from app.keys.keyrings import Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.options.models import Chosen, OptionsRow
from app.options.service import Options


class ChangeableSettings(System):
    """Keeps what the admin centre changes of the settings."""

    requires = (AuditTrails,)

    def activate(self, cfg: Configurator) -> None:
        trail = cfg.get(AuditTrail)
        rows = SealedRows(OptionsRow, Chosen, kind="options", unit=cfg.unit, keyrings=cfg.get(Keyrings), trail=trail)
        cfg.fill(Revised, rows)
        cfg.provide(Options(cfg.unit, rows, trail, cfg.get(Audit), cfg.settings.users))

"""The outbox as a system: everything that causes mails requires it, whether or not they are sent."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.actions import Action, Actions, Section
from app.audit.system import AuditTrails
from app.audit.trail import AuditTrail
from app.audit.words import DAMAGE, damage
from app.configurator import Configurator, System
from app.keys.keyrings import Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.outbox.models import Mail, OutboxRow
from app.outbox.service import Outbox

MAIL = Section("mail", _l("Mail"), 70)


class MailQueue(System):
    """The outbox."""

    requires = (AuditTrails,)

    def activate(self, cfg: Configurator) -> None:
        rows = SealedRows(
            OutboxRow, Mail, kind="mail", unit=cfg.unit, keyrings=cfg.get(Keyrings), trail=cfg.get(AuditTrail)
        )
        cfg.provide(Outbox(cfg.unit, cfg.clock, rows, cfg.settings.web.language))
        cfg.fill(Revised, rows)
        actions = cfg.get(Actions)
        actions.declare(MAIL, Action("mail.enqueue", _l("Mail put into the outbox"), "mail"))
        actions.declare(DAMAGE, *damage("mail"))
        actions.explain(details={"template": "%(value)s"}, kinds={"mail": _l("Mail")})

"""The options as a system: users, groups and mail ask them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.actions import Action, Actions
from app.audit.service import Audit
from app.audit.system import AuditTrails
from app.audit.trail import AuditTrail
from app.audit.words import DAMAGE, damage
from app.audit.words import INSTALLATION as INSTALLED
from app.configurator import Configurator, System
from app.keys.keyrings import Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Revised
from app.options.models import Chosen, OptionsRow
from app.options.ports import Acting, Fixed, FixedSettings
from app.options.service import CHANGE, Options
from app.options.views import pages
from app.web.languages import LANGUAGES
from app.web.site import INSTALLATION, Card

CARD = Card(
    INSTALLATION,
    _l("Settings"),
    _l("What may be changed without the server: who may register, whom the search shows."),
    "sliders-horizontal",
    "options.show",
    CHANGE,
    10,
)


def declare_actions(actions: Actions) -> None:
    """Add the words for the events of settings to the catalogue."""
    actions.declare(
        INSTALLED,
        Action(CHANGE, _l("Settings changed"), "settings-2", tried=_l("Change settings")),
        Action("settings.reset", _l("Setting put back to the file’s"), "undo-2", tried=_l("Put a setting back")),
    )
    actions.declare(DAMAGE, *damage("options"))
    actions.explain(
        details={
            "registration": _l("people may register: %(value)s"),
            "registration_domains": _l("mail domains: %(value)s"),
            "directory": _l("the people search shows: %(value)s"),
        },
        kinds={"options": _l("Settings")},
    )


class ChangeableSettings(System):
    """Keeps what the admin centre changes of the settings."""

    requires = (AuditTrails,)

    def activate(self, cfg: Configurator) -> None:
        trail = cfg.get(AuditTrail)
        rows = SealedRows(OptionsRow, Chosen, kind="options", unit=cfg.unit, keyrings=cfg.get(Keyrings), trail=trail)
        cfg.fill(Revised, rows)
        acting = cfg.fillings(Acting)
        cfg.provide(Options(cfg.unit, rows, trail, cfg.get(Audit), cfg.settings.users, acting))
        declare_actions(cfg.get(Actions))
        cfg.fill(FixedSettings, self)
        cfg.site.cards.append(CARD)
        cfg.site.says(
            {
                "settings": lambda _query: _("Settings saved. They hold from now on."),
                "settings-reset": lambda _query: _("The file’s value holds again."),
            }
        )
        cfg.on_app(lambda app: app.register_blueprint(pages))
        self._settings = cfg.settings

    def fixed_settings(self) -> Sequence[Fixed]:
        """Return where people reach the site, and in which language they meet it at first."""
        settings = self._settings
        return [
            Fixed("server.base_url", _("Address"), settings.server.base_url),
            Fixed("web.language", _("First language"), LANGUAGES[settings.web.language]),
        ]

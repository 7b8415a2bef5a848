"""The admin centre as a system: one page that leads to the areas of the others."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.admin.views import pages, permitted
from app.audit.actions import Action, Actions
from app.audit.words import INSTALLATION
from app.configurator import Configurator, System
from app.users.system import UserManagement
from app.web.site import Entry


class AdminCentre(System):
    """Shows the cards of all active systems; each card's pages belong to its own system."""

    requires = (UserManagement,)

    def activate(self, cfg: Configurator) -> None:
        site = cfg.site
        shown = Entry(
            _l("Admin"), "settings-2", "admin.home", key="a", shown_to=lambda subject: bool(permitted(site, subject))
        )
        site.entries.append(shown)
        opened = Action("admin.open", _l("Admin centre opened"), "settings-2", tried=_l("Open the admin centre"))
        cfg.get(Actions).declare(INSTALLATION, opened)
        cfg.on_app(lambda app: app.register_blueprint(pages))

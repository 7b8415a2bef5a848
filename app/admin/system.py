"""The admin centre as a system: one page that leads to the areas of the others."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.admin.views import pages, permitted
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
        cfg.on_app(lambda app: app.register_blueprint(pages))

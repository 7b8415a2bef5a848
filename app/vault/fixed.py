"""What of the vault's settings the page of settings shows."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from app.options.ports import Fixed
from app.settings import Vault


class FixedHere:
    """Fills options.FixedSettings."""

    def __init__(self, settings: Vault) -> None:
        self._days = settings.trash_days

    def fixed_settings(self) -> Sequence[Fixed]:
        """Return how long the trash keeps what is in it."""
        days = ngettext("%(num)s day", "%(num)s days", self._days)
        return [Fixed("vault.trash_days", _("What is in the trash can be restored for"), days)]

"""The words for the events of secrets."""

from __future__ import annotations

from datetime import datetime

from flask_babel import format_date, to_user_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.actions import Action, Actions, Section
from app.audit.words import DAMAGE, damage
from app.vault.sharing_form import last_day

VALUES = Section("values", _l("Values"), 10)
SECRETS = Section("secrets", _l("Secrets"), 20)
SHARING = Section("sharing", _l("Sharing"), 30)
AUTOMATIONS = Section("automations", _l("Use by automations"), 35)


def declare(actions: Actions) -> None:
    """Add the words to the catalogue."""
    actions.declare(
        VALUES,
        Action("secret.reveal", _l("Value revealed"), "lock-open", tried=_l("Reveal a value"), amber=True),
        Action("secret.copy", _l("Value copied"), "copy", tried=_l("Copy a value"), amber=True),
    )
    actions.declare(
        SECRETS,
        Action("secret.create", _l("Secret created"), "plus", tried=_l("Create a secret")),
        Action("secret.change", _l("Secret changed"), "pencil", tried=_l("Change a secret")),
        Action("secret.restore-version", _l("Version restored"), "history", tried=_l("Restore a version")),
        Action("secret.delete", _l("Moved to the trash"), "trash-2", tried=_l("Delete a secret")),
        Action("secret.restore", _l("Restored from the trash"), "rotate-ccw", tried=_l("Restore from the trash")),
        Action("secret.purge", _l("Deleted for good"), "flame", tried=_l("Delete for good")),
        Action("secret.open", _l("Secret opened"), "eye", tried=_l("Open a secret")),
        Action("secret.history", _l("Versions opened"), "history", tried=_l("Open the versions")),
        Action("secret.activity", _l("Activity opened"), "activity", tried=_l("Open the activity")),
        Action("secret.list", _l("Vault opened"), "vault", tried=_l("Open the vault")),
        Action("secret.trash", _l("Trash opened"), "trash-2", tried=_l("Open the trash")),
        Action("secret.test", _l("Connection tested"), "plug-zap", tried=_l("Test a connection")),
        Action("secret.generate", _l("Password generated"), "wand-sparkles", tried=_l("Generate a password")),
    )
    actions.declare(
        SHARING,
        Action("secret.share", _l("Secret shared"), "user-plus", tried=_l("Share a secret")),
        Action("secret.unshare", _l("Share ended"), "user-minus", tried=_l("End a share")),
        Action(
            "secret.leave", _l("Removed from one’s own vault"), "user-minus", tried=_l("Remove from one’s own vault")
        ),
        Action("secret.publish", _l("Published in a group"), "waypoints", tried=_l("Publish in a group")),
        Action("secret.withdraw", _l("Withdrawn from a group"), "waypoints", tried=_l("Withdraw from a group")),
        Action("secret.hand-over", _l("Secret handed over"), "user-plus", tried=_l("Hand a secret over")),
        Action("secret.sharing", _l("Sharing opened"), "users", tried=_l("Open the sharing")),
    )
    actions.declare(
        AUTOMATIONS, Action("secret.use", _l("Used by an automation"), "bot", tried=_l("Use by an automation"))
    )
    actions.declare(DAMAGE, *damage("secret", "access", "publication"))
    actions.explain(
        details={
            "field": "%(value)s",
            "fields": "%(value)s",
            "level": "%(value)s",
            "type": "",
            "destination": "%(value)s",
            "former": "",
            "version": _l("version %(value)s"),
            "restored": _l("from version %(value)s"),
            "until": "%(value)s",
        },
        values={
            ("level", "viewer"): _l("Viewer"),
            ("level", "editor"): _l("Editor"),
            ("level", "owner"): _l("Owner"),
            ("until", "open"): _l("without an end date"),
        },
        spoken={"until": _day},
    )


def _day(until: str) -> str:
    """Return until which day there is access that ends at a moment, as the reader writes it; other text as it is."""
    try:
        day = to_user_timezone(last_day(datetime.fromisoformat(until)))
    except (ValueError, OverflowError):  # written by another hand
        return until
    return _("until %(day)s", day=format_date(day, "medium"))

"""The words for the events of the trail itself and of the rooms below it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.actions import Action, Actions, Section

READ, EXPORT = "audit.read", "audit.export"
VERIFY = "audit.verify"

PERMISSIONS = (
    (READ, _l("Read the audit log"), _l("See who did what, and check that nothing is missing.")),
    (EXPORT, _l("Export the audit log"), _l("Download entries as a file.")),
)
"""Name, title and description; users declares them, which is above."""

INSTALLATION = Section("installation", _l("Installation"), 80)
DAMAGE = Section("damage", _l("Damage"), 90)
OTHER = Section("other", _l("Other refusals"), 95)


def damage(*names: str) -> list[Action]:
    """Return the actions that tell of damaged objects, or of rows that find them."""
    return [Action(f"{name}.damaged", _l("Damage found"), "shield-alert") for name in names]


def declare(actions: Actions) -> None:
    """Add the words to the catalogue."""
    actions.declare(
        INSTALLATION,
        Action("keyring.create", _l("Keyring made"), "key-round"),
        Action(VERIFY, _l("Audit log checked"), "list-checks"),
        Action(EXPORT, _l("Audit log exported"), "download", tried=_l("Export the audit log")),
        Action(READ, _l("Audit log read"), "scroll-text", tried=_l("Read the audit log")),
    )
    actions.declare(DAMAGE, *damage("audit", "keyring"))
    actions.declare(OTHER, Action("request.refuse", _l("Open a page"), "ban"))
    actions.explain(
        details={
            "outcome": "",
            "events": _l("entries: %(value)s"),
            "broken": _l("missing or altered: %(value)s"),
            "ahead": _l("objects newer than the log: %(value)s"),
            "first": _l("the first has number %(value)s"),
            "narrowed": _l("narrowed by %(value)s"),
        },
        values={
            ("broken", "0"): "",
            ("ahead", "0"): "",
            ("narrowed", "q"): _l("search"),
            ("narrowed", "person"): _l("person"),
            ("narrowed", "object"): _l("object"),
            ("narrowed", "action"): _l("action"),
            ("narrowed", "days"): _l("days"),
        },
        kinds={"audit": _l("Audit log"), "keyring": _l("Keyring")},
    )

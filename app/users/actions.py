"""The words for the events of people, roles and sessions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.actions import Action, Actions, Section
from app.audit.words import DAMAGE, INSTALLATION, damage

SIGN_IN = Section("sign-in", _l("Sign-in and sessions"), 50)
PEOPLE = Section("people", _l("People and roles"), 60)

LINKS = ("invitation", "registration", "reset", "address")
OPENED, OPEN = _l("One-time link opened"), _l("Open a one-time link")


def declare(actions: Actions) -> None:
    """Add the words to the catalogue."""
    actions.declare(
        SIGN_IN,
        Action("user.sign-in", _l("Signed in"), "log-in", tried=_l("Sign in")),
        Action("user.confirm", _l("Password entered again"), "lock-keyhole", tried=_l("Enter the password again")),
        Action("user.sign-out", _l("Signed out"), "log-out"),
        Action("user.sign-out-everywhere", _l("Signed out everywhere"), "log-out"),
        Action("session.begin", _l("Session begun"), "monitor"),
        Action("session.end", _l("Session ended"), "monitor-off", tried=_l("End a session")),
        Action("link.use", _l("One-time link used"), "link"),
        Action("link.end", _l("One-time link ended"), "link-2-off"),
        *(Action(f"{link}.{verb}", OPENED, "link", tried=OPEN) for link in LINKS for verb in ("open", "use")),
        Action("user.rehash", _l("Password sealed anew"), "lock-keyhole"),
    )
    actions.declare(
        PEOPLE,
        Action("user.create", _l("User created"), "user-plus", tried=_l("Create a user")),
        Action("user.rename", _l("Name changed"), "pencil"),
        Action("user.password", _l("Password changed"), "lock-keyhole", tried=_l("Change a password")),
        Action("user.disable", _l("User disabled"), "user-x", tried=_l("Disable a user")),
        Action("user.enable", _l("User enabled"), "user-check", tried=_l("Enable a user")),
        Action("user.roles", _l("Roles changed"), "user-cog", tried=_l("Change roles")),
        Action("user.export", _l("Own data exported"), "download", tried=_l("Export own data")),
        Action("user.look-up", _l("People looked up"), "search", tried=_l("Look people up")),
        Action("role.create", _l("Role created"), "id-card", tried=_l("Create a role")),
    )
    actions.declare(
        INSTALLATION,
        Action("setup.done", _l("Set-up done"), "flag"),
        Action("setup.open", _l("Set-up opened"), "flag", tried=_l("Open the set-up page")),
    )
    actions.declare(DAMAGE, *damage("user", "role", "session", "membership", "user_role", "link"))
    actions.explain(kinds={"session": _l("Session"), "link": _l("One-time link")})

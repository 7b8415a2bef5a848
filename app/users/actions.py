"""The words for the events of people, roles and sessions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.actions import Action, Actions, Section
from app.audit.words import DAMAGE, INSTALLATION, damage
from app.users.permissions import ADMINISTRATOR, BUILT_IN

SIGN_IN = Section("sign-in", _l("Sign-in and sessions"), 50)
BY_LINK = Section("links", _l("Invitations and links"), 55)
PEOPLE = Section("people", _l("People and roles"), 60)


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
        Action("user.address", _l("Email address changed"), "at-sign", tried=_l("Change an email address")),
        Action("user.must-change", _l("Another password asked for"), "lock-keyhole", tried=_l("Ask for a password")),
        Action("user.end-sessions", _l("Somebody’s sessions ended"), "monitor-off", tried=_l("End sessions")),
        Action("user.settle", _l("What only one person owned was settled"), "scale", tried=_l("Settle what is owned")),
        Action("user.delete", _l("User deleted"), "user-x", tried=_l("Delete a user")),
        Action("user.list", _l("People listed"), "users", tried=_l("List people")),
        Action("user.open", _l("Person opened"), "user", tried=_l("Open a person")),
        Action("role.create", _l("Role created"), "id-card", tried=_l("Create a role")),
        Action("role.change", _l("Role changed"), "id-card", tried=_l("Change a role")),
        Action("role.delete", _l("Role deleted"), "id-card", tried=_l("Delete a role")),
        Action("role.list", _l("Roles listed"), "id-card", tried=_l("List roles")),
        Action("role.open", _l("Role opened"), "id-card", tried=_l("Open a role")),
    )
    actions.declare(
        BY_LINK,
        Action("user.invite", _l("Account made for somebody who is invited"), "user-plus", tried=_l("Invite somebody")),
        Action("invitation.send", _l("Invited"), "mail-plus", tried=_l("Invite")),
        Action("invitation.copy", _l("Invitation link copied"), "link", tried=_l("Copy an invitation link")),
        Action("invitation.withdraw", _l("Invitation withdrawn"), "undo-2", tried=_l("Withdraw an invitation")),
        Action("invitation.open", _l("Invitation opened"), "mail-open", tried=_l("Open an invitation")),
        Action("invitation.accept", _l("Invitation accepted"), "user-check", tried=_l("Accept an invitation")),
        Action("request.ask", _l("Asked for a link by mail"), "mail-question-mark", tried=_l("Ask for a link by mail")),
        Action("request.decide", _l("Request decided"), "mail-check"),
        Action("request.drop", _l("Request dropped after failures"), "mail-x"),
        Action("reset.link", _l("Link to a new password issued"), "link"),
        Action("reset.open", _l("Link to a new password opened"), "link", tried=_l("Open a link to a new password")),
        Action("reset.use", _l("Link to a new password used"), "link", tried=_l("Use a link to a new password")),
        Action("reset.mail", _l("Mail about a new password queued"), "mail"),
        Action("registration.mail", _l("Mail about an account queued"), "mail"),
        Action("registration.link", _l("Link to an account issued"), "link"),
        Action("registration.open", _l("Link to an account opened"), "link", tried=_l("Open a link to an account")),
        Action("address.ask", _l("Another address asked for"), "at-sign", tried=_l("Ask for another address")),
        Action("address.open", _l("Link to another address opened"), "link", tried=_l("Open a link to an address")),
        Action("address.mail", _l("Mail about an address queued"), "mail"),
        Action("link.open", _l("One-time link opened"), "link", tried=_l("Open a one-time link")),
        Action("link.use", _l("One-time link used"), "link", tried=_l("Use a one-time link")),
        Action("link.end", _l("One-time link ended"), "unlink"),
    )
    actions.declare(
        INSTALLATION,
        Action("setup.done", _l("Set-up done"), "flag"),
        Action("setup.open", _l("Set-up opened"), "flag", tried=_l("Open the set-up page")),
    )
    actions.declare(DAMAGE, *damage("user", "role", "session", "membership", "user_role", "listed", "link", "request"))
    actions.explain(
        details={
            "asked": "%(value)s",
            "purpose": "%(value)s",
            "added": _l("allows: %(value)s"),
            "removed": _l("no longer allows: %(value)s"),
            "permissions": _l("allows: %(value)s"),
            "given": _l("given: %(value)s"),
            "taken": _l("taken: %(value)s"),
        },
        values={
            ("asked", "yes"): "",
            ("asked", "no"): _l("no longer"),
            ("purpose", "reset"): _l("a new password"),
            ("purpose", "registration"): _l("an account"),
            ("added", ""): "",
            ("removed", ""): "",
            ("permissions", ""): "",
            ("given", BUILT_IN[ADMINISTRATOR]): _l("Administrator"),
            ("taken", BUILT_IN[ADMINISTRATOR]): _l("Administrator"),
        },
        kinds={"session": _l("Session"), "link": _l("One-time link"), "request": _l("Request at the door")},
    )

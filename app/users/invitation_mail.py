"""The mail that invites somebody."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.outbox.templates import MailTemplate

INVITATION = MailTemplate(
    "invitation",
    _l("%(inviter)s invites you to Tresor"),
    (
        _l("%(inviter)s has made an account for you on %(site)s, where your team keeps its passwords and keys."),
        _l("Choose a password to begin:"),
        "%(link)s",
        _l("The link works once, and for 7 days. Nobody can use the account before."),
        _l("If this means nothing to you, ignore this mail."),
    ),
    one_time=True,
)

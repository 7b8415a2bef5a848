"""The mails about a person's address: to the new one, which must be confirmed, and to the old one, which is told.

A mail to an address that nobody has confirmed holds nothing that its sender typed.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.outbox.templates import MailTemplate

NOT_ME = _l(
    "If this was not you, somebody uses your account: change your password, end all sessions and tell an administrator."
)

CONFIRM = MailTemplate(
    "address-confirm",
    _l("Confirm this address for Tresor"),
    (
        _l("Somebody who has an account on %(site)s wants to sign in with this address from now on."),
        _l("If that is you, confirm it:"),
        "%(link)s",
        _l("The link works once, and for a day. Until then the old address stays."),
        _l("If this means nothing to you, ignore this mail."),
    ),
    one_time=True,
)

TAKEN = MailTemplate(
    "address-taken",
    _l("Somebody entered your address"),
    (
        _l("Somebody who has an account on %(site)s wanted to sign in with this address. It is yours already."),
        _l("Nothing was changed, and they were not told that this address has an account."),
        _l("If it was you: you have two accounts, and this address belongs to the other one."),
    ),
)

ASKED = MailTemplate(
    "address-asked",
    _l("Your address is about to change"),
    (
        _l("You asked on %(site)s to sign in with another address from now on: %(address)s"),
        _l("Nothing has changed yet. It does when the link is opened that was sent there."),
        NOT_ME,
    ),
)

CHANGED = MailTemplate(
    "address-changed",
    _l("Your address has changed"),
    (
        _l("From now on you sign in on %(site)s with %(address)s, and no longer with this address."),
        _l("All other sessions have ended."),
        _l("If this was not you, tell an administrator at once: somebody has taken over your account."),
    ),
)

SET_BY_OTHER = MailTemplate(
    "address-set",
    _l("Your address was changed for you"),
    (
        _l("%(who)s, who looks after the people on %(site)s, changed the address that you sign in with: %(address)s"),
        _l("All your sessions have ended, and your account says for 30 days who did this."),
        _l("If you did not ask for it, ask them, and another administrator too."),
    ),
)

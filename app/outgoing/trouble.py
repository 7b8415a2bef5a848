"""What can go wrong on the way to a server, each by its name, and what of it may be told to whom."""

from __future__ import annotations

from enum import Enum


class Why(Enum):
    """What hindered a connection, in the order in which it comes about."""

    UNKNOWN_NAME = "unknown name"
    FORBIDDEN = "forbidden"
    PORT = "port"
    REFUSED = "refused"
    SILENT = "silent"
    CLOSED = "closed"
    NO_ENCRYPTION = "no encryption"
    PLAIN = "plain text"
    CERTIFICATE = "certificate"
    WRONG_NAME = "wrong name"
    SPEECH = "speech"
    SIGN_IN = "sign-in"


TOLD = frozenset({Why.SIGN_IN})
"""What whoever tests a connection hears of; all else reads 'could not be reached', so that nobody maps a network."""


class Trouble(Exception):
    """A server could not be spoken to. answer: the server's own words, cleaned, once it proved to be the named one."""

    def __init__(self, why: Why, answer: str = "") -> None:
        super().__init__(why.value)
        self.why, self.answer = why, answer

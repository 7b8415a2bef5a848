"""The errors that reach a person, one class per answer, each with its HTTP status."""

from __future__ import annotations

from typing import IO, Any
from uuid import UUID

import click


class TresorError(Exception):
    """An error with an answer. `action` and `object_id` let the boundary audit a refusal."""

    status = 500
    audited = False

    def __init__(
        self, message: object = "", *, action: str = "", kind: str = "", object_id: UUID | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.action = action
        self.kind = kind
        self.object_id = object_id

    def __str__(self) -> str:
        return str(self.message)


class Refused(TresorError):
    """Not yours, or not there: the two look alike."""

    status = 404
    audited = True


class Forbidden(Refused):
    """Yours to see, not to do."""

    status = 403


class SignInNeeded(TresorError):
    """Nobody is signed in, or the session has ended."""

    status = 401


class Invalid(TresorError):
    """Your input breaks a rule that you can mend. `field` names the input, "" the whole form."""

    status = 422

    def __init__(self, message: object = "", *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Conflict(TresorError):
    """Somebody else changed it first."""

    status = 409


class Throttled(TresorError):
    """Too often. `seconds` tells when to try again."""

    status = 429
    audited = True

    def __init__(self, message: object = "", *, seconds: int = 1, action: str = "") -> None:
        super().__init__(message, action=action)
        self.seconds = seconds


class Unavailable(TresorError):
    """A store or server did not answer; try later."""

    status = 503


class Damaged(TresorError):
    """Stored bytes do not verify; call an operator. The message goes to the log, never to a page."""

    status = 500
    audited = True


class Misconfigured(click.ClickException):
    """The installation cannot start. Each line names one setting or declaration and what to do.

    Click shows it as these lines whichever program builds the app: `tresor`, `flask --app wsgi`, a server.
    """

    exit_code = 2

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    def show(self, file: IO[Any] | None = None) -> None:
        for line in self.lines:
            click.echo(f"tresor: {line}", file=file, err=file is None)

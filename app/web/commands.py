"""The boundary of commands: one unit of work each, and an error is one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.database import Unit
from app.errors import TresorError


@contextmanager
def command_unit(unit: Unit) -> Iterator[None]:
    """Enclose what a command does: committed at the end; an error rolls back and ends with exit status 1."""
    with said_in_a_line():
        unit.prepare()
        with unit.open():
            yield


@contextmanager
def said_in_a_line() -> Iterator[None]:
    """Enclose what may fail: an error that has an answer is one line and exit status 1."""
    try:
        yield
    except TresorError as error:
        raise click.ClickException(str(error) or type(error).__name__) from error

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
    try:
        unit.prepare()
        with unit.open():
            yield
    except TresorError as error:
        raise click.ClickException(str(error) or type(error).__name__) from error

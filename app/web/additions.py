"""People whom a form adds, each named by their exact address: `add`, and `add-1`, `add-2`, … for more of them."""

from __future__ import annotations

import re
from collections.abc import Sized
from dataclasses import dataclass

from flask_babel import gettext as _

from app.web.named_by_id import Form

NUMBERED = re.compile(r"add(?:-level|-until)?-[1-9][0-9]{0,2}")
NAMES = re.compile(r"add-([1-9][0-9]{0,2})")
LONGEST = 254
MOST = 20
"""So many people are added at a time."""
NOBODY = "none"


@dataclass(frozen=True)
class Entered:
    """What was entered for one person. field: the input that names them; number: "" for the first."""

    field: str
    number: str
    address: str
    level: str
    until: str


def addition_names(form: Form) -> frozenset[str]:
    """Return the names of the fields that add people beside the first one."""
    return frozenset(name for name in form if NUMBERED.fullmatch(name))


def entered(form: Form, usual: str) -> list[Entered]:
    """Return whom a form adds; a row that was taken back (level `none`) adds nobody. usual: the level without one."""
    numbers = sorted((found[1] for name in form if (found := NAMES.fullmatch(name))), key=int)
    rows = [_entered(form, number, usual) for number in ("", *numbers)]
    return [row for row in rows if row.address and row.level != NOBODY]


def too_many(additions: Sized) -> str:
    """Return what is wrong with adding so many people at a time, "" if nothing is."""
    return _("Add at most %(most)s people at a time. Save these first.", most=MOST) if len(additions) > MOST else ""


def _entered(form: Form, number: str, usual: str) -> Entered:
    end = f"-{number}" if number else ""
    address = form.get(f"add{end}", "").strip()[: LONGEST + 1]
    return Entered(f"add{end}", number, address, form.get(f"add-level{end}", usual), form.get(f"add-until{end}", ""))

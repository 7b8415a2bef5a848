"""What the members page sends: levels, and what becomes of publications, by people's ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.groups.service import Wish
from app.subject import GroupLevel
from app.web.named_by_id import Form, impossible, read_as, read_named, refuse_others

FIXED = frozenset({"revision", "add", "add-level"})


@dataclass(frozen=True)
class Wishes:
    """What the page wants changed."""

    people: Sequence[Wish]
    add: str
    add_level: GroupLevel


def read_wishes(form: Form) -> Wishes:
    """Return what was wished. Raises Invalid for what the page cannot have sent."""
    refuse_others(form, FIXED, "level-", "publications-")
    keeps = {user: _keeps(text) for user, text in read_named(form, "publications-").items()}
    levels = {user: _level_or_none(text) for user, text in read_named(form, "level-").items()}
    people = [Wish(user, level, keep=keeps.get(user, True)) for user, level in levels.items()]
    return Wishes(people, form.get("add", "").strip(), _level(form.get("add-level", GroupLevel.MEMBER.value)))


def _level(text: str) -> GroupLevel:
    return read_as(GroupLevel, text)


def _level_or_none(text: str) -> GroupLevel | None:
    return None if text == "none" else _level(text)


def _keeps(text: str) -> bool:
    if text not in {"keep", "withdraw"}:
        raise impossible()
    return text == "keep"

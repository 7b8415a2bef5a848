"""What the members page sends: levels, and what becomes of publications, by people's ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.groups.service import Addition, Wish
from app.subject import GroupLevel
from app.web.additions import NOBODY, addition_names, entered
from app.web.named_by_id import Form, impossible, read_as, read_named, refuse_others
from app.web.paging import page_number

FIXED = frozenset({"revision", "add", "add-level", "shown-q", "shown-page", "q", "turn", "clear"})
LONGEST_QUERY = 100


@dataclass(frozen=True)
class Part:
    """Which of a group's members are shown. query: beginnings of words that were searched for; page from 1."""

    query: str = ""
    page: int = 1


@dataclass(frozen=True)
class Wishes:
    """What the page wants changed."""

    people: Sequence[Wish]
    additions: Sequence[Addition]


def read_wishes(form: Form) -> Wishes:
    """Return what was wished. Raises Invalid for what the page cannot have sent.

    Where the page says what it showed (`seen-…`), what is still so is no wish.
    """
    names = frozenset(name for name in addition_names(form) if not name.startswith("add-until-"))
    refuse_others(form, FIXED | names, "level-", "publications-", "seen-")
    keeps = {user: _keeps(text) for user, text in read_named(form, "publications-").items()}
    levels = {user: _level_or_none(text) for user, text in read_named(form, "level-").items()}
    seen = {user: _level(text) for user, text in read_named(form, "seen-").items()}
    _level(form.get("add-level", GroupLevel.MEMBER.value))
    changed = {user: level for user, level in levels.items() if user not in seen or seen[user] is not level}
    return Wishes(
        [Wish(user, level, keep=keeps.get(user, True)) for user, level in changed.items()],
        [Addition(row.address, _level(row.level), row.field) for row in entered(form, GroupLevel.MEMBER.value)],
    )


def read_part(values: Mapping[str, str], *, query: str = "q", page: str = "turn") -> Part:
    """Return which members an address or a form asks for; what is no number is the first page."""
    if page in values or "clear" in values:
        return Part(page=page_number(values.get(page, "")))
    return Part(values.get(query, "").strip()[:LONGEST_QUERY])


def read_shown(form: Form) -> Part:
    """Return which members the page showed that was sent."""
    return Part(form.get("shown-q", "").strip()[:LONGEST_QUERY], page_number(form.get("shown-page", "")))


def _level(text: str) -> GroupLevel:
    return read_as(GroupLevel, text)


def _level_or_none(text: str) -> GroupLevel | None:
    return None if text == NOBODY else _level(text)


def _keeps(text: str) -> bool:
    if text not in {"keep", "withdraw"}:
        raise impossible()
    return text == "keep"

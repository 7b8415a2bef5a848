"""What the audit log's pages show: the lines, what they are narrowed by, the state of the chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import url_for
from flask_babel import format_datetime, format_decimal, get_locale, to_utc
from flask_babel import gettext as _

from app.audit.actions import Action, Actions
from app.audit.checks import Checks, LastCheck
from app.audit.log import ACTOR, ID, LONGEST_QUERY, MOST_MEANT, Asked, Line, Log, LogPage, Named
from app.audit.search import LOOKED_AT, Wanted
from app.subject import Subject
from app.web.site import Fact, current_site, service

Context = dict[str, Any]

NARROWING = ("q", "person", "object", "action", "from", "to")
"""What an address may narrow the log by."""

REFUSED = "refused"
"""Stands in an address for everything that was refused."""

FIRST_YEAR, LAST_YEAR = 1971, 9000

MESSAGES: Mapping[str, Callable[[Mapping[str, str]], object]] = {
    "checked": lambda _query: _("Checked."),
    "checking": lambda _query: _("The check goes on. Open this page again to see how far it came."),
}


@dataclass(frozen=True)
class Address:
    """What an address asks for. wrong: the names of what in it cannot be read."""

    asked: Asked
    query: Mapping[str, str]
    wrong: Sequence[str] = ()


def asked_for(args: Mapping[str, str]) -> Address:
    """Return what an address asks for; what cannot be read is named, so that no page pretends to be narrowed by it."""
    query = {name: args.get(name, "").replace("\0", "\ufffd").strip()[:LONGEST_QUERY] for name in NARROWING}
    person, choice, about = query["person"], query["action"], query["object"]
    actions = service(Actions).named(choice) if choice not in {"", REFUSED} else ()
    days = {name: _day(query[name]) for name in ("from", "to")}
    wanted = Wanted(
        person=UUID(person) if ID.fullmatch(person) else None,
        actor=person if ACTOR.fullmatch(person) and not ID.fullmatch(person) else "",
        object_id=UUID(about) if ID.fullmatch(about) else None,
        actions=actions or (),
        refused=choice == REFUSED,
        since=_begin_of(days["from"]) if days["from"] else None,
        until=_begin_of(days["to"] + timedelta(days=1)) if days["to"] else None,
        before=_number(args.get("before", "")),
        after=_number(args.get("after", "")),
    )
    read = {
        "q": True,
        "person": wanted.person or wanted.actor,
        "object": wanted.object_id,
        "action": wanted.refused or actions,
        "from": days["from"],
        "to": days["to"],
    }
    return Address(Asked(wanted, query["q"]), query, [name for name in NARROWING if query[name] and not read[name]])


def log_page(subject: Subject, address: Address) -> Context:
    """Return the context of the log."""
    found = None if address.wrong else service(Log).page(subject, address.asked)
    query = address.query
    return {
        "log": {
            "query": query,
            "wrong": address.wrong,
            "lines": [_shown(line, query) for line in found.lines] if found else [],
            "choices": _choices(query["action"]),
            "narrowed": _narrowed(found, query) if found else [],
            "any": any(query.values()),
            "cut": found is not None and found.cut,
            "most_meant": MOST_MEANT,
            "all_url": url_for("audit.log"),
            "export_url": _url("audit.export", query) if subject.may("audit.export") else None,
            **(_steps(found, query) if found else {"newer_url": None, "older_url": None, "looked_at": None}),
        },
        "chain": chain(),
    }


def narrowed_in_words(subject: Subject, address: Address) -> list[str]:
    """Return by what an export is narrowed, in words."""
    found, query = service(Log).page(subject, address.asked), address.query
    words = [each["text"] for each in _narrowed(found, query)]
    if query["q"]:
        words.append(_("Search: %(query)s", query=query["q"]))
    if query["action"]:
        titles = [each["title"] for group in _choices(query["action"]) for each in group["choices"] if each["chosen"]]
        words += titles
    return words + [
        text % {"day": query[name]}
        for name, text in (("from", _("From %(day)s")), ("to", _("To %(day)s")))
        if query[name]
    ]


def chain() -> Context:
    """Return what is known of the chain: the last check, and one that goes on."""
    checks = service(Checks)
    last, running = checks.last(), checks.running()
    return {
        "last": _last(last) if last else None,
        "running": running
        and {
            "position": format_decimal(running.position),
            "total": format_decimal(running.total),
            "forgotten": running.forgotten,
        },
    }


def chain_fact(checks: Checks) -> Callable[[], Fact | None]:
    """Return what asks how the last check went, for the card."""

    def fact() -> Fact | None:
        last = checks.last()
        if last is None:
            return Fact(_("Not checked yet"))
        return Fact(_("Chain intact"), "ok") if last.intact else Fact(_("Chain broken"), "bad")

    return fact


def _last(last: LastCheck) -> Context:
    return {
        "at": last.at,
        "intact": last.intact,
        "genuine": last.genuine,
        "events": format_decimal(last.events),
        "broken": format_decimal(last.broken),
        "ahead": format_decimal(last.ahead),
        "first": last.first,
        "has_broken": bool(last.broken),
        "has_ahead": bool(last.ahead),
    }


def _shown(line: Line, query: Mapping[str, str]) -> Context:
    event = line.event
    return {
        "number": event.number,
        "at": event.time,
        "when": moment(event.time, current_site().clock()),
        "person": _linked(line.person, "person", query),
        "automation": line.automation
        and {
            "text": line.automation,
            "url": _url("audit.log", {**query, "person": line.automation}),
        },
        "title": line.title,
        "icon": line.icon,
        "look": line.look,
        "outcome": line.outcome,
        "object": _linked(line.object, "object", query),
        "said": line.said_shortly,
        "times": event.count,
    }


def _linked(named: Named | None, by: str, query: Mapping[str, str]) -> Context | None:
    """Return what a line names, with the address of the log of that alone."""
    if named is None:
        return None
    narrows = ID.fullmatch(named.key) and query[by] != named.key
    return {
        "id": UUID(named.key) if ID.fullmatch(named.key) else None,
        "text": named.text,
        "note": named.described.note,
        "initials": named.described.initials,
        "url": _url("audit.log", {**query, by: named.key}) if narrows else None,
    }


def moment(at: datetime, now: datetime) -> str:
    """Return a moment to the second, with the year if it is another one."""
    day = "d. MMM" if str(get_locale()).startswith("de") else "d MMM"
    text: str = format_datetime(at, f"{day}, HH:mm:ss" if at.year == now.year else f"{day} y, HH:mm:ss")
    return text


def _choices(chosen: str) -> list[Context]:
    """Return the actions to choose from, by section; those that are called alike are one choice."""
    groups: list[Context] = []
    for section, actions in service(Actions):
        titles: dict[str, Action] = {}
        for each in actions:
            titles.setdefault(str(each.title), each)
        all_of = {"value": section.key, "title": _("%(section)s: all", section=section.title)}
        single = [{"value": each.name, "title": title} for title, each in titles.items()] if len(titles) > 1 else []
        groups.append({"title": section.title, "choices": [all_of, *single]})
    for choice in (choice for group in groups for choice in group["choices"]):
        choice["chosen"] = choice["value"] == chosen
    refused = {"value": REFUSED, "title": _("Everything refused"), "chosen": chosen == REFUSED}
    return [*groups, {"title": _("Refusals"), "choices": [refused]}]


def _narrowed(found: LogPage, query: Mapping[str, str]) -> list[Context]:
    """Return whom and what the log is narrowed to, with the way back."""
    texts = (("person", found.person, _("Only by %(name)s")), ("object", found.object, _("Only about %(name)s")))
    return [
        {"text": text % {"name": named.text}, "name": named.text, "url": _url("audit.log", {**query, name: ""})}
        for name, named, text in texts
        if named
    ]


def _steps(found: LogPage, query: Mapping[str, str]) -> Context:
    """Return the ways to newer and older lines."""
    newer, older = found.found.newer, found.found.older
    return {
        "newer_url": None if newer is None else _url("audit.log", {**query, "after": str(newer)}),
        "older_url": None if older is None else _url("audit.log", {**query, "before": str(older)}),
        "looked_at": format_decimal(LOOKED_AT) if found.found.cut else None,
    }


def _url(endpoint: str, query: Mapping[str, str]) -> str:
    """Return an address with those entries of a query that are not empty."""
    given = urlencode({key: value for key, value in query.items() if value})
    return f"{url_for(endpoint)}?{given}" if given else url_for(endpoint)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _begin_of(day: date) -> datetime:
    """Return when a day begins where the reader is."""
    begin: datetime = to_utc(datetime.combine(day, time()))
    return begin.replace(tzinfo=UTC)

"""What a running site knows: its settings, unit of work, services, navigation and ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from flask import Request, current_app
from flask_babel.speaklater import LazyString

from app.clock import Clock
from app.database import Unit
from app.errors import Misconfigured, TresorError
from app.settings import Settings
from app.subject import Subject

T = TypeVar("T")

EXTENSION = "tresor"


class Refusals(Protocol):
    """A port: records an error that is audited, in a transaction of its own."""

    def refused(self, error: TresorError, subject: UUID | None) -> None: ...


class Subjects(Protocol):
    """A port: finds the person who makes a request."""

    def subject_of(self, request: Request) -> Subject | None: ...


class FormKeys(Protocol):
    """A port: the key that signs the cookie which holds the CSRF seed."""

    def form_key(self) -> bytes: ...


@dataclass(frozen=True)
class Entry:
    """A place in the header's navigation or the account menu, shown to those with the permission; "": to everybody."""

    label: LazyString | str
    icon: str
    endpoint: str
    permission: str = ""
    in_menu: bool = False
    key: str = ""
    """The letter that leads there after a `g`."""
    shown_to: Callable[[Subject], bool] | None = None
    """Decides instead of the permission, where one permission cannot tell."""

    def shows(self, subject: Subject) -> bool:
        """Return whether this person is shown the way there."""
        if self.shown_to:
            return self.shown_to(subject)
        return not self.permission or subject.may(self.permission)


@dataclass(frozen=True)
class Fact:
    """What a card says beside its name: a fact, or what calls for somebody. look: "", ok, warn or bad."""

    text: str
    look: str = ""


PEOPLE, INSTALLATION = "people", "installation"
"""The two sections of the admin centre."""


@dataclass(frozen=True)
class Card:
    """An area of the admin centre, offered by an active system and shown to those with the permission.

    order: its place in its section. fact: asked each time the admin centre is shown; one cheap statement at most.
    """

    section: str
    title: LazyString | str
    text: LazyString | str
    icon: str
    endpoint: str
    permission: str
    order: int
    fact: Callable[[], Fact | None] | None = None


@dataclass
class Site:
    """One for each app; systems add to it while they are activated."""

    settings: Settings
    clock: Clock
    unit: Unit
    services: dict[type[Any], Any] = field(default_factory=dict)
    ports: dict[type[Any], list[Any]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    checks: dict[str, Callable[[], object]] = field(default_factory=dict)
    refusals: list[Refusals] = field(default_factory=list)
    subjects: list[Subjects] = field(default_factory=list)
    form_keys: list[FormKeys] = field(default_factory=list)
    messages: dict[str, Callable[[Mapping[str, str]], object]] = field(default_factory=dict)
    """What a page says after a change, by the short word that stands in its address as `done`; given the query."""
    standing: set[str] = field(default_factory=set)
    """The words of those messages that tell what is stored, and are true whoever wrote the address."""
    leavers: list[Callable[[UUID], None]] = field(default_factory=list)
    """Told who has signed out."""
    home: str = ""
    """The endpoint of the page that a signed-in person sees first."""
    search: str = ""
    """The endpoint that the header's search asks."""
    new: tuple[str, str] | None = None
    """The endpoint of the page on which something new begins, and the permission that it needs."""
    sign_in: str = ""
    """The endpoint of the page where people sign in."""
    session: str = ""
    """The endpoint that answers how long a session still lasts."""
    confirm: str = ""
    """The endpoint of the page that asks for the password again."""

    def says(self, messages: Mapping[str, Callable[[Mapping[str, str]], object]]) -> None:
        """Add messages. Raises Misconfigured for a word that another system has: one of the two would not be true."""
        if twice := self.messages.keys() & messages.keys():
            raise Misconfigured(f"two systems say different things by {', '.join(sorted(twice))}")
        self.messages.update(messages)

    def may_create(self, subject: Subject) -> bool:
        """Return whether this person may begin something new."""
        return self.new is not None and subject.may(self.new[1])

    def fill(self, port: type[T], filling: T) -> None:
        """Fill a port that a lower system declares."""
        self.ports.setdefault(port, []).append(filling)

    def fillings(self, port: type[T]) -> list[T]:
        """Return the list of a port's fillings; it grows while higher systems are activated."""
        return self.ports.setdefault(port, [])

    def get(self, kind: type[T]) -> T:
        """Return the service of that class. Raises Misconfigured if no active system provides it."""
        if kind not in self.services:
            raise Misconfigured(f"no active system provides {kind.__name__}; is its system among `requires`?")
        return cast(T, self.services[kind])


def current_site() -> Site:
    """Return the site of the app that answers."""
    return cast(Site, current_app.extensions[EXTENSION])


def service(kind: type[T]) -> T:
    """Return a service to a view."""
    return current_site().get(kind)

"""The catalogue of what events can tell, declared by systems beside the use cases that record them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from flask_babel.speaklater import LazyString

from app.errors import Misconfigured

Text = LazyString | str

DAMAGED = ".damaged"
"""How the action of every event ends that tells of stored bytes which did not verify."""


@dataclass(frozen=True)
class Section:
    """Actions that belong together, which people filter by."""

    key: str
    title: Text
    order: int


@dataclass(frozen=True)
class Action:
    """Something that an event can tell.

    title: what happened ("Secret shared"). tried: what was wanted, after "Refused:"; None: the title serves.
    amber: a value was in the open.
    """

    name: str
    title: Text
    icon: str
    tried: Text | None = None
    amber: bool = False


@dataclass
class Actions:
    """All actions of the active systems, and words for what details say."""

    sections: dict[Section, list[Action]] = field(default_factory=dict)
    details: dict[str, Text] = field(default_factory=dict)
    """By the name of a detail: the text in which its value is put as %(value)s; "" for one that is not shown."""
    values: dict[tuple[str, str], Text] = field(default_factory=dict)
    """By the name of a detail and a value of it: what stands for that."""
    spoken: dict[str, Callable[[str], str]] = field(default_factory=dict)
    """By the name of a detail: what puts its values into words, such as a moment into the reader's day."""
    kinds: dict[str, Text] = field(default_factory=dict)
    """By the kind of an object: what stands for one that nobody names."""
    permissions: list[Callable[[str], Text | None]] = field(default_factory=list)
    """Each returns the title of a permission, which a refused request has as its action."""
    _known: dict[str, Action] = field(default_factory=dict)

    def declare(self, section: Section, *actions: Action) -> None:
        """Add actions. Raises Misconfigured if another system declared one of them."""
        for each in actions:
            if each.name in self._known:
                raise Misconfigured(f"action {each.name}: declared twice")
            self._known[each.name] = each
            self.sections.setdefault(section, []).append(each)

    def explain(
        self,
        *,
        details: Mapping[str, Text] | None = None,
        values: Mapping[tuple[str, str], Text] | None = None,
        kinds: Mapping[str, Text] | None = None,
        spoken: Mapping[str, Callable[[str], str]] | None = None,
    ) -> None:
        """Add words for details, their values and kinds of objects."""
        self.details.update(details or {})
        self.values.update(values or {})
        self.kinds.update(kinds or {})
        self.spoken.update(spoken or {})

    def get(self, name: str) -> Action:
        """Return an action; for one that nobody declared, as an older or newer Tresor may have recorded, its name."""
        found = self._known.get(name)
        if found is None:
            title = next((text for each in self.permissions if (text := each(name))), name)
            found = Action(name, title, "circle-question-mark")
        return found

    def knows(self, name: str) -> bool:
        """Return whether there are words for an action."""
        return name in self._known or any(each(name) for each in self.permissions)

    def __iter__(self) -> Iterator[tuple[Section, list[Action]]]:
        """Yield the sections in their order, with their actions."""
        yield from sorted(self.sections.items(), key=lambda each: each[0].order)

    def named(self, choice: str) -> tuple[str, ...] | None:
        """Return the actions that a choice means: those of a section, or a single one; None if it means nothing."""
        for section, actions in self.sections.items():
            if choice == section.key:
                return tuple(each.name for each in actions)
        return (choice,) if choice in self._known else None

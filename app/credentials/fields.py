"""One field of a credential type: what its declaration says, as a frozen value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from flask_babel.speaklater import LazyString

from app.generator.rule import NAMED, Generator

Text: TypeAlias = str | LazyString
"""A text, or one that is translated when it is shown."""

Plain: TypeAlias = str | int | bool | None
"""What a value is in JSON: dates are ISO texts, members of an Enum their value."""

Style = Literal["text", "secret", "multiline", "secret-multiline", "url", "email", "host", "choice", "date"]
Choices: TypeAlias = Sequence[str] | Mapping[Any, Text]
ShownIf: TypeAlias = tuple[str, object] | Mapping[str, object]

LONGEST = {
    "text": 200,
    "choice": 200,
    "email": 254,
    "host": 253,
    "url": 2_000,
    "secret": 4_096,
    "multiline": 10_000,
    "secret-multiline": 10_000,
}
"""Characters that a text of each style may have unless its field says otherwise."""

METADATA = "tresor"


def field(
    label: Text,
    *,
    default: object = None,
    style: Style = "text",
    required: bool = True,
    hint: Text = "",
    section: Text | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    choices: Choices | None = None,
    pattern: str | tuple[str, Text] | None = None,
    shown_if: ShownIf | None = None,
    destination: bool = False,
    generate: Generator | Literal["password", "token"] | None = None,
) -> Any:
    """Declare one field; its annotation (str, int, bool, date, an Enum; `| None` if it may be empty) is its kind.

    default: what the form starts with; None: nothing. A translated text is text in the language of who opens the form.
        A type checker lets a field be left out of the constructor only if its declaration has a `default`.
    minimum, maximum: bounds of an int; the number of characters of a text.
    choices: for style choice the texts, or texts with their labels; for an Enum the labels of its members.
    pattern: what the whole text must match, alone or with a sentence that says what to enter.
    shown_if: `("field", value)`, or a mapping of several that must all hold, where a tuple means any of its values.
        The fields stand above this one. If it does not hold, this field is empty: neither asked for nor stored.
    destination: a change of this field asks for the secret fields again (always so for the styles host and url).
    generate: what the form offers to make for a field of style secret: "password" (words or characters), "token"
        (letters and digits, for programs), or a Generator with bounds of its own. None: what others hand out.
    """
    declared = {
        "label": label,
        "default": default,
        "style": style,
        "required": required,
        "hint": hint,
        "section": section,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "pattern": pattern,
        "shown_if": shown_if,
        "destination": destination,
        "generate": generate,
    }
    metadata = {METADATA: declared}
    if default is not None:
        return dataclasses.field(default_factory=lambda: resolved(default), metadata=metadata)
    return dataclasses.field(metadata=metadata)


def resolved(value: object) -> object:
    """Return the value; a translated text as text in the language of the moment."""
    return str(value) if isinstance(value, LazyString) else value


@dataclasses.dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """A field as forms, validation and pages see it. `kind` is str, int, bool, date or an Enum class.

    `style` of a date is always "date", of an Enum always "choice". `choices` are (value as text, label).
    `shown_if` are (field, values of which it must have one); all must hold.
    """

    name: str
    label: Text
    kind: type
    optional: bool
    style: str
    default: object
    required: bool
    hint: Text
    section: Text | None
    minimum: int | None
    maximum: int | None
    choices: tuple[tuple[str, Text], ...]
    pattern: str | None
    pattern_message: Text
    shown_if: tuple[tuple[str, tuple[object, ...]], ...]
    destination: bool
    generate: Generator | None

    @property
    def secret(self) -> bool:
        """Whether its value leaves the server only through reveal and copy."""
        return self.style.startswith("secret")

    @property
    def multiline(self) -> bool:
        return self.style.endswith("multiline")

    @property
    def has_default(self) -> bool:
        return self.default is not None

    @property
    def empty(self) -> object:
        """The value of a field that is left empty: "", False or None."""
        return {str: "", bool: False}.get(self.kind)


def spec_of(name: str, annotation: object, declared: Mapping[str, Any]) -> FieldSpec:
    """Return the spec of what `field` was given. Nothing is refused here: `faults` says what is wrong with it."""
    kind, optional = _kind(annotation)
    style = declared["style"]
    if style == "text" and kind not in (str, int, bool):
        style = "choice" if issubclass(kind, Enum) else "date" if kind is date else style
    pattern = declared["pattern"]
    pattern, message = pattern if isinstance(pattern, tuple) and len(pattern) == 2 else (pattern, "")
    texts = {key: declared[key] for key in ("label", "hint", "section", "default", "required")}
    return FieldSpec(
        name=name,
        kind=kind,
        optional=optional,
        style=style,
        minimum=declared["minimum"],
        maximum=_maximum(kind, style, declared["maximum"]),
        choices=_options(kind, declared["choices"]),
        pattern=pattern,
        pattern_message=message,
        shown_if=_conditions(declared["shown_if"]),
        destination=declared["destination"] or style in ("host", "url"),
        generate=_named(declared["generate"]),
        **texts,
    )


def _named(generate: Any) -> Any:
    return NAMED.get(generate, generate) if isinstance(generate, str) else generate


def _kind(annotation: object) -> tuple[type, bool]:
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        if len(kinds) == 1 and isinstance(kinds[0], type):
            return kinds[0], len(kinds) < len(get_args(annotation))
    return (annotation, False) if isinstance(annotation, type) else (object, False)


def _maximum(kind: type, style: str, maximum: int | None) -> int | None:
    return LONGEST.get(style) if maximum is None and kind is str else maximum


def _options(kind: type, choices: Choices | None) -> tuple[tuple[str, Text], ...]:
    if choices is None:
        return tuple((str(member.value), str(member.value)) for member in kind) if issubclass(kind, Enum) else ()
    if isinstance(choices, Mapping):
        return tuple((str(key.value if isinstance(key, Enum) else key), label) for key, label in choices.items())
    if isinstance(choices, Sequence) and not isinstance(choices, str):
        return tuple((str(value), value) for value in choices)
    return ()


def _conditions(shown_if: ShownIf | None) -> tuple[tuple[str, tuple[object, ...]], ...]:
    if shown_if is None:
        return ()
    if isinstance(shown_if, Mapping):
        pairs = list(shown_if.items())
    else:
        pairs = [shown_if if isinstance(shown_if, tuple) and len(shown_if) == 2 else (str(shown_if), ())]
    return tuple((str(name), wanted if isinstance(wanted, tuple) else (wanted,)) for name, wanted in pairs)

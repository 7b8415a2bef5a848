"""What a seal or MAC is bound to: purpose, deployment and items, as unambiguous bytes (FORMAT.md, 'Items')."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from app.clock import to_micros
from app.errors import Invalid

Item: TypeAlias = "bytes | str | int | UUID | datetime | Sequence[Item] | frozenset[Item] | None"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What sealed bytes are for; it decides whether padding hides their size."""

    name: str
    padded: bool


BLOB = Purpose("blob", padded=True)
VERSION = Purpose("version", padded=False)
ROW = Purpose("row", padded=True)
KEYRING = Purpose("keyring", padded=True)
DEVICE = Purpose("device", padded=True)


@dataclass(frozen=True, slots=True)
class Context:
    """The place that sealed bytes belong to. They open nowhere else."""

    purpose: Purpose
    deployment: UUID
    items: tuple[Item, ...]

    def encoded(self) -> bytes:
        """Return the context's bytes. Raises as `encode` does."""
        return encode((self.purpose.name, self.deployment, *self.items))


def encode(items: Iterable[Item]) -> bytes:
    """Return the bytes of `items`, one after the other; no two different sequences have the same.

    A set counts as the list of its members, sorted by their bytes.
    Raises Invalid for text with an unpaired surrogate and for an integer beyond 64 bits,
    TypeError for other kinds of value: bool, float, a time without zone, mutable bytes, a mapping.
    """
    try:
        return b"".join(_each(items))
    except UnicodeEncodeError as error:
        raise Invalid("Text holds an unpaired surrogate.") from error
    except OverflowError as error:
        raise Invalid("A number or a length is out of range.") from error


def _each(items: Iterable[Any]) -> list[bytes]:
    return [_ENCODERS[type(item)](item) for item in items]


def _absent(_: None) -> bytes:
    return b"\0\0\0\0\0"


def _bytes(item: bytes) -> bytes:
    return b"\1" + len(item).to_bytes(4) + item


def _text(item: str) -> bytes:
    encoded = item.encode()
    return b"\2" + len(encoded).to_bytes(4) + encoded


def _integer(item: int) -> bytes:
    return b"\3\0\0\0\x08" + item.to_bytes(8, signed=True)


def _uuid(item: UUID) -> bytes:
    return b"\4\0\0\0\x10" + item.bytes


def _time(item: datetime) -> bytes:
    return b"\5\0\0\0\x08" + to_micros(item).to_bytes(8, signed=True)


def _list(items: Sequence[Item]) -> bytes:
    return _listed(_each(items))


def _set(items: frozenset[Item]) -> bytes:
    return _listed(sorted(_each(items)))


def _listed(encoded: list[bytes]) -> bytes:
    joined = b"".join(encoded)
    return b"\6" + len(joined).to_bytes(4) + joined


class _Encoders(dict[type, Callable[[Any], bytes]]):
    """What writes a value of a type."""

    def __missing__(self, kind: type) -> Callable[[Any], bytes]:
        """Return what writes a base of this type: a member of StrEnum is text."""
        for base, encoder in self.items():
            if issubclass(kind, base) and kind is not bool:
                return encoder
        raise TypeError(f"no item of a context: {kind.__name__}")


_ENCODERS = _Encoders(
    {
        type(None): _absent,
        bytes: _bytes,
        str: _text,
        int: _integer,
        UUID: _uuid,
        datetime: _time,
        tuple: _list,
        list: _list,
        frozenset: _set,
        set: _set,
    }
)

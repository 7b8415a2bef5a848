"""The frozen vectors, and their items as the values that Tresor works with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from app.crypto.context import BLOB, KEYRING, ROW, VERSION, Context, Item

FOLDER = Path(__file__).parent.parent / "vectors"
NAMES = ("blob", "version", "row", "keyring", "chain", "mac", "derive", "token", "device")
PURPOSES = {"blob": BLOB, "version": VERSION, "row": ROW, "keyring": KEYRING}


def load(name: str) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return vectors


def digest(name: str) -> str:
    return hashlib.sha256((FOLDER / f"{name}.json").read_bytes()).hexdigest()


def context(vector: dict[str, Any]) -> Context:
    return Context(PURPOSES[vector["purpose"]], UUID(vector["deployment"]), items(vector))


def items(vector: dict[str, Any]) -> tuple[Item, ...]:
    return tuple(value(each) for each in vector["items"])


def value(described: dict[str, Any]) -> Any:
    match described:
        case {"kind": "bytes", "value": content}:
            return bytes.fromhex(content)
        case {"kind": "uuid", "value": content}:
            return UUID(content)
        case {"kind": "time", "value": content}:
            return datetime.fromisoformat(content)
        case {"kind": "list", "value": content}:
            return tuple(value(each) for each in content)
        case {"kind": "set", "value": content}:
            return frozenset(value(each) for each in content)
        case _:
            return described.get("value")


def key(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["key"])


def flipped(content: bytes) -> Iterator[bytes]:
    """Yield every change of a single bit."""
    for position in range(len(content) * 8):
        changed = bytearray(content)
        changed[position // 8] ^= 1 << position % 8
        yield bytes(changed)

"""The port that every blob store fills: what it promises, its limits, and its names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from flask_babel import lazy_gettext as _l

from app.errors import Damaged, Unavailable

MAX_BLOB = 17 * 2**20
"""Bytes: 16 MiB of text, up to 3 % of padding, header and tag; nothing larger was ever written."""

NAME = re.compile(r"[a-z0-9-]{1,80}")


@dataclass(frozen=True)
class BlobInfo:
    """What a listing tells of a blob. size: bytes. modified: aware, UTC."""

    name: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class AzureSettings:
    """Where the Azure account is; exactly one of the two, empty counts as absent."""

    connection_string: str | None = field(default=None, repr=False)
    account_url: str | None = None


class BlobStore(Protocol):
    """Blobs by name, `[a-z0-9-]{1,80}`; any other name is Damaged, since it can only come from altered data.

    A store that is not there yet is made by `put`, `list` or `check`. Every method raises Unavailable if the store
    is down, slow, full or refuses us; a remote one within 5 seconds.
    """

    def put(self, name: str, data: bytes) -> None:
        """Store durably, never over other bytes: those raise Conflict. The same bytes again are a success.

        Up to MAX_BLOB bytes, more raise ValueError.
        """

    def get(self, name: str) -> bytes:
        """Return the bytes. Raises Damaged if there is no such blob or if it is larger than MAX_BLOB."""

    def delete(self, name: str) -> None:
        """Remove the blob; gone already is fine."""

    def list(self) -> Iterator[BlobInfo]:
        """Yield every blob, in no order. What bears no blob's name is passed over."""

    def check(self) -> None:
        """Return if the store answers, takes blobs and lets them go; nothing is left behind."""


def checked_name(name: str) -> str:
    """Return `name`, or raise Damaged: it could lead out of the store."""
    if not NAME.fullmatch(name):
        raise Damaged(f"not a blob's name: {name!r}")
    return name


def checked_size(data: bytes) -> bytes:
    """Return `data`, or raise ValueError: it could not be read back."""
    if len(data) > MAX_BLOB:
        raise ValueError(f"{len(data)} bytes are more than a blob may have")
    return data


def missing(name: str) -> Damaged:
    return Damaged(f"blob missing: {name}")


def too_large(name: str, size: int) -> Damaged:
    return Damaged(f"blob too large: {name} has {size} bytes")


def down(reason: str) -> Unavailable:
    """Return the error to raise. The person reads that the storage is away, the log shows `reason` as its note."""
    error = Unavailable(_l("The storage does not answer. Please try again in a moment."))
    error.add_note(reason)
    return error

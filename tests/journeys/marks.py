"""Marks to type into fields, and how to find one wherever and however it was written."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

TOKEN = "Zq7mArK4Vx"
"""Starts every mark; letters and digits alone, so that no escaping changes it."""


def mark(word: str) -> str:
    """Return a value that nobody else writes, with characters that escapes change."""
    return f"{TOKEN}-{word}-ä&<\"'%+/=\\ 7"


def writings(text: str) -> set[bytes]:
    """Return what stands in bytes that hold `text`: as it is, UTF-16, hexadecimal, base64 at each of three places."""
    found = set[bytes]()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        data = text.encode(encoding)
        found |= {data, data.hex().encode(), data.hex().upper().encode()}
        for before in range(3):
            encoded = base64.b64encode(bytes(before) + data)
            inner = encoded[-(-before * 4 // 3) : (before + len(data)) * 4 // 3]  # what neighbours do not change
            found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return found


ANY = re.compile(b"|".join(re.escape(each) for each in sorted(writings(TOKEN), key=len, reverse=True)))


def hits(data: bytes) -> list[bytes]:
    """Return each place in which a mark stands, with a little of what follows."""
    return [data[found.start() : found.start() + 60] for found in ANY.finditer(data)]


def hits_in(folders: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield each file under these folders, and each of their names, that holds a mark."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            for found in hits(str(path.name).encode("utf-8", "surrogateescape")):
                yield path, found
            if path.is_file() and not path.is_symlink():
                for found in hits(_read(path)):
                    yield path, found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # a server removed it meanwhile
        return b""

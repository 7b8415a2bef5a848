"""Cleans what a server said: no secret value in any dress, no control characters, not much of it."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

DOTS = "••••"
ASCII_PART = re.compile(r"[!-~]{6,}")
MOST = 200
SHORTEST = 4
"""Base64 of fewer bytes has no characters that are theirs alone."""


def cleaned(text: str, secrets: Iterable[str]) -> str:
    """Return at most 200 characters of a server's words in one line, every secret value in them covered.

    Covered also as the values stand in addresses and in base64, wherever they begin in it.
    """
    shown = text
    for dress in sorted({dress for secret in secrets if secret for dress in dresses(secret)}, key=len, reverse=True):
        shown = re.sub(re.escape(dress), DOTS, shown, flags=re.IGNORECASE if "%" in dress else 0)
    plain = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in shown)
    line = " ".join(plain.split())
    return line if len(line) <= MOST else line[: MOST - 1] + "…"


def dresses(secret: str) -> set[str]:
    """Return the forms in which a value may come back."""
    data = secret.encode("utf-8", "surrogatepass")
    found = {secret, quote(data, safe=""), quote_plus(data), repr(secret)[1:-1], data.hex()}
    if not secret.isascii():  # whoever takes it for another character set keeps the rest
        found |= set(ASCII_PART.findall(secret))
    if len(data) >= SHORTEST:
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found |= {_within(encode, data, before) for before in range(3)}
    return {each for each in found if each}


def _within(encode: object, data: bytes, before: int) -> str:
    """Return the characters of base64 that come from `data` alone if so many bytes stand before it in its group."""
    text: str = encode(bytes(before) + data).decode()  # type: ignore[operator]
    bits, length = 8 * before, 8 * (before + len(data))
    return text[-(-bits // 6) : length // 6]

"""Lists shown twenty rows at a time: the number in an address, and the ways to the pages beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import url_for

PAGE = 20


def pager(endpoint: str, page: int, total: int, query: Mapping[str, str], **place: Any) -> dict[str, Any]:
    """Return which rows of a list a page shows, and the ways to the pages beside it. place: values of the path."""
    last_page = max(1, -(-total // PAGE))
    return {
        "total": total,
        "first": (page - 1) * PAGE + 1 if total else 0,
        "last": min(page * PAGE, total),
        "previous_url": url_with(endpoint, {**query, "page": str(page - 1)}, **place) if page > 1 else None,
        "next_url": url_with(endpoint, {**query, "page": str(page + 1)}, **place) if page < last_page else None,
    }


def url_with(endpoint: str, query: Mapping[str, str], **place: Any) -> str:
    """Return an address with those entries of a query that are not empty."""
    path, given = url_for(endpoint, **place), urlencode({key: value for key, value in query.items() if value})
    return f"{path}?{given}" if given else path


def page_number(text: str) -> int:
    """Return the number of a page that an address gives, 1 for what is none."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1

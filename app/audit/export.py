"""Lines of the log as files: CSV that no program takes for formulas, and JSON, one entry a line."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from app.audit.log import Line

BOM = "\ufeff"
"""Stands in front of a downloaded file, because Excel reads UTF-8 only then; a command's output has none."""

COLUMNS = (
    *("number", "time", "person", "person_id", "automation", "action", "what", "outcome"),
    *("kind", "object", "object_id", "details", "times"),
)

FORMULA = re.compile(r"(^|[;,|\"'\t\r\n])([ \u00a0]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])")
"""The beginning of a cell, also of one that a program with another separator or after a quote finds within ours."""


class _Lines:
    """Gives back what a CSV writer writes, which then returns it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the head and each line as CSV, every cell quoted (RFC 4180)."""
    writer = csv.writer(_Lines(), quoting=csv.QUOTE_ALL)
    yield writer.writerow(COLUMNS)
    for line in lines:
        yield writer.writerow([harmless(str(each)) for each in _cells(line).values()])


def json_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Yield each line as a JSON object, with the event's detail as it was recorded."""
    for line in lines:
        told = {**_cells(line), "details": dict(line.event.detail)}
        yield (
            json.dumps({name: value if value != "" else None for name, value in told.items()}, ensure_ascii=False)
            + "\n"
        )


def harmless(text: str) -> str:
    """Return a cell's text so that no program takes a part of it for a formula: an apostrophe makes that a text."""
    return FORMULA.sub(r"\1\2'", text)


def _cells(line: Line) -> dict[str, Any]:
    event = line.event
    values = (
        *(event.number, event.time.isoformat(), line.person.text if line.person else "", event.subject or ""),
        *(line.automation, event.action, line.title, line.outcome),
        *(event.kind, line.object.text if line.object else "", event.object_id or "", line.said_shortly, event.count),
    )
    return dict(zip(COLUMNS, [each if isinstance(each, int) else str(each) for each in values], strict=True))

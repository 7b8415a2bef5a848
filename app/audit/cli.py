"""The commands of the audit trail."""

from __future__ import annotations

import json

import click

from app.audit.trail import AuditTrail
from app.database import Unit
from app.keys.trail import Revised
from app.web.commands import command_unit


def audit_commands(unit: Unit, trail: AuditTrail, rows: list[Revised]) -> click.Group:
    """Return the group `audit`."""

    @click.group("audit")
    def audit() -> None:
        """Check the audit trail."""

    @audit.command()
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def verify(as_json: bool) -> None:
        """Check that every event is there, unaltered and in its place, and that no row tells of later ones."""
        with command_unit(unit):
            head = trail.head()
            broken = list(trail.broken())
            ahead = [(each.kind, *found) for each in rows for found in each.ahead()]
        if as_json:
            told = [{"kind": kind, "id": str(row_id), "revision": revision} for kind, row_id, revision in ahead]
            click.echo(json.dumps({"events": head.number, "broken": broken, "ahead": told}))
        else:
            for number in broken:
                click.echo(f"event {number}: missing or altered")
            for kind, row_id, revision in ahead:
                click.echo(f"{kind} {row_id}: the trail does not tell of its revision {revision}: its end was cut")
            click.echo(f"{head.number} events, {len(broken)} broken, {len(ahead)} cut off")
        raise SystemExit(1 if broken or ahead else 0)

    return audit

"""The commands of the audit trail."""

from __future__ import annotations

import json

import click

from app.audit.trail import AuditTrail
from app.database import Unit
from app.web.commands import command_unit


def audit_commands(unit: Unit, trail: AuditTrail) -> click.Group:
    """Return the group `audit`."""

    @click.group("audit")
    def audit() -> None:
        """Check the audit trail."""

    @audit.command()
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def verify(as_json: bool) -> None:
        """Check that every event is there, unaltered and in its place."""
        with command_unit(unit):
            head = trail.head()
            broken = list(trail.broken())
        if as_json:
            click.echo(json.dumps({"events": head.number, "broken": broken}))
        else:
            for number in broken:
                click.echo(f"event {number}: missing or altered")
            click.echo(f"{head.number} events, {len(broken)} broken")
        raise SystemExit(1 if broken else 0)

    return audit

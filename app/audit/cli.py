"""The commands of the audit trail."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import click

from app.audit.checks import Checks
from app.audit.export import csv_lines, json_lines
from app.audit.log import Log
from app.audit.trail import AuditTrail
from app.database import Unit
from app.web.commands import command_unit

ACTOR = "command-line"

DAY = click.DateTime(["%Y-%m-%d"])


def audit_commands(unit: Unit, trail: AuditTrail, log: Log, checks: Checks) -> click.Group:
    """Return the group `audit`."""

    @click.group("audit")
    def audit() -> None:
        """Check the audit trail, and write it out."""

    @audit.command()
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def verify(as_json: bool) -> None:
        """Check that every event is there, unaltered and in its place, and that no row tells of later ones."""
        with command_unit(unit):
            head = trail.head()
            result = checks.check()
            if as_json:
                told = [{"kind": each.kind, "id": str(each.id), "revision": each.revision} for each in result.ahead]
                click.echo(json.dumps({"events": head.number, "broken": result.broken, "ahead": told}))
            else:
                for number in result.broken:
                    click.echo(f"event {number}: missing or altered")
                for each in result.ahead:
                    told_of = f"{each.kind} {each.id}: the trail does not tell of its revision {each.revision}"
                    click.echo(f"{told_of}: its end was cut")
                click.echo(f"{head.number} events, {len(result.broken)} broken, {len(result.ahead)} cut off")
            checks.record(result, actor=ACTOR)
        raise SystemExit(0 if result.intact else 1)

    @audit.command()
    @click.option("--csv", "as_csv", is_flag=True, help="Write CSV instead of JSON, an entry a line.")
    @click.option("--from", "since", type=DAY, help="The first day (UTC), as 2026-11-23.")
    @click.option("--to", "until", type=DAY, help="The last day (UTC).")
    def export(as_csv: bool, since: datetime | None, until: datetime | None) -> None:
        """Write all entries to standard output, oldest first. Names of secrets are not among them."""
        begin = since.replace(tzinfo=UTC) if since else None
        end = until.replace(tzinfo=UTC) + timedelta(days=1) if until else None
        with command_unit(unit):
            log.record_export(actor=ACTOR)
            unit.commit()
            for text in (csv_lines if as_csv else json_lines)(log.everything(since=begin, until=end)):
                click.echo(text, nl=False)

    return audit

"""The commands of the vault."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from app.database import Unit
from app.vault.trash import Trash
from app.vault.verify import Verifier
from app.web.commands import command_unit


def vault_commands(unit: Unit, trash: Trash, verifier: Verifier) -> click.Group:
    """Return the group `vault`."""

    @click.group("vault")
    def vault() -> None:
        """Check secrets and empty the trash."""

    @vault.command()
    @click.option("--all", "everything", is_flag=True, help="Look at older versions too.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def verify(everything: bool, as_json: bool) -> None:
        """Open every secret and say which do not verify. Exit status 1 if one does not."""
        with command_unit(unit):
            count = verifier.count()
            findings = list(verifier.findings(every_version=everything))
        damaged = {finding.id for finding in findings}
        if as_json:
            shown = [{**asdict(finding), "id": str(finding.id)} for finding in findings]
            click.echo(json.dumps({"secrets": count, "damaged": len(damaged), "findings": shown}))
        else:
            for finding in findings:
                click.echo(f"{finding.kind} {finding.id}: {finding.reason}")
            click.echo(f"{count} secrets, {len(damaged)} damaged")
        raise SystemExit(1 if findings else 0)

    @vault.command()
    @click.option("--dry-run", is_flag=True, help="Say what would go, remove nothing.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def collect(dry_run: bool, as_json: bool) -> None:
        """Destroy what lay in the trash too long, and remove blobs that nothing names."""
        with command_unit(unit):
            collected = trash.collect(dry_run=dry_run)
        if as_json:
            click.echo(
                json.dumps(
                    {
                        "secrets": [str(each) for each in collected.secrets],
                        "blobs": collected.blobs,
                        "damaged": [str(each) for each in collected.damaged],
                        "kept": collected.kept,
                    }
                )
            )
            return
        verb = "would go" if dry_run else "gone"
        click.echo(f"{len(collected.secrets)} secrets {verb}, {len(collected.blobs)} blobs {verb}")
        for each in collected.damaged:
            click.echo(f"secret {each}: damaged, left alone")
        if collected.kept:
            click.echo(f"{len(collected.kept)} blobs that nothing names are kept: they may belong to what is damaged")

    return vault

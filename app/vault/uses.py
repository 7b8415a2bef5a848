"""What used a secret in process: by group and automation, as the trail tells of the newest uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.audit.service import Audit
from app.vault.activity import ID, USE, name_of

MOST_READ = 1000
"""Uses of each automation that are looked through, so that a page costs the same however often a secret is used."""
WEEK = timedelta(days=7)


@dataclass
class Use:
    """One automation in one group. this_week: at least so often if `more`."""

    actor: str
    last: datetime
    this_week: int = 0
    more: bool = False

    @property
    def name(self) -> str:
        """The automation as it begins a sentence."""
        return name_of(self.actor)


def uses_by_group(audit: Audit, secret_id: UUID, now: datetime) -> Mapping[UUID, list[Use]]:
    """Return for each group the automations that used a secret there, the latest first."""
    found: dict[UUID, dict[str, Use]] = {}
    for automation in audit.automations(secret_id, USE):
        events = audit.by_automation(secret_id, automation.actor, USE, most=MOST_READ)
        cut = len(events) == MOST_READ and events[-1].time > now - WEEK
        for event in events:
            if not ID.fullmatch(group := event.detail.get("group", "")):
                continue
            use = found.setdefault(UUID(group), {}).setdefault(
                automation.actor, Use(automation.actor, event.time, more=cut)
            )
            use.this_week += event.count if event.time > now - WEEK else 0
    return {
        group: sorted(by_actor.values(), key=lambda use: use.last, reverse=True) for group, by_actor in found.items()
    }

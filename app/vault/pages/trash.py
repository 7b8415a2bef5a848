"""The pages about a secret's end: into the trash, the trash, gone for good."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from app.audit.service import Audit
from app.credentials.registry import Registry
from app.users.service import Users
from app.vault.heads import Head
from app.vault.listing import PAGE
from app.vault.pages.parts import Context, named, published
from app.vault.policy import DELETE
from app.vault.trash import Trash
from app.vault.uses import uses_by_group
from app.web.paging import page_number, pager
from app.web.site import current_site, service
from app.web.subjects import current_subject


def delete_page(head: Head) -> Context:
    """Return the context of the question before a deletion."""
    kind = service(Registry).get(head.type)
    trash, now = service(Trash), current_site().clock()
    return {
        "secret": {**named(head, kind, None), "publications": published(head)},
        "losing": len([grant for grant in head.access if grant.user != current_subject().id]),
        "uses": uses_by_group(service(Audit), head.id, now) if head.publications else {},
        "restorable_until": None if trash.barred(current_subject(), head) else now + trash.kept,
    }


def trash_page(args: Mapping[str, str]) -> Context:
    """Return the context of one page of the trash."""
    trash, subject, now = service(Trash), current_subject(), current_site().clock()
    total = trash.count(subject)
    page = min(page_number(args.get("page", "1")), max(1, -(-total // PAGE)))
    shown = trash.listed(subject, most=PAGE, skip=(page - 1) * PAGE)
    by = {head.id: who for head in shown if (who := _deleted_by(head))}
    people = service(Users).people([*by.values()])
    rows = [
        {
            **named(head, service(Registry).get(head.type), None),
            "deleted_at": head.deleted_at,
            "deleted_by": people[by[head.id]] if by.get(head.id) in people else None,
            "by_me": by.get(head.id) == subject.id,
            "why_not": trash.barred(subject, head),
            "days_left": -(-(trash.ends(head) - now).total_seconds() // 86400),
        }
        for head in shown
    ]
    return {"listing": {"rows": rows, **pager("vault.trash", page, total, {})}, "trash_days": trash.kept.days}


def _deleted_by(head: Head) -> UUID | None:
    """Return who moved a secret to the trash, as the trail tells."""
    events = service(Audit).changes(head.id, only=(DELETE.name,), most=1)
    return events[0].subject if events else None


def purge_page(
    head: Head, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Context:
    """Return the context of the question before a purge."""
    kind = service(Registry).get(head.type)
    return {
        "secret": {**named(head, kind, None), "deleted_at": head.deleted_at},
        "errors": dict(errors or {}),
        "typed": dict(typed or {}),
    }

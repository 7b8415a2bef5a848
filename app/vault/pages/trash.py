"""The pages about a secret's end: into the trash, the trash, gone for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.credentials.registry import Registry
from app.vault.heads import Head
from app.vault.listing import PAGE
from app.vault.pages.parts import Context, named, published
from app.vault.trash import Trash
from app.web.paging import page_number, pager
from app.web.site import current_site, service
from app.web.subjects import current_subject


def delete_page(head: Head) -> Context:
    """Return the context of the question before a deletion."""
    kind = service(Registry).get(head.type)
    trash = service(Trash)
    return {
        "secret": {**named(head, kind, None), "publications": published(head)},
        "losing": len([grant for grant in head.access if grant.user != current_subject().id]),
        "restorable_until": current_site().clock() + trash.kept,
    }


def trash_page(heads: Sequence[Head], args: Mapping[str, str]) -> Context:
    """Return the context of the trash."""
    trash, now = service(Trash), current_site().clock()
    page = min(page_number(args.get("page", "1")), max(1, -(-len(heads) // PAGE)))
    rows = [
        {
            **named(head, service(Registry).get(head.type), None),
            "deleted_at": head.deleted_at,
            "days_left": -(-(trash.ends(head) - now).total_seconds() // 86400),
        }
        for head in heads[(page - 1) * PAGE : page * PAGE]
    ]
    return {"listing": {"rows": rows, **pager("vault.trash", page, len(heads), {})}, "trash_days": trash.kept.days}


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

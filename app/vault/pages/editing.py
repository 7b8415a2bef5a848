"""The pages that ask for values: the picker of types, the forms, and what two edits disagree about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import url_for
from flask_babel import gettext as _

from app.credentials.declare import Credentials, CredentialType
from app.credentials.fields import FieldSpec
from app.credentials.reading import read
from app.credentials.registry import Registry
from app.credentials.styles import Unfit
from app.credentials.values import as_text
from app.vault.forms import CredentialForm, deciding
from app.vault.pages.parts import Context, changed_since
from app.vault.service import MadeBefore, Secret, Stale
from app.web.parts import is_partial
from app.web.site import service
from app.web.subjects import current_subject


def offered(offers: Iterable[tuple[CredentialType, str | None]]) -> list[Context]:
    """Return the types for the picker: first those that may be created."""
    shown = [
        {"id": kind.id, "title": kind.title, "description": kind.description, "logo": kind.logo, "blocked": reason}
        for kind, reason in offers
    ]
    return sorted(shown, key=lambda each: each["blocked"] is not None)


def new_form_page(
    kind: CredentialType, form: CredentialForm, *, again: bool = False, before: Context | None = None
) -> Context:
    """Return the context of a new secret's form."""
    return {
        "form": form,
        "type": kind,
        "secret": None,
        "secrets": {spec.name: _new_value(kind, spec) for spec in kind.cls.specs if spec.secret},
        "shown_url": url_for("vault.shown_in_new", type_id=kind.id) if deciding(kind.cls) else None,
        "deciding": deciding(kind.cls),
        "test_url": url_for("checks.new", type_id=kind.id) if kind.checkable else None,
        "cancel_url": url_for("vault.new"),
        "asked_again": again and _has_secrets(kind) and not is_partial(),
        "conflict": None,
        "before": before,
    }


def edit_page(secret: Secret, form: CredentialForm, *, again: bool = False, conflict: Context | None = None) -> Context:
    """Return the context of an edit form."""
    kind = service(Registry)[secret.head.type]
    return {
        "form": form,
        "type": kind,
        "secret": {"id": secret.head.id, "name": secret.head.name},
        "secrets": {spec.name: _stored_value(secret, spec) for spec in kind.cls.specs if spec.secret},
        "shown_url": url_for("vault.shown_in_edit", secret_id=secret.head.id) if deciding(kind.cls) else None,
        "deciding": deciding(kind.cls),
        "test_url": url_for("checks.stored", secret_id=secret.head.id) if kind.checkable else None,
        "cancel_url": url_for("vault.show", secret_id=secret.head.id),
        "asked_again": again and _has_secrets(kind) and not is_partial(),
        "conflict": conflict,
        "before": None,
    }


def _new_value(kind: CredentialType, spec: FieldSpec) -> Context:
    """Return where the form of a new secret gets a secret value from."""
    return {
        "generate_url": url_for("vault.generate_new", type_id=kind.id, field=spec.name) if spec.generate else None,
    }


def _stored_value(secret: Secret, spec: FieldSpec) -> Context:
    """Return where an edit form gets a secret value from: the stored one too, unless that is empty."""
    urls: Context = {"generate_url": None}
    if spec.generate:
        urls["generate_url"] = url_for("vault.generate", secret_id=secret.head.id, field=spec.name)
    if getattr(secret.opened, spec.name):
        urls["reveal_url"] = url_for("vault.reveal", secret_id=secret.head.id, field=spec.name)
        urls["copy_url"] = url_for("vault.copy", secret_id=secret.head.id, field=spec.name)
        urls["seconds"] = current_subject().reveal_seconds
    return urls


def conflict_rows(theirs: Credentials, seen: Credentials | None, mine: Mapping[str, object]) -> list[Context]:
    """Return the fields that differ: public values side by side, 'changed' for secret ones."""
    rows = []
    for spec in theirs.specs:
        stored, typed = getattr(theirs, spec.name), str(mine.get(spec.name, "") or "")
        if spec.secret:
            changed = seen is not None and getattr(seen, spec.name) != stored
            if changed or typed:
                texts = (_("changed") if changed else _("unchanged"), _("changed") if typed else _("unchanged"))
                rows.append({"label": spec.label, "theirs": texts[0], "yours": texts[1]})
        elif spec.kind is bool:
            if stored != bool(mine.get(spec.name)):
                rows.append({"label": spec.label, "theirs": as_text(spec, stored), "yours": as_text(spec, not stored)})
        elif as_text(spec, stored) != (shown := _as_stored(spec, typed)):
            rows.append({"label": spec.label, "theirs": as_text(spec, stored), "yours": shown})
    return rows


def _as_stored(spec: FieldSpec, typed: str) -> str:
    """Return what was typed as it would read once stored: blanks and line ends make no difference."""
    try:
        return as_text(spec, read(spec, typed))
    except Unfit:
        return typed


def conflict_note(stale: Stale, rows: list[Context]) -> Context:
    """Return who changed what since the form was opened."""
    return {
        **changed_since(stale.version.author, stale.version.time),
        "rows": rows,
        "discard_url": url_for("vault.show", secret_id=stale.current.head.id),
    }


def before_note(before: MadeBefore) -> Context:
    """Return where that is what a form made before it came again with something else."""
    head = before.head
    if head is None:
        return {"said": _("What it made is not in your vault any more, or cannot be opened."), "url": None}
    if head.deleted_at is not None:
        return {
            "said": _("What it made, “%(name)s”, lies in the trash.", name=head.name),
            "url": url_for("vault.trash"),
        }
    said = _("It made “%(name)s”, with other entries than these.", name=head.name)
    return {"said": said, "url": url_for("vault.show", secret_id=head.id)}


def _has_secrets(kind: CredentialType) -> bool:
    return any(spec.secret for spec in kind.cls.specs)

"""The vault's pages: one call of a use case each, then a page or the way to one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from flask import Blueprint, Response, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.audit.service import Overtaken
from app.credentials.declare import CredentialType
from app.credentials.fields import FieldSpec
from app.credentials.registry import Registry
from app.credentials.values import InvalidValues
from app.errors import Invalid, Refused
from app.vault.activity import Activity
from app.vault.forms import EditForm, Forms, deciding, fields_asked
from app.vault.heads import Heads
from app.vault.listing import Overview
from app.vault.pages.activity import activity_page, asked_activity
from app.vault.pages.detail import secret_page
from app.vault.pages.editing import before_note, conflict_note, conflict_rows, edit_page, new_form_page, offered
from app.vault.pages.history import asked_pair, compare_page, history_page, restore_page, version_seen
from app.vault.pages.overview import asked_for, overview, shown_at
from app.vault.pages.report import report_page
from app.vault.pages.sharing import leave_page, overtaken_page, sharing_page, withdraw_page
from app.vault.pages.trash import delete_page, purge_page, trash_page
from app.vault.pages.values import TEXT, made_value, opened_value, spec_of, wants_text
from app.vault.policy import CHANGE, COPY, CREATE, EDIT, RESTORE, RESTORE_VERSION, REVEAL, SHARE, USE, Level, barred
from app.vault.report import REPORT, Report
from app.vault.service import Blank, MadeBefore, Secret, Stale, Vault
from app.vault.sharing import Saved, Sharing, Wishes
from app.vault.sharing_form import read_wishes
from app.vault.trash import Trash
from app.web.changes import changed
from app.web.forms import refuse_unexpected
from app.web.named_by_id import read_revision
from app.web.packing import packed
from app.web.pages import fragment, page
from app.web.parts import SHEET_FORM, is_partial, sent_by, wants
from app.web.policy import EVERYTHING, requires
from app.web.site import service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("vault", __name__)

NOTHING: frozenset[str] = frozenset()
ACTIVITY_CARD = "section#activity"
"""The card of a secret's page that is fetched anew after its event tresor:used."""
GIVES_UP = _l("You would no longer own it, and only another owner could give it back. Tick the box if you want that.")


def public_names(type_id: str) -> Collection[str]:
    """Return the fields of a new secret's form that may be shown again."""
    kind = service(Registry).get(type_id)
    return {spec.name for spec in kind.cls.specs if not spec.secret} | {"once"} if kind else set()


def public_names_of(secret_id: UUID) -> Collection[str]:
    """Return the fields of an edit form that may be shown again, to somebody who may edit."""
    head = service(Heads).usable(current_subject(), secret_id, EDIT)
    kind = service(Registry).get(head.type)
    return {spec.name for spec in kind.cls.specs if not spec.secret} | {"version"} if kind else set()


def refuse_more_than(expected: frozenset[str], theirs: Callable[[], object]) -> None:
    """Raise Invalid for a form with more in it; to whom it is none of their business, what `theirs` raises.

    theirs: what only they may ask for whose form this can be. It is asked of a wrong form alone.
    """
    try:
        refuse_unexpected(expected)
    except Invalid:
        theirs()
        raise


@pages.get("/vault")
@requires(USE)
def list() -> ResponseReturnValue:
    """Show what this person sees: by section, filtered, searched, a page of it."""
    wanted = asked_for(request.args)
    listing = service(Overview).page(current_subject(), wanted)
    return packed(page("vault/list.html", "listing", headers=shown_at(listing), **overview(listing)))


@pages.get("/vault/new")
@requires(CREATE)
def new() -> ResponseReturnValue:
    """Show the types, those that this person may create first."""
    subject = current_subject()
    offers = [(kind, barred(subject, kind)) for kind in service(Registry)]
    return page("vault/new.html", "form", types=offered(offers))


@pages.get("/vault/new/<type_id>")
@requires(CREATE)
def create(type_id: str) -> ResponseReturnValue:
    """Show the generated form of a type."""
    kind = service(Vault).kind(current_subject(), type_id)
    return page("vault/form.html", "form", **new_form_page(kind, service(Forms).new(kind.cls)))


@pages.post("/vault/new/<type_id>")
@requires(CREATE, keeps=public_names)
def save_new(type_id: str) -> ResponseReturnValue:
    """Store a new secret, or show the form again with its errors."""
    vault, subject = service(Vault), current_subject()
    kind = vault.kind(subject, type_id)
    form = service(Forms).new(kind.cls)
    if form.validate_on_submit():
        try:
            made = vault.create(subject, type_id, values=form.values(), once=form.once.data or "")
        except Blank as blank:
            form.form_errors.append(str(blank))
        except MadeBefore as before:
            form.again()
            context = new_form_page(kind, form, again=True, before=before_note(before))
            return page("vault/form.html", "form", status=409, **context)
        else:
            return changed(url_for("vault.show", secret_id=made, done="saved"))
    return page("vault/form.html", "form", status=422, **new_form_page(kind, form, again=True))


@pages.get("/vault/<uuid:secret_id>")
@requires(USE)
def show(secret_id: UUID) -> ResponseReturnValue:
    """Show one secret; values of secret-style fields are not in the page."""
    secret = service(Vault).open(current_subject(), secret_id)
    return page("vault/show.html", **secret_page(secret))


@pages.post("/vault/<uuid:secret_id>/fields/<field>/reveal")
@requires(USE, keeps=lambda **_view: NOTHING)
def reveal(secret_id: UUID, field: str) -> ResponseReturnValue:
    """Show one value in the clear: in its row, as text for an input, or in a page that soon hides it by itself."""
    subject = current_subject()
    refuse_more_than(NOTHING, lambda: service(Heads).usable(subject, secret_id, REVEAL))
    secret, value = service(Vault).reveal_on_page(subject, secret_id, field=field)
    seconds = subject.reveal_seconds or None
    if wants_text():
        return as_text(value)
    if is_partial():
        spec = spec_of(service(Registry).get(secret.head.type), field)
        return page("vault/value.html", "opened", **opened_value(secret.head, spec, value, seconds=seconds))
    context = secret_page(secret)
    revealed = {"name": field, "value": value, "seconds": seconds}
    back = url_for("vault.show", secret_id=secret_id)
    headers = [("Refresh", f"{seconds}; url={back}")] if seconds else []
    return page("vault/show.html", "values", headers=headers, **{**context, "revealed": revealed})


@pages.post("/vault/<uuid:secret_id>/fields/<field>/copy")
@requires(USE)
def copy(secret_id: UUID, field: str) -> ResponseReturnValue:
    """Answer one value as text, for the clipboard."""
    subject = current_subject()
    refuse_more_than(NOTHING, lambda: service(Heads).usable(subject, secret_id, COPY))
    return as_text(service(Vault).copy(subject, secret_id, field=field))


def as_text(value: str) -> Response:
    """Return an answer that is one value and nothing else."""
    response: Response = make_response(value)
    response.mimetype = TEXT
    return response


@pages.get("/vault/new/<type_id>/fields/<field>/generate")
@requires(CREATE)
def generate_new(type_id: str, field: str) -> ResponseReturnValue:
    """Make a value for a field of a new secret. Nothing is stored or recorded: a value that nobody has used is none."""
    spec = spec_of(service(Vault).kind(current_subject(), type_id), field)
    return generated(spec, back=url_for("vault.create", type_id=type_id))


@pages.get("/vault/<uuid:secret_id>/fields/<field>/generate")
@requires(CHANGE)
def generate(secret_id: UUID, field: str) -> ResponseReturnValue:
    """Make a value for a field of a secret that is being edited."""
    head = service(Heads).usable(current_subject(), secret_id, EDIT)
    spec = spec_of(service(Registry).get(head.type), field)
    return generated(spec, back=url_for("vault.edit", secret_id=secret_id))


def generated(spec: FieldSpec, *, back: str) -> ResponseReturnValue:
    """Show what was made in the panel below its field, or on a page of its own."""
    sets = tuple(request.args.getlist("sets"))
    return page("vault/generate.html", "panel", **made_value(spec, request.args, sets, back=back))


@pages.post("/vault/new/<type_id>/shown")
@requires(CREATE)
def shown_in_new(type_id: str) -> ResponseReturnValue:
    """Answer which fields of a new secret are asked for, by the public fields that decide it."""
    return shown_fields(service(Vault).kind(current_subject(), type_id))


@pages.post("/vault/<uuid:secret_id>/shown")
@requires(CHANGE)
def shown_in_edit(secret_id: UUID) -> ResponseReturnValue:
    """Answer which fields of an edit are asked for."""
    head = service(Heads).usable(current_subject(), secret_id, EDIT)
    return shown_fields(service(Registry).get(head.type))


def shown_fields(kind: CredentialType | None) -> ResponseReturnValue:
    """Judge nothing and store nothing. A field that decides nothing is refused: no secret value is to be sent here."""
    if kind is None:
        raise Refused(action=EDIT.name)
    refuse_unexpected(deciding(kind.cls))
    return {"shown": fields_asked(kind.cls, request.form)}


@pages.get("/vault/<uuid:secret_id>/edit")
@requires(CHANGE)
def edit(secret_id: UUID) -> ResponseReturnValue:
    """Show the form with the stored public values."""
    secret = service(Vault).editable(current_subject(), secret_id)
    return page("vault/form.html", "form", **edit_page(secret, edit_form_of(secret, fresh=True)))


@pages.post("/vault/<uuid:secret_id>/edit")
@requires(CHANGE, keeps=public_names_of)
def save(secret_id: UUID) -> ResponseReturnValue:
    """Store the changed values, or show the form again with its errors, or with what somebody else stored."""
    vault, subject = service(Vault), current_subject()
    secret = vault.editable(subject, secret_id)
    form = edit_form_of(secret)
    if form.validate_on_submit() and form.version.data is not None:
        try:
            vault.change(subject, secret_id, seen=form.version.data, values=form.changes(), cleared=form.cleared())
        except Stale as stale:
            return conflict(stale)
        except InvalidValues as invalid:
            form.point_out(invalid)
        except Blank as blank:
            form.form_errors.append(str(blank))
        else:
            return changed(url_for("vault.show", secret_id=secret_id, done="saved"))
    return page("vault/form.html", "form", status=422, **edit_page(secret, form, again=True))


def edit_form_of(secret: Secret, *, fresh: bool = False) -> EditForm:
    """Return the form of a secret, filled from the request, or from what is stored if it is fresh."""
    stored = secret.opened
    how = {"formdata": None} if fresh else {}
    return service(Forms).edit(stored, version=secret.head.version, **how)


def conflict(stale: Stale) -> ResponseReturnValue:
    """Show both: what somebody else stored, and what was typed; saving again means 'mine'."""
    subject, head = current_subject(), stale.current.head
    form = edit_form_of(stale.current)
    seen = service(Vault).seen(subject, head.id, number=form.version.data or 0)
    rows = conflict_rows(stale.current.opened, seen, form.entered())
    form.version.data = head.version
    context = edit_page(stale.current, form, again=True, conflict=conflict_note(stale, rows))
    return page("vault/form.html", "form", status=409, **context)


@pages.get("/vault/<uuid:secret_id>/sharing")
@requires(SHARE)
def sharing(secret_id: UUID) -> ResponseReturnValue:
    """Show people and groups."""
    state = service(Sharing).state(current_subject(), secret_id)
    return page("vault/sharing.html", "form", **sharing_page(state))


@pages.post("/vault/<uuid:secret_id>/sharing")
@requires(SHARE, keeps=lambda **_view: EVERYTHING)
def save_sharing(secret_id: UUID) -> ResponseReturnValue:
    """Save people and groups together, or show the page again with what is wrong."""
    use, subject = service(Sharing), current_subject()
    state = use.state(subject, secret_id)
    wishes, errors = read_wishes(request.form)
    if _gives_up_unasked(wishes, subject.id):
        errors[f"level-{subject.id}"] = str(GIVES_UP)
    if not errors:
        try:
            saved = use.save(subject, secret_id, revision=read_revision(request.form), wishes=wishes)
        except Invalid as invalid:
            errors[invalid.field] = str(invalid)
        except Overtaken as overtaken:
            context = overtaken_page(use.state(subject, secret_id), wishes, overtaken.last)
            return page("vault/sharing.html", "form", status=409, **context)
        else:
            return _sharing_saved(secret_id, saved)
    return page("vault/sharing.html", "form", status=422, **sharing_page(state, errors=errors, typed=request.form))


def _gives_up_unasked(wishes: Wishes, me: UUID) -> bool:
    """Return whether an owner would stop being one, and the page that asks them about it was not answered."""
    gives_up = wishes.levels.get(me, Level.OWNER) is not Level.OWNER
    return gives_up and "asks-owner" in request.form and "give-up" not in request.form


def _sharing_saved(secret_id: UUID, saved: Saved) -> ResponseReturnValue:
    if not saved.mine:
        return changed(url_for("vault.list", done="shared"), gone=url_for("vault.show", secret_id=secret_id))
    if saved.undo:
        way_on = url_for("vault.show", secret_id=secret_id, done="unshared", secret=secret_id, undo=saved.undo)
        return changed(way_on)
    return changed(url_for("vault.show", secret_id=secret_id, done="shared"))


@pages.get("/vault/<uuid:secret_id>/sharing/people")
@requires(SHARE)
def find_people(secret_id: UUID) -> ResponseReturnValue:
    """Show the people whom the typed text may mean, as options of the field that adds one."""
    text = request.args.get("add", "")
    found = service(Sharing).look_up(current_subject(), secret_id, text)
    return make_response(fragment("users/found.html", "found", people=found, asked=text.strip()))


@pages.post("/vault/<uuid:secret_id>/sharing/undo/<undo>")
@requires(SHARE, keeps=lambda **_view: NOTHING)
def give_back(secret_id: UUID, undo: str) -> ResponseReturnValue:
    """Give back what the last save took from people."""
    use, subject = service(Sharing), current_subject()
    refuse_more_than(NOTHING, lambda: use.state(subject, secret_id))
    use.give_back(subject, secret_id, undo=undo)
    return changed(url_for("vault.show", secret_id=secret_id, done="given-back"))


@pages.get("/vault/<uuid:secret_id>/leave")
@requires(USE)
def ask_leave(secret_id: UUID) -> ResponseReturnValue:
    """Ask somebody whether to remove it from their own vault, and name the consequence."""
    head = service(Sharing).leavable(current_subject(), secret_id)
    return page("vault/leave.html", "form", **leave_page(head))


@pages.post("/vault/<uuid:secret_id>/leave")
@requires(USE, keeps=lambda **_view: NOTHING)
def leave(secret_id: UUID) -> ResponseReturnValue:
    """End one's own access."""
    use, subject = service(Sharing), current_subject()
    refuse_more_than(NOTHING, lambda: use.leavable(subject, secret_id))
    use.leave(subject, secret_id)
    return changed(url_for("vault.list", done="removed"), gone=url_for("vault.show", secret_id=secret_id))


@pages.get("/vault/<uuid:secret_id>/delete")
@requires(CHANGE)
def delete(secret_id: UUID) -> ResponseReturnValue:
    """Ask, and name the consequences."""
    head = service(Trash).deletable(current_subject(), secret_id)
    return page("vault/delete.html", "form", **delete_page(head))


@pages.post("/vault/<uuid:secret_id>/delete")
@requires(CHANGE, keeps=lambda **_view: NOTHING)
def move_to_trash(secret_id: UUID) -> ResponseReturnValue:
    """Move it to the trash."""
    use, subject = service(Trash), current_subject()
    head = use.deletable(subject, secret_id)
    refuse_unexpected(NOTHING)
    use.delete(subject, secret_id)
    way_on = url_for("vault.list", done="trashed", secret=None if use.barred(subject, head) else secret_id)
    return changed(way_on, gone=url_for("vault.show", secret_id=secret_id))


@pages.get("/vault/trash")
@requires(USE)
def trash() -> ResponseReturnValue:
    """Show what this owner can still restore."""
    return page("vault/trash.html", "results", **trash_page(request.args))


@pages.post("/vault/<uuid:secret_id>/restore")
@requires(CHANGE, keeps=lambda **_view: NOTHING)
def restore(secret_id: UUID) -> ResponseReturnValue:
    """Bring it back from the trash."""
    subject = current_subject()
    refuse_more_than(NOTHING, lambda: service(Heads).usable(subject, secret_id, RESTORE, trashed=True))
    service(Trash).restore(subject, secret_id)
    return changed(url_for("vault.show", secret_id=secret_id, done="restored"))


@pages.get("/vault/<uuid:secret_id>/purge")
@requires(CHANGE)
def purge(secret_id: UUID) -> ResponseReturnValue:
    """Ask for the name."""
    head = service(Trash).purgeable(current_subject(), secret_id)
    confirmed_subject()
    return page("vault/purge.html", "form", **purge_page(head))


@pages.post("/vault/<uuid:secret_id>/purge")
@requires(CHANGE, keeps=lambda **_view: {"name"})
def delete_for_good(secret_id: UUID) -> ResponseReturnValue:
    """Destroy its keys, if the name was typed."""
    use = service(Trash)
    head = use.purgeable(current_subject(), secret_id)
    subject = confirmed_subject()
    refuse_unexpected(frozenset({"name"}))
    try:
        use.purge(subject, secret_id, name=request.form.get("name", ""))
    except Invalid as invalid:
        context = purge_page(head, errors={"name": str(invalid)}, typed=request.form)
        return page("vault/purge.html", "form", status=422, **context)
    return changed(url_for("vault.trash", done="purged"))


@pages.get("/vault/<uuid:secret_id>/activity")
@requires(USE)
def activity(secret_id: UUID) -> ResponseReturnValue:
    """Show what people did and what used it; of the secret's own page the card alone, after something happened."""
    use, subject = service(Activity), current_subject()
    if wants(ACTIVITY_CARD):
        events = use.latest(subject, secret_id)
        return page("vault/activity.html", "card", secret={"id": secret_id, "events": events})
    found = use.page(subject, secret_id, asked_activity(request.args))
    return page("vault/activity.html", "form", **activity_page(found))


@pages.get("/vault/<uuid:secret_id>/history")
@requires(USE)
def history(secret_id: UUID) -> ResponseReturnValue:
    """Show all versions."""
    secret = service(Vault).open(current_subject(), secret_id)
    return page("vault/history.html", "list", **history_page(secret, request.args))


@pages.get("/vault/<uuid:secret_id>/compare")
@requires(USE)
def compare(secret_id: UUID) -> ResponseReturnValue:
    """Show two versions side by side; of secret values only that they changed."""
    compared = service(Vault).compare(current_subject(), secret_id, **asked_pair(request.args))
    return page("vault/compare.html", "form", **compare_page(compared))


@pages.get("/vault/<uuid:secret_id>/versions/<int:number>/restore")
@requires(CHANGE)
def ask_restore_version(secret_id: UUID, number: int) -> ResponseReturnValue:
    """Ask, and name what becomes different."""
    found = service(Vault).restorable(current_subject(), secret_id, number=number)
    return page("vault/restore.html", "form", **restore_page(found))


@pages.post("/vault/<uuid:secret_id>/versions/<int:number>/restore")
@requires(CHANGE, keeps=lambda **_view: {"version"})
def restore_version(secret_id: UUID, number: int) -> ResponseReturnValue:
    """Store an older version as the new one, or say that somebody stored another one since the question."""
    vault, subject = service(Vault), current_subject()
    service(Heads).usable(subject, secret_id, RESTORE_VERSION)  # who finds nothing here hears that, whatever they sent
    refuse_unexpected(frozenset({"version"}))
    seen = version_seen(request.form)
    try:
        vault.restore_version(subject, secret_id, number=number, seen=seen)
    except Stale as stale:
        if is_partial() and not sent_by(SHEET_FORM):  # from a toast: there is no form to show it in
            raise
        found = vault.restorable(subject, secret_id, number=number)
        return page("vault/restore.html", "form", status=409, **restore_page(found, stale=stale))
    way_on = url_for("vault.show", secret_id=secret_id, done="version-restored", secret=secret_id, was=seen)
    return changed(way_on)


@pages.get("/admin/vault")
@requires(REPORT)
def report() -> ResponseReturnValue:
    """Show what the vault holds, in numbers."""
    subject = current_subject()
    return page("vault/report.html", **report_page(service(Report).numbers(subject), subject))


@pages.get("/groups/<uuid:group_id>/publications/<uuid:secret_id>/withdraw")
@requires(USE)
def withdraw(group_id: UUID, secret_id: UUID) -> ResponseReturnValue:
    """Ask, and name what uses it."""
    head = service(Sharing).withdrawable(current_subject(), secret_id, group=group_id)
    return page("groups/withdraw.html", "form", **withdraw_page(head, group_id))


@pages.post("/groups/<uuid:group_id>/publications/<uuid:secret_id>/withdraw")
@requires(USE, keeps=lambda **_view: NOTHING)
def withdraw_now(group_id: UUID, secret_id: UUID) -> ResponseReturnValue:
    """Take it out of the group."""
    use, subject = service(Sharing), current_subject()
    refuse_more_than(NOTHING, lambda: use.withdrawable(subject, secret_id, group=group_id))
    use.withdraw(subject, secret_id, group=group_id)
    return changed(url_for("groups.show", group_id=group_id, done="withdrawn"))

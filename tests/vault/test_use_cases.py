"""Every use case of the vault: its permission, its level, its event, and refusals that tell nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.credentials.values import to_plain
from app.errors import Forbidden, Refused, TresorError
from app.keys.keyrings import Keyrings
from app.subject import Subject
from app.vault.activity import Activity, WantedActivity
from app.vault.heads import Grant, Heads
from app.vault.listing import Overview, Wanted
from app.vault.policy import CHANGE, CREATE, PUBLISH, SHARE, USE, Level
from app.vault.service import Vault
from app.vault.sharing import Sharing, Wishes
from app.vault.trash import Trash
from app.vault.undo import ticket
from tests.builders import a_login
from tests.vault.conftest import Town

NAME, USERNAME, PASSWORD = "Marked-Name-5521", "marked-user-5522", "marked-value-5523"
VIEWER, EDITOR, OWNER = range(3)

Call = Callable[[Town, Subject, UUID, UUID], Any]


@dataclass(frozen=True)
class Case:
    """call(town, subject, secret, group); event: what it records, None for a look; trashed: it works on the trash."""

    call: Call
    permission: str
    least: int
    event: str | None = None
    trashed: bool = False


def shown(**changes: str) -> dict[str, Any]:
    return {**to_plain(a_login(name=NAME, username=USERNAME, password="")), **changes}


def save(town: Town, subject: Subject, secret: UUID, wishes: Wishes) -> None:
    with town.unit():
        head = town.cfg.get(Heads).load(secret)
    revision = head.revision if head else 1
    with town.unit():
        town.sharing.save(subject, secret, revision=revision, wishes=wishes)


def give_back(town: Town, subject: Subject, secret: UUID) -> None:
    """Give it to somebody who has no access, as if a save had just taken it from them."""
    head = town.cfg.get(Heads).load(secret)
    having = {grant.user for grant in head.access} if head else set()
    other = next(user for user in town.known.values() if user not in having)
    lost = [Grant(other, Level.VIEWER, None, by=other, at=town.clock())]
    undo = ticket(town.cfg.get(Keyrings).current, subject.id, secret, head.revision if head else 1, lost)
    town.sharing.give_back(subject, secret, undo=undo)


CASES: dict[str, Case] = {
    "Vault.open": Case(lambda t, s, i, g: t.vault.open(s, i), USE, VIEWER),
    "Vault.reveal": Case(lambda t, s, i, g: t.vault.reveal(s, i, field="password"), USE, VIEWER, "secret.reveal"),
    "Vault.reveal_on_page": Case(
        lambda t, s, i, g: t.vault.reveal_on_page(s, i, field="password"), USE, VIEWER, "secret.reveal"
    ),
    "Vault.copy": Case(lambda t, s, i, g: t.vault.copy(s, i, field="password"), USE, VIEWER, "secret.copy"),
    "Vault.versions": Case(lambda t, s, i, g: t.vault.versions(s, i), USE, EDITOR),
    "Vault.last_versions": Case(
        lambda t, s, i, g: t.vault.last_versions(s, t.vault.open(s, i), most=5), USE, EDITOR
    ),
    "Vault.seen": Case(lambda t, s, i, g: t.vault.seen(s, i, number=1), USE, EDITOR),
    "Vault.compare": Case(lambda t, s, i, g: t.vault.compare(s, i), USE, EDITOR),
    "Vault.intact": Case(lambda t, s, i, g: t.vault.intact(s, i), USE, EDITOR),
    "Vault.restorable": Case(lambda t, s, i, g: t.vault.restorable(s, i, number=1), CHANGE, EDITOR),
    "Activity.latest": Case(lambda t, s, i, g: t.cfg.get(Activity).latest(s, i), USE, EDITOR),
    "Activity.page": Case(lambda t, s, i, g: t.cfg.get(Activity).page(s, i, WantedActivity()), USE, EDITOR),
    "Vault.editable": Case(lambda t, s, i, g: t.vault.editable(s, i), CHANGE, EDITOR),
    "Vault.change": Case(
        lambda t, s, i, g: t.vault.change(s, i, seen=2, values=shown(notes="new"), cleared=frozenset()),
        CHANGE, EDITOR, "secret.change",
    ),
    "Vault.restore_version": Case(
        lambda t, s, i, g: t.vault.restore_version(s, i, number=1, seen=2), CHANGE, EDITOR, "secret.restore-version"
    ),
    "Sharing.state": Case(lambda t, s, i, g: t.sharing.state(s, i), SHARE, OWNER),
    "Sharing.save": Case(
        lambda t, s, i, g: save(t, s, i, Wishes(shown=frozenset({g}))), SHARE, OWNER, "secret.withdraw"
    ),
    "Sharing.look_up": Case(lambda t, s, i, g: t.sharing.look_up(s, i, "nobody at all"), SHARE, OWNER),
    "Sharing.give_back": Case(lambda t, s, i, g: give_back(t, s, i), SHARE, OWNER, "secret.share"),
    "Sharing.leavable": Case(lambda t, s, i, g: t.sharing.leavable(s, i), USE, VIEWER),
    "Sharing.leave": Case(lambda t, s, i, g: t.sharing.leave(s, i), USE, VIEWER, "secret.leave"),
    "Trash.deletable": Case(lambda t, s, i, g: t.trash.deletable(s, i), CHANGE, OWNER),
    "Trash.delete": Case(lambda t, s, i, g: t.trash.delete(s, i), CHANGE, OWNER, "secret.delete"),
    "Trash.restore": Case(lambda t, s, i, g: t.trash.restore(s, i), CHANGE, OWNER, "secret.restore", trashed=True),
    "Trash.purgeable": Case(lambda t, s, i, g: t.trash.purgeable(s, i), CHANGE, OWNER, trashed=True),
    "Trash.purge": Case(
        lambda t, s, i, g: t.trash.purge(s, i, name=NAME), CHANGE, OWNER, "secret.purge", trashed=True
    ),
}  # fmt: skip
# Not by level alone: an owner of the secret or an admin of the group.
WITHDRAWING: dict[str, Case] = {
    "Sharing.withdrawable": Case(lambda t, s, i, g: t.sharing.withdrawable(s, i, group=g), USE, OWNER),
    "Sharing.withdraw": Case(lambda t, s, i, g: t.sharing.withdraw(s, i, group=g), USE, OWNER, "secret.withdraw"),
}
ABOUT_NO_SECRET = {"Vault.kind", "Vault.create", "Trash.listed", "Trash.count", "Overview.page"}
OF_WHAT_WAS_GIVEN_OUT = {"Activity.latest_of", "Activity.changes", "Trash.barred"}
FOR_THE_MACHINE = {"Trash.ends", "Trash.is_over", "Trash.collect", "Trash.lease"}

every_case = pytest.mark.parametrize("name", [*CASES, *WITHDRAWING])
levelled = pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.least > VIEWER])


@dataclass(frozen=True)
class Scene:
    """A secret in its second version, published in a team, and people of each level."""

    town: Town
    secret: UUID
    group: UUID
    levels: tuple[Subject, Subject, Subject]
    stranger: Subject


@pytest.fixture(scope="module")
def standing(town: Town) -> Scene:
    """A scene that only refusals are tried on: it stays as it is."""
    return a_scene(town)


def a_scene(town: Town) -> Scene:
    team = town.group("Team").id
    owner = town.person("owner", groups={team: "member"})
    editor, viewer, stranger = town.person("editor"), town.person("viewer"), town.person("stranger")
    secret = town.keep(a_login(name=NAME, username="before", password=PASSWORD), owner=owner)
    with town.unit():
        town.vault.change(owner, secret, seen=1, values=shown(), cleared=frozenset())
    town.share(secret, owner=owner, to=editor, level="editor")
    town.share(secret, owner=owner, to=viewer)
    town.publish(secret, owner=owner, group=team)
    return Scene(town, secret, team, (viewer, editor, owner), stranger)


def stored(town: Town, secret: UUID) -> list[Any]:
    """Return what would differ if a refusal had changed anything."""
    counts = ", ".join(f'(SELECT count(*) FROM "{table}")' for table in ("audit", "version", "access", "publication"))
    return [town.head(secret), *town.sql(f"SELECT {counts}")]


def refused(scene: Scene, name: str, by: Subject, *, secret: UUID | None = None) -> TresorError:
    """Return the refusal; fail if it tells anything, or if anything was stored."""
    town, case = scene.town, (CASES | WITHDRAWING)[name]
    before = stored(town, scene.secret)
    with pytest.raises(Refused) as refusal, town.unit():
        case.call(town, by, secret or scene.secret, scene.group)
    told = f"{refusal.value!r} {refusal.value} {refusal.value.__dict__}"
    assert [each for each in (NAME, USERNAME, PASSWORD, "Team") if each in told] == []
    assert stored(town, scene.secret) == before
    return refusal.value


def test_every_use_case_is_in_one_of_these_tables() -> None:
    public = {
        f"{kind.__name__}.{name}"
        for kind in (Vault, Sharing, Trash, Overview, Activity)
        for name, _ in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }
    assert public == {*CASES, *WITHDRAWING, *ABOUT_NO_SECRET, *OF_WHAT_WAS_GIVEN_OUT, *FOR_THE_MACHINE}


@every_case
def test_who_lacks_the_permission_is_told_nothing_about_the_secret(standing: Scene, name: str) -> None:
    case = (CASES | WITHDRAWING)[name]
    owner = standing.levels[OWNER]
    less = replace(owner, permissions=owner.permissions - {case.permission})
    theirs, unknown = refused(standing, name, less), refused(standing, name, less, secret=uuid4())
    assert (type(theirs), theirs.object_id, theirs.args) == (Forbidden, None, unknown.args)
    assert (type(unknown), unknown.object_id, unknown.action) == (Forbidden, None, theirs.action)


@every_case
def test_a_stranger_is_refused_as_if_the_secret_did_not_exist(standing: Scene, name: str) -> None:
    theirs = refused(standing, name, standing.stranger)
    nobodys = refused(standing, name, standing.stranger, secret=uuid4())
    assert (type(theirs), theirs.object_id) == (Refused, standing.secret)
    assert (type(nobodys), nobodys.args, nobodys.action) == (Refused, theirs.args, theirs.action)
    assert theirs.action.startswith("secret.")


@levelled
def test_who_sees_it_without_the_level_is_forbidden(standing: Scene, name: str) -> None:
    if CASES[name].trashed:
        return
    for level in range(CASES[name].least):
        assert type(refused(standing, name, standing.levels[level])) is Forbidden


@every_case
def test_what_is_in_the_trash_is_nowhere_else_and_there_for_owners_alone(town: Town, name: str) -> None:
    case = (CASES | WITHDRAWING)[name]
    scene = a_scene(town)
    if not case.trashed:
        with town.unit():
            town.trash.delete(scene.levels[OWNER], scene.secret)
        assert {type(refused(scene, name, each)) for each in scene.levels} == {Refused}
        return
    assert {type(refused(scene, name, each)) for each in scene.levels} == {Refused}
    with town.unit():
        town.trash.delete(scene.levels[OWNER], scene.secret)
    assert {type(refused(scene, name, each)) for each in scene.levels[:OWNER]} == {Refused}


@every_case
def test_who_may_is_answered_and_what_was_done_is_recorded_without_names_or_values(town: Town, name: str) -> None:
    case = (CASES | WITHDRAWING)[name]
    scene = a_scene(town)
    if case.trashed:
        with town.unit():
            town.trash.delete(scene.levels[OWNER], scene.secret)
    before = len(town.events())
    by = scene.levels[case.least]
    with town.unit():
        case.call(town, by, scene.secret, scene.group)
    events = town.events()[before:]
    expected = [(case.event, by.id, scene.secret)] if case.event else []
    assert [(each["action"], each["subject"], each["object_id"]) for each in events] == expected
    told = repr(events)
    assert [each for each in (NAME, USERNAME, PASSWORD) if each in told] == []


def test_who_may_not_create_is_told_before_anything_is_looked_at(town: Town) -> None:
    person = town.person("anna")
    less = replace(person, permissions=person.permissions - {CREATE})
    for type_id in ("login", "no-such-type"):
        with pytest.raises(Forbidden) as refusal, town.unit():
            town.vault.create(less, type_id, values=shown(password=PASSWORD))
        assert (type(refusal.value), refusal.value.action) == (Forbidden, "secret.create")


def test_who_may_not_use_secrets_has_no_list_and_no_trash(town: Town) -> None:
    person = town.person("anna")
    less = replace(person, permissions=person.permissions - {USE})
    looks: list[Callable[[], Any]] = [
        lambda: town.cfg.get(Overview).page(less, Wanted()),
        lambda: town.trash.listed(less),
        lambda: town.trash.count(less),
    ]
    for look in looks:
        with pytest.raises(Forbidden), town.unit():
            look()


def test_who_may_share_and_not_publish_changes_no_group(town: Town) -> None:
    scene = a_scene(town)
    owner = scene.levels[OWNER]
    less = replace(owner, permissions=owner.permissions - {PUBLISH})
    with pytest.raises(Forbidden) as refusal:
        save(town, less, scene.secret, Wishes(shown=frozenset({scene.group})))
    assert refusal.value.action == PUBLISH
    assert town.head(scene.secret).is_published_in(scene.group)
    save(town, less, scene.secret, Wishes(add=scene.stranger.email))
    assert town.head(scene.secret).grant(scene.stranger.id, town.clock()) is not None


def test_a_refusal_of_a_request_is_recorded_and_its_page_tells_nothing(town: Town) -> None:
    scene = a_scene(town)
    browser = town.client(scene.stranger)
    for path, action in ((f"/vault/{scene.secret}", "secret.open"), (f"/vault/{scene.secret}/edit", "secret.change")):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert [each for each in (NAME, USERNAME, PASSWORD) if each in answer.text] == []
        assert town.told(scene.secret)[-1] == (action, scene.stranger.id)
        assert town.events()[-1]["detail"] == {"outcome": "refused"}

"""The vault's main use cases: create, open, change, reveal, copy, history."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.blobs.store import BlobInfo, BlobStore
from app.credentials import Credentials
from app.credentials.values import InvalidValues, to_plain
from app.errors import Damaged, Forbidden, Invalid, Refused, Unavailable
from app.subject import SYSTEM, Subject
from app.vault.heads import Heads
from app.vault.listing import Overview, Wanted
from app.vault.policy import Level
from app.vault.safe import Safe
from app.vault.service import Blank, Stale
from app.vault.sharing import Wishes
from tests.builders import World, a_jira, a_login, an_smtp, build_world
from tests.vault.conftest import Town

KEEP: frozenset[str] = frozenset()


def login(**changes: object) -> dict[str, object]:
    """Return what an edit form posts for `a_login()`: the public values, and nothing secret."""
    return {**to_plain(a_login()), "password": "", **changes}


def edit(
    town: World, by: Subject, secret: UUID, *, seen: int = 1, cleared: frozenset[str] = KEEP, **changes: object
) -> None:
    with town.unit():
        town.vault.change(by, secret, seen=seen, values=login(**changes), cleared=cleared)


def stored(town: Town, by: Subject, secret: UUID) -> dict[str, Any]:
    with town.unit():
        credentials = town.vault.open(by, secret).credentials
    assert credentials is not None
    return dict(to_plain(credentials))


def plain(credentials: Credentials | None) -> dict[str, Any] | None:
    return None if credentials is None else dict(to_plain(credentials))


def blobs(town: World) -> set[str]:
    return {info.name for info in town.store.list()}


@dataclass
class Meanwhile:
    """A store in front of which something happens once, in another request, while a blob is being stored."""

    store: BlobStore
    happens: Callable[[], None]

    def put(self, name: str, data: bytes) -> None:
        happens, self.happens = self.happens, lambda: None
        contextvars.Context().run(happens)
        self.store.put(name, data)

    def get(self, name: str) -> bytes:
        return self.store.get(name)

    def delete(self, name: str) -> None:
        self.store.delete(name)

    def list(self) -> Iterator[BlobInfo]:
        return self.store.list()

    def check(self) -> None:
        self.store.check()


def down() -> None:
    raise Unavailable("full")


# ── create ──


def test_a_new_secret_is_its_makers_alone(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(name="Portal", username="anna"), owner=anna)
    head = town.head(secret)
    assert (head.name, head.summary, head.type, head.version, head.revision) == ("Portal", "anna", "login", 1, 1)
    assert [(grant.user, grant.level, grant.until) for grant in head.access] == [(anna.id, Level.OWNER, None)]
    assert head.publications == ()
    [event] = [each for each in town.events("secret.create") if each["object_id"] == secret]
    assert (event["subject"], event["detail"]) == (anna.id, {"type": "login", "version": "1"})


def test_a_type_that_needs_a_group_is_published_there_from_the_start(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(), owner=anna)
    assert [(each.group, each.by) for each in town.head(secret).publications] == [(SYSTEM, anna.id)]


def test_who_is_not_in_the_group_is_forbidden_its_type_with_the_reason(town: Town) -> None:
    ben = town.person("ben")
    for act in (
        lambda: town.vault.kind(ben, "smtp"),
        lambda: town.vault.create(ben, "smtp", values=to_plain(an_smtp())),
    ):
        with pytest.raises(Forbidden) as refusal, town.unit():
            act()
        assert str(refusal.value) == "This type needs membership of the system group. Ask an administrator."


def test_an_unknown_type_is_refused(town: Town) -> None:
    anna = town.person("anna")
    with pytest.raises(Refused) as refusal, town.unit():
        town.vault.create(anna, "no-such-type", values={})
    assert type(refusal.value) is Refused


@pytest.mark.parametrize("values", [{}, {"name": "My scrap"}, {"name": "", "text": "", "count": 1}])
def test_what_is_empty_or_still_at_its_defaults_is_not_kept(town: Town, values: dict[str, object]) -> None:
    anna, before = town.person("anna"), blobs(town)
    with pytest.raises(Invalid), town.unit():
        town.vault.create(anna, "scrap", values=values)
    assert (blobs(town), list_of(town, anna)) == (before, [])


def test_a_blank_secret_says_that_there_is_nothing_to_keep(town: Town) -> None:
    anna = town.person("anna")
    with pytest.raises(Blank) as refusal, town.unit():
        town.vault.create(anna, "scrap", values={"name": "My scrap", "count": "1"})
    assert str(refusal.value) == "Fill in at least one field: there is nothing to keep yet."
    with town.unit():
        made = town.vault.create(anna, "scrap", values={"name": "My scrap", "count": "2"})
    with pytest.raises(Blank), town.unit():
        values = {"name": "My scrap", "count": "1"}
        town.vault.change(anna, made, seen=1, values=values, cleared=KEEP)
    assert town.head(made).version == 1


def test_invalid_values_are_refused_by_field_and_nothing_is_stored(town: Town) -> None:
    anna, before = town.person("anna"), blobs(town)
    with pytest.raises(InvalidValues) as refusal, town.unit():
        town.vault.create(anna, "jira", values={"email": "marked nonsense", "token": "marked-token"})
    assert set(refusal.value.errors) == {"email"}
    assert "marked" not in f"{refusal.value} {refusal.value.errors}"
    assert (blobs(town), list_of(town, anna)) == (before, [])


def list_of(town: Town, person: Subject) -> list[str]:
    with town.unit():
        return [row.name for row in town.cfg.get(Overview).page(person, Wanted()).rows]


def test_a_second_create_with_the_same_once_answers_with_the_first_secret(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    made = []
    for person, once in ((anna, "r1"), (anna, "r1"), (ben, "r1"), (anna, "r2"), (anna, ""), (anna, "")):
        with town.unit():
            made.append(town.vault.create(person, "login", values=to_plain(a_login()), once=once))
    assert made[0] == made[1]
    assert len(set(made)) == 5
    assert list_of(town, anna) == ["Travel portal"] * 4


def test_two_creates_at_once_with_the_same_once_make_one_secret(town: Town) -> None:
    anna, together, made = town.person("anna"), threading.Barrier(4), []

    def create() -> None:
        together.wait(20)
        with town.unit():
            made.append(town.vault.create(anna, "login", values=to_plain(a_login()), once="double click"))

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 4
    assert len(set(made)) == 1
    assert list_of(town, anna) == ["Travel portal"]


def test_a_store_that_is_down_leaves_no_trace_of_a_new_secret(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = town.person("anna")
    events = len(town.events())
    monkeypatch.setattr(town.cfg.get(Safe), "store", Meanwhile(town.store, down))
    with pytest.raises(Unavailable), town.unit():
        town.vault.create(anna, "login", values=to_plain(a_login()))
    assert (list_of(town, anna), len(town.events())) == ([], events)


# ── open, reveal, copy ──


def test_a_viewer_opens_and_reveals_and_each_value_seen_is_one_event(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(password="pw-9001"), owner=anna)
    town.share(secret, owner=anna, to=ben)
    with town.unit():
        assert town.vault.open(ben, secret).level is Level.VIEWER
        assert town.vault.reveal(ben, secret, field="password") == "pw-9001"
        assert town.vault.copy(ben, secret, field="password") == "pw-9001"
    events = [each for each in town.events() if each["object_id"] == secret][2:]
    assert [(each["action"], each["subject"], each["detail"]) for each in events] == [
        ("secret.reveal", ben.id, {"field": "password", "version": "1"}),
        ("secret.copy", ben.id, {"field": "password", "version": "1"}),
    ]


@pytest.mark.parametrize("field", ["username", "name", "no_such", "", "__class__", "password "])
def test_only_a_secret_style_field_is_revealed(town: Town, field: str) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    events = len(town.events())
    for look in (town.vault.reveal, town.vault.copy):
        with pytest.raises(Refused), town.unit():
            look(anna, secret, field=field)
    assert len(town.events()) == events


def test_a_value_whose_event_cannot_be_stored_is_not_given_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    browser = town.client(anna)
    token = browser.token()
    monkeypatch.setattr(town.trail, "head", lambda: down())
    answer = browser.post(f"/vault/{secret}/fields/password/copy", csrf_token=token)
    assert answer.status_code == 503
    assert "pw-4712" not in answer.text


def test_damaged_values_open_as_damaged_and_are_not_revealed(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(name="Portal"), owner=anna)
    [row] = [each for each in town.rows("version") if str(each["secret"]).replace("-", "") == secret.hex]
    town.store.delete(row["blob"])
    with town.unit():
        opened = town.vault.open(anna, secret)
    assert (opened.credentials, opened.trouble, opened.head.name) == (None, "damaged", "Portal")
    for act in (
        lambda: town.vault.reveal(anna, secret, field="password"),
        lambda: town.vault.editable(anna, secret),
    ):
        with pytest.raises(Damaged), town.unit():
            act()
    assert [each for each in town.told(secret) if each[0] == "secret.reveal"] == []
    with town.unit():
        town.trash.delete(anna, secret)


def test_a_secret_whose_type_is_gone_is_listed_as_missing_and_can_be_deleted(
    town: Town, town_url: tuple[str, Path]
) -> None:
    anna = town.person("anna")
    with town.unit():
        secret = town.vault.create(anna, "scrap", values={"name": "Old", "text": "kept"})
    without = build_world(town_url[1], {"TRESOR_DATABASE_URL": town_url[0]})
    with without.unit():
        assert [row.name for row in without.cfg.get(Overview).page(anna, Wanted()).rows] == ["Old"]
        opened = without.vault.open(anna, secret)
        assert (opened.credentials, opened.trouble) == (None, "missing")
        without.trash.delete(anna, secret)
        without.trash.restore(anna, secret)
    without.cfg.unit.engine.dispose()
    with town.unit():
        assert town.vault.reveal(anna, secret, field="text") == "kept"


# ── edit ──


def test_an_edit_is_a_new_version_and_says_which_fields_changed(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    town.clock.goes_on(hours=1)
    edit(town, anna, secret, name="New name", password="new-pw")
    head = town.head(secret)
    assert (head.version, head.name, head.changed_at) == (2, "New name", town.clock())
    assert town.events("secret.change")[-1]["detail"] == {"fields": "name,password", "version": "2"}
    assert stored(town, anna, secret) == {**to_plain(a_login()), "name": "New name", "password": "new-pw"}


def test_a_blank_secret_field_keeps_its_value_and_clear_empties_it(town: Town) -> None:
    anna = town.person("anna")
    with town.unit():
        secret = town.vault.create(anna, "scrap", values={"name": "Scrap", "text": "kept"})
    values = {"name": "Renamed", "text": "", "count": "1"}
    with town.unit():
        town.vault.change(anna, secret, seen=1, values=values, cleared=KEEP)
        assert town.vault.reveal(anna, secret, field="text") == "kept"
    with town.unit():
        town.vault.change(anna, secret, seen=2, values=values, cleared=frozenset({"text"}))
        assert town.vault.reveal(anna, secret, field="text") == ""


def test_a_changed_destination_asks_for_the_secret_again(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    portal, mail = town.keep(a_login(), owner=anna), town.keep(an_smtp(), owner=anna)
    elsewhere = "https://elsewhere.example.org"
    with pytest.raises(InvalidValues) as refusal:
        edit(town, anna, portal, website=elsewhere)
    assert refusal.value.errors == {"password": "Enter the password again, because the server changed"}
    for changes in ({"host": "mail.example.org"}, {"port": "465"}, {"encryption": "none"}):
        values = {**to_plain(an_smtp()), "password": "", **changes}
        with pytest.raises(InvalidValues) as refusal, town.unit():
            town.vault.change(anna, mail, seen=1, values=values, cleared=KEEP)
        assert set(refusal.value.errors) == {"password"}
    assert (town.head(portal).version, town.head(mail).version) == (1, 1)
    edit(town, anna, portal, website=elsewhere, password="typed again")
    assert (stored(town, anna, portal)["website"], town.head(portal).version) == (elsewhere, 2)


def test_an_edit_that_changes_nothing_stores_nothing(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    before = town.head(secret), blobs(town), len(town.events())
    edit(town, anna, secret)
    edit(town, anna, secret, password="pw-4712")
    assert (town.head(secret), blobs(town), len(town.events())) == before


@pytest.mark.parametrize("seen", [0, 1, 3, -1])
def test_an_edit_of_another_version_overwrites_nothing_and_brings_what_is_stored(town: Town, seen: int) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    edit(town, ben, secret, username="of ben")
    with pytest.raises(Stale) as conflict:
        edit(town, anna, secret, seen=seen, username="of anna")
    current = conflict.value.current
    assert (current.head.version, getattr(current.credentials, "username", None)) == (2, "of ben")
    assert (conflict.value.version.author, conflict.value.version.number) == (ben.id, 2)
    assert stored(town, anna, secret)["username"] == "of ben"


def test_an_edit_sent_twice_is_stored_once_and_is_no_conflict(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    for _time in range(2):
        edit(town, anna, secret, website="https://new.example.org", password="pw-4713")
    assert (town.head(secret).version, stored(town, anna, secret)["password"]) == (2, "pw-4713")
    assert [action for action, _by in town.told(secret)].count("secret.change") == 1


def test_two_people_who_typed_the_same_meet_no_conflict(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    edit(town, ben, secret, username="of both", password="pw-4714")
    edit(town, anna, secret, username="of both")  # a blank password keeps what is stored, and that is Ben's
    edit(town, anna, secret, username="of both", password="pw-4714")
    assert (town.head(secret).version, stored(town, anna, secret)["password"]) == (2, "pw-4714")


@pytest.mark.parametrize(
    "mine",
    [
        {"username": "of anna"},
        {"username": "of ben", "password": "pw-of-anna"},
        {"username": "of ben", "website": ""},
        {"username": "of ben", "website": "no address"},
    ],
)
def test_an_edit_of_another_version_that_says_anything_else_is_a_conflict(town: Town, mine: dict[str, str]) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    edit(town, ben, secret, username="of ben", password="pw-of-ben")
    with pytest.raises(Stale):
        edit(town, anna, secret, **mine)
    assert (town.head(secret).version, stored(town, anna, secret)["password"]) == (2, "pw-of-ben")


def test_emptying_what_somebody_else_changed_is_a_conflict(town: Town) -> None:
    anna = town.person("anna")
    secret = keep_scrap(town, anna, text="old")
    with town.unit():
        town.vault.change(anna, secret, seen=1, values={"name": "Scrap", "text": "new"}, cleared=KEEP)
    with pytest.raises(Stale), town.unit():
        town.vault.change(anna, secret, seen=1, values={"name": "Scrap"}, cleared=frozenset({"text"}))
    assert stored(town, anna, secret)["text"] == "new"


def keep_scrap(town: Town, owner: Subject, *, text: str) -> UUID:
    with town.unit():
        return town.vault.create(owner, "scrap", values={"name": "Scrap", "text": text})


def test_the_same_edit_twice_at_once_is_stored_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    values = login(username="twice", password="pw-4715")
    meanwhile(town, monkeypatch, lambda: town.vault.change(anna, secret, seen=1, values=values, cleared=KEEP))
    with town.unit():
        town.vault.change(anna, secret, seen=1, values=values, cleared=KEEP)
    assert (town.head(secret).version, stored(town, anna, secret)["password"]) == (2, "pw-4715")


def meanwhile(town: Town, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let something happen in another request after an edit was allowed and before it is stored."""

    def happens() -> None:
        with town.unit():
            act()

    monkeypatch.setattr(town.cfg.get(Safe), "store", Meanwhile(town.store, happens))


def test_two_edits_that_each_pass_the_check_alone_do_not_both_store(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    values = login(username="of ben")
    meanwhile(town, monkeypatch, lambda: town.vault.change(ben, secret, seen=1, values=values, cleared=KEEP))
    with pytest.raises(Stale) as conflict:
        edit(town, anna, secret, username="of anna")
    assert getattr(conflict.value.current.credentials, "username", None) == "of ben"
    assert (town.head(secret).version, stored(town, anna, secret)["username"]) == (2, "of ben")


def test_who_loses_access_while_an_edit_is_on_its_way_stores_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    revision = town.head(secret).revision
    wishes = Wishes(levels={ben.id: None})
    meanwhile(town, monkeypatch, lambda: town.sharing.save(anna, secret, revision=revision, wishes=wishes))
    with pytest.raises(Refused):
        edit(town, ben, secret, username="of ben")
    assert stored(town, anna, secret)["username"] == "anna"


def test_a_secret_deleted_while_an_edit_is_on_its_way_stays_as_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    meanwhile(town, monkeypatch, lambda: town.trash.delete(anna, secret))
    with pytest.raises(Refused):
        edit(town, anna, secret, username="too late")
    assert town.head(secret).version == 1


def test_a_store_that_is_down_leaves_the_stored_version(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    monkeypatch.setattr(town.cfg.get(Safe), "store", Meanwhile(town.store, down))
    with pytest.raises(Unavailable):
        edit(town, anna, secret, username="never")
    assert (town.head(secret).version, stored(town, anna, secret)["username"]) == (1, "anna")


# ── history ──


def test_versions_say_who_and_when_newest_first_and_viewers_see_none(town: Town) -> None:
    anna, ben, cleo = (town.person(name) for name in ("anna", "ben", "cleo"))
    secret, first = town.keep(a_login(), owner=anna), town.clock()
    town.share(secret, owner=anna, to=ben, level="editor")
    town.share(secret, owner=anna, to=cleo)
    town.clock.goes_on(hours=1)
    edit(town, ben, secret, username="second")
    with town.unit():
        versions = town.vault.versions(anna, secret)
    assert [(each.number, each.author, each.time) for each in versions] == [
        (2, ben.id, town.clock()),
        (1, anna.id, first),
    ]
    with pytest.raises(Forbidden), town.unit():
        town.vault.versions(cleo, secret)


def test_an_older_version_is_restored_as_a_new_one_and_its_secret_fields_are_recorded(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_jira(token="first-token", site="https://one.example.org"), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    first = stored(town, anna, secret)
    with town.unit():
        values = {**first, "site": "https://two.example.org", "token": "second-token", "name": "Renamed"}
        town.vault.change(anna, secret, seen=1, values=values, cleared=KEEP)
    with town.unit():
        town.vault.restore_version(ben, secret, number=1, seen=2)
    assert (town.head(secret).version, town.head(secret).name) == (3, "Release board")
    assert stored(town, anna, secret) == first
    assert town.events("secret.restore-version")[-1]["detail"] == {
        "restored": "1",
        "fields": "token",
        "version": "3",
    }
    with town.unit():
        assert [each.number for each in town.vault.versions(anna, secret)] == [3, 2, 1]
        compared = town.vault.compare(anna, secret, older=2, newer=3)
    assert (plain(compared.before), plain(compared.after)) == (values, first)


@pytest.mark.parametrize("number", [0, -1, 2, 2**40])
def test_a_version_that_never_was_is_refused(town: Town, number: int) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    for act in (
        lambda: town.vault.compare(anna, secret, older=number),
        lambda: town.vault.compare(anna, secret, newer=number),
        lambda: town.vault.restorable(anna, secret, number=number),
        lambda: town.vault.restore_version(anna, secret, number=number, seen=1),
    ):
        with pytest.raises(Refused), town.unit():
            act()


def test_the_current_version_is_not_restored(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    with pytest.raises(Invalid), town.unit():
        town.vault.restore_version(anna, secret, number=1, seen=1)
    assert town.head(secret).version == 1


# ── the safe ──


def test_no_blob_is_stored_while_a_transaction_is_open(town: Town) -> None:
    anna, before = town.person("anna"), blobs(town)
    with pytest.raises(RuntimeError), town.unit(), town.cfg.unit.writing():
        town.vault.create(anna, "login", values=to_plain(a_login()))
    assert blobs(town) == before


def test_each_version_has_a_blob_a_name_and_a_key_of_its_own(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    edit(town, anna, secret, username="second")
    edit(town, anna, secret, seen=2, username="anna")
    rows = [each for each in town.rows("version") if str(each["secret"]).replace("-", "") == secret.hex]
    for column in ("id", "blob", "sha256", "wrapped"):
        assert len({bytes(str(row[column]), "utf-8") for row in rows}) == 3
    assert {len(town.store.get(row["blob"])) for row in rows} == {rows[0]["size"]}


def test_the_loader_for_pages_gives_out_nothing_of_others(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    with town.unit():
        head = town.cfg.get(Heads).load(secret)
    assert head is not None
    assert (head.grant(anna.id, town.clock()) is None, head.grant(ben.id, town.clock())) == (False, None)


def test_what_was_seen_is_stored_whatever_becomes_of_its_page(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    with pytest.raises(ZeroDivisionError), town.unit():
        town.vault.reveal(anna, secret, field="password")
        raise ZeroDivisionError
    assert len([each for each in town.events("secret.reveal") if each["object_id"] == secret]) == 1

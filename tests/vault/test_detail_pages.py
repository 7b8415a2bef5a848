"""A secret's page by level, its versions compared and restored, and what a damaged one still offers."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from app.credentials.values import to_plain
from app.subject import SYSTEM, Subject
from app.users.preferences import Preferences
from app.vault.service import Stale
from tests.builders import Client, a_login, an_smtp
from tests.vault.conftest import Town

KEEP: frozenset[str] = frozenset()
DIALOG = {
    "HX-Request": "true",
    "HX-Request-Type": "partial",
    "HX-Source": "form#sheet-form",
    "HX-Target": "section",
    "HX-Current-URL": "/vault",
}
TOAST = {**DIALOG, "HX-Source": "form", "HX-Target": "form"}


def edit(town: Town, by: Subject, secret: UUID, *, seen: int, **changes: object) -> None:
    values = {**to_plain(a_login()), "password": "", **changes}
    with town.unit():
        town.vault.change(by, secret, seen=seen, values=values, cleared=KEEP)


def three_versions(town: Town) -> tuple[Subject, UUID]:
    anna = town.person("anna")
    secret = town.keep(a_login(username="first", password="pw-1"), owner=anna)
    edit(town, anna, secret, seen=1, username="second", password="pw-2")
    edit(town, anna, secret, seen=2, username="third", password="pw-3")
    return anna, secret


def restores(browser: Client, secret: UUID, number: int, **how: object) -> TestResponse:
    return browser.post(f"/vault/{secret}/versions/{number}/restore", **how)  # type: ignore[arg-type]


def value(town: Town, by: Subject, secret: UUID) -> tuple[int, str, str]:
    with town.unit():
        opened = town.vault.open(by, secret)
        return opened.head.version, opened.opened.username, opened.opened.password  # type: ignore[attr-defined]


def damaged(town: Town, secret: UUID, *numbers: int) -> None:
    """Take away the stored values of these versions."""
    for row in town.rows("version"):
        if str(row["secret"]).replace("-", "") == secret.hex and row["number"] in numbers:
            town.store.delete(row["blob"])


# ── comparing ──


def test_two_versions_are_compared_without_a_secret_value(town: Town) -> None:
    anna, secret = three_versions(town)
    page = town.client(anna).get(f"/vault/{secret}/compare?older=1&newer=3").text
    assert re.findall(r"<t[hd][^>]*>(?:<span class=\"muted\">)?([^<]+)", page[page.index("<tbody") :]) == [
        "User name", "first", "third", "Password", "hidden", "changed",
    ]  # fmt: skip
    assert [word for word in ("pw-1", "pw-2", "pw-3") if word in page] == []


def test_the_older_version_stands_first_however_they_are_asked_for(town: Town) -> None:
    anna, secret = three_versions(town)
    with town.unit():
        asked = [{"older": 3, "newer": 1}, {"newer": 3}, {"older": 1}, {}]
        found = [town.vault.compare(anna, secret, **each) for each in asked]
    assert [(each.older.number, each.newer.number) for each in found] == [(1, 3), (2, 3), (1, 3), (2, 3)]


def test_a_version_that_does_not_open_is_named_and_nothing_is_compared(town: Town) -> None:
    anna, secret = three_versions(town)
    damaged(town, secret, 2)
    answer = town.client(anna).get(f"/vault/{secret}/compare?older=2&newer=3")
    assert answer.status_code == 200
    assert "Version 2 cannot be opened, so there is nothing to compare." in answer.text
    assert "<table" not in answer.text


def test_versions_have_pages_of_twenty(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    for number in range(1, 23):
        edit(town, anna, secret, seen=number, username=f"user {number}")
    browser = town.client(anna)
    pages = [browser.get(f"/vault/{secret}/history{query}").text for query in ("", "?page=2", "?page=9")]
    numbers = [[int(each) for each in re.findall(r"Version (\d+)(?:, current)?<", page)] for page in pages]
    assert (numbers[0], numbers[1]) == (list(range(23, 3, -1)), [3, 2, 1])
    assert numbers[2] == numbers[1]
    assert "1 to 20 of 23" in pages[0]
    shown = browser.get(f"/vault/{secret}").text
    assert [int(each) for each in re.findall(r"Version (\d+)(?:, current)?<", shown)] == [23, 22, 21, 20, 19]
    assert "All 23 versions" in shown


# ── restoring ──


def test_a_version_is_restored_after_a_question_that_names_what_changes(town: Town) -> None:
    anna, secret = three_versions(town)
    browser = town.client(anna)
    page = browser.get(f"/vault/{secret}/versions/1/restore").text
    assert "It is stored as version 4. Nothing is overwritten: version 3 stays in the history." in page
    assert ("third" in page, "first" in page, "pw-" in page) == (True, True, False)
    answer = restores(browser, secret, 1, version="3")
    assert answer.status_code == 303
    assert value(town, anna, secret) == (4, "first", "pw-1")
    shown = browser.get(answer.headers["Location"]).text
    assert "Version 1 restored by you" in shown
    undo = re.search(r'action="([^"]+)"[^>]*>.*?name="version" value="(\d+)"', shown)
    assert undo is not None
    assert undo.groups() == (f"/vault/{secret}/versions/3/restore", "4")
    assert browser.post(undo[1], version=undo[2]).status_code == 303
    assert value(town, anna, secret) == (5, "third", "pw-3")


def test_restoring_from_a_page_that_somebody_overtook_overwrites_nothing(town: Town) -> None:
    anna, secret = three_versions(town)
    ben = town.person("ben")
    town.share(secret, owner=anna, to=ben, level="editor")
    edit(town, ben, secret, seen=3, username="of ben")
    town.clock.goes_on(minutes=5)
    browser = town.client(anna)
    answer = restores(browser, secret, 1, version="3")
    assert answer.status_code == 409
    assert f"{ben.name} changed this 5 minutes ago." in answer.text
    assert "version 4 is the current one now" in answer.text
    assert 'name="version" value="4"' in answer.text
    assert value(town, anna, secret)[:2] == (4, "of ben")
    assert restores(browser, secret, 1, version="4").status_code == 303
    assert value(town, anna, secret)[:2] == (5, "first")


def test_an_undo_that_comes_too_late_says_so_as_a_toast(town: Town) -> None:
    anna, secret = three_versions(town)
    browser = town.client(anna)
    assert restores(browser, secret, 1, version="3").status_code == 303
    edit(town, anna, secret, seen=4, username="newer")
    answer = restores(browser, secret, 3, version="4", headers=TOAST)
    assert (answer.status_code, answer.text.count("<hx-partial")) == (409, 1)
    assert 'hx-target="#toasts"' in answer.text
    assert "Somebody changed it meanwhile. Nothing was stored" in answer.text
    assert value(town, anna, secret)[:2] == (5, "newer")


def test_two_restore_at_once_and_one_of_them_is_told(town: Town) -> None:
    anna, secret = three_versions(town)
    with town.unit():
        town.vault.restore_version(anna, secret, number=1, seen=3)
    with pytest.raises(Stale) as stale, town.unit():
        town.vault.restore_version(anna, secret, number=2, seen=3)
    assert (stale.value.version.number, stale.value.current.head.version) == (4, 4)


@pytest.mark.parametrize("version", ["", "x", "-1", "²", "9" * 20, None])
def test_a_restore_that_does_not_say_what_it_saw_is_refused(town: Town, version: str | None) -> None:
    anna, secret = three_versions(town)
    assert restores(town.client(anna), secret, 1, version=version).status_code == 422
    assert value(town, anna, secret)[0] == 3


# ── damaged, or of a type that is missing ──


def test_a_damaged_secret_offers_the_newest_earlier_version_that_opens(town: Town) -> None:
    anna, secret = three_versions(town)
    damaged(town, secret, 2, 3)
    browser = town.client(anna)
    page = browser.get(f"/vault/{secret}").text
    assert "Version 1 is intact." in page
    assert "as damaged as it is" in page
    assert restores(browser, secret, 1, version="3").status_code == 303
    assert value(town, anna, secret) == (4, "first", "pw-1")
    assert "This secret cannot be opened" not in browser.get(f"/vault/{secret}").text


def test_a_damaged_secret_without_an_intact_version_says_so(town: Town) -> None:
    anna, secret = three_versions(town)
    damaged(town, secret, 1, 2, 3)
    page = town.client(anna).get(f"/vault/{secret}").text
    assert "No earlier version is intact." in page
    assert "/edit" not in page


# ── what each level sees ──


def test_a_viewer_sees_the_owners_and_themselves_and_nothing_of_the_others(town: Town) -> None:
    anna, ben, cleo = town.person("anna"), town.person("ben"), town.person("cleo")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, until=town.clock() + timedelta(days=30))
    town.share(secret, owner=anna, to=cleo, level="editor")
    page = town.client(ben).get(f"/vault/{secret}").text
    assert f"Owned by {anna.name}. You can view: you can read and copy the values." in page
    assert f"Every time is recorded, and {anna.first_name} can see it." in page
    assert (anna.name in page, cleo.name in page, "until " in page) == (True, False, True)
    assert [part for part in ("/history", "/activity", "/edit", "/sharing", "/delete") if part in page] == []


def test_an_editor_sees_everybody_and_changes_the_values_alone(town: Town) -> None:
    anna, ben, cleo = town.person("anna"), town.person("ben"), town.person("cleo")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    town.share(secret, owner=anna, to=cleo)
    page = town.client(ben).get(f"/vault/{secret}").text
    assert f"Owned by {anna.name}. You can edit: you can change the values, but not who has them." in page
    assert [each.name in page for each in (anna, cleo)] == [True, True]
    assert [part in page for part in ("/edit", "/activity", "/sharing", "/delete")] == [True, True, False, False]


def test_an_owner_who_left_the_group_is_told_what_is_left_to_do(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(), owner=anna)
    with town.unit():
        plain = {**to_plain(an_smtp()), "password": "", "name": "Renamed"}
        town.vault.change(anna, secret, seen=1, values=plain, cleared=KEEP)
    anna = town.leaves(anna, SYSTEM)
    page = town.client(anna).get(f"/vault/{secret}").text
    assert "You can still open it, withdraw it and delete it, but not change it." in page
    assert [part in page for part in ("/edit", "/restore", "/compare", "/sharing", "/delete")] == [
        False, False, True, True, True,
    ]  # fmt: skip


def test_a_long_list_of_people_is_cut_with_the_way_to_all(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    others = [town.person("p") for _ in range(8)]
    for other in others:
        town.share(secret, owner=anna, to=other, level="editor")
    page = town.client(anna).get(f"/vault/{secret}").text
    assert (page.count('class="avatar'), "and 3 more people" in page) == (5 + 1, True)
    assert re.search(r'<a id="more-people" href="[^"]+/sharing" data-dialog>', page)
    editors = town.client(others[0]).get(f"/vault/{secret}").text
    assert ("and 4 more people" in editors, "/sharing" in editors) == (True, False)


def test_whose_access_has_ended_loses_nothing_more(town: Town) -> None:
    anna, ben, cleo = town.person("anna"), town.person("ben"), town.person("cleo")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben)
    town.share(secret, owner=anna, to=cleo, until=town.clock() + timedelta(days=1))
    town.clock.goes_on(days=2)
    page = town.client(anna).get(f"/vault/{secret}").text
    sharing = page[page.index('id="sharing"') : page.index('id="activity"')]
    assert ("1 person loses it at once." in page, ben.name in sharing, cleo.name in sharing) == (True, True, False)


# ── forms that are overtaken ──


def test_who_edits_what_is_gone_is_told_in_the_form(town: Town) -> None:
    anna, secret = three_versions(town)
    browser = town.client(anna)
    with town.unit():
        town.trash.delete(anna, secret)
    answer = browser.post(f"/vault/{secret}/edit", version="3", username="mine", headers=DIALOG)
    assert answer.status_code == 404
    assert ('hx-target="#sheet-say"' in answer.text, "mine" in answer.text) == (True, False)
    assert "Your entries are still in this form." in answer.text


def test_who_was_made_a_viewer_meanwhile_is_told_why_nothing_is_saved(town: Town) -> None:
    anna, secret = three_versions(town)
    ben = town.person("ben")
    town.share(secret, owner=anna, to=ben)
    answer = town.client(ben).post(f"/vault/{secret}/edit", version="3", username="mine", headers=DIALOG)
    assert answer.status_code == 403
    assert "Your level on this secret does not allow this." in answer.text
    assert 'hx-target="#sheet-say"' in answer.text


def test_one_who_overtakes_themselves_is_told_that_it_was_them(town: Town) -> None:
    anna, secret = three_versions(town)
    form = {**{name: str(text) for name, text in to_plain(a_login(password="")).items()}, "version": "2"}
    answer = town.client(anna).post(f"/vault/{secret}/edit", **form)
    assert answer.status_code == 409
    assert "You changed this just now, in another window." in answer.text
    town.clock.goes_on(days=3)
    later = town.client(anna).post(f"/vault/{secret}/edit", **form)
    assert "You changed this on " in later.text


def test_a_changed_name_is_the_pages_title_also_when_the_page_comes_anew(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(name="<b>Portal</b>"), owner=anna)
    headers = {**DIALOG, "HX-Target": "div#page", "HX-Current-URL": f"/vault/{secret}"}
    answer = town.client(anna).get(f"/vault/{secret}", headers=headers)
    assert answer.text.startswith("<title>&lt;b&gt;Portal&lt;/b&gt; · Tresor</title>")
    assert "<html" not in answer.text


def test_a_session_that_ended_is_said_in_the_form_that_asked(town: Town) -> None:
    answer = town.client().get("/vault/new", headers=DIALOG)
    assert (answer.status_code, 'hx-target="#sheet-say"' in answer.text) == (401, True)
    assert "Your session has ended." in answer.text


def test_german_declines_the_reader(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="owner")
    for each in (anna, ben):
        with town.unit():
            town.cfg.get(Preferences).speak(each, language="de")
    mine, theirs = (" ".join(town.client(each).get(f"/vault/{secret}").text.split()) for each in (anna, ben))
    assert re.search(r"gehört (Ihnen, |[^·]*, Ihnen)", mine)
    assert "Angelegt von Ihnen" in mine
    assert "hat es mit Ihnen geteilt" in theirs

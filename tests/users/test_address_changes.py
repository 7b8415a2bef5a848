"""Another address: confirmed where it leads, told where it was; by an administrator never in silence."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from app.errors import Conflict, Forbidden, Refused
from app.keys.trail import Note
from app.subject import Subject
from app.users.address_changes import AddressChanges
from app.users.catalogue import CHANGE, INVITE
from app.users.directory import Directory
from app.users.links import For, Links
from app.users.told import Told
from tests.builders import PASSWORD, Client, World
from tests.mails import link_in, mails, sends_mails
from tests.tampering import stored
from tests.users.test_invitations import a_role, given, invited, plain

NEW = "anna.new@example.org"


def asks(world: World, person: Subject, email: str = NEW) -> None:
    with world.unit():
        world.cfg.get(AddressChanges).ask(person, email=email)


def a_link(world: World, person: Subject, email: str = NEW) -> str:
    """Return the path that leads to a change of address."""
    asks(world, person, email)
    return link_in(mails(world, email)[-1])


def sets(world: World, by: Subject, person: Subject, email: str = NEW) -> None:
    with world.unit():
        world.cfg.get(AddressChanges).set(by, person.id, email=email)


def speaks(browser: Client, language: str) -> None:
    browser.post("/account/language", language=language, time_zone="UTC")


# ── by oneself ──


def test_a_new_address_is_confirmed_where_it_leads_and_told_where_it_was(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    browser, elsewhere, phone = world.client(anna), world.client(anna), world.client()
    speaks(browser, "de")
    answer = browser.post("/account/security/address", email=f" {NEW} ")
    assert answer.headers["Location"] == "/account/security?done=asked"
    page = browser.get("/account/security").text
    assert f"Wartet auf die Bestätigung unter {NEW}." in page
    to_new, to_old = mails(world)
    assert (to_new.to, to_new.language, to_new.one_time) == ((NEW,), "de", True)
    assert (to_old.to, to_old.one_time, NEW in to_old.body) == ((anna.email,), False, True)
    assert "Anna" not in to_new.body
    assert world.client().post("/login", email=NEW, password=PASSWORD).status_code == 422
    path = link_in(to_new)
    for _look in range(2):
        shown = phone.get(path).text
        assert NEW in shown
        assert anna.email not in shown
    assert phone.post(path).headers["Location"] == "/login?done=address-out"
    assert world.client().post("/login", email=anna.email, password=PASSWORD).status_code == 422
    assert world.client().post("/login", email=NEW.upper(), password=PASSWORD).status_code == 303
    for old in (browser, elsewhere):
        assert "/login" in old.get("/account").headers["Location"]
    assert mails(world)[2].to == (anna.email,)
    assert mails(world)[2].subject == "Ihre Adresse wurde geändert"
    assert [each["subject"] for each in world.events("user.address")] == [anna.id]
    with world.unit():
        found = world.cfg.get(Directory).look_up(world.person("lena", admin=True), "anna.new")
        assert [each.id for each in found] == [anna.id]


def test_who_confirms_where_they_are_signed_in_stays_so_and_confirms_nothing_else_by_it(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    browser, elsewhere = world.client(anna), world.client(anna)
    browser.post("/account/security/address", email=NEW)
    path = link_in(mails(world)[0])
    world.clock.goes_on(minutes=11)
    assert f"Anna Example, you signed in as {anna.email} so far." in browser.get(path).text
    before = browser.http.get_cookie("session", domain="127.0.0.1")
    assert browser.post(path).headers["Location"] == "/account/security?done=address"
    after = browser.http.get_cookie("session", domain="127.0.0.1")
    assert before
    assert after
    assert before.value != after.value
    assert "All other sessions have ended." in browser.get("/account/security?done=address").text
    assert "/confirm" in browser.get("/account/security/address").headers["Location"]
    assert "/login" in elsewhere.get("/account").headers["Location"]


def test_a_link_in_the_browser_of_somebody_else_signs_nobody_in(world: World) -> None:
    sends_mails(world)
    path = a_link(world, world.person("anna"))
    ben = world.client(world.person("ben"))
    assert ben.post(path).headers["Location"] == "/vault?done=address-out"
    assert "Account menu, Ben Example" in ben.get("/vault").text


def test_free_and_taken_addresses_are_answered_alike(world: World) -> None:
    sends_mails(world)
    anna, ben = world.person("anna"), world.person("ben")
    browser = world.client(anna)
    speaks(world.client(ben), "de")
    seen = []
    for email in ("free1@example.org", ben.email):
        answer = browser.post("/account/security/address", email=email)
        page = plain(browser.get("/account/security"))[1].replace(email, "ADDRESS")
        export = browser.post("/account/export").json
        assert export
        events = [(each["action"], each["object"], each["by_me"]) for each in export["events"]]
        seen.append(
            (
                answer.status_code,
                answer.headers["Location"],
                page,
                events[: events.index(("address.ask", "link", True)) + 1],
            )
        )
    assert seen[0] == seen[1]
    told, old = mails(world)[2:]
    assert (told.to, told.language, told.one_time, old.to) == ((ben.email,), "de", False, (anna.email,))
    assert "http" not in told.body
    assert "Anna" not in told.body


def test_a_new_wish_ends_the_one_before_also_if_it_is_for_a_taken_address(world: World) -> None:
    sends_mails(world)
    anna, ben = world.person("anna"), world.person("ben")
    path = a_link(world, anna)
    asks(world, anna, ben.email)
    assert world.client().get(path).status_code == 404


def test_a_wish_is_taken_back(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    path, browser = a_link(world, anna), world.client(anna)
    assert browser.post("/account/security/address/withdraw").status_code == 303
    assert world.client().get(path).status_code == 404
    assert NEW not in browser.get("/account/security").text


@pytest.mark.parametrize("also", ["ANNA@example.org", "anna@EXAMPLE.org", " anna@example.org"])
def test_ones_own_address_is_no_new_one(world: World, also: str) -> None:
    sends_mails(world)
    browser = world.client(world.person("anna"))
    answer = browser.post("/account/security/address", email=also)
    assert (answer.status_code, "You sign in with this address already." in answer.text) == (422, True)
    assert mails(world) == []


@pytest.mark.parametrize(
    "email",
    ["", "anna", "a@b@c", "x" * 10_000 + "@example.org", "a\x07@example.org", '"a b"@example.org', "ａnna@example.org"],
)
def test_what_is_no_address_is_refused(world: World, email: str) -> None:
    sends_mails(world)
    browser = world.client(world.person("anna"))
    assert browser.post("/account/security/address", email=email).status_code == 422
    assert (mails(world), world.rows("link")) == ([], [])


@pytest.mark.parametrize("email", ["ZOË@Bücher.example", "o'brien+x@example.org", "zoe\u0308@example.org"])
def test_odd_addresses_work(world: World, email: str) -> None:
    sends_mails(world)
    anna = world.person("anna")
    asks(world, anna, email)
    assert world.client().post(link_in(mails(world)[0])).status_code == 303
    assert world.client().post("/login", email=email.upper(), password=PASSWORD).status_code == 303


def test_without_mail_the_page_says_who_can_help(world: World) -> None:
    browser = world.client(world.person("anna"))
    page = browser.get("/account/security/address").text
    assert "An administrator can change your address." in page
    assert 'name="email"' not in page
    assert browser.post("/account/security/address", email=NEW).status_code == 422
    assert world.rows("link") == []


def test_links_that_do_not_hold_are_answered_alike_and_change_nothing(world: World) -> None:
    sends_mails(world)
    anna, ben, eve = (world.person(name) for name in ("anna", "ben", "eve"))
    used = a_link(world, ben, "ben.new@example.org")
    world.client().post(used)
    gone = a_link(world, eve, "eve.new@example.org")
    with world.unit():
        world.users.set_password("tests", eve.id, password="another-horse-battery")
    path = a_link(world, anna)
    before = world.rows("user")
    wrong = [used, gone, path[:-2], path * 2, path + "=", path.replace("/address/", "/invite/")]
    answers = {plain(world.client().get(each)) for each in wrong}
    answers |= {plain(world.client().post(each)) for each in wrong[:-1]}
    world.clock.goes_on(days=1)
    answers.add(plain(world.client().post(path)))
    assert [code for code, _text in answers] == [404]
    assert world.rows("user") == before


def test_a_disabled_person_does_not_change_their_address(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    path = a_link(world, anna)
    with world.unit():
        world.users.disable("tests", anna.id)
    assert world.client().post(path).status_code == 404


def test_what_was_sent_to_the_old_address_opens_nothing_any_more(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    with world.unit():
        user = world.users.get(anna.id)
        issuing = Note("tests.issue", actor="tests")
        reset = world.cfg.get(Links).issue(For.RESET, issuing, user=user, address=anna.email)
    world.client().post(a_link(world, anna))
    with world.unit(), pytest.raises(Refused):
        world.cfg.get(Links).find(For.RESET, reset)


def test_an_address_that_was_taken_meanwhile_stays_who_has_it(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    path = a_link(world, anna)
    with world.unit():
        world.users.create("tests", email=NEW, first_name="N", last_name="", password=PASSWORD)
    answer = world.client().post(path)
    assert (answer.status_code, "Somebody else has this address by now." in answer.text) == (409, True)
    assert stored(world, "user", id=anna.id)["email"] == anna.email


def test_two_who_take_one_address_at_once_do_not_both_get_it(make_world: Callable[..., World]) -> None:
    world, other = sends_mails(make_world()), sends_mails(make_world())
    tokens = [a_link(world, world.person(name)).removeprefix("/address/") for name in ("anna", "ben")]
    assert sorted(at_once([world, other], tokens)) == ["changed", "refused"]
    assert [row["email"] for row in world.rows("user")].count(NEW) == 1


def test_a_link_that_two_use_at_once_is_used_once(make_world: Callable[..., World]) -> None:
    world, other = sends_mails(make_world()), sends_mails(make_world())
    token = a_link(world, world.person("anna")).removeprefix("/address/")
    assert sorted(at_once([world, other], [token, token])) == ["changed", "refused"]
    assert len(world.events("user.address")) == 1


def at_once(worlds: list[World], tokens: list[str]) -> list[str]:
    """Return what becomes of links that are used in the same moment."""
    ready, outcomes = threading.Barrier(len(worlds)), []

    def use(own: World, token: str) -> None:
        ready.wait()
        try:
            with own.unit():
                own.cfg.get(AddressChanges).confirm(token, reader=None, device="tests")
        except (Refused, Conflict):
            outcomes.append("refused")
        else:
            outcomes.append("changed")

    threads = [threading.Thread(target=use, args=pair) for pair in zip(worlds, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_nobody_writes_to_strangers_without_end(make_world: Callable[..., World]) -> None:
    world = sends_mails(make_world({"TRESOR_LIMITS__ENABLED": "true"}))
    browser = world.client(world.person("anna"))
    answers = [browser.post("/account/security/address", email=f"a{number}@example.org") for number in range(7)]
    assert [each.status_code for each in answers] == [303] * 6 + [429]
    assert len(mails(world)) == 12


# ── by an administrator ──


def test_an_administrator_changes_an_address_and_the_person_is_told(world: World) -> None:
    sends_mails(world)
    lena, anna = world.person("lena", admin=True), world.person("anna")
    browser, admin = world.client(anna), world.client(lena)
    page = admin.get(f"/admin/users/{anna.id}/address").text
    assert "Whoever reads mail at the new address can take over the account." in page
    assert admin.post(f"/admin/users/{anna.id}/address", email=NEW).status_code == 303
    assert "/login" in browser.get("/account").headers["Location"]
    [mail] = mails(world)
    assert (mail.to, "Lena Example" in mail.body, NEW in mail.body) == ((anna.email,), True, True)
    answer = browser.post("/login", email=NEW, password=PASSWORD)
    assert answer.headers["Location"] == "/vault?done=told"
    text = "Lena Example changed the address that you sign in with."
    assert text in browser.get("/vault?done=told").text
    assert text in browser.get("/account/security").text
    assert text not in browser.get("/vault").text
    with world.unit():
        assert [each.text for each in world.cfg.get(Told).marks(anna.id)] == ["Address changed by Lena Example"]


def test_it_needs_the_password_of_who_does_it(world: World) -> None:
    lena, anna = world.person("lena", admin=True), world.person("anna")
    admin = world.client(lena)
    world.clock.goes_on(minutes=11)
    assert "/confirm" in admin.get(f"/admin/users/{anna.id}/address").headers["Location"]
    assert "/confirm" in admin.post(f"/admin/users/{anna.id}/address", email=NEW).headers["Location"]
    assert stored(world, "user", id=anna.id)["email"] == anna.email


def test_nobody_takes_over_an_account_that_may_do_more(world: World) -> None:
    guide = given(world, world.person("guide"), a_role(world, CHANGE))
    lena, anna = world.person("lena", admin=True), world.person("anna")
    with pytest.raises(Forbidden):
        sets(world, guide, lena)
    assert stored(world, "user", id=lena.id)["email"] == lena.email
    sets(world, guide, anna)
    assert stored(world, "user", id=anna.id)["email"] == NEW


def test_who_may_not_change_people_does_not(world: World) -> None:
    ben, anna = given(world, world.person("ben"), a_role(world, INVITE)), world.person("anna")
    with pytest.raises(Forbidden):
        sets(world, ben, anna)
    assert stored(world, "user", id=anna.id)["email"] == anna.email


def test_an_administrator_hears_that_an_address_is_taken_or_none(world: World) -> None:
    lena, anna, ben = world.person("lena", admin=True), world.person("anna"), world.person("ben")
    admin = world.client(lena)
    for email, text in (
        (ben.email.upper(), "Somebody with this address exists already."),
        (anna.email, "Anna Example signs in with this address already."),
        ("anna", "Enter an email address"),
    ):
        answer = admin.post(f"/admin/users/{anna.id}/address", email=email)
        assert (answer.status_code, text in answer.text) == (422, True)
    sets(world, lena, anna, "ANNA@example.org")
    assert stored(world, "user", id=anna.id)["email"] == "ANNA@example.org"


def test_the_address_of_an_invitation_is_not_changed(world: World) -> None:
    lena = world.person("lena", admin=True)
    zoe = invited(world, lena)
    with world.unit(), pytest.raises(Forbidden):
        world.cfg.get(AddressChanges).set(lena, zoe.id, email=NEW)


# ── told ──


def test_what_others_did_is_said_until_it_is_dismissed_and_kept_for_30_days(world: World) -> None:
    lena, anna = world.person("lena", admin=True), world.person("anna")
    sets(world, lena, anna)
    browser = world.client()
    for _time in range(2):
        before = "/groups?done=described&filter=mine"  # what was said there was not done by who signs in now
        answer = browser.post("/login", email=NEW, password=PASSWORD, next=before)
        assert answer.headers["Location"] == "/groups?filter=mine&done=told"
        page = browser.get("/groups?filter=mine&done=told").text
        browser.post("/logout")
    number = re.findall(r'name="number" value="(\d+)"', page)[0]
    browser.post("/login", email=NEW, password=PASSWORD)
    assert browser.post("/account/told", number=number).status_code == 303
    browser.post("/logout")
    assert browser.post("/login", email=NEW, password=PASSWORD).headers["Location"] == "/"
    assert "Lena Example changed the address" not in browser.get("/vault?done=told").text
    assert "Lena Example changed the address" in browser.get("/account/security").text
    with world.unit():
        world.users.change_roles("command-line", anna.id, add=[a_role(world, CHANGE)])
    browser.post("/logout")
    assert "done=told" in browser.post("/login", email=NEW, password=PASSWORD).headers["Location"]
    page = browser.get("/vault?done=told").text
    assert "Somebody at the server changed your roles." in page
    assert "Lena Example changed" not in page
    world.clock.goes_on(days=30)
    assert browser.post("/login", email=NEW, password=PASSWORD).headers["Location"] == "/"
    assert "What others did" not in browser.get("/account/security").text


def test_what_is_to_come_is_not_dismissed_beforehand(world: World) -> None:
    lena, anna = world.person("lena", admin=True), world.person("anna")
    sets(world, lena, anna)
    browser = world.client()
    browser.post("/login", email=NEW, password=PASSWORD)
    assert browser.post("/account/told", number="9" * 18).status_code == 303
    with world.unit():
        assert world.cfg.get(Told).unread(anna) == []
        world.users.change_roles("command-line", anna.id, add=[a_role(world, CHANGE)])
    with world.unit():
        [news] = world.cfg.get(Told).unread(anna)
        assert news.text == "Somebody at the server changed your roles."
    assert browser.post("/account/told", number="1").status_code == 303
    with world.unit():
        assert world.cfg.get(Told).unread(anna) == [news]


def test_what_a_person_did_themselves_is_no_news(world: World) -> None:
    sends_mails(world)
    anna = world.person("anna")
    browser = world.client(anna)
    browser.post("/account/profile", first_name="Anna", last_name="New")
    browser.post(a_link(world, anna))
    with world.unit():
        assert world.cfg.get(Told).of(anna.id) == []


@pytest.mark.parametrize("number", ["", "-1", "x", "1" * 19, "١"])
def test_only_the_number_of_an_event_is_dismissed(world: World, number: str) -> None:
    browser = world.client(world.person("anna"))
    assert browser.post("/account/told", number=number).status_code == 422


def test_a_request_asks_nothing_about_it_but_after_sign_in_and_on_the_account(world: World) -> None:
    lena, anna = world.person("lena", admin=True), world.person("anna")
    sets(world, lena, anna)
    browser = world.client(world.subject(anna.id))
    asked: list[str] = []
    counted = counting(world, asked)
    browser.get("/groups")
    counted()
    assert [each for each in asked if "told_up_to" in each] == []


def counting(world: World, into: list[str]) -> Callable[[], None]:
    """Note each statement until the returned function is called."""

    def noted(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        into.append(statement)

    event.listen(world.cfg.unit.engine, "before_cursor_execute", noted)
    return lambda: event.remove(world.cfg.unit.engine, "before_cursor_execute", noted)


def test_a_renamed_person_is_found_by_the_new_name(world: World) -> None:
    anna, lena = world.person("anna"), world.person("lena", admin=True)
    world.client(anna).post("/account/profile", first_name="Annabel", last_name="Quill")
    with world.unit():
        directory = world.cfg.get(Directory)
        assert [each.id for each in directory.look_up(lena, "quill")] == [anna.id]


def test_an_administrator_sees_who_reset_an_account_and_the_way_to_its_address(world: World) -> None:
    lena, anna = world.person("lena", admin=True), world.person("anna")
    sets(world, lena, anna)
    page = world.client(lena).get(f"/admin/users/{anna.id}").text
    assert "Address changed by Lena Example" in page
    assert f"/admin/users/{anna.id}/address" in page
    zoe = invited(world, lena)
    assert f"/admin/users/{zoe.id}/invitation" in world.client(lena).get(f"/admin/users/{zoe.id}").text
    world.clock.goes_on(days=30)
    assert "Address changed by" not in world.client(lena).get(f"/admin/users/{anna.id}").text


def test_an_administrator_confirms_their_own_address_as_everybody_does(world: World) -> None:
    lena = world.person("lena", admin=True)
    with pytest.raises(Forbidden):
        sets(world, lena, lena)
    browser, path = world.client(lena), f"/admin/users/{lena.id}"
    assert browser.get(f"{path}/address").status_code == 403
    assert browser.post(f"{path}/address", email=NEW).status_code == 403
    page = browser.get(path).text
    assert (f'href="{path}/address"' in page, 'href="/account/security/address"' in page) == (False, True)
    assert world.rows("user")[0]["email"] == lena.email

"""Invitations: a link that lets somebody choose a password, once; copied where no mail is sent, and then told."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.crypto.passwords import Passwords
from app.errors import Conflict, Forbidden, Invalid, Refused
from app.keys.trail import Note
from app.subject import Subject
from app.users.catalogue import INVITE, ROLES
from app.users.directory import Directory
from app.users.invitations import Invitations
from app.users.models import RoleContent, RoleRow
from app.users.permissions import ADMINISTRATOR
from app.users.service import User
from app.users.sign_in import SignIn
from tests.builders import PASSWORD, Client, World
from tests.mails import link_in, mails, sends_mails
from tests.tampering import sealed_rows, stored

NEW = "willow-tram-9-Lantern"
ZOE = "zoe@example.org"


def invited(world: World, by: Subject, email: str = ZOE, *, roles: tuple[UUID, ...] = (), language: str = "en") -> User:
    with world.unit():
        service = world.cfg.get(Invitations)
        return service.invite(by, email=email, first_name="Zoë", last_name="Ünal", roles=roles, language=language)


def accepts(browser: Client, path: str, **changed: str) -> Any:
    form = {"first_name": "Zoë", "last_name": "Ünal", "language": "en", "password": NEW, "password_again": NEW}
    return browser.post(path, **{**form, **changed})


def a_role(world: World, *permissions: str, name: str = "Reception") -> UUID:
    """Store a role that allows these, as the roles' page will."""
    role = UUID(int=world.clock.now.microsecond + 4711 + len(permissions))
    with world.unit(), world.cfg.unit.writing():
        rows = sealed_rows(world, RoleRow, RoleContent, "role")
        rows.insert(role, RoleContent(permissions), Note("role.create", actor="tests"), name=name)
    return role


def given(world: World, person: Subject, role: UUID) -> Subject:
    with world.unit():
        world.users.change_roles("tests", person.id, add=[role])
    return world.subject(person.id)


def status(world: World, user: User) -> str:
    return str(stored(world, "user", id=user.id)["status"])


# ── by mail ──


def test_an_invited_person_chooses_a_password_and_is_in(world: World) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    answer = world.client(lena).post(
        "/admin/users/invite", email=" Zoe@Example.ORG ", first_name="Zoë", last_name="Ünal", language="de"
    )
    assert answer.status_code == 303
    [mail] = mails(world)
    assert (mail.to, mail.language, mail.one_time) == (("Zoe@example.org",), "de", True)
    assert mail.subject == "Lena Example lädt Sie zu Tresor ein"
    path, guest = link_in(mail), world.client()
    for _look in range(2):
        page = guest.get(path).text
        assert "Lena Example invited you." in page
        assert 'value="Zoë"' in page
    assert "copied this link" not in page
    answer = accepts(guest, path, language="de", last_name="Ünal-Weiß")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/vault")
    assert "Abmelden" in guest.get("/vault").text
    with world.unit():
        zoe = world.users.find(ZOE)
    assert zoe
    assert (zoe.name, zoe.status) == ("Zoë Ünal-Weiß", "active")
    assert world.client().post("/login", email=ZOE, password=NEW).status_code == 303
    assert [each["subject"] for each in world.events("invitation.accept")] == [zoe.id]


def test_a_mail_exists_if_and_only_if_its_invitation_does(world: World) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    with pytest.raises(Invalid):
        invited(world, lena, lena.email)
    assert mails(world) == []
    assert len(world.rows("user")) == 1


def test_an_address_that_is_taken_is_said_to_who_invites(world: World) -> None:
    lena = world.person("lena", admin=True)
    invited(world, lena)
    for email in ("ZOE@example.org", "lena@EXAMPLE.org"):
        answer = world.client(lena).post(
            "/admin/users/invite", email=email, first_name="Z", last_name="", language="en"
        )
        assert answer.status_code == 422
        assert "Somebody with this address exists already." in answer.text
        assert 'value="Z"' in answer.text


def test_an_invited_person_cannot_sign_in_and_is_found_by_nobody(world: World) -> None:
    lena = world.person("lena", admin=True)
    invited(world, lena)
    for password in ("", PASSWORD, NEW):
        assert world.client().post("/login", email=ZOE, password=password).status_code == 422
    with world.unit():
        directory = world.cfg.get(Directory)
        assert [directory.look_up(lena, text) for text in ("zoe", "Ünal", ZOE)] == [[], [], []]
        with pytest.raises(Invalid):
            directory.named(lena, ZOE)


def test_a_disabled_and_enabled_invitation_is_still_one(world: World) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    zoe = invited(world, lena)
    path = link_in(mails(world)[0])
    with world.unit():
        world.users.disable("tests", zoe.id)
    assert world.client().get(path).status_code == 404
    with world.unit():
        world.users.enable("tests", zoe.id)
    assert status(world, zoe) == "invited"
    assert world.client().get(path).status_code == 404  # what was issued before the end of all access stays over


# ── links that do not hold ──


def test_links_that_do_not_hold_are_answered_alike(world: World) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    zoe = invited(world, lena)
    replaced = link_in(mails(world)[0])
    with world.unit():
        world.cfg.get(Invitations).send(lena, zoe.id)
    path = link_in(mails(world)[1])
    used = link_in(mails(world, invited(world, lena, "used@example.org").email)[0])
    accepts(world.client(), used)
    expired = link_in(mails(world, invited(world, lena, "late@example.org").email)[0])
    foreign = path.replace("/invite/", "/address/")
    before = world.rows("user")
    wrong = [
        path[:-1],
        path + "=",
        path + path,
        path * 2,
        path + "/x",
        used,
        replaced,
        foreign,
        "/invite/%00",
        "/invite/x",
    ]
    pages = {plain(world.client().get(each)) for each in wrong}
    world.clock.goes_on(days=7)
    pages.add(plain(world.client().get(expired)))
    assert len(pages) == 1
    [(code, text)] = pages
    assert code == 404
    assert "It was used already, a newer one has taken its place" in text
    posts = {accepts(world.client(), each).status_code for each in wrong if each != foreign}
    assert posts == {404}
    assert world.rows("user") == before


def plain(answer: Any) -> tuple[int, str]:
    """Return an answer without what is new in each."""
    return answer.status_code, re.sub(r'(nonce="|csrf_token" value="|csrf-token" content=")[^"]*', r"\1", answer.text)


def test_a_refused_form_consumes_nothing_and_shows_names_again(world: World) -> None:
    sends_mails(world)
    invited(world, world.person("lena", admin=True))
    path, guest = link_in(mails(world)[0]), world.client()
    wrong = [
        ({"password_again": "another"}, "The two passwords differ."),
        ({"password": "short", "password_again": "short"}, "At least 15 characters."),
        ({"password": "Zoë Ünal 1984 !", "password_again": "Zoë Ünal 1984 !"}, "Too close to your name"),
        ({"first_name": ""}, "This field is needed."),
        ({"first_name": "x" * 10_000}, "A name has up to 100 letters."),
        ({"last_name": "a\u202eb"}, "A name has up to 100 letters."),
        ({"last_name": "a\x07b"}, "A name has up to 100 letters."),
        ({"language": "tlh"}, "Not a valid choice"),
        ({"status": "active"}, "no field status"),
    ]
    for form, text in wrong:
        answer = accepts(guest, path, **form)
        assert (answer.status_code, text in answer.text) == (422, True), (form, answer.text)
        assert NEW not in answer.text
    assert accepts(guest, path, first_name="Zoë 𝒵🗝").status_code == 303


def test_who_is_signed_in_elsewhere_is_warned_and_replaced(world: World) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    browser = world.client(lena)
    invited(world, lena)
    path = link_in(mails(world)[0])
    assert "Lena Example is signed in here. Going on signs them out." in browser.get(path).text
    sessions = len(world.rows("session"))
    assert accepts(browser, path).status_code == 303
    assert "Account menu, Zoë Ünal" in browser.get("/vault").text
    assert len(world.rows("session")) == sessions


def test_a_password_is_judged_by_who_has_the_link_alone(world: World) -> None:
    sends_mails(world)
    invited(world, world.person("lena", admin=True))
    path, guest = link_in(mails(world)[0]), world.client()
    answer = guest.post(path + "/strength", password="zoe@example.org2026", first_name="Zoë")
    assert "Too close to your name or address." in answer.text
    assert guest.post("/invite/x/strength", password="a").status_code == 404


def test_whoever_gives_a_role_on_the_way_confirms_who_they_are(world: World) -> None:
    sends_mails(world)
    browser = world.client(world.person("lena", admin=True))
    world.clock.goes_on(minutes=11)
    form = {"email": ZOE, "first_name": "Zoë", "last_name": "", "language": "en"}
    answer = browser.post("/admin/users/invite", **form, **{f"role-{ADMINISTRATOR}": "on"})
    assert "/confirm" in answer.headers.get("Location", answer.text)
    assert mails(world) == []
    with world.unit():
        assert world.users.find(ZOE) is None
    waiting = {**form, f"role-{ADMINISTRATOR}": "on", "next": "/admin/users/invite"}
    confirmed = browser.post("/confirm", password=PASSWORD, **waiting)
    assert confirmed.status_code == 200
    assert "You have confirmed that it is you." in confirmed.text
    assert "open for too long" not in confirmed.text
    for entry in (ZOE, f"role-{ADMINISTRATOR}"):
        assert entry in confirmed.text
    assert mails(world) == []
    assert browser.post("/admin/users/invite", **form).status_code == 303
    assert len(mails(world)) == 1


# ── copied ──


def test_where_no_mail_is_sent_the_link_is_copied_and_that_is_told(world: World) -> None:
    lena = world.person("lena", admin=True)
    browser = world.client(lena)
    answer = browser.post("/admin/users/invite", email=ZOE, first_name="Zoë", last_name="", language="en")
    place = answer.headers["Location"]
    assert mails(world) == []
    assert "There is no link that works." in browser.get(place).text
    world.clock.goes_on(minutes=11)
    assert browser.get(place + "/copy").headers["Location"].startswith("/confirm?next=")
    browser.post("/confirm", password=PASSWORD, next=place + "/copy")
    assert "is told that you copied it" in browser.get(place + "/copy").text
    shown = browser.post(place + "/copy")
    assert "Content-Encoding" not in shown.headers
    assert "no-store" in shown.headers["Cache-Control"]
    path = re.findall(r"/invite/[\w-]+", shown.text)[0]
    [copied] = world.events("invitation.copy")[:1]
    assert copied["subject"] == lena.id
    guest = world.client()
    assert "Lena Example copied this link" in guest.get(path).text
    accepts(guest, path)
    assert "Lena Example copied the link of your invitation." in guest.get("/account/security").text
    assert path not in browser.get(place).text


def test_a_second_copy_ends_the_first(world: World) -> None:
    lena = world.person("lena", admin=True)
    zoe = invited(world, lena)
    with world.unit():
        first, second = (world.cfg.get(Invitations).copy(lena, zoe.id) for _time in range(2))
    site = world.cfg.settings.server.base_url
    assert world.client().get(first.removeprefix(site)).status_code == 404
    assert world.client().get(second.removeprefix(site)).status_code == 200


def test_where_mails_are_sent_no_link_is_copied(world: World) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    zoe = invited(world, lena)
    with world.unit(), pytest.raises(Invalid):
        world.cfg.get(Invitations).copy(lena, zoe.id)
    assert world.events("invitation.copy") == []


# ── who may ──


def test_nobody_grants_what_they_lack(world: World) -> None:
    weak, strong = a_role(world, INVITE), a_role(world, INVITE, ROLES, name="Lead")
    guide, lead = given(world, world.person("guide"), weak), given(world, world.person("lead"), strong)
    with pytest.raises(Forbidden):
        invited(world, guide, roles=(weak,))
    with pytest.raises(Forbidden):
        invited(world, lead, roles=(ADMINISTRATOR,))
    assert len(world.rows("user")) == 2
    assert "Administrator" not in world.client(lead).get("/admin/users/invite").text
    form = {"email": ZOE, "first_name": "Z", "last_name": "", "language": "en", f"role-{ADMINISTRATOR}": "on"}
    assert world.client(lead).post("/admin/users/invite", **form).status_code == 422
    zoe = invited(world, lead, roles=(weak,))
    assert weak in zoe.account.roles
    assert invited(world, guide, "max@example.org").status == "invited"


def test_who_lacks_what_an_invitation_carries_does_not_copy_its_link(world: World) -> None:
    guide = given(world, world.person("guide"), a_role(world, INVITE))
    boss = invited(world, world.person("lena", admin=True), roles=(ADMINISTRATOR,))
    with world.unit(), pytest.raises(Forbidden):
        world.cfg.get(Invitations).copy(guide, boss.id)
    assert world.rows("link") == []


def test_who_lacks_what_an_invitation_carries_does_not_withdraw_it(world: World) -> None:
    guide = given(world, world.person("guide"), a_role(world, INVITE))
    boss = invited(world, world.person("lena", admin=True), roles=(ADMINISTRATOR,))
    before = world.rows("user")
    with world.unit(), pytest.raises(Forbidden):
        world.cfg.get(Invitations).withdraw(guide, boss.id)
    withdraw = f"/admin/users/{boss.id}/invitation/withdraw"
    assert world.client(guide).get(withdraw).status_code == 403
    assert withdraw not in world.client(guide).get(f"/admin/users/{boss.id}/invitation").text
    assert world.rows("user") == before


def test_who_may_not_invite_does_nothing_of_it(world: World) -> None:
    lena, ben = world.person("lena", admin=True), world.person("ben")
    zoe = invited(world, lena)
    service = world.cfg.get(Invitations)
    before = world.rows("user")
    acts: list[Callable[[], object]] = [
        lambda: invited(world, ben, "x@example.org"),
        lambda: service.of(ben, zoe.id),
        lambda: service.send(ben, zoe.id),
        lambda: service.copy(ben, zoe.id),
        lambda: service.withdraw(ben, zoe.id),
    ]
    for act in acts:
        with world.unit(), pytest.raises(Forbidden):
            act()
    assert world.rows("user") == before


@pytest.mark.parametrize("act", ["of", "send", "copy", "withdraw"])
def test_who_is_active_has_no_invitation(make_world: Callable[..., World], act: str) -> None:
    world = make_world()
    if act == "send":
        sends_mails(world)
    lena, ben = world.person("lena", admin=True), world.person("ben")
    with world.unit(), pytest.raises(Refused) as refusal:
        getattr(world.cfg.get(Invitations), act)(lena, ben.id)
    assert type(refusal.value) is Refused
    assert world.subject(ben.id).name == "Ben Example"


# ── sent again, withdrawn, at once ──


def test_a_withdrawn_invitation_leaves_nothing_and_its_address_is_free(world: World) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    zoe = invited(world, lena)
    path, browser = link_in(mails(world)[0]), world.client(lena)
    assert "ends at once" in browser.get(f"/admin/users/{zoe.id}/invitation/withdraw").text
    assert browser.post(f"/admin/users/{zoe.id}/invitation/withdraw").status_code == 303
    assert world.client().get(path).status_code == 404
    for table in ("user_word", "user_role", "preferences", "link"):
        assert [row for row in world.rows(table) if row["user"] in {zoe.id, zoe.id.hex}] == [], table
    assert browser.get(f"/admin/users/{zoe.id}/invitation").status_code == 404
    assert invited(world, lena).id != zoe.id


@pytest.mark.parametrize("other", ["accept", "withdraw", "send"])
def test_of_two_at_once_one_wins_and_nothing_is_half_done(make_world: Callable[..., World], other: str) -> None:
    world = sends_mails(make_world())
    lena = world.person("lena", admin=True)
    zoe = invited(world, lena)
    token = link_in(mails(world)[0]).removeprefix("/invite/")
    form = {"first_name": "Z", "last_name": "", "password": NEW, "language": "en"}
    acts: dict[str, Callable[[Invitations], object]] = {
        "accept": lambda service: service.accept(token, **form),
        "withdraw": lambda service: service.withdraw(lena, zoe.id),
        "send": lambda service: service.send(lena, zoe.id),
    }
    ready, done, failed = threading.Barrier(2), [], []

    def act(own: World, name: str) -> None:
        ready.wait()
        try:
            with own.unit():
                acts[name](own.cfg.get(Invitations))
        except (Refused, Conflict) as error:
            failed.append(type(error))
        else:
            done.append(name)

    worlds = [world, sends_mails(make_world())]
    threads = [threading.Thread(target=act, args=pair) for pair in zip(worlds, ("accept", other), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(failed)) in ({(1, 1)} if other != "send" else {(1, 1), (2, 0)})
    people = [row for row in world.rows("user") if row["email"] == ZOE]
    if "accept" in done:
        assert [row["status"] for row in people] == ["active"]
        with world.unit():
            assert world.users.find(ZOE)
    elif other == "withdraw":
        assert people == []
    if other == "send" and len(done) == 2:
        raise AssertionError("a link that was replaced let somebody in")


# ── addresses and names ──


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("ZOË@Bücher.example", "ZOË@xn--bcher-kva.example"),
        ("o'brien+tresor@example.org", "o'brien+tresor@example.org"),
        ("zoe\u0308@example.org", "zoë@example.org"),
    ],
)
def test_odd_addresses_are_invited_as_they_are_written(world: World, typed: str, shown: str) -> None:
    sends_mails(world)
    user = invited(world, world.person("lena", admin=True), typed)
    assert user.email == shown
    assert mails(world)[0].to == (shown,)
    assert accepts(world.client(), link_in(mails(world)[0])).status_code == 303


@pytest.mark.parametrize(
    "email",
    [
        '"zoe ünal"@example.org',
        "zoe@example.org\r\nBcc: eve@example.org",
        "zoe",
        "a@b@c",
        "x" * 10_000 + "@example.org",
        "z\x00oe@example.org",
        "\u202ezoe@example.org",
    ],
)
def test_what_is_no_address_is_refused(world: World, email: str) -> None:
    sends_mails(world)
    browser = world.client(world.person("lena", admin=True))
    answer = browser.post("/admin/users/invite", email=email, first_name="Zoë", last_name="", language="en")
    assert answer.status_code == 422
    assert (mails(world), len(world.rows("user"))) == ([], 1)


@pytest.mark.parametrize("name", ["a\x07b", "a\u202eb", "x" * 10_000, "a\nBcc: eve@example.org", "\ud800"])
def test_names_that_break_a_rule_are_refused(world: World, name: str) -> None:
    sends_mails(world)
    lena = world.person("lena", admin=True)
    with world.unit(), pytest.raises(Invalid):
        world.cfg.get(Invitations).invite(lena, email=ZOE, first_name=name, last_name="", roles=(), language="en")
    assert mails(world) == []


def test_the_command_line_lists_who_is_invited(world: World) -> None:
    invited(world, world.person("lena", admin=True))
    listed = world.app.test_cli_runner().invoke(args=["users", "list"])
    assert "zoe@example.org\tZoë Ünal\tinvited\tMember" in listed.output


def test_the_command_line_sets_no_password_of_who_is_invited(world: World) -> None:
    zoe = invited(world, world.person("lena", admin=True))
    with world.unit(), pytest.raises(Invalid, match="has not accepted the invitation"):
        world.users.set_password("command-line", zoe.id, password=NEW)
    assert stored(world, "user", id=zoe.id)["revision"] == 1


def test_a_full_house_keeps_what_an_invited_person_typed(world: World) -> None:
    sends_mails(world)
    invited(world, world.person("lena", admin=True))
    path = link_in(mails(world)[0])
    passwords: Passwords = world.cfg.get(SignIn)._passwords
    rules = world.cfg.settings.passwords
    for _place in range(rules.at_once + rules.waiting):
        passwords._places.acquire(blocking=False)
    answer = accepts(world.client(), path, first_name="Zora")
    assert (answer.status_code, answer.headers["Retry-After"] != "") == (429, True)
    assert 'value="Zora"' in answer.text
    assert "Try again." in answer.text

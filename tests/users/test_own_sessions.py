"""A person's own sessions: seen and ended by nobody else, and gone at once."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.errors import Refused
from app.subject import Subject
from app.users.devices import device_of
from app.users.own_sessions import OwnSessions
from tests.builders import PASSWORD, Client, World
from tests.tampering import alter, put_back, stored
from tests.users.cookies import session_token, take_session

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1"
FOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def signed_in(world: World, person: Subject, agent: str = "") -> Client:
    """Return a browser that this person has signed in with."""
    client = world.client()
    headers = {"User-Agent": agent}
    assert client.post("/login", headers=headers, email=person.email, password=PASSWORD).status_code == 303
    return client


def ids(world: World, person: Subject) -> list[UUID]:
    return [row["id"] if isinstance(row["id"], UUID) else UUID(row["id"]) for row in rows(world, person)]


def rows(world: World, person: Subject) -> list[dict[str, object]]:
    wanted = (person.id, person.id.hex)
    return [row for row in world.rows("session") if row["user"] in wanted]


def of(client: Client) -> UUID:
    """Return the id of a browser's session, which its own page does not name, by ending all others."""
    with client.world.unit():
        subject = client.world.cfg.get(OwnSessions)._sessions.subject(session_token(client))
        assert subject is not None
        return next(each.id for each in client.world.cfg.get(OwnSessions).of(subject) if each.this)


def is_signed_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("agent", "name", "carried"),
    [
        (PHONE, "Safari on iPhone", True),
        (FOX, "Firefox on Linux", False),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/129.0 Safari/537.36 Edg/129.0", "Edge on Windows", False),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/129.0 Safari/537.36", "Chrome on Windows", False),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15", "Safari on Mac", False),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/24.0 Chrome/117 Mobile", "Samsung Internet on Android", True),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541) Chrome/129.0 Safari/537.36", "Chrome on ChromeOS", False),
        ("curl/8.5.0", "curl", False),
        ("<script>alert(1)</script>", "Unknown browser", False),
        ("", "Unknown browser", False),
        (b"\xff", "Unknown browser", False),
        (None, "Unknown browser", False),
    ],
)
def test_a_browser_is_named_as_its_owner_calls_it(world: World, agent: object, name: str, carried: bool) -> None:
    with world.unit():
        found = device_of(agent)
    assert (found.name, found.carried) == (name, carried)


def test_a_person_sees_their_sessions_this_one_first(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    signed_in(world, anna, PHONE)
    world.clock.goes_on(minutes=5)
    signed_in(world, ben, "curl/8")
    here = signed_in(world, anna, FOX)
    page = here.get("/account/sessions").text
    assert page.index("Firefox on Linux") < page.index("this one") < page.index("Safari on iPhone")
    assert "curl" not in page
    assert page.count('aria-label="Sign out') == 2  # the phone, and the one that the world made
    assert "5 minutes ago" in page


def test_ending_one_signs_out_there_and_is_in_the_trail(world: World) -> None:
    anna = world.person("anna")
    phone, here = signed_in(world, anna, PHONE), signed_in(world, anna, FOX)
    gone = of(phone)
    answer = here.post(f"/account/sessions/{gone}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/sessions?done=session")
    assert (is_signed_in(phone), is_signed_in(here)) == (False, True)
    last = world.events("session.end")[-1]
    assert (last["object_id"], last["subject"], last["gone"]) == (gone, anna.id, 1)


def test_an_ended_session_put_back_stays_ended(world: World) -> None:
    anna = world.person("anna")
    phone, here = signed_in(world, anna, PHONE), signed_in(world, anna, FOX)
    gone = of(phone)
    row = stored(world, "session", id=gone)
    here.post(f"/account/sessions/{gone}/end")
    put_back(world, "session", row)
    assert not is_signed_in(phone)
    assert "Safari on iPhone" not in here.get("/account/sessions").text
    assert here.post(f"/account/sessions/{gone}/end").status_code == 404


def test_nobody_ends_the_session_of_another(world: World) -> None:
    anna, eve = world.person("anna"), world.person("eve", admin=True)
    annas, eves = signed_in(world, anna), signed_in(world, eve)
    theirs, before = of(annas), world.rows("session")
    answers = {path: eves.post(f"/account/sessions/{path}/end") for path in (str(theirs), str(uuid4()))}
    assert {answer.status_code for answer in answers.values()} == {404}
    assert is_signed_in(annas)
    assert [row["id"] for row in world.rows("session")] == [row["id"] for row in before]
    with pytest.raises(Refused) as refused, world.unit():
        world.cfg.get(OwnSessions).end(world.subject(eve.id), theirs)
    assert (refused.value.action, refused.value.object_id) == ("session.end", theirs)


def test_the_hash_of_a_token_names_no_session(world: World) -> None:
    anna = world.person("anna")
    here = signed_in(world, anna)
    hashes = {bytes(row["token_hash"]).hex() for row in rows(world, anna)}  # type: ignore[call-overload]
    page = here.get("/account/sessions").text
    assert not any(each in page for each in hashes)
    assert here.post(f"/account/sessions/{hashes.pop()}/end").status_code == 404


def test_a_session_written_by_another_hand_is_not_shown_and_is_recorded(world: World) -> None:
    anna, eve = world.person("anna"), world.person("eve")
    here = signed_in(world, anna)
    eves = of(signed_in(world, eve, PHONE))
    alter(world, "session", {"id": eves}, user=anna.id)
    assert "Safari on iPhone" not in here.get("/account/sessions").text
    assert here.post(f"/account/sessions/{eves}/end").status_code == 404
    assert "session.damaged" in {event["action"] for event in world.events()}


def test_ending_all_others_leaves_this_one(world: World) -> None:
    anna = world.person("anna")
    phone, here = signed_in(world, anna, PHONE), signed_in(world, anna, FOX)
    assert here.post("/account/sessions/end-others").headers["Location"] == "/account/sessions?done=sessions"
    assert (is_signed_in(phone), is_signed_in(here)) == (False, True)
    assert len(rows(world, anna)) == 1
    assert "End all others" not in here.get("/account/sessions").text


def test_ending_this_one_is_signing_out(world: World) -> None:
    anna = world.person("anna")
    here = signed_in(world, anna)
    token = session_token(here)
    answer = here.post(f"/account/sessions/{of(here)}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert session_token(here) == ""
    take_session(here, token)
    assert not is_signed_in(here)


def test_signing_out_everywhere_ends_what_was_issued_before(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    phone, here, bens = signed_in(world, anna, PHONE), signed_in(world, anna, FOX), signed_in(world, ben)
    tokens = [session_token(phone), session_token(here)]
    answer = here.post("/account/sessions/end-all")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert "storage" in answer.headers["Clear-Site-Data"]
    for client, token in zip((phone, here), tokens, strict=True):
        take_session(client, token)
    assert [is_signed_in(client) for client in (phone, here, bens)] == [False, False, True]
    assert [event["subject"] for event in world.events("user.sign-out-everywhere")] == [anna.id]
    assert is_signed_in(signed_in(world, anna))


@pytest.mark.parametrize("path", ["end-others", "end-all"])
def test_a_field_that_nobody_asked_for_is_refused(world: World, path: str) -> None:
    here = signed_in(world, world.person("anna"))
    assert here.post(f"/account/sessions/{path}", user="somebody").status_code == 422
    assert is_signed_in(here)

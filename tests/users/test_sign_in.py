"""The door: who comes in, who does not, and that both look the same from outside."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from argon2 import low_level

from app.crypto.passwords import Passwords
from app.crypto.seal import open_numbered
from app.errors import Throttled
from app.keys.trail import Note
from app.subject import Subject
from app.users.models import Account, UserRow
from app.users.sign_in import SignedIn, SignIn, WrongPassword
from tests.builders import PASSWORD, START, Client, World
from tests.tampering import alter, sealed_rows, stored
from tests.users.cookies import session_token, take_session

WRONG = "wrong-horse-battery"
CHANGING = re.compile(r'(name="csrf_token" value="|nonce="|value=")[^"]*"')
CHANGING_HEADER = re.compile(r"nonce-[^']+|(?<=form=)[^;]+|[0-9a-f]{16,}")
SECONDS = re.compile(r"Wait \d+ seconds?")


def tries(client: Client, email: str, password: str, **more: Any) -> tuple[int, str]:
    """Try to sign in; return status and page, without what differs from page to page or was typed."""
    answer = client.post("/login", email=email, password=password, **{"next": "", **more})
    return answer.status_code, CHANGING.sub("", answer.text)


def is_in(client: Client) -> bool:
    return client.get("/groups").status_code == 200


def test_a_person_signs_in_and_out(world: World) -> None:
    anna = world.person("anna")
    client = world.client()
    assert tries(client, "Anna@Example.org ", PASSWORD)[0] == 303
    assert is_in(client)
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_in(client)
    told = [(event["action"], event["subject"]) for event in world.events() if event["action"].startswith("user.sign")]
    assert told == [("user.sign-in", anna.id), ("user.sign-out", anna.id)]


KINDS = ("unknown", "disabled", "invited", "damaged", "no address", "look-alike")
TIMES = 20
WORK = [each.__code__ for each in (low_level.verify_secret, low_level.hash_secret, open_numbered)]
ONE_OF_EACH = ["open_numbered", "verify_secret"]


def of_kind(world: World, kind: str, number: int) -> str:
    """Return an address of this kind, with whoever belongs to it."""
    if kind == "no address":
        return ["not an address", "a" * 300 + "@example.org", "\0", "@", "a@b@c", "\u202e@example.org"][number % 6]
    if kind == "look-alike":
        return f"ann\u0430{number}@example.org"
    if kind == "unknown":
        return f"nobody{number}@example.org"
    person = world.person(f"{kind}{number}")
    if kind == "disabled":
        with world.unit():
            world.users.disable("tests", person.id)
    elif kind == "invited":
        rows = sealed_rows(world, UserRow, Account, "user")
        with world.unit(), world.cfg.unit.writing():
            seen = rows.load(person.id)
            assert seen is not None
            account = replace(seen.content, password=None)
            rows.change(seen, Note("user.invite", actor="tests"), content=account, status="invited")
    elif kind == "damaged":
        alter(world, "user", {"id": person.id}, first_name="Eve")
    return person.email


@contextmanager
def work() -> Iterator[list[str]]:
    """Collect the hashes that this thread computes and the seals that it opens."""
    made: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in WORK:
            made.append(frame.f_code.co_name)

    sys.setprofile(note)
    yield made
    sys.setprofile(None)


def outside(client: Client, email: str, password: str) -> tuple[int, str, dict[str, str], list[str]]:
    """Return all that an answer shows of whether somebody exists, and the work that it took."""
    client.token()
    with work() as made:
        answer = client.post("/login", email=email, password=password, next="")
    body = CHANGING.sub("", answer.text)
    headers = {name: CHANGING_HEADER.sub("", value) for name, value in answer.headers.items()}
    assert int(headers.pop("Content-Length")) == len(answer.data)  # what was typed comes back, and may be longer
    return answer.status_code, body, headers, made


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_address_gets_what_a_known_one_gets(world: World, kind: str) -> None:
    known = world.person("known").email
    for number in range(TIMES):
        email, password = of_kind(world, kind, number), PASSWORD if number % 2 else WRONG
        expected = outside(world.client(), known, WRONG)
        assert (expected[0], expected[3]) == (422, ONE_OF_EACH)
        assert outside(world.client(), email, password) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_address_runs_out_of_tries_as_a_known_one_does(
    make_world: Callable[..., World], kind: str
) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__SIGN_IN_WAIT_SECONDS": "60"})
    known, email = world.person("known").email, of_kind(world, kind, 0)
    answers = [[outside(world.client(), each, WRONG) for _ in range(6)] for each in (known, email)]
    for answer in answers[0]:
        answer[2].pop("Retry-After", None)
    for first, second in zip(*answers, strict=True):
        assert 58 <= int(second[2].pop("Retry-After", 60)) <= 60
        assert SECONDS.sub("", first[1]) == SECONDS.sub("", second[1])
        assert (first[0], first[2]["Content-Type"], first[3]) == (second[0], second[2]["Content-Type"], second[3])
    assert [answer[0] for answer in answers[1]] == [422] * 5 + [429]
    assert answers[1][-1][3] == []


@pytest.mark.parametrize(
    "spelling",
    [
        "ANNA.L\u00d6WE@EXAMPLE.ORG",
        "anna.l\u00f6we@Example.Org ",
        "anna.lo\u0308we@example.org",
        "\tAnna.Lo\u0308we@example.org",
    ],
)
def test_all_spellings_of_an_address_share_their_tries(make_world: Callable[..., World], spelling: str) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__SIGN_IN_WAIT_SECONDS": "60"})
    with world.unit():
        world.users.create(
            "tests", email="anna.l\u00f6we@example.org", first_name="A", last_name="B", password=PASSWORD
        )
    assert [tries(world.client(), spelling, WRONG)[0] for _ in range(5)] == [422] * 5
    assert tries(world.client(), "anna.l\u00f6we@example.org", PASSWORD)[0] == 429


@pytest.mark.parametrize(
    "password",
    ["x" * 10_000, "\0", PASSWORD + "\0", "\0" + PASSWORD, "\u200b" * 300, "\U0001f511" * 256, PASSWORD + "x" * 300],
)
def test_odd_passwords_are_wrong_and_cost_one_hash(world: World, password: str) -> None:
    anna = world.person("anna")
    for email in (anna.email, "nobody@example.org"):
        status, body, _headers, made = outside(world.client(), email, password)
        assert (status, made) == (422, ONE_OF_EACH)
        assert password not in body


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("sent", [b"%ED%A0%80", b"%ff%fe", b"%00", b"%f0%9f%94%91"])
def test_bytes_that_are_no_text_are_a_wrong_password(world: World, field: str, sent: bytes) -> None:
    anna, client = world.person("anna"), world.client()
    form = {
        "csrf_token": client.token().encode(),
        "email": anna.email.encode(),
        "password": WRONG.encode(),
        "next": b"",
    }
    body = b"&".join(name.encode() + b"=" + value for name, value in {**form, field: form[field] + sent}.items())
    answer = client.http.post(
        "/login", base_url=client.site, data=body, headers={"Sec-Fetch-Site": "same-origin"},
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert answer.status_code == 422
    assert not is_in(client)


def test_an_unpaired_surrogate_from_within_is_a_wrong_password(world: World) -> None:
    anna = world.person("anna")
    for email, password in ((anna.email, "\ud800"), ("\ud800@example.org", WRONG)):
        with pytest.raises(WrongPassword), world.unit():
            sign_in(world, email, password)


def test_a_password_of_the_greatest_length_signs_in_and_a_longer_one_is_none(world: World) -> None:
    longest = "".join(chr(0x4E00 + number * number % 20_000) for number in range(256))
    anna = world.person("anna")
    with world.unit():
        world.users.set_password("tests", anna.id, password=longest)
    assert tries(world.client(), anna.email, longest + "x")[0] == 422
    assert tries(world.client(), anna.email, longest + "x" * 10_000)[0] == 422
    assert tries(world.client(), anna.email, longest)[0] == 303


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "X-Client-IP"])
def test_a_made_up_address_is_no_other_address(make_world: Callable[..., World], name: str) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__ADDRESS_TRIES": "4"})
    client = world.client()
    statuses = [
        client.post(
            "/login", headers={name: f"203.0.113.{number}"}, email=f"{number}@example.org", password=WRONG, next=""
        )
        for number in range(6)
    ]
    assert [answer.status_code for answer in statuses] == [422] * 4 + [429] * 2


def test_a_flood_from_one_address_leaves_room_for_others(make_world: Callable[..., World]) -> None:
    how = {"TRESOR_PASSWORDS__MEMORY": "32768", "TRESOR_LIMITS__ENABLED": "true"}
    world = make_world({**how, "TRESOR_LIMITS__ADDRESS_TRIES": "100000"})
    anna = world.person("anna")
    turned_away: list[int] = []
    over = threading.Event()

    def flood(number: int) -> None:
        while not over.is_set():
            try:
                with world.unit():
                    sign_in(world, f"{number}@example.org", address="198.51.100.1")
            except WrongPassword:
                pass
            except Throttled as throttled:
                turned_away.append(throttled.seconds)

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            with world.unit():
                assert sign_in(world, anna.email, PASSWORD, address="192.0.2.1").token
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert turned_away


def test_a_failure_is_recorded_once_a_minute_for_known_and_unknown_alike(world: World) -> None:
    anna = world.person("anna")
    for email in (anna.email, "nobody@example.org"):
        for _ in range(3):
            tries(world.client(), email, WRONG)
    failures = [event for event in world.events("user.sign-in") if event["detail"].get("outcome") == "wrongpassword"]
    assert [(event["kind"], event["count"]) for event in failures] == [("user", 1), ("address", 1)]
    assert failures[0]["object_id"] == anna.id
    assert "nobody" not in str(failures)


def test_known_and_unknown_addresses_take_the_same_time(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_PASSWORDS__MEMORY": "65536", "TRESOR_PASSWORDS__TIME": "2"})
    anna = world.person("anna")

    def seconds(email: str) -> float:
        begun = time.perf_counter()
        with pytest.raises(WrongPassword), world.unit():
            sign_in(world, email)
        return time.perf_counter() - begun

    known, unknown = zip(*((seconds(anna.email), seconds("nobody@example.org")) for _ in range(4)), strict=True)
    assert 0.4 < min(unknown) / min(known) < 2.5  # without a hash for nobody: 0.05


def sign_in(world: World, email: str, password: str = WRONG, address: str = "192.0.2.1") -> SignedIn:
    return world.cfg.get(SignIn).sign_in(email=email, password=password, address=address, device="tests")


def test_the_cookie_can_be_read_by_nobody_else(world: World) -> None:
    answer = world.client().post("/login", email=world.person("anna").email, password=PASSWORD, next="")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("session="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(make_world: Callable[..., World]) -> None:
    strong = {"TRESOR_PASSWORDS__MEMORY": "65536", "TRESOR_PASSWORDS__TIME": "3", "TRESOR_LIMITS__ENABLED": "true"}
    world = make_world({"TRESOR_BASE_URL": "https://vault.example.org", **strong})
    answer = world.client().post("/login", email=world.person("anna").email, password=PASSWORD, next="")
    cookies = [each for each in answer.headers.getlist("Set-Cookie") if "Max-Age=0" not in each]
    names = {each.split("=")[0] for each in cookies}
    assert "__Host-session" in names
    assert all({"Secure", "HttpOnly", "Path=/"} <= set(each.split("; ")) for each in cookies)


def test_a_session_planted_before_signing_in_is_not_kept(world: World) -> None:
    anna = world.person("anna")
    client = world.client()
    take_session(client, "planted")
    assert tries(client, anna.email, PASSWORD)[0] == 303
    assert session_token(client) != "planted"


def test_signing_in_again_gives_another_token(world: World) -> None:
    anna = world.person("anna")
    first, second = world.client(anna), world.client(anna)
    assert session_token(first) != session_token(second)
    assert is_in(first)
    assert is_in(second)


def test_a_form_of_before_signing_in_is_not_taken_after(world: World) -> None:
    anna = world.person("anna")
    client = world.client()
    before = client.token()
    assert client.post("/login", email=anna.email, password=PASSWORD, next="", csrf_token=before).status_code == 303
    assert client.post("/logout", csrf_token=before).status_code == 400
    inside = client.token()
    assert client.post("/logout", csrf_token=inside).status_code == 303
    assert client.post("/login", email=anna.email, password=PASSWORD, csrf_token=inside).status_code == 400


def test_a_stolen_session_ends_with_the_password_change(world: World) -> None:
    anna = world.person("anna")
    client, thief = world.client(anna), world.client()
    take_session(thief, session_token(client))
    assert is_in(thief)
    with world.unit():
        world.users.set_password("tests", anna.id, password="another-horse-battery")
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/groups", "/groups"),
        ("/vault?q=a", "/vault?q=a"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_signing_in_leads_on_within_this_site_only(world: World, wanted: str, location: str) -> None:
    anna = world.person("anna")
    client = world.client()
    answer = client.post("/login", email=anna.email, password=PASSWORD, next=wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, location)


def test_an_old_hash_is_stored_anew_at_sign_in_and_sessions_go_on(
    world: World, make_world: Callable[..., World]
) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    later = make_world({"TRESOR_PASSWORDS__TIME": "2"})
    assert later.client(anna).get("/groups").status_code == 200
    with later.unit():
        user = later.users.get(anna.id)
    assert user is not None
    assert not later.cfg.get(SignIn)._passwords.needs_rehash(user.account.password or "")
    assert world.cfg.get(SignIn)._passwords.needs_rehash(user.account.password or "")
    assert is_in(client)


def test_the_last_sign_in_is_kept(world: World) -> None:
    anna = world.person("anna")
    world.client(anna)
    assert stored(world, "preferences", user=anna.id)["last_sign_in"] == START


def test_a_full_house_answers_at_once(world: World) -> None:
    anna = world.person("anna")
    passwords: Passwords = world.cfg.get(SignIn)._passwords
    rules = world.cfg.settings.passwords
    taken = [passwords._places.acquire(blocking=False) for _ in range(rules.at_once + rules.waiting)]
    assert all(taken)
    assert tries(world.client(), anna.email, PASSWORD)[0] == 429


def test_an_unexpected_or_repeated_field_is_refused(world: World) -> None:
    anna = world.person("anna")
    assert tries(world.client(), anna.email, PASSWORD, is_admin="1")[0] == 422
    client = world.client()
    body = f"csrf_token={client.token()}&email={anna.email}&password={PASSWORD}&email=ben@example.org&next="
    answer = client.http.post(
        "/login", base_url=client.site, data=body, headers={"Sec-Fetch-Site": "same-origin"},
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert answer.status_code == 422


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_another_site_cannot_sign_anybody_in_or_out(world: World, site: str) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    assert client.post("/logout", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert is_in(client)


def test_confirming_needs_the_password_and_exchanges_the_session(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    old = session_token(client)
    wrong = client.post("/confirm", password=WRONG, next="/groups")
    assert (wrong.status_code, session_token(client)) == (422, old)
    right = client.post("/confirm", password=PASSWORD, next="/groups")
    assert (right.status_code, right.headers["Location"]) == (303, "/groups")
    assert session_token(client) != old
    thief = world.client()
    take_session(thief, old)
    assert not is_in(thief)


def test_nobody_confirms_for_another(world: World) -> None:
    assert world.client().post("/confirm", password=PASSWORD, next="").status_code == 401


def test_a_session_seen_in_the_trail_belongs_to_its_person(world: World) -> None:
    anna = world.person("anna")
    world.client(anna)
    events = [event for event in world.events("user.sign-in") if event["kind"] == "session"]
    assert [event["subject"] for event in events] == [anna.id]
    assert isinstance(events[0]["object_id"], UUID)


def test_a_subject_is_frozen(world: World) -> None:
    anna: Subject = world.person("anna")
    with pytest.raises(AttributeError):
        anna.permissions = frozenset({"user.roles"})  # type: ignore[misc]

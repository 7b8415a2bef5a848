"""By what a browser is known: as written down, for one account each, and worth nothing but tries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from app.crypto.keyring import Keyring
from app.keys.keyrings import Keyrings
from app.users.known_devices import MOST, Device, KnownDevices
from app.users.service import User
from tests.builders import PASSWORD, Client, World
from tests.crypto import vectors
from tests.crypto.test_vectors import with_session_key

WRONG = "wrong-horse-battery"
OTHER = "another-horse-battery"
HOST = "127.0.0.1"
LIMITED = {"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__SIGN_IN_TRIES": "3", "TRESOR_LIMITS__ACCOUNT_TRIES": "6"}
LIMITED |= {"TRESOR_LIMITS__SIGN_IN_WAIT_SECONDS": "60"}


class InForce:
    """A keyring as the one in force."""

    def __init__(self, current: Keyring) -> None:
        self.current = current


@pytest.mark.parametrize("vector", vectors.load("device"), ids=lambda vector: vector["name"])
def test_a_cookie_is_read_as_in_each_vector(vector):
    keyring = replace(with_session_key(vectors.key(vector)), deployment=UUID(vector["deployment"]))
    devices = KnownDevices(InForce(keyring), lambda: datetime.fromisoformat("2026-11-19T00:00:00Z"), days=100_000)
    entries = vector["entries"]
    found = [devices.find(vector["cookie"], entry["address key"]) for entry in entries]
    assert [(each.id.hex(), each.generation, each.since) for each in found] == [
        (entry["id"], entry["generation"], datetime.fromisoformat(entry["since"])) for entry in entries
    ]
    assert devices.find(vector["cookie"], "somebody.else@example.org") is None
    # written again, it is the same but for the salt
    assert [devices.find(devices._written(found), entry["address key"]) for entry in entries] == found


@pytest.fixture
def devices(world: World) -> KnownDevices:
    return world.cfg.get(KnownDevices)


@pytest.fixture
def anna(world: World) -> User:
    return person(world, "anna")


def person(world: World, name: str) -> User:
    user_id = world.person(name).id
    with world.unit():
        user = world.users.get(user_id)
    assert user is not None
    return user


def key(user: User) -> str:
    return f"{user.first_name.lower()}@example.org"


def test_a_browser_is_known_to_the_account_that_signed_in_there_and_to_no_other(
    devices: KnownDevices, anna: User
) -> None:
    cookie = devices.with_account("", anna)
    found = devices.find(cookie, key(anna))
    assert found is not None
    assert found.generation == anna.account.generation
    assert devices.find(cookie, "ben@example.org") is None
    assert devices.find("", key(anna)) is None


def test_every_sign_in_gives_another_id(devices: KnownDevices, anna: User) -> None:
    first = devices.with_account("", anna)
    second = devices.with_account(first, anna)
    one, two = devices.find(first, key(anna)), devices.find(second, key(anna))
    assert one
    assert two
    assert one.id != two.id


def test_several_people_share_a_browser_and_the_oldest_goes(world: World, devices: KnownDevices) -> None:
    people, cookie = [person(world, f"p{number}") for number in range(MOST + 1)], ""
    for user in people[:-1]:
        cookie = devices.with_account(cookie, user)
    ids = [found.id for user in people[:-1] if (found := devices.find(cookie, key(user)))]
    assert len(set(ids)) == MOST
    cookie = devices.with_account(cookie, people[-1])
    assert [devices.find(cookie, key(user)) is not None for user in people] == [False] + [True] * MOST


def test_all_cookies_look_alike(world: World, devices: KnownDevices) -> None:
    cookie, lengths = "", set()
    for number in range(MOST + 2):
        cookie = devices.with_account(cookie, person(world, f"p{number}"))
        lengths.add(len(cookie))
        assert "example" not in cookie
    assert lengths == {460}


def test_a_browser_is_forgotten_after_the_days_of_the_setting(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__DEVICE_DAYS": "30"})
    devices, anna = world.cfg.get(KnownDevices), person(world, "anna")
    cookie = devices.with_account("", anna)
    world.clock.goes_on(days=29, hours=23)
    assert devices.find(cookie, key(anna)) is not None
    world.clock.goes_on(hours=1)
    assert devices.find(cookie, key(anna)) is None
    assert devices.find(devices.with_account(cookie, person(world, "ben")), key(anna)) is None


def altered(cookie: str) -> Iterator[str]:
    """Yield what is not exactly the cookie: cut, longer, other characters, other bits."""
    yield from (cookie[:-1], cookie[1:], cookie + "A", cookie + "=", cookie[:-4] + "====", cookie.swapcase(), "A" * 460)
    yield from (cookie[:20] + character + cookie[21:] for character in " \n\0\u00fc\ud800+=.")
    yield from (cookie * 200, "null", '"', "e30.x.y")
    for position in range(0, 460, 7):
        yield cookie[:position] + ("A" if cookie[position] != "A" else "B") + cookie[position + 1 :]


def test_a_cookie_that_is_not_exactly_ours_is_as_none(devices: KnownDevices, anna: User) -> None:
    cookie = devices.with_account("", anna)
    assert [devices.find(each, key(anna)) for each in altered(cookie)] == [None] * len(list(altered(cookie)))


def test_a_cookie_in_the_other_alphabet_of_base64_is_as_none(devices: KnownDevices, anna: User) -> None:
    made = (devices.with_account("", anna) for _again in range(100))
    cookie = next(each for each in made if "-" in each and "_" in each)
    for letter, other in (("-", "+"), ("_", "/")):
        assert devices.find(cookie.replace(letter, other, 1), key(anna)) is None
    assert devices.find(cookie, key(anna))


def test_a_cookie_of_another_session_key_or_installation_is_as_none(world: World, anna: User) -> None:
    keyring = world.cfg.get(Keyrings).current
    others = [replace(keyring, session_key=bytes(32)), replace(keyring, deployment=UUID(int=1))]
    for other in others:
        foreign = KnownDevices(InForce(other), world.clock, days=365).with_account("", anna)
        assert world.cfg.get(KnownDevices).find(foreign, key(anna)) is None


# ── in the browser ──


def cookie_of(client: Client) -> str:
    found = client.http.get_cookie("device", domain=HOST)
    return found.value if found else ""


def carrying(world: World, cookie: str) -> Client:
    client = world.client()
    client.http.set_cookie("device", cookie, domain=HOST)
    return client


def tries(client: Client, email: str, password: str, address: str = HOST) -> int:
    form = {"csrf_token": client.token(), "email": email, "password": password, "next": ""}
    sent = client.http.post(
        "/login",
        base_url=client.site,
        data=form,
        headers={"Sec-Fetch-Site": "same-origin"},
        environ_overrides={"REMOTE_ADDR": address},
    )
    return sent.status_code


def attack(world: World, email: str) -> None:
    """Use up the tries that strangers have at an account, from everywhere."""
    for number in range(6):
        assert tries(world.client(), email, WRONG, f"198.51.100.{number}") == 422
    assert tries(world.client(), email, PASSWORD, "203.0.113.1") == 429


@pytest.fixture
def limited(make_world: Callable[..., World]) -> World:
    return make_world(LIMITED)


def test_who_is_attacked_still_signs_in_where_they_did_before(limited: World) -> None:
    anna = limited.person("anna")
    own = limited.client(anna)
    assert own.post("/logout").status_code == 303
    attack(limited, anna.email)
    assert tries(own, anna.email, WRONG) == 422
    assert tries(own, anna.email, PASSWORD) == 303
    assert tries(limited.client(), anna.email, PASSWORD, "203.0.113.1") == 429


def test_a_neighbour_behind_the_same_address_keeps_nobody_out(make_world: Callable[..., World]) -> None:
    world = make_world({**LIMITED, "TRESOR_LIMITS__ADDRESS_TRIES": "4"})
    anna = world.person("anna")
    own = world.client(anna)
    own.post("/logout")
    for number in range(4):
        assert tries(world.client(), f"{number}@example.org", WRONG) == 422
    assert tries(world.client(), anna.email, PASSWORD) == 429
    assert tries(own, anna.email, PASSWORD) == 303


def test_signing_out_leaves_the_browser_known(limited: World) -> None:
    own = limited.client(limited.person("anna"))
    before = cookie_of(own)
    answer = own.post("/logout")
    assert cookie_of(own) == before != ""
    assert "cookies" not in answer.headers["Clear-Site-Data"]
    assert "device=" not in str(answer.headers.getlist("Set-Cookie"))


def test_only_who_signs_in_is_given_the_cookie(limited: World) -> None:
    anna, client = limited.person("anna"), limited.client()
    assert tries(client, anna.email, WRONG) == 422
    assert tries(client, "nobody@example.org", WRONG) == 422
    assert cookie_of(client) == ""
    assert tries(client, anna.email, PASSWORD) == 303
    assert len(cookie_of(client)) == 460


def test_two_people_at_one_browser_are_both_known_there(limited: World) -> None:
    anna, ben = limited.person("anna"), limited.person("ben")
    shared = limited.client(anna)
    assert tries(shared, ben.email, PASSWORD) == 303
    shared.post("/logout")
    for each in (anna, ben):
        attack(limited, each.email)
        assert tries(shared, each.email, PASSWORD) == 303


def test_the_cookie_of_one_account_is_worth_nothing_for_another(limited: World) -> None:
    anna, ben = limited.person("anna"), limited.person("ben")
    attack(limited, anna.email)
    assert tries(limited.client(ben), anna.email, PASSWORD) == 429


def test_a_stolen_cookie_gives_as_many_tries_as_a_stranger_has_and_no_entry(limited: World) -> None:
    anna = limited.person("anna")
    thief = carrying(limited, cookie_of(limited.client(anna)))
    assert thief.get("/vault").status_code == 303
    assert [tries(thief, anna.email, WRONG) for _ in range(4)] == [422, 422, 422, 429]
    assert tries(thief, anna.email, WRONG, "203.0.113.1") == 429
    # the owner's tries are others from the next sign-in on
    own = carrying(limited, "")
    assert tries(own, anna.email, PASSWORD) == 303


def ends_by_password(world: World, own: Client, user_id: UUID) -> None:
    assert own.post("/account/security/password", password=OTHER, password_again=OTHER).status_code == 303


def ends_by_signing_out_everywhere(world: World, own: Client, user_id: UUID) -> None:
    assert own.post("/account/sessions/end-all").status_code == 303


def ends_by_disabling(world: World, own: Client, user_id: UUID) -> None:
    with world.unit():
        world.users.disable("tests", user_id)
        world.users.enable("tests", user_id)


@pytest.mark.parametrize(
    ("end", "own_stays"),
    [(ends_by_password, True), (ends_by_signing_out_everywhere, True), (ends_by_disabling, False)],
)
def test_what_ends_all_sessions_makes_other_browsers_strangers(
    limited: World, end: Callable[..., None], own_stays: bool
) -> None:
    anna = limited.person("anna")
    own, old = limited.client(anna), cookie_of(limited.client(anna))
    end(limited, own, anna.id)
    password = OTHER if end is ends_by_password else PASSWORD
    attack_with = limited.client()
    for number in range(6):
        assert tries(attack_with, anna.email, WRONG, f"198.51.100.{number}") == 422
    assert tries(carrying(limited, old), anna.email, password, "203.0.113.1") == 429
    own.post("/logout")
    assert tries(own, anna.email, password, "203.0.113.1") == (303 if own_stays else 429)


def test_a_thief_of_the_cookie_cannot_use_up_what_confirming_has(limited: World) -> None:
    anna = limited.person("anna")
    own = limited.client(anna)
    attack(limited, anna.email)
    thief = carrying(limited, cookie_of(own))
    for _ in range(4):
        tries(thief, anna.email, WRONG)
    assert own.post("/confirm", password=WRONG).status_code == 422
    assert own.post("/confirm", password=PASSWORD).status_code == 303
    assert [own.post("/confirm", password=WRONG).status_code for _ in range(4)] == [422, 422, 422, 429]


def test_a_session_without_the_cookie_gets_it_by_confirming(limited: World) -> None:
    own = limited.client(limited.person("anna"))
    own.http.delete_cookie("device", domain=HOST)
    assert own.post("/confirm", password=PASSWORD).status_code == 303
    assert len(cookie_of(own)) == 460


def test_the_cookie_is_read_by_no_script_and_no_other_site(make_world: Callable[..., World]) -> None:
    https = {"TRESOR_BASE_URL": "https://vault.example.org", "TRESOR_PASSWORDS__MEMORY": "65536"}
    world = make_world({**LIMITED, **https, "TRESOR_PASSWORDS__TIME": "3"})
    answer = world.client().post("/login", email=world.person("anna").email, password=PASSWORD, next="")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("__Host-device="))
    name, *how = cookie.split("; ")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=Strict", f"Max-Age={365 * 86400}"} <= set(how)
    assert "Domain" not in cookie
    assert len(name) == len("__Host-device=") + 460


def test_over_https_a_sibling_host_cannot_plant_a_cookie(make_world: Callable[..., World]) -> None:
    https = {"TRESOR_BASE_URL": "https://vault.example.org", "TRESOR_PASSWORDS__MEMORY": "65536"}
    world = make_world({**LIMITED, **https, "TRESOR_PASSWORDS__TIME": "3"})
    anna = world.person("anna")
    own = world.client(anna)
    kept = {name: own.http.get_cookie(name, domain="vault.example.org") for name in ("__Host-session", "__Host-device")}
    planted = world.client()
    for name, found in kept.items():
        assert found is not None
        planted.http.set_cookie(name.removeprefix("__Host-"), found.value, domain="example.org", origin_only=False)
    assert planted.get("/vault").status_code == 303
    assert own.get("/vault").status_code == 200


def test_a_device_is_nobody(devices: KnownDevices, anna: User) -> None:
    found = devices.find(devices.with_account("", anna), key(anna))
    assert isinstance(found, Device)
    assert found.account.hex() not in repr(found)
    assert anna.email not in repr(found)

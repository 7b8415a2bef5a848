"""How often a password may be guessed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from app.errors import Misconfigured, Throttled
from app.settings import Limits
from app.users.throttle import ALONE_SECONDS, ANSWER_SECONDS, Throttle
from tests.builders import PASSWORD, World
from tests.processes import free_port
from tests.services import Redis, redis_server

Attempt = Callable[..., int]


def limits(**how: object) -> Limits:
    plain = {"enabled": True, "url": "memory://", "sign_in_tries": 3, "sign_in_wait_seconds": 1, "address_tries": 10}
    plain |= {"look_ups": 5}
    return Limits.model_validate({**plain, **how})


def waits(throttle: Throttle, address: str = "192.0.2.1", account: str = "anna@example.org") -> int:
    """Return the seconds that this person must wait; 0: none."""
    try:
        throttle.check(address, account)
    except Throttled as throttled:
        return throttled.seconds
    return 0


def fail(throttle: Throttle, times: int, address: str = "192.0.2.1", account: str = "anna@example.org") -> None:
    for _ in range(times):
        throttle.failed(address, account)


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> str:
    """The address of an empty store of each kind."""
    if request.param == "memory":
        return "memory://"
    redis: Redis = request.getfixturevalue("redis")
    return redis.new_store()


def test_the_last_free_try_begins_a_wait(store: str) -> None:
    throttle = Throttle(limits(url=store, sign_in_wait_seconds=30))
    fail(throttle, 2)
    assert waits(throttle) == 0
    fail(throttle, 1)
    assert 28 <= waits(throttle) <= 30


def test_after_the_wait_there_is_one_try_and_then_another_wait(store: str) -> None:
    throttle = Throttle(limits(url=store))
    fail(throttle, 3)
    assert waits(throttle) == 1
    time.sleep(1.1)
    assert waits(throttle) == 0
    fail(throttle, 1)
    assert waits(throttle) == 1


def test_success_forgets_the_failures_of_that_account_alone(store: str) -> None:
    throttle = Throttle(limits(url=store))
    fail(throttle, 2)
    throttle.succeeded("192.0.2.1", "anna@example.org")
    fail(throttle, 2)
    assert waits(throttle) == 0


def test_somebody_elsewhere_does_not_wait_for_an_attacker(store: str) -> None:
    throttle = Throttle(limits(url=store))
    fail(throttle, 3)
    assert waits(throttle, address="192.0.2.2") == 0
    assert waits(throttle, account="ben@example.org") == 0


def test_an_address_has_a_budget_over_all_accounts(store: str) -> None:
    throttle = Throttle(limits(url=store, address_tries=4))
    for number in range(4):
        fail(throttle, 1, account=f"{number}@example.org")
    assert waits(throttle, account="another@example.org") > 500
    assert waits(throttle, address="192.0.2.2", account="another@example.org") == 0


def test_a_network_of_ipv6_counts_as_one_address(store: str) -> None:
    throttle = Throttle(limits(url=store))
    for number in range(3):
        fail(throttle, 1, address=f"2001:db8:1:2::{number:x}")
    assert waits(throttle, address="2001:db8:1:2:ffff::1") == 1
    assert waits(throttle, address="2001:db8:1:3::1") == 0


def test_nothing_is_counted_when_switched_off() -> None:
    throttle = Throttle(limits(enabled=False))
    fail(throttle, 20)
    assert waits(throttle) == 0


def test_a_shared_store_counts_for_all_processes(redis: Redis) -> None:
    url = redis.new_store()
    one, two = (Throttle(limits(url=url, sign_in_wait_seconds=300)) for _ in range(2))
    fail(one, 2)
    fail(two, 1)
    assert min(waits(one), waits(two)) > 200


def test_with_the_shared_store_down_each_process_counts_for_itself_until_it_is_back(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, now = free_port(), time.monotonic
    plain = limits(url=f"redis://127.0.0.1:{port}", sign_in_wait_seconds=300)
    one, two = Throttle(plain), Throttle(plain)
    fail(one, 3)
    assert (waits(one) > 200, waits(two)) == (True, 0)
    monkeypatch.setattr(time, "monotonic", lambda: now() + ALONE_SECONDS)
    with redis_server(port):
        assert waits(one) == 0
        fail(two, 3)
        assert min(waits(one), waits(two)) > 200
    assert waits(two) == 0
    fail(two, 3)
    assert waits(two) > 200


def test_a_store_that_never_answers_keeps_nobody_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        throttle = Throttle(limits(url=f"redis://127.0.0.1:{port}", sign_in_wait_seconds=300))
        began = time.monotonic()
        fail(throttle, 3)
        assert waits(throttle) > 200
        assert time.monotonic() - began < 2 * ANSWER_SECONDS


@pytest.mark.parametrize("url", ["nowhere://", "redis://:hunter2@host:port", "redis://[hunter2", "hunter2"])
def test_an_address_of_no_store_stops_the_start_in_a_line_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(Misconfigured) as stopped:
        Throttle(limits(url=url))
    assert str(stopped.value) == "limits.url: an address such as memory:// or redis://host:6379"


def test_known_and_unknown_accounts_wait_alike(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__SIGN_IN_TRIES": "2"})
    anna = world.person("anna")
    client = world.client()

    def tried(email: str, password: str) -> tuple[int, bool]:
        answer = client.post("/login", email=email, password=password, next="")
        return answer.status_code, "Retry-After" in answer.headers

    known = [tried(anna.email, "wrong-horse-battery") for _ in range(3)]
    unknown = [tried("nobody@example.org", "wrong-horse-battery") for _ in range(3)]
    assert known == unknown == [(422, False), (422, False), (429, True)]
    assert tried(anna.email, PASSWORD) == (429, True)

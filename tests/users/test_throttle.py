"""How often a password may be guessed, by whom, and that nobody locks out another."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from app.errors import Misconfigured, Throttled
from app.settings import Limits
from app.users.throttle import ALONE_SECONDS, ANSWER_SECONDS, FORGOTTEN_MINUTES, Throttle
from tests.builders import PASSWORD, World
from tests.processes import free_port
from tests.services import Redis, redis_server

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
ANNA, BEN = "anna@example.org", "ben@example.org"
DEVICE = b"anna's own browser"


def limits(**how: object) -> Limits:
    plain = {"enabled": True, "url": "memory://", "sign_in_tries": 3, "sign_in_wait_seconds": 30, "look_ups": 5}
    plain |= {"connection_tests": 10, "requests": 20}
    plain |= {"longest_wait_seconds": 60, "account_tries": 100, "address_tries": 100, "device_days": 365}
    return Limits.model_validate({**plain, **how})


def waits(throttle: Throttle, address: str = HERE, account: str = ANNA, device: bytes | None = None) -> int:
    """Return the seconds that this person must wait; 0: none. A try that is allowed is given back."""
    try:
        with throttle.attempt(address, account, device=device):
            return 0
    except Throttled as throttled:
        return throttled.seconds


def fail(throttle: Throttle, times: int, address: str = HERE, account: str = ANNA, device: bytes | None = None) -> None:
    for _ in range(times):
        with throttle.attempt(address, account, device=device) as attempt:
            attempt.failed()


def succeed(throttle: Throttle, address: str = HERE, account: str = ANNA, device: bytes | None = None) -> None:
    with throttle.attempt(address, account, device=device) as attempt:
        attempt.succeeded()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> str:
    """The address of an empty store of each kind."""
    if request.param == "memory":
        return "memory://"
    redis: Redis = request.getfixturevalue("redis")
    return redis.new_store()


def test_the_last_free_try_begins_a_wait(store: str) -> None:
    throttle = Throttle(limits(url=store))
    fail(throttle, 2)
    assert waits(throttle) == 0
    fail(throttle, 1)
    assert 28 <= waits(throttle) <= 30


def test_after_the_wait_there_is_one_try_and_then_a_longer_wait(store: str) -> None:
    throttle = Throttle(limits(url=store, sign_in_wait_seconds=1))
    fail(throttle, 3)
    assert waits(throttle) == 1
    time.sleep(1.1)
    assert waits(throttle) == 0
    fail(throttle, 1)
    assert waits(throttle) == 2


@pytest.mark.parametrize("who", ["pair", "account", "device"])
def test_waits_double_and_stop_growing_at_a_minute(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = {"account_tries": 3, "sign_in_tries": 100} if who == "account" else {}
    throttle, later, now = Throttle(limits(sign_in_wait_seconds=5, **tries)), 0.0, time.time
    monkeypatch.setattr(time, "time", lambda: now() + later)
    device = DEVICE if who == "device" else None
    fail(throttle, 2, device=device)
    told = []
    for _ in range(7):
        fail(throttle, 1, device=device)
        told.append(waits(throttle, device=device))
        later += told[-1]
    assert told == [5, 10, 20, 40, 60, 60, 60]


def test_tries_that_have_to_wait_are_not_counted(store: str) -> None:
    throttle = Throttle(limits(url=store, address_tries=4))
    fail(throttle, 3)
    for _ in range(50):
        assert waits(throttle) > 0
    assert waits(throttle, account=BEN) == 0


def test_failures_are_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle, later, now = Throttle(limits()), 0.0, time.time
    monkeypatch.setattr(time, "time", lambda: now() + later)
    fail(throttle, 3)
    later = FORGOTTEN_MINUTES * 60 + 1
    fail(throttle, 2)
    assert waits(throttle) == 0


def test_success_forgets_the_failures_of_that_account_from_there_alone(store: str) -> None:
    throttle = Throttle(limits(url=store))
    fail(throttle, 2)
    fail(throttle, 2, address=ELSEWHERE)
    succeed(throttle)
    fail(throttle, 2)
    assert waits(throttle) == 0
    fail(throttle, 1, address=ELSEWHERE)
    assert waits(throttle, address=ELSEWHERE) > 0


def test_success_after_a_wait_leaves_none(store: str) -> None:
    throttle = Throttle(limits(url=store, sign_in_wait_seconds=1))
    fail(throttle, 3)
    time.sleep(1.1)
    succeed(throttle)
    assert waits(throttle) == 0


def test_what_fails_for_another_reason_is_not_counted(store: str) -> None:
    throttle = Throttle(limits(url=store))
    for _ in range(20):
        with pytest.raises(ZeroDivisionError), throttle.attempt(HERE, ANNA):
            _ = 1 / 0
    fail(throttle, 2)
    assert waits(throttle) == 0


def test_tries_at_once_do_not_exceed_the_count(store: str) -> None:
    throttle = Throttle(limits(url=store), at_once=50)
    tried: list[int] = []
    start, inside = threading.Barrier(20), threading.Barrier(20)

    def attempt() -> None:
        start.wait()
        try:
            with throttle.attempt(HERE, ANNA) as one:
                tried.append(1)
                one.failed()
                inside.wait()  # nobody has failed yet, as far as anybody knows
        except Throttled:
            inside.wait()

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tried) == 3


def test_somebody_elsewhere_does_not_wait_for_an_attacker(store: str) -> None:
    throttle = Throttle(limits(url=store))
    fail(throttle, 3)
    assert waits(throttle, address=ELSEWHERE) == 0
    assert waits(throttle, account=BEN) == 0


def test_strangers_share_the_tries_of_an_account(store: str) -> None:
    throttle = Throttle(limits(url=store, account_tries=5))
    for number in range(5):
        fail(throttle, 1, address=f"198.51.100.{number}")
    assert 28 <= waits(throttle, address=ELSEWHERE) <= 30
    assert waits(throttle, address=ELSEWHERE, account=BEN) == 0


def test_one_address_alone_cannot_use_up_the_tries_of_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the settings that are shipped: whoever guesses from one address keeps no other stranger out."""
    shipped = limits(sign_in_tries=5, sign_in_wait_seconds=5, account_tries=30)
    throttle, later, now = Throttle(shipped), 0.0, time.time
    monkeypatch.setattr(time, "time", lambda: now() + later)
    for _ in range(3 * FORGOTTEN_MINUTES * 60):
        if waits(throttle) == 0:
            fail(throttle, 1)
        assert waits(throttle, address=ELSEWHERE) == 0
        later += 1


def test_nobody_keeps_an_owner_out_of_a_browser_that_is_known(store: str) -> None:
    throttle = Throttle(limits(url=store, account_tries=5, address_tries=8))
    for number in range(5):
        fail(throttle, 1, address=f"198.51.100.{number}")
    for number in range(8):
        fail(throttle, 1, account=f"{number}@example.org")
    assert waits(throttle) > 0
    assert waits(throttle, device=DEVICE) == 0
    fail(throttle, 2, device=DEVICE)
    succeed(throttle, device=DEVICE)
    assert waits(throttle, device=DEVICE) == 0
    assert waits(throttle, address=ELSEWHERE) > 0  # strangers wait all the same


def test_a_known_browser_has_no_more_tries_than_a_stranger(store: str) -> None:
    throttle = Throttle(limits(url=store))
    fail(throttle, 3, device=DEVICE)
    assert 28 <= waits(throttle, device=DEVICE) <= 30
    assert 28 <= waits(throttle, address=ELSEWHERE, device=DEVICE) <= 30  # wherever it is carried
    assert waits(throttle) == 0
    assert waits(throttle, device=b"another") == 0


def test_an_address_has_a_budget_over_all_accounts(store: str) -> None:
    throttle = Throttle(limits(url=store, address_tries=4))
    for number in range(4):
        fail(throttle, 1, account=f"{number}@example.org")
    assert waits(throttle, account="another@example.org") > 500
    assert waits(throttle, address=ELSEWHERE, account="another@example.org") == 0


def test_one_address_works_on_some_tries_at_a_time() -> None:
    throttle = Throttle(limits(), at_once=2)
    with throttle.attempt(HERE, ANNA), throttle.attempt(HERE, BEN):
        assert waits(throttle, account="third@example.org") == 1
        assert waits(throttle, address=ELSEWHERE, account="third@example.org") == 0
        assert waits(throttle, device=DEVICE) == 0
    assert waits(throttle, account="third@example.org") == 0


@pytest.mark.parametrize(
    ("network", "other"),
    [
        (["2001:db8:1:2::1", "2001:db8:1:2::ffff", "2001:DB8:1:2:0:0:0:1"], "2001:db8:1:3::1"),
        (["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"], "::ffff:192.0.2.2"),
        (["", "", ""], "unix:"),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address_and_a_mapped_one_as_what_it_is(
    store: str, network: list[str], other: str
) -> None:
    throttle = Throttle(limits(url=store))
    for address in network:
        fail(throttle, 1, address=address)
    assert waits(throttle, address=network[0]) > 0
    assert waits(throttle, address=other) == 0


def test_the_store_holds_no_address_of_anybody(redis: Redis) -> None:
    url = redis.new_store()
    throttle = Throttle(limits(url=url))
    fail(throttle, 3)
    fail(throttle, 3, device=DEVICE)
    kept = [key.decode() for key in throttle._shared.storage.scan_iter()]  # type: ignore[attr-defined]
    assert len(kept) == 6  # three budgets of a stranger, one of a browser, two waits
    assert not [key for key in kept if "anna" in key or HERE in key]


def test_nothing_is_counted_when_switched_off() -> None:
    throttle = Throttle(limits(enabled=False))
    fail(throttle, 200)
    assert waits(throttle) == 0


def test_a_shared_store_counts_for_all_processes(redis: Redis) -> None:
    url = redis.new_store()
    one, two = (Throttle(limits(url=url)) for _ in range(2))
    fail(one, 2)
    fail(two, 1)
    assert min(waits(one), waits(two)) > 20


def test_with_the_shared_store_down_each_process_counts_for_itself_until_it_is_back(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, now = free_port(), time.monotonic
    plain = limits(url=f"redis://127.0.0.1:{port}", sign_in_wait_seconds=300, longest_wait_seconds=300)
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
        throttle = Throttle(limits(url=f"redis://127.0.0.1:{port}"))
        began = time.monotonic()
        fail(throttle, 3)
        assert waits(throttle) > 20
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

"""How often a password may be guessed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from limits.errors import StorageError
from limits.storage import MemoryStorage

from app.errors import Misconfigured, Throttled
from app.settings import Limits
from app.users.throttle import Throttle
from tests.builders import PASSWORD, World

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


def test_the_last_free_try_begins_a_wait() -> None:
    throttle = Throttle(limits(sign_in_wait_seconds=30))
    fail(throttle, 2)
    assert waits(throttle) == 0
    fail(throttle, 1)
    assert 28 <= waits(throttle) <= 30


def test_after_the_wait_there_is_one_try_and_then_another_wait() -> None:
    throttle = Throttle(limits())
    fail(throttle, 3)
    assert waits(throttle) == 1
    time.sleep(1.1)
    assert waits(throttle) == 0
    fail(throttle, 1)
    assert waits(throttle) == 1


def test_success_forgets_the_failures_of_that_account_alone() -> None:
    throttle = Throttle(limits())
    fail(throttle, 2)
    throttle.succeeded("192.0.2.1", "anna@example.org")
    fail(throttle, 2)
    assert waits(throttle) == 0


def test_somebody_elsewhere_does_not_wait_for_an_attacker() -> None:
    throttle = Throttle(limits())
    fail(throttle, 3)
    assert waits(throttle, address="192.0.2.2") == 0
    assert waits(throttle, account="ben@example.org") == 0


def test_an_address_has_a_budget_over_all_accounts() -> None:
    throttle = Throttle(limits(address_tries=4))
    for number in range(4):
        fail(throttle, 1, account=f"{number}@example.org")
    assert waits(throttle, account="another@example.org") > 500
    assert waits(throttle, address="192.0.2.2", account="another@example.org") == 0


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    throttle = Throttle(limits())
    for number in range(3):
        fail(throttle, 1, address=f"2001:db8:1:2::{number:x}")
    assert waits(throttle, address="2001:db8:1:2:ffff::1") == 1
    assert waits(throttle, address="2001:db8:1:3::1") == 0


def test_nothing_is_counted_when_switched_off() -> None:
    throttle = Throttle(limits(enabled=False))
    fail(throttle, 20)
    assert waits(throttle) == 0


class Down(MemoryStorage):
    """A store that does not answer."""

    def get(self, key: str) -> int:
        raise StorageError(OSError())

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        raise StorageError(OSError())


def test_with_the_shared_store_down_this_process_counts_alone() -> None:
    throttle = Throttle(limits())
    throttle._shared.storage = Down()
    fail(throttle, 3)
    assert waits(throttle) == 1


def test_an_unknown_store_stops_the_start() -> None:
    with pytest.raises(Misconfigured):
        Throttle(limits(url="nowhere://"))


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

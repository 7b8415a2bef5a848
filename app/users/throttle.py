"""Too many tries: how often a password may be guessed, by whom, and for which account."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import TypeVar
from uuid import UUID

from flask_babel import ngettext
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage

from app.errors import Misconfigured, Throttled
from app.settings import Limits

log = logging.getLogger(__name__)

T = TypeVar("T")

FORGOTTEN_MINUTES = 15
"""How long failures count."""
ADDRESS_MINUTES = 10
ANSWER_SECONDS = 1
"""How long the shared store may take to answer."""
ALONE_SECONDS = 5
"""How long it is not asked again after it did not: a sign-in asks several times."""
REDIS = frozenset({"redis", "rediss", "redis+unix"})
WHICH_URL = "limits.url: an address such as memory:// or redis://host:6379"
"""It does not repeat what was given, which may hold a password."""
LOOK_UP_MINUTES = 10
TEST_MINUTES = 1
REQUEST_MINUTES = 10
MAILS, MAILS_MINUTES = 6, 60
"""So many mails to addresses of their own choice may one person cause in so many minutes."""
IPV6_SITE_BITS = 64
"""What one household or host gets of IPv6 addresses; it counts as one."""
ACTION = "user.sign-in"


@dataclass(frozen=True)
class Budget:
    """Tries that are counted together for `minutes` from the first of them.

    free: how many there are. slows: after those, each begins a wait; otherwise none is left. is_of_one: who succeeds
    has made all of them, so that they are forgotten.
    """

    key: str
    free: int
    minutes: int
    slows: bool = True
    is_of_one: bool = False

    @property
    def tries(self) -> str:
        return f"tries/{self.key}"

    @property
    def wait(self) -> str:
        return f"wait/{self.key}"


class Attempt:
    """A try that has been taken from its budgets, and is given back unless it fails."""

    def __init__(self) -> None:
        self.has_failed = self.has_succeeded = False
        self.taken: list[tuple[Budget, bool]] = []
        """Each budget, with whether this try began a wait of it."""

    def failed(self) -> None:
        """Let the try count."""
        self.has_failed = True

    def succeeded(self) -> None:
        """Forget the failures of this browser, or of this address for this account."""
        self.has_succeeded = True


class Throttle:
    """Counts tries before they are made, so that many at once cannot exceed the count.

    Strangers to an account share its budget and that of their address; a browser that the account knows has one of its
    own and no other, so nobody can lock it out. Known and unknown accounts count alike. A shared store that is down:
    this process counts alone. Passkeys are not guessed and do not come here.
    """

    def __init__(self, settings: Limits, *, at_once: int = 1) -> None:
        """at_once: how many tries of one address, or of one known browser, this process works on at a time."""
        self._settings, self._at_once = settings, at_once
        self._shared = _store(settings.url)
        self._alone, self._alone_until = MemoryStorage(), 0.0
        self._under_way: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def attempt(self, address: str, account: str, *, device: bytes | None = None) -> Iterator[Attempt]:
        """Take a try at the password of an account for the time of this context. Raises Throttled.

        device: who knows this browser counts its tries under this; None: the browser is a stranger.
        """
        attempt = Attempt()
        if not self._settings.enabled:
            yield attempt
            return
        budgets = self._of_device(device) if device else self._of_stranger(_site(address), account)
        with self._one_of_few(budgets[0].key):
            try:
                for budget in budgets:
                    attempt.taken.append((budget, self._take(budget)))
                yield attempt
            finally:
                if not attempt.has_failed:
                    self._give_back(attempt)

    def looked_up(self, person: UUID) -> None:
        """Count that a person asked who is here. Raises Throttled beyond the limit."""
        seconds = self._too_often(f"look-ups/{person}", self._settings.look_ups, LOOK_UP_MINUTES)
        if not seconds:
            return
        text = ngettext("Too many searches. Wait %(num)s second.", "Too many searches. Wait %(num)s seconds.", seconds)
        raise Throttled(text, seconds=seconds, action="user.look-up")

    def tested(self, person: UUID) -> None:
        """Count that a person tests a connection. Raises Throttled beyond the limit."""
        seconds = self._too_often(f"tests/{person}", self._settings.connection_tests, TEST_MINUTES)
        if not seconds:
            return
        text = ngettext("Too many tests. Wait %(num)s second.", "Too many tests. Wait %(num)s seconds.", seconds)
        raise Throttled(text, seconds=seconds, action="secret.test")

    def requested(self, address: str) -> None:
        """Count that somebody at this address asked for a link by mail. Raises Throttled beyond the limit."""
        key = f"requests/{_hashed(_site(address))}"
        seconds = self._too_often(key, self._settings.requests, REQUEST_MINUTES)
        if not seconds:
            return
        text = ngettext("Too many tries. Wait %(num)s second.", "Too many tries. Wait %(num)s seconds.", seconds)
        raise Throttled(text, seconds=seconds, action="request.ask")

    def wrote(self, person: UUID) -> None:
        """Count that a person has a mail sent to an address that they typed. Raises Throttled beyond the limit."""
        seconds = self._too_often(f"mails/{person}", MAILS, MAILS_MINUTES)
        if not seconds:
            return
        minutes = -(-seconds // 60)
        text = ngettext("Too many mails. Wait %(num)s minute.", "Too many mails. Wait %(num)s minutes.", minutes)
        raise Throttled(text, seconds=seconds, action="address.ask")

    def _of_device(self, device: bytes) -> list[Budget]:
        return [Budget(f"device/{device.hex()}", self._settings.sign_in_tries, FORGOTTEN_MINUTES, is_of_one=True)]

    def _of_stranger(self, site: str, account: str) -> list[Budget]:
        """Return what a stranger draws on."""
        limits = self._settings
        return [
            Budget(f"address/{_hashed(site)}", limits.address_tries, ADDRESS_MINUTES, slows=False),
            Budget(f"pair/{_hashed(site, account)}", limits.sign_in_tries, FORGOTTEN_MINUTES, is_of_one=True),
            Budget(f"account/{_hashed(account)}", limits.account_tries, FORGOTTEN_MINUTES),
        ]

    def _too_often(self, key: str, most: int, minutes: int) -> int:
        """Count one more and return the seconds to wait if it is beyond the `most` of so many minutes; 0: it is not."""
        if not self._settings.enabled or self._count(key, minutes * 60) <= most:
            return 0
        return self._left(key)

    @contextmanager
    def _one_of_few(self, who: str) -> Iterator[None]:
        """Let one address, or one browser, take only some of the places for hashes. Raises Throttled at once."""
        with self._lock:
            if self._under_way[who] >= self._at_once:
                raise Throttled(seconds=1, action=ACTION)
            self._under_way[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[who] -= 1
                if not self._under_way[who]:
                    del self._under_way[who]

    def _take(self, budget: Budget) -> bool:
        """Take a try and return whether it began a wait, as the last free one and all later ones do. Raises Throttled.

        Nobody but the one who begins a wait gets past it, however many come at once.
        """
        number = self._count(budget.tries, budget.minutes * 60)
        late = number - budget.free
        if late < 0 or (late == 0 and not budget.slows):
            return False
        if budget.slows and self._count(budget.wait, self._seconds(late)) == 1:
            return True
        seconds = self._left(budget.wait if budget.slows else budget.tries)
        self._uncount(budget)
        text = ngettext("Too many tries. Wait %(num)s second.", "Too many tries. Wait %(num)s seconds.", seconds)
        raise Throttled(text, seconds=seconds, action=ACTION)

    def _give_back(self, attempt: Attempt) -> None:
        for budget, waits in attempt.taken:
            if attempt.has_succeeded and budget.is_of_one:
                self._forget(budget.tries)
            else:
                self._uncount(budget)
            if waits:
                self._forget(budget.wait)

    def _seconds(self, late: int) -> int:
        """Return how long the wait lasts that the last free try begins (0), or one of those after it."""
        doubled = self._settings.sign_in_wait_seconds << min(late, 12)
        return min(doubled, self._settings.longest_wait_seconds)

    def _count(self, key: str, seconds: int) -> int:
        """Return which one this is of those in the `seconds` after the first."""
        number: int = self._ask(lambda store: store.incr(key, seconds))
        return number

    def _forget(self, key: str) -> None:
        self._ask(lambda store: store.clear(key))

    def _uncount(self, budget: Budget) -> None:
        self._ask(lambda store: store.incr(budget.tries, budget.minutes * 60, -1))

    def _left(self, key: str) -> int:
        """Return the seconds after which `key` is forgotten."""
        return max(1, math.ceil(self._ask(lambda store: store.get_expiry(key)) - time.time()))

    def _ask(self, question: Callable[[Storage], T]) -> T:
        if time.monotonic() >= self._alone_until:
            try:
                return question(self._shared)
            except StorageError:
                log.warning("limits: the shared store does not answer, this process counts alone")
                self._alone_until = time.monotonic() + ALONE_SECONDS
        return question(self._alone)


def _store(url: str) -> Storage:
    """Return the store at an address, which need not answer yet. Raises Misconfigured."""
    if url == "memory://":
        return MemoryStorage()
    if url.partition("://")[0] not in REDIS:
        raise Misconfigured(WHICH_URL)
    try:
        return RedisStorage(
            url, wrap_exceptions=True, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )
    except ValueError:
        raise Misconfigured(WHICH_URL) from None


def _hashed(*parts: str) -> str:
    """Return what stands in the store for an address, an account or both: nothing of anybody."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _site(address: str) -> str:
    """Return an address, or the network of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> IPV6_SITE_BITS << IPV6_SITE_BITS))

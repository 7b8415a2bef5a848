"""Too many tries: how often a password may be guessed for one account from one address, and from one address at all."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import TypeVar
from uuid import UUID

from flask_babel import ngettext
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

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
REQUEST_MINUTES = 10
MAILS, MAILS_MINUTES = 6, 60
"""So many mails to addresses of their own choice may one person cause in so many minutes."""
IPV6_SITE_BITS = 64
"""What one household or host gets of IPv6 addresses; it counts as one."""


class Throttle:
    """Counts failures. Known and unknown accounts count alike; a shared store that is down: this process alone."""

    def __init__(self, settings: Limits) -> None:
        self._enabled = settings.enabled
        self._tries = RateLimitItemPerMinute(settings.sign_in_tries, FORGOTTEN_MINUTES, "tries")
        self._wait = RateLimitItemPerSecond(1, settings.sign_in_wait_seconds, "wait")
        self._address = RateLimitItemPerMinute(settings.address_tries, ADDRESS_MINUTES, "address")
        self._look_ups = RateLimitItemPerMinute(settings.look_ups, LOOK_UP_MINUTES, "look-ups")
        self._requests = RateLimitItemPerMinute(settings.requests, REQUEST_MINUTES, "requests")
        self._mails = RateLimitItemPerMinute(MAILS, MAILS_MINUTES, "mails")
        self._shared = FixedWindowRateLimiter(_store(settings.url))
        self._alone, self._alone_until = FixedWindowRateLimiter(MemoryStorage()), 0.0

    def check(self, address: str, account: str) -> None:
        """Raise Throttled, with the seconds to wait, while it is too early for another try."""
        if not self._enabled:
            return
        pair, site = _pair(address, account), _site(address)
        seconds = max(self._blocked(self._wait, pair), self._blocked(self._address, site))
        if seconds:
            text = ngettext("Too many tries. Wait %(num)s second.", "Too many tries. Wait %(num)s seconds.", seconds)
            raise Throttled(text, seconds=seconds, action="user.sign-in")

    def failed(self, address: str, account: str) -> None:
        """Count a failure; from the last free try on, each one begins a wait."""
        if not self._enabled:
            return
        pair = _pair(address, account)
        self._ask(lambda limiter: limiter.hit(self._address, _site(address)))
        self._ask(lambda limiter: limiter.hit(self._tries, pair))
        if not self._ask(lambda limiter: limiter.test(self._tries, pair)):
            self._ask(lambda limiter: limiter.hit(self._wait, pair))

    def succeeded(self, address: str, account: str) -> None:
        """Forget this account's failures from this address."""
        if self._enabled:
            pair = _pair(address, account)
            self._ask(lambda limiter: limiter.clear(self._tries, pair))

    def looked_up(self, person: UUID) -> None:
        """Count that a person asked who is here. Raises Throttled beyond the limit."""
        key = str(person)
        if not self._enabled or self._ask(lambda limiter: limiter.hit(self._look_ups, key)):
            return
        seconds = self._blocked(self._look_ups, key)
        text = ngettext("Too many searches. Wait %(num)s second.", "Too many searches. Wait %(num)s seconds.", seconds)
        raise Throttled(text, seconds=seconds, action="user.look-up")

    def requested(self, address: str) -> None:
        """Count that somebody at this address asked for a link by mail. Raises Throttled beyond the limit."""
        key = _site(address)
        if not self._enabled or self._ask(lambda limiter: limiter.hit(self._requests, key)):
            return
        seconds = self._blocked(self._requests, key)
        text = ngettext("Too many tries. Wait %(num)s second.", "Too many tries. Wait %(num)s seconds.", seconds)
        raise Throttled(text, seconds=seconds, action="request.ask")

    def wrote(self, person: UUID) -> None:
        """Count that a person has a mail sent to an address that they typed. Raises Throttled beyond the limit."""
        key = str(person)
        if not self._enabled or self._ask(lambda limiter: limiter.hit(self._mails, key)):
            return
        seconds = self._blocked(self._mails, key)
        minutes = -(-seconds // 60)
        text = ngettext("Too many mails. Wait %(num)s minute.", "Too many mails. Wait %(num)s minutes.", minutes)
        raise Throttled(text, seconds=seconds, action="address.ask")

    def _blocked(self, item: RateLimitItemPerSecond | RateLimitItemPerMinute, key: str) -> int:
        """Return the seconds until `item` can be used again; 0: now."""
        if self._ask(lambda limiter: limiter.test(item, key)):
            return 0
        stats = self._ask(lambda limiter: limiter.get_window_stats(item, key))
        return max(1, math.ceil(stats.reset_time - time.time()))

    def _ask(self, question: Callable[[FixedWindowRateLimiter], T]) -> T:
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


def _pair(address: str, account: str) -> str:
    """Return what stands in the store for an account tried from an address: no address of anybody."""
    return hashlib.sha256(f"{_site(address)}\0{account}".encode("utf-8", "surrogatepass")).hexdigest()


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

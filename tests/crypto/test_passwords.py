"""Passwords: Argon2id with the parameters asked for, for a bounded number of people at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher

from app.crypto.passwords import Passwords, _place
from app.errors import Damaged, Invalid, Throttled

RIGHT = "correct horse battery staple"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(memory_kib=64, time_cost=1)


def test_a_password_is_known_again_and_no_other_is(passwords):
    stored = passwords.hash(RIGHT)
    others = [RIGHT + " ", RIGHT[:-1], RIGHT.upper(), "", "\0", RIGHT + "\0", "\ud800"]
    assert passwords.verify(stored, RIGHT) is True
    assert [passwords.verify(stored, other) for other in others] == [False] * len(others)


def test_hashes_of_one_password_differ(passwords):
    assert len({passwords.hash(RIGHT) for _ in range(20)}) == 20


def test_the_defaults_are_argon2id_with_64_mib_and_3_passes():
    assert Passwords().hash(RIGHT).split("$")[1:4] == ["argon2id", "v=19", "m=65536,t=3,p=1"]


def test_salt_and_hash_have_16_and_32_bytes(passwords):
    assert [len(part) for part in passwords.hash(RIGHT).split("$")[4:]] == [22, 43]


def test_a_hash_from_the_reference_program_is_known(passwords):
    stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    assert passwords.verify(stored, "password") is True
    assert passwords.verify(stored, "differentpassword") is False


def test_the_same_letters_from_another_keyboard_are_the_same_password(passwords):
    stored = passwords.hash("Übergrößenträger ñ")
    assert passwords.verify(stored, "U\u0308bergro\u0308ßentra\u0308ger n\u0303") is True


@pytest.mark.parametrize("password", ["", RIGHT, "\0", "x" * 100_000, "\ud800"])
def test_nobody_has_a_password(passwords, password):
    assert passwords.verify(None, password) is False


def test_nobody_costs_as_much_as_somebody():
    passwords = Passwords(memory_kib=16 * 1024, time_cost=3)
    stored = passwords.hash(RIGHT)
    somebody, nobody = (min(spent(passwords, each) for _ in range(5)) for each in (stored, None))
    assert nobody == pytest.approx(somebody, rel=0.5)


def spent(passwords: Passwords, stored: str | None) -> float:
    """Return the seconds of processor time that a wrong password costs."""
    begin = time.thread_time()
    passwords.verify(stored, "wrong")
    return time.thread_time() - begin


def test_a_hash_of_other_parameters_still_verifies_and_wants_to_be_made_again(passwords):
    old = Passwords(memory_kib=32, time_cost=2).hash(RIGHT)
    assert passwords.verify(old, RIGHT) is True
    assert passwords.needs_rehash(old) is True
    assert passwords.needs_rehash(passwords.hash(RIGHT)) is False


@pytest.mark.parametrize("stored", ["", "x", RIGHT, "$argon2id$", "$2b$12$" + "a" * 53])
def test_what_is_no_hash_is_damage(passwords, stored):
    with pytest.raises(Damaged):
        passwords.verify(stored, RIGHT)
    with pytest.raises(Damaged):
        passwords.needs_rehash(stored)


def test_a_password_with_an_unpaired_surrogate_is_refused(passwords):
    with pytest.raises(Invalid):
        passwords.hash("correct horse \ud800")


def test_who_finds_no_place_is_turned_away_at_once_and_served_later():
    passwords, turned_away, served = Passwords(memory_kib=64 * 1024, time_cost=2, waiting=2, at_once=1), [], []
    start = threading.Barrier(10)

    def attempt() -> None:
        start.wait()
        begin = time.monotonic()
        try:
            served.append(passwords.verify(None, RIGHT))
        except Throttled as refusal:
            turned_away.append((refusal.seconds, time.monotonic() - begin))

    threads = [threading.Thread(target=attempt) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(served), len(turned_away)) == (3, 7)
    assert {seconds for seconds, _ in turned_away} == {1}
    assert passwords.verify(None, RIGHT) is False


def test_a_place_is_free_again_after_an_error():
    passwords = Passwords(memory_kib=64, time_cost=1, waiting=0, at_once=1)
    for _ in range(3):
        with pytest.raises(Damaged):
            passwords.verify("no hash", RIGHT)
    assert passwords.verify(passwords.hash(RIGHT), RIGHT) is True


class Watched:
    """What computes the hashes, which notes how many it computes at the same time."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher, self.running, self.most, self.lock = hasher, 0, 0, threading.Lock()

    def verify(self, stored: str, attempt: bytes) -> bool:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            return self.hasher.verify(stored, attempt)
        finally:
            with self.lock:
                self.running -= 1


def all_at_once(count: int, attempt: Callable[[], object]) -> tuple[int, int]:
    """Run something in many threads at once; return how often it went well and how often there was no place."""
    start, served, turned_away = threading.Barrier(count), [], []

    def run() -> None:
        start.wait()
        try:
            served.append(attempt())
        except Throttled:
            turned_away.append(1)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(served), len(turned_away)


def test_a_flood_computes_no_more_hashes_at_a_time_than_there_is_memory_for():
    passwords = Passwords(memory_kib=8 * 1024, time_cost=1, waiting=30, at_once=2)
    passwords._hasher = watched = Watched(passwords._hasher)
    served, turned_away = all_at_once(60, lambda: passwords.verify(None, RIGHT))
    assert served >= 32
    assert served + turned_away == 60
    assert watched.most == 2


def test_strangers_leave_places_to_those_who_are_known():
    passwords = Passwords(memory_kib=64, time_cost=1, waiting=3, at_once=1, kept=2)
    with ExitStack() as strangers:
        for _ in range(2):
            strangers.enter_context(_place(passwords._open_to_strangers))
            strangers.enter_context(_place(passwords._places))
        for _ in range(5):  # who is turned away takes no place
            with pytest.raises(Throttled):
                passwords.verify(None, RIGHT, stranger=True)
        assert passwords.verify(passwords.hash(RIGHT), RIGHT) is True
    assert passwords.verify(None, RIGHT, stranger=True) is False

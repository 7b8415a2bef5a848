"""'Test connection': with real servers, for who may, told in sentences that map nothing, and nothing is stored."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.credentials.types import SMTP
from app.subject import SYSTEM, Subject
from app.vault.checking import Checking
from app.vault.places import AT_ONCE, PATIENCE_SECONDS, WAITING
from tests.builders import Client, World
from tests.outgoing.servers import HOST, PASSWORD, USER, certificate, smtp_server

UNREACHED = "The server could not be reached."
WORKS = "Connection works. No mail was sent."


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
def port(tmp_path: Path, pem: Path) -> Iterator[int]:
    with smtp_server(tmp_path, pem=pem) as (found, _box):
        yield found


@pytest.fixture
def world(make_world: Callable[..., World], pem: Path) -> World:
    return make_world(allowing(pem))


def allowing(pem: Path, **more: str) -> dict[str, str]:
    return {
        "TRESOR_MAIL__ALLOWED_HOSTS": f"{HOST}, mail.internal",
        "TRESOR_MAIL__ALLOWED_PORTS": "any",
        "TRESOR_MAIL__AUTHORITIES": str(pem),
        **more,
    }


def entered(port: int, **values: Any) -> dict[str, Any]:
    plain = {
        "name": "Outgoing", "host": HOST, "port": str(port), "encryption": "starttls",
        "username": USER, "password": PASSWORD, "sender": "",
    }  # fmt: skip
    return {**plain, **values}


def said(client: Client, path: str, **form: Any) -> tuple[int, str]:
    """Send the test as the page does without script, and return the status and what stands beside the button."""
    answer = client.post(path, **form)
    text = answer.get_data(as_text=True)
    place = text.partition('id="tested"')[2].partition('<div class="dlg-foot">')[0]
    return answer.status_code, place.partition("<div>")[2].partition("</div>")[0]


def member(world: World, name: str = "anna") -> Subject:
    return world.person(name, groups={SYSTEM: "member"})


def test_values_that_work_are_said_to_and_nothing_is_stored(world: World, port: int) -> None:
    anna = member(world)
    assert said(world.client(anna), "/vault/new/smtp/test", **entered(port)) == (200, WORKS)
    assert world.rows("secret") == []
    (event,) = world.events("secret.test")
    assert event["detail"] == {"destination": f"{HOST} {port}", "type": "smtp"}


def test_a_wrong_password_is_said_in_the_servers_words(world: World, port: int) -> None:
    status, text = said(world.client(member(world)), "/vault/new/smtp/test", **entered(port, password="no-such-marked"))
    assert status == 200
    assert text.startswith("The server does not accept this sign-in. It says: 535")
    assert "no-such-marked" not in text


@pytest.mark.parametrize("host", ["127.0.0.2", "10.0.0.1", "no-such-name.invalid", "localhost", "169.254.169.254"])
def test_forbidden_and_unknown_read_the_same(world: World, host: str) -> None:
    assert said(world.client(member(world)), "/vault/new/smtp/test", **entered(25, host=host)) == (200, UNREACHED)


def test_plain_text_is_refused_by_our_own_rule(world: World, port: int) -> None:
    status, text = said(world.client(member(world)), "/vault/new/smtp/test", **entered(port, encryption="none"))
    assert (status, text) == (200, "This installation speaks to servers over encrypted connections only.")


def test_what_does_not_fit_its_fields_is_pointed_out_and_nothing_is_tried(world: World) -> None:
    answer = world.client(member(world)).post("/vault/new/smtp/test", **entered(25, host="smtp://x"))
    assert answer.status_code == 422
    assert "without smtp://" in answer.get_data(as_text=True)
    assert world.events("secret.test") == []


def test_a_type_that_cannot_try_its_values_has_no_button_and_no_address(world: World) -> None:
    client = world.client(world.person("ben"))
    assert "Test connection" not in client.get("/vault/new/login").get_data(as_text=True)
    assert "Test connection" in client.get("/vault/new/jira").get_data(as_text=True)
    assert client.post("/vault/new/login/test", name="x", website="", username="", password="").status_code == 404


def stored_by(world: World, anna: Subject, port: int) -> str:
    kept = SMTP(name="Outgoing", host=HOST, port=port, username=USER, password=PASSWORD)
    return str(world.keep(kept, owner=anna))


def test_a_stored_secret_is_tried_with_its_stored_password(world: World, port: int) -> None:
    anna = member(world)
    secret = stored_by(world, anna, port)
    values = entered(port, password="", version="1")
    assert said(world.client(anna), f"/vault/{secret}/test", **values) == (200, WORKS)
    assert [event["object_id"] for event in world.events("secret.test")] == [UUID(secret)]
    assert len(world.rows("version")) == 1


@pytest.mark.parametrize("change", [{"host": "mail.internal"}, {"port": "2526"}, {"encryption": "tls"}])
def test_a_stored_password_goes_to_no_other_place(world: World, port: int, change: dict[str, str]) -> None:
    anna = member(world)
    secret = stored_by(world, anna, port)
    answer = world.client(anna).post(f"/vault/{secret}/test", **{**entered(port, password="", version="1"), **change})
    assert answer.status_code == 422
    assert "Enter the password again, because the server changed" in answer.get_data(as_text=True)
    assert world.events("secret.test") == []


def test_a_viewer_and_a_stranger_test_nothing(world: World, port: int) -> None:
    anna, ben, carl = member(world), member(world, "ben"), member(world, "carl")
    secret = stored_by(world, anna, port)
    world.share(UUID(secret), owner=anna, to=ben)
    values = entered(port, password="", version="1")
    assert world.client(ben).post(f"/vault/{secret}/test", **values).status_code == 403
    assert world.client(carl).post(f"/vault/{secret}/test", **values).status_code == 404
    assert world.events("secret.test") == []


def test_whoever_is_in_no_system_group_tests_no_mail_server(world: World, port: int) -> None:
    answer = world.client(world.person("ben")).post("/vault/new/smtp/test", **entered(port))
    assert answer.status_code == 403


def test_ten_tests_a_minute_are_enough(make_world: Callable[..., World], pem: Path) -> None:
    world = make_world(allowing(pem, TRESOR_LIMITS__ENABLED="true", TRESOR_LIMITS__CONNECTION_TESTS="2"))
    client = world.client(member(world))
    statuses = [client.post("/vault/new/smtp/test", **entered(25)).status_code for _again in range(3)]
    assert statuses == [200, 200, 429]
    ben = world.client(member(world, "ben"))
    assert ben.post("/vault/new/smtp/test", **entered(25)).status_code == 200


class Slow:
    """A server that takes connections and says nothing until it is told to end."""

    def __init__(self, listener: socket.socket) -> None:
        self.port = listener.getsockname()[1]
        self._listener, self._taken = listener, list[socket.socket]()

    def takes(self) -> None:
        """Wait until somebody connects."""
        self._taken.append(self._listener.accept()[0])

    def ends(self) -> None:
        """Let go of everybody."""
        for connection in self._taken:
            connection.close()
        self._taken.clear()


@pytest.fixture
def slow() -> Iterator[Slow]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        found = Slow(listener)
        yield found
        found.ends()


BUSY = "Others are testing connections. Try again in a few seconds."


def test_a_person_tests_one_connection_at_a_time_and_each_try_counts(
    make_world: Callable[..., World], pem: Path, port: int, slow: Slow
) -> None:
    world = make_world(allowing(pem, TRESOR_LIMITS__ENABLED="true", TRESOR_LIMITS__CONNECTION_TESTS="3"))
    anna, ben = member(world), member(world, "ben")
    first, second, of_ben = world.client(anna), world.client(anna), world.client(ben)
    with ThreadPoolExecutor(1) as elsewhere:
        tested = elsewhere.submit(said, first, "/vault/new/smtp/test", **entered(slow.port))
        slow.takes()
        own = "You are testing a connection already. Wait for its result, then try again."
        assert said(second, "/vault/new/smtp/test", **entered(port)) == (429, own)
        assert said(of_ben, "/vault/new/smtp/test", **entered(port)) == (200, WORKS)
        slow.ends()
        assert tested.result() == (200, UNREACHED)
    assert said(second, "/vault/new/smtp/test", **entered(port)) == (200, WORKS)
    assert said(second, "/vault/new/smtp/test", **entered(port))[1].startswith("Too many tests.")
    assert len(world.events("secret.test")) == 3  # what was not tried is not recorded as if it had been


def test_when_all_places_are_taken_one_waits_and_others_hear_at_once(world: World, port: int, slow: Slow) -> None:
    clients = [world.client(member(world, f"p{number}")) for number in range(AT_ONCE + WAITING + 1)]
    with ThreadPoolExecutor(AT_ONCE + WAITING) as elsewhere:
        testing = []
        for client in clients[:AT_ONCE]:
            testing.append(elsewhere.submit(said, client, "/vault/new/smtp/test", **entered(slow.port)))
            slow.takes()
        waits = elsewhere.submit(said, clients[AT_ONCE], "/vault/new/smtp/test", **entered(port))
        queue, end = world.cfg.get(Checking)._places._queue, time.monotonic() + 10
        while queue._value:  # looked at, not taken: it is the only place
            assert time.monotonic() < end
            time.sleep(0.01)
        assert said(clients[-1], "/vault/new/smtp/test", **entered(port)) == (429, BUSY)
        slow.ends()
        assert waits.result() == (200, WORKS)
        assert [each.result() for each in testing] == [(200, UNREACHED)] * AT_ONCE


def test_nobody_waits_long_for_a_place(world: World, port: int, slow: Slow) -> None:
    clients = [world.client(member(world, f"p{number}")) for number in range(AT_ONCE + 1)]
    with ThreadPoolExecutor(AT_ONCE) as elsewhere:
        testing = []
        for client in clients[:AT_ONCE]:
            testing.append(elsewhere.submit(said, client, "/vault/new/smtp/test", **entered(slow.port)))
            slow.takes()
        begun = time.monotonic()
        assert said(clients[-1], "/vault/new/smtp/test", **entered(port)) == (429, BUSY)
        assert PATIENCE_SECONDS <= time.monotonic() - begun < 2 * PATIENCE_SECONDS
        slow.ends()
        assert [each.result() for each in testing] == [(200, UNREACHED)] * AT_ONCE

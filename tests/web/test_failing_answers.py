"""When the answer to a failure fails too: still a page with our headers, and nothing of the address in the log."""

from __future__ import annotations

import json
import logging
from uuid import uuid4

import pytest

from app.errors import TresorError, Unavailable
from app.web.logs import JsonLines
from tests.builders import World


class NoTrail:
    """A record of refusals whose database is down."""

    def refused(self, error: TresorError, subject: object) -> None:
        raise Unavailable("the database does not answer")


def test_a_refusal_that_cannot_be_recorded_is_still_answered(world: World) -> None:
    browser = world.client(world.person("anna"))
    world.cfg.site.refusals[:] = [NoTrail()]
    answer = browser.get(f"/vault/{uuid4()}")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_error_page_that_fails_is_answered_without_the_address_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.app.testing = False
    monkeypatch.setattr("app.web.answers.page", lambda *_args, **_how: 1 / 0)
    with caplog.at_level(logging.INFO):
        answer = world.client().get("/setup/a-token-in-an-address")
    assert answer.status_code == 500
    assert "a-token-in-an-address" not in answer.text
    lines = [JsonLines().format(record) for record in caplog.records]
    assert [line for line in lines if "a-token-in-an-address" in line] == []


class Stubborn(Exception):
    """An error that cannot be made without its text."""

    def __new__(cls, text: str) -> Stubborn:
        return super().__new__(cls, text)


def test_an_unexpected_error_shows_its_class_and_never_its_text(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_how: object) -> None:
        raise Stubborn("-".join(["hunter2", "hunter2"]))

    monkeypatch.setitem(world.app.view_functions, "users.login", _declared(world, fail))
    answer = world.client().get("/login")
    assert answer.status_code == 500
    assert "hunter2-hunter2" not in caplog.text
    assert "Stubborn" in json.dumps([JsonLines().format(record) for record in caplog.records])


def _declared(world: World, view: object) -> object:
    view.policy = world.app.view_functions["users.login"].policy  # type: ignore[attr-defined]
    return view

"""Cookies: the form's holds the CSRF seed alone, and no other program's cookie keeps anybody out."""

from __future__ import annotations

from app.web.building import FormCookies
from tests.builders import Client, World
from tests.web.conftest import HOST, cookie


def held(browser: Client, world: World) -> set[str]:
    """Return the names inside of the form's cookie."""
    with world.app.app_context():
        serializer = FormCookies().get_signing_serializer(world.app)
    assert serializer is not None
    return set(serializer.loads(cookie(browser, "form")))


def test_the_form_cookie_holds_the_seed_and_nothing_else(world: World) -> None:
    browser = world.client(world.person("anna"))
    for path in ("/vault", "/vault/new", "/groups", "/confirm", "/vault"):
        assert browser.get(path).status_code == 200
    assert held(browser, world) == {"csrf_token"}


def test_a_cookie_of_another_program_on_this_host_keeps_nobody_out(world: World) -> None:
    browser = world.client(world.person("anna"))
    for name in ("remember_token", "_user_id", "session_id"):
        browser.http.set_cookie(name, "anna|0123456789abcdef", domain=HOST)
    assert browser.get("/vault").status_code == 200

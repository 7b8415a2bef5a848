"""The start page, the door's pages and the choice of language."""

from __future__ import annotations

import pytest

from tests.builders import World
from tests.tampering import stored


def where(world: World, path: str, *, signed_in: bool) -> tuple[int, str | None]:
    client = world.client(world.person("anna") if signed_in else None)
    answer = client.get(path)
    return answer.status_code, answer.headers.get("Location")


@pytest.mark.parametrize(
    ("path", "signed_in", "answer"),
    [
        ("/", False, (303, "/login")),
        ("/", True, (303, "/vault")),
        ("/login", False, (200, None)),
        ("/login", True, (303, "/")),
        ("/login?next=/groups", True, (303, "/groups")),
        ("/login?next=//evil.example", True, (303, "/")),
        ("/confirm", False, (303, "/login?next=/confirm")),
        ("/confirm", True, (200, None)),
    ],
)
def test_each_way_leads_to_the_right_door(
    world: World, path: str, signed_in: bool, answer: tuple[int, str | None]
) -> None:
    assert where(world, path, signed_in=signed_in) == answer


def test_a_page_that_needs_signing_in_is_remembered(world: World) -> None:
    assert where(world, "/vault?q=a", signed_in=False) == (303, "/login?next=/vault?q%3Da")


def test_a_language_chosen_at_the_door_is_kept_by_the_browser(world: World) -> None:
    client = world.client()
    assert client.post("/language", language="de").status_code == 303
    assert '<html lang="de"' in client.get("/login").text
    assert '<html lang="en"' in world.client().get("/login").text


def test_a_language_chosen_inside_is_kept_by_the_account(world: World) -> None:
    anna = world.person("anna")
    assert world.client(anna).post("/language", language="de").status_code == 303
    assert stored(world, "preferences", user=anna.id)["language"] == "de"
    assert '<html lang="de"' in world.client(anna).get("/groups").text


@pytest.mark.parametrize("language", ["", "xx", "de\0", "../de"])
def test_an_unknown_language_is_refused(world: World, language: str) -> None:
    assert world.client().post("/language", language=language).status_code == 422


@pytest.mark.parametrize(
    ("came_from", "location"),
    [
        ("/login?next=/groups", "/login?next=/groups"),
        ("https://evil.example/login", "/"),
        ("//evil.example", "/"),
        ("/vault/nonsense/fields/x/reveal", "/"),
        ("", "/"),
    ],
)
def test_choosing_a_language_leads_back_to_a_page_of_ours(world: World, came_from: str, location: str) -> None:
    client = world.client()
    referrer = f"{client.site}{came_from}" if came_from.startswith("/") and came_from[1:2] != "/" else came_from
    answer = client.post("/language", headers={"Referer": referrer}, language="de")
    assert (answer.status_code, answer.headers["Location"]) == (303, location)

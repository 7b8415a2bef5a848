"""How long a session lasts: what keeps it alive, and what a page learns of it without doing so."""

from __future__ import annotations

from tests.builders import START, World

IDLE, ABSOLUTE = 720 * 60, 168 * 3600
BY_ITSELF = {"Tresor-Background": "1"}


def test_a_page_learns_how_long_a_session_lasts_and_whose_it_is(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    answer = client.get("/session")
    assert answer.json == {"person": str(anna.id), "seconds": IDLE}
    world.clock.goes_on(seconds=50)
    assert client.get("/session").json["seconds"] == IDLE - 50  # type: ignore[index]  # noted once a minute only
    world.clock.goes_on(seconds=50)
    assert client.get("/session").json["seconds"] == IDLE  # type: ignore[index]
    assert f'data-seconds="{IDLE}" data-warn="120"' in client.get("/vault").text


def test_what_a_page_asks_by_itself_keeps_no_session_alive(world: World) -> None:
    client = world.client(world.person("anna"))
    for _hour in range(11):
        world.clock.goes_on(hours=1)
        assert client.get("/session", headers=BY_ITSELF).status_code == 200
        assert client.get("/vault", headers=BY_ITSELF).status_code == 200
    assert client.get("/session", headers=BY_ITSELF).json["seconds"] == 3600  # type: ignore[index]
    world.clock.goes_on(hours=1)
    assert client.get("/session", headers=BY_ITSELF).status_code == 303


def test_what_a_person_asks_keeps_it_alive_up_to_its_end(world: World) -> None:
    client = world.client(world.person("anna"))
    for _hour in range(16):
        world.clock.goes_on(hours=10)
        assert client.get("/vault").status_code == 200
    assert (world.clock.now - START).total_seconds() == 160 * 3600
    assert client.get("/session").json["seconds"] == ABSOLUTE - 160 * 3600  # type: ignore[index]
    world.clock.goes_on(hours=8)
    assert client.get("/session").status_code == 303


def test_a_session_that_has_ended_is_told_to_scripts_by_a_status(world: World) -> None:
    answer = world.client().get("/session", headers={"HX-Request-Type": "partial"})
    assert answer.status_code == 401

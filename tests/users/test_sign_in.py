"""Signing in and out."""

from __future__ import annotations

from tests.builders import World


def test_a_person_signs_in_and_out(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    assert client.get("/groups").status_code == 200
    assert client.sign_out().status_code == 303
    assert client.get("/groups").headers["Location"] == "/login?next=/groups"

"""A form that arrives slowly: who sends it is asked once all of it is here, and what is cut short changes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from threading import Thread
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from app.subject import Subject
from app.users.administration import Administration, Wishes
from app.users.permissions import ADMINISTRATOR
from tests.builders import Client, World, a_jira

FORM = "application/x-www-form-urlencoded"


class Meanwhile(io.BytesIO):
    """A body during whose arrival something happens, in another process as it were."""

    def __init__(self, data: bytes, happens: Callable[[], object]) -> None:
        super().__init__(data)
        self._happens: Callable[[], object] | None = happens

    def read(self, size: int | None = -1, /) -> bytes:
        self._once()
        return super().read(size)

    def readinto(self, buffer: object, /) -> int:
        self._once()
        return super().readinto(buffer)  # type: ignore[arg-type]

    def _once(self) -> None:
        happens, self._happens = self._happens, None
        if happens:
            elsewhere = Thread(target=happens)
            elsewhere.start()
            elsewhere.join()


def sends_slowly(client: Client, path: str, who: Subject, happens: Callable[[], object], **form: str) -> TestResponse:
    """Send a form, by script from a page that was made for this person, during whose arrival something happens."""
    data = urlencode({"csrf_token": client.token(), **form}).encode()
    return client.http.post(
        path,
        base_url=client.site,
        input_stream=Meanwhile(data, happens),
        content_length=len(data),
        content_type=FORM,
        headers={"Sec-Fetch-Site": "same-origin", "Tresor-Person": str(who.id)},
    )


def test_who_is_disabled_while_their_form_arrives_changes_nothing(world: World) -> None:
    boss, anna = world.person("boss", admin=True), world.person("anna")
    secret = world.keep(a_jira(), owner=anna)
    client, before = world.client(anna), world.rows("secret")

    def happens() -> None:
        with world.unit():
            world.cfg.get(Administration).disable(boss, [anna.id])

    answer = sends_slowly(client, f"/vault/{secret}/delete", anna, happens)
    assert answer.status_code == 401
    assert world.rows("secret") == before


def test_who_loses_a_role_while_their_form_arrives_changes_nothing(world: World) -> None:
    boss, other, ben = world.person("boss", admin=True), world.person("other", admin=True), world.person("ben")
    client = world.client(other)

    def happens() -> None:
        with world.unit():
            user = world.users.get(other.id)
            assert user is not None
            none = Wishes(user.opened.revision, shown=frozenset({ADMINISTRATOR}), ticked=frozenset())
            world.cfg.get(Administration).save(boss, other.id, none)

    answer = sends_slowly(client, "/admin/users/disable", other, happens, **{f"person-{ben.id}": "on"})
    assert answer.status_code == 403
    assert {row["status"] for row in world.rows("user")} == {"active"}

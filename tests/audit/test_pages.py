"""The log's page: its filters in the address, days where the reader is, and nothing for who may not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from uuid import uuid4

import pytest

from app.configurator import Configurator
from app.subject import Subject
from app.users.preferences import Preferences
from app.users.system import UserManagement
from tests.builders import PASSWORD, Client, World, a_jira

ROW = re.compile(r"<tr>\n?(.*?)</tr>", re.DOTALL)


@pytest.fixture
def admin(world: World) -> Subject:
    return world.person("admin", admin=True)


@pytest.fixture
def client(world: World, admin: Subject) -> Client:
    return world.client(admin)


def rows(client: Client, query: str = "") -> list[str]:
    """Return the lines of the page as texts, without the time."""
    body = client.get(f"/admin/audit{query}").text.split("<tbody>")
    if len(body) < 2:
        return []
    plain = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", each)).strip() for each in ROW.findall(body[1])]
    return [unescape(each) for each in plain]


def test_the_newest_twenty_are_shown_and_the_way_to_older_ones(world: World, admin: Subject, client: Client) -> None:
    for number in range(23):
        world.keep(a_jira(name=f"Board {number:02}"), owner=admin)
    first = client.get("/admin/audit?action=secrets")
    assert [f"Board {number:02}" in first.text for number in range(23)] == [False] * 3 + [True] * 20
    older = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert older
    second = client.get(unescape(older[1]))
    assert [f"Board {number:02}" in second.text for number in range(23)] == [True] * 3 + [False] * 20
    newer = re.search(r'href="([^"]+)" rel="prev"', second.text)
    assert newer
    assert "Board 22" in client.get(unescape(newer[1])).text
    assert 'rel="next"' not in second.text


def test_a_line_leads_to_the_log_of_that_person_or_object_alone(world: World, admin: Subject, client: Client) -> None:
    anna = world.person("anna")
    secret = world.keep(a_jira(), owner=anna)
    text = client.get("/admin/audit?action=secrets").text
    assert f'href="/admin/audit?person={anna.id}&amp;action=secrets"' in text
    assert f'href="/admin/audit?object={secret}&amp;action=secrets"' in text
    alone = client.get(f"/admin/audit?object={secret}")
    assert "Only about a secret not shared with you" in alone.text
    assert len(rows(client, f"?object={secret}")) == 1
    assert {re.search(r"Anna Example", each) is not None for each in rows(client, f"?person={anna.id}")} == {True}
    assert all("tests" in each for each in rows(client, "?person=tests"))


def test_days_begin_where_the_reader_is(world: World, admin: Subject) -> None:
    with world.unit():
        world.cfg.get(Preferences).live(admin, language="en", time_zone="Asia/Tokyo")
    world.clock.now = datetime(2026, 11, 24, 14, 59, 59, tzinfo=UTC)  # 23:59:59 in Tokyo
    world.keep(a_jira(name="Late"), owner=admin)
    world.clock.goes_on(seconds=2)
    world.keep(a_jira(name="Early"), owner=admin)
    client = world.client(admin)

    def found(days: str) -> list[str]:
        shown = " ".join(rows(client, f"?action=secrets&{days}"))
        return [name for name in ("Late", "Early") if name in shown]

    assert found("from=2026-11-24&to=2026-11-24") == ["Late"]
    assert found("from=2026-11-25&to=2026-11-25") == ["Early"]
    assert found("from=2026-11-24") == ["Late", "Early"]
    assert found("to=2026-11-24") == ["Late"]


WRONG = ("from=yesterday", "to=2026-02-30", "from=0001-01-01", "to=9999-12-31", "action=nothing", "person=no%20name!",
         "object=7", "object=%00", "person=%F0%9F%92%A9")  # fmt: skip
ODD = ("before=x", "before=-1", "after=99999999999999999999", "before=0", "q=%00", "q=" + "x" * 5000, "after=0",
       "before=1&after=1", "q=%25%5F%27", "strange=1")  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_what_cannot_be_read_shows_nothing_and_says_so(world: World, client: Client, query: str) -> None:
    answer = client.get(f"/admin/audit?{query}")
    assert answer.status_code == 200
    assert "<tbody>" not in answer.text
    assert 'class="notice bad"' in answer.text


@pytest.mark.parametrize("query", ODD)
def test_odd_addresses_are_answered(world: World, client: Client, query: str) -> None:
    assert client.get(f"/admin/audit?{query}").status_code == 200


def test_refused_ones_are_marked_and_can_be_asked_for(world: World, admin: Subject, client: Client) -> None:
    anna = world.person("anna")
    other = world.client(anna)
    other.get(f"/vault/{uuid4()}")
    other.get("/admin/audit")
    found = rows(client, "?action=refused")
    assert len(found) == 2
    assert "Anna Example Refused: Read the audit log" in found[0]
    assert "Anna Example Refused: Open a secret an unknown secret" in found[1]


def test_a_member_is_told_nothing(world: World, admin: Subject) -> None:
    world.keep(a_jira(name="Board"), owner=admin)
    client = world.client(world.person("anna"))
    known, unknown = (client.get(f"/admin/audit?person={each}") for each in (admin.id, uuid4()))
    assert known.status_code == unknown.status_code == 403
    assert "Board" not in known.text
    assert admin.email not in known.text


def test_script_gets_the_part_with_the_lines_alone(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#log",
               "HX-Current-URL": "/admin/audit"}  # fmt: skip
    answer = client.get("/admin/audit?action=people", headers=headers)
    assert "<table" in answer.text
    assert "<main" not in answer.text


def test_the_log_needs_neither_vault_nor_groups_nor_the_admin_centre(world: World, admin: Subject) -> None:
    world.keep(a_jira(name="Board"), owner=admin)
    cfg = Configurator(world.cfg.settings, clock=world.clock)
    cfg.activate(UserManagement)
    client = Client(cfg.flask_app(serving=False).test_client(), world)
    client.post("/login", email=admin.email, password=PASSWORD)
    answer = client.get("/admin/audit")
    assert answer.status_code == 200
    assert "secret.create" in answer.text
    assert "Board" not in answer.text
    assert 'href="/admin"' not in answer.text
    cfg.unit.engine.dispose()

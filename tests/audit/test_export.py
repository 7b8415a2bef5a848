"""Files of the log: everything that was asked for, nothing that a program runs, and that it left is recorded."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.audit.export import BOM, COLUMNS, harmless
from app.subject import Subject
from tests.builders import PASSWORD, START, World, a_jira

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    '"=1',
    "'=1",
    '"" =1',
    "＝1",
    "＋1",
    "－1",
    "＠x",
]
INSIDE = ["a;=1", "a,=1", "a\t=1", "a\n=1", "a|+1", 'a";"=1', "a; @x"]


@pytest.mark.parametrize("text", FORMULAS + INSIDE, ids=repr)
def test_no_cell_and_no_part_of_one_begins_as_a_formula(text: str) -> None:
    made = harmless(text)
    assert made != text
    for apart in (";", ",", "\t", "\n", "\r", "|", '"'):
        for part in made.split(apart):
            assert part.strip(' "\u00a0')[:1] not in {*"=+-@＝＋－＠\t\r"}, (made, apart)


@pytest.mark.parametrize(
    "text", ["Anna Berger", "a-b", "x = y", "anna+tag@example.org", "2026-11-23T09:00:00+00:00", ""]
)
def test_a_harmless_text_stays(text: str) -> None:
    assert harmless(text) == text


@pytest.fixture
def admin(world: World) -> Subject:
    return world.person("admin", admin=True)


def rows(answer: TestResponse) -> list[dict[str, str]]:
    text = answer.get_data(as_text=True)
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def test_the_file_holds_what_the_page_was_narrowed_to_newest_first(world: World, admin: Subject) -> None:
    anna = world.person("anna")
    secret = world.keep(a_jira(name="Board"), owner=anna)
    world.share(secret, owner=anna, to=admin)
    client = world.client(admin)
    answer = client.post("/admin/audit/export", object=str(secret))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tresor-audit-2026-11-23.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    found = rows(answer)
    assert tuple(found[0]) == COLUMNS
    assert [(each["action"], each["what"], each["object"], each["person"]) for each in found] == [
        ("secret.share", "Secret shared", "Board", "Anna Example"),
        ("secret.create", "Secret created", "Board", "Anna Example"),
    ]
    assert found[0]["details"] == "Viewer · Admin Example"
    assert found[0]["time"] == "2026-11-23T09:00:00+00:00"


def test_names_of_secrets_that_are_not_shared_stand_in_no_file(world: World, admin: Subject) -> None:
    world.keep(a_jira(name="Very private"), owner=world.person("anna"))
    answer = world.client(admin).post("/admin/audit/export")
    assert "a secret not shared with you" in answer.text
    assert "Very private" not in answer.text


def test_names_that_are_formulas_come_out_as_text(world: World, admin: Subject) -> None:
    with world.unit():
        world.users.create("tests", email="eve@example.org", first_name="=cmd|'/c calc'!A0", last_name="; @SUM(A1)",
                           password=PASSWORD)  # fmt: skip
    world.keep(a_jira(name='"=HYPERLINK("http://evil")'), owner=admin)
    found = rows(world.client(admin).post("/admin/audit/export"))
    cells = [cell for each in found for cell in each.values()]
    assert "'=cmd|'/c calc'!A0 ; '@SUM(A1)" in cells
    assert '"\'=HYPERLINK("http://evil")' in cells
    assert [cell for cell in cells if cell[:1] in {*"=+-@"}] == []


def test_that_it_left_is_recorded_without_what_was_typed(world: World, admin: Subject) -> None:
    world.keep(a_jira(name="Board"), owner=admin)
    world.client(admin).post("/admin/audit/export", q="Board", action="secrets")
    (event,) = world.events("audit.export")
    assert (event["subject"], event["detail"]) == (admin.id, {"events": "1", "narrowed": "q,action"})


def test_the_export_asks_for_the_password_again_and_keeps_what_it_was_narrowed_to(world: World, admin: Subject) -> None:
    client = world.client(admin)
    world.clock.goes_on(minutes=11)
    asked = client.get("/admin/audit/export?action=secrets")
    assert asked.headers["Location"] == "/confirm?next=/admin/audit/export?action%3Dsecrets"
    answer = client.post("/confirm", password=PASSWORD, next="/admin/audit/export?action=secrets")
    assert answer.headers["Location"] == "/admin/audit/export?action=secrets"
    assert "Secrets: all" in client.get("/admin/audit/export?action=secrets").text
    world.clock.goes_on(minutes=11)
    assert client.post("/admin/audit/export").status_code == 307
    assert world.events("audit.export") == []


def test_what_cannot_be_read_is_refused_rather_than_left_out(world: World, admin: Subject) -> None:
    client = world.client(admin)
    assert client.post("/admin/audit/export", **{"from": "23.11.2026"}).status_code == 422
    assert client.post("/admin/audit/export", strange="1").status_code == 422
    assert world.events("audit.export") == []


def command(world: World, *arguments: str) -> str:
    answer = world.app.test_cli_runner().invoke(args=["audit", "export", *arguments])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_the_command_writes_every_entry_oldest_first_as_json(world: World, admin: Subject) -> None:
    world.keep(a_jira(name="Very private"), owner=admin)
    output = command(world)
    told: list[dict[str, Any]] = [json.loads(each) for each in output.splitlines()]
    assert [each["number"] for each in told] == [each["number"] for each in world.events()]
    last = told[-2]
    assert (last["action"], last["person"], last["object"]) == (
        "secret.create", "Admin Example", "a secret not shared with you",
    )  # fmt: skip
    assert last["details"] == {"type": "jira", "version": "1"}
    assert (told[-1]["action"], told[-1]["automation"], told[-1]["person"]) == ("audit.export", "command-line", None)
    assert "Very private" not in output


def test_the_command_writes_csv_of_some_days(world: World, admin: Subject) -> None:
    world.clock.goes_on(days=2)
    world.keep(a_jira(), owner=admin)
    found = list(csv.DictReader(io.StringIO(command(world, "--csv", "--from", "2026-11-25", "--to", "2026-11-25"))))
    assert [each["action"] for each in found] == ["secret.create", "audit.export"]
    assert found[0]["time"] == (START + timedelta(days=2)).isoformat()
    assert command(world, "--csv", "--to", "2026-11-22").count("\n") == 1


def test_days_that_are_none_are_refused_by_the_command(world: World) -> None:
    answer = world.app.test_cli_runner().invoke(args=["audit", "export", "--from", "yesterday"])
    assert answer.exit_code == 2


def test_a_member_exports_nothing(world: World, admin: Subject) -> None:
    client = world.client(world.person("anna"))
    for answer in (client.get("/admin/audit/export"), client.post("/admin/audit/export")):
        assert answer.status_code == 403
        assert admin.email not in answer.text
    assert world.events("audit.export")[0]["detail"] == {"outcome": "forbidden"}

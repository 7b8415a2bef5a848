"""What a group's page shows of secrets: twenty of them, by statements and heads whose number does not grow."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import event

from app.subject import Subject
from tests.builders import a_login
from tests.vault.conftest import Town
from tests.vault.test_listing import key

NAMES = re.compile(r"<h3>([^<]+)</h3>")


def publish(town: Town, owner: Subject, group: UUID, number: int) -> UUID:
    secret = town.keep(a_login(name=f"Portal {number:02}"), owner=owner)
    town.publish(secret, owner=owner, group=group)
    town.clock.goes_on(minutes=1)
    return secret


def statements(town: Town, browser: object, path: str) -> int:
    """Return how many statements a page takes that was asked for before."""
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    browser.get(path)  # type: ignore[attr-defined]
    event.listen(town.cfg.unit.engine, "before_cursor_execute", count)
    browser.get(path)  # type: ignore[attr-defined]
    event.remove(town.cfg.unit.engine, "before_cursor_execute", count)
    return len(counted)


def test_a_groups_page_shows_twenty_publications_the_last_changed_first(town: Town) -> None:
    team = town.group("Team").id
    owner = town.person("owner", groups={team: "member"})
    admin = town.person("admin", groups={team: "admin"})
    made = [publish(town, owner, team, number) for number in range(23)]
    for person in (admin, owner):
        browser = town.client(person)
        first, second = browser.get(f"/groups/{team}").text, browser.get(f"/groups/{team}?page=2").text
        assert NAMES.findall(first) == [f"Portal {number:02}" for number in range(22, 2, -1)]
        assert NAMES.findall(second) == ["Portal 02", "Portal 01", "Portal 00"]
        assert "1 to 20 of 23 secrets" in first
        assert f'href="/groups/{team}?page=2"' in first
        assert f'href="/groups/{team}?page=1"' in second
        assert NAMES.findall(browser.get(f"/groups/{team}?page=77").text) == NAMES.findall(second)
    town.sql("UPDATE secret SET changed_at = changed_at + 1 WHERE id = :id", id=key(town, made[0]))
    before = len(town.events("secret.damaged"))
    town.client(admin).get(f"/groups/{team}")
    assert len(town.events("secret.damaged")) == before


def test_a_groups_page_takes_as_many_statements_for_twenty_as_for_two(town: Town) -> None:
    team = town.group("Team").id
    owner = town.person("owner", groups={team: "member"})
    browser = town.client(town.person("admin", groups={team: "admin"}))
    for number in range(2):
        publish(town, owner, team, number)
    few = statements(town, browser, f"/groups/{team}")
    for number in range(2, 20):
        publish(town, owner, team, number)
    assert statements(town, browser, f"/groups/{team}") == few


def test_a_viewer_reads_no_names_of_groups_in_the_vault(town: Town) -> None:
    group = town.group("Quiet team")
    owner = town.person("owner", groups={group.id: "member"})
    viewer, editor = town.person("viewer"), town.person("editor")
    secret = publish(town, owner, group.id, 1)
    town.share(secret, owner=owner, to=viewer)
    town.share(secret, owner=owner, to=editor, level="editor")
    for person, told in ((owner, True), (editor, True), (viewer, False)):
        browser = town.client(person)
        pages = [browser.get("/vault").text, browser.get(f"/vault/{secret}").text]
        assert ["Portal 01" in page for page in pages] == [True, True]
        assert [group.name in page for page in pages] == [told, told]

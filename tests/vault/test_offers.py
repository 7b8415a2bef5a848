"""An owner who left the group that a type needs is offered what still works, and told why the rest does not."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from app.subject import SYSTEM
from tests.builders import Client, an_smtp
from tests.vault.conftest import Town

REASON = "You cannot restore it yourself, because its type needs membership of the system group."


@pytest.fixture
def left(town: Town) -> tuple[Client, UUID]:
    """The browser of somebody who owns a mail server and has left the system group."""
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(), owner=anna)
    browser = town.client(anna)
    assert 'data-level="owner"' in browser.get("/vault").text
    town.leaves(anna, SYSTEM)
    return browser, secret


def test_the_row_offers_no_edit(left: tuple[Client, UUID]) -> None:
    browser, _secret = left
    page = browser.get("/vault").text
    [level] = re.findall(r'data-level="([^"]+)"', page)
    offered = {to: levels.split() for levels, to in re.findall(r'data-for="([^"]+)"><a[^>]*data-to="([^"]+)"', page)}
    assert [to for to, levels in offered.items() if level in levels] == ["/sharing", "/delete"]
    assert [to for to, levels in offered.items() if "owner" in levels] == ["/edit", "/sharing", "/delete"]
    assert [to for to, levels in offered.items() if "editor" in levels] == ["/edit", "/leave"]


def test_deleting_promises_no_way_back(left: tuple[Client, UUID]) -> None:
    browser, secret = left
    for path in (f"/vault/{secret}", f"/vault/{secret}/delete"):
        page = browser.get(path).text
        assert "You can restore it" not in page
        assert "You cannot restore it yourself" in page
    assert browser.post(f"/vault/{secret}/delete").headers["Location"] == "/vault?done=trashed"
    page = browser.get("/vault?done=trashed").text
    assert ["In the trash." in page, f"/vault/{secret}/restore" in page] == [True, False]


def test_the_trash_says_why_there_is_no_restore(left: tuple[Client, UUID]) -> None:
    browser, secret = left
    browser.post(f"/vault/{secret}/delete")
    page = browser.get("/vault/trash").text
    assert f'action="/vault/{secret}/restore"' not in page
    assert REASON in page
    assert f'href="/vault/{secret}/purge"' in page


def test_who_is_in_the_group_is_offered_all_of_it(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret, browser = town.keep(an_smtp(), owner=anna), town.client(anna)
    assert "You can restore it" in browser.get(f"/vault/{secret}/delete").text
    assert browser.post(f"/vault/{secret}/delete").headers["Location"] == f"/vault?done=trashed&secret={secret}"
    page = browser.get("/vault/trash").text
    assert f'action="/vault/{secret}/restore"' in page
    assert REASON not in page

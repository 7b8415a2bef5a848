"""Two people with the same secret, each in a browser with script: nobody loses anything in silence."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app.vault.safe import Safe
from tests.builders import a_login
from tests.journeys.hands import is_closed, opens, saves
from tests.journeys.scenery import Scenery

Visitor = Callable[..., Page]
NOT_HERE = "Not here. This page or secret does not exist, was deleted, or is not shared with you."


@pytest.fixture
def secret(scene: Scenery) -> UUID:
    """A secret that Selin and Tomas own together."""
    made = scene.world.keep(a_login(name="Of both", username="both"), owner=scene.people["selin"])
    scene.world.share(made, owner=scene.people["selin"], to=scene.people["tomas"], level="owner")
    return made


@pytest.fixture
def both(visitor: Visitor, secret: UUID) -> tuple[Page, Page]:
    """Selin's and Tomas's pages, both at the secret."""
    pages = visitor("selin"), visitor("tomas")
    for page in pages:
        page.goto(f"/vault/{secret}")
    return pages


def edits(page: Page, **entries: str) -> None:
    opens(page, "#edit")
    for name, text in entries.items():
        page.fill(f"#f-{name}", text)


def deletes(page: Page) -> None:
    opens(page, "#delete")
    page.click("dialog .sheet .danger")
    page.wait_for_url("**/vault")


def is_told(page: Page, text: str) -> None:
    expect(page.locator("dialog #sheet-say")).to_contain_text(text)


def test_two_edits_show_both_and_keep_both(both: tuple[Page, Page], scene: Scenery, secret: UUID) -> None:
    selin, tomas = both
    edits(selin, username="of-selin")
    edits(tomas, username="of-tomas", password="typed-by-tomas")
    saves(selin)
    is_closed(selin)
    saves(tomas)
    expect(tomas.locator("dialog .notice.warn")).to_contain_text("Selin Kaya changed this")
    row = tomas.locator("dialog .versus tbody tr", has_text="of-selin")
    assert row.inner_text().split("\t")[1:] == ["of-selin", "of-tomas"]
    assert tomas.input_value("#f-password") == "typed-by-tomas"
    saves(tomas)
    is_closed(tomas)
    expect(tomas.locator("#values")).to_contain_text("of-tomas")
    with scene.world.unit():
        kept = [scene.world.cfg.get(Safe).get(secret, number) for number in (1, 2, 3)]
    assert [each.username for each in kept] == ["both", "of-selin", "of-tomas"]  # type: ignore[attr-defined]


def test_discarding_mine_shows_theirs(both: tuple[Page, Page]) -> None:
    selin, tomas = both
    edits(tomas, username="of-tomas")
    edits(selin, username="of-selin")
    saves(selin)
    is_closed(selin)
    saves(tomas)
    tomas.click("dialog .notice.warn a[data-discard]")
    expect(tomas.locator("#values")).to_contain_text("of-selin")
    assert not tomas.is_visible("dialog[open]")


def test_an_edit_of_what_is_deleted_waits_until_it_is_restored(both: tuple[Page, Page]) -> None:
    selin, tomas = both
    edits(tomas, username="of-tomas", password="typed-by-tomas")
    deletes(selin)
    saves(tomas)
    is_told(tomas, NOT_HERE)
    assert tomas.input_value("dialog[open] #f-password") == "typed-by-tomas"
    selin.click("text=Undo")
    selin.wait_for_load_state()
    saves(tomas)
    is_closed(tomas)
    expect(tomas.locator("#values")).to_contain_text("of-tomas")


def test_of_two_deletions_the_second_hears_that_it_is_gone(both: tuple[Page, Page]) -> None:
    selin, tomas = both
    opens(tomas, "#delete")
    deletes(selin)
    tomas.click("dialog .sheet .danger")
    is_told(tomas, NOT_HERE)


def test_two_who_share_at_once_see_what_the_other_did(both: tuple[Page, Page], scene: Scenery, secret: UUID) -> None:
    for name in ("miriam", "ben"):
        scene.world.share(secret, owner=scene.people["selin"], to=scene.people[name])
    levels = {name: f"select[name='level-{scene.people[name].id}']" for name in ("miriam", "ben")}
    selin, tomas = both
    for page in both:
        page.reload()
        opens(page, "#share")
    selin.select_option(levels["miriam"], "editor")
    tomas.select_option(levels["ben"], "editor")
    saves(selin)
    is_closed(selin)
    saves(tomas)
    expect(tomas.locator("dialog .notice")).to_contain_text("Selin Kaya changed this meanwhile.")
    expect(tomas.locator("dialog .notice")).to_be_focused()
    assert tomas.input_value(levels["ben"]) == "editor"
    assert granted(scene, secret) == {"miriam": "editor", "ben": "viewer"}


def granted(scene: Scenery, secret: UUID) -> dict[str, str]:
    with scene.world.unit():
        head = scene.world.vault.open(scene.people["selin"], secret).head
    levels = {grant.user: grant.level.value for grant in head.access}
    return {name: levels[scene.people[name].id] for name in ("miriam", "ben") if scene.people[name].id in levels}


def test_whoever_is_removed_while_editing_keeps_the_entries(both: tuple[Page, Page], scene: Scenery) -> None:
    selin, tomas = both
    edits(tomas, username="of-tomas")
    opens(selin, "#share")
    selin.select_option(f"select[name='level-{scene.people['tomas'].id}']", "none")
    saves(selin)
    is_closed(selin)
    saves(tomas)
    is_told(tomas, NOT_HERE)
    assert tomas.input_value("dialog[open] #f-username") == "of-tomas"
    tomas.keyboard.press("Escape")
    tomas.click("[data-discard]")
    is_closed(tomas)


def test_what_was_restored_meanwhile_is_not_destroyed(both: tuple[Page, Page], secret: UUID) -> None:
    selin, tomas = both
    deletes(selin)
    selin.goto("/vault/trash")
    opens(selin, f"#purge-{secret}")
    selin.fill("#f-name", "Of both")
    tomas.goto("/vault/trash")
    tomas.click(f"#r-{secret} form button")
    tomas.wait_for_load_state()
    saves(selin)
    is_told(selin, NOT_HERE)
    tomas.goto(f"/vault/{secret}")
    expect(tomas.locator("h1")).to_have_text("Of both")


def test_an_edit_of_what_is_gone_for_good_keeps_its_entries(both: tuple[Page, Page], secret: UUID) -> None:
    selin, tomas = both
    edits(tomas, username="of-tomas")
    deletes(selin)
    selin.goto("/vault/trash")
    opens(selin, f"#purge-{secret}")
    selin.fill("#f-name", "Of both")
    saves(selin)
    is_closed(selin)
    expect(selin.locator(".toast")).to_contain_text("Deleted for good.")
    saves(tomas)
    is_told(tomas, NOT_HERE)
    assert tomas.input_value("dialog[open] #f-username") == "of-tomas"

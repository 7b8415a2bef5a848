"""What people do on pages with script, in the words of journeys."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import Page, expect

from app.credentials.types import Note
from tests.journeys.scenery import Scenery


def keeps(scene: Scenery, name: str, owner: str = "selin") -> UUID:
    """Store a note of somebody's, as Selin's: her vault is the one that tests write into."""
    return scene.world.keep(Note(name=name, text="4711"), owner=scene.people[owner])


def opens(page: Page, selector: str) -> None:
    page.click(selector)
    page.wait_for_selector("dialog[open] .sheet")


def is_closed(page: Page) -> None:
    page.wait_for_selector("dialog:not([open])", state="attached")
    expect(page.locator("#dialog-body")).to_be_empty()


def focused(page: Page) -> str:
    """Return the id of what has the focus, else what it says."""
    return str(page.evaluate("document.activeElement.id || document.activeElement.innerText"))


def begins_a_note(page: Page, name: str) -> None:
    opens(page, "#new")
    page.click("dialog [href$='/vault/new/note']")
    page.wait_for_selector("dialog #f-name")
    assert focused(page) == "f-name"
    page.keyboard.type(name)


def saves(page: Page) -> None:
    """Press the button that sends the dialog's form."""
    page.click("dialog .sheet .dlg-foot button")

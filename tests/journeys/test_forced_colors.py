"""Where the system chooses the colours, it still shows what is chosen and where one is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

Visitor = Callable[..., Page]


def drawn(page: Page, part: Locator) -> bytes:
    """Return the picture of a part that neither has the focus nor lies under the pointer."""
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    return part.screenshot()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_ticked_box_looks_different(visitor: Visitor, scheme: str) -> None:
    page = visitor(forced_colors="active", color_scheme=scheme, reduced_motion="reduce")
    page.goto("/admin/roles/new")
    box = page.get_by_role("checkbox").first
    empty = drawn(page, box)
    box.check()
    assert drawn(page, box) != empty


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chosen_option_looks_different(visitor: Visitor, scheme: str) -> None:
    page = visitor(forced_colors="active", color_scheme=scheme, reduced_motion="reduce")
    page.goto("/account")
    option = page.locator("#f-theme label").last
    other = drawn(page, option)
    option.click()
    assert drawn(page, option) != other


def test_the_place_in_the_account_is_marked(visitor: Visitor) -> None:
    page = visitor(forced_colors="active")
    page.goto("/account/security")
    here, other = page.locator(".side-nav [aria-current]"), page.locator(".side-nav a:not([aria-current])").first
    outline = "link => getComputedStyle(link).outlineStyle"
    assert (here.evaluate(outline), other.evaluate(outline)) == ("solid", "none")

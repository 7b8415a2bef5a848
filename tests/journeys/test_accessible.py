"""Every page in every state passes axe, wide and narrow, light and dark, and fits 320 pixels in German."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.scenery import Scenery
from tests.journeys.screens import SCREENS, Visit, opened
from tests.services import ROOT

WIDE, NARROW, NARROWEST = (1280, 800), (390, 844), (320, 640)
EVERYTHING = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
SIZES = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
COVERED = ("vault-menu", "account-menu")
"""An open menu leaves little of what lies below it."""
RUN = """rules => axe.run(document, {...rules, resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    each => each.nodes.map(node => `${each.id}: ${node.target}: ${node.failureSummary}`)))"""


@pytest.fixture(scope="module")
def axe() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8") + ";0"


@pytest.fixture(scope="module")
def visit(scenes: tuple[Scenery, Scenery], browser: Browser) -> Iterator[Visit]:
    visit = opened(*scenes, browser, "de")
    yield visit
    visit.close()
    assert visit.complaints == []


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_accessible(visit: Visit, axe: str, screen: str) -> None:
    page = SCREENS[screen](visit)
    page.evaluate(axe)
    found = {
        "wide, light": looked(page, WIDE, "light", EVERYTHING),
        "wide, dark": looked(page, WIDE, "dark", COLOURS),
        "narrow, dark": looked(page, NARROW, "dark", COLOURS),
        "narrow, light": looked(page, NARROW, "light", COLOURS if screen in COVERED else SIZES),
    }
    page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
    sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    assert ({where: faults for where, faults in found.items() if faults}, sideways) == ({}, 0)


def looked(page: Page, size: tuple[int, int], scheme: Any, rules: dict[str, Any]) -> list[str]:
    """Return what axe finds wrong."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    page.evaluate("scrollTo(0, 0)")  # what the header hides for the moment is not too small
    faults: list[str] = page.evaluate(RUN, rules)
    return faults

"""Every page in every state passes axe, wide and narrow, light and dark, and fits 320 pixels in German."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.scenery import Scenery
from tests.journeys.screens import SCREENS, Visit, opened
from tests.services import ROOT
from tools.trimming import ABSENT

WIDE, NARROW, NARROWEST = (1280, 800), (390, 844), (320, 640)
EVERYTHING = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
SIZES = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
COVERED = ("vault-menu", "account-menu")
"""An open menu leaves little of what lies below it."""
RUN = """rules => {
    scrollTo(0, 0);  // what the header hides for the moment is not too small
    return axe.run(document, {...rules, resultTypes: ["violations"]}).then(found => found.violations.flatMap(
        each => each.nodes.map(node => `${each.id}: ${node.target}: ${node.failureSummary}`)));
}"""
FITS = """gone => [document.documentElement.scrollWidth - innerWidth,
    [...document.querySelectorAll(gone)].map(each => each.outerHTML.slice(0, 200))]"""
"""How far a page scrolls sideways, and what of it a selector matches."""
GONE = ",".join(each for each in ABSENT if not each.startswith((":host", "::")))
"""What tools/trimming.py takes for absent, as one selector."""


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
    found = {"wide, light": looked(page, EVERYTHING)}
    page.emulate_media(color_scheme="dark")
    found["wide, dark"] = looked(page, COLOURS)
    resized(page, NARROW)
    found["narrow, dark"] = looked(page, COLOURS)
    page.emulate_media(color_scheme="light")
    found["narrow, light"] = looked(page, COLOURS if screen in COVERED else SIZES)
    resized(page, NARROWEST)
    sideways, untrimmed = page.evaluate(FITS, GONE)
    resized(page, WIDE)
    assert ({where: faults for where, faults in found.items() if faults}, sideways) == ({}, 0)
    assert untrimmed == [], "tools/trimming.py leaves out what this screen holds"


def resized(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def looked(page: Page, rules: dict[str, Any]) -> list[str]:
    """Return what axe finds wrong."""
    faults: list[str] = page.evaluate(RUN, rules)
    return faults

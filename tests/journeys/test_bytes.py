"""The overview of twenty secrets costs few bytes: the first time, and again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from app.web.packing import SHEET, SHEETS, read_static
from tests.journeys.weighing import weighed
from tests.services import ROOT

KIB = 1024
RULES = """text => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return [...sheet.cssRules].flatMap(rule => rule.cssRules?.length ? [...rule.cssRules] : [rule])
        .map(rule => rule.cssText.replace(/, /g, ','));
}"""
"""What a browser understands of a style sheet; it keeps the spaces in variables."""

Visitor = Callable[..., Page]


def test_the_overview_is_light_the_first_time_and_again(visitor: Visitor) -> None:
    page = visitor()
    with weighed(page) as cold:
        page.goto("/vault", wait_until="networkidle")
    assert page.locator(".ledger > li").count() == 20
    assert sum(cold.values()) <= 60 * KIB, cold
    with weighed(page) as warm:
        page.goto("/vault", wait_until="networkidle")
    assert sum(warm.values()) <= 15 * KIB, warm


def test_the_overview_loads_nothing_of_the_admin_centre(visitor: Visitor) -> None:
    page = visitor()
    with weighed(page) as cold:
        page.goto("/vault", wait_until="networkidle")
    assert {"page.css", "tresor.js"} <= set(cold)
    assert "admin.css" not in cold


def test_the_sheet_of_all_pages_says_what_its_parts_say(visitor: Visitor) -> None:
    page = visitor()
    page.goto("/vault")
    parts = "\n".join((ROOT / "static" / name).read_text("utf-8") for name in SHEETS)
    sent, written = (page.evaluate(RULES, text) for text in (read_static(str(ROOT / "static"), SHEET).decode(), parts))
    assert len(sent) > 300
    assert sent == written

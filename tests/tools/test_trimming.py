"""Pico is trimmed to what pages hold: nothing that they read is missing, and what only the rest needs is gone."""

from __future__ import annotations

import re

import pytest

from tests.services import ROOT
from tools.trimming import blocks, left_out, selectors, trimmed

PICO = (ROOT / "node_modules/@picocss/pico/css/pico.min.css").read_text("utf-8")
READ, SET = re.compile(r"var\((--pico-[\w-]+)"), re.compile(r"(--pico-[\w-]+):")


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("a{b:c}.grid{d:e}", "a{b:c}"),
        ("a,a.contrast,[dir=rtl] a{b:c}", "a{b:c}"),
        (".grid-2{b:c}legend{d:e}", ".grid-2{b:c}legend{d:e}"),
        ("input:not([type=range],.grid){b:c}", "input:not([type=range],.grid){b:c}"),
        (":is(.grid,p)>a{b:c}:is(.grid,.outline)>a{d:e}", ":is(.grid,p)>a{b:c}"),
        (":where(ins:not(.x),del) a{b:c}", ""),
        ("@media (a){.grid{b:c}}@media (d){p{b:c}.grid{d:e}}", "@media (d){p{b:c}}"),
        (
            ":root{--pico-a:1;--pico-b:2}p{c:var(--pico-a)}.grid{c:var(--pico-b)}",
            ":root{--pico-a:1;}p{c:var(--pico-a)}",
        ),
        (":root{--pico-a:var(--pico-b);--pico-b:2}p{c:d}", "p{c:d}"),
        (':root{--pico-a:url("x;y}z");--pico-b:2}p{c:var(--pico-b)}', ":root{--pico-b:2}p{c:var(--pico-b)}"),
        ("@keyframes in{a{b:c}}@keyframes out{a{b:c}}p{animation:in 1s}", "@keyframes in{a{b:c}}p{animation:in 1s}"),
        ("@keyframes one{a{b:c}}p{animation-name:one}", "@keyframes one{a{b:c}}p{animation-name:one}"),
    ],
)
def test_what_names_something_absent_goes_with_what_only_that_needs(css: str, expected: str) -> None:
    assert trimmed(css) == expected


def test_every_rule_is_either_there_or_known_to_be_left_out() -> None:
    kept, gone = set(all_selectors(trimmed(PICO))), set(left_out(PICO))
    there = set(all_selectors(PICO))
    only_variables = there - kept - gone  # rules that did nothing but set variables which nothing reads
    assert kept | gone | only_variables == there
    assert not kept & gone
    for selector, body in rules(PICO):
        if selector in only_variables:
            assert set(re.findall(r"(?:^|;)([\w-]+):", body)) <= set(SET.findall(body)), selector


def test_pages_read_no_variable_that_was_left_out() -> None:
    ours = "".join(path.read_text("utf-8") for path in (ROOT / "static/css").glob("*.css"))
    kept = trimmed(PICO)
    defined_once, defined = set(SET.findall(PICO)), set(SET.findall(kept + ours))
    assert (set(READ.findall(kept + ours)) & defined_once) - defined == set()


def test_it_is_worth_it() -> None:
    assert len(trimmed(PICO)) < len(PICO) * 0.55


def all_selectors(css: str) -> list[str]:
    return [selector for selector, _body in rules(css)]


def rules(css: str) -> list[tuple[str, str]]:
    """Return each selector with its declarations, those in @media and @supports too."""
    found: list[tuple[str, str]] = []
    for prelude, body in blocks(css):
        if prelude.startswith(("@media", "@supports", "@-moz-document")):
            found += rules(body)
        elif not prelude.startswith(("@", "from", "to")):
            found += [(each, body) for each in selectors(prelude)]
    return found

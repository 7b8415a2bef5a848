"""Leaves out of Pico what no page of Tresor holds, and the variables that nothing reads then."""

from __future__ import annotations

import re
from collections.abc import Iterator

ABSENT = (
    ":host", "[dir=rtl]", ".contrast", ".secondary", ".outline", ".striped", ".container", ".container-fluid", ".grid",
    ".overflow-auto", ".dropdown", ".modal-is-open", ".modal-is-opening", ".modal-is-closing",
    "[role=button]", "[role=switch]", "[type=reset]", "[type=range]", "[type=color]", "[type=tel]", "[type=month]",
    "[type=time]", "[type=week]", "[type=datetime-local]", "[data-tooltip]", "[aria-label=breadcrumb]",
    "[aria-hidden=false]", "[aria-invalid=false]", "[multiple]", "h5", "h6", "hgroup", "ins", "del",
    "sub", "sup", "samp", "abbr", "figcaption", "audio", "video", "canvas", "iframe", "progress", "area",
    "article", "::-ms-expand", "::-ms-check", "::-moz-focus-inner", "::-moz-list-bullet",
)  # fmt: skip
"""What pages do not hold. tests/journeys/test_accessible.py fails when a screen holds something left out."""

NAMES = re.compile(r"(?:(?<![\w-])|(?=[.:[]))(?:" + "|".join(map(re.escape, ABSENT)) + r")(?![\w-])")
ALTERNATIVES = re.compile(r":(?:is|where|has|not)\(")
VARIABLE = re.compile(r"(--pico-[\w-]+):(?:[^;{}\"]|\"[^\"]*\")*;?")
READ = re.compile(r"var\((--pico-[\w-]+)")
ANIMATION = re.compile(r"@keyframes ([\w-]+)")
NESTED = ("@media", "@supports", "@-moz-document")


def trimmed(css: str) -> str:
    """Return a style sheet without the rules whose every selector names something absent, and what only they need."""
    return _without_unread(_written(css))


def left_out(css: str) -> list[str]:
    """Return the selectors of a style sheet that `trimmed` leaves out."""
    found = []
    for prelude, body in blocks(css):
        if prelude.startswith(NESTED):
            found += left_out(body)
        elif not prelude.startswith("@"):
            found += [each for each in selectors(prelude) if _absent(each)]
    return found


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """Yield each rule of a style sheet, as what stands before its braces and what stands in them."""
    depth = start = opened = at = 0
    while at < len(css):
        match css[at]:
            case "/" if css.startswith("/*", at):
                at = css.index("*/", at) + 1
            case '"':
                at = css.index('"', at + 1)
            case "{":
                opened = opened if depth else at
                depth += 1
            case "}":
                depth -= 1
                if not depth:
                    yield css[start:opened].strip(), css[opened + 1 : at]
                    start = at + 1
        at += 1


def selectors(prelude: str) -> list[str]:
    """Return the selectors that commas divide, those in parentheses aside."""
    found, depth = [""], 0
    for each in re.sub(r"/\*.*?\*/", "", prelude, flags=re.DOTALL):
        depth += (each == "(") - (each == ")")
        if each == "," and not depth:
            found.append("")
        else:
            found[-1] += each
    return found


def _written(css: str) -> str:
    kept = []
    for prelude, body in blocks(css):
        inner = _written(body) if prelude.startswith(NESTED) else body
        head = (
            prelude if prelude.startswith("@") else ",".join(each for each in selectors(prelude) if not _absent(each))
        )
        if head and inner:
            kept.append(f"{head}{{{inner}}}")
    return "".join(kept)


def _absent(selector: str) -> bool:
    """Whether a selector can match nothing: it needs something absent, or one of several that all are."""
    while found := ALTERNATIVES.search(selector):
        end = _closed(selector, found.end())
        inside = selectors(selector[found.end() : end])
        if found[0] != ":not(" and all(_absent(each) for each in inside):
            return True
        selector = selector[: found.start()] + selector[end + 1 :]
    return NAMES.search(selector) is not None


def _closed(text: str, at: int) -> int:
    """Return where the parenthesis closes that was opened just before."""
    depth = 1
    while depth:
        depth += (text[at] == "(") - (text[at] == ")")
        at += 1
    return at - 1


def _without_unread(css: str) -> str:
    """Leave out variables and animations, until all that are there are read."""
    while css != (css := _with_less_unread(css)):
        pass
    return css


def _with_less_unread(css: str) -> str:
    read = set(READ.findall(css))
    less = VARIABLE.sub(lambda found: found[0] if found[1] in read else "", css)
    return "".join(f"{prelude}{{{body}}}" for prelude, body in blocks(less) if body and _runs(prelude, less))


def _runs(prelude: str, css: str) -> bool:
    """Whether a rule is none of an animation, or one of an animation that is named somewhere."""
    animation = ANIMATION.match(prelude)
    return (
        animation is None or re.search(rf"animation[\w-]*:[^;{{}}]*(?<![\w-]){animation[1]}(?![\w-])", css) is not None
    )

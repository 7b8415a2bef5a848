"""Every event that the code can record has words in both languages, and so has what its details say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_babel import force_locale

import app
from app.audit.actions import Action, Actions, Section
from app.errors import Misconfigured
from app.users.links import For
from app.users.permissions import Permissions
from tests.builders import World

FOLDER = Path(app.__file__).parent
NAME = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")

RECORDS = {"Note": 0, "note": 0, "Act": 0, "trouble": 99, "_wrong": 0, "require": 0}
"""What is called with an action, and the place of it; beside these, whatever is given an `action=`."""

HANDED_ON = re.compile(r"action|act\.name|act\.permission|[A-Z_]+\.name|record\.action|error\.action|permission|"
                       r"policy\.permission|action or permission|[A-Z_]+\.permission|GUARDED\[action\]")  # fmt: skip
"""Expressions for an action that was written down elsewhere."""

KINDS = {"self.kind", "kind", "table", "name"}
"""Expressions in f-strings for the kind of what is damaged."""

PURPOSES = {"purpose.value", "link.purpose.value"}
"""The same for what a one-time link is for."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(FOLDER)}:{node.lineno}", node


def constants() -> dict[str, set[str]]:
    """Return the values of all names in the code that are assigned one text, or several at once."""
    found: dict[str, set[str]] = {}
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for name, value in pairs:
                    if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found.setdefault(name.id, set()).add(value.value)
    return found


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def expressions(node: ast.Call) -> list[ast.expr]:
    """Return the expressions for actions in a call."""
    found = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
    place = RECORDS.get(called(node), 99)
    return found + node.args[place : place + 1]


def kinds() -> set[str]:
    """Return the kinds of sealed rows, and the tables whose rows only find."""
    found = set()
    for _where, node in calls():
        if called(node) == "SealedRows":
            found |= {k.value.value for k in node.keywords if k.arg == "kind" and isinstance(k.value, ast.Constant)}
        if called(node) in {"misled", "_misled"} and isinstance(node.args[0], ast.Constant):
            found.add(node.args[0].value)
    return {str(each) for each in found}


def recorded() -> dict[str, str]:
    """Return each action that the code can record, with one place where it does."""
    known, found = constants(), {}
    for where, node in calls():
        for expression in expressions(node) if called(node) != "resend_page" else ():  # its action is an address
            for name in values(expression, known, where):
                if NAME.fullmatch(name):
                    found[name] = where
    return found


def values(expression: ast.expr, known: dict[str, set[str]], where: str) -> set[str]:
    """Return what an expression for an action can be. Fails for one that this does not understand."""
    if isinstance(expression, ast.Constant):
        return {str(expression.value)}
    if isinstance(expression, ast.IfExp):
        return values(expression.body, known, where) | values(expression.orelse, known, where)
    if isinstance(expression, ast.BoolOp):
        return {each for part in expression.values for each in values(part, known, where)}
    if isinstance(expression, ast.JoinedStr):
        inside, end = expression.values
        assert isinstance(inside, ast.FormattedValue), where
        assert isinstance(end, ast.Constant), where
        stands_for = {each.value for each in For} if ast.unparse(inside.value) in PURPOSES else kinds()
        assert ast.unparse(inside.value) in KINDS | PURPOSES, where
        return {f"{each}{end.value}" for each in stands_for}
    if isinstance(expression, ast.Name) and expression.id in known:
        return known[expression.id]
    assert HANDED_ON.fullmatch(ast.unparse(expression)), f"{where}: which action is {ast.unparse(expression)}?"
    return set()


def details() -> dict[str, str]:
    """Return the name of each detail that the code records, with one place where it does."""
    found = {}
    for where, node in calls():
        if called(node) == "note":
            found |= {each.arg: where for each in node.keywords if each.arg}
        for keyword in node.keywords:
            if keyword.arg == "detail" and isinstance(keyword.value, ast.Dict):
                keys = [each.value for each in keyword.value.keys if isinstance(each, ast.Constant)]
                found |= {str(key): where for key in keys}
    return found


def test_the_code_is_understood() -> None:
    found = recorded()
    assert len(found) > 50
    assert {"secret.reveal", "user.sign-in", "group.add-member", "keyring.create", "membership.damaged",
            "setup.done", "session.end", "audit.verify", "role.damaged"} <= found.keys()  # fmt: skip
    assert {"field", "group", "user", "level", "version", "restored", "outcome"} <= details().keys()


def test_every_action_has_words(world: World) -> None:
    actions = world.cfg.get(Actions)
    assert {name: where for name, where in recorded().items() if not actions.knows(name)} == {}


def test_what_is_handed_on_is_declared_itself(world: World) -> None:
    declared = {each.name for _section, found in world.cfg.get(Actions) for each in found}
    assert {"group.join", "user.invite", "reset.mail", "registration.mail"} <= declared


def test_every_detail_has_words_or_is_an_object_with_a_name(world: World) -> None:
    actions = world.cfg.get(Actions)
    named = {"user", "group", "role", "secret"}
    assert {name: where for name, where in details().items() if name not in actions.details.keys() | named} == {}


def test_all_words_are_in_both_languages(world: World) -> None:
    actions = world.cfg.get(Actions)
    with world.app.test_request_context():
        told = {}
        for language in ("en", "de"):
            with force_locale(language):
                told[language] = [
                    (str(section.title), *[(str(each.title), str(each.tried)) for each in found])
                    for section, found in actions
                ]
    same = [en[0] for en, de in zip(told["en"], told["de"], strict=True) if en[0] == de[0]]
    assert same == ["Installation"]
    flat = {
        language: [text for _title, *found in told[language] for pair in found for text in pair] for language in told
    }
    assert [a for a, b in zip(flat["en"], flat["de"], strict=True) if a == b and a != "None"] == []


def test_an_action_is_declared_once() -> None:
    actions, section = Actions(), Section("a", "A", 1)
    actions.declare(section, Action("a.b", "B", "x"))
    with pytest.raises(Misconfigured):
        actions.declare(section, Action("a.b", "B again", "x"))


def test_a_choice_means_a_section_or_one_action_or_nothing() -> None:
    actions, section = Actions(), Section("a", "A", 1)
    actions.declare(section, Action("a.b", "B", "x"), Action("a.c", "C", "x"))
    assert actions.named("a") == ("a.b", "a.c")
    assert actions.named("a.c") == ("a.c",)
    assert actions.named("d") is None


def test_a_permission_that_a_page_asked_for_has_its_title(world: World) -> None:
    actions = world.cfg.get(Actions)
    title = world.cfg.get(Permissions).title("user.read")
    assert title
    assert actions.get("user.read").title == title
    assert actions.get("never.heard").title == "never.heard"

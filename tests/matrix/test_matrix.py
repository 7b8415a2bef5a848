"""Every route and method answers each kind of person as the matrix says, and a refusal changes nothing."""

from __future__ import annotations

import pytest
from werkzeug.routing import Rule

from tests.matrix.conftest import Cast, a_form, anew
from tests.matrix.table import PEOPLE, Line, lines

OWN_SESSION = {"/login", "/logout", "/confirm", "/invite/{invite}", "/register/{register}"}
ALL_SESSIONS = {"/account/security/password", "/account/sessions/end-all"}
CHANGED = (
    *("{kept}", "{trashed}", "{session}", "{team}", "{colleague}", "{off}", "{role}"),
    *("{invited}", "{invite}", "{mover}", "{move}", "{reset}", "{register}"),
)


def rule_of(cast: Cast, method: str, path: str) -> Rule:
    adapter = cast.world.app.url_map.bind("localhost")
    rule, _view_arguments = adapter.match(path.format(**cast.places()), method=method, return_rule=True)
    return rule


def test_every_route_and_method_stands_in_the_matrix(cast: Cast) -> None:
    known = {(line.method, rule_of(cast, line.method, line.path).rule) for line in lines()}
    offered = {
        (method, rule.rule)
        for rule in cast.world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert known == offered


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line.method} {line.path}")
def test_everybody_is_answered_as_the_matrix_says(cast: Cast, line: Line) -> None:
    before = cast.state()
    refused = [who for who in PEOPLE if line.statuses[who] >= 400]
    assert {who: answer(cast, line, who) for who in refused} == {who: line.statuses[who] for who in refused}
    assert cast.state() == before
    let_in = [who for who in PEOPLE if who not in refused]
    assert {who: answer(cast, line, who) for who in let_in} == {who: line.statuses[who] for who in let_in}
    if line.method == "GET":
        assert cast.state() == before


def answer(cast: Cast, line: Line, who: str) -> int:
    changes = line.method == "POST" and line.statuses[who] < 400
    places = cast.places(fresh=changes and any(each in line.path for each in CHANGED))
    form = {"csrf_token": cast.token(who), **a_form(cast, line.path, places)} if line.method == "POST" else None
    browser = None
    if form is not None and changes and line.path in OWN_SESSION:
        browser, form["csrf_token"] = anew(cast, who)
    status = cast.ask(who, line.method, line.path.format(**places), browser=browser, data=form).status_code
    if changes and line.path in ALL_SESSIONS:
        cast.renew(who)
    return status

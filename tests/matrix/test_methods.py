"""No other spelling of a request gets past what the matrix says: methods, slashes, overrides, content types."""

from __future__ import annotations

import pytest

from tests.matrix.conftest import Cast, a_form
from tests.matrix.table import PEOPLE, Line, lines

READ = [line for line in lines() if line.method == "GET"]
WRITTEN = [line for line in lines() if line.method == "POST"]
SOME = ("anonymous", "stranger", "owner", "disabled")
OTHERS = ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def named(line: Line) -> str:
    return f"{line.method} {line.path}"


@pytest.mark.parametrize("line", READ, ids=named)
def test_head_answers_as_get_does_without_a_body(cast: Cast, line: Line) -> None:
    path = line.path.format(**cast.places())
    answers = {who: cast.ask(who, "HEAD", path) for who in SOME}
    assert {who: answer.status_code for who, answer in answers.items()} == {who: line.statuses[who] for who in SOME}
    assert {answer.data for answer in answers.values()} == {b""}


def test_options_tell_a_person_nothing_that_an_unknown_id_does_not(cast: Cast) -> None:
    for line in lines():
        places = cast.places()
        hidden = {**places, **dict.fromkeys(("kept", "trashed", "group"), places["unknown"])}
        for who in SOME:
            known = cast.ask(who, "OPTIONS", line.path.format(**places))
            unknown = cast.ask(who, "OPTIONS", line.path.format(**hidden))
            assert (known.status_code, known.headers.get("Allow")) == (
                unknown.status_code,
                unknown.headers.get("Allow"),
            ), named(line)
            assert known.data == b"" or known.status_code >= 400


def test_other_methods_are_not_allowed_and_change_nothing(cast: Cast) -> None:
    before = cast.state()
    for line in lines():
        path = line.path.format(**cast.places())
        form = {"csrf_token": cast.token("owner"), **a_form(cast, line.path, cast.places())}
        for method in OTHERS:
            assert cast.ask("owner", method, path, data=form).status_code == 405, (method, line.path)
    assert cast.state() == before


def test_a_slash_more_is_another_address(cast: Cast) -> None:
    before = cast.state()
    for line in lines():
        if line.path == "/" or line.path.startswith("/static"):
            continue
        path, form = line.path.format(**cast.places()), {"csrf_token": cast.token("owner")}
        form |= a_form(cast, line.path, cast.places())
        for other in {f"{path}/", path[0] + path[1:].replace("/", "//", 1)} - {path}:
            answer = cast.ask("owner", line.method, other, data=form if line.method == "POST" else None)
            assert answer.status_code == 404, other
    assert cast.state() == before


@pytest.mark.parametrize("header", OVERRIDES)
def test_a_get_does_not_become_a_post_by_a_header(cast: Cast, header: str) -> None:
    before = cast.state()
    for line in WRITTEN:
        if line.statuses["owner"] >= 400 or line.path in {"/logout", "/login", "/confirm"}:
            continue
        path = line.path.format(**cast.places())
        form = {"csrf_token": cast.token("owner"), **a_form(cast, line.path, cast.places())}
        cast.ask("owner", "GET", path, headers={header: "POST"}, data=form)
        cast.ask("owner", "GET", f"{path}?_method=POST", data=form)
        cast.ask("owner", "HEAD", path, query_string=form)
    assert cast.state() == before


@pytest.mark.parametrize("header", OVERRIDES)
def test_a_post_does_not_become_another_method_by_a_header(cast: Cast, header: str) -> None:
    before = cast.state()
    path = f"/vault/{cast.kept}/delete"
    form = {"csrf_token": cast.token("viewer")}
    assert cast.ask("viewer", "POST", path, headers={header: "GET"}, data=form).status_code == 403
    form = {"csrf_token": cast.token("owner"), "_method": "DELETE"}
    assert cast.ask("owner", "POST", path, data=form).status_code == 422
    assert cast.state() == before


@pytest.mark.parametrize("line", WRITTEN, ids=named)
def test_only_forms_are_taken(cast: Cast, line: Line) -> None:
    before = cast.state()
    places = cast.places()
    form = a_form(cast, line.path, places)
    headers = {"X-CSRFToken": cast.token("owner")}
    path = line.path.format(**places)
    assert cast.ask("owner", "POST", path, json=form, headers=headers).status_code == 415
    for content_type in (
        "text/plain",
        "application/xml",
        "application/octet-stream",
        "application/json; charset=utf-7",
    ):
        answer = cast.ask("owner", "POST", path, data=b"{}", content_type=content_type, headers=headers)
        assert answer.status_code == 415, content_type
    assert cast.state() == before


@pytest.mark.parametrize("who", PEOPLE)
def test_unknown_foreign_and_trashed_look_alike(cast: Cast, who: str) -> None:
    """The pages differ in nothing but this answer's own random values."""
    if who in ("viewer", "editor", "owner"):
        return
    pages = set()
    cast.token(who)  # a browser's first answer brings the form cookie
    for place in ("kept", "trashed", "unknown"):
        answer = cast.ask(who, "GET", f"/vault/{cast.places()[place]}")
        pages.add((answer.status_code, len(answer.data), *sorted(answer.headers.keys())))
    assert len(pages) == 1

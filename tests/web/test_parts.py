"""What htmx is answered: parts of pages, with the headers of pages; errors as what is said above the open page."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.credentials.types.note import Note
from app.errors import Conflict, Damaged, Forbidden, Invalid, Misconfigured, Refused, Throttled, Unavailable
from app.web.changes import changed
from app.web.policy import signed_in
from tests.builders import Client, World
from tests.web.conftest import NONCE, House, raw

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
IN_DIALOG = {**PART, "HX-Target": "div#dialog-body", "HX-Current-URL": "/vault"}
FROM_FORM = {**PART, "HX-Source": "form#sheet-form", "HX-Target": "section", "HX-Current-URL": "/vault"}
BELOW = {**PART, "HX-Target": "div#page"}
OURS = {"Sec-Fetch-Site": "same-origin"}
NONCES = re.compile(r'hx-nonce="([^"]*)"')


def part(client: Client, path: str, **headers: str) -> TestResponse:
    return client.get(path, headers={**IN_DIALOG, **{name.replace("_", "-"): value for name, value in headers.items()}})


def is_part(answer: TestResponse) -> None:
    """Fail unless this is a part of a page, with the headers that pages have and the word that it is ours."""
    assert "<html" not in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert {each.lower() for each in answer.vary} - {"accept-encoding"} == {"cookie", "hx-request", "hx-request-type"}
    assert answer.headers["Tresor-Part"] == "1"
    assert "Access-Control-Allow-Origin" not in answer.headers
    nonce = NONCE.findall(answer.headers["Content-Security-Policy"])
    assert set(NONCES.findall(answer.text)) <= set(nonce)


def test_parts_have_the_headers_of_pages_and_a_nonce_of_their_own(house: House) -> None:
    anna, secret = house.desk(house.anna), f"/vault/{house.secret}"
    seen = set()
    for path in ("/vault", "/vault/new", "/vault/new/note", f"{secret}/edit", f"{secret}/sharing", f"{secret}/delete"):
        answer = part(anna, path)
        assert answer.status_code == 200, path
        is_part(answer)
        seen.add(NONCE.findall(answer.headers["Content-Security-Policy"])[0])
        assert len(answer.data) < len(anna.get(path).data), path
    assert len(seen) == 6
    assert "Tresor-Part" not in anna.get("/vault").headers


def test_the_page_below_a_dialog_is_what_stands_between_header_and_footer(house: House) -> None:
    anna = house.desk(house.anna)
    for path in ("/vault", f"/vault/{house.secret}", "/vault/trash", "/groups"):
        answer, page = anna.get(path, headers=BELOW), anna.get(path).text
        is_part(answer)
        heading = re.search(r"<h1>.*?</h1>", page)
        assert heading
        assert heading[0] in answer.text


LIES = {
    "type": {"HX-Request-Type": "full"},
    "type of another kind": {"HX-Request-Type": "partial; partial"},
    "target of nothing": {"HX-Request-Type": "partial", "HX-Target": "div#nowhere"},
    "target of everything": {"HX-Request-Type": "partial", "HX-Target": "*{}<script>"},
    "address of another site": {"HX-Request-Type": "partial", "HX-Current-URL": "https://evil.example/vault"},
    "address without end": {"HX-Request-Type": "partial", "HX-Current-URL": "/" + "a" * 5000},
    "address that is none": {"HX-Request-Type": "partial", "HX-Current-URL": "http://[::1"},
    "address in bytes": {"HX-Request-Type": "partial", "HX-Current-URL": "\x80\xff\x01"},
    "address that runs": {"HX-Request-Type": "partial", "HX-Current-URL": "javascript:alert(1)"},
    "source": {"HX-Request-Type": "partial", "HX-Source": 'form#sheet-form"><b>'},
    "history": {"HX-History-Restore-Request": "true", "HX-Boosted": "true"},
    "prompt": {"HX-Request": "true", "HX-Prompt": "<script>"},
}


@pytest.mark.parametrize("lie", LIES)
def test_headers_that_lie_change_nothing_but_the_part_that_is_shown(house: House, lie: str) -> None:
    anna, ben, headers = house.desk(house.anna), house.desk(house.ben), LIES[lie]
    secret = f"/vault/{house.secret}"
    for path in ("/vault", f"{secret}/edit", f"{secret}/delete"):
        answer = anna.get(path, headers=headers)
        assert answer.status_code == 200, path
        for line in answer.text.splitlines():
            assert "evil.example" not in line
            assert "<script>" not in line
    assert ben.get(f"{secret}/edit", headers=headers).status_code == 403
    assert house.desk(house.eve).get(secret, headers=headers).status_code == 404
    assert raw(anna, f"{secret}/delete", {}, **headers, **OURS).status_code == 400
    assert raw(anna, f"{secret}/delete", {"csrf_token": anna.token()}, **headers).status_code == 403
    stranger = raw(house.client(), f"{secret}/delete", {}, **headers, **OURS)
    assert stranger.status_code == 401


@pytest.mark.parametrize("lie", LIES)
def test_after_a_change_the_way_on_is_ours_whatever_headers_say(house: House, lie: str) -> None:
    anna = house.desk(house.anna)
    secret = house.world.keep(Note(name="Deleted with a lie", text="4711"), owner=house.anna)
    answer = anna.post(f"/vault/{secret}/delete", headers=LIES[lie])
    if answer.status_code == 303:
        assert answer.location == f"/vault?done=trashed&secret={secret}"
    elif "HX-Redirect" in answer.headers:
        assert answer.headers["HX-Redirect"] == f"/vault?done=trashed&secret={secret}"
    else:
        assert answer.headers["HX-Trigger"] == "tresor:changed"
        assert "In the trash." in answer.text
    assert [each for each, _value in answer.headers if each.startswith("HX-")] in (
        [],
        ["HX-Redirect", "HX-Reswap"],
        ["HX-Trigger", "HX-Reswap"],
    )


def test_a_dialog_above_what_is_gone_leads_away_from_it(house: House) -> None:
    anna = house.desk(house.anna)
    for below, goes_on in (("", True), ("/history", True), ("/../other", True), ("x", False)):
        secret = house.world.keep(Note(name="Gone", text="4711"), owner=house.anna)
        where = {**FROM_FORM, "HX-Current-URL": f"/vault/{secret}{below}"}
        answer = anna.post(f"/vault/{secret}/delete", headers=where)
        assert ("HX-Redirect" in answer.headers) is goes_on, below


@pytest.mark.parametrize("done", ["saved", "trashed", "x", "", "<script>", "saved&secret=<b>", "saved%0d%0aX-Bad:1"])
def test_a_change_says_only_what_is_on_its_list(world: World, done: str) -> None:
    site = world.cfg.settings.server.base_url
    with world.app.test_request_context("/vault/new/note", base_url=site, headers=FROM_FORM):
        answer = changed(f"/vault?done={done}")
    assert answer.headers["HX-Trigger"] == "tresor:changed"  # type: ignore[union-attr]
    assert answer.headers["HX-Reswap"] == "none"  # type: ignore[union-attr]
    text = answer.get_data(as_text=True)  # type: ignore[union-attr]
    assert ("<hx-partial" in text) is (done in ("saved", "trashed", "saved&secret=<b>"))
    assert "<script>" not in text
    assert "X-Bad" not in text


ERRORS = {
    "refused": (lambda: Refused(), 404, "Not here."),
    "forbidden": (lambda: Forbidden(), 403, "Not with your role."),
    "invalid": (lambda: Invalid("This <b>rule</b> was broken."), 422, "This &lt;b&gt;rule&lt;/b&gt; was broken."),
    "conflict": (lambda: Conflict(), 409, "Somebody was faster."),
    "throttled": (lambda: Throttled(seconds=30), 429, "Wait a moment, then try again."),
    "unavailable": (lambda: Unavailable("a host"), 503, "Not reachable right now."),
    "misconfigured": (lambda: Misconfigured("a line"), 503, "Not reachable right now."),
    "damaged": (lambda: Damaged("a row"), 500, "This cannot be opened."),
    "unexpected": (lambda: ZeroDivisionError("a text"), 500, "Something broke on our side."),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_said_above_the_page_that_is_open(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    make, status, words = ERRORS[name]

    @signed_in()
    def fails(**_view: object) -> None:
        raise make()

    for view in ("groups.list", "vault.move_to_trash"):
        monkeypatch.setitem(world.app.view_functions, view, fails)
    anna = world.client(world.person("anna"))
    dialog = anna.get("/groups", headers=IN_DIALOG)
    form = anna.post(f"/vault/{uuid4()}/delete", headers=FROM_FORM)
    below = anna.get("/groups", headers=BELOW)
    for answer, place in ((dialog, '"#toasts" hx-swap="beforeend"'), (form, '"#sheet-say" hx-swap="innerHTML"')):
        assert answer.status_code == status
        is_part(answer)
        assert answer.text.startswith(f"<hx-partial hx-target={place}>")
        assert answer.text.endswith("</hx-partial>")
        assert 'role="alert"' in answer.text
        assert words in answer.text
        assert ("Reference" in answer.text) is (status >= 500)
        for secret in ("a host", "a line", "a row", "a text"):
            assert secret not in answer.text
    assert below.status_code == status
    assert ("<hx-partial" in below.text) is (status >= 500)  # a page that fails takes no other's place
    assert dialog.headers.get("Retry-After") == ("30" if status == 429 else None)


def test_a_plain_line_is_no_part_of_ours(house: House) -> None:
    anna = house.desk(house.anna)
    answer = anna.http.get("/vault", base_url="http://evil.example", headers=PART)
    assert answer.status_code == 400
    assert "Tresor-Part" not in answer.headers


@pytest.mark.parametrize(("token", "site"), [(None, "same-origin"), ("old", "same-origin"), ("", "same-origin")])
def test_an_old_token_is_answered_with_a_new_one_for_the_same_person(
    house: House, token: str | None, site: str
) -> None:
    anna = house.desk(house.anna)
    form = {"name": "Tried", "text": "4711", **({} if token is None else {"csrf_token": token})}
    whose = {"Tresor-Person": str(house.anna.id)}
    answer = raw(anna, "/vault/new/note", form, **FROM_FORM, **whose, Sec_Fetch_Site=site)
    assert answer.status_code == 400
    is_part(answer)
    assert answer.text.startswith('<hx-partial hx-target="#sheet-say"')
    assert "4711" not in answer.text
    new = json.loads(answer.headers["HX-Trigger"])["tresor:token"]["token"]
    again = raw(anna, "/vault/new/note", {**form, "csrf_token": new}, **FROM_FORM, **whose, Sec_Fetch_Site=site)
    assert (again.status_code, again.headers["HX-Trigger"]) == (200, "tresor:changed")


def test_nobody_but_our_own_page_of_the_same_person_gets_a_token(house: House) -> None:
    anna, form = house.desk(house.anna), {"name": "Tried", "text": "4711"}
    before = house.world.rows("secret")
    theirs = raw(anna, "/vault/new/note", form, **FROM_FORM, Sec_Fetch_Site="cross-site")
    nobodys = raw(house.client(), "/vault/new/note", form, **FROM_FORM, **OURS)
    elses = raw(anna, "/vault/new/note", form, **FROM_FORM, **OURS, Tresor_Person=str(house.ben.id))
    odd = raw(anna, "/vault/new/note", form, **FROM_FORM, **OURS, Tresor_Person="<script>")
    assert [each.status_code for each in (theirs, nobodys, elses, odd)] == [403, 401, 409, 409]
    for answer in (theirs, nobodys, elses, odd):
        is_part(answer)
        assert "HX-Trigger" not in answer.headers
        assert "csrf" not in answer.text.lower()
        assert "<script>" not in answer.text
    assert house.world.rows("secret") == before


def test_a_page_made_for_somebody_else_gets_nothing_of_this_person(house: House) -> None:
    anna = house.desk(house.anna)
    whose = {"Tresor-Person": str(house.ben.id)}
    for path in ("/vault", f"/vault/{house.secret}/edit", "/vault?q=board", "/nothing"):
        answer = anna.get(path, headers={**IN_DIALOG, **whose})
        assert answer.status_code == (404 if path == "/nothing" else 409)
        assert "Release board" not in answer.text
    with_token = {"csrf_token": anna.token(), "name": "Of another page", "text": "4711"}
    before = house.world.rows("secret")
    assert raw(anna, "/vault/new/note", with_token, **FROM_FORM, **OURS, **whose).status_code == 409
    assert house.world.rows("secret") == before
    assert anna.get("/vault", headers={**IN_DIALOG, "Tresor-Person": str(house.anna.id)}).status_code == 200


def test_when_the_session_has_ended_that_is_said_where_it_is_read(house: House) -> None:
    nobody = house.client()
    for headers, where in ((FROM_FORM, "#sheet-say"), (IN_DIALOG, "#toasts")):
        answer = raw(nobody, "/vault/new/note", {"csrf_token": nobody.token()}, **headers, **OURS)
        assert (answer.status_code, "HX-Redirect" in answer.headers) == (401, False)
        is_part(answer)
        assert f'<hx-partial hx-target="{where}"' in answer.text
        assert 'href="/login" target="_blank" rel="noopener"' in answer.text
    asked = nobody.get("/vault?q=x", headers=IN_DIALOG)
    assert (asked.status_code, asked.text.count("<hx-partial")) == (401, 1)

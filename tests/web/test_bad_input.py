"""What no page of ours sends, or nobody should: a clear answer, nothing stored, and what was typed is kept."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.credentials.values import to_plain
from tests.builders import PASSWORD, Client, World, a_jira, a_login
from tests.web.conftest import House

TABLES = ("secret", "version", "access", "publication", "membership", "user", "group")
ODD = {
    "NUL": b"a%00b",
    "unpaired surrogate": b"a%ED%A0%80b",
    "no UTF-8": b"a%FF%FEb",
    "escape": b"a%1B[2Jb",
    "line separator": "a\u2028b".encode(),
    "right-to-left override": "a\u202eb".encode(),
    "not a character": "a\uffffb".encode(),
    "beyond the plane": "\U0010ffff".encode(),
    "broken percent": b"%zz%",
    "many": b"%F0%9F%92%A9" * 400,
}


def state(world: World) -> Mapping[str, Any]:
    return {table: sorted(world.rows(table), key=repr) for table in TABLES}


def sends(client: Client, path: str, body: bytes) -> TestResponse:
    """Send these very bytes as a form from our own page."""
    body += b"&csrf_token=" + quote_plus(client.token()).encode()
    kind = "application/x-www-form-urlencoded"
    headers = {"Sec-Fetch-Site": "same-origin"}
    return client.http.post(path, base_url=client.site, data=body, content_type=kind, headers=headers)


def encoded(form: Mapping[str, str], **odd: bytes) -> bytes:
    plain = {name: quote_plus(value).encode() for name, value in form.items()}
    return b"&".join(name.encode() + b"=" + value for name, value in {**plain, **odd}.items())


def head(house: House, column: str) -> str:
    """Return a number of the secret as it is now."""
    ids = (house.secret, house.secret.hex)
    return str(next(row[column] for row in house.world.rows("secret") if row["id"] in ids))


def forms(house: House) -> dict[str, dict[str, str]]:
    """Return each form with what its page would send."""
    jira = {name: str(value) for name, value in to_plain(a_jira()).items()}
    wishes = {"revision": head(house, "revision"), "shown-groups": ""}
    return {
        "/login": {"email": "anna@example.org", "password": PASSWORD, "next": ""},
        "/confirm": {"password": PASSWORD, "next": ""},
        "/language": {"language": "en"},
        "/vault/new/jira": {**jira, "once": "some-page"},
        f"/vault/{house.secret}/edit": {**jira, "name": "Changed", "version": head(house, "version")},
        f"/vault/{house.secret}/sharing": {**wishes, "add": "eve@example.org", "add-level": "viewer"},
    }


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_bytes_in_any_field_break_nothing(house: House, odd: bytes) -> None:
    anna = house.desk(house.anna)
    for path, form in forms(house).items():
        for name in form:
            before = state(house.world)
            answer = sends(anna, path, encoded(form, **{name: odd}))
            allowed = {303, 400, 409, 422} if name != "csrf_token" else {400}
            assert answer.status_code in allowed, (path, name)
            if answer.status_code != 303:
                assert state(house.world) == before, (path, name)
    sends(anna, "/language", encoded({"language": "en"}))


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_bytes_in_addresses_break_nothing(house: House, odd: bytes) -> None:
    anna, text = house.desk(house.anna), odd.decode("latin-1")
    for path in (f"/vault/new/{text}", f"/vault/{house.secret}/fields/{text}/reveal", f"/vault/{text}",
                 f"/setup/{text}", f"/groups/{text}", f"/static/{text}"):  # fmt: skip
        assert anna.get(path).status_code in (404, 405), path
    for query in ("q", "type", "filter", "sort", "page", "done"):
        assert anna.get(f"/vault?{query}={text}").status_code == 200
    for query in ("older", "newer"):
        assert anna.get(f"/vault/{house.secret}/compare?older=1&newer=1&{query}={text}").status_code == 200
    assert anna.get(f"/login?next={text}").status_code == 303
    assert anna.post(f"/vault/{house.secret}/fields/{text}/reveal").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=999999", "page=1e9", "page=٣", "page=99999999999999999999", "sort=size", "filter=all",
     "type=nothing", "q=" + "x" * 5000, "q=a&q=b", "page=1&page=2", "unknown=1", "q=%25", "q=*", "done=nothing",
     "done=__class__"],
)  # fmt: skip
def test_what_makes_no_sense_in_the_overviews_address_counts_as_not_asked(house: House, query: str) -> None:
    assert house.desk(house.anna).get(f"/vault?{query}").status_code == 200
    assert house.desk(house.anna).get(f"/vault/trash?{query}").status_code == 200


@pytest.mark.parametrize("query", ["older=1&newer=2", "older=0&newer=1", "older=1&newer=-1", "older=1&newer=999999"])
def test_versions_that_never_were_are_not_compared(house: House, query: str) -> None:
    answer = house.desk(house.anna).get(f"/vault/{house.secret}/compare?{query}")
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    "spelled", ["{upper}", "{braces}", "urn:uuid:{plain}", "{hex}", "{plain}0", "1", "None", "../{plain}"]
)
def test_an_id_has_one_spelling_or_leads_nowhere(house: House, spelled: str) -> None:
    plain = str(house.secret)
    path = spelled.format(upper=plain.upper(), braces="{" + plain + "}", plain=plain, hex=house.secret.hex)
    assert house.desk(house.eve).get(f"/vault/{path}").status_code == 404
    assert house.desk(house.anna).get(f"/vault/{path}").status_code == (200 if spelled == "{upper}" else 404)


def test_every_form_refuses_an_unexpected_or_repeated_field(house: House) -> None:
    anna = house.desk(house.anna)
    more = {f"/vault/{house.secret}/delete": {}, f"/vault/{house.secret}/fields/token/reveal": {}, "/logout": {}}
    before = state(house.world)
    for path, form in {**forms(house), **more}.items():
        answer = sends(anna, path, encoded({**form, "is_admin": "1"}))
        assert (answer.status_code, "is_admin" in answer.text) == (422, True), path
        for name in form:
            twice = encoded(form) + b"&" + name.encode() + b"=again"
            assert sends(anna, path, twice).status_code == 422, (path, name)
    assert state(house.world) == before


def test_a_form_with_two_tokens_does_nothing_of_its_own(house: House) -> None:
    anna = house.desk(house.anna)
    assert sends(anna, "/language", b"language=en&csrf_token=wrong").status_code == 400


def test_a_missing_field_counts_as_its_default_or_is_asked_for(house: House) -> None:
    anna = house.desk(house.anna)
    jira = forms(house)["/vault/new/jira"]
    for name, status in {"name": 303, "email": 422, "token": 422, "site": 303, "once": 303}.items():
        form = {key: value for key, value in {**jira, "once": ""}.items() if key != name}
        assert sends(anna, "/vault/new/jira", encoded(form)).status_code == status, name
    for path in ("/login", "/confirm", "/language", f"/vault/{house.secret}/edit", f"/vault/{house.secret}/sharing"):
        assert sends(anna, path, b"").status_code == 422, path


@pytest.mark.parametrize("name", ["name", "email", "site"])
def test_what_is_too_long_is_named_and_everything_public_is_kept(house: House, name: str) -> None:
    anna, before = house.desk(house.anna), state(house.world)
    form = {**forms(house)["/vault/new/jira"], name: "https://a" + "b" * 30_000}
    answer = sends(anna, "/vault/new/jira", encoded(form))
    assert answer.status_code == 422
    assert f'href="#f-{name}"' in answer.text
    for kept in ("name", "email", "site"):
        assert f'value="{form[kept]}"' in answer.text
    assert form["token"] not in answer.text
    assert state(house.world) == before


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_above_its_limit_is_refused_whole(house: House, kind: str) -> None:
    anna = house.desk(house.anna)
    before = state(house.world)
    for path, form in forms(house).items():
        for name in form:
            large = {**form, name: "x" * (2**20 + 1), "csrf_token": anna.token()}
            headers = {"Sec-Fetch-Site": "same-origin"}
            answer = anna.http.post(path, base_url=anna.site, data=large, content_type=kind, headers=headers)
            assert answer.status_code == 413, (path, name)
            assert "larger than this form takes" in answer.text
    assert state(house.world) == before


def test_a_form_of_many_thousand_fields_is_refused(house: House) -> None:
    anna, before = house.desk(house.anna), state(house.world)
    many = b"&".join(b"level-%d=owner" % number for number in range(20_000))
    for path in forms(house):
        assert sends(anna, path, many).status_code == 422, path
    headers = {"Sec-Fetch-Site": "same-origin"}
    parts = {f"f{number}": "1" for number in range(2000)} | {"csrf_token": anna.token()}
    sent = anna.http.post(
        "/vault/new/jira", base_url=anna.site, data=parts, content_type="multipart/form-data", headers=headers
    )
    assert sent.status_code in (413, 422)
    assert state(house.world) == before


def test_a_file_instead_of_a_text_is_not_taken(house: House) -> None:
    anna, before = house.desk(house.anna), state(house.world)
    parts = {"name": (io.BytesIO(b"x"), "name.txt"), "email": "a@example.org", "token": "t", "csrf_token": anna.token()}
    headers = {"Sec-Fetch-Site": "same-origin"}
    sent = anna.http.post("/vault/new/jira", base_url=anna.site, data=parts, headers=headers)
    assert sent.status_code == 422
    assert state(house.world) == before


LEVELS = ["admin", "Owner", "OWNER", "viewer ", "", "0", "none\0", "[]"]


@pytest.mark.parametrize("level", LEVELS)
def test_an_unknown_level_shares_nothing(house: House, level: str) -> None:
    anna, before = house.desk(house.anna), state(house.world)
    path, base = f"/vault/{house.secret}/sharing", {"revision": head(house, "revision"), "shown-groups": ""}
    assert anna.post(path, **base, **{f"level-{house.ben.id}": level}).status_code == 422
    assert anna.post(path, **base, add="eve@example.org", **{"add-level": level}).status_code == 422
    assert state(house.world) == before


@pytest.mark.parametrize(
    "form",
    [
        {"level-": "viewer"},
        {"level-x": "viewer"},
        {"level-{unknown}": "owner"},
        {"level-{BEN}": "owner"},
        {"level-{ben_hex}": "owner"},
        {"level-{anna}": "none"},
        {"until-{ben}": "tomorrow"},
        {"until-{ben}": "2001-01-01"},
        {"until-{ben}": "9999-12-31"},
        {"until-{ben}": "0000-00-00"},
        {"until-{ben}": "2027-1-1"},
        {"shown-groups": "{unknown}", "group-{unknown}": "on"},
        {"group-{unknown}": "on"},
        {"shown-groups": "x,y"},
        {"shown-groups": ",,"},
        {"revision": "-1"},
        {"revision": "1.0"},
        {"revision": "٣"},
        {"revision": "9" * 30},
        {"add": "nobody@example.org"},
        {"add": "Anna <anna@example.org>"},
        {"add": "anna@example.org"},
        {"add": "x" * 10_000},
        {"add": "eve@example.org\nBcc: ben@example.org"},
    ],
    ids=repr,
)
def test_sharing_that_the_page_cannot_have_sent_changes_nothing(house: House, form: dict[str, str]) -> None:
    anna, before = house.desk(house.anna), state(house.world)
    ids = {
        "ben": house.ben.id, "BEN": str(house.ben.id).upper(), "ben_hex": house.ben.id.hex, "anna": house.anna.id,
        "unknown": uuid4(),
    }  # fmt: skip
    sent = {
        "revision": head(house, "revision"),
        "shown-groups": "",
        **{name.format(**ids): value.format(**ids) for name, value in form.items()},
    }
    answer = anna.post(f"/vault/{house.secret}/sharing", **sent)
    accepted = form in ({"shown-groups": ",,"}, {"until-{ben}": "9999-12-31"})
    assert answer.status_code in ((303, 422) if accepted else (422,))
    if answer.status_code == 422:
        assert state(house.world) == before


@pytest.mark.parametrize("version", ["0", "+1", "99", "999999999"])
def test_a_version_that_never_was_counts_as_stale_and_nothing_is_lost(house: House, version: str) -> None:
    anna, before = house.desk(house.anna), state(house.world)
    present = head(house, "version")
    number = str(int(present) + 1) if version == "+1" else version
    form = {**forms(house)[f"/vault/{house.secret}/edit"], "name": "Typed meanwhile", "version": number}
    answer = anna.post(f"/vault/{house.secret}/edit", **form)
    assert answer.status_code == 409
    assert 'value="Typed meanwhile"' in answer.text
    assert re.findall(r'<input[^>]* name="version"[^>]* value="(\d+)"', answer.text) == [present]
    assert state(house.world) == before


@pytest.mark.parametrize("version", ["", "x", "-1", "1.5", "٣", "9" * 40, "1 "])
def test_a_version_that_is_no_number_is_refused(house: House, version: str) -> None:
    anna, before = house.desk(house.anna), state(house.world)
    form = {**forms(house)[f"/vault/{house.secret}/edit"], "version": version}
    assert anna.post(f"/vault/{house.secret}/edit", **form).status_code == 422
    assert state(house.world) == before


def test_a_stale_edit_shows_both_and_stores_when_sent_again(world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_login(), owner=anna)
    client = world.client(anna)
    form = {name: str(value) for name, value in to_plain(a_login()).items()}
    path = f"/vault/{secret}/edit"
    assert client.post(path, **{**form, "username": "theirs", "password": "", "version": "1"}).status_code == 303
    mine = {**form, "username": "mine", "password": "typed-secret-9", "version": "1"}
    answer = client.post(path, **mine)
    assert (answer.status_code, "theirs" in answer.text, 'value="mine"' in answer.text) == (409, True, True)
    assert "typed-secret-9" not in answer.text
    assert client.post(path, **{**mine, "version": "2"}).status_code == 303
    assert client.post(f"/vault/{secret}/fields/password/copy").text == "typed-secret-9"


def test_stale_sharing_keeps_what_was_chosen(world: World) -> None:
    anna, ben, _eve = (world.person(name) for name in ("anna", "ben", "eve"))
    secret = world.keep(a_jira(), owner=anna)
    world.share(secret, owner=anna, to=ben)
    client, before = world.client(anna), world.rows("access")
    level = f"level-{ben.id}"
    stale = {"revision": "1", "shown-groups": "", "add": "eve@example.org", "add-level": "editor", level: "owner"}
    answer = client.post(f"/vault/{secret}/sharing", **stale)
    assert answer.status_code == 409
    assert "You changed this yourself meanwhile" in answer.text
    assert 'value="eve@example.org"' in answer.text
    assert 'name="revision" value="2"' in answer.text
    assert world.rows("access") == before
    assert client.post(f"/vault/{secret}/sharing", **{**stale, "revision": "2"}).status_code == 303


def test_stale_members_keep_what_was_chosen(world: World) -> None:
    team = world.group("Team").id
    anna, ben = world.person("anna", groups={team: "admin"}), world.person("ben", groups={team: "member"})
    world.person("eve")
    client, before = world.client(anna), world.rows("membership")
    stale = {"revision": "1", "add": "eve@example.org", "add-level": "admin", f"level-{ben.id}": "none"}
    answer = client.post(f"/groups/{team}/members", **stale)
    assert answer.status_code == 409
    assert 'value="eve@example.org"' in answer.text
    assert world.rows("membership") == before


MEMBERS = [
    {"level-{ben}": "owner"}, {"level-x": "member"}, {"level-{unknown}": "admin"}, {"level-{anna}": "member"},
    {"level-{anna}": "none"}, {"add-level": "none", "add": "eve@example.org"}, {"add": "nobody@example.org"},
    {"publications-{ben}": "burn", "level-{ben}": "none"}, {"revision": "x"}, {"name": "Other"},
]  # fmt: skip


@pytest.mark.parametrize("form", MEMBERS, ids=repr)
def test_members_that_the_page_cannot_have_sent_change_nothing(world: World, form: dict[str, str]) -> None:
    team = world.group("Team").id
    anna, ben = world.person("anna", groups={team: "admin"}), world.person("ben", groups={team: "member"})
    world.person("eve")
    ids = {"anna": anna.id, "ben": ben.id, "unknown": uuid4()}
    revision = str(next(row["revision"] for row in world.rows("group") if row["name"] == "Team"))
    # a change that would do comes with the one that will not: both or nothing
    sent = {"revision": revision, f"level-{ben.id}": "admin" if "{ben}" not in repr(form) else "member"}
    sent |= {name.format(**ids): value for name, value in form.items()}
    before = state(world)
    if form == {"level-{anna}": "member"}:
        sent[f"level-{ben.id}"] = "member"
    if form == {"level-{anna}": "none"}:
        sent[f"level-{ben.id}"] = "none"
    assert world.client(anna).post(f"/groups/{team}/members", **sent).status_code == 422
    assert state(world) == before

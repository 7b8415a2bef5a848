"""Texts that people enter are shown as texts: no mark-up of theirs is in any page, in any place."""

from __future__ import annotations

import re
from html import unescape

from app.credentials.types.note import Note
from tests.builders import PASSWORD, World, a_jira, a_login
from tests.web.conftest import House

EVIL = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}&lt;b&gt;"
SHORT = "<b onclick=x>\"'>{{7*7}}"
RAW = re.compile(r"<img src=x|<script>|<b onclick|onerror=alert\(1\)>\"|=\"[^\"<>]*\" ?onclick", re.IGNORECASE)
INSIDE = re.compile(r'=["\'][^"\']*<(?:b|img|script)')


def shows_text_only(page: str, *texts: str) -> None:
    """Fail if mark-up of ours came through, or if the text is not there as it was typed."""
    assert not RAW.findall(page)
    assert not INSIDE.findall(page)
    assert "49" not in re.sub(r"<[^>]*>", " ", page).split()
    for text in texts:
        assert text in unescape(page), text


def test_no_field_of_a_secret_is_markup_in_any_page(world: World) -> None:
    team = world.group(SHORT + "group").id
    anna = world.person("anna", groups={team: "admin"})
    ben = world.person("ben", groups={team: "admin"})
    secrets = [
        world.keep(a_jira(name=EVIL + "1"), owner=anna),
        world.keep(a_login(name=EVIL + "2", username=EVIL, password=EVIL, notes=EVIL), owner=anna),
        world.keep(Note(name=EVIL + "3", text=EVIL), owner=anna),
    ]
    for secret in secrets:
        world.share(secret, owner=anna, to=ben, level="editor")
        world.publish(secret, owner=anna, group=team)
    client = world.client(anna)
    shows_text_only(client.get("/vault").text, EVIL + "1", EVIL + "2", EVIL + "3", SHORT + "group")
    shows_text_only(client.get(f"/groups/{team}").text, EVIL + "1", SHORT + "group")
    shows_text_only(client.get(f"/groups/{team}/members").text, EVIL + "2")
    for secret in secrets:
        for page in ("", "/edit", "/sharing", "/delete", "/history"):
            shows_text_only(client.get(f"/vault/{secret}{page}").text, EVIL)
        shows_text_only(client.get(f"/groups/{team}/publications/{secret}/withdraw").text, EVIL)
        shows_text_only(world.client(ben).get(f"/vault/{secret}").text, EVIL)
        client.post(f"/vault/{secret}/delete")
        shows_text_only(client.get(f"/vault/{secret}/purge").text, EVIL)
    shows_text_only(client.get("/vault/trash").text, EVIL + "1", EVIL + "3")


def test_a_revealed_value_is_text(world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_login(password=EVIL), owner=anna)
    client = world.client(anna)
    shows_text_only(client.post(f"/vault/{secret}/fields/password/reveal").text, EVIL)
    copied = client.post(f"/vault/{secret}/fields/password/copy")
    assert (copied.text, copied.mimetype) == (EVIL, "text/plain")


def test_names_of_people_and_groups_are_text(world: World) -> None:
    with world.unit():
        made = world.users.create(
            "tests", email="eve@example.org", first_name=SHORT, last_name=SHORT, password=PASSWORD
        )
        team = world.groups.create("tests", name=SHORT, description=EVIL).id
    eve, anna = world.joins(world.subject(made.id), team, admin=True), world.person("anna", groups={team: "member"})
    secret = world.keep(a_jira(), owner=eve)
    world.share(secret, owner=eve, to=anna, level="owner")
    world.publish(secret, owner=eve, group=team)
    client = world.client(anna)
    for path in (
        "/vault",
        f"/vault/{secret}",
        f"/vault/{secret}/sharing",
        f"/vault/{secret}/history",
        f"/groups/{team}",
    ):
        shows_text_only(client.get(path).text, SHORT)
    shows_text_only(client.get("/groups").text, SHORT, EVIL)
    theirs = world.client()
    theirs.post("/login", email="eve@example.org", password=PASSWORD)
    shows_text_only(theirs.get("/vault").text, SHORT)
    shows_text_only(theirs.get(f"/groups/{team}/members").text, SHORT)
    shows_text_only(theirs.get("/account").text, SHORT)


def test_what_is_searched_for_or_wrong_is_text(house: House) -> None:
    anna = house.client(house.anna)
    for path in (
        "/vault?q=",
        "/vault?type=",
        "/vault?filter=",
        "/vault?sort=",
        "/vault?done=",
        "/nothing/",
        "/vault/new/",
    ):
        shows_text_only(anna.get(path + EVIL.replace("&", "%26")).text)
    shows_text_only(anna.get("/vault", query_string={"q": EVIL}).text, EVIL)
    nobody = house.client()
    shows_text_only(nobody.get("/login", query_string={"next": EVIL}).text)
    shows_text_only(nobody.post("/login", email=EVIL, password="x", next=EVIL).text, EVIL)
    shows_text_only(anna.post("/vault/new/jira", name=EVIL, email=EVIL, token=EVIL, site=EVIL, once=EVIL).text, EVIL)
    shows_text_only(anna.post("/vault/new/jira", **{EVIL: "x"}).text)
    sharing = f"/vault/{house.secret}/sharing"
    shows_text_only(anna.post(sharing, revision="2", add=EVIL, **{"shown-groups": ""}).text, EVIL)
    shows_text_only(anna.post(sharing, **{f"level-{EVIL}": EVIL}).text)
    shows_text_only(anna.post("/language", language=EVIL).text)
    form = {"name": EVIL, "email": EVIL, EVIL: EVIL}
    sent = anna.http.post("/vault/new/jira", base_url=anna.site, data=form, headers={"Sec-Fetch-Site": "same-origin"})
    shows_text_only(sent.text, EVIL)


def test_a_search_marks_the_hit_and_nothing_else(world: World) -> None:
    anna = world.person("anna")
    world.keep(a_jira(name='a <b>bold</b> & "quoted" name'), owner=anna)
    client = world.client(anna)
    for query in ("<b>", "bold", "&", '"', "b>bold", 'a <b>bold</b> & "quoted" name', "amp", "lt;"):
        page = client.get("/vault", query_string={"q": query}).text
        assert "<b>bold" not in page.replace("<mark>", "").replace("</mark>", "")
        marked = [unescape(each) for each in re.findall(r"<mark>(.*?)</mark>", page)]
        words = query.split()
        assert marked[: len(words)] == ([] if query == "lt;" else words), query


def test_a_stale_edit_shows_both_texts_as_texts(world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_login(), owner=anna)
    client, form = world.client(anna), {"website": "https://travel.example.org", "password": ""}
    client.post(f"/vault/{secret}/edit", **form, name=EVIL + "theirs", username=EVIL, notes=EVIL, version="1")
    answer = client.post(f"/vault/{secret}/edit", **form, name=EVIL + "mine", username="x", notes="", version="1")
    assert answer.status_code == 409
    shows_text_only(answer.text, EVIL + "theirs", EVIL + "mine")


def test_an_address_that_runs_script_is_no_link(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    for website in (
        "javascript:alert(1)",
        "data:text/html,x",
        " javascript:alert(1)",
        "JaVaScRiPt://x%0aalert(1)",
        "vbscript:x",
    ):
        answer = client.post("/vault/new/login", name="x", website=website, username="u", password="p")
        assert answer.status_code == 422, website
        assert f'href="{website.strip()}' not in answer.text

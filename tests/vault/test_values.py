"""Single values over HTTP: revealed in a row or as text, made by a field's rule, and which fields are asked for."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.credentials import Credentials, Generator, credential_type
from app.credentials import field as declared
from app.credentials.values import to_plain, validate
from app.errors import Forbidden
from app.generator.words import words_of
from app.subject import Subject
from tests.builders import Client, a_login, build_world
from tests.credentials.declared import FILLED, Everything
from tests.vault.conftest import Town

VALUE = "marked-value-7741"
PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": "/vault"}
MADE = re.compile(r'<output id="g-\w+-made">([^<]*)</output>')


@credential_type("gate", title="Gate", description="A code that is typed at a door.", logo="key")
class Gate(Credentials):
    name: str = declared("Name")
    code: str = declared(
        "Code",
        style="secret",
        maximum=8,
        generate=Generator(kinds=("characters",), length=6, shortest=4, longest=8, sets=("digits",)),
    )


@pytest.fixture(scope="module")
def town(town_url: tuple[str, Path]) -> Iterator[Town]:
    url, folder = town_url
    world = build_world(folder, {"TRESOR_DATABASE_URL": url}, types=[Everything, Gate])
    yield Town(**vars(world))
    world.cfg.unit.engine.dispose()


@pytest.fixture(scope="module")
def anna(town: Town) -> Subject:
    return town.person("anna")


@pytest.fixture(scope="module")
def browser(town: Town, anna: Subject) -> Client:
    return town.client(anna)


@pytest.fixture(scope="module")
def secret(town: Town, anna: Subject) -> UUID:
    return town.keep(a_login(password=VALUE), owner=anna)


def a_field(secret: UUID, what: str) -> str:
    return f"/vault/{secret}/fields/password/{what}"


def told(town: Town, secret: UUID) -> list[str]:
    return [action for action, _by in town.told(secret)]


# ── reveal ──


def test_a_row_gets_its_value_alone_with_the_accounts_time(town: Town, browser: Client, secret: UUID) -> None:
    answer = browser.post(a_field(secret, "reveal"), headers=PART)
    assert answer.status_code == 200
    assert f"<code>{VALUE}</code>" in answer.text
    assert 'data-seconds="10"' in answer.text
    assert "<dt>" not in answer.text
    assert "Refresh" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert told(town, secret)[-1] == "secret.reveal"


def test_an_input_gets_its_value_as_text_and_that_is_recorded_as_a_reveal(
    town: Town, browser: Client, secret: UUID
) -> None:
    before = told(town, secret).count("secret.reveal")
    answer = browser.post(a_field(secret, "reveal"), headers={"Accept": "text/plain"})
    assert (answer.text, answer.mimetype, answer.headers["Cache-Control"]) == (VALUE, "text/plain", "no-store")
    assert told(town, secret).count("secret.reveal") == before + 1


@pytest.mark.parametrize("headers", [PART, {"Accept": "text/plain"}])
def test_a_stranger_is_refused_a_value_in_every_form(town: Town, secret: UUID, headers: dict[str, str]) -> None:
    eve = town.client(town.person("eve"))
    for what in ("reveal", "copy"):
        answer = eve.post(a_field(secret, what), headers=headers)
        assert answer.status_code == 404
        assert VALUE not in answer.text


def test_a_page_without_script_goes_back_to_hidden_by_itself(browser: Client, secret: UUID) -> None:
    answer = browser.post(a_field(secret, "reveal"))
    assert VALUE in answer.text
    assert answer.headers["Refresh"] == f"10; url=/vault/{secret}"


# ── forms ──


def test_an_edit_form_says_where_values_come_from_and_holds_none(browser: Client, secret: UUID) -> None:
    page = browser.get(f"/vault/{secret}/edit").text
    assert VALUE not in page
    assert f'data-stored="{a_field(secret, "reveal")}" data-seconds="10"' in page
    assert f'data-copy-stored="{a_field(secret, "copy")}"' in page
    assert f'action="{a_field(secret, "generate")}"' in page


def test_a_new_form_offers_what_its_declaration_says(browser: Client) -> None:
    assert 'action="/vault/new/login/fields/password/generate"' in browser.get("/vault/new/login").text
    for kind in ("api_key", "jira", "note"):
        page = browser.get(f"/vault/new/{kind}").text
        assert "generate" not in page
        assert "data-stored" not in page
        assert "data-copy-stored" not in page


def test_a_stored_value_that_is_empty_is_not_offered(town: Town, anna: Subject, browser: Client) -> None:
    kept = town.keep(validate(Everything, FILLED), owner=anna)
    assert re.findall(r'data-stored="[^"]*/fields/(\w+)/reveal"', browser.get(f"/vault/{kept}/edit").text) == [
        "password"
    ]


def test_no_secret_input_is_one_that_browsers_fill_with_a_sign_in(browser: Client, secret: UUID) -> None:
    for path in ("/vault/new/login", f"/vault/{secret}/edit"):
        [shown] = re.findall(r'<input[^>]*name="password"[^>]*>', browser.get(path).text)
        assert 'type="text"' in shown
        assert 'autocomplete="off"' in shown
        assert 'spellcheck="false"' in shown
        assert 'value=""' in shown


def test_saving_the_value_that_was_shown_stores_no_version(town: Town, browser: Client, secret: UUID) -> None:
    values = {name: value for name, value in to_plain(a_login(password=VALUE)).items() if value is not None}
    answer = browser.post(f"/vault/{secret}/edit", **values, version="1")
    assert (answer.status_code, town.head(secret).version) == (303, 1)


# ── the generator ──


def made(page: str) -> str:
    found = MADE.search(page)
    assert found, page
    return html.unescape(found[1])


def test_a_panel_has_a_new_value_at_each_request_and_is_kept_by_nobody(browser: Client) -> None:
    answers = [browser.get("/vault/new/login/fields/password/generate", headers=PART) for _time in range(3)]
    assert len({made(answer.text) for answer in answers}) == 3
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert "<html" not in answers[0].text
    assert "Strong" in answers[0].text


def test_making_a_value_changes_and_records_nothing(town: Town, browser: Client, secret: UUID) -> None:
    before = len(town.events()), town.head(secret).revision
    for path in ("/vault/new/login/fields/password/generate", a_field(secret, "generate")):
        assert browser.get(path).status_code == 200
    assert (len(town.events()), town.head(secret).revision) == before


def test_a_made_value_is_not_logged(
    browser: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(0):
        value = made(browser.get("/vault/new/login/fields/password/generate").text)
    assert value not in caplog.text + "".join(capfd.readouterr())


def test_the_panel_makes_what_was_chosen(browser: Client) -> None:
    query = "?kind=characters&length=31&sets=digits&sets=upper"
    value = made(browser.get(f"/vault/new/login/fields/password/generate{query}").text)
    assert re.fullmatch("[A-Z2-9]{31}", value)
    query = "?kind=words&words=6&separator=.&language=de"
    words = made(browser.get(f"/vault/new/login/fields/password/generate{query}").text).split(".")
    assert len(words) == 6
    assert set(words) <= set(words_of("de"))


@pytest.mark.parametrize("language", ["en", "de"])
def test_words_are_in_the_readers_language(town: Town, language: str) -> None:
    reader = town.client(town.person("reader"))
    reader.post("/language", language=language)
    page = reader.get("/vault/new/login/fields/password/generate").text
    words = {part.lower() for part in made(page).split("-") if not part.isdigit()}
    assert words <= set(words_of(language))
    assert f'<option value="{language}" lang="{language}" selected>' in page


def test_a_rule_of_a_type_decides_what_its_form_makes(browser: Client) -> None:
    page = browser.get("/vault/new/gate/fields/code/generate?kind=words&length=99&sets=lower").text
    assert re.fullmatch("[2-9]{8}", made(page))
    assert 'name="words"' not in page
    assert "Weak" in page


@pytest.mark.parametrize("query", ["?length=" + "9" * 500, "?kind=\0&words=-1&separator=%3Cb%3E&sets=x&language=xx"])
def test_a_nonsense_choice_is_the_usual_one(browser: Client, query: str) -> None:
    answer = browser.get("/vault/new/login/fields/password/generate" + query)
    assert answer.status_code == 200
    assert len(made(answer.text).split("-")) >= 5
    assert "<b>" not in answer.text


def test_who_may_not_change_a_secret_makes_nothing_for_it(town: Town, anna: Subject, secret: UUID) -> None:
    ben = town.person("ben")
    eve = town.client(town.person("eve"))
    town.share(secret, owner=anna, to=ben)
    viewer = town.client(ben)
    for browser, status in ((eve, 404), (viewer, Forbidden.status)):
        answer = browser.get(a_field(secret, "generate"), headers=PART)
        assert answer.status_code == status
        assert not MADE.search(answer.text)
        assert "Travel" not in answer.text


# ── which fields are asked for ──


def asked(answer_json: object) -> set[str]:
    assert isinstance(answer_json, dict)
    return set(answer_json["shown"])


def test_the_server_says_which_fields_are_asked_for(town: Town, anna: Subject, browser: Client) -> None:
    kept = town.keep(validate(Everything, FILLED), owner=anna)
    for path in ("/vault/new/everything/shown", f"/vault/{kept}/shown"):
        on = asked(browser.post(path, strict="y", mode="active").json)
        off = asked(browser.post(path, mode="active").json)
        assert off - on == {"proxy", "speed"}
        assert asked(browser.post(path, mode="nonsense").json) == off - {"speed"}


@pytest.mark.parametrize("name", ["password", "passphrase", "private", "name", "host", "nothing"])
def test_no_value_but_the_deciding_ones_is_taken(browser: Client, name: str) -> None:
    answer = browser.post("/vault/new/everything/shown", **{name: VALUE, "mode": "active"})
    assert answer.status_code == 422
    assert VALUE not in answer.text


def test_asking_judges_and_stores_nothing(town: Town, browser: Client) -> None:
    before = len(town.events()), town.rows("secret"), town.rows("version")
    assert browser.post("/vault/new/everything/shown", strict="y", mode="").status_code == 200
    assert (len(town.events()), town.rows("secret"), town.rows("version")) == before


def test_who_may_not_see_a_secret_is_not_told_what_its_form_asks(town: Town, secret: UUID) -> None:
    eve = town.client(town.person("eve"))
    answer = eve.post(f"/vault/{secret}/shown")
    assert answer.status_code == 404
    assert "username" not in answer.text


def test_a_form_marks_what_is_not_asked_for_and_says_when_it_is(browser: Client) -> None:
    page = browser.get("/vault/new/everything").text
    marked = re.findall(r'<div class="field( off)?" data-field="(\w+)"', page)
    assert marked == [(" off", "proxy"), (" off", "speed")]
    assert "Only used if Strict is: not ticked." in page
    assert 'data-shown-url="/vault/new/everything/shown"' in page
    refused = browser.post("/vault/new/everything", name="", mode="active", proxy="", password=VALUE)
    assert refused.status_code == 422
    assert re.findall(r'<div class="([^"]*)" data-field="(\w+)"', refused.text) == [
        ("field bad", "proxy"),
        ("field bad", "speed"),
    ]
    assert VALUE not in refused.text

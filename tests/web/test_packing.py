"""What is sent compressed, and what never is."""

from __future__ import annotations

import gzip
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.web.packing import SCRIPT, SCRIPTS, SHEET, SHEETS, pack
from tests.services import ROOT
from tests.web.conftest import House

TOKEN = b"ImY5Nz-token_0815.ZwYb.kQ"
TAKES = {"Accept-Encoding": "gzip, deflate, br"}


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=5))
def test_what_is_packed_comes_out_as_it_was(pieces: list[bytes]) -> None:
    body = TOKEN.join(pieces)
    for sent in (pack(body), pack(body, apart=TOKEN)):
        unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
        assert (unpacking.decompress(sent), unpacking.eof, unpacking.unused_data) == (body, True, b"")


def test_the_token_stands_in_what_is_packed_as_it_is_every_time() -> None:
    body = b"<input value='" + TOKEN + b"'>" * 40 + TOKEN + b"<p>" + TOKEN
    assert pack(body, apart=TOKEN).count(TOKEN) == 3
    assert pack(body).count(TOKEN) < 3


def test_a_guess_at_the_token_changes_no_length() -> None:
    guesses = {TOKEN[:12] + b"Qx7", TOKEN[:4] + b"Zq1-woken_Jk", b"Vb3kWq9-Lm_2Tz8"}
    plain = {len(zlib.compress(guess[:15].ljust(15, b"~") + b"<i>" + TOKEN)) for guess in guesses}
    apart = {len(pack(guess[:15].ljust(15, b"~") + b"<i>" + TOKEN, apart=TOKEN)) for guess in guesses}
    assert len(plain) > 1  # which is what an attacker would measure
    alone = {len(pack(guess[:15].ljust(15, b"~") + b"<i>")) - len(pack(b"<i>")) for guess in guesses}
    assert len(apart) == len(alone)


def opened(answer: TestResponse) -> str:
    assert answer.headers["Content-Encoding"] == "gzip"
    return gzip.decompress(answer.data).decode()


def test_the_overview_is_packed_around_its_token(house: House) -> None:
    anna = house.client(house.anna)
    answer = anna.get("/vault", headers=TAKES)
    page = opened(answer)
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    assert page.count(token) > 1
    assert answer.data.count(token.encode()) == page.count(token)
    assert "Accept-Encoding" in answer.vary
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(page) / 2
    assert "Content-Encoding" not in anna.get("/vault").headers
    assert "Content-Encoding" not in anna.get("/vault", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_no_answer_with_a_value_or_another_form_is_packed(house: House) -> None:
    anna = house.client(house.anna)
    answers = [
        anna.post(f"/vault/{house.secret}/fields/token/reveal", headers=TAKES),
        anna.post(f"/vault/{house.secret}/fields/token/copy", headers=TAKES),
        anna.get(f"/vault/{house.secret}", headers=TAKES),
        anna.get(f"/vault/{house.secret}/edit", headers=TAKES),
        anna.get("/confirm", headers=TAKES),
        house.client().get("/login", headers=TAKES),
    ]
    assert [(answer.status_code, answer.headers.get("Content-Encoding")) for answer in answers] == [(200, None)] * 6


@pytest.mark.parametrize("path", ["css/tresor.css", "js/keys.js", SCRIPT, SHEET])
def test_styles_and_scripts_are_packed_and_asked_for_again_by_their_mark(house: House, path: str) -> None:
    nobody = house.client()
    plain, packed = nobody.get(f"/static/{path}?v=1"), nobody.get(f"/static/{path}?v=1", headers=TAKES)
    assert opened(packed) == plain.text
    assert plain.mimetype == packed.mimetype
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.vary
        assert "immutable" in answer.headers["Cache-Control"]
    again = nobody.get(f"/static/{path}?v=1", headers={**TAKES, "If-None-Match": packed.headers["ETag"]})
    part = nobody.get(f"/static/{path}?v=1", headers={**TAKES, "Range": "bytes=0-9"})
    assert (again.status_code, again.data) == (304, b"")
    assert (part.status_code, part.data) == (206, plain.data[:10])


def test_the_page_has_all_scripts_in_one_file_without_what_only_writers_read(house: House) -> None:
    page = house.client(house.anna).get("/vault").text
    script = house.client().get(f"/static/{SCRIPT}").text
    assert page.count("<script") == page.count(f'src="/static/{SCRIPT}?v=') == 1
    assert without_space(script) == without_space("".join(map(code, SCRIPTS)))


def test_the_page_has_all_style_sheets_in_one_file_without_what_only_writers_read(house: House) -> None:
    page = house.client(house.anna).get("/vault").text
    sheet = house.client().get(f"/static/{SHEET}").text
    assert page.count("stylesheet") == page.count(f'href="/static/{SHEET}?v=') == 1
    whole = "".join((ROOT / "static" / name).read_text("utf-8") for name in SHEETS)
    ours = re.sub(r"/\*[^!].*?\*/", "", whole, flags=re.DOTALL)
    assert without_space(sheet).replace(";}", "}") == without_space(ours).replace(";}", "}")
    assert sheet.startswith('@charset "UTF-8";/*!\n * Pico CSS')


def code(name: str) -> str:
    """Return a script without the lines that are comments."""
    lines = (ROOT / "static" / name).read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("//"))


def without_space(text: str) -> str:
    return "".join(text.split())

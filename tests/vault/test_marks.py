"""What a search found is marked: exactly where the comparison found it, and as text."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.credentials.types.note import Note
from app.vault.listing import Wanted, parts
from app.vault.shelves import normalised
from tests.builders import World, a_login

LETTERS = st.text(alphabet='aAbßẞİıſﬁéÅ\u0301\u0308\u0345ΣςǅŉÉ ­한<&"', max_size=12) | st.text(max_size=12)


def marked(text: str, query: str) -> str:
    return "".join(f"[{piece}]" if hit else piece for piece, hit in parts(text, Wanted(query=query).words))


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Jira – product board", "jira", "[Jira] – product board"),
        ("Jira of Jira", "JIRA", "[Jira] of [Jira]"),
        ("Hausratversicherung", "rat haus", "[Hausrat]versicherung"),
        ("Lohnbüro", "buro", "Lohn[büro]"),
        ("Lohnbu\u0308ro", "bü", "Lohn[bu\u0308]ro"),
        ("Straße 7", "strasse", "[Straße] 7"),
        ("Straße 7", "s 7", "[S]tra[ß]e [7]"),
        ("STRASSE", "straße", "[STRASSE]"),
        ("İstanbul", "istanbul", "[İstanbul]"),
        ("İİstanbul", "stan", "İİ[stan]bul"),
        ("ﬁle server", "file", "[ﬁle] server"),
        ("e\u0301e\u0301", "e", "[e\u0301e\u0301]"),
        ("aaaa", "aa", "[aaaa]"),
        ("a & b <c>", "& <", "a [&] b [<]c>"),
        ("nothing of it", "jria", "nothing of it"),
        ("all of it", "", "all of it"),
        ("", "x", ""),
    ],
)
def test_a_search_marks_every_place_of_every_word(text: str, query: str, expected: str) -> None:
    assert marked(text, query) == expected


@given(LETTERS)
def test_letters_are_compared_one_by_one_as_the_whole_text_is(text: str) -> None:
    assert normalised(text) == "".join(normalised(each) for each in text)


@given(LETTERS, LETTERS)
def test_what_is_marked_is_what_was_found_and_the_text_stays(text: str, query: str) -> None:
    words = Wanted(query=query).words
    pieces = parts(text, words)
    assert "".join(piece for piece, _hit in pieces) == text
    assert any(hit for _piece, hit in pieces) == any(word in normalised(text) for word in words)


def test_marks_are_no_way_to_bring_markup_into_the_overview(world: World) -> None:
    anna = world.person("anna")
    evil = "<img src=x onerror=alert(1)>\"'&amp;<mark>"
    world.keep(a_login(name=evil, username=evil), owner=anna)
    world.keep(Note(name="Straße <b>ß</b>", text="x"), owner=anna)
    client = world.client(anna)
    for query in ("<img", "<mark>", "&amp;", "mark", "onerror=alert(1)>\"'", "<b>ss"):
        page = client.get("/vault", query_string={"q": query}).text
        rows = re.search(r'<ul class="ledger">(.*?)</ul>', page, re.DOTALL)
        assert rows, query
        assert not re.search(r"<(?:img src|b>)|<mark>[^<]*<(?!/mark)", rows[1].replace('<img class="logo"', "")), query
        names = re.findall(r'<a class="row-name"[^>]*>(.*?)</a>', rows[1])
        plain = [unescape(re.sub(r"</?mark>", "", name)) for name in names]
        assert plain == (["Straße <b>ß</b>"] if query == "<b>ss" else [evil]), query
        assert "<mark>" in names[0], query

"""What each style of text takes, how it writes it, and what it says otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.credentials.styles import Unfit, email, host, line, lines, url

HOST_WANTED = "Enter a host name, for example server.example.org"
URL_WANTED = "Enter an address that begins with https:// or http://"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("mail.example.org", "mail.example.org"),
        ("Mail.Example.ORG.", "mail.example.org"),
        ("localhost", "localhost"),
        ("my_service-1", "my_service-1"),
        ("Bücher.example", "bücher.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("Ｅxample.com", "example.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("2001:db8:0:0::1", "2001:db8::1"),
    ],
)
def test_a_host_is_written_in_one_way(typed: str, written: str) -> None:
    assert host(typed) == written
    assert host(written) == written


@pytest.mark.parametrize(
    "typed",
    [
        "", ".", "a..b", "-a.example", "a-.example", "a b", "host:587", "user@host", "host/path", "x" * 64,
        "a." * 127 + "a", "ex%2eample",
        "256.1.1.1", "0x7f000001", "2130706433", "127.1", "fe80::1%eth0", "[::1", "☃.example", "a\u3002.\u3002b",
    ],
)  # fmt: skip
def test_what_is_no_host_is_refused(typed: str) -> None:
    with pytest.raises(Unfit) as refused:
        host(typed)
    assert str(refused.value) == HOST_WANTED


@pytest.mark.parametrize("scheme", ["smtp", "https", "SMTP"])
def test_a_host_with_a_scheme_is_refused_in_its_own_words(scheme: str) -> None:
    with pytest.raises(Unfit) as refused:
        host(f"{scheme}://mail.example.org")
    assert str(refused.value) == f"Enter a host name, without {scheme.lower()}://"


@pytest.mark.parametrize(
    "typed",
    ["https://team.example.net", "http://localhost:8080/a?b=c#d", "https://[2001:db8::1]/", "https://bücher.example/ü"],
)
def test_an_address_is_taken_as_it_is(typed: str) -> None:
    assert url(typed) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "", "example.org", "ftp://example.org", "javascript:alert(1)", "https://", "https:///path", "https://a b/", "https://a:0/",
        "https://a:99999/", "https://evil.example\\@good.example", "https://[::1", "//example.org", "https://a..b/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(typed: str) -> None:
    with pytest.raises(Unfit) as refused:
        url(typed)
    assert str(refused.value) == URL_WANTED


def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(Unfit) as refused:
        url("https://user:hunter2@example.org/")
    assert str(refused.value) == "Enter the address without a user name or password."


def test_an_email_address_has_its_domain_in_lower_case() -> None:
    assert email("Anna@EXAMPLE.org") == "Anna@example.org"


@pytest.mark.parametrize(
    "typed", ["anna", "anna@", "@example.org", "a b@example.org", "Anna <anna@example.org>", "a@b@c"]
)
def test_what_is_no_email_address_is_refused(typed: str) -> None:
    with pytest.raises(Unfit) as refused:
        email(typed)
    assert str(refused.value) == "Enter an e-mail address, for example name@example.org"


@pytest.mark.parametrize("character", ["\0", "\n", "\r", "\t", "\x7f", "\x85", "\u2028", "\ud800"])
def test_a_line_has_no_control_characters(character: str) -> None:
    with pytest.raises(Unfit) as refused:
        line(f"a{character}b")
    assert str(refused.value) == "Enter this on one line, without control characters."


def test_lines_end_in_newlines() -> None:
    assert lines("a\r\nb\rc\n\td") == "a\nb\nc\n\td"


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_lines_have_no_nul_and_no_unpaired_surrogate(character: str) -> None:
    with pytest.raises(Unfit) as refused:
        lines(f"a{character}b")
    assert str(refused.value) == "Enter this without control characters."


@given(st.text(alphabet=st.characters(), max_size=80), st.sampled_from([line, lines, host, url, email]))
def test_a_style_takes_a_text_or_is_unfit_and_takes_what_it_wrote(text: str, style: object) -> None:
    assert callable(style)
    try:
        written = style(text)
    except Unfit:
        return
    assert style(written) == written

"""What comes back from a server holds no secret value in any dress, no control characters, and is short."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outgoing.cleaner import DOTS, MOST, cleaned

SECRET = "marked-P4ss%word/ß"


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        f"535 <{SECRET}> refused",
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower().replace("marked-p4ss", "marked-P4ss"),
        quote_plus(SECRET),
        SECRET.encode().hex(),
        *(
            base64.b64encode(b"\0" * before + SECRET.encode() + b"\0" * after).decode()
            for before in range(4)
            for after in range(3)
        ),
        base64.b64encode(f"\0mailer\0{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"user=mailer\x01auth=Bearer {SECRET}\x01\x01".encode()).decode(),
    ],
)
def test_a_value_that_is_echoed_is_covered(echo: str) -> None:
    shown = cleaned(f"you said {echo} to me", [SECRET])
    assert DOTS in shown
    for part in (SECRET, SECRET[:6], quote(SECRET, safe="")[:8], base64.b64encode(SECRET.encode()).decode()[4:12]):
        assert part not in shown


def test_what_holds_no_value_stays_as_it_is() -> None:
    assert cleaned("5.7.8 Authentication failed: try again", [SECRET]) == "5.7.8 Authentication failed: try again"


def test_control_characters_and_marks_that_turn_text_round_go() -> None:
    assert cleaned("a\r\nb\0c\x1b[31md\u202ee\u2028f", []) == "a b c [31md e f"


def test_two_hundred_characters_stay() -> None:
    assert len(cleaned("x" * 5000, [])) == MOST


def test_a_value_across_the_end_is_covered_before_the_text_is_cut() -> None:
    assert SECRET[:4] not in cleaned("y" * (MOST - 5) + SECRET, [SECRET])


@given(st.text(min_size=4, max_size=60).filter(lambda text: text.isprintable() and text.strip() == text))
def test_no_value_comes_through_in_base64_wherever_it_begins(secret: str) -> None:
    data = secret.encode()
    for before in range(3):
        coded = base64.b64encode(b"\xaa" * before + data).decode()
        first, last = -(-8 * before // 6), 8 * (before + len(data)) // 6
        assert coded[first:last] not in cleaned(coded, [secret])

"""A browser without script sends line ends as CR LF: that alone is no change, and no difference."""

from __future__ import annotations

from tests.builders import Client, a_login
from tests.vault.conftest import Town

STORED, SENT = "first line\nsecond line", "first line\r\nsecond line"


def form(version: str, **changes: str) -> dict[str, str]:
    shown = {"name": "Travel portal", "website": "https://travel.example.org", "username": "anna", "notes": SENT}
    return {**shown, "password": "", "version": version, **changes}


def test_line_ends_alone_make_no_version_and_no_row_of_a_conflict(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(notes=STORED), owner=anna)
    browser: Client = town.client(anna)
    assert browser.post(f"/vault/{secret}/edit", **form("1")).status_code == 303
    assert town.head(secret).version == 1
    assert browser.post(f"/vault/{secret}/edit", **form("1", username="newer")).status_code == 303
    answer = browser.post(f"/vault/{secret}/edit", **form("1", username=" mine "))
    assert answer.status_code == 409
    table = answer.text.partition('<table class="versus">')[2].partition("</table>")[0]
    assert "User name" in table
    assert "Notes" not in table
    answer = browser.post(f"/vault/{secret}/edit", **form("1", name="Another", username=" newer "))
    table = answer.text.partition('<table class="versus">')[2].partition("</table>")[0]
    assert "Name</th>" in table
    assert "User name" not in table

"""The pages about the trash: what a deletion ends, and who made it."""

from __future__ import annotations

import re

from app.credentials.types import SMTP
from app.subject import SYSTEM, Subject
from tests.builders import a_login, an_smtp
from tests.vault.conftest import Town


def said(town: Town, person: Subject, path: str) -> str:
    """Return what a page says."""
    return " ".join(re.sub(r"<[^>]*>", " ", town.client(person).get(path).text).split())


def test_a_deletion_names_which_automation_uses_it_and_when_last(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(), owner=anna)
    assert "The automations of the system group can no longer use it. None has used it yet." in said(
        town, anna, f"/vault/{secret}/delete"
    )
    town.handle.use_cases.match(SMTP, group=SYSTEM, actor="mail")
    town.clock.goes_on(minutes=4)
    page = said(town, anna, f"/vault/{secret}/delete")
    assert "Mail in the system group can no longer use it. Last used 4 minutes ago" in page
    assert "Mail waits, unless another server is published there." in page
    assert "None has used it yet." not in page


def test_a_team_in_a_sentence_stands_in_quotation_marks(town: Town) -> None:
    group = town.group("Release")
    anna = town.person("anna", groups={group.id: "member"})
    secret = town.keep(a_login(), owner=anna)
    town.publish(secret, owner=anna, group=group.id)
    quoted = f"The automations of “{group.name}” can no longer use it."
    assert quoted in said(town, anna, f"/vault/{secret}")
    assert quoted in said(town, anna, f"/vault/{secret}/delete")


def test_the_trash_says_who_deleted(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="owner")
    with town.unit():
        town.trash.delete(ben, secret)
    assert f"deleted by {ben.name}" in said(town, anna, "/vault/trash")
    assert "deleted by you" in said(town, ben, "/vault/trash")

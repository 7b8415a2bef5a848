"""The pages about the trash: what a deletion ends, and who made it."""

from __future__ import annotations

import re
from uuid import UUID

from app.credentials.types import SMTP
from app.subject import SYSTEM, Subject
from tests.builders import a_login, an_smtp
from tests.vault.conftest import Town
from tests.vault.test_listing import key


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


def test_only_what_mail_could_use_lets_mail_wait(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    for credentials, waits in ((an_smtp(name="Out"), True), (a_login(name="In"), False)):
        secret = town.keep(credentials, owner=anna)
        if not waits:
            town.publish(secret, owner=anna, group=SYSTEM)
        for page in (f"/vault/{secret}/delete", f"/groups/{SYSTEM}/publications/{secret}/withdraw"):
            assert ("Mail waits" in said(town, anna, page)) is waits, page
        assert ("data-system" in town.client(anna).get(f"/vault/{secret}/sharing").text) is waits


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


def troubled(town: Town, secret: UUID) -> int:
    return len([event for event in town.events("secret.damaged") if event["object_id"] == secret])


def test_the_trash_opens_what_its_page_shows_and_nothing_that_others_own(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    kept = []
    for number in range(23):
        kept.append(town.keep(a_login(name=f"Portal {number:02}"), owner=anna))
        with town.unit():
            town.trash.delete(anna, kept[-1])
        town.clock.goes_on(minutes=1)
    oldest = kept[0]
    bens = town.keep(a_login(), owner=ben)
    town.share(bens, owner=ben, to=anna, level="editor")
    with town.unit():
        town.trash.delete(ben, bens)
    for secret in (oldest, bens):
        town.sql("UPDATE secret SET changed_at = changed_at + 1 WHERE id = :id", id=key(town, secret))
    first, second = said(town, anna, "/vault/trash"), said(town, anna, "/vault/trash?page=9")
    assert [each for each in range(23) if f"Portal {each:02}" in first] == [*range(3, 23)]
    assert "1 to 20 of 23" in first
    assert [each for each in range(23) if f"Portal {each:02}" in second] == [1, 2]
    assert "21 to 23 of 23" in second
    assert (troubled(town, oldest), troubled(town, bens)) == (1, 0)


def test_what_has_lain_there_too_long_is_not_counted(town: Town) -> None:
    anna = town.person("anna")
    for _number in range(21):
        secret = town.keep(a_login(), owner=anna)
        with town.unit():
            town.trash.delete(anna, secret)
    town.clock.goes_on(days=30)
    last = town.keep(a_login(name="The last one"), owner=anna)
    with town.unit():
        town.trash.delete(anna, last)
    page = said(town, anna, "/vault/trash")
    assert "The last one" in page
    assert "of 22" not in page

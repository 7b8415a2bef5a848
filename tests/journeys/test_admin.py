"""An administrator's way through roles and settings, with and without script."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person, Served, every_way
from tests.journeys.tongue import say, words

EMAIL = "lena@example.org"


@every_way
def test_an_administrator_arranges_roles_and_settings(
    served: Served, someone: Callable[..., Person], script: bool
) -> None:
    served.user(EMAIL, "Lena", "Hoffmann", "--role", "Administrator")
    lena = someone(script=script)
    lena.signs_in(EMAIL)
    page = lena.page
    makes_a_role(page)
    changes_it(page)
    deletes_it(page)
    lets_people_register(page)
    goes_by_the_file_again(page)


def makes_a_role(page: Page) -> None:
    page.get_by_role("link", name=say("Admin")).first.click()
    page.get_by_role("link", name=say("Roles")).click()
    page.get_by_role("link", name=say("New role")).click()
    page.get_by_label(say("Name"), exact=True).fill(words("Member"))
    page.get_by_label(say("Create groups")).check()
    page.get_by_role("button", name=say("Save role")).click()
    page.get_by_text(say("There is a role with this name already.")).first.wait_for()
    expect(page.get_by_label(say("Create groups"))).to_be_checked()
    page.get_by_label(say("Name"), exact=True).fill("Team builders")
    page.get_by_role("button", name=say("Save role")).click()
    page.get_by_text(say("Role saved.")).wait_for()
    page.get_by_role("link", name=say("Admin")).first.click()
    page.get_by_role("link", name=say("Roles")).click()
    page.get_by_role("link", name="Team builders").click()
    page.get_by_role("heading", name="Team builders").wait_for()
    expect(page.get_by_text(say("Make new groups; they become their first admin."))).to_be_visible()
    expect(page.get_by_text(say("Nobody has this role."))).to_be_visible()


def changes_it(page: Page) -> None:
    page.get_by_role("link", name=say("Edit role")).click()
    page.get_by_label(say("Manage groups")).check()
    page.get_by_label(say("Description")).fill("They build teams.")
    page.get_by_role("button", name=say("Save role")).click()
    page.get_by_text(say("Role saved.")).wait_for()
    expect(page.locator("#page").get_by_text("They build teams.")).to_be_visible()
    expect(page.get_by_text(say("Everything that group admins can, for every group."))).to_be_visible()


def deletes_it(page: Page) -> None:
    page.locator("#delete-role").click()
    page.get_by_text(say("Nobody has it.")).wait_for()
    page.get_by_role("button", name=say("Delete role")).click()
    page.get_by_text(say("Role deleted. Nobody has it any more.")).wait_for()
    expect(page).to_have_url(re.compile(r"/admin/roles(\?.*)?$"))
    expect(page.get_by_role("link", name="Team builders")).to_have_count(0)


def lets_people_register(page: Page) -> None:
    page.get_by_role("link", name=say("Admin")).first.click()
    page.get_by_role("link", name=say("Settings")).click()
    expect(page.get_by_text(say("from the file"))).to_have_count(3)
    page.locator("#edit-settings").click()
    page.get_by_role("radio", name=say("On"), exact=True).check(force=True)
    page.get_by_label(say("Mail domains")).fill("a_b")
    page.get_by_role("button", name=say("Save settings")).click()
    page.get_by_text(say("Enter mail domains such as example.org")).first.wait_for()
    page.get_by_label(say("Mail domains")).fill("Example.org")
    page.get_by_role("button", name=say("Save settings")).click()
    page.get_by_text(say("Settings saved. They hold from now on.")).wait_for()
    expect(page.locator("#s-registration").get_by_text(say("chosen here"))).to_be_visible()
    expect(page.locator("#s-registration_domains strong")).to_have_text("example.org")


def goes_by_the_file_again(page: Page) -> None:
    page.get_by_role("button", name=say("Reset Self-registration to the file’s value: Off")).click()
    page.get_by_text(say("The file’s value holds again.")).wait_for()
    expect(page.locator("#s-registration").get_by_text(say("from the file"))).to_be_visible()
    expect(page.locator("#s-registration strong")).to_have_text(say("Off"))

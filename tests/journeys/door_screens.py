"""The pages of who has no way in yet, in the states that people meet, in a Tresor that nobody has set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Page

from app.outbox.service import Outbox
from app.users.system import UserManagement
from app.web.saying import cookie_name, mark
from tests.builders import PASSWORD, World
from tests.mails import link_in, mails, sends_mails

if TYPE_CHECKING:
    from tests.journeys.screens import Visit

ANNA, ZOE = "anna@example.org", "zoe@example.org"


def open_doors(world: World) -> World:
    """Let a world send mails, with Anna in it."""
    if not world.cfg.get(Outbox).is_open:
        sends_mails(world).person("anna")
    return world


def goes(visit: Visit, path: str) -> Page:
    open_doors(visit.empty.world)
    page = visit.page("nobody")
    page.goto(visit.empty.url + path)
    return page


def sends(page: Page, **entries: str) -> Page:
    """Fill in a form of the door, send it, and wait for the answer."""
    for name, value in entries.items():
        page.fill(f"#f-{name}", value)
    with page.expect_navigation():
        page.click("main button.wide")
    return page


def mailed(visit: Visit, door: str, address: str) -> str:
    """Return the path of a link that this door has mailed to an address."""
    world = visit.empty.world
    world.clock.goes_on(hours=1)  # so that one more mail may be sent
    sends(goes(visit, door), email=address)
    world.cfg.get(UserManagement).worker.turn()
    return link_in(mails(world, address)[-1])


def at(path: str) -> Callable[[Visit], Page]:
    return lambda visit: goes(visit, path)


def after(path: str) -> Callable[[Visit], Page]:
    """Open a page as the browser does that has just done what the page says."""

    def visit_it(visit: Visit) -> Page:
        did = {"name": cookie_name(secure=False), "value": mark(path), "url": visit.empty.url}
        visit.page("nobody").context.add_cookies([did])
        return goes(visit, path)

    return visit_it


def closed(visit: Visit) -> Page:
    return visit.goes("/forgot", "nobody")


def refused(visit: Visit) -> Page:
    return sends(goes(visit, "/forgot"), email="anna@")


def reset(visit: Visit) -> Page:
    return goes(visit, mailed(visit, "/forgot", ANNA))


def reset_refused(visit: Visit) -> Page:
    return sends(reset(visit), password="short", password_again="shorter")


def reset_judged(visit: Visit) -> Page:
    page = reset(visit)
    page.fill("#f-password", "anna example 1984")
    page.locator("#strength strong").wait_for()
    return page


def registration(visit: Visit) -> Page:
    return goes(visit, mailed(visit, "/register", ZOE))


def registration_refused(visit: Visit) -> Page:
    return sends(registration(visit), first_name="Zoë", password="short")


def taken(visit: Visit) -> Page:
    """Somebody got the account while the link lay in the mailbox."""
    world, address = visit.empty.world, f"late{len(visit.empty.world.rows('user'))}@example.org"
    path = mailed(visit, "/register", address)
    with world.unit():
        world.users.create("tests", email=address, first_name="Late", last_name="", password=PASSWORD)
    return goes(visit, path)


DOORS: dict[str, Callable[[Visit], Page]] = {
    "signin-registering": at("/login"),
    "signin-after-reset": after("/login?done=reset"),
    "forgot": at("/forgot"),
    "forgot-closed": closed,
    "forgot-refused": refused,
    "forgot-sent": at("/forgot/sent"),
    "reset": reset,
    "reset-refused": reset_refused,
    "reset-judged": reset_judged,
    "reset-over": at("/reset/cut"),
    "register": at("/register"),
    "register-sent": at("/register/sent"),
    "registration": registration,
    "registration-refused": registration_refused,
    "registration-taken": taken,
    "registration-over": at("/register/cut"),
}

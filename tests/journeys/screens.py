"""Every page of Tresor in the states that people meet, each with the way there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from app.credentials.types import Note
from app.users.permissions import ADMINISTRATOR
from app.users.roles import Roles
from app.users.sessions import Sessions
from app.users.setup import Setup
from app.vault.sharing import Sharing, Wishes
from tests.builders import PASSWORD, START
from tests.journeys.scenery import DAMAGED, DELETED, HOST, MAIL, MISSING, UNREADABLE, Scenery
from tests.journeys.watching import Watch, watched

RELEASE_BOT = "Jira – release bot"
CODES = "Recovery codes, GitHub"
FROM_ANNA = "Analytics dashboard"
HELP = "Help desk"


@dataclass
class Visit:
    """A browser profile for each person of a scenery, signed in once; nobody has one too."""

    scenery: Scenery
    empty: Scenery
    browser: Browser
    language: str
    pages: dict[str, tuple[BrowserContext, Page]] = field(default_factory=dict)
    watches: list[Watch] = field(default_factory=list)

    def page(self, name: str) -> Page:
        """Return the page of a person, or of "nobody"."""
        if name not in self.pages:
            context = self.browser.new_context(locale=self.language, reduced_motion="reduce")
            self.watches.append(watched(context))
            page = context.new_page()
            self.pages[name] = context, page
            if name != "nobody":
                page.goto(self.scenery.url + "/login")
                page.fill("#f-email", f"{name}@{HOST}")
                page.fill("#f-password", PASSWORD)
                presses(page, page.locator("main button.wide"))
        return self.pages[name][1]

    def goes(self, path: str, name: str = "lena") -> Page:
        page = self.page(name)
        page.goto(self.scenery.url + path)
        return page

    @property
    def complaints(self) -> list[str]:
        """What browsers say that pages must never make them say."""
        return [each for watch in self.watches for each in watch.complaints]

    def close(self) -> None:
        for context, _page in self.pages.values():
            context.close()


def sends(page: Page) -> Page:
    """Press the form's own button, as Enter in a field would."""
    return presses(page, page.locator("main form[method=post] button:not(.quiet, .icon-btn, .bare, .link)").last)


def presses(page: Page, button: Locator) -> Page:
    """Press a button that leads to a page, and wait for it."""
    with page.expect_navigation():
        button.click()
    return page


def signin_failed(visit: Visit) -> Page:
    page = visit.goes("/login", "nobody")
    page.fill("#f-email", f"lena@{HOST}")
    page.fill("#f-password", "not the password")
    return sends(page)


def setup(visit: Visit) -> Page:
    page = visit.page("nobody")
    with visit.empty.world.unit():
        token = visit.empty.world.cfg.get(Setup).token()
    page.goto(f"{visit.empty.url}/setup/{token}")
    return page


def setup_refused(visit: Visit) -> Page:
    page = setup(visit)
    page.fill("#f-first_name", "Lena")
    page.fill("#f-password", "short")
    return sends(page)


def form_refused(visit: Visit) -> Page:
    page = visit.goes("/vault/new/smtp")
    page.fill("#f-name", MAIL)
    page.fill("#f-host", "smtp://wrong")
    page.fill("#f-port", "70000")
    page.fill("#f-password", "kept nowhere")
    return sends(page)


def edit_asks_again(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address(MAIL) + "/edit")
    page.fill("#f-host", f"mail.{HOST}")
    return sends(page)


def overtakes(visit: Visit, name: str = "anna") -> None:
    """Let somebody store another version while a form is open."""
    world, by, secret = visit.scenery.world, visit.scenery.people[name], visit.scenery.secrets[FROM_ANNA]
    with world.unit():
        seen = world.vault.open(by, secret).head.version
        values = {"name": FROM_ANNA, "website": "https://analytics.example", "username": f"analytics+{seen}@{HOST}"}
        world.clock.goes_on(minutes=-2)
        world.vault.change(by, secret, seen=seen, values={**values, "password": f"new-{seen}"}, cleared=frozenset())
    world.clock.goes_on(minutes=2)


def conflict(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address(FROM_ANNA) + "/edit")
    overtakes(visit)
    page.fill("#f-name", "Analytics")
    page.fill("#f-username", f"dashboards@{HOST}")
    page.fill("#f-password", "typed, and not sent back")
    return sends(page)


def conflict_above(visit: Visit) -> Page:
    """The same in a dialog: what was typed as secret is still there."""
    page = dialog(of(FROM_ANNA), "#edit")(visit)
    page.fill("#f-name", "Analytics")
    page.fill("#f-password", "typed, and kept")
    overtakes(visit)
    return in_sheet(page)


def restore_overtaken(visit: Visit) -> Page:
    overtakes(visit, "lena")  # so that there is an older version
    page = visit.goes(visit.scenery.address(FROM_ANNA) + "/versions/1/restore", "anna")
    overtakes(visit, "lena")
    return in_sheet(page)


def dialog(below: Callable[[Visit], Page], opener: str) -> Callable[[Visit], Page]:
    """Return the way to a page with the dialog above it that a link opens."""

    def visit_it(visit: Visit) -> Page:
        page = below(visit)
        page.locator(opener).first.click()
        page.wait_for_selector("dialog[open] .sheet")
        return page

    return visit_it


def in_sheet(page: Page) -> Page:
    """Press the button of the form that is open, and wait until it is answered in place."""
    page.locator(".sheet .dlg-foot button").last.click()
    page.wait_for_selector(".sheet [autofocus]")
    return page


def form_above(visit: Visit) -> Page:
    page = dialog(at("/vault"), "#new")(visit)
    page.locator("dialog a[href$='/new/smtp']").click()
    page.wait_for_selector("dialog #f-host")
    return page


def revealed(name: str, field: str, person: str = "lena") -> Callable[[Visit], Page]:
    def visit_it(visit: Visit) -> Page:
        page = visit.goes(visit.scenery.address(name), person)
        page.click(f"#reveal-{field}")
        page.wait_for_selector(f"#v-{field}.open")
        return page

    return visit_it


def edit_revealed(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address(MAIL) + "/edit")
    page.click("[data-show]")
    page.wait_for_selector(".secret-in.open")
    return page


def generates(kind: str) -> Callable[[Visit], Page]:
    def visit_it(visit: Visit) -> Page:
        page = visit.goes("/vault/new/login")
        page.click("#generate-password")
        page.wait_for_selector(".gen")
        page.locator(f".gen [value={kind}]").dispatch_event("click")
        page.wait_for_selector(f".gen [value={kind}]:checked")
        return page

    return visit_it


def uncopied(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address(MAIL))
    page.evaluate("tresor.say('remind'); tresor.say('secret-copied'); tresor.say('uncopied')")
    return page


def sharing_refused(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address(MAIL) + "/sharing")
    page.fill("#f-add", f"nobody@{HOST}")
    page.locator("select[name^=level-]").last.select_option("none")
    return sends(page)


def sharing_found(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address(MAIL) + "/sharing")
    page.locator("#f-add").press_sequentially("j")
    page.locator("#found [data-address]").first.wait_for()
    return page


def sharing_gives_up(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address("Domain registrar") + "/sharing")
    page.locator("li[data-me] select").select_option("viewer")
    return page


def sharing_overtaken(visit: Visit) -> Page:
    world, anna, secret = visit.scenery.world, visit.scenery.people["anna"], visit.scenery.secrets["Domain registrar"]
    sharing = world.cfg.get(Sharing)
    page = visit.goes(visit.scenery.address("Domain registrar") + "/sharing")
    with world.unit():
        state = sharing.state(anna, secret)
        ben = [each.user.id for each in state.people if each.user.first_name == "Ben"]
        wishes = Wishes(levels=dict.fromkeys(ben)) if ben else Wishes(add=f"ben@{HOST}")
        sharing.save(anna, secret, revision=state.head.revision, wishes=wishes)
    page.fill("#f-add", f"selin@{HOST}")
    return sends(page)


def purge(visit: Visit) -> Page:
    page = visit.goes(f"/vault/{visit.scenery.secrets[DELETED[0].credentials.name]}/purge")
    if page.locator("#f-password").count():
        page.fill("#f-password", PASSWORD)
        sends(page)
    return page


def purge_refused(visit: Visit) -> Page:
    page = purge(visit)
    page.fill("#f-name", "old")
    return sends(page)


def confirm(visit: Visit) -> Page:
    visit.scenery.world.clock.goes_on(minutes=11)
    page = visit.goes(f"/vault/{visit.scenery.secrets[DELETED[0].credentials.name]}/purge")
    visit.scenery.world.clock.now = START
    return page


def a_role(visit: Visit) -> str:
    """Return the path of a role that is not built in."""
    world = visit.scenery.world
    roles, lena = world.cfg.get(Roles), visit.scenery.people["lena"]
    with world.unit():
        found = [role.id for role in roles.all(lena) if role.name == HELP]
        if not found:
            text = "First line: invites people and gets them back in. Never sees values."
            found = [roles.create(lena, name=HELP, description=text, permissions=["user.manage"]).id]
            world.users.change_roles("screens", visit.scenery.people["ben"].id, add=found)
    return f"/admin/roles/{found[0]}"


def role(visit: Visit) -> Page:
    return visit.goes(a_role(visit))


def role_refused(visit: Visit) -> Page:
    page = visit.goes("/admin/roles/new")
    page.fill("#f-name", "administrator")
    return sends(page)


def role_conflict(visit: Visit) -> Page:
    page = visit.goes(a_role(visit) + "/edit")
    path, world = a_role(visit), visit.scenery.world
    with world.unit():
        roles, nora = world.cfg.get(Roles), visit.scenery.people["nora"]
        found = roles.open(nora, UUID(path.rsplit("/", 1)[1]))
        text = f"Changed {found.revision} times."
        roles.change(nora, found.id, seen=found.revision, name=HELP, description=text, permissions=found.stored)
    page.fill("#f-name", "Service desk")
    return sends(page)


def settings_refused(visit: Visit) -> Page:
    page = visit.goes("/admin/settings/edit")
    page.fill("#f-registration_domains", "no domain_at all")
    return sends(page)


def menu_open(visit: Visit) -> Page:
    page = visit.goes("/vault?filter=mine")
    page.locator(".ledger summary").nth(1).click()
    return page


def searching(visit: Visit) -> Page:
    """Search for what is never answered: the list that was there is dimmed."""
    page = visit.goes("/vault")
    page.route("**/vault?q=jira*", lambda _route: None, times=1)
    page.fill("#search", "jira")
    page.wait_for_selector("#results[aria-busy]")
    return page


def found(visit: Visit) -> Page:
    page = visit.goes("/vault")
    page.fill("#search", "jira re")
    page.wait_for_selector("mark")
    return page


def shortcuts_above(visit: Visit) -> Page:
    page = visit.goes("/vault")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open] .keys")
    return page


def account_menu(visit: Visit) -> Page:
    page = visit.goes("/groups")
    page.locator(".account summary").click()
    return page


def account_refused(visit: Visit) -> Page:
    page = visit.goes("/account")
    page.fill("#f-first_name", "")
    page.locator("#profile button").click()
    page.locator("#profile .notice.bad").wait_for()
    return page


def password_refused(visit: Visit) -> Page:
    page = visit.goes("/account/security/password")
    page.fill("#f-password", "short")
    page.locator("#sheet-form button").last.click()
    page.locator("#sheet-form .notice.bad").wait_for()
    return page


def password_judged(visit: Visit) -> Page:
    page = visit.goes("/account/security")
    page.click("#password")
    page.fill("#f-password", "password12345678")
    page.locator("#strength strong").wait_for()
    return page


def sessions(visit: Visit) -> Page:
    """Lena is signed in elsewhere, too."""
    world = visit.scenery.world
    with world.unit():
        lena = world.users.get(visit.scenery.people["lena"].id)
        assert lena is not None
        world.cfg.get(Sessions).begin(lena, device="Mozilla/5.0 (iPhone) Version/17.4 Safari/604.1")
    return visit.goes("/account/sessions")


def members_leaving(visit: Visit) -> Page:
    page = visit.goes(f"/groups/{visit.scenery.groups['Release']}/members")
    page.locator(".share-list li", has_text="Anna").locator("select").select_option("none")
    return page


def resend(visit: Visit) -> Page:
    page = visit.goes(visit.scenery.address(CODES) + "/edit")
    page.fill("#f-name", "Recovery codes")
    page.fill("#f-text", "4711")
    page.locator("main [name=csrf_token]").evaluate("field => { field.value = 'old' }")
    return sends(page)


def trashed(visit: Visit) -> Page:
    """Move a secret to the trash: its page says so, with the way back, which is then taken."""
    world, lena = visit.scenery.world, visit.scenery.people["lena"]
    secret = world.keep(Note(name="Old door code", text="0815"), owner=lena)
    visit.scenery.secrets["Old door code"] = secret
    return sends(visit.goes(f"/vault/{secret}/delete"))


def at(path: str, name: str = "lena") -> Callable[[Visit], Page]:
    return lambda visit: visit.goes(path, name)


def of(secret: str, rest: str = "", name: str = "lena") -> Callable[[Visit], Page]:
    return lambda visit: visit.goes(visit.scenery.address(secret) + rest, name)


def group(name: str, rest: str = "", person: str = "lena") -> Callable[[Visit], Page]:
    return lambda visit: visit.goes(f"/groups/{visit.scenery.groups[name]}{rest}", person)


def withdraw(name: str, secret: str) -> Callable[[Visit], Page]:
    def visit_it(visit: Visit) -> Page:
        where = f"/groups/{visit.scenery.groups[name]}/publications/{visit.scenery.secrets[secret]}/withdraw"
        return visit.goes(where)

    return visit_it


SCREENS: dict[str, Callable[[Visit], Page]] = {
    "signin": at("/login", "nobody"),
    "signin-failed": signin_failed,
    "setup": setup,
    "setup-refused": setup_refused,
    "error-404-signed-out": at("/nowhere", "nobody"),
    "vault": at("/vault"),
    "vault-page-2": at("/vault?page=2"),
    "vault-by-name": at("/vault?sort=name&type=login"),
    "vault-published": at("/vault?filter=published"),
    "vault-search": at("/vault?q=jira"),
    "vault-none": at("/vault?q=jria"),
    "vault-found": found,
    "vault-searching": searching,
    "vault-nothing-fits": at("/vault?type=smtp&filter=mine"),
    "vault-empty": at("/vault", "tomas"),
    "vault-first": at("/vault", "nora"),
    "vault-trouble": at("/vault", "jonas"),
    "vault-menu": menu_open,
    "account-menu": account_menu,
    "shortcuts": at("/shortcuts"),
    "shortcuts-above": shortcuts_above,
    "vault-trashed": trashed,
    "new": at("/vault/new"),
    "new-dialog": dialog(at("/vault"), "#new"),
    "new-blocked": at("/vault/new", "ben"),
    "form-smtp": at("/vault/new/smtp"),
    "form-login": at("/vault/new/login"),
    "form-note": at("/vault/new/note"),
    "form-dialog": form_above,
    "form-refused": form_refused,
    "form-generator-words": generates("words"),
    "form-generator-characters": generates("characters"),
    "generator-alone": at("/vault/new/login/fields/password/generate"),
    "edit-revealed": edit_revealed,
    "edit": of(MAIL, "/edit"),
    "edit-asks-again": edit_asks_again,
    "conflict": conflict,
    "secret": of(MAIL),
    "secret-revealed": revealed(MAIL, "password"),
    "secret-copied": uncopied,
    "secret-note-revealed": revealed(CODES, "text"),
    "secret-personal": of(CODES),
    "secret-viewer": of(FROM_ANNA, "", "ben"),
    "secret-damaged": of(DAMAGED, "", "jonas"),
    "secret-missing": of(MISSING, "", "jonas"),
    "conflict-dialog": conflict_above,
    "history": of(MAIL, "/history"),
    "compare": of(MAIL, "/compare?older=1&newer=3"),
    "compare-dialog": dialog(of(MAIL), "#compare-3"),
    "restore": of(MAIL, "/versions/1/restore"),
    "restore-dialog": dialog(of(MAIL), "#restore-1"),
    "restore-overtaken": restore_overtaken,
    "activity": of(MAIL, "/activity"),
    "activity-dialog": dialog(of(MAIL), "#all-activity"),
    "activity-automations": of(MAIL, "/activity?by=automations"),
    "activity-uses": of(MAIL, "/activity?by=automations&actor=mail"),
    "activity-unused": of(CODES, "/activity?by=automations"),
    "sharing": of(MAIL, "/sharing"),
    "sharing-dialog": dialog(of(MAIL), "#share"),
    "sharing-refused": sharing_refused,
    "sharing-found": sharing_found,
    "sharing-overtaken": sharing_overtaken,
    "sharing-gives-up": sharing_gives_up,
    "delete": of(RELEASE_BOT, "/delete"),
    "trash": at("/vault/trash"),
    "trash-empty": at("/vault/trash", "tomas"),
    "confirm": confirm,
    "purge": purge,
    "purge-refused": purge_refused,
    "account": at("/account"),
    "account-refused": account_refused,
    "security": at("/account/security"),
    "password": at("/account/security/password"),
    "password-refused": password_refused,
    "password-judged": password_judged,
    "export": at("/account/export"),
    "sessions": sessions,
    "groups": at("/groups"),
    "group": group("Release"),
    "group-as-member": group("Support", "", "ben"),
    "group-system": group("System"),
    "group-description": group("Release", "/edit"),
    "members": group("Release", "/members"),
    "members-leaving": members_leaving,
    "members-system": group("System", "/members"),
    "withdraw": withdraw("Release", RELEASE_BOT),
    "roles": at("/admin/roles"),
    "role": role,
    "role-built-in": at(f"/admin/roles/{ADMINISTRATOR}"),
    "role-new": at("/admin/roles/new"),
    "role-new-dialog": dialog(at("/admin/roles"), "#new-role"),
    "role-edit-dialog": dialog(role, "#edit-role"),
    "role-refused": role_refused,
    "role-conflict": role_conflict,
    "role-delete-dialog": dialog(role, "#delete-role"),
    "settings": at("/admin/settings"),
    "settings-dialog": dialog(at("/admin/settings"), "#edit-settings"),
    "settings-refused": settings_refused,
    "error-404": at("/vault/00000000-0000-4000-8000-000000000000"),
    "error-403": of(FROM_ANNA, "/edit", "ben"),
    "error-500": of(UNREADABLE, "", "jonas"),
    "resend": resend,
}


def opened(scenery: Scenery, empty: Scenery, browser: Browser, language: str) -> Visit:
    """Begin a visit: accounts and browsers speak this language, and it is START."""
    scenery.speaks(language)
    scenery.world.clock.now = START
    return Visit(scenery, empty, browser, language)

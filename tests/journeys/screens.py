"""Every page of Tresor in the states that people meet, each with the way there."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from app.credentials.types import Login, Note
from app.keys.trail import Note as KeyNote
from app.users.invitations import Invitations
from app.users.links import For, Links
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.users.roles import Roles
from app.users.sessions import Sessions
from app.users.setup import Setup
from app.vault.service import MadeBefore
from app.vault.sharing import Sharing, Wishes
from tests.builders import PASSWORD, START
from tests.groups.crowds import crowd
from tests.journeys.door_screens import DOORS
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


def made_before(visit: Visit) -> Page:
    """The form of a secret that was saved and deleted, found again by going back."""
    world, lena = visit.scenery.world, visit.scenery.people["lena"]
    values = {"name": "Portal", "website": "", "username": "", "password": "portal-4711", "notes": ""}
    with suppress(MadeBefore), world.unit():
        world.trash.delete(lena, world.vault.create(lena, "login", values=values, once="the same page"))
    page = visit.goes("/vault/new/login")
    page.fill("#f-name", "Portal")
    page.fill("#f-password", "portal-4711")
    page.evaluate("document.querySelector('[name=once]').value = 'the same page'")
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
    page.evaluate("document.querySelector('#toasts [data-what]').textContent = 'Password copied'")
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
            found = [roles.create(lena, name=HELP, description=text, permissions=["user.disable"]).id]
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


def person(name: str) -> Callable[[Visit], Page]:
    return lambda visit: visit.goes(f"/admin/users/{visit.scenery.people[name].id}")


def disabled(visit: Visit) -> UUID:
    """Return somebody who is disabled and alone owns something that a group's automations use."""
    world, email = visit.scenery.world, f"erik@{HOST}"
    with world.unit():
        erik = world.users.find(email)
        if erik is None:
            made = world.users.create(
                "scenery", email=email, first_name="Erik", last_name="Holm", password=PASSWORD, roles=[]
            )
            world.groups.add_member("scenery", visit.scenery.groups["Support"], made.id)
    if erik is None:
        subject = world.subject(made.id)
        secret = world.keep(
            Login(name="Fax gateway", website="https://fax.example", username="e", password="fax-4711"), owner=subject
        )
        world.publish(secret, owner=subject, group=visit.scenery.groups["Support"])
        world.share(secret, owner=subject, to=visit.scenery.people["miriam"])
        world.keep(Note(name="Door code", text="0815"), owner=subject)
        with world.unit():
            world.users.disable("scenery", made.id)
        return made.id
    return erik.id


def of_disabled(rest: str = "") -> Callable[[Visit], Page]:
    return lambda visit: visit.goes(f"/admin/users/{disabled(visit)}{rest}")


def people_disabled(visit: Visit) -> Page:
    disabled(visit)
    return visit.goes("/admin/users?status=disabled")


def settle_refused(visit: Visit) -> Page:
    page = of_disabled("/holdings")(visit)
    page.locator("select[name^=do-]").first.select_option("hand")
    page.locator("input[name^=to-]").first.fill(f"nobody@{HOST}")
    return in_sheet(page)


def people_chosen(visit: Visit) -> Page:
    page = visit.goes("/admin/users")
    for name in ("ben", "jonas"):
        page.check(f"#pick-{visit.scenery.people[name].id}")
    return presses(page, page.locator("#disable-chosen"))


def person_overtaken(visit: Visit) -> Page:
    page, world = person("selin")(visit), visit.scenery.world
    with world.unit():
        for last in ("Kaya-Schmidt", "Kaya"):
            world.users.rename_other(
                visit.scenery.people["nora"], visit.scenery.people["selin"].id, first_name="Selin", last_name=last
            )
    page.fill("#f-first_name", "Selina")
    page.check("#f-must_change")
    page.get_by_role("button", name=re.compile("Save user|Benutzer speichern")).click()
    page.locator("#person-form .notice.warn").wait_for()
    return page


def person_refused(visit: Visit) -> Page:
    page = person("selin")(visit)
    page.fill("#f-first_name", "")
    page.get_by_role("button", name=re.compile("Save user|Benutzer speichern")).click()
    page.locator("#person-form .notice.bad").wait_for()
    return page


def must_change(visit: Visit) -> Page:
    """Tomáš has to change the password; afterwards he need not any more."""
    world, tomas, lena = visit.scenery.world, visit.scenery.people["tomas"], visit.scenery.people["lena"]
    with world.unit():
        world.users.ask_for_password(lena, tomas.id, since=START - timedelta(days=1))
    page = visit.goes("/vault", "tomas")
    with world.unit():
        world.users.ask_for_password(lena, tomas.id, since=None)
    return page


def members_leaving(visit: Visit) -> Page:
    page = visit.goes(f"/groups/{visit.scenery.groups['Release']}/members")
    page.locator(".share-list li", has_text="Anna").locator("select").select_option("none")
    return page


def at_large(rest: str = "") -> Callable[[Visit], Page]:
    """Return the way to a group with more members than a page shows."""

    def visit_it(visit: Visit) -> Page:
        world, groups = visit.scenery.world, visit.scenery.groups
        if "Everybody" not in groups:
            lena, nora = visit.scenery.people["lena"], visit.scenery.people["nora"]
            with world.unit():
                groups["Everybody"] = world.groups.create(lena, name="Everybody").id
                world.groups.add_member(nora, groups["Everybody"], nora.id)
            crowd(world, groups["Everybody"], 50)
        return visit.goes(f"/groups/{groups['Everybody']}{rest}")

    return visit_it


def large_group(visit: Visit) -> Page:
    page = at_large()(visit)
    page.locator("#group-members a[rel=next]").click()
    page.locator("#group-members a[rel=prev]").wait_for()
    return page


def members_large(visit: Visit) -> Page:
    page = dialog(at_large(), "#members")(visit)
    page.locator("#rows select").nth(1).select_option("none")
    page.fill("#f-find", "hugo")
    page.get_by_text("Hugo Crowd00007").wait_for()
    return page


def group_refused(visit: Visit) -> Page:
    page = visit.goes("/admin/groups/new")
    page.fill("#f-name", "System")
    page.fill("#f-description", "Not what it looks like")
    return sends(page)


def group_overtaken(visit: Visit) -> Page:
    page = visit.goes(f"/groups/{visit.scenery.groups['Release']}/edit")
    world, anna, group = visit.scenery.world, visit.scenery.people["anna"], visit.scenery.groups["Release"]
    with world.unit():
        before = world.groups.names([group])[group]
        world.groups.describe(anna, group, description=before.description + " ")
        world.groups.describe(anna, group, description=f"Ships the product. {before.revision}")
    page.fill("#f-description", "Ships everything.")
    return sends(page)


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


def audit_narrowed(visit: Visit) -> Page:
    return visit.goes(f"/admin/audit?person={visit.scenery.people['anna'].id}&action=sharing&q=jonas")


def audit_opened(visit: Visit) -> Page:
    """Somebody has opened a value, and somebody else tried to open a secret that is not theirs."""
    revealed(MAIL, "password")(visit)
    visit.goes(visit.scenery.address(MAIL), "tomas")
    visit.goes(visit.scenery.address(CODES), "ben")
    return visit.goes("/admin/audit")


def audit_checked(visit: Visit) -> Page:
    page = visit.goes("/admin/audit")
    return presses(page, page.locator("form[action$='/check'] button"))


def invited(scenery: Scenery, name: str) -> UUID:
    """Return somebody whom Lena has invited, and invite them if she has not."""
    world, lena = scenery.world, scenery.people["lena"]
    with world.unit():
        email = f"{name.casefold()}@{HOST}"
        names = {"first_name": name, "last_name": "Ünal-Kowalczyk"}
        user = world.users.find(email) or world.cfg.get(Invitations).invite(
            lena, email=email, **names, roles=(), language="de"
        )
    return user.id


def invitation(rest: str = "") -> Callable[[Visit], Page]:
    def visit_it(visit: Visit) -> Page:
        return visit.goes(f"/admin/users/{invited(visit.scenery, 'Zoe')}/invitation{rest}")

    return visit_it


def invitation_copied(visit: Visit) -> Page:
    page = dialog(invitation(), "#copy")(visit)
    page.locator(".sheet .dlg-foot button").last.click()
    page.locator("#link").wait_for()
    return page


def invite_refused(visit: Visit) -> Page:
    page = visit.goes("/admin/users/invite")
    page.fill("#f-email", f"anna@{HOST}")
    page.fill("#f-first_name", "Anna")
    page.locator(".sheet .dlg-foot button").last.click()
    page.wait_for_selector(".sheet .notice.bad")
    return page


def invitation_opened(visit: Visit) -> Page:
    """Open a link that was copied; somebody new each time, as accepting would make them."""
    world, lena = visit.scenery.world, visit.scenery.people["lena"]
    user = invited(visit.scenery, "Piet")
    with world.unit():
        address = world.cfg.get(Invitations).copy(lena, user)
    page = visit.page("nobody")
    page.goto(address)
    return page


def invitation_refused(visit: Visit) -> Page:
    page = invitation_opened(visit)
    page.fill("#f-password", "Piet Kowalczyk 1")
    page.locator("#strength strong").wait_for()
    return sends(page)


def address_opened(visit: Visit) -> Page:
    world, selin = visit.scenery.world, visit.scenery.people["selin"]
    with world.unit():
        user, issuing = world.users.get(selin.id), KeyNote("tests.issue", actor="tests")
        token = world.cfg.get(Links).issue(For.ADDRESS, issuing, user=user, address=f"selin.kaya@{HOST}")
    return visit.goes(f"/address/{token}", "nobody")


def address_waits(visit: Visit) -> Page:
    address_opened(visit)
    return visit.goes("/account/security", "selin")


def of_user(rest: str) -> Callable[[Visit], Page]:
    return lambda visit: visit.goes(f"/admin/users/{visit.scenery.people['anna'].id}{rest}")


def told(rest: str) -> Callable[[Visit], Page]:
    """Let Nora give Miriam's roles another look, which Miriam is told."""

    def visit_it(visit: Visit) -> Page:
        world, miriam = visit.scenery.world, visit.scenery.people["miriam"]
        with world.unit():
            world.users.change_roles(visit.scenery.people["nora"], miriam.id, add=[MEMBER])
        return visit.goes(rest, "miriam")

    return visit_it


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
    **DOORS,
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
    "audit": audit_opened,
    "audit-narrowed": audit_narrowed,
    "audit-refused": at("/admin/audit?action=refused"),
    "audit-nothing": at("/admin/audit?q=nobody-at-all"),
    "audit-wrong": at("/admin/audit?from=yesterday"),
    "audit-checked": audit_checked,
    "audit-export": at("/admin/audit/export?action=values&from=2026-11-01"),
    "audit-export-dialog": dialog(at("/admin/audit"), "#export"),
    "vault-numbers": at("/admin/vault"),
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
    "made-before": made_before,
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
    "leave": of(FROM_ANNA, "/leave"),
    "leave-dialog": dialog(of(FROM_ANNA), "#leave"),
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
    "admin": at("/admin"),
    "people": at("/admin/users"),
    "people-found": at("/admin/users?q=a&status=active&sort=sign-in"),
    "people-none": at("/admin/users?q=zzz"),
    "people-disabled": people_disabled,
    "people-chosen": people_chosen,
    "person": person("jonas"),
    "person-oneself": person("lena"),
    "person-disabled": of_disabled(),
    "person-refused": person_refused,
    "person-overtaken": person_overtaken,
    "person-disable": dialog(person("jonas"), "#disable"),
    "person-settle": of_disabled("/holdings"),
    "person-settle-refused": settle_refused,
    "person-delete": of_disabled("/delete"),
    "must-change": must_change,
    "groups": at("/groups"),
    "group": group("Release"),
    "group-as-member": group("Support", "", "ben"),
    "group-system": group("System"),
    "group-description": group("Release", "/edit"),
    "group-large": large_group,
    "group-searched": at_large("?member=crowd"),
    "group-edit-overtaken": group_overtaken,
    "group-delete": group("Release", "/delete"),
    "group-delete-dialog": dialog(group("Release"), "#delete"),
    "group-leave": group("Release", "/leave"),
    "group-leave-last-admin": group("Support", "/leave", "anna"),
    "groups-all": at("/admin/groups"),
    "groups-all-none": at("/admin/groups?q=nothing+is+called+so"),
    "groups-new": dialog(at("/admin/groups"), "#new-group"),
    "groups-new-refused": group_refused,
    "members": group("Release", "/members"),
    "members-large": members_large,
    "members-leaving": members_leaving,
    "members-system": group("System", "/members"),
    "withdraw": withdraw("Release", RELEASE_BOT),
    "invite": at("/admin/users/invite"),
    "invite-refused": invite_refused,
    "invitation": invitation(),
    "invitation-copy": invitation("/copy"),
    "invitation-copied": invitation_copied,
    "invitation-withdraw": dialog(invitation(), "#withdraw"),
    "invitation-opened": invitation_opened,
    "invitation-refused": invitation_refused,
    "link-over": at("/invite/nothing", "nobody"),
    "address": at("/account/security/address"),
    "address-opened": address_opened,
    "address-waits": address_waits,
    "address-of-user": of_user("/address"),
    "told": told("/vault?done=told"),
    "told-in-account": told("/account/security"),
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

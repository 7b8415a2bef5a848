"""Whatever people, administrators and commands do, in any order: each session lets its person do what a plain model
of the rules says, and there always is an active administrator."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.crypto.keyring import token_hash as hashed
from app.errors import Conflict, Forbidden, Invalid, Refused, TresorError
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.own_sessions import OwnSessions
from app.users.permissions import ADMINISTRATOR, MEMBER, Permissions
from app.users.roles import Roles
from app.users.sessions import Sessions
from app.users.sign_in import SignIn, WrongPassword
from tests.builders import World, build_world
from tests.users.model import Answer, Model, Person, Role, Session

SOAK = bool(os.environ.get("TRESOR_SOAK"))
EXAMPLES = settings(
    max_examples=1000 if SOAK else 40,
    stateful_step_count=50,
    derandomize=not SOAK,
    phases=tuple(Phase) if SOAK else (Phase.explicit, Phase.generate),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PEOPLE, TEAMS = 4, 2
MOST_PEOPLE, MOST_SESSIONS = 8, 12
PASSWORDS = ("correct-horse-battery", "willow-tram-9-Lantern", "maple-quartz-7-Orbit")
NAMES = ("Helpers", "Aides", "helpers")
GRANTS = (
    *("user.invite", "user.disable", "user.roles", "role.manage", "group.manage", "group.create", "settings.change"),
)
PASSED = (timedelta(minutes=5), timedelta(hours=11), timedelta(hours=13), timedelta(days=6))

number = st.integers(0, 2**16)
actors = st.one_of(number, number, number, st.none())
"""A session, or the command line."""
seldom = st.integers(0, 5).map(lambda drawn: drawn == 0)
grants = st.frozensets(st.sampled_from(GRANTS), max_size=3)
levels = st.sampled_from(["member", "admin"])

ACTIVITY = ("disable", "enable", "enable")
"""What is done to a whole account; one that is gone answers as the model's method of the same name says."""


def answered(error: TresorError) -> Answer:
    """Return the word for an error's class."""
    words = {Forbidden: "forbidden", Refused: "refused", Conflict: "conflict", Invalid: "invalid"}
    return next(word for kind, word in words.items() if isinstance(error, kind))


class Reign(RuleBasedStateMachine):
    """Some people's time in an installation of their own."""

    fresh: Callable[[], World]

    @initialize()
    def some_people(self) -> None:
        self.world = self.fresh()
        self.addresses = itertools.count()
        everything = self.world.cfg.get(Permissions).all()
        teams = [self.world.group(f"Team {each}").id for each in range(TEAMS)]
        self.model = Model(
            self.world.clock(),
            frozenset(each.name for each in everything),
            frozenset(each.name for each in everything if each.everybody),
            teams,
        )
        self.gone: list[UUID] = []
        self.emails: dict[UUID, str] = {}
        for each in range(PEOPLE):
            self.makes_somebody(None, taken=False, role=ADMINISTRATOR if each == 0 else None)
        boss, *others = self.model.people
        for person in (boss, *others):
            self.signs(person, PASSWORDS[0])
        self.makes_a_role(None, "Helpers", frozenset(GRANTS[:2]))
        helpers = next(role for role in self.model.roles.values() if role.name == "Helpers")
        self.gives(None, others[0], add=helpers.id, remove=None)
        self.joins(None, teams[0], others[1], "admin")

    # ── what happens ──

    @rule(by=actors, taken=seldom, role=st.one_of(st.none(), number))
    def somebody_new(self, by: int | None, taken: bool, role: int | None) -> None:
        if len(self.model.people) < MOST_PEOPLE:
            self.makes_somebody(by, taken=taken, role=None if role is None else self.role(role))

    @rule(by=actors, act=st.sampled_from(ACTIVITY), who=number)
    def accounts(self, by: int | None, act: str, who: int) -> None:
        person = self.person(who)
        expected, change = getattr(self.model, act), getattr(self.world.users, act)
        self.acts(by, lambda actor: expected(actor, person), lambda subject: change(subject, person))

    @rule(by=actors, who=number, add=st.one_of(st.none(), number), remove=st.one_of(st.none(), number))
    def granting(self, by: int | None, who: int, add: int | None, remove: int | None) -> None:
        given, taken = (None if each is None else self.role(each) for each in (add, remove))
        self.gives(by, self.person(who), add=given, remove=taken)

    @rule(by=actors, who=number, back=st.booleans())
    def crowning(self, by: int | None, who: int, back: bool) -> None:
        """Often, because it is what must not go wrong."""
        self.gives(by, self.person(who), add=None if back else ADMINISTRATOR, remove=ADMINISTRATOR if back else None)

    @rule(by=actors, name=st.sampled_from(NAMES), permissions=grants)
    def new_role(self, by: int | None, name: str, permissions: frozenset[str]) -> None:
        self.makes_a_role(by, name, permissions)

    @rule(by=actors, which=number, name=st.sampled_from(NAMES), permissions=grants, stale=seldom)
    def other_role(self, by: int | None, which: int, name: str, permissions: frozenset[str], stale: bool) -> None:
        role, seen = self.seen(which, stale)
        self.acts(
            by,
            lambda actor: self.model.change_role(actor, role, seen=seen, name=name, permissions=permissions),
            lambda subject: self.world.cfg.get(Roles).change(
                subject, role, seen=seen, name=name, description="", permissions=permissions
            ),
        )

    @rule(by=actors, which=number, stale=seldom)
    def role_goes(self, by: int | None, which: int, stale: bool) -> None:
        role, seen = self.seen(which, stale)
        self.acts(
            by,
            lambda actor: self.model.delete_role(actor, role, seen=seen),
            lambda subject: self.world.cfg.get(Roles).delete(subject, role, seen=seen),
        )
        if role not in self.model.roles and role not in self.gone:
            self.gone.append(role)

    @rule(act=st.sampled_from(["join", "join", "leave", "level"]), by=actors, group=number, who=number, level=levels)
    def belonging(self, act: str, by: int | None, group: int, who: int, level: str) -> None:
        place, person = [SYSTEM, *self.model.teams][group % (TEAMS + 1)], self.person(who)
        if act == "join":
            self.joins(by, place, person, level)
        elif act == "leave":
            self.acts(
                by,
                lambda actor: self.model.leave(actor, place, person),
                lambda subject: self.world.groups.remove_member(subject, place, person),
            )
        else:
            self.acts(
                by,
                lambda actor: self.model.set_level(actor, place, person, level),
                lambda subject: self.world.groups.set_level(subject, place, person, level=GroupLevel(level)),
            )

    @rule(who=number, password=st.sampled_from(PASSWORDS), right=st.booleans())
    def signing_in(self, who: int, password: str, right: bool) -> None:
        person = self.person(who)
        self.signs(person, self.model.people[person].password if right else password)

    @rule(act=st.sampled_from(["out", "one", "others", "all", "password"]), by=number, which=number)
    def sessions_end(self, act: str, by: int, which: int) -> None:
        session = self.session(by)
        if not (subject := self.found(session)):
            return
        own = [each for each in self.model.sessions if each.person == session.person and self.model.holds(each)]
        with self.world.unit():
            if act == "out":
                self.world.cfg.get(SignIn).sign_out(subject)
                session.ended = True
            elif act == "one":
                listed = self.world.cfg.get(OwnSessions).of(subject)
                assert len(listed) == len(own)
                chosen = listed[which % len(listed)]
                self.world.cfg.get(OwnSessions).end(subject, chosen.id)
                self.by_hash(chosen.token_hash).ended = True
            elif act == "others":
                self.world.cfg.get(OwnSessions).end_others(subject)
                for each in own:
                    each.ended = each is not session
            elif act == "all":
                self.world.cfg.get(OwnSessions).end_all(subject)
                self.model.people[session.person].generation += 1
            else:
                password = PASSWORDS[which % len(PASSWORDS)]
                entry = self.world.cfg.get(SignIn).change_password(subject, password=password, device="other")
                self.model.set_password(session.person, password)
                self.model.begin(session.person, entry.token)
        self.forget_old_sessions()

    @rule(who=number, password=st.sampled_from(PASSWORDS))
    def password_by_command(self, who: int, password: str) -> None:
        person = self.person(who)
        with self.world.unit():
            self.world.users.set_password("tests", person, password=password)
        self.model.set_password(person, password)

    @rule(by=st.sampled_from(PASSED))
    def time_passes(self, by: timedelta) -> None:
        self.world.clock.now += by
        self.model.now += by
        for person in list(self.model.people)[::2]:  # some come again
            self.signs(person, self.model.people[person].password)

    # ── what always holds ──

    @invariant()
    def there_is_an_active_administrator(self) -> None:
        with self.world.unit():
            found = {user.id for user in self.world.users.all() if self.world.users.is_administrator(user.id)}
        assert found == self.model.administrators()
        assert found

    @invariant()
    def every_session_gives_what_the_rules_say(self) -> None:
        for session in self.model.sessions:
            with self.world.unit():
                subject = self.world.cfg.get(Sessions).subject(session.token, counts=False)
            person = self.model.people[session.person]
            if not self.model.holds(session):
                assert subject is None
                continue
            assert subject is not None
            assert subject.permissions == self.model.may(person.id)
            assert {group: level.value for group, level in subject.groups.items()} == person.groups
            self.doors_are_as_the_permissions_say(subject)

    @invariant()
    def roles_are_as_the_rules_say(self) -> None:
        with self.world.unit():
            boss = self.boss()
            found = {role.id: (role.name, role.allows) for role in self.world.cfg.get(Roles).all(boss)}
            holders = {
                role: {user.id for user in self.world.users.holders(role, most=MOST_PEOPLE)}
                for role in self.model.roles
            }
        assert found == {role.id: (role.name, role.permissions) for role in self.model.roles.values()}
        assert holders == {
            role: {person.id for person in self.model.people.values() if role in person.roles}
            for role in self.model.roles
        }

    def teardown(self) -> None:
        if hasattr(self, "model"):
            assert [event for event in self.world.events() if event["action"].endswith(".damaged")] == []
            self.world.cfg.unit.engine.dispose()

    # ── how it is done ──

    def makes_somebody(self, by: int | None, *, taken: bool, role: UUID | None) -> None:
        email = next(iter(self.emails.values())) if taken else f"p{next(self.addresses)}@example.org"
        how: dict[str, Any] = {"email": email, "first_name": "P", "last_name": "Example", "password": PASSWORDS[0]}
        roles = [role] if role else []
        made = self.acts(
            by,
            lambda actor: self.model.create(actor, taken=taken, role=role),
            lambda subject: self.world.users.create(subject, **how, roles=roles),
        )
        if made is not None:
            self.emails[made.id] = email
            self.model.people[made.id] = Person(made.id, PASSWORDS[0], roles={MEMBER, *roles})

    def makes_a_role(self, by: int | None, name: str, permissions: frozenset[str]) -> None:
        made = self.acts(
            by,
            lambda actor: self.model.create_role(actor, name, permissions),
            lambda subject: self.world.cfg.get(Roles).create(subject, name=name, permissions=permissions),
        )
        if made is not None:
            self.model.roles[made.id] = Role(made.id, name, permissions)

    def gives(self, by: int | None, person: UUID, *, add: UUID | None, remove: UUID | None) -> None:
        how = {"add": [add] if add else [], "remove": [remove] if remove else []}
        self.acts(
            by,
            lambda actor: self.model.change_roles(actor, person, add=add, remove=remove),
            lambda subject: self.world.users.change_roles(subject, person, **how),
        )

    def joins(self, by: int | None, group: UUID, person: UUID, level: str) -> None:
        self.acts(
            by,
            lambda actor: self.model.join(actor, group, person, level),
            lambda subject: self.world.groups.add_member(subject, group, person, level=GroupLevel(level)),
        )

    def signs(self, person: UUID, password: str) -> None:
        token = None
        with self.world.unit(), suppress(WrongPassword):
            entry = self.world.cfg.get(SignIn).sign_in(
                email=self.emails[person], password=password, address="192.0.2.1", device="tests"
            )
            token = entry.token
        assert (token is not None) == self.model.signs_in(person, password)
        if token:
            self.model.begin(person, token)
        self.forget_old_sessions()

    def acts(
        self, by: int | None, expected: Callable[[UUID | None], Answer], act: Callable[[Subject | str], Any]
    ) -> Any:
        """Let a session's person, or a command, do something; fail unless it is answered as the model says.

        A session that does not hold any more finds nobody who could act.
        """
        subject: Subject | str | None = "tests" if by is None else self.found(self.session(by))
        if subject is None:
            return None
        wanted = expected(subject.id if isinstance(subject, Subject) else None)
        result, answer = None, None
        try:
            with self.world.unit():
                result = act(subject)
        except TresorError as error:
            answer = answered(error)
        assert answer == wanted
        return result

    def found(self, session: Session) -> Subject | None:
        """Return who has a session, as a request finds them."""
        expected = self.model.asks(session)
        with self.world.unit():
            subject = self.world.cfg.get(Sessions).subject(session.token)
        assert (subject is not None) == expected
        return subject

    def doors_are_as_the_permissions_say(self, subject: Subject) -> None:
        with self.world.unit():
            try:
                self.world.cfg.get(Roles).all(subject)
                let_in = True
            except Forbidden:
                let_in = False
            mine = {group.id for group in self.world.groups.mine(subject)}
            seen = {group for group in (SYSTEM, *self.model.teams) if self.sees(subject, group)}
        assert let_in == ("role.manage" in self.model.may(subject.id))
        every = {SYSTEM, *self.model.teams} if "group.manage" in self.model.may(subject.id) else set()
        assert mine == self.model.people[subject.id].groups.keys()
        assert seen == every | mine

    def sees(self, subject: Subject, group: UUID) -> bool:
        """Return whether a group's page opens to somebody."""
        with suppress(Refused):
            return self.world.groups.visible(subject, group).id == group
        return False

    def boss(self) -> Subject:
        """Return an administrator as a request finds them, whom no example's session belongs to."""
        return Subject(UUID(int=0), "", "", "", permissions=self.model.permissions)

    def person(self, drawn: int) -> UUID:
        return list(self.model.people)[drawn % len(self.model.people)]

    def role(self, drawn: int) -> UUID:
        """Return a role that there is or was."""
        every = [*self.model.roles, *self.gone]
        return every[-1 - drawn % len(every)]

    def seen(self, drawn: int, stale: bool) -> tuple[UUID, int]:
        """Return a role and the revision that a page of it shows; stale: of one before."""
        role = self.role(drawn)
        revision = self.model.roles[role].revision if role in self.model.roles else 1
        return role, revision - stale

    def session(self, drawn: int) -> Session:
        """Return a session: one that holds, in half of the draws of somebody who has a part of what administrators
        have; seldom any."""
        every = self.model.sessions
        holding = [each for each in every if self.model.holds(each)]
        allowed = {each.person: self.model.may(each.person) for each in holding}
        partly = [each for each in holding if GRANTS[0] in allowed[each.person] != self.model.permissions]
        chosen = every if drawn % 8 == 7 else partly if drawn % 2 else holding
        found = chosen or holding or every
        return found[drawn // 8 % len(found)]

    def by_hash(self, token_hash: bytes) -> Session:
        return next(each for each in self.model.sessions if hashed(each.token) == token_hash)

    def forget_old_sessions(self) -> None:
        """Look at no more than a dozen; those that hold are never forgotten."""
        over = [each for each in self.model.sessions if not self.model.holds(each)]
        for each in over[: max(0, len(self.model.sessions) - MOST_SESSIONS)]:
            self.model.sessions.remove(each)


def test_no_order_of_acts_loses_the_administrators_or_leaves_access(tmp_path: Path, sqlite_template: Path) -> None:
    numbers = itertools.count()

    class Here(Reign):
        @staticmethod
        def fresh() -> World:
            folder = tmp_path / str(next(numbers))
            (folder / "data").mkdir(parents=True)
            shutil.copy(sqlite_template, folder / "data" / "tresor.sqlite3")
            return build_world(folder, {"TRESOR_DATABASE_URL": f"sqlite:///{folder}/data/tresor.sqlite3"})

    run_state_machine_as_test(Here, settings=EXAMPLES)

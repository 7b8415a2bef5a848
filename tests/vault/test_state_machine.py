"""Whatever people do, in any order: what each of them sees and may do is what a plain model of the rules says."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from app.audit.models import AuditRow
from app.credentials import Credentials
from app.credentials.types.login import Login
from app.credentials.types.smtp import SMTP
from app.credentials.values import to_plain
from app.errors import Conflict, Forbidden, Invalid, Refused, TresorError
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.sessions import Sessions
from app.vault.heads import Heads
from app.vault.listing import Overview, Wanted
from app.vault.matching import NoSuchCredential
from app.vault.policy import Level
from app.vault.sharing import Sharing, Wishes
from tests.builders import World, a_login, an_smtp
from tests.vault.conftest import Town
from tests.vault.model import Answer, Kept, Model, Person

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
KINDS: dict[str, type[Credentials]] = {"login": Login, "smtp": SMTP}
PEOPLE, TEAMS = 3, 2
NAMES = ("Alpha", "Beta")
PASSED = (timedelta(seconds=1), timedelta(days=1), timedelta(days=20))
MOST_EARLIER = 3

OWNER, OTHER = "owner", "other"
actors = st.one_of(st.just(OWNER), st.just(OTHER), st.integers(0, PEOPLE - 1))
"""Somebody who owns the secret, somebody else who has it, or anybody."""
whom = st.integers(0, PEOPLE - 1)
which = st.integers(0, 2**16)
where = st.integers(0, TEAMS)
levels = st.sampled_from(["viewer", "editor", "owner", None])
Actor = int | str
ends = st.sampled_from([None, timedelta(days=1), timedelta(days=3), timedelta(0), timedelta(days=-1)])
seldom = st.integers(0, 5).map(lambda number: number == 0)
CHANGES = ("nothing", "name", "public", "password", "server", "all")
kinds = st.sampled_from(["login", "login", "smtp"])


def answered(error: TresorError) -> Answer:
    """Return the word for an error's class."""
    words = {Forbidden: "forbidden", Refused: "refused", Conflict: "conflict", Invalid: "invalid"}
    return next(word for kind, word in words.items() if isinstance(error, kind))


class Years(RuleBasedStateMachine):
    """Some people's years with Tresor. `world` and `earlier` are the same for all examples of one database."""

    world: World
    earlier: dict[UUID, Kept]
    numbers: itertools.count[int]
    admin: Subject

    @initialize()
    def some_people(self) -> None:
        number = next(self.numbers)
        teams = [self.world.group(f"Team {number}-{each}").id for each in range(TEAMS)]
        self.model = Model(self.world.clock(), teams)
        self.places = [SYSTEM, *teams]
        self.tokens: dict[UUID, str] = {}
        self.subjects: dict[UUID, Subject] = {}
        self.lent: set[tuple[str, UUID]] = set()
        for each in range(PEOPLE):
            person = self.world.person(f"p{number}-{each}")
            self.model.people[person.id] = Person(person.id)
        self.ids = list(self.model.people)
        for person_id, group, level in (
            (self.ids[0], SYSTEM, "member"), (self.ids[0], teams[0], "admin"), (self.ids[1], teams[0], "member"),
        ):  # fmt: skip
            assert self.joined(person_id, group, level) is None
        for kind, name in (("smtp", "Alpha"), ("login", "Beta"), ("login", "Alpha")):
            self.creates(0, kind, name)
        for number, (other, level) in enumerate([(1, "viewer"), (1, "editor"), (2, "owner")]):
            if number:
                self.shares(0, number, other, level, None, False)
        self.publishes(0, 1, 1)

    # ── what happens ──

    @rule(act=st.sampled_from(["joins", "leaves", "turns"]), who=whom, group=where, admin=st.booleans())
    def life(self, act: str, who: int, group: int, admin: bool) -> None:
        if act == "joins":
            self.joins(who, group, admin)
        elif act == "leaves":
            self.leaves(who, group)
        else:
            self.is_disabled_or_enabled(who)

    @rule(who=whom, kind=kinds, name=st.sampled_from(NAMES))
    def making(self, who: int, kind: str, name: str) -> None:
        self.creates(who, kind, name)

    @rule(act=st.sampled_from(["opens", "reveals", "looks_at_the_history"]), who=actors, secret=which)
    def looking(self, act: str, who: Actor, secret: int) -> None:
        getattr(self, act)(who, secret)

    @rule(back=seldom, who=actors, secret=which, what=st.sampled_from(CHANGES), number=st.integers(0, 3), stale=seldom)
    def changing(self, back: bool, who: Actor, secret: int, what: str, number: int, stale: bool) -> None:
        if back:
            self.restores_a_version(who, secret, number, stale)
        else:
            self.edits(who, secret, what, stale)

    @rule(who=actors, secret=which, other=whom, level=levels, end=ends, stale=seldom)
    def sharing(
        self, who: Actor, secret: int, other: int, level: str | None, end: timedelta | None, stale: bool
    ) -> None:
        if level and self.ids[other] not in self.one(secret).access:
            self.shares(who, secret, other, level, end, stale)
        elif level and self.one(secret).access[self.ids[other]][0] == level:
            self.sets_an_end(who, secret, other, end)
        else:
            self.changes_a_level(who, secret, other, level, stale)

    @rule(act=st.sampled_from(["publishes", "unticks", "withdraws"]), who=actors, secret=which, group=where)
    def lending(self, act: str, who: Actor, secret: int, group: int) -> None:
        getattr(self, act)(who, secret, group)

    @rule(back=st.booleans(), who=actors, secret=which)
    def throwing_away(self, back: bool, who: Actor, secret: int) -> None:
        if back:
            self.restores(who, secret)
        else:
            self.deletes(who, secret)

    @rule(collect=st.booleans(), who=actors, secret=which, name=st.sampled_from(NAMES))
    def clearing(self, collect: bool, who: Actor, secret: int, name: str) -> None:
        if collect:
            self.the_collector_runs()
        else:
            self.purges(who, secret, name)

    @rule(by=st.sampled_from(PASSED))
    def time_passes(self, by: timedelta) -> None:
        self.world.clock.now += by
        self.model.now += by
        self.tokens.clear()
        self.subjects.clear()

    # ── people, groups, time ──

    def joins(self, who: int, group: int, admin: bool) -> None:
        self.joined(self.ids[who], self.places[group], "admin" if admin else "member")

    def leaves(self, who: int, group: int) -> None:
        person, place = self.ids[who], self.places[group]
        expected = self.model.leave(person, place)
        self.done(expected, lambda: self.world.groups.remove_member("tests", place, person))
        self.subjects.clear()

    def is_disabled_or_enabled(self, who: int) -> None:
        person = self.ids[who]
        self.model.people[person].active = active = not self.model.people[person].active
        change = self.world.users.enable if active else self.world.users.disable
        self.done(None, lambda: change("tests", person))
        self.subjects.clear()

    # ── secrets ──

    def creates(self, who: int, kind: str, name: str) -> None:
        if subject := self.acting(who):
            values = to_plain(self.fresh(kind, name))
            made = self.done(
                self.model.may_create(subject.id, kind),
                lambda: self.world.vault.create(subject, kind, values=values, once=str(uuid4())),
            )
            if isinstance(made, UUID):
                self.model.create(subject.id, kind, made, dict(values))

    def edits(self, who: Actor, secret: int, what: str, stale: bool) -> None:
        kept = self.one(secret)
        if subject := self.acting(who, kept):
            changes = self.changes(kept, what)
            shown = {**kept.versions[-1], "password": "", **changes}
            seen = len(kept.versions) - stale
            self.done(
                self.model.edit(subject.id, kept, seen=seen, changes=changes),
                lambda: self.world.vault.change(subject, kept.id, seen=seen, values=shown, cleared=frozenset()),
            )

    def restores_a_version(self, who: Actor, secret: int, number: int, stale: bool) -> None:
        kept = self.one(secret)
        if subject := self.acting(who, kept):
            seen = len(kept.versions) - stale
            self.done(
                self.model.restore_version(subject.id, kept, number, seen=seen),
                lambda: self.world.vault.restore_version(subject, kept.id, number=number, seen=seen),
            )

    def opens(self, who: Actor, secret: int) -> None:
        kept = self.one(secret)
        if subject := self.acting(who, kept):
            expected = self.model.asks(subject.id, kept, "viewer")
            opened = self.done(expected, lambda: self.world.vault.open(subject, kept.id))
            if expected is None:
                assert opened.level.value == self.model.level(subject.id, kept)
                assert to_plain(opened.credentials) == kept.versions[-1]

    def reveals(self, who: Actor, secret: int) -> None:
        kept = self.one(secret)
        if subject := self.acting(who, kept):
            expected = self.model.asks(subject.id, kept, "viewer")
            value = self.done(expected, lambda: self.world.vault.reveal(subject, kept.id, field="password"))
            assert value == (kept.value if expected is None else None)

    def looks_at_the_history(self, who: Actor, secret: int) -> None:
        kept = self.one(secret)
        if subject := self.acting(who, kept):
            expected = self.model.asks(subject.id, kept, "editor")
            versions = self.done(expected, lambda: self.world.vault.versions(subject, kept.id))
            if expected is None:
                assert [each.number for each in versions] == list(range(len(kept.versions), 0, -1))

    # ── sharing and publishing ──

    def shares(self, who: Actor, secret: int, with_: int, level: str, end: timedelta | None, stale: bool) -> None:
        kept, other = self.one(secret), self.ids[with_]
        if subject := self.acting(who, kept):
            until = None if end is None else self.model.now + end
            wishes = Wishes(add=self.address(other), add_level=Level(level), add_until=until)
            expected = self.model.share(subject.id, kept, other, level, until, stale=stale)
            self.saves(expected, subject, kept, wishes, stale=stale)

    def changes_a_level(self, who: Actor, secret: int, of: int, level: str | None, stale: bool) -> None:
        kept, other = self.one(secret), self.ids[of]
        if subject := self.acting(who, kept):
            wishes = Wishes(levels={other: Level(level) if level else None})
            expected = self.model.change_level(subject.id, kept, other, level, stale=stale)
            self.saves(expected, subject, kept, wishes, stale=stale)

    def sets_an_end(self, who: Actor, secret: int, of: int, end: timedelta | None) -> None:
        kept, other = self.one(secret), self.ids[of]
        if subject := self.acting(who, kept):
            until = None if end is None else self.model.now + end
            expected = self.model.set_end(subject.id, kept, other, until)
            self.saves(expected, subject, kept, Wishes(until={other: until}))

    def publishes(self, who: Actor, secret: int, group: int) -> None:
        kept, place = self.one(secret), self.places[group]
        if subject := self.acting(who, kept):
            wishes = Wishes(shown=frozenset({place}), ticked=frozenset({place}))
            self.saves(self.model.publish(subject.id, kept, place), subject, kept, wishes)

    def unticks(self, who: Actor, secret: int, group: int) -> None:
        kept, place = self.one(secret), self.places[group]
        if subject := self.acting(who, kept):
            self.saves(self.model.untick(subject.id, kept, place), subject, kept, Wishes(shown=frozenset({place})))

    def withdraws(self, who: Actor, secret: int, group: int) -> None:
        kept, place = self.one(secret), self.places[group]
        if subject := self.acting(who, kept):
            self.done(
                self.model.withdraw(subject.id, kept, place),
                lambda: self.world.cfg.get(Sharing).withdraw(subject, kept.id, group=place),
            )

    # ── the trash ──

    def deletes(self, who: Actor, secret: int) -> None:
        kept = self.one(secret)
        if subject := self.acting(who, kept):
            self.done(self.model.delete(subject.id, kept), lambda: self.world.trash.delete(subject, kept.id))

    def restores(self, who: Actor, secret: int) -> None:
        kept = self.one(secret, trashed=True)
        if subject := self.acting(who, kept):
            self.done(self.model.restore(subject.id, kept), lambda: self.world.trash.restore(subject, kept.id))

    def purges(self, who: Actor, secret: int, name: str) -> None:
        kept = self.one(secret, trashed=True)
        if subject := self.acting(who, kept):
            expected = self.model.purge(subject.id, kept, name)
            self.done(expected, lambda: self.world.trash.purge(subject, kept.id, name=name))

    def the_collector_runs(self) -> None:
        gone = self.model.collect()
        mine = set(self.model.secrets)
        assert set(self.world.trash.collect().secrets) & mine == gone

    # ── automations ──

    @rule(kind=kinds, group=where, hint=st.one_of(st.none(), st.sampled_from(NAMES), which), subject=whom)
    def an_automation_asks(self, kind: str, group: int, hint: str | int | None, subject: int) -> None:
        person, place = self.ids[subject], self.places[group]
        named = self.one(hint).id if isinstance(hint, int) and self.model.secrets else hint
        chosen = named if isinstance(named, UUID) else str(named) if named is not None else None
        expected = self.expected_match(kind, place, hint=chosen, subject=person)
        assert self.matched(kind, place, hint=chosen, subject=person) == expected

    @invariant()
    def every_vault_is_as_the_rules_say(self) -> None:
        for number, person in enumerate(self.ids):
            if subject := self.acting(number):
                with self.world.unit():
                    assert self.listed(subject) == self.model.vault(person)
                    assert {head.id for head in self.world.trash.listed(subject)} == self.model.trash(person)

    @invariant()
    def automations_get_what_the_rules_say(self) -> None:
        """Ask wherever there is something or was before this step, and in turn where there should be nothing."""
        every = list(itertools.product(KINDS, self.places))
        expected = {each: self.expected_match(*each) for each in every}
        lent = {each for each in every if expected[each] is not None}
        with self.world.unit():
            for each in sorted(lent | self.lent | {every[next(self.numbers) % len(every)]}):
                assert self.matched(*each) == expected[each]
        self.lent = lent

    def teardown(self) -> None:
        """Leave all secrets to the examples that follow, who know those that mail would use."""
        if hasattr(self, "model"):
            for kept in self.model.secrets.values():
                if SYSTEM in kept.groups and not kept.purged and not kept.deleted_at:
                    self.earlier[kept.id] = kept
            while len(self.earlier) > MOST_EARLIER:
                secret_id, _kept = self.earlier.popitem()
                with self.world.unit():
                    self.world.cfg.get(Sharing).withdraw(self.admin, secret_id, group=SYSTEM)

    # ── how it is asked ──

    def acting(self, who: Actor, kept: Kept | None = None) -> Subject | None:
        """Return this person as their next request finds them; a disabled one has no session and gets nothing."""
        person = self.ids[self.number(who, kept)]
        if person not in self.subjects:
            found = self.signed_in(person)
            assert (found is not None) == self.model.people[person].active
            if found is not None:
                self.subjects[person] = found
        return self.subjects.get(person)

    def number(self, who: Actor, kept: Kept | None) -> int:
        if isinstance(who, int) or kept is None:
            return int(who)
        fitting = [each for each, (level, _) in kept.access.items() if (level == "owner") is (who == OWNER)]
        active = [each for each in fitting if self.model.people[each].active]
        return self.ids.index((active or fitting or self.ids)[0])

    def signed_in(self, person: UUID) -> Subject | None:
        sessions = self.world.cfg.get(Sessions)
        with self.world.unit():
            found = sessions.subject(self.tokens[person]) if person in self.tokens else None
            if found is None and self.model.people[person].active:
                user = self.world.users.get(person)
                assert user is not None
                self.tokens[person] = sessions.begin(user, device="tests")
                found = sessions.subject(self.tokens[person])
        return found

    def done(self, expected: Answer, act: Callable[[], Any]) -> Any:
        """Do it, and fail unless the answer is the expected one."""
        result, answer = None, None
        try:
            with self.world.unit():
                result = act()
        except TresorError as error:
            answer = answered(error)
        assert answer == expected
        return result

    def saves(self, expected: Answer, subject: Subject, kept: Kept, wishes: Wishes, *, stale: bool = False) -> None:
        with self.world.unit():
            head = self.world.cfg.get(Heads).load(kept.id)
        revision = head.revision - stale if head else 1
        use = self.world.cfg.get(Sharing)
        self.done(expected, lambda: use.save(subject, kept.id, revision=revision, wishes=wishes))

    def joined(self, person: UUID, group: UUID, level: str) -> Answer:
        expected = self.model.join(person, group, level)
        self.done(expected, lambda: self.world.groups.add_member("tests", group, person, level=GroupLevel(level)))
        self.subjects.clear()
        return expected

    def one(self, number: int, *, trashed: bool = False) -> Kept:
        every = list(self.model.secrets.values())
        kept = [each for each in every if each.deleted_at] if trashed else every
        return (kept or every)[number % len(kept or every)]

    def fresh(self, kind: str, name: str) -> Credentials:
        password = f"pw-{next(self.numbers)}"
        return an_smtp(name=name, password=password) if kind == "smtp" else a_login(name=name, password=password)

    def changes(self, kept: Kept, what: str) -> dict[str, object]:
        number = next(self.numbers)
        server: dict[str, object] = (
            {"host": f"smtp-{number}.example.org"}
            if kept.kind == "smtp"
            else {"website": f"https://host-{number}.example.org"}
        )
        password: dict[str, object] = {"password": f"pw-{number}"}
        name = NAMES[(NAMES.index(str(kept.name)) + 1) % len(NAMES)]
        found: dict[str, dict[str, object]] = {
            "nothing": {},
            "name": {"name": name},
            "public": {"username": f"user-{number}"},
            "password": password,
            "server": server,
            "all": {**server, **password},
        }
        return found[what]

    def address(self, person: UUID) -> str:
        return next(f"{name}@example.org" for name, each in self.world.known.items() if each == person)

    def listed(self, subject: Subject) -> dict[UUID, tuple[str, str, object]]:
        overview, found, page = self.world.cfg.get(Overview), {}, 1
        while True:
            listing = overview.page(subject, Wanted(page=page))
            found.update({row.id: (row.section, row.level.value, row.name) for row in listing.rows})
            if page == listing.pages:
                assert listing.total == len(found)
                return found
            page += 1

    def matched(self, kind: str, group: UUID, *, hint: UUID | str | None = None, subject: UUID | None = None) -> object:
        match = self.world.handle.use_cases.match
        try:
            found = match(KINDS[kind], group=group, hint=hint, actor="years", subject=subject)
        except NoSuchCredential:
            return None
        return to_plain(found)

    def expected_match(
        self, kind: str, group: UUID, *, hint: UUID | str | None = None, subject: UUID | None = None
    ) -> object:
        found = self.model.match(kind, group, hint=hint, subject=subject)
        allowed = subject is None or self.model.is_active_member(subject, group)
        if group == SYSTEM and allowed:
            earlier = [e for e in self.earlier.values() if e.kind == kind and hint in (None, e.id, e.name)]
            candidates = [*earlier, *([found] if found else [])]
            found = max(candidates, key=lambda each: (each.changed_at, each.id), default=None)
        return found.versions[-1] if found else None


def test_years_of_any_order_keep_to_the_rules(town: Town) -> None:
    class Here(Years):
        pass

    Here.world, Here.earlier, Here.numbers = town, {}, itertools.count()
    Here.admin = town.person("admin", admin=True)
    run_state_machine_as_test(Here, settings=EXAMPLES)
    assert len(town.rows(AuditRow.__tablename__)) > 1000

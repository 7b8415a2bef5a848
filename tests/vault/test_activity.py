"""A secret's activity: people in sentences, automations in one line each, refusals told, and at one price."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import event, insert

from app.audit.models import AuditRow
from app.audit.service import MOST_COUNTED
from app.credentials.types import SMTP, Login
from app.errors import Forbidden, Refused
from app.subject import SYSTEM, Subject
from app.vault.activity import PAGE, Activity, Told, WantedActivity
from tests.builders import World, a_login, an_smtp
from tests.vault.conftest import Town

AUTOMATIONS = WantedActivity(automations=True)


def latest(town: World, subject: Subject, secret: UUID) -> list[Told]:
    with town.unit():
        return town.cfg.get(Activity).latest(subject, secret)


def said(told: list[Told]) -> list[str]:
    return [each.text for each in told]


def test_people_are_sentences_and_each_automation_is_one_line(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    ben = town.person("ben", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(name=f"Of {anna.email}"), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    for minute in range(3):
        town.clock.goes_on(minutes=1)
        actor = "mail" if minute else "reports"
        town.handle.use_cases.match(SMTP, group=SYSTEM, hint=secret, actor=actor)
    town.clock.goes_on(minutes=1)
    with town.unit():
        town.vault.reveal(ben, secret, field="password")
    told = latest(town, anna, secret)
    assert [(each.text, each.note, each.amber) for each in told] == [
        (f"{ben.name} revealed: Password", "", True),
        ("Mail used it", "(system group, 2×)", False),
        ("Reports used it", "(system group, 1×)", False),
        (f"You shared it with {ben.name}", "", False),
        ("You created it", "", False),
    ]
    assert said(latest(town, ben, secret))[0] == "You revealed: Password"


def test_what_was_refused_is_not_told_as_done(town: Town) -> None:
    anna, ben, eve = town.person("anna"), town.person("ben"), town.person("eve")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben)
    stranger, viewer = town.client(eve), town.client(ben)
    for _ in range(3):
        assert stranger.post(f"/vault/{secret}/fields/password/reveal").status_code == 404
    town.clock.goes_on(minutes=2)
    assert stranger.post(f"/vault/{secret}/fields/password/reveal").status_code == 404
    assert viewer.get(f"/vault/{secret}/edit").status_code == 403
    told = latest(town, anna, secret)
    assert [(each.text, each.times, each.amber) for each in told[:2]] == [
        (f"{ben.name} tried more than their level allows and was refused", 1, False),
        (f"{eve.name} tried to open it and was refused", 4, False),
    ]
    assert len(told) == 4


def test_who_is_refused_again_and_again_hides_nobody_else(town: Town) -> None:
    anna, eve = town.person("anna"), town.person("eve")
    secret = town.keep(a_login(), owner=anna)
    stranger = town.client(eve)
    for _ in range(70):
        town.clock.goes_on(minutes=2)
        stranger.get(f"/vault/{secret}")
    assert [(each.text, each.times) for each in latest(town, anna, secret)] == [
        (f"{eve.name} tried to open it and was refused", 60),
        ("You created it", 1),
    ]


def test_the_same_over_and_over_is_one_line(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    for field in ("password", "password", "password"):
        town.clock.goes_on(minutes=1)
        with town.unit():
            town.vault.copy(anna, secret, field=field)
    [copied, created] = latest(town, anna, secret)
    assert (copied.text, copied.times, copied.at) == ("You copied: Password", 3, town.clock.now)
    assert created.text == "You created it"


def test_all_activity_has_pages_of_twenty(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    for _ in range(PAGE + 4):
        with town.unit():
            town.vault.copy(anna, secret, field="password")
    with town.unit():
        pages = [town.cfg.get(Activity).page(anna, secret, WantedActivity(page=number)) for number in (1, 2, 3)]
    assert [(len(each.lines), each.total) for each in pages] == [(PAGE, PAGE + 5), (5, PAGE + 5), (0, PAGE + 5)]
    assert said(list(pages[1].lines))[-1] == "You created it"


def test_automations_have_a_line_each_and_pages_of_what_one_of_them_did(town: Town) -> None:
    anna = town.person("anna")
    team = town.group("Release")
    anna = town.joins(anna, team.id)
    secret = town.keep(a_login(), owner=anna)
    town.publish(secret, owner=anna, group=team.id)
    town.handle.use_cases.match(Login, group=team.id, actor="release-bot", subject=anna)
    town.handle.use_cases.match(Login, group=team.id, actor="release-bot")
    with town.unit():
        activity = town.cfg.get(Activity)
        every = activity.page(anna, secret, AUTOMATIONS)
        one = activity.page(anna, secret, WantedActivity(automations=True, actor="release-bot"))
        unknown = activity.page(anna, secret, WantedActivity(automations=True, actor="mail"))
    assert [(each.actor, each.told.text, each.told.note) for each in every.used] == [
        ("release-bot", "Release-bot used it", f"({team.name}, 2×)")
    ]
    assert said(list(one.lines)) == [f"Version 1 in {team.name}", f"Version 1 in {team.name}, for you"]
    assert (unknown.used, unknown.lines) == (every.used, [])


def test_viewers_and_strangers_see_no_activity(town: Town) -> None:
    anna, ben, eve = town.person("anna"), town.person("ben"), town.person("eve")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben)
    for subject, expected in ((ben, Forbidden), (eve, Refused)):
        with pytest.raises(expected) as refusal, town.unit():
            town.cfg.get(Activity).page(subject, secret, AUTOMATIONS)
        assert type(refusal.value) is expected
    assert town.client(ben).get(f"/vault/{secret}/activity").status_code == 403
    assert town.client(eve).get(f"/vault/{secret}/activity").status_code == 404
    assert "/activity" not in town.client(ben).get(f"/vault/{secret}").text


def test_ten_thousand_uses_cost_no_more_than_a_thousand(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret = town.keep(an_smtp(), owner=anna)
    town.handle.use_cases.match(SMTP, group=SYSTEM, hint=secret, actor="mail")
    with counted_rows(town) as few:
        latest(town, anna, secret)
    used_before(town, secret, 10_000)
    with counted_rows(town) as many:
        told = latest(town, anna, secret)
    assert [(each.text, each.note) for each in told if each.icon == "bot"] == [
        ("Mail used it", f"(system group, more than {MOST_COUNTED:,}×)")
    ]
    assert said(told)[-1] == "You created it"
    assert len(many) == len(few)
    plans = [plan for statement in many for plan in planned(town, *statement)]
    assert [plan for plan in plans if "SCAN audit" in plan or "Seq Scan on audit" in plan] == []


def used_before(town: Town, secret: UUID, times: int) -> None:
    """Put uses between the secret's making and its last use, as another hand would: faster than one by one."""
    [last] = [each for each in town.events("secret.use") if each["object_id"] == secret]
    row = {**last, "detail": f'{{"group":"{SYSTEM}","version":"1"}}'}
    rows = [{**row, "number": 10_000_000 + town.clock.now.microsecond + at} for at in range(times)]
    with town.cfg.unit.engine.connect() as connection:
        connection.execute(insert(AuditRow), rows)
        if not town.cfg.unit.is_sqlite:
            connection.exec_driver_sql("ANALYZE audit")


@contextmanager
def counted_rows(town: Town) -> Iterator[list[tuple[str, object]]]:
    """Keep the statements about the trail that are executed in this block, with what they were given."""
    asked: list[tuple[str, object]] = []

    def keep(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        if "FROM audit" in statement and "object_id" in statement:
            asked.append((statement, parameters))

    engine = town.cfg.unit.engine
    event.listen(engine, "before_cursor_execute", keep)
    yield asked
    event.remove(engine, "before_cursor_execute", keep)


def planned(town: Town, statement: str, parameters: object) -> list[str]:
    """Return how the database finds what a statement asks for."""
    word = "EXPLAIN QUERY PLAN " if town.cfg.unit.is_sqlite else "EXPLAIN "
    with town.cfg.unit.engine.connect() as connection:
        return [str(row) for row in connection.exec_driver_sql(word + statement, parameters)]  # type: ignore[arg-type]

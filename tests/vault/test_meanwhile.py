"""Who acts is judged by what they are when it is stored, not by what they were when the request began."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.credentials.values import to_plain
from app.errors import Forbidden, Invalid, Refused, SignInNeeded
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.sessions import Sessions
from app.vault.sharing import Wishes
from tests.builders import a_login, an_smtp
from tests.vault.conftest import Town
from tests.vault.test_use_cases import CASES, OWNER, WITHDRAWING, a_scene, save, stored

LOOKS = {"secret.reveal", "secret.copy"}
CHANGES = {name: case for name, case in (CASES | WITHDRAWING).items() if case.event and case.event not in LOOKS}


def disabled(town: Town, person: Subject) -> None:
    town.users.disable("tests", person.id)


def signed_out(town: Town, person: Subject) -> None:
    town.cfg.get(Sessions).end(person.session_hash)


def signed_out_everywhere(town: Town, person: Subject) -> None:
    town.users.end_sessions(person)


ENDS = (disabled, signed_out, signed_out_everywhere)
in_each_way = pytest.mark.parametrize("end", ENDS)


@in_each_way
@pytest.mark.parametrize("name", CHANGES)
def test_who_was_shut_out_since_the_request_began_changes_nothing(
    town: Town, name: str, end: Callable[[Town, Subject], None]
) -> None:
    case, scene = CHANGES[name], a_scene(town)
    by = scene.levels[case.least]
    with town.unit():
        if case.trashed:
            town.trash.delete(by, scene.secret)
    with town.unit():
        end(town, by)
    before = stored(town, scene.secret)
    with pytest.raises(SignInNeeded), town.unit():
        case.call(town, by, scene.secret, scene.group)
    assert stored(town, scene.secret) == before


@in_each_way
def test_who_was_shut_out_since_the_request_began_creates_nothing(
    town: Town, end: Callable[[Town, Subject], None]
) -> None:
    anna = town.person("anna")
    with town.unit():
        end(town, anna)
    before = town.sql("SELECT count(*) FROM secret")
    with pytest.raises(SignInNeeded), town.unit():
        town.vault.create(anna, "login", values=to_plain(a_login()))
    assert town.sql("SELECT count(*) FROM secret") == before


def smtp(**changes: Any) -> dict[str, object]:
    return {**to_plain(an_smtp(password="")), **changes}


def test_who_left_the_group_of_a_type_since_the_request_began_stores_nothing_of_it(town: Town) -> None:
    anna = town.person("anna", groups={SYSTEM: "member"})
    secret, trashed = town.keep(an_smtp(), owner=anna), town.keep(an_smtp(), owner=anna)
    with town.unit():
        town.vault.change(anna, secret, seen=1, values=smtp(sender="a@example.org"), cleared=frozenset())
    with town.unit():
        town.trash.delete(anna, trashed)
    town.leaves(anna, SYSTEM)
    acts: list[Callable[[], Any]] = [
        lambda: town.vault.create(anna, "smtp", values=to_plain(an_smtp())),
        lambda: town.vault.change(anna, secret, seen=2, values=smtp(sender="b@example.org"), cleared=frozenset()),
        lambda: town.vault.restore_version(anna, secret, number=1, seen=2),
        lambda: town.trash.restore(anna, trashed),
    ]
    for act in acts:
        with pytest.raises(Forbidden) as refusal, town.unit():
            act()
        assert str(refusal.value) == "This type needs membership of the system group. Ask an administrator."
    assert town.head(secret).version == 2


def test_who_left_a_group_since_the_request_began_publishes_nothing_there(town: Town) -> None:
    team = town.group("Team").id
    anna = town.person("anna", groups={team: "member"})
    secret = town.keep(a_login(), owner=anna)
    town.leaves(anna, team)
    with pytest.raises(Invalid):
        save(town, anna, secret, Wishes(shown=frozenset({team}), ticked=frozenset({team})))


def test_a_group_admin_who_became_a_member_since_the_request_began_withdraws_nothing(town: Town) -> None:
    scene = a_scene(town)
    admin = town.joins(town.person("admin"), scene.group, admin=True)
    town.joins(town.person("other"), scene.group, admin=True)
    with town.unit():
        town.groups.set_level("tests", scene.group, admin.id, level=GroupLevel.MEMBER)
    with pytest.raises(Refused) as refusal, town.unit():
        town.sharing.withdraw(admin, scene.secret, group=scene.group)
    assert type(refusal.value) is Refused
    assert town.head(scene.secret).is_published_in(scene.group)


def test_what_somebody_was_given_since_the_request_began_is_of_no_use_in_it(town: Town) -> None:
    scene = a_scene(town)
    before = town.joins(town.person("late"), scene.group)
    with town.unit():
        town.groups.set_level("tests", scene.group, before.id, level=GroupLevel.ADMIN)
    with pytest.raises(Refused) as refusal, town.unit():
        town.sharing.withdraw(before, scene.secret, group=scene.group)
    assert type(refusal.value) is Refused


def test_a_session_that_is_over_by_time_meanwhile_ends_no_request(town: Town) -> None:
    scene = a_scene(town)
    town.clock.goes_on(days=20)
    with town.unit():
        town.trash.delete(scene.levels[OWNER], scene.secret)
    assert town.head(scene.secret).deleted_at is not None

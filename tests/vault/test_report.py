"""The vault in numbers: by type, without names; what is published without an owner in its group, by their own rows."""

from __future__ import annotations

import pytest
from sqlalchemy import event as on

from app.admin.views import permitted
from app.credentials import Credentials, credential_type, field
from app.errors import Damaged, Forbidden
from app.subject import SYSTEM, Subject
from app.vault.report import Numbers, Report
from tests.builders import World, a_jira, a_login, an_smtp, build_world
from tests.tampering import alter, make_up, take_away


@credential_type("ftp", title="FTP server", description="Gone later on.", logo="server")
class Ftp(Credentials):
    """A type whose package is gone later on."""

    name: str = field("Name")


@pytest.fixture
def admin(world: World) -> Subject:
    return world.person("admin", admin=True)


def numbers(world: World, reader: Subject) -> Numbers:
    with world.unit():
        return world.cfg.get(Report).numbers(reader)


def test_secrets_are_counted_by_type_and_in_the_trash(world: World, admin: Subject) -> None:
    anna = world.person("anna")
    world.keep(a_jira(), owner=anna)
    world.keep(a_login(name="One"), owner=anna)
    gone = world.keep(a_login(name="Two"), owner=anna)
    with world.unit():
        world.trash.delete(anna, gone)
    found = numbers(world, admin)
    assert [(each.id, each.kept, each.trashed, each.damaged) for each in found.types] == [
        ("jira", 1, 0, 0), ("login", 1, 1, 0),
    ]  # fmt: skip


def test_a_type_that_is_not_installed_is_named(
    world: World, admin: Subject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = world.cfg.settings.database_url
    environment = {"TRESOR_DATABASE_URL": url}
    past = build_world(world.folder, environment, types=[Ftp])
    past.keep(Ftp(name="Upload"), owner=past.subject(admin.id))
    past.cfg.unit.engine.dispose()
    (found,) = numbers(world, admin).types
    assert (found.id, found.kind, found.kept) == ("ftp", None, 1)
    card = next(each for each in permitted(world.cfg.site, admin) if each.endpoint == "vault.report")
    with world.unit():
        fact = card.fact() if card.fact else None
    assert fact
    assert (fact.text, fact.look) == ("1 type is not installed", "warn")
    text = world.client(admin).get("/admin/vault").text
    assert "not installed" in text
    assert "Upload" not in text


def test_the_card_says_nothing_when_all_types_are_there(world: World, admin: Subject) -> None:
    world.keep(a_jira(), owner=admin)
    with world.unit():
        assert world.cfg.get(Report).missing_types() == []


def test_what_was_seen_damaged_is_counted_as_long_as_it_is_there(world: World, admin: Subject) -> None:
    anna = world.person("anna")
    secret = world.keep(a_jira(name="Board"), owner=anna)
    assert numbers(world, admin).damaged_at is None
    alter(world, "secret", {"id": secret}, version=9)
    with pytest.raises(Damaged), world.unit():
        world.vault.open(anna, secret)
    world.client(anna).get(f"/vault/{secret}")
    found = numbers(world, admin)
    assert [(each.id, each.damaged) for each in found.types] == [("jira", 1)]
    assert found.damaged_at == world.clock()
    page = world.client(admin).get("/admin/vault").text
    assert "1 secret was found damaged." in page
    assert "Board" not in page
    for table in ("version", "access", "publication"):
        take_away(world, table, secret=secret)
    take_away(world, "secret", id=secret)
    assert numbers(world, admin).damaged_at is None


def ownerless(world: World, admin: Subject) -> list[tuple[str, str, list[str]]]:
    return [
        (each.type_id, each.group.name, [o.first_name for o in each.owners]) for each in numbers(world, admin).ownerless
    ]


def test_a_published_secret_whose_owner_left_the_group_is_named_by_type_group_and_owner(
    world: World, admin: Subject
) -> None:
    group = world.group("Operations").id
    anna = world.joins(world.person("anna"), group)
    secret = world.keep(a_jira(name="Board"), owner=anna)
    world.publish(secret, owner=anna, group=group)
    assert ownerless(world, admin) == []
    anna = world.leaves(anna, group)
    assert ownerless(world, admin) == [("jira", "Operations", ["Anna"])]
    page = world.client(admin).get("/admin/vault").text
    assert "Operations" in page
    assert "Anna Example" in page
    assert "Board" not in page
    ben = world.joins(world.person("ben"), group)
    world.share(secret, owner=anna, to=ben, level="editor")
    assert ownerless(world, admin) == [("jira", "Operations", ["Anna"])]
    world.share(secret, owner=anna, to=world.joins(world.person("cleo"), group), level="owner")
    assert ownerless(world, admin) == []


def test_a_disabled_owner_is_none_and_the_trash_does_not_count(world: World, admin: Subject) -> None:
    anna = world.joins(world.person("anna"), SYSTEM)
    mail = world.keep(an_smtp(), owner=anna)
    with world.unit():
        world.users.disable("tests", anna.id)
    assert ownerless(world, admin) == [("smtp", "System group", ["Anna"])]
    with world.unit():
        world.users.enable("tests", anna.id)
    with world.unit():
        world.trash.delete(world.subject(anna.id), mail)
    with world.unit():
        world.users.disable("tests", anna.id)
    assert ownerless(world, admin) == []


def test_rows_that_find_convince_nobody(world: World, admin: Subject) -> None:
    group, other = world.group("Operations").id, world.group("Other").id
    anna = world.joins(world.person("anna"), group)
    secret = world.keep(a_jira(), owner=anna)
    world.publish(secret, owner=anna, group=group)
    take_away(world, "membership", user=anna.id, group=group)
    assert ownerless(world, admin) == []
    make_up(
        world,
        "publication",
        secret=secret,
        group=other,
        type="jira",
        changed_at=world.clock(),
        by=anna.id,
        at=world.clock(),
    )
    assert ownerless(world, admin) == []


def test_a_member_is_told_nothing(world: World) -> None:
    anna = world.person("anna")
    world.keep(a_jira(), owner=anna)
    answer = world.client(anna).get("/admin/vault")
    assert answer.status_code == 403
    assert "Jira" not in answer.text
    with pytest.raises(Forbidden):
        numbers(world, anna)


def test_no_blob_is_read(world: World, admin: Subject) -> None:
    group = world.group("Operations").id
    anna = world.joins(world.person("anna"), group)
    secret = world.keep(a_jira(), owner=anna)
    world.publish(secret, owner=anna, group=group)
    world.leaves(anna, group)
    for name in list(world.store.list()):
        world.store.delete(name.name if hasattr(name, "name") else name)
    statements: list[str] = []
    on.listen(
        world.cfg.unit.engine, "before_cursor_execute", lambda _c, _r, statement, *_: statements.append(statement)
    )
    assert len(numbers(world, admin).ownerless) == 1
    assert [each for each in statements if "FROM version" in each] == []

"""The commands about groups."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import click

from app.database import Unit
from app.errors import Invalid
from app.groups.service import Groups
from app.subject import GroupLevel
from app.users.cli import ACTOR
from app.users.service import Users
from app.web.commands import command_unit


class Joining:
    """Lets `users create` name groups; fills users.CommandGroups."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def joining(self, name: str) -> Callable[[UUID], None]:
        """Return what makes a person a member of the group with that name. Raises Invalid."""
        group = self._groups.named(name)
        return lambda user_id: self._groups.add_member(ACTOR, group.id, user_id)


def groups_commands(unit: Unit, groups: Groups, users: Users) -> click.Group:
    """Return the group `groups`."""

    @click.group("groups")
    def commands() -> None:
        """Groups: create, list, members. The system group is `system`."""

    @commands.command()
    @click.argument("name")
    @click.option("--description", default="", help="What the group is for.")
    def create(name: str, description: str) -> None:
        """Create a team."""
        with command_unit(unit):
            group = groups.create(ACTOR, name=name, description=description)
        click.echo(f"{group.name}: created")

    @commands.command("add-member")
    @click.argument("group_name", metavar="GROUP")
    @click.argument("email")
    @click.option("--admin", is_flag=True, help="As group admin; the system group has none.")
    def add_member(group_name: str, email: str, admin: bool) -> None:
        """Make an active person a member of a group."""
        with command_unit(unit):
            level = GroupLevel.ADMIN if admin else GroupLevel.MEMBER
            groups.add_member(ACTOR, groups.named(group_name).id, _person(users, email), level=level)
        click.echo(f"{email}: {level.value} of {group_name}")

    @commands.command("remove-member")
    @click.argument("group_name", metavar="GROUP")
    @click.argument("email")
    def remove_member(group_name: str, email: str) -> None:
        """End a membership; what the person published stays."""
        with command_unit(unit):
            groups.remove_member(ACTOR, groups.named(group_name).id, _person(users, email))
        click.echo(f"{email}: no longer in {group_name}")

    @commands.command("members")
    @click.argument("group_name", metavar="GROUP")
    def list_members(group_name: str) -> None:
        """List who belongs to a group."""
        with command_unit(unit):
            found = users.members(groups.named(group_name).id)
        for user, level in found:
            click.echo(f"{user.email}\t{level.value}{'' if user.active else f', {user.status}'}")

    @commands.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def list_all(as_json: bool) -> None:
        """List all groups."""
        with command_unit(unit):
            found = groups.all()
            counts = groups.counts([group.id for group in found])
        rows = [
            {"id": str(each.id), "name": each.name, "system": each.system, "members": counts[each.id]} for each in found
        ]
        if as_json:
            click.echo(json.dumps(rows))
            return
        for row in rows:
            click.echo(f"{row['name']}\t{row['members']} members\t{'system' if row['system'] else 'team'}")

    return commands


def _person(users: Users, email: str) -> UUID:
    user = users.find(email)
    if user is None:
        raise Invalid(f"nobody has the address {email}")
    return user.id

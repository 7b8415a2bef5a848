"""The commands about people."""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import UUID

import click

from app.database import Unit
from app.errors import Invalid
from app.users.ports import CommandGroups
from app.users.service import User, Users
from app.users.settling import Settling
from app.web.commands import command_unit

ACTOR = "command-line"

password_stdin = click.option(
    "--password-stdin",
    is_flag=True,
    required=True,
    expose_value=False,
    help="Read the password from standard input.",
)


def users_commands(unit: Unit, users: Users, groups: list[CommandGroups], settling: Settling) -> click.Group:
    """Return the group `users`."""

    @click.group("users")
    def commands() -> None:
        """People: create, list, disable, enable, password, roles."""

    @commands.command()
    @click.argument("email")
    @click.option("--first-name", default="", help="As pages show it.")
    @click.option("--last-name", default="", help="As pages show it.")
    @click.option("--role", "roles", multiple=True, help="Beside Member; may be given again.")
    @click.option("--group", "group_names", multiple=True, help="A group to become a member of; may be given again.")
    @password_stdin
    @click.option("--if-missing", is_flag=True, help="Do nothing if somebody has this address.")
    def create(
        email: str,
        first_name: str,
        last_name: str,
        roles: tuple[str, ...],
        group_names: tuple[str, ...],
        if_missing: bool,
    ) -> None:
        """Create an active person."""
        with command_unit(unit):
            if if_missing and users.find(email):
                click.echo(f"{email}: exists already")
                return
            role_ids = [users.role_named(name) for name in roles]
            join = [port.joining(name) for name in group_names for port in groups]
            user = users.create(
                ACTOR,
                email=email,
                first_name=first_name,
                last_name=last_name,
                password=read_password(),
                roles=role_ids,
            )
            for each in join:  # in the transaction that `create` began
                each(user.id)
            click.echo(f"{user.email}: created")

    @commands.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def list_all(as_json: bool) -> None:
        """List everybody."""
        with command_unit(unit):
            names = users.role_names()
            rows = [_shown(user, names) for user in users.all()]
        if as_json:
            click.echo(json.dumps(rows))
            return
        for row in rows:
            click.echo(f"{row['email']}\t{row['name']}\t{row['status']}\t{', '.join(row['roles'])}")

    @commands.command()
    @click.argument("email")
    def disable(email: str) -> None:
        """End a person's access."""
        with command_unit(unit):
            user = _named(users, email)
            users.disable(ACTOR, user.id)
            alone = settling.alone_count(user)
        click.echo(f"{email}: disabled")
        if alone:
            whose = "1 secret has" if alone == 1 else f"{alone} secrets have"
            click.echo(f"{whose} no other active owner. An administrator hands over or deletes: /admin/users/{user.id}")

    @commands.command()
    @click.argument("email")
    def enable(email: str) -> None:
        """Let a disabled person in again."""
        with command_unit(unit):
            users.enable(ACTOR, _named(users, email).id)
        click.echo(f"{email}: enabled")

    @commands.command()
    @click.argument("email")
    @password_stdin
    def password(email: str) -> None:
        """Set another password; all sessions end."""
        with command_unit(unit):
            users.set_password(ACTOR, _named(users, email).id, password=read_password())
        click.echo(f"{email}: password set")

    @commands.command()
    @click.argument("email")
    @click.option("--add", multiple=True, help="A role by its name; may be given again.")
    @click.option("--remove", multiple=True, help="A role by its name; may be given again.")
    def role(email: str, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
        """Add and remove roles."""
        with command_unit(unit):
            user = _named(users, email)
            users.change_roles(
                ACTOR,
                user.id,
                add=[users.role_named(name) for name in add],
                remove=[users.role_named(name) for name in remove],
            )
        click.echo(f"{email}: roles changed")

    return commands


def read_password() -> str:
    """Return the first line of standard input."""
    return sys.stdin.readline().rstrip("\r\n")


def _named(users: Users, email: str) -> User:
    user = users.find(email)
    if user is None:
        raise Invalid(f"nobody has the address {email}")
    return user


def _shown(user: User, roles: dict[UUID, str]) -> dict[str, Any]:
    names = [roles[role] for role in user.account.roles if role in roles]
    return {"email": user.email, "name": user.name, "status": user.status, "roles": names, "id": str(user.id)}

"""The `tresor` command: the same commands as `flask --app wsgi`, and `serve`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup, with_appcontext

from app.settings import CHECKOUT
from app.users.system import UserManagement
from app.web.boundary import TresorFlask
from app.web.commands import said_in_a_line

SOURCES = ("app", "config", "static", "templates", "wsgi.py")
"""What a server that reloads watches; not the checkout, where its own data lies."""

SERVED_AS = ("--interface", "asginl", "--no-ws", "--http", "1")
"""How the server speaks to app.web.serving. HTTP/2 would let one connection hold hundreds of bodies."""


def create_app() -> Flask:
    """Return the app of wsgi.py, the composition root."""
    sys.path.insert(0, str(CHECKOUT))
    from wsgi import app  # it stands above this package and is built only when a command runs

    return app


@click.group("db")
def db() -> None:
    """The database's schema."""


@db.command()
@with_appcontext
def upgrade() -> None:
    """Create or migrate the schema."""
    from app.migrations.running import upgrade as run  # Alembic is slow to import

    with said_in_a_line():
        run(_site_app().site.unit.engine)
    click.echo("the schema is up to date")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--workers", default=2, show_default=True, help="How many processes answer.")
@click.option("--reload", is_flag=True, help="Start anew when a file changes.")
@with_appcontext
def serve(host: str, port: int, workers: int, reload: bool) -> None:
    """Migrate, check what serving needs, print the set-up link, serve."""
    from app.migrations.running import upgrade as run  # Alembic is slow to import

    site = _site_app().site
    with said_in_a_line():
        run(site.unit.engine)
        site.unit.prepare()
        link = site.get(UserManagement).setup_link()
    click.echo(f"Tresor: {site.settings.server.base_url}")
    if link:
        click.echo(f"Create the administrator: {link}")
    sys.stdout.flush()
    site.unit.engine.dispose()
    arguments = [*SERVED_AS, "--host", host, "--port", str(port), "--workers", str(workers)]
    # a worker that is told to end while it still starts does not hear it, and would be waited for without end
    arguments += ["--workers-kill-timeout", "3" if reload else "10"]
    arguments += ["--log-level", "warning", *(_reloading() if reload else []), "wsgi:served"]
    granian = Path(sys.executable).with_name("granian")
    path = os.pathsep.join([str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])  # where wsgi.py lies
    os.execve(granian, [str(granian), *arguments], {**os.environ, "PYTHONPATH": path})  # noqa: S606  # no shell


def _reloading() -> list[str]:
    """Return what lets the server start anew when a source changes; a broken one does not end it."""
    watched = [argument for name in SOURCES for argument in ("--reload-paths", str(CHECKOUT / name))]
    return ["--reload", "--reload-ignore-worker-failure", *watched]


def commands(app: Flask) -> None:
    """Add the commands that touch every system, for wsgi.py."""
    app.cli.add_command(db)
    app.cli.add_command(serve)


def main() -> None:
    """Run a command; what is wrong with the installation is said in a line each, with exit status 2."""
    group = FlaskGroup(create_app=create_app, add_version_option=False, load_dotenv=False, add_default_commands=False)
    group.main(prog_name="tresor")


def _site_app() -> TresorFlask:
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the app behind Flask's proxy
    assert isinstance(app, TresorFlask)
    return app


if __name__ == "__main__":
    main()

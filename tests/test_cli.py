"""The commands: what they do, how they end, what they say when something is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from app.database import SCHEMA, create_database
from app.keys.keyrings import Keyrings
from app.migrations.running import upgrade
from app.subject import SYSTEM
from tests.builders import CHEAP, PASSWORD, World, a_jira
from tests.processes import answers, free_port, running, wait_for
from tests.services import ROOT

Run = Callable[..., Result]


@pytest.fixture
def run(world: World) -> Run:
    """Run a command of this world: run("users", "list")."""

    def invoke(*words: str, given: str | bytes = "") -> Result:
        return world.app.test_cli_runner().invoke(args=words, input=given, prog_name="tresor")

    return invoke


def ended(result: Result) -> tuple[int, str, str]:
    """Return exit status, output, errors; what was unexpected is raised."""
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def create(run: Run, email: str, *more: str, password: str = PASSWORD) -> Result:
    return run("users", "create", email, "--password-stdin", *more, given=password + "\n")


# ── users ──


def test_creating_a_person_makes_them_active_with_the_role_member(run: Run, world: World) -> None:
    made = create(run, " Anna@Example.ORG ", "--first-name", "Anna", "--last-name", "Ärmel")
    assert ended(made) == (0, "Anna@example.org: created\n", "")
    (row,) = json.loads(run("users", "list", "--json").stdout)
    assert {**row, "id": ""} == {
        "email": "Anna@example.org", "name": "Anna Ärmel", "status": "active", "roles": ["Member"], "id": "",
    }  # fmt: skip
    assert [(event["actor"], event["subject"]) for event in world.events("user.create")] == [("command-line", None)]


def test_a_person_from_the_command_line_can_sign_in(run: Run, world: World) -> None:
    create(run, "anna@example.org")
    browser = world.client()
    answer = browser.post("/login", email="anna@example.org", password=PASSWORD)
    assert (answer.status_code, browser.get("/vault").status_code) == (303, 200)


def test_an_address_that_is_taken_is_refused_unless_told_to_pass(run: Run) -> None:
    create(run, "anna@example.org")
    assert ended(create(run, "ANNA@example.org")) == (1, "", "Error: Somebody with this address exists already.\n")
    assert ended(create(run, "ANNA@example.org", "--if-missing")) == (0, "ANNA@example.org: exists already\n", "")
    assert len(json.loads(run("users", "list", "--json").stdout)) == 1


def test_roles_and_groups_are_given_at_once_or_nothing_is(run: Run, world: World) -> None:
    world.group("Support")
    refused = create(run, "anna@example.org", "--group", "Support", "--group", "Nowhere")
    assert ended(refused) == (1, "", "Error: There is no group named Nowhere.\n")
    refused = create(run, "anna@example.org", "--role", "Overlord")
    assert ended(refused) == (1, "", "Error: There is no role named Overlord.\n")
    assert json.loads(run("users", "list", "--json").stdout) == []
    made = create(run, "anna@example.org", "--role", "administrator", "--group", "support", "--group", "system")
    assert made.exit_code == 0
    (row,) = json.loads(run("users", "list", "--json").stdout)
    assert row["roles"] == ["Member", "Administrator"]
    counts = {row["name"]: row["members"] for row in json.loads(run("groups", "list", "--json").stdout)}
    assert counts == {"System group": 1, "Support": 1}


def test_a_group_named_twice_undoes_the_person(run: Run, world: World) -> None:
    refused = create(run, "anna@example.org", "--group", "system", "--group", "system")
    assert ended(refused) == (1, "", "Error: anna@example.org is a member already.\n")
    assert world.rows("user") == []


BREAKS_A_RULE = [
    ("anna", PASSWORD, "Enter an email address, such as anna@example.org"),
    ("anna@example.org", "short", "At least 15 characters."),
    ("anna@example.org", "", "At least 15 characters."),
    ("anna@example.org", "x" * 257, "At most 256 characters."),
    (
        "anna@example.org",
        "anna@example.org",
        "Too close to your name or address. Take words that have nothing to do with you.",
    ),
    (
        "anna@example.org",
        "password12345678",
        "It is among the first that are guessed. Take several words that do not belong together.",
    ),
]


def test_what_breaks_a_rule_is_said_in_a_line(run: Run) -> None:
    for email, password, line in BREAKS_A_RULE:
        assert ended(create(run, email, password=password)) == (1, "", f"Error: {line}\n")


def test_bytes_that_are_no_text_are_no_password(run: Run, world: World) -> None:
    result = run("users", "create", "anna@example.org", "--password-stdin", given=b"\xff\xfe" * 20 + b"\n")
    assert result.exit_code == 1
    assert world.rows("user") == []


def test_the_password_is_the_first_line(run: Run, world: World) -> None:
    for number, ending in enumerate(["", "\n", "\r\n", "\nsecond line\n"]):
        email = f"anna{number}@example.org"
        run("users", "create", email, "--password-stdin", given=PASSWORD + ending)
        assert world.client().post("/login", email=email, password=PASSWORD).status_code == 303


def test_no_password_is_taken_from_the_command_line(run: Run) -> None:
    result = run("users", "create", "anna@example.org")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Missing option '--password-stdin'" in result.stderr


def test_disabling_ends_a_persons_access_and_enabling_restores_it(run: Run, world: World) -> None:
    create(run, "anna@example.org")
    browser = world.client()
    browser.post("/login", email="anna@example.org", password=PASSWORD)
    assert ended(run("users", "disable", "anna@example.org")) == (0, "anna@example.org: disabled\n", "")
    assert browser.get("/vault").status_code == 303
    assert browser.post("/login", email="anna@example.org", password=PASSWORD).status_code == 422
    assert ended(run("users", "enable", "anna@example.org")) == (0, "anna@example.org: enabled\n", "")
    assert browser.get("/vault").status_code == 303
    assert browser.post("/login", email="anna@example.org", password=PASSWORD).status_code == 303


def test_another_password_ends_all_sessions(run: Run, world: World) -> None:
    create(run, "anna@example.org")
    browser = world.client()
    browser.post("/login", email="anna@example.org", password=PASSWORD)
    changed = run("users", "password", "anna@example.org", "--password-stdin", given="another-horse-battery\n")
    assert ended(changed) == (0, "anna@example.org: password set\n", "")
    assert browser.get("/vault").status_code == 303
    assert browser.post("/login", email="anna@example.org", password=PASSWORD).status_code == 422
    assert browser.post("/login", email="anna@example.org", password="another-horse-battery").status_code == 303


def test_roles_come_and_go(run: Run) -> None:
    create(run, "anna@example.org", "--role", "Administrator")
    create(run, "ben@example.org")
    added = run("users", "role", "ben@example.org", "--add", "Administrator")
    assert ended(added) == (0, "ben@example.org: roles changed\n", "")
    removed = run("users", "role", "anna@example.org", "--remove", "ADMINISTRATOR")
    assert ended(removed) == (0, "anna@example.org: roles changed\n", "")
    rows = json.loads(run("users", "list", "--json").stdout)
    assert {row["email"]: row["roles"] for row in rows} == {
        "anna@example.org": ["Member"],
        "ben@example.org": ["Member", "Administrator"],
    }


LAST = "Error: This is the last active administrator. Make somebody else administrator first.\n"


def test_the_last_active_administrator_stays(run: Run) -> None:
    create(run, "anna@example.org", "--role", "Administrator")
    create(run, "ben@example.org", "--role", "Administrator")
    run("users", "disable", "ben@example.org")
    assert ended(run("users", "disable", "anna@example.org")) == (1, "", LAST)
    assert ended(run("users", "role", "anna@example.org", "--remove", "Administrator")) == (1, "", LAST)
    run("users", "enable", "ben@example.org")
    assert run("users", "disable", "anna@example.org").exit_code == 0


def test_the_role_member_stays(run: Run) -> None:
    create(run, "anna@example.org")
    refused = run("users", "role", "anna@example.org", "--remove", "Member")
    assert ended(refused) == (1, "", "Error: Everybody has the role Member.\n")


def test_nobodys_address_is_named(run: Run) -> None:
    for words in (
        ("users", "disable"), ("users", "enable"), ("users", "password", "--password-stdin"), ("users", "role"),
        ("groups", "add-member", "system"), ("groups", "remove-member", "system"),
    ):  # fmt: skip
        answer = ended(run(*words, "nobody@example.org", given=PASSWORD))
        assert answer == (1, "", "Error: nobody has the address nobody@example.org\n")


def test_lists_are_lines_without_json(run: Run, world: World) -> None:
    create(run, "anna@example.org", "--first-name", "Anna", "--role", "Administrator", "--group", "system")
    assert ended(run("users", "list")) == (0, "anna@example.org\tAnna\tactive\tMember, Administrator\n", "")
    assert ended(run("groups", "list")) == (0, "System group\t1 members\tsystem\n", "")


# ── groups ──


def test_groups_are_created_filled_and_emptied(run: Run, world: World) -> None:
    create(run, "anna@example.org")
    assert ended(run("groups", "create", "Support", "--description", "Helps")) == (0, "Support: created\n", "")
    added = run("groups", "add-member", "support", "anna@example.org", "--admin")
    assert ended(added) == (0, "anna@example.org: admin of support\n", "")
    refused = run("groups", "add-member", "Support", "anna@example.org")
    assert ended(refused) == (1, "", "Error: anna@example.org is a member already.\n")
    refused = run("groups", "remove-member", "Support", "anna@example.org")
    assert ended(refused) == (1, "", "Error: A group keeps at least one admin.\n")
    create(run, "ben@example.org", "--group", "Support")
    removed = run("groups", "remove-member", "Support", "ben@example.org")
    assert ended(removed) == (0, "ben@example.org: no longer in Support\n", "")
    refused = run("groups", "remove-member", "Support", "ben@example.org")
    assert ended(refused) == (1, "", "Error: This person is not a member.\n")
    rows = json.loads(run("groups", "list", "--json").stdout)
    assert [{**row, "id": ""} for row in rows] == [
        {"id": "", "name": "System group", "system": True, "members": 0},
        {"id": "", "name": "Support", "system": False, "members": 1},
    ]
    assert rows[0]["id"] == str(SYSTEM)


def test_the_system_group_has_members_only(run: Run) -> None:
    create(run, "anna@example.org")
    refused = run("groups", "add-member", "system", "anna@example.org", "--admin")
    assert ended(refused) == (1, "", "Error: The system group has members only, no admins.\n")
    assert run("groups", "add-member", "system", "anna@example.org").exit_code == 0
    assert run("groups", "remove-member", "system", "anna@example.org").exit_code == 0


def test_a_group_has_a_name_that_can_be_read(run: Run) -> None:
    for name in ("", "   ", "x" * 101):
        assert ended(run("groups", "create", name)) == (1, "", "Error: A name has 1 to 100 letters.\n")
    unseen = "Error: A name holds only what can be seen: no control characters, no invisible ones.\n"
    for name in ("a\nb", "Sup\u202eport"):
        assert ended(run("groups", "create", name)) == (1, "", unseen)


def test_a_group_has_a_name_of_its_own(run: Run) -> None:
    run("groups", "create", "support")
    for name in ("Support", "SUPPORT ", "\uff33upport"):
        assert ended(run("groups", "create", name)) == (1, "", "Error: There is a group with this name already.\n")
    for name in ("System", "system", "SYSTEM group", "Systemgruppe"):
        refused = (1, "", "Error: This looks like the system group. Choose another name.\n")
        assert ended(run("groups", "create", name)) == refused


def test_the_members_of_a_group_are_listed(run: Run) -> None:
    create(run, "anna@example.org")
    create(run, "ben@example.org")
    run("groups", "create", "support")
    run("groups", "add-member", "support", "anna@example.org", "--admin")
    run("groups", "add-member", "support", "ben@example.org")
    run("users", "disable", "ben@example.org")
    listed = run("groups", "members", "support").output.splitlines()
    assert sorted(listed) == ["anna@example.org\tadmin", "ben@example.org\tmember, disabled"]


def test_a_disabled_person_joins_no_group(run: Run) -> None:
    create(run, "anna@example.org")
    run("users", "disable", "anna@example.org")
    refused = run("groups", "add-member", "system", "anna@example.org")
    assert ended(refused) == (1, "", "Error: Only active people can become members.\n")


# ── vault and audit ──


def test_an_intact_vault_verifies(run: Run, world: World) -> None:
    world.keep(a_jira(), owner=world.person("anna"))
    assert ended(run("vault", "verify")) == (0, "1 secrets, 0 damaged\n", "")
    status, out, _errors = ended(run("vault", "verify", "--all", "--json"))
    assert (status, json.loads(out)) == (0, {"secrets": 1, "damaged": 0, "findings": []})


def test_a_damaged_secret_is_named_with_exit_status_1(run: Run, world: World) -> None:
    secret = world.keep(a_jira(), owner=world.person("anna"))
    (blob,) = world.store.list()
    world.store.delete(blob.name)
    status, out, errors = ended(run("vault", "verify"))
    assert (status, out.splitlines()[-1], errors) == (1, "1 secrets, 1 damaged", "")
    assert str(secret) in out
    status, out, _errors = ended(run("vault", "verify", "--json"))
    assert (status, [row["id"] for row in json.loads(out)["findings"]]) == (1, [str(secret)])


def test_expired_trash_is_shown_then_collected(run: Run, world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_jira(), owner=anna)
    with world.unit():
        world.trash.delete(anna, secret)
    world.clock.goes_on(days=31)
    assert ended(run("vault", "collect", "--dry-run"))[1].startswith("1 secrets would go")
    assert len(world.rows("secret")) == 1
    status, out, _errors = ended(run("vault", "collect", "--json"))
    assert (status, json.loads(out)["secrets"]) == (0, [str(secret)])
    assert world.rows("secret") == []


def test_an_intact_trail_verifies(run: Run, world: World) -> None:
    world.person("anna")
    count = len(world.events())
    assert ended(run("audit", "verify")) == (0, f"{count} events, 0 broken, 0 cut off\n", "")
    told = {"events": count + 1, "broken": [], "ahead": []}  # the first check is an event
    assert json.loads(run("audit", "verify", "--json").stdout) == told


def test_an_altered_event_is_named_with_exit_status_1(run: Run, world: World) -> None:
    world.person("anna")
    count = len(world.events())
    world.sql("UPDATE audit SET action = 'nothing' WHERE number = 2")
    assert ended(run("audit", "verify")) == (
        1, f"event 2: missing or altered\n{count} events, 1 broken, 0 cut off\n", "",
    )  # fmt: skip
    status, out, _errors = ended(run("audit", "verify", "--json"))
    assert (status, json.loads(out)["broken"]) == (1, [2])


# ── set-up link ──


def test_the_link_is_the_same_each_time_until_set_up(run: Run, world: World) -> None:
    status, link, errors = ended(run("setup-link"))
    assert (status, errors) == (0, "")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/setup/[0-9a-f]{64}\n", link)
    assert run("setup-link").stdout == link
    create(run, "ben@example.org")
    assert run("setup-link").stdout == link
    create(run, "anna@example.org", "--role", "Administrator")
    assert ended(run("setup-link")) == (0, "set up already\n", "")
    assert world.client().get(link.strip().removeprefix("http://127.0.0.1:8000")).status_code == 404


def test_making_somebody_administrator_counts_as_set_up(run: Run, world: World) -> None:
    create(run, "anna@example.org")
    run("users", "role", "anna@example.org", "--add", "Administrator")
    assert ended(run("setup-link")) == (0, "set up already\n", "")
    assert world.cfg.get(Keyrings).current.set_up is True


# ── all of them ──

TREE = {
    "users": ["create", "disable", "enable", "list", "password", "role"],
    "groups": ["add-member", "create", "list", "remove-member"],
    "vault": ["collect", "verify"],
    "audit": ["verify"],
    "setup-link": [],
}


def commands_of(group: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    yield name, group
    for each, command in getattr(group, "commands", {}).items():
        yield from commands_of(command, f"{name} {each}".strip())


def test_every_command_and_option_explains_itself(world: World) -> None:
    found = {name: command for name, command in commands_of(world.app.cli) if name}
    assert {name for names in TREE for name in [names, *(f"{names} {each}" for each in TREE[names])]} <= found.keys()
    assert [name for name, command in found.items() if not command.help] == []
    silent = [
        f"{name} {option.name}"
        for name, command in found.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_help_is_shown_for_every_command(run: Run, world: World) -> None:
    for name, _command in commands_of(world.app.cli):
        status, out, errors = ended(run(*name.split(), "--help"))
        assert (status, errors, out.startswith(f"Usage: tresor {name}".strip())) == (0, "", True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_call_ends_with_2(run: Run) -> None:
    for words in (
        ("nothing",), ("users", "nothing"), ("users", "list", "more"), ("users", "disable"),
        ("vault", "verify", "--nothing"),
    ):  # fmt: skip
        result = run(*words)
        assert (result.exit_code, result.stdout, "Traceback" in result.stderr) == (2, "", False)


# ── as processes ──


@dataclass(frozen=True)
class Terminal:
    """A shell in which Tresor's settings are set."""

    program: tuple[str, ...]
    environment: dict[str, str]

    def __call__(self, *words: str, given: str = "", **settings: str) -> tuple[int, str, str]:
        """Run a command; return exit status, output and errors."""
        done = subprocess.run(
            [*self.program, *words], cwd=ROOT, env={**self.environment, **settings}, input=given, text=True,
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr


TRESOR = (sys.executable, "-m", "app.cli")
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")


def a_terminal(program: tuple[str, ...], folder: Path) -> Terminal:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRESOR_")}
    return Terminal(program, {**kept, **CHEAP, "TRESOR_DATA_DIR": str(folder / "instance")})


def test_an_installation_begins_on_the_command_line_and_needs_its_root_key(tmp_path: Path) -> None:
    tresor = a_terminal(TRESOR, tmp_path)
    assert tresor("users", "list") == (
        2, "", f"tresor: database: its tables are at nothing, {SCHEMA} is needed: flask db upgrade\n",
    )  # fmt: skip
    assert tresor("db", "upgrade") == (0, "the schema is up to date\n", "")
    words = ("--role", "Administrator", "--group", "system", "--password-stdin")
    made = tresor("users", "create", "anna@example.org", *words, given=PASSWORD)
    assert made == (0, "anna@example.org: created\n", "")
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert [path for path in files if "sqlite3-" not in path] == [
        "instance/data/tresor.sqlite3",
        "instance/keys/root.key",
    ]
    key = tmp_path / "instance/keys/root.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    status, out, errors = tresor("serve", "--port", str(free_port()))
    assert (status, out, len(errors.splitlines())) == (2, "", 1)
    assert errors.startswith(f"tresor: {key}: the root key cannot be read")


def test_flasks_own_command_does_the_same(tmp_path: Path) -> None:
    flask = a_terminal(FLASK, tmp_path)
    assert flask("db", "upgrade") == (0, "the schema is up to date\n", "")
    status, out, errors = flask("setup-link")
    assert (status, out.startswith("http://127.0.0.1:8000/setup/"), errors) == (0, True, "")


@pytest.mark.parametrize("program", [TRESOR, FLASK], ids=["tresor", "flask"])
def test_wrong_settings_are_a_line_each_and_exit_status_2(program: tuple[str, ...], tmp_path: Path) -> None:
    tresor = a_terminal(program, tmp_path)
    assert tresor("users", "list", TRESOR_FOO="1", TRESOR_VAULT__TRASH_DAYS="soon") == (
        2,
        "",
        "tresor: TRESOR_FOO: unknown setting; sections and keys are in config/default.toml\n"
        "tresor: vault.trash_days: Input should be a valid integer, unable to parse string as an integer\n",
    )


@pytest.mark.parametrize(("program", "words"), [(FLASK, ("users", "list")), (TRESOR, ("db", "upgrade"))])
def test_a_dead_database_is_a_line_and_exit_status_1(
    program: tuple[str, ...], words: tuple[str, ...], tmp_path: Path
) -> None:
    tresor = a_terminal(program, tmp_path)
    assert tresor(*words, TRESOR_DATABASE_URL="postgresql+psycopg://tresor@127.0.0.1:1/none") == (
        1,
        "",
        "Error: the database does not answer (OperationalError)\n",
    )


def test_two_first_starts_at_once_make_one_keyring(tmp_path: Path) -> None:
    tresor = a_terminal(TRESOR, tmp_path)
    engine = create_database(f"sqlite:///{tmp_path}/instance/data/tresor.sqlite3")
    upgrade(engine)
    engine.dispose()
    processes = [
        subprocess.Popen([*TRESOR, "setup-link"], cwd=ROOT, env=tresor.environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    links = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert links[0] == links[1]
    assert "/setup/" in links[0]


def test_serving_from_anywhere_migrates_prints_the_link_answers_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    terminal = a_terminal(TRESOR, tmp_path)
    environment = {
        **terminal.environment,
        "TRESOR_BASE_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }
    log = tmp_path / "log"
    command = [*TRESOR, "serve", "--port", str(port), "--workers", "1"]
    with log.open("w") as written, running(
        command, signal.SIGINT, cwd=tmp_path, env=environment, stdout=written, stderr=subprocess.STDOUT
    ) as server:  # fmt: skip
        wait_for(server, lambda: answers(port))
        told = log.read_text()
        link = re.search(rf"http://127\.0\.0\.1:{port}/setup/[0-9a-f]{{64}}", told)
        assert link, told
        with urllib.request.urlopen(link[0], timeout=10) as page:
            assert page.status == 200
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as ready:
            states: dict[str, Any] = json.load(ready)
    assert set(states.values()) == {"ok"}
    assert server.returncode == 0
    assert not answers(port)

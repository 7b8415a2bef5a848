"""The configurator: requirements first and once, and what is wrong is named at the start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Blueprint

from app.clock import utc_now
from app.configurator import Configurator, System
from app.credentials import Credentials, credential_type, field
from app.credentials.declare import BadDeclaration
from app.database import SCHEMA
from app.errors import Misconfigured
from app.groups.system import GroupManagement
from app.keys.system import KeyManagement
from app.settings import load_settings
from app.users.system import UserManagement
from app.vault.system import SecretManagement
from app.web.policy import public
from tests.builders import CHEAP


@pytest.fixture
def cfg(tmp_path: Path) -> Iterator[Configurator]:
    """A configurator without any system."""
    made = a_configurator(tmp_path)
    yield made
    made.unit.engine.dispose()


def a_configurator(folder: Path, **environment: str) -> Configurator:
    return Configurator(load_settings({**CHEAP, "TRESOR_DATA_DIR": str(folder), **environment}))


class Recording(System):
    """A system that writes down when it was activated and started."""

    log: ClassVar[list[str]]

    def __init__(self, *, word: str = "") -> None:
        self.word = word

    def activate(self, cfg: Configurator) -> None:
        self.log.append(f"activate {type(self).__name__}{self.word}")

    def start(self) -> None:
        self.log.append(f"start {type(self).__name__}")


@pytest.fixture(autouse=True)
def log() -> list[str]:
    Recording.log = []
    return Recording.log


class Floor(Recording):
    pass


class Left(Recording):
    requires = (Floor,)


class Right(Recording):
    requires = (Floor,)


class Roof(Recording):
    requires = (Left, Right)


def test_requirements_are_activated_first_and_once(cfg: Configurator, log: list[str]) -> None:
    cfg.activate(Roof)
    assert log == ["activate Floor", "activate Left", "activate Right", "activate Roof"]


def test_activating_again_returns_the_same_handle(cfg: Configurator, log: list[str]) -> None:
    roof = cfg.activate(Roof)
    floor = cfg.activate(Floor)
    assert cfg.activate(Roof) is roof
    assert cfg.activate(Floor) is floor
    assert cfg.get(Floor) is floor
    assert len(log) == 4


def test_lower_systems_start_first(cfg: Configurator, log: list[str]) -> None:
    cfg.activate(Roof)
    cfg.flask_app(serving=True)
    assert log[4:] == ["start Floor", "start Left", "start Right", "start Roof"]


def test_nothing_starts_for_a_command(cfg: Configurator, log: list[str]) -> None:
    cfg.activate(Roof)
    cfg.flask_app(serving=False)
    assert [line for line in log if line.startswith("start")] == []


class Hen(Recording):
    pass


class Egg(Recording):
    requires = (Hen,)


class Farm(Recording):
    requires = (Egg,)


class Narcissus(Recording):
    pass


Hen.requires = (Egg,)
Narcissus.requires = (Narcissus,)


@pytest.mark.parametrize(
    ("system", "circle"),
    [(Hen, "Hen → Egg → Hen"), (Farm, "Farm → Egg → Hen → Egg"), (Narcissus, "Narcissus → Narcissus")],
)
def test_a_circle_of_requirements_is_named(
    cfg: Configurator, log: list[str], system: type[Recording], circle: str
) -> None:
    with pytest.raises(Misconfigured) as refusal:
        cfg.activate(system)
    assert refusal.value.lines == (f"systems require each other in a circle: {circle}",)
    assert log == []


def test_a_gap_in_the_requirements_is_named(cfg: Configurator) -> None:
    class Lacking(System):
        def activate(self, cfg: Configurator) -> None:
            cfg.get(Floor)

    with pytest.raises(Misconfigured) as refusal:
        cfg.activate(Lacking)
    assert refusal.value.lines == ("no active system provides Floor; is its system among `requires`?",)


def test_a_system_that_failed_is_not_active(cfg: Configurator) -> None:
    class Failing(System):
        failing: ClassVar[bool] = True

        def activate(self, cfg: Configurator) -> None:
            if self.failing:
                raise Misconfigured("not now")

    with pytest.raises(Misconfigured):
        cfg.activate(Failing)
    Failing.failing = False
    assert isinstance(cfg.activate(Failing), Failing)


def test_options_reach_the_system(cfg: Configurator, log: list[str]) -> None:
    assert cfg.activate(Floor, word="!").word == "!"
    assert log == ["activate Floor!"]


def test_options_after_the_activation_are_refused(cfg: Configurator) -> None:
    cfg.activate(Roof)
    with pytest.raises(Misconfigured) as refusal:
        cfg.activate(Floor, word="late")
    assert refusal.value.lines == ("Floor is active already; give its options at its first activation",)


def test_the_vault_brings_everything_that_it_needs(cfg: Configurator) -> None:
    handle = cfg.activate(SecretManagement)
    assert isinstance(handle, SecretManagement)
    for system in (KeyManagement, UserManagement, GroupManagement):
        assert isinstance(cfg.get(system), system)
    assert callable(handle.use_cases.match)


def test_user_management_stands_without_the_vault(cfg: Configurator) -> None:
    cfg.activate(UserManagement)
    app = cfg.flask_app(serving=False)
    assert "users.login" in app.view_functions
    assert "vault.list" not in app.view_functions


def test_routes_without_a_policy_stop_the_start_with_a_line_each(cfg: Configurator) -> None:
    pages = Blueprint("bare", __name__)
    pages.add_url_rule("/bare", view_func=lambda: "", endpoint="first")
    pages.add_url_rule("/naked", view_func=lambda: "", endpoint="second")
    pages.add_url_rule("/fine", view_func=public()(lambda: ""), endpoint="third")
    cfg.on_app(lambda app: app.register_blueprint(pages))
    with pytest.raises(Misconfigured) as refusal:
        cfg.flask_app(serving=False)
    assert refusal.value.lines == (
        "route /bare: bare.first declares no policy",
        "route /naked: bare.second declares no policy",
    )


@credential_type("bad_port", title="Bad port", description="", logo="key")
class BadPort(Credentials):
    name: str = field("Name")
    port: int = field("Port", default=0, minimum=1)


class Undecorated(Credentials):
    name: str = field("Name")


@credential_type("login", title="Login again", description="", logo="key")
class SecondLogin(Credentials):
    name: str = field("Name")


@credential_type("formish", title="Formish", description="", logo="key")
class Formish(Credentials):
    name: str = field("Name")
    validate: str = field("Validate")


@pytest.mark.parametrize(
    ("wrong", "names"),
    [(BadPort, ["BadPort", "port"]), (Undecorated, ["Undecorated"]), (SecondLogin, ["SecondLogin", "'login'"]),
     (Formish, ["Formish", "validate"])],
)  # fmt: skip
def test_a_wrong_declaration_stops_the_start_and_is_named(
    cfg: Configurator, wrong: type[Credentials], names: list[str]
) -> None:
    with pytest.raises(BadDeclaration) as refusal:
        cfg.activate(SecretManagement, types=[wrong])
    assert [name for name in names if name not in str(refusal.value)] == []


def test_several_apps_live_in_one_process(tmp_path: Path) -> None:
    made = [a_configurator(tmp_path / name) for name in ("one", "two")]
    apps = []
    for cfg in made:
        cfg.activate(SecretManagement)
        apps.append(cfg.flask_app(serving=False))
    assert apps[0].site is not apps[1].site
    assert apps[0].url_map is not apps[1].url_map
    assert len({id(cfg.get(UserManagement)) for cfg in made}) == 2
    assert [rule.rule for rule in apps[0].url_map.iter_rules()] == [rule.rule for rule in apps[1].url_map.iter_rules()]
    for cfg in made:
        cfg.unit.engine.dispose()


def test_building_an_app_touches_neither_database_nor_keys(tmp_path: Path) -> None:
    cfg = a_configurator(tmp_path)
    cfg.activate(SecretManagement)
    cfg.flask_app(serving=False)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["data"]


def test_serving_needs_a_migrated_database(tmp_path: Path) -> None:
    cfg = a_configurator(tmp_path)
    cfg.activate(SecretManagement)
    with pytest.raises(Misconfigured) as refusal:
        cfg.flask_app(serving=True)
    assert refusal.value.lines == (f"database: its tables are at nothing, {SCHEMA} is needed: flask db upgrade",)
    cfg.unit.engine.dispose()


def test_the_clock_is_the_worlds_unless_another_is_given(cfg: Configurator) -> None:
    assert cfg.clock is utc_now

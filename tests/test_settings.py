"""The settings: complete, typed, and clear about what is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from app.errors import Misconfigured
from app.settings import CHECKOUT, SHORT_NAMES, Settings, is_loopback, load_settings

DEFAULTS = CHECKOUT / "config" / "default.toml"


def lines_of(environment: Mapping[str, str]) -> list[str]:
    """Return the lines with which these settings are refused."""
    with pytest.raises(Misconfigured) as refusal:
        load_settings(environment)
    return list(refusal.value.lines)


def declared() -> dict[str, list[str]]:
    """Return the names that the classes know, by section."""
    sections: dict[str, Any] = {name: field.annotation for name, field in Settings.model_fields.items()}
    assert all(issubclass(section, BaseModel) for section in sections.values())
    return {name: list(section.model_fields) for name, section in sections.items()}


def a_file(folder: Path, content: str | bytes) -> str:
    path = folder / "own.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_the_file_of_defaults_holds_exactly_what_is_declared() -> None:
    written = {section: list(values) for section, values in tomllib.loads(DEFAULTS.read_text("utf-8")).items()}
    assert written == declared()


def test_every_default_is_documented() -> None:
    lines = [line for line in DEFAULTS.read_text("utf-8").splitlines() if re.match(r"[a-z_]+ =", line)]
    speaks_for_itself = ["parallelism = 1", "sign_in_wait_seconds = 30"]
    assert [line for line in lines if "#" not in line] == speaks_for_itself


def test_every_short_name_stands_beside_its_default() -> None:
    text = DEFAULTS.read_text("utf-8")
    section = ""
    places: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        for name in re.findall(r"# (TRESOR_[A-Z_]+|AZURE_[A-Z_]+):", line):
            places[name] = (section, line.split(" =")[0])
    assert places == SHORT_NAMES


def test_defaults_serve_on_loopback_from_one_folder() -> None:
    settings = load_settings({})
    assert settings.server.base_url == "http://127.0.0.1:8000"
    assert settings.server.data_dir == CHECKOUT / "instance"
    assert settings.database_url == f"sqlite:///{Path('instance').absolute()}/data/tresor.sqlite3"
    assert settings.blob_url == f"file://{Path('instance').absolute()}/data/blobs"
    assert settings.root_key_file == CHECKOUT / "instance" / "keys" / "root.key"
    assert settings.secure is False


@pytest.mark.parametrize("name", sorted(SHORT_NAMES))
def test_a_short_name_sets_its_setting(name: str) -> None:
    values = {"TRESOR_BASE_URL": "https://vault.example.org", "TRESOR_TRUSTED_PROXIES": "2", "TRESOR_DATA_DIR": "/srv"}
    value = values.get(name, f"value-of-{name}")
    settings = load_settings({name: value})
    section, key = SHORT_NAMES[name]
    found = getattr(getattr(settings, section), key)
    assert str(found.get_secret_value() if isinstance(found, SecretStr) else found) == value


def test_a_relative_path_starts_at_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({"TRESOR_DATA_DIR": "mine"}).server.data_dir == CHECKOUT / "mine"
    assert load_settings({"TRESOR_DATA_DIR": "/srv/mine"}).server.data_dir == Path("/srv/mine")
    assert load_settings({"TRESOR_ROOT_KEY_FILE": "my/root.key"}).root_key_file == CHECKOUT / "my" / "root.key"
    assert load_settings({"TRESOR_ROOT_KEY_FILE": "/srv/root.key"}).root_key_file == Path("/srv/root.key")
    assert load_settings({"TRESOR_CONFIG": "config/production.toml"}).secure is True
    assert lines_of({"TRESOR_CONFIG": "none.toml"}) == [
        f"{CHECKOUT}/none.toml: cannot be read (No such file or directory)"
    ]


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("sqlite:///my/tresor.sqlite3", f"sqlite:///{CHECKOUT}/my/tresor.sqlite3"),
        ("sqlite:///tresor.sqlite3?cache=private", f"sqlite:///{CHECKOUT}/tresor.sqlite3?cache=private"),
        ("sqlite:////srv/tresor.sqlite3", "sqlite:////srv/tresor.sqlite3"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///", "sqlite:///"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://tresor@/tresor", "postgresql+psycopg://tresor@/tresor"),
    ],
)
def test_a_relative_database_starts_at_the_checkout(url: str, meant: str) -> None:
    assert load_settings({"TRESOR_DATABASE_URL": url}).database_url == meant


def as_text(value: object) -> str:
    """Return a value as somebody writes it into the environment."""
    if isinstance(value, list):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_setting_can_come_from_the_environment() -> None:
    plain = tomllib.loads(DEFAULTS.read_text("utf-8"))
    environment = {
        f"TRESOR_{section}__{key}".upper(): as_text(value)
        for section, values in plain.items()
        for key, value in values.items()
    }
    assert load_settings(environment) == load_settings({})


def test_the_file_wins_over_defaults_and_the_environment_over_the_file(tmp_path: Path) -> None:
    path = a_file(tmp_path, '[vault]\ntrash_days = 7\norphan_hours = 5\n[server]\nbase_url = "https://a.example.org"\n')
    settings = load_settings({"TRESOR_CONFIG": path, "TRESOR_VAULT__TRASH_DAYS": "9"})
    assert (settings.vault.trash_days, settings.vault.orphan_hours) == (9, 5)
    assert settings.server.base_url == "https://a.example.org"
    assert settings.secure is True


@pytest.mark.parametrize("path", ["config/production.toml"])
def test_the_files_that_are_delivered_are_valid(path: str) -> None:
    settings = load_settings({"TRESOR_CONFIG": str(CHECKOUT / path)})
    assert settings.secure is True


def test_each_fault_has_a_line_of_its_own() -> None:
    assert lines_of(
        {
            "TRESOR_FOO": "1",
            "TRESOR_BAR": "1",
            "TRESOR_VAULT__TRASH_DAY": "1",
            "TRESOR_VAULT__TRASH_DAYS": "soon",
            "TRESOR_NOWHERE__X": "1",
            "TRESOR_PASSWORDS__MINIMUM_LENGTH": "7",
        }
    ) == [
        "TRESOR_FOO: unknown setting; sections and keys are in config/default.toml",
        "TRESOR_BAR: unknown setting; sections and keys are in config/default.toml",
        "passwords.minimum_length: Input should be greater than or equal to 8",
        "vault.trash_days: Input should be a valid integer, unable to parse string as an integer",
        "vault.trash_day: unknown setting",
        "nowhere: unknown setting",
    ]


def test_a_line_never_repeats_a_value() -> None:
    lines = lines_of({"TRESOR_ROOT_KEY__VALUES": "hunter2", "TRESOR_SERVER__TRUSTED_PROXIES": "hunter2"})
    assert [line for line in lines if "hunter2" in line] == []


def test_settings_print_no_secret() -> None:
    settings = load_settings({"TRESOR_ROOT_KEY": "hunter2", "AZURE_STORAGE_CONNECTION_STRING": "AccountKey=hunter3"})
    assert "hunter" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_other_programs_variables_are_left_alone() -> None:
    assert load_settings({"PATH": "/bin", "TRESORX": "1", "AZURE_TENANT_ID": "x"}) == load_settings({})


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("[vault]\ntrash_days = \n", "not valid TOML (Invalid value (at line 2, column 14))"),
        ("trash_days = 3\n", "trash_days stands outside of a section"),
        (b"[vault]\nx = '\xff'\n", "not valid TOML ('utf-8' codec can't decode byte 0xff in position 13: "),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, content: str | bytes, line: str) -> None:
    path = a_file(tmp_path, content)
    (told,) = lines_of({"TRESOR_CONFIG": path})
    assert told.startswith(f"{path}: {line}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")
    assert lines_of({"TRESOR_CONFIG": missing}) == [f"{missing}: cannot be read (No such file or directory)"]
    assert lines_of({"TRESOR_CONFIG": str(tmp_path)}) == [f"{tmp_path}: cannot be read (Is a directory)"]


NO_ORIGIN = "server.base_url: an address such as https://vault.example.org, without a path"
ONLY_LOOPBACK = "server.base_url: http is accepted for loopback only; use https"


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("vault.example.org", NO_ORIGIN),
        ("ftp://vault.example.org", NO_ORIGIN),
        ("https://", NO_ORIGIN),
        ("https://vault.example.org/tresor", NO_ORIGIN),
        ("https://vault.example.org?x=1", NO_ORIGIN),
        ("https://vault.example.org#x", NO_ORIGIN),
        ("https://anna:pw@vault.example.org", NO_ORIGIN),
        ("http://vault.example.org", ONLY_LOOPBACK),
        ("http://localhost.example.org", ONLY_LOOPBACK),
        ("http://10.0.0.1:8000", ONLY_LOOPBACK),
        ("https://vault.example.org:65536", "server.base_url: Port out of range 0-65535"),
        ("https://[::1", "server.base_url: Invalid IPv6 URL"),
        ("https://[::1%251]", NO_ORIGIN),
        ("https://vault..example.org", NO_ORIGIN),
    ],
)
def test_a_wrong_address_of_the_site_is_refused(address: str, line: str) -> None:
    assert lines_of({"TRESOR_BASE_URL": address}) == [line]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.1.2.3", "http://127.1.2.3"),
        ("http://localhost:80/", "http://localhost:80"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://vault.example.org/", "https://vault.example.org"),
        ("https://10.0.0.1", "https://10.0.0.1"),
        ("http://[0:0:0:0:0:0:0:1]:8000", "http://[::1]:8000"),
        ("https://[2001:DB8::0:1]", "https://[2001:db8::1]"),
        ("https://Vault.Example.org:443", "https://vault.example.org:443"),
        ("https://trésor.example.org", "https://xn--trsor-csa.example.org"),
    ],
)
def test_an_address_of_the_site_is_kept_as_browsers_write_it_without_its_slash(address: str, kept: str) -> None:
    assert load_settings({"TRESOR_BASE_URL": address}).server.base_url == kept


@pytest.mark.parametrize(
    ("address", "origin", "hostname"),
    [
        ("http://[::1]:8000", "http://[::1]:8000", "::1"),
        ("http://[::1]:80", "http://[::1]", "::1"),
        ("https://vault.example.org:443", "https://vault.example.org", "vault.example.org"),
        ("https://vault.example.org:8443", "https://vault.example.org:8443", "vault.example.org"),
    ],
)
def test_origin_and_name_are_told_from_the_address(address: str, origin: str, hostname: str) -> None:
    settings = load_settings({"TRESOR_BASE_URL": address})
    assert (settings.origin, settings.hostname) == (origin, hostname)


WEAKER = [
    {"TRESOR_LIMITS__ENABLED": "false"},
    {"TRESOR_PASSWORDS__MEMORY": "65535"},
    {"TRESOR_PASSWORDS__TIME": "2"},
]


@pytest.mark.parametrize("weaker", WEAKER)
def test_weaker_settings_are_accepted_on_loopback_only(weaker: dict[str, str]) -> None:
    load_settings(weaker)
    assert lines_of({**weaker, "TRESOR_BASE_URL": "https://vault.example.org"}) == [
        "limits.enabled=false and cheaper passwords are accepted on loopback only"
    ]


def test_an_unknown_language_is_refused() -> None:
    assert lines_of({"TRESOR_WEB__LANGUAGE": "xx"}) == ["web.language: Input should be 'en' or 'de'"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.53", True), ("::1", True), ("[::1]", True), ("0.0.0.0", False), ("::", False),
     ("", False), ("localhost.", False), ("example.org", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_rest(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_mail_domains_are_read_as_addresses_write_them() -> None:
    settings = load_settings({"TRESOR_USERS__REGISTRATION_DOMAINS": " Example.ORG, @müller.example,example.org. "})
    assert settings.users.registration_domains == ("example.org", "xn--mller-kva.example")
    assert lines_of({"TRESOR_USERS__REGISTRATION_DOMAINS": "a_b"}) == [
        "users.registration_domains: 'a_b' is no mail domain such as example.org"
    ]

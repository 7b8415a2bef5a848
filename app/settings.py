"""The settings: read from config/default.toml, a file and the environment, checked once, then frozen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import idna
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from app.errors import Misconfigured

CHECKOUT = Path(__file__).resolve().parent.parent
"""Templates, static files and config/ lie beside the package."""

SHORT_NAMES = {
    "TRESOR_BASE_URL": ("server", "base_url"),
    "TRESOR_TRUSTED_PROXIES": ("server", "trusted_proxies"),
    "TRESOR_DATA_DIR": ("server", "data_dir"),
    "TRESOR_DATABASE_URL": ("database", "url"),
    "TRESOR_BLOB_URL": ("blobs", "url"),
    "TRESOR_BLOB_ACCOUNT_URL": ("blobs", "account_url"),
    "AZURE_STORAGE_CONNECTION_STRING": ("blobs", "connection_string"),
    "TRESOR_ROOT_KEY_FILE": ("root_key", "file"),
    "TRESOR_ROOT_KEY": ("root_key", "value"),
    "TRESOR_RATE_LIMIT_URL": ("limits", "url"),
}
WHICH_ADDRESS = "an address such as https://vault.example.org, without a path"
PREFIX = "TRESOR_"
CONFIG_FILE = "TRESOR_CONFIG"


class Section(BaseModel):
    """A table of the settings file: frozen, typed, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    base_url: str
    trusted_proxies: int = Field(ge=0, le=10)
    data_dir: Path

    @field_validator("base_url")
    @classmethod
    def an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or set(parts.netloc) & {"@", "%"})
        if parts.scheme not in {"http", "https"} or not parts.hostname or not bare or parts.port == 0:
            raise ValueError(WHICH_ADDRESS)
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("http is accepted for loopback only; use https")
        port = "" if parts.port is None else f":{parts.port}"
        return f"{parts.scheme}://{_as_browsers_write(parts.hostname)}{port}"


class Database(Section):
    url: str


class Blobs(Section):
    url: str
    account_url: str
    connection_string: SecretStr


class RootKey(Section):
    file: str
    value: SecretStr


class Sessions(Section):
    idle_minutes: int = Field(ge=1)
    absolute_hours: int = Field(ge=1)
    confirmed_minutes: int = Field(ge=1)


class PasswordRules(Section):
    memory: int = Field(ge=8)
    time: int = Field(ge=1)
    parallelism: int = Field(ge=1)
    minimum_length: int = Field(ge=8)
    at_once: int = Field(ge=1)
    waiting: int = Field(ge=0)
    kept: int = Field(ge=0)

    @model_validator(mode="after")
    def places_for_strangers(self) -> PasswordRules:
        if self.kept > self.waiting:
            raise ValueError("kept: at most as many as waiting")
        return self


class Limits(Section):
    enabled: bool
    url: str
    sign_in_tries: int = Field(ge=1)
    sign_in_wait_seconds: int = Field(ge=1)
    longest_wait_seconds: int = Field(ge=1, le=3600)
    account_tries: int = Field(ge=1)
    address_tries: int = Field(ge=1)
    device_days: int = Field(ge=1, le=400)
    look_ups: int = Field(ge=1)
    connection_tests: int = Field(ge=1)
    requests: int = Field(ge=1)


class Users(Section):
    directory: Literal["everybody", "groups", "exact"]
    registration: bool
    registration_domains: tuple[str, ...]

    @field_validator("registration_domains", mode="before")
    @classmethod
    def separated(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value  # the environment holds text

    @field_validator("registration_domains")
    @classmethod
    def domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(as_domain, value)))


class Vault(Section):
    trash_days: int = Field(ge=1)
    list_cache_mib: int = Field(ge=1)
    orphan_hours: int = Field(ge=1)


class Mail(Section):
    allowed_hosts: tuple[str, ...]
    allowed_ports: tuple[int, ...] | Literal["any"]
    allow_plaintext: bool
    authorities: str

    @field_validator("allowed_hosts", "allowed_ports", mode="before")
    @classmethod
    def several(cls, value: object) -> object:
        if isinstance(value, str) and value != "any":
            return value.replace(",", " ").split()  # the environment holds text
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if "/" in entry:
                ip_network(entry, strict=False)
        return value

    @field_validator("authorities")
    @classmethod
    def readable(cls, value: str) -> str:
        if value and not (CHECKOUT / value).is_file():
            raise ValueError("a PEM file of certificate authorities")
        return value


class Web(Section):
    language: Literal["en", "de"]
    form_kib: int = Field(ge=1)


class Settings(Section):
    """All settings. See config/default.toml for what each means."""

    server: Server
    database: Database
    blobs: Blobs
    root_key: RootKey
    sessions: Sessions
    passwords: PasswordRules
    limits: Limits
    users: Users
    vault: Vault
    mail: Mail
    web: Web

    @model_validator(mode="after")
    def weaker_only_on_loopback(self) -> Settings:
        weak = not self.limits.enabled or self.passwords.memory < 65536 or self.passwords.time < 3
        if weak and not is_loopback(urlsplit(self.server.base_url).hostname or ""):
            raise ValueError("limits.enabled=false and cheaper passwords are accepted on loopback only")
        return self

    @property
    def secure(self) -> bool:
        """Whether people reach the site by https."""
        return self.server.base_url.startswith("https:")

    @property
    def host(self) -> str:
        return urlsplit(self.server.base_url).netloc

    @property
    def hostname(self) -> str:
        """The host without a port, and without the brackets of an IPv6 address."""
        return urlsplit(self.server.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """The base URL as browsers write it in `Origin`: without the scheme's own port."""
        return self.server.base_url.removesuffix(":443" if self.secure else ":80")

    @property
    def database_url(self) -> str:
        """The database's address; a relative file starts at the checkout, like every path in the settings."""
        url = self.database.url or f"sqlite:///{self.server.data_dir}/data/tresor.sqlite3"
        kind, _, path = url.partition(":///")
        is_file = kind == "sqlite" and path not in {"", ":memory:"}
        return f"sqlite:///{CHECKOUT / path}" if is_file else url

    @property
    def blob_url(self) -> str:
        return self.blobs.url or f"file://{self.server.data_dir}/data/blobs"

    @property
    def root_key_file(self) -> Path:
        return CHECKOUT / self.root_key.file if self.root_key.file else self.server.data_dir / "keys" / "root.key"

    @property
    def stored_folder(self) -> Path:
        """What a backup copies; the root key may not lie inside."""
        return self.server.data_dir / "data"


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings: defaults, then the file that TRESOR_CONFIG names, then the environment.

    Raises Misconfigured with one line for each unknown or wrong setting.
    """
    merged = _read(CHECKOUT / "config" / "default.toml")
    if path := environment.get(CONFIG_FILE):
        _merge(merged, _read(CHECKOUT / path))
    told, wrong = _from_environment(environment)
    _merge(merged, told)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        wrong += map(_line, error.errors(include_input=False, include_url=False))
    if wrong:
        raise Misconfigured(*wrong)
    return _absolute(settings)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def as_domain(text: str) -> str:
    """Return a mail domain as addresses in their canonical form write it. Raises ValueError."""
    bare = text.strip().removeprefix("@").removesuffix(".")
    try:
        return idna.encode(bare, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        raise ValueError(f"{bare[:60]!r} is no mail domain such as example.org") from None


def _as_browsers_write(host: str) -> str:
    """Return a host in lower case: a name in ASCII, an IPv6 address short and in brackets. Raises ValueError."""
    if ":" in host:
        return f"[{IPv6Address(host)}]"
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(WHICH_ADDRESS) from None


def _read(path: Path) -> dict[str, dict[str, object]]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: not valid TOML ({error})") from None
    if loose := [key for key, value in content.items() if not isinstance(value, dict)]:
        raise Misconfigured(*(f"{path}: {key} stands outside of a section" for key in loose))
    return content


def _merge(into: dict[str, dict[str, object]], more: Mapping[str, Mapping[str, object]]) -> None:
    for section, values in more.items():
        into.setdefault(section, {}).update(values)


def _from_environment(environment: Mapping[str, str]) -> tuple[dict[str, dict[str, object]], list[str]]:
    """Return the settings that the environment holds, and a line for each name that is none."""
    found: dict[str, dict[str, object]] = {}
    unknown = []
    for name, value in environment.items():
        if where := SHORT_NAMES.get(name):
            found.setdefault(where[0], {})[where[1]] = value
        elif name.startswith(PREFIX) and "__" in name:
            section, key = name.removeprefix(PREFIX).lower().split("__", 1)
            found.setdefault(section, {})[key] = value
        elif name.startswith(PREFIX) and name != CONFIG_FILE:
            unknown.append(f"{name}: unknown setting; sections and keys are in config/default.toml")
    return found, unknown


def _line(error: Mapping[str, object]) -> str:
    where = error["loc"]
    name = ".".join(map(str, where)) if isinstance(where, tuple) else str(where)
    unknown = error["type"] == "extra_forbidden"
    why = "unknown setting" if unknown else str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {why}" if name else why


def _absolute(settings: Settings) -> Settings:
    """Let a relative path start at the checkout, so that `tresor` means the same one from every directory."""
    server = settings.server.model_copy(update={"data_dir": CHECKOUT / settings.server.data_dir})
    return settings.model_copy(update={"server": server})

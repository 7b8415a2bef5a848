"""A type with one field of every kind and style, and what tests need around it."""

from __future__ import annotations

from datetime import date
from enum import Enum, IntEnum

from app.credentials import Credentials, credential_type, field


class Mode(Enum):
    ACTIVE = "active"
    PASSIVE = "passive"


class Depth(IntEnum):
    SHALLOW = 1
    DEEP = 2


@credential_type("everything", title="Everything", description="One of each.", logo="key")
class Everything(Credentials):
    name: str = field("Name")
    host: str = field("Host", style="host")
    port: int = field("Port", default=21, minimum=1, maximum=65535, destination=True)
    site: str = field("Site", style="url", required=False)
    mail: str = field("Mail", style="email", required=False)
    mode: Mode = field("Mode", default=Mode.ACTIVE, choices={Mode.ACTIVE: "Active mode", Mode.PASSIVE: "Passive mode"})
    depth: Depth | None = field("Depth", required=False)
    region: str = field("Region", style="choice", choices=["eu", "us"], required=False)
    code: str = field("Code", pattern=("[A-Z]{2}[0-9]+", "Enter two letters and a number"), required=False)
    strict: bool = field("Strict", default=True)
    limit: int | None = field("Limit", required=False)
    expires: date | None = field("Expires", required=False)
    notes: str = field("Notes", style="multiline", required=False, maximum=1_000)
    password: str = field("Password", style="secret")
    passphrase: str = field("Passphrase", style="secret", required=False)
    private: str = field("Private key", style="secret-multiline", required=False)
    proxy: str = field("Proxy", style="host", shown_if=("strict", False))
    speed: int | None = field("Speed", shown_if={"strict": False, "mode": (Mode.ACTIVE, Mode.PASSIVE)})


FILLED: dict[str, object] = {"name": "A", "host": "files.example.org", "password": "pw"}
"""The least that fits."""

"""mypy in its strict mode understands a type that somebody else declares."""

from __future__ import annotations

from pathlib import Path

from mypy import api

ROOT = Path(__file__).parents[2]
DECLARED = """
from datetime import date
from typing import assert_type
from app.credentials import Credentials, credential_type, field
from app.credentials.values import validate

@credential_type("ftp", title="FTP", description="A file server.", logo="server")
class Ftp(Credentials):
    name: str = field("Name")
    port: int = field("Port", default=21)
    expires: date | None = field("Expires", default=None, required=False)

    def summary(self) -> str:
        return f"{self.name}:{self.port}"

assert_type(validate(Ftp, {}), Ftp)
assert_type(Ftp(name="a").port, int)
Ftp(port=5)
Ftp("a")
Ftp(name="a", port="b")
Ftp(name="a").port = 5
"""


def test_mypy_finds_the_mistakes_of_a_caller_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "ftp.py"
    file.write_text(DECLARED)
    told, _errors, _status = api.run(["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary", str(file)])
    found = [line.split(".py:")[1] for line in told.splitlines()]
    assert found == [
        '18: error: Missing named argument "name" for "Ftp"  [call-arg]',
        '19: error: Too many positional arguments for "Ftp"  [call-arg]',
        '20: error: Argument "port" to "Ftp" has incompatible type "str"; expected "int"  [arg-type]',
        '21: error: Property "port" defined in "Ftp" is read-only  [misc]',
    ]

"""A server to exchange files with, as a package beside Tresor declares it."""

from __future__ import annotations

from enum import Enum

from app.credentials import Credentials, credential_type, field


class Line(Enum):
    """How the line to the server is protected."""

    PLAIN = "plain"
    TLS = "tls"


@credential_type("ftp", title="FTP server", description="Exchange files with a server.", logo="folder-up")
class Ftp(Credentials):
    name: str = field("Name", default="My FTP server")
    host: str = field("Host", style="host")
    port: int = field("Port", default=21, minimum=1, maximum=65535, destination=True)
    line: Line = field("Line", default=Line.TLS, style="choice", choices={Line.PLAIN: "Plain", Line.TLS: "TLS"})
    username: str = field("User name", default="anonymous")
    password: str = field("Password", style="secret")
    passive: bool = field("Passive mode", default=True)
    folder: str = field("Folder", required=False, hint="Empty: where the server puts us.")

    def summary(self) -> str:
        return f"{self.username} @ {self.host}"

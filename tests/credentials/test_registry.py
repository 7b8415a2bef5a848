"""The types of an installation: found by id, offered by packages, shown with a logo that exists."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from app.credentials import Credentials, credential_type, field
from app.credentials.declare import BadDeclaration
from app.credentials.registry import Registry, load_entry_points
from app.credentials.types import BUILT_IN, SMTP, Jira
from app.subject import SYSTEM

PLUGIN = """
from app.credentials import Credentials, credential_type, field

@credential_type("ftp", title="FTP", description="A file server.", logo="server")
class Ftp(Credentials):
    name: str = field("Name")
    host: str = field("Host", style="host")
"""


def offer(folder: Path, value: str) -> None:
    """Put an installed package called tresor-ftp into a folder."""
    (folder / "tresor_ftp.py").write_text(PLUGIN)
    about = folder / "tresor_ftp-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tresor-ftp\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[tresor.credentials]\nftp = {value}\n")


def test_types_are_found_by_id_in_the_order_given() -> None:
    registry = Registry(BUILT_IN)
    assert [declared.id for declared in registry] == ["login", "api_key", "jira", "note", "smtp"]
    assert registry.get("smtp") == SMTP.type
    assert registry.get("ftp") is None


def test_smtp_alone_needs_the_system_group() -> None:
    assert {declared.id: declared.group for declared in Registry(BUILT_IN) if declared.group} == {"smtp": SYSTEM}


def test_the_same_class_twice_is_one_type() -> None:
    assert len(Registry([SMTP, SMTP])) == 1


def test_two_classes_of_one_id_are_refused_by_name() -> None:
    @credential_type("jira", title="Mine", description="", logo="key")
    class Mine(Credentials):
        name: str = field("Name")

    with pytest.raises(BadDeclaration) as refused:
        Registry([Jira, Mine, SMTP])
    assert refused.value.lines == ("Jira: the id 'jira' is taken twice", "Mine: the id 'jira' is taken twice")


def test_an_unknown_logo_is_the_key_icon_and_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        registry = Registry([SMTP, Jira], knows_logo=lambda logo: logo == "logos/jira.svg")
    assert [declared.logo for declared in registry] == ["key", "logos/jira.svg"]
    assert caplog.messages == ["credential type smtp: there is no logo 'logos/smtp.svg', the key icon stands for it"]


def test_an_installed_package_offers_its_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path, "tresor_ftp:Ftp")
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = load_entry_points()
    assert Registry([found]).get("ftp") == found.type
    assert [spec.name for spec in found.specs] == ["name", "host"]


def test_a_package_that_cannot_be_loaded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path, "tresor_ftp:Gone")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadDeclaration) as refused:
        load_entry_points()
    assert refused.value.lines[0].startswith("entry point ftp = tresor_ftp:Gone: ")

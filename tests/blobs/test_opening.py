"""Which addresses of a blob store are understood, and what the others are told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.blobs.azure import AzureStore
from app.blobs.local import LocalStore
from app.blobs.opening import open_store
from app.blobs.store import AzureSettings
from app.errors import Misconfigured

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aHVudGVyMg==;EndpointSuffix=core.windows.net"


def test_a_file_address_is_the_folder_as_it_stands(tmp_path: Path) -> None:
    folder = tmp_path / "100% #1?"
    assert open_store(f"file://{folder}", azure=AzureSettings()) == LocalStore(folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "settings",
    [AzureSettings(connection_string=CONNECTION), AzureSettings(account_url="https://a.blob.core.windows.net")],
    ids=["connection-string", "account"],
)
def test_an_azure_address_opens_a_container(settings: AzureSettings) -> None:
    assert type(open_store("azure:tresor-1", azure=settings)) is AzureStore


@pytest.mark.parametrize("url", ["", "file://blobs", "file:blobs", "/blobs", "s3:bucket", "file://host/blobs"])
def test_an_unknown_address_stops_the_start(url: str) -> None:
    with pytest.raises(Misconfigured, match="neither file:///folder nor azure:CONTAINER"):
        open_store(url, azure=AzureSettings())


@pytest.mark.parametrize("name", ["", "ab", "Upper", "two--hyphens", "-a-", "a/b", "x" * 64, "abc\n"])
def test_an_impossible_container_stops_the_start(name: str) -> None:
    with pytest.raises(Misconfigured, match="is no container's name"):
        open_store(f"azure:{name}", azure=AzureSettings(connection_string=CONNECTION))


@pytest.mark.parametrize(("connection", "account"), [("", ""), (None, None), (CONNECTION, "https://a.example")])
def test_azure_needs_exactly_one_way_in(connection: str | None, account: str | None) -> None:
    with pytest.raises(Misconfigured, match="one of them"):
        open_store("azure:tests", azure=AzureSettings(connection, account))


def test_a_token_is_never_sent_without_tls() -> None:
    with pytest.raises(Misconfigured, match="is not https"):
        open_store("azure:tests", azure=AzureSettings(account_url="http://a.example"))


@pytest.mark.parametrize("text", ["hunter2", "AccountKey=hunter2", "AccountName=a;AccountKey"])
def test_a_malformed_connection_string_is_not_quoted(text: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        open_store("azure:tests", azure=AzureSettings(connection_string=text))
    assert str(refusal.value) == "blobs: the Azure connection string or account address cannot be understood"


def test_the_settings_do_not_print_the_key() -> None:
    assert repr(AzureSettings(CONNECTION)) == "AzureSettings(account_url=None)"


def test_a_local_store_does_not_load_the_sdk() -> None:
    program = "import sys, app.blobs.opening; sys.exit(any(name.startswith('azure') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0

"""Which blob store an address names."""

from __future__ import annotations

import re
from pathlib import Path

from app.blobs.local import LocalStore
from app.blobs.store import AzureSettings, BlobStore
from app.errors import Misconfigured

CONTAINER = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*")
"""https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata"""


def open_store(url: str, *, azure: AzureSettings) -> BlobStore:
    """Return the store at `file:///folder` (the path as it stands, without escapes) or in `azure:CONTAINER`.

    Touches neither disk nor network. Raises Misconfigured with what to do.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "file" and rest.startswith("///"):
        return LocalStore(Path(rest.removeprefix("//")))
    if scheme == "azure":
        return _open_azure(rest, azure)
    raise Misconfigured(f"blobs.url: {url!r} is neither file:///folder nor azure:CONTAINER")


def _open_azure(container: str, azure: AzureSettings) -> BlobStore:
    if not CONTAINER.fullmatch(container):
        raise Misconfigured(
            f"blobs.url: {container!r} is no container's name (3 to 63 of a-z, 0-9 and single hyphens between them)"
        )
    if bool(azure.connection_string) is bool(azure.account_url):
        raise Misconfigured(
            "blobs: azure needs either AZURE_STORAGE_CONNECTION_STRING or TRESOR_BLOB_ACCOUNT_URL, one of them"
        )
    from app.blobs.azure import connect  # here, because the SDK takes 0.1 s that a local store need not spend

    return connect(container, azure)

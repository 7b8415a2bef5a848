"""Blobs in a container of Azure Blob Storage; the one room of its SDK."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, TypeVar

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobProperties, ContainerClient, LinearRetry

from app.blobs.store import (
    MAX_BLOB,
    NAME,
    AzureSettings,
    BlobInfo,
    checked_name,
    checked_size,
    down,
    missing,
    too_large,
)
from app.errors import Conflict, Damaged, Misconfigured

Answer = TypeVar("Answer")
Pages = Iterator[Iterator[BlobProperties]]

CONNECT_SECONDS = 1
READ_SECONDS = 2
DEADLINE_SECONDS = 4.5
"""For a whole operation: the SDK's own limits know neither name look-up, signing in, nor an answer that trickles."""

AT_ONCE = 8
"""Operations of one process; further ones wait, and that counts to their deadline."""

PROVEN_SECONDS = 600
"""How long a check believes that blobs can be written and deleted because it did so; readiness is asked for often."""


def connect(container: str, azure: AzureSettings) -> AzureStore:
    """Return the store in `container`, without a request. Raises Misconfigured if the address or key has no sense."""
    try:
        return AzureStore(_client(container, azure))
    except ValueError:  # its text may quote the key
        raise Misconfigured("blobs: the Azure connection string or account address cannot be understood") from None


class AzureStore:
    """The BlobStore that several machines share."""

    def __init__(self, container: ContainerClient, *, page: int = 5000) -> None:
        """page: how many blobs a listing asks for at once."""
        self._container = container
        self._page = page
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="blobs")
        self._proven: float | None = None

    def put(self, name: str, data: bytes) -> None:
        checked_name(name)
        checked_size(data)
        self._in_time(lambda: self._put(name, data))

    def get(self, name: str) -> bytes:
        checked_name(name)
        return self._in_time(lambda: self._get(name))

    def delete(self, name: str) -> None:
        checked_name(name)
        self._in_time(lambda: self._delete(name))

    def list(self) -> Iterator[BlobInfo]:
        pages = self._pages(self._page)
        while (page := self._in_time(lambda: self._next(pages))) is not None:
            yield from page

    def check(self) -> None:
        self._in_time(self._check)

    def _in_time(self, work: Callable[[], Answer]) -> Answer:
        waiting = self._threads.submit(work)
        try:
            return waiting.result(DEADLINE_SECONDS)
        except TimeoutError:
            waiting.cancel()  # what has not begun is not done behind the back of whoever was told so
            raise down(f"azure: no answer within {DEADLINE_SECONDS} s") from None
        except (AzureError, ValueError) as error:  # ValueError: whatever answered is not Azure
            raise down(_reason(error)) from None

    def _put(self, name: str, data: bytes) -> None:
        try:
            self._upload(name, data)
        except ResourceExistsError as error:
            if _code(error) != "BlobAlreadyExists":
                raise
            if self._get(name) != data:
                raise Conflict(f"blob exists with other bytes: {name}") from None

    def _upload(self, name: str, data: bytes) -> None:
        try:
            self._container.upload_blob(name, data, overwrite=False)  # sends If-None-Match: *
        except ResourceNotFoundError:
            self._make_container()
            self._container.upload_blob(name, data, overwrite=False)

    def _get(self, name: str) -> bytes:
        try:
            # The first answer brings up to MAX_BLOB bytes, and tells how many there are.
            answer = self._container.download_blob(name, max_concurrency=1)
        except ResourceNotFoundError as error:
            if _code(error) == "ContainerNotFound":
                raise
            raise missing(name) from None
        if answer.size > MAX_BLOB:
            raise too_large(name, answer.size)
        return answer.readall()

    def _delete(self, name: str) -> None:
        try:
            self._container.delete_blob(name, delete_snapshots="include")
        except ResourceNotFoundError as error:
            if _code(error) == "ContainerNotFound":
                raise

    def _check(self) -> None:
        """List; and unless that was done a while ago, write, read and delete a blob."""
        self._next(self._pages(1))
        now = monotonic()
        if self._proven is None or now - self._proven > PROVEN_SECONDS:
            self._prove()
            self._proven = now

    def _prove(self) -> None:
        """Raise unless a blob can be written, read and deleted. One that is left behind is an orphan like others."""
        name, data = f"check-{secrets.token_hex(16)}", secrets.token_bytes(16)
        self._put(name, data)
        try:
            if self._get(name) != data:
                raise down("azure: what was written is not what is read")
        except Damaged as error:
            raise down(f"azure: {error}") from None
        finally:
            self._delete(name)

    def _pages(self, size: int) -> Pages:
        return self._container.list_blobs(results_per_page=size).by_page()

    def _next(self, pages: Pages) -> tuple[BlobInfo, ...] | None:
        try:
            page = next(pages, None)
        except ResourceNotFoundError:
            self._make_container()
            return None
        if page is None:
            return None
        return tuple(BlobInfo(blob.name, blob.size, blob.last_modified) for blob in page if NAME.fullmatch(blob.name))

    def _make_container(self) -> None:
        try:
            self._container.create_container()
        except ResourceExistsError as error:
            if _code(error) != "ContainerAlreadyExists":
                raise


def _client(container: str, azure: AzureSettings) -> ContainerClient:
    options: dict[str, Any] = {
        "connection_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        # The SDK's own policy waits for tens of seconds. One more try mends a connection that was closed while idle.
        "retry_policy": LinearRetry(backoff=0, retry_total=1, random_jitter_range=0),
        "max_single_get_size": MAX_BLOB,
    }
    if azure.connection_string:
        return ContainerClient.from_connection_string(azure.connection_string, container, **options)
    address = azure.account_url or ""
    if not address.startswith("https://"):  # a token goes there
        raise Misconfigured(f"blobs.account_url: {address!r} is not https://…")
    from azure.identity import DefaultAzureCredential  # here, because it takes 0.15 s that a connection string saves

    return ContainerClient(address, container, DefaultAzureCredential(), **options)


def _code(error: HttpResponseError) -> str:
    code = getattr(error, "error_code", None)  # text or an enum of text
    return str(getattr(code, "value", code))


def _reason(error: Exception) -> str:
    """Return what happened, for the log: without query strings, where a shared access signature stands."""
    first_line = str(error).partition("\n")[0]
    redacted = re.sub(r"[?]\S*", "", first_line)
    return f"azure: {type(error).__name__}: {redacted[:300]}"

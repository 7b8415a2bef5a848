"""Azure's faults: dead, silent, trickling, busy and strange endpoints, a lost answer, wrong keys."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

import pytest
from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas

from app.blobs.azure import AT_ONCE, PROVEN_SECONDS, AzureStore
from app.blobs.opening import open_store
from app.blobs.store import MAX_BLOB, AzureSettings, BlobStore
from app.errors import Damaged, Unavailable
from tests.processes import free_port
from tests.services import ACCOUNT, Azurite

KEY = "bm90IGEga2V5"
ACTS: dict[str, Callable[[BlobStore], object]] = {
    "put": lambda store: store.put("name", b"data"),
    "get": lambda store: store.get("name"),
    "delete": lambda store: store.delete("name"),
    "list": lambda store: list(store.list()),
    "check": lambda store: store.check(),
}


def store_at(port: int, key: str = KEY, container: str = "tests") -> BlobStore:
    return open_store(f"azure:{container}", azure=Azurite(port, key).settings)


def assert_unavailable(act: Callable[[], object], *, within: float) -> Unavailable:
    start = time.monotonic()
    with pytest.raises(Unavailable) as refusal:
        act()
    assert time.monotonic() - start < within
    return refusal.value


@contextmanager
def listening(backlog: int = 16) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        yield listener


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[int]:
    """Serve every request by `answer`; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        do_GET = do_PUT = do_DELETE = lambda self: answer(self)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("act", ACTS)
def test_a_dead_endpoint_is_unavailable_at_once(act: str) -> None:
    store = store_at(free_port())
    assert_unavailable(lambda: ACTS[act](store), within=1)


def test_an_endpoint_that_never_answers_is_unavailable_within_five_seconds() -> None:
    with listening() as silent, ThreadPoolExecutor(len(ACTS)) as waiting:
        store = store_at(silent.getsockname()[1])
        waits = [waiting.submit(assert_unavailable, partial(act, store), within=5) for act in ACTS.values()]
        assert [type(wait.result()) for wait in waits] == [Unavailable] * len(ACTS)


def test_many_waiting_for_a_silent_endpoint_all_hear_within_five_seconds() -> None:
    with listening(64) as silent, ThreadPoolExecutor(3 * AT_ONCE) as waiting:
        store = store_at(silent.getsockname()[1])
        waits = [waiting.submit(assert_unavailable, store.check, within=5) for _ in range(3 * AT_ONCE)]
        assert [type(wait.result()) for wait in waits] == [Unavailable] * len(waits)


def test_an_endpoint_that_takes_no_connection_is_unavailable_within_five_seconds() -> None:
    with listening(backlog=0) as full, socket.create_connection(full.getsockname(), 1):  # the one place in the queue
        assert_unavailable(store_at(full.getsockname()[1]).check, within=5)


def test_an_answer_that_trickles_is_unavailable_within_five_seconds() -> None:
    ended = threading.Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(206)
        request.send_header("Content-Length", "1000")
        request.send_header("Content-Range", "bytes 0-999/1000")
        request.end_headers()
        while not ended.wait(0.5):
            request.wfile.write(b"x")
            request.wfile.flush()

    with answering(trickle) as port:
        assert_unavailable(lambda: store_at(port).get("name"), within=5)
        ended.set()


@pytest.mark.parametrize(
    ("act", "status"),
    # Not ("put", 200): what answers every upload with success cannot be told from Azure.
    sorted(set(product(("put", "get", "list", "check"), (200, 302, 400, 403, 500, 503, 507))) - {("put", 200)}),
)
def test_an_endpoint_that_refuses_or_is_not_azure_is_unavailable(act: str, status: int) -> None:
    def refuse(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers.get("Content-Length") or 0))
        request.send_response(status)
        request.send_header("Content-Length", "15")
        request.end_headers()
        request.wfile.write(b"<html>no</html>")

    with answering(refuse) as port:
        store = store_at(port)
        assert_unavailable(lambda: ACTS[act](store), within=5)


def test_what_waited_too_long_to_begin_is_never_done(azurite: Azurite) -> None:
    stuck = threading.Event()
    store = store_at(azurite.port, azurite.key, azurite.container())
    assert isinstance(store, AzureStore)
    store.check()
    for _ in range(AT_ONCE):
        store._threads.submit(stuck.wait, 30)
    assert_unavailable(lambda: store.put("late", b"data"), within=5)
    stuck.set()
    store.put("next", b"data")
    assert [blob.name for blob in store.list()] == ["next"]


def store_allowed(azurite: Azurite, allowed: str) -> AzureStore:
    """Return a store that exists, for whoever may do no more than the letters say."""
    name = azurite.container()
    store_at(azurite.port, azurite.key, name).check()
    account = f"http://127.0.0.1:{azurite.port}/{ACCOUNT}"
    until = datetime.now(UTC) + timedelta(hours=1)
    token = generate_container_sas(
        ACCOUNT, name, azurite.key, permission=ContainerSasPermissions.from_string(allowed), expiry=until
    )
    return AzureStore(ContainerClient.from_container_url(f"{account}/{name}?{token}"))


@pytest.mark.parametrize("allowed", ["rl", "wl", "rwl", "rwd"])
def test_a_check_fails_for_who_may_not_read_write_list_and_delete(azurite: Azurite, allowed: str) -> None:
    assert_unavailable(store_allowed(azurite, allowed).check, within=5)


def test_a_check_proves_again_after_a_while(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_allowed(azurite, "rwdl")
    store.check()
    store._container = store_allowed(azurite, "rl")._container
    store.check()
    later = time.monotonic() + PROVEN_SECONDS + 1
    monkeypatch.setattr("app.blobs.azure.monotonic", lambda: later)
    assert_unavailable(store.check, within=5)


def test_a_lost_answer_is_a_success(azurite: Azurite) -> None:
    lost: list[str] = []

    def pass_on(request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        connection = HTTPConnection("127.0.0.1", azurite.port, timeout=5)
        connection.request(request.command, request.path, body, dict(request.headers))
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 201 and "restype=container" not in request.path:
            lost.append(request.path)
            request.close_connection = True
            return
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "keep-alive"}:
                request.send_header(name, value)
        if answer.getheader("content-length") is None:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    container = azurite.container()
    with answering(pass_on) as port:
        store_at(port, azurite.key, container).put("name", b"data")
    assert lost == [f"/{ACCOUNT}/{container}/name"]
    assert store_at(azurite.port, azurite.key, container).get("name") == b"data"


def test_a_wrong_key_is_unavailable_and_not_quoted(azurite: Azurite) -> None:
    error = assert_unavailable(store_at(azurite.port, KEY).check, within=5)
    assert KEY not in "".join(traceback.format_exception(error))


def test_a_shared_access_signature_reaches_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    endpoint = f"BlobEndpoint=http://127.0.0.1:{free_port()}/{ACCOUNT};SharedAccessSignature=sv=2024-01-01&sig=hunter2"
    store = open_store("azure:tests", azure=AzureSettings(connection_string=endpoint))
    error = assert_unavailable(store.check, within=5)
    assert "hunter2" not in "".join(traceback.format_exception(error)) + caplog.text


def test_a_blob_beyond_the_limit_is_damage(azurite: Azurite) -> None:
    container = azurite.container()
    client = ContainerClient.from_connection_string(azurite.connection_string, container)
    client.create_container()
    client.upload_blob("large", b"x" * (MAX_BLOB + 1))
    with pytest.raises(Damaged, match=f"blob too large: large has {MAX_BLOB + 1} bytes"):
        store_at(azurite.port, azurite.key, container).get("large")


def test_a_listing_goes_through_all_pages_and_passes_over_foreign_names(azurite: Azurite) -> None:
    container = azurite.container()
    client = ContainerClient.from_connection_string(azurite.connection_string, container)
    client.create_container()
    for name in ("blob-1", "blob-2", "blob-3", "blob-4", "blob-5", "folder/blob", "README.md"):
        client.upload_blob(name, b"x")
    listed = AzureStore(client, page=2).list()
    assert sorted(info.name for info in listed) == ["blob-1", "blob-2", "blob-3", "blob-4", "blob-5"]

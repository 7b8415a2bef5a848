"""Storage and stored things in trouble: a clear page each, and nothing stored or typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest

from app.credentials import Credentials, credential_type, field
from app.credentials.values import to_plain
from tests.builders import Client, World, a_jira
from tests.web.conftest import HIDDEN

TYPED = {name: str(value) for name, value in to_plain(a_jira(name="Typed by Anna", token="typed-secret-7")).items()}


@credential_type("ftp", title="FTP", description="A file server.", logo="server")
class Ftp(Credentials):
    """A type that another package brings."""

    name: str = field("Name")
    host: str = field("Host", style="host")
    password: str = field("Password", style="secret")


@credential_type("ftp", title="FTP", description="A file server.", logo="server")
class OtherFtp(Credentials):
    """The same type's next edition, whose author forgot what is stored."""

    name: str = field("Name")
    host: str = field("Host", style="host")
    port: int = field("Port")
    password: str = field("Password", style="secret")
    stored: ClassVar[str] = "ftp"


@pytest.fixture
def own_store(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def shelf(make_world: Callable[..., World], own_store: Path) -> World:
    """A Tresor whose blobs lie in a folder that a test can take away."""
    return make_world({"TRESOR_BLOB_URL": f"file://{own_store}"})


def takes_away(store: Path) -> Path:
    """Put a file where the folder was: whatever is asked of it fails, also for root."""
    gone = store.rename(store.with_name("elsewhere"))
    store.write_text("no folder")
    return gone


def blobs(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


def a_page_each(client: Client, secret: UUID, statuses: dict[str, int]) -> None:
    found = {}
    for what in statuses:
        method, path = what.split(" ", 1)
        where = "/vault" if path == "list" else f"/vault/{secret}{path}"
        answer = client.get(where) if method == "GET" else client.post(where)
        found[what] = answer.status_code
        assert "Traceback" not in answer.text
        assert str(answer.status_code) not in ("500", "503") or "Reference" in answer.text, what
    assert found == statuses


def test_with_the_store_down_pages_say_so_and_a_new_secret_can_be_sent_again(shelf: World, own_store: Path) -> None:
    anna = shelf.person("anna")
    secret = shelf.keep(a_jira(), owner=anna)
    client = shelf.client(anna)
    gone = takes_away(own_store)
    a_page_each(client, secret, {"GET list": 200, "GET ": 503, "GET /edit": 503, "GET /sharing": 200,
                                 "GET /delete": 200, "POST /fields/token/reveal": 503,
                                 "POST /fields/token/copy": 503})  # fmt: skip
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["blobs"], ready.json["database"]) == (503, "failed", "ok")
    before = shelf.rows("secret")
    answer = client.post("/vault/new/jira", **{**TYPED, "once": "page-1"})
    kept = dict(HIDDEN.findall(answer.text))
    assert (answer.status_code, kept["name"], kept["email"], kept["once"]) == (
        503,
        "Typed by Anna",
        TYPED["email"],
        "page-1",
    )
    assert "typed-secret-7" not in answer.text
    assert 'type="password"' in answer.text
    assert shelf.rows("secret") == before
    own_store.unlink()
    gone.rename(own_store)
    kept.pop("language", None)
    sent = client.http.post("/vault/new/jira", base_url=client.site, data={**kept, "token": "typed-secret-7"},
                            headers={"Sec-Fetch-Site": "same-origin"})  # fmt: skip
    assert sent.status_code == 303


def test_with_the_store_down_an_edit_can_be_sent_again(shelf: World, own_store: Path) -> None:
    anna = shelf.person("anna")
    secret = shelf.keep(a_jira(), owner=anna)
    client = shelf.client(anna)
    takes_away(own_store)
    answer = client.post(f"/vault/{secret}/edit", **{**TYPED, "version": "1"})
    kept = dict(HIDDEN.findall(answer.text))
    assert (answer.status_code, kept["name"], kept["version"]) == (503, "Typed by Anna", "1")
    assert "typed-secret-7" not in answer.text


def test_with_the_store_down_a_stranger_still_learns_nothing(shelf: World, own_store: Path) -> None:
    anna, eve = shelf.person("anna"), shelf.person("eve")
    secret = shelf.keep(a_jira(), owner=anna)
    client = shelf.client(eve)
    takes_away(own_store)
    assert client.get(f"/vault/{secret}").status_code == 404
    assert client.post(f"/vault/{secret}/edit", **{**TYPED, "version": "1"}).status_code == 404


def test_a_full_store_keeps_nothing_by_half(make_world: Callable[..., World], tmp_path: Path) -> None:
    store = tmp_path / "full"
    world = make_world({"TRESOR_BLOB_URL": f"file://{store}"})
    anna = world.person("anna")
    client, before = world.client(anna), world.rows("secret")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    object.__setattr__(world.store, "fsync", full)
    answer = client.post("/vault/new/jira", **{**TYPED, "once": "page-1"})
    assert (answer.status_code, dict(HIDDEN.findall(answer.text))["name"]) == (503, "Typed by Anna")
    assert (world.rows("secret"), blobs(store)) == (before, [])


@pytest.mark.parametrize(
    "breaks",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:20]),
        lambda path: path.write_bytes(path.read_bytes() + b"\0"),
        lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
    ],
    ids=["missing", "cut", "empty", "header only", "longer", "flipped"],
)
def test_a_damaged_blob_is_one_damaged_secret(shelf: World, own_store: Path, breaks: Callable[[Path], Any]) -> None:
    anna = shelf.person("anna")
    secret = shelf.keep(a_jira(), owner=anna)
    breaks(blobs(own_store)[0])
    whole = shelf.keep(a_jira(name="Whole"), owner=anna)
    client = shelf.client(anna)
    a_page_each(client, secret, {"GET list": 200, "GET ": 200, "GET /edit": 500, "POST /edit": 500,
                                 "GET /sharing": 200, "GET /history": 200, "GET /delete": 200,
                                 "POST /fields/token/reveal": 500})  # fmt: skip
    page = client.get(f"/vault/{secret}").text
    assert "This secret cannot be opened." in page
    assert str(secret) in page
    assert client.get(f"/vault/{whole}").status_code == 200
    assert client.post(f"/vault/{secret}/delete").status_code == 303


def test_a_type_that_is_not_installed_is_said_and_its_values_come_back_with_it(
    make_world: Callable[..., World],
) -> None:
    world = make_world(types=[Ftp])
    anna = world.person("anna")
    secret = world.keep(Ftp(name="Files", host="ftp.example.org", password="kept-secret-3"), owner=anna)
    bare = make_world()
    client = bare.client(anna)
    assert "ftp is not installed" in client.get("/vault").text
    assert "The type ftp is not installed." in client.get(f"/vault/{secret}").text
    a_page_each(
        client, secret, {"GET list": 200, "GET ": 200, "GET /sharing": 200, "GET /delete": 200, "GET /history": 200}
    )
    for answer in (client.get(f"/vault/{secret}/edit"), client.post(f"/vault/{secret}/edit", **TYPED),
                   client.post(f"/vault/{secret}/fields/password/reveal")):  # fmt: skip
        assert answer.status_code == 409
        assert "The type ftp is not installed." in answer.text, answer.text
    assert client.get("/vault/new/ftp").status_code == 404
    assert client.post(f"/vault/{secret}/delete").status_code == 303
    assert "Files" in client.get("/vault/trash").text
    assert client.post(f"/vault/{secret}/restore").status_code == 303
    again = make_world(types=[Ftp]).client(anna)
    assert again.post(f"/vault/{secret}/fields/password/copy").text == "kept-secret-3"


def test_values_that_no_longer_fit_their_class_are_damaged_and_kept(make_world: Callable[..., World]) -> None:
    world = make_world(types=[Ftp])
    anna = world.person("anna")
    secret = world.keep(Ftp(name="Files", host="ftp.example.org", password="kept-secret-3"), owner=anna)
    changed = make_world(types=[OtherFtp]).client(anna)
    a_page_each(changed, secret, {"GET list": 200, "GET ": 200, "GET /edit": 500, "POST /fields/password/copy": 500})
    assert "This secret cannot be opened." in changed.get(f"/vault/{secret}").text
    again = make_world(types=[Ftp]).client(anna)
    assert again.post(f"/vault/{secret}/fields/password/copy").text == "kept-secret-3"

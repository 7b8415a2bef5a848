"""Marked values travel through everything that people do, and are then looked for wherever they should not be."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import shutil
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from tests.journeys.conftest import PASSWORD, Served, serving
from tests.journeys.marks import TOKEN, hits, hits_in, mark
from tests.journeys.test_spine import matched
from tests.services import Postgres

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
ACCOUNT = mark("account password, which is long enough")

WATCH = """
import os, sys
log = os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT

def listen(event, arguments):
    if event == "open" and arguments[2] & writes and not isinstance(arguments[0], int):
        os.write(log, os.fsencode(os.path.abspath(os.fspath(arguments[0]))) + b"\\n")

sys.addaudithook(listen)
"""
"""Notes each file that Python opens for writing, in a process that has this as its sitecustomize."""


@dataclass
class Answer:
    """What came back for a request."""

    asked: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def place(self) -> str:
        return dict(self.headers)["location"]


@dataclass
class Browser:
    """Somebody's browser, which keeps all that it was ever answered."""

    served: Served
    answers: list[Answer] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        url = urllib.parse.urlsplit(self.served.url)
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, {"Cookie": cookies, "Sec-Fetch-Site": "same-origin", **(headers or {})})
        response = connection.getresponse()
        answer = Answer(f"{method} {path}", response.status, lowered(response.getheaders()), response.read())
        connection.close()
        for name, value in answer.headers:
            if name == "set-cookie":
                self.cookies |= {each.key: each.value for each in SimpleCookie(value).values()}
        self.answers.append(answer)
        return answer

    def get(self, path: str, **query: str) -> Answer:
        return self.ask("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        if not self.token:
            found = CSRF.search(self.get("/confirm" if "session" in self.cookies else "/login").text)
            assert found
            self.token = found[1]
        return self.send(path, {"csrf_token": self.token, **fields}, headers)

    def send(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.ask("POST", path, urllib.parse.urlencode(fields).encode(), form)

    def signs_in(self, email: str) -> None:
        self.token = ""
        assert self.post("/login", email=email, password=ACCOUNT).status == 303
        self.token = ""


def lowered(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers]


@dataclass
class Sweep:
    """A served Tresor that is watched: where it writes, and what it answers to whom."""

    served: Served
    folder: Path
    folders: list[Path]
    lena: Browser
    stranger: Browser
    ben: Browser
    shown: set[int] = field(default_factory=set)
    """Answers in which a value belongs."""

    def reveals(self, who: Browser, secret: str, name: str, value: str) -> None:
        """Reveal and copy: the two answers in which a value belongs, and the sign that this sweep finds marks."""
        page, copied = (who.post(f"{secret}/fields/{name}/{how}") for how in ("reveal", "copy"))
        assert (page.status, copied.status, copied.text) == (200, 200, value)
        assert hits(page.body)
        self.shown |= {id(page), id(copied)}

    def answers(self) -> Iterator[Answer]:
        for browser in (self.lena, self.stranger, self.ben):
            yield from browser.answers


@pytest.fixture(params=["sqlite", "postgres"])
def sweep(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sweep]:
    watch, temporary = tmp_path / "watch", tmp_path / "temporary"
    watch.mkdir()
    temporary.mkdir()
    (watch / "sitecustomize.py").write_text(WATCH)
    stores = {
        "PYTHONPATH": str(watch),
        "OPENED": str(tmp_path / "opened"),
        "TMPDIR": str(temporary),
        "TRESOR_LIMITS__ENABLED": "false",
    }
    folders = [tmp_path]
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        stores["TRESOR_DATABASE_URL"] = postgres.new_database()
        folders.append(postgres.folder)
    with serving(tmp_path, stores) as served:
        yield Sweep(served, tmp_path, folders, *(Browser(served) for _ in range(3)))


def values(word: str, **public: str) -> dict[str, str]:
    return {"name": mark(f"name of {word}"), **public}


FORMS: dict[str, tuple[dict[str, str], str]] = {
    "login": (
        values("login", website="https://example.org", username=mark("summary"), notes=mark("notes")),
        "password",
    ),
    "api_key": (values("api_key", address=f"https://{TOKEN}.example.org", notes=mark("notes")), "key"),
    "jira": (values("jira", email=f"{TOKEN}@example.org"), "token"),
    "note": (values("note"), "text"),
    "smtp": (values("smtp", host=f"{TOKEN}.example.org", username=mark("user")), "password"),
}


def test_no_marked_value_and_no_name_lies_anywhere(sweep: Sweep) -> None:
    sets_up(sweep)
    secrets = {kind: stores(sweep, kind) for kind in FORMS}
    makes_mistakes(sweep, secrets["login"])
    looks_around(sweep, secrets)
    edits(sweep, secrets["login"])
    shares_and_publishes(sweep, secrets["api_key"])
    keeps_out_strangers(sweep, secrets)
    meets_a_store_that_is_down(sweep, secrets["note"])
    throws_away(sweep, secrets["jira"])
    runs_commands(sweep)
    settle(sweep)
    assert found_in_files(sweep) == []
    assert written_elsewhere(sweep) == []
    assert [answer.asked for answer in sweep.answers() if values_in(answer) and id(answer) not in sweep.shown] == []
    assert [(answer.asked, header) for answer in sweep.answers() for header in answer.headers if marked(header)] == []
    assert [answer.asked for answer in sweep.stranger.answers if hits(answer.body)] == []
    pages = [answer for answer in sweep.lena.answers if answer.asked == "GET /vault"]
    assert len(hits(pages[-1].body)) > len(FORMS)  # names do belong there, and are found


def secret_value(kind: str) -> str:
    return mark(f"value of {kind}")


def values_in(answer: Answer) -> bool:
    """Return whether a secret-style value or a person's password stands in an answer."""
    return bool(re.search(rb"Zq7mArK4Vx-(value|account)", answer.body)) or bool(
        [each for each in hits(answer.body) if not each.startswith(TOKEN.encode())]
    )


def marked(header: tuple[str, str]) -> bool:
    return bool(hits("\n".join(header).encode("utf-8", "surrogateescape")))


def sets_up(sweep: Sweep) -> None:
    lena, path = sweep.lena, urllib.parse.urlsplit(sweep.served.setup_link()).path
    fields = {"first_name": "Lena", "last_name": "Hoffmann", "email": "lena@example.org"}
    assert lena.post(path, **fields, password=ACCOUNT, password_again=ACCOUNT + "x").status == 422
    assert lena.post(path, **fields, password=ACCOUNT, password_again=ACCOUNT).status == 303
    lena.cookies.clear()
    for email, first in (("ben@example.org", "Ben"), ("sam@example.org", "Sam")):
        made = sweep.served.command(
            "users", "create", email, "--first-name", first, "--last-name", "Example", "--password-stdin",
            given=ACCOUNT,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
    assert sweep.ben.post("/login", email="ben@example.org", password=ACCOUNT + " wrong").status == 422
    lena.signs_in("lena@example.org")
    sweep.ben.signs_in("ben@example.org")
    sweep.stranger.signs_in("sam@example.org")


def stores(sweep: Sweep, kind: str) -> str:
    """Store one of each type, after a try without its name; return its address."""
    public, secret = FORMS[kind]
    page, value = f"/vault/new/{kind}", secret_value(kind)
    assert sweep.lena.get(page).status == 200
    assert sweep.lena.post(page, **{**public, secret: value, "name": ""}).status == 422
    saved = sweep.lena.post(page, **public, **{secret: value}, once=kind)
    again = sweep.lena.post(page, **public, **{secret: value}, once=kind)
    assert (saved.status, again.place) == (303, saved.place)
    return urllib.parse.urlsplit(saved.place).path


def makes_mistakes(sweep: Sweep, secret: str) -> None:
    lena = sweep.lena
    public, _ = FORMS["login"]
    full = {**public, "password": secret_value("login")}
    assert lena.send("/vault/new/login", full).status == 400
    assert lena.send(f"{secret}/edit", {**full, "version": "1"}).status == 400
    assert lena.post("/vault/new/login", {"Sec-Fetch-Site": "cross-site"}, **full).status == 403
    assert lena.post("/vault/new/login", **full, **{mark("name of a field"): "x"}).status == 422
    assert lena.post("/vault/new/login", **{**full, "password": secret_value("login") * 4000}).status == 422
    assert lena.post("/vault/new/login", **{**full, "password": secret_value("login") * 40_000}).status == 413
    assert lena.post("/vault/new/login", **{**full, "password": secret_value("login") + "\0"}).status == 422
    assert lena.get("/vault/" + urllib.parse.quote(mark("value in an address"), safe="")).status == 404
    assert lena.get("/vault", q=mark("words of a search"), type=mark("words of a filter")).status == 200
    multipart(lena, full)


def multipart(lena: Browser, fields: dict[str, str]) -> None:
    """Send what no page of ours sends: a large file beside the fields."""
    token = CSRF.search(lena.get("/vault/new/login").text)
    assert token
    parts = {**fields, "csrf_token": token[1]}
    body = b"".join(
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parts.items()
    )
    file = secret_value("file").encode() * 16_000
    body += b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + file + b"\r\n--xyz--\r\n"
    assert len(body) > 600_000
    answer = lena.ask("POST", "/vault/new/login", body, {"Content-Type": "multipart/form-data; boundary=xyz"})
    assert answer.status == 422


def looks_around(sweep: Sweep, secrets: dict[str, str]) -> None:
    lena = sweep.lena
    for kind, secret in secrets.items():
        assert lena.get(secret).status == 200
        assert lena.get(f"{secret}/edit").status == 200
        assert lena.get(f"{secret}/history").status == 200
        sweep.reveals(lena, secret, FORMS[kind][1], secret_value(kind))
    assert lena.get("/vault").status == 200
    assert secrets["note"] in lena.get("/vault", q=mark("name of note")).text
    for path in ("/account", "/groups", "/vault/trash", "/vault/new", "/readyz", "/nowhere"):
        lena.get(path)


def edits(sweep: Sweep, secret: str) -> None:
    lena, (public, _) = sweep.lena, FORMS["login"]
    other, moved = mark("value after an edit"), {**public, "website": "https://elsewhere.example.org"}
    assert lena.post(f"{secret}/edit", **public, password=other, version="1").status == 303
    assert lena.post(f"{secret}/edit", **public, password=mark("value too late"), version="1").status == 409
    assert lena.post(f"{secret}/edit", **moved, password="", version="2").status == 422
    assert lena.post(f"{secret}/edit", **moved, password=mark("value third"), version="2").status == 303
    sweep.reveals(lena, secret, "password", mark("value third"))
    assert lena.get(f"{secret}/compare", older="1", newer="3").status == 200
    assert lena.post(f"{secret}/versions/1/restore", version="3").status == 303
    sweep.reveals(lena, secret, "password", secret_value("login"))


def shares_and_publishes(sweep: Sweep, secret: str) -> None:
    lena, ben, served = sweep.lena, sweep.ben, sweep.served
    for words in (["create", "Release"], ["add-member", "Release", "lena@example.org"],
                  ["add-member", "Release", "ben@example.org", "--admin"]):  # fmt: skip
        made = served.command("groups", *words)
        assert made.returncode == 0, made.stderr
    page = lena.get(f"{secret}/sharing").text
    revision = re.search(r'name="revision" value="(\d+)"', page)
    groups = re.search(r'name="shown-groups" value="([^"]+)"', page)
    group = re.search(r'name="group-([0-9a-f-]{36})"[^>]*>\s*<span>Release', page)
    assert revision
    assert groups
    assert group
    fields = {"revision": revision[1], "add": "ben@example.org", "shown-groups": groups[1], f"group-{group[1]}": "on"}
    assert lena.post(f"{secret}/sharing", **{**fields, "add": "nobody@example.org"}).status == 422
    assert lena.post(f"{secret}/sharing", **fields).status == 303
    assert lena.post(f"{secret}/sharing", **{**fields, "add": "nobody@example.org"}).status == 409
    assert ben.get("/vault").status == 200
    sweep.reveals(ben, secret, "key", secret_value("api_key"))
    assert (ben.get(f"{secret}/edit").status, ben.get(f"{secret}/history").status) == (403, 403)
    assert mark("name of api_key")[:20] in ben.get(f"/groups/{group[1]}").text
    assert matched(served, "ben@example.org") == secret_value("api_key")
    publication = f"/groups/{group[1]}/publications/{secret.rpartition('/')[2]}/withdraw"
    assert (ben.get(publication).status, ben.post(publication).status) == (200, 303)


def keeps_out_strangers(sweep: Sweep, secrets: dict[str, str]) -> None:
    for kind, secret in secrets.items():
        for page in ("", "/edit", "/history", "/sharing", "/delete", "/purge"):
            assert sweep.stranger.get(secret + page).status == 404
        for how in ("reveal", "copy"):
            assert sweep.stranger.post(f"{secret}/fields/{FORMS[kind][1]}/{how}").status == 404
    assert sweep.stranger.get("/vault", q=TOKEN).status == 200
    sweep.stranger.answers.pop()  # the search box holds what they typed


def meets_a_store_that_is_down(sweep: Sweep, secret: str) -> None:
    blobs = sweep.folder / "instance" / "data" / "blobs"
    assert blobs.is_dir()
    aside = blobs.with_name("aside")
    blobs.rename(aside)
    blobs.write_bytes(b"")
    try:
        public, field_name = FORMS["login"]
        assert sweep.lena.post("/vault/new/login", **public, **{field_name: mark("value nowhere")}).status == 503
        assert sweep.lena.post(f"{secret}/fields/text/reveal").status == 503
    finally:
        blobs.unlink()
        aside.rename(blobs)


def throws_away(sweep: Sweep, secret: str) -> None:
    lena = sweep.lena
    assert lena.post(f"{secret}/delete").status == 303
    assert (lena.get(secret).status, lena.get("/vault/trash").status) == (404, 200)
    assert lena.post(f"{secret}/restore").status == 303
    assert lena.post(f"{secret}/delete").status == 303
    assert lena.get(f"{secret}/purge").status == 200
    assert lena.post(f"{secret}/purge", name=mark("name of another")).status == 422
    assert lena.post(f"{secret}/purge", name=mark("name of jira")).status == 303
    assert lena.get("/vault/trash").status == 200


def runs_commands(sweep: Sweep) -> None:
    for words in (["vault", "verify", "--all"], ["audit", "verify"]):
        ran = sweep.served.command(*words)
        assert ran.returncode == 0, ran.stderr
        assert hits((ran.stdout + ran.stderr).encode()) == []


def settle(sweep: Sweep) -> None:
    """Let PostgreSQL write what it holds; SQLite's log stays beside its file as long as it is served."""
    url = sweep.served.environment.get("TRESOR_DATABASE_URL")
    if url is None:
        assert (sweep.folder / "instance" / "data" / "tresor.sqlite3-wal").exists()
        return
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def found_in_files(sweep: Sweep) -> list[tuple[str, bytes]]:
    log = sweep.served.log.read_text("utf-8")
    assert log.count('"logger": "app.requests"') > 100, log[-2000:]
    database = sweep.folders[-1]  # addresses of people do lie there, and are found
    assert [path for path in database.rglob("*") if path.is_file() and b"lena@example.org" in path.read_bytes()]
    return [(str(path), found) for path, found in hits_in(sweep.folders)]


def written_elsewhere(sweep: Sweep) -> list[str]:
    """Return the files that the processes opened for writing and that are not their data; passed files count too."""
    opened = set((sweep.folder / "opened").read_text("utf-8", "surrogateescape").splitlines())
    data = sweep.folder / "instance"
    assert [path for path in opened if path.startswith(str(data / "data" / "blobs"))]
    expected = (str(data), "/dev/null", "/proc/", "/sys/")
    return sorted(path for path in opened if not path.startswith(expected) and "__pycache__" not in path)


# ── what finds them ──


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_a_mark_is_found_however_it_was_written(before: str, tmp_path: Path) -> None:
    text = before + mark("value of this")
    for data in (
        text.encode(),
        urllib.parse.quote(text).encode(),
        urllib.parse.quote_plus(text).encode(),
        json.dumps(text).encode(),
        repr(text).encode(),
        text.encode("utf-16"),
        text.encode("utf-16-be"),
        text.encode().hex().encode(),
        text.encode().hex().upper().encode(),
        base64.b64encode(text.encode()),
        base64.urlsafe_b64encode(text.encode()),
    ):
        assert len(hits(b"before " + data + b" after")) == 1
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_text(text)
    assert [path.name for path, _ in hits_in([tmp_path])] == ["file"]
    assert hits(gzip.compress(text.encode()) + PASSWORD.encode()) == []
    shutil.rmtree(tmp_path / "deep")

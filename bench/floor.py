"""The floor: a bare Flask app that does the least such a page can do, for ratios."""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, Response, abort, g, redirect, request

from app.web.serving import Served

LIST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vault</title>
<link rel="stylesheet" href="/static/floor.css"></head><body><h1>Vault</h1><p>{{ user }}</p>
<ul>{% for row in rows %}
<li><a href="/secret/{{ row[0] }}">{{ row[1] }}</a> <span>{{ row[2] }}</span></li>
{% endfor %}</ul></body></html>"""
ONE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ row[1] }}</title></head><body>
<h1>{{ row[1] }}</h1><dl>
{% for line in value.split("\\n") %}<dt>field</dt><dd>{{ line }}</dd>{% endfor %}</dl></body></html>"""

SCHEMA = """
CREATE TABLE session (hash BLOB PRIMARY KEY, user INTEGER);
CREATE TABLE secret (id INTEGER PRIMARY KEY, user INTEGER, name TEXT, summary TEXT, blob TEXT);
CREATE INDEX secret_user ON secret (user, name);
CREATE TABLE event (id INTEGER PRIMARY KEY, user INTEGER, secret INTEGER, action TEXT);
"""
KEY = hashlib.sha256(b"floor").digest()
TEXT = b"smtp.example.org\n587\nSTARTTLS\nrelay\nhunter2-hunter2\nnoreply@example.org"


def connect(folder: Path) -> sqlite3.Connection:
    """Return a connection with the settings that Tresor uses."""
    connection = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None, timeout=15)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def fill(folder: Path, token: str, rows: int) -> None:
    """Make the database and its blobs: one session, `rows` secrets."""
    connection = connect(folder)
    connection.executescript(SCHEMA)
    connection.execute("INSERT INTO session VALUES (?, 1)", (hashlib.sha256(token.encode()).digest(),))
    connection.execute("BEGIN")
    for number in range(rows):
        connection.execute(
            "INSERT INTO secret (user, name, summary, blob) VALUES (1, ?, ?, ?)", (f"Secret {number}", "relay", "0")
        )
    connection.execute("COMMIT")
    nonce = secrets.token_bytes(12)
    (folder / "0").write_bytes(nonce + AESGCM(KEY).encrypt(nonce, TEXT, b"0"))


def store(folder: Path, name: str, data: bytes) -> None:
    """Write a blob as a store that keeps its promises must: fsync of the file, rename, fsync of the folder."""
    temporary = folder / f".{name}"
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / name)
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def floor_app(folder: Path) -> Flask:
    """Return the bare app over `folder`."""
    app = Flask("floor")
    list_page, one_page = app.jinja_env.from_string(LIST), app.jinja_env.from_string(ONE)  # compiled once
    kept = threading.local()  # SQLite's connections belong to the thread that opened them

    def database() -> sqlite3.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = connect(folder)
        connection: sqlite3.Connection = kept.connection
        return connection

    @app.before_request
    def session() -> None:
        token = request.cookies.get("session", "")
        found = database().execute(
            "SELECT user FROM session WHERE hash = ?", (hashlib.sha256(token.encode()).digest(),)
        )
        row = found.fetchone()
        if row is None:
            abort(401)
        g.user = row[0]

    @app.get("/list")
    def listing() -> str:
        found = database().execute(
            "SELECT id, name, summary FROM secret WHERE user = ? ORDER BY name LIMIT 20", (g.user,)
        )
        return list_page.render(user=g.user, rows=found.fetchall())

    @app.get("/secret/1")
    def one() -> str:
        row, value = opened()
        return one_page.render(row=row, value=value)

    @app.post("/secret/1/reveal")
    def reveal() -> str:
        row, value = opened()
        database().execute("INSERT INTO event (user, secret, action) VALUES (?, 1, 'reveal')", (g.user,))
        return one_page.render(row=row, value=value)

    @app.post("/secret")
    def create() -> Response:
        name, nonce = secrets.token_hex(16), secrets.token_bytes(12)
        store(folder, name, nonce + AESGCM(KEY).encrypt(nonce, TEXT, name.encode()))
        connection = database()
        connection.execute("BEGIN IMMEDIATE")
        made = connection.execute(
            "INSERT INTO secret (user, name, summary, blob) VALUES (2, ?, ?, ?)", (request.form["name"], "relay", name)
        )
        connection.execute("INSERT INTO event (user, secret, action) VALUES (?, ?, 'create')", (g.user, made.lastrowid))
        connection.execute("COMMIT")
        return redirect(f"/secret/{made.lastrowid}", 303)

    def opened() -> tuple[tuple[object, ...], str]:
        row = database().execute("SELECT id, name, blob FROM secret WHERE id = 1 AND user = ?", (g.user,)).fetchone()
        data = (folder / row[2]).read_bytes()
        return row, AESGCM(KEY).decrypt(data[:12], data[12:], row[2].encode()).decode()

    return app


if "FLOOR_FOLDER" in os.environ:
    served = Served(floor_app(Path(os.environ["FLOOR_FOLDER"])), most=2**20)

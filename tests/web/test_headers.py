"""The headers of every answer: pages, errors, redirects, static files, over http and https."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from app.web.headers import FIXED, HSTS, OF_PAGES
from tests.builders import CHEAP, PASSWORD, Client, World
from tests.web.conftest import NONCE, House, cookie, raw

HTTPS = {"TRESOR_BASE_URL": "https://vault.example.org"}


def answers(house: House) -> dict[str, TestResponse]:
    anna, nobody = house.client(house.anna), house.client()
    ours = {"Sec_Fetch_Site": "same-origin"}
    return {
        "page": anna.get("/vault"),
        "secret": anna.get(f"/vault/{house.secret}"),
        "reveal": anna.post(f"/vault/{house.secret}/fields/token/reveal"),
        "copy": anna.post(f"/vault/{house.secret}/fields/token/copy"),
        "sign-in": nobody.get("/login"),
        "redirect to sign-in": nobody.get("/vault"),
        "redirect to the start": anna.get("/"),
        "language": nobody.post("/language", language="de"),
        "400 token": raw(anna, "/vault/new/jira", {"name": "x"}, **ours),
        "400 host": nobody.http.get("/login", base_url="http://evil.example"),
        "401": raw(nobody, "/vault/new/jira", {"csrf_token": nobody.token()}, **ours),
        "403 site": raw(anna, "/vault/new/jira", {}, Sec_Fetch_Site="cross-site"),
        "403": anna.get("/vault/new/smtp"),
        "404": anna.get("/nothing"),
        "404 static": anna.get("/static/nothing.css"),
        "405": anna.http.put("/vault", base_url=anna.site),
        "413": raw(anna, "/vault/new/jira", {"name": "x" * 2**20}, **ours),
        "415": anna.http.post(
            "/vault/new/jira", base_url=anna.site, json={}, headers={"Sec-Fetch-Site": "same-origin"}
        ),
        "422": anna.post("/vault/new/jira", name=""),
        "options": anna.http.options("/vault", base_url=anna.site),
        "health": nobody.get("/healthz"),
        "ready": nobody.get("/readyz"),
        "partial": anna.get("/vault", headers={"HX-Request": "true", "HX-Request-Type": "partial"}),
    }


def test_every_answer_is_kept_by_nobody_and_may_load_only_our_own(house: House) -> None:
    for name, answer in answers(house).items():
        headers = answer.headers
        assert {key: headers.get(key) for key in FIXED | OF_PAGES} == FIXED | OF_PAGES, name
        assert headers.get("Cache-Control") == "no-store", name
        packed = {"accept-encoding"} if name in ("page", "partial") else set()
        assert {each.lower() for each in answer.vary} == {"cookie", "hx-request", "hx-request-type"} | packed, name
        assert "Strict-Transport-Security" not in headers, name
        assert "Server" not in headers, name
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        nonce = policy.pop("script-src").removeprefix("'self' 'nonce-").removesuffix("'")
        assert len(nonce) == 24, name
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "connect-src": "'self'",
            "font-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "htmx",
        }, name


def test_no_two_answers_have_the_same_nonce(house: House) -> None:
    anna = house.client(house.anna)
    nonces = {NONCE.findall(anna.get("/vault").headers["Content-Security-Policy"])[0] for _ in range(8)}
    assert len(nonces) == 8


def test_no_page_has_anything_inline(house: House) -> None:
    for name, answer in answers(house).items():
        for mark in ("<style", " style=", " onclick=", " onload=", " onerror=", "javascript:", "hx-on", "<base"):
            assert mark not in answer.text.lower(), (name, mark)
        assert answer.text.count("<script") == answer.text.count("<script nonce="), name


def test_static_files_are_kept_and_know_nobody(house: House) -> None:
    anna = house.client(house.anna)
    marked, plain = anna.get("/static/css/tresor.css?v=1"), anna.get("/static/css/tresor.css")
    assert marked.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Cache-Control"] == "public, max-age=3600"
    again = anna.get("/static/css/tresor.css?v=1", headers={"If-None-Match": marked.headers["ETag"]})
    part = anna.get("/static/css/tresor.css?v=1", headers={"Range": "bytes=0-9"})
    assert (again.status_code, part.status_code) == (304, 206)
    for answer in (marked, plain, again, part):
        assert {key: answer.headers.get(key) for key in FIXED} == FIXED
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
    assert again.headers["Cache-Control"] == marked.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["../config/default.toml", "..%2f..%2fwsgi.py", "css/../../wsgi.py", "%2fetc/passwd", "css"]
)
def test_static_files_are_only_those_below_static(house: House, path: str) -> None:
    assert house.client().get(f"/static/{path}").status_code == 404


def test_an_anonymous_visit_stores_nothing(house: House) -> None:
    before = {table: house.world.rows(table) for table in ("session", "audit", "preferences")}
    nobody = house.client()
    for path in ("/", "/login", "/vault", "/healthz", "/readyz", "/static/css/tresor.css"):
        nobody.get(path)
    assert {table: house.world.rows(table) for table in before} == before


def set_cookies(answer: TestResponse) -> dict[str, tuple[str, ...]]:
    found = {}
    for line in answer.headers.getlist("Set-Cookie"):
        pair, *attributes = line.split("; ")
        found[pair.split("=", 1)[0]] = tuple(
            sorted(each for each in attributes if "=" not in each or each[:4] in ("Same", "Path"))
        )
    return found


def signs_in(world: World) -> tuple[Client, TestResponse]:
    world.person("anna")
    client = world.client()
    return client, client.post("/login", email="anna@example.org", password=PASSWORD)


def test_over_http_on_loopback_cookies_are_plain_but_closed_to_scripts(world: World) -> None:
    _client, answer = signs_in(world)
    closed = ("HttpOnly", "Path=/", "SameSite=Lax")
    assert set_cookies(answer)["session"] == closed
    assert set_cookies(world.client().get("/login")) == {"form": closed}


def test_over_https_cookies_are_bound_to_the_host_and_https_stays(make_world: Callable[..., World]) -> None:
    strong = {"TRESOR_LIMITS__ENABLED": "true", "TRESOR_PASSWORDS__MEMORY": "65536", "TRESOR_PASSWORDS__TIME": "3"}
    assert strong.keys() == CHEAP.keys()
    world = make_world({**strong, **HTTPS})
    client, answer = signs_in(world)
    bound = ("HttpOnly", "Path=/", "SameSite=Lax", "Secure")
    assert answer.status_code == 303
    assert set_cookies(answer)["__Host-session"] == bound
    assert "session" not in set_cookies(answer)
    assert set_cookies(world.client().get("/login")) == {"__Host-form": bound}
    assert set_cookies(client.post("/language", language="de"))["language"] == bound
    for path in ("/vault", "/nothing", "/static/css/tresor.css"):
        assert client.get(path).headers["Strict-Transport-Security"] == HSTS
    ended = client.post("/logout")
    assert ended.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert set_cookies(ended)["__Host-session"] == bound


def test_the_form_cookie_holds_the_seed_and_nothing_else(house: House) -> None:
    for client in (house.client(), house.client(house.anna)):
        client.token()
        client.get("/vault")
        payload = cookie(client, "form").split(".")[0]
        assert json.loads(base64.urlsafe_b64decode(payload + "==")).keys() == {"csrf_token"}


def test_health_tells_names_only(house: House) -> None:
    nobody = house.client()
    assert nobody.get("/healthz").json == {"status": "ok"}
    ready = nobody.get("/readyz")
    assert (ready.status_code, ready.json) == (200, dict.fromkeys(("database", "keyring", "trail", "blobs"), "ok"))

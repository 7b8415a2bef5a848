"""Where an answer sends people: only to ourselves, whatever Host, Forwarded, next and Referer say."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest

from tests.builders import PASSWORD, World
from tests.web.conftest import House, raw

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "\t//evil.example",
    " //evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "//[",
    "http://[::1",
    "//evil.example\\@127.0.0.1:8000/",
    "@evil.example",
    "?next=//evil.example",
    "/vault\r\nSet-Cookie: session=evil",
    "/\u202evault",
    "",
)


def stays(site: str, location: str) -> bool:
    """Return whether a browser on our site that follows this stays there."""
    plain = location.replace("\t", "").replace("\n", "").replace("\r", "").replace("\\", "/").strip()
    return urlsplit(urljoin(f"{site}/login", plain)).netloc == urlsplit(site).netloc


@pytest.mark.parametrize("address", ELSEWHERE)
def test_next_leads_nowhere_else(house: House, address: str) -> None:
    browser = house.client()
    answer = browser.post("/login", email=house.anna.email, password=PASSWORD, next=address)
    assert (answer.status_code, answer.location) == (303, "/")
    again = browser.get("/login", query_string={"next": address})
    assert (again.status_code, again.location) == (303, "/")
    confirmed = browser.post("/confirm", password=PASSWORD, next=address)
    assert (confirmed.status_code, confirmed.location) == (303, "/")


@pytest.mark.parametrize(
    "address", ["/groups", "/vault?q=a%20b&sort=name", "/vault/trash?page=2", "/.//evil.example", "/%2f/evil.example"]
)
def test_next_leads_to_a_page_of_ours(house: House, address: str) -> None:
    answer = house.client().post("/login", email=house.anna.email, password=PASSWORD, next=address)
    assert (answer.status_code, answer.location) == (303, address)
    assert stays(house.world.cfg.settings.server.base_url, answer.location)


def test_who_is_not_signed_in_comes_back_to_the_page_that_they_wanted(house: House) -> None:
    browser = house.client()
    asked = browser.get("/vault?q=board&sort=name")
    assert (asked.status_code, asked.location) == (303, "/login?next=/vault?q%3Dboard%26sort%3Dname")
    assert 'value="/vault?q=board&amp;sort=name"' in browser.get(asked.location).text


@pytest.mark.parametrize(
    ("referrer", "location"),
    [
        ("http://127.0.0.1:8000/vault?q=a", "/vault?q=a"),
        ("http://127.0.0.1:8000/login", "/login"),
        ("http://127.0.0.1:8000/logout", "/"),  # takes no GET
        ("http://127.0.0.1:8000//evil.example/", "/"),
        ("http://127.0.0.1:8000.evil.example/vault", "/"),
        ("http://127.0.0.1:8000@evil.example/vault", "/"),
        ("http://127.0.0.1:8001/vault", "/"),
        ("https://evil.example/vault", "/"),
        ("https://evil.example//127.0.0.1:8000/vault", "/"),
        ("/vault", "/"),
        ("//evil.example", "/"),
        ("http://[", "/"),
        ("http://127.0.0.1:8000/\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_choosing_a_language_leads_back_to_our_own_pages_only(house: House, referrer: str, location: str) -> None:
    answer = house.client().post("/language", language="en", headers={"Referer": referrer})
    assert (answer.status_code, answer.location) == (303, location)


def test_choosing_a_language_after_a_reveal_leads_to_a_page_that_exists(house: House) -> None:
    anna = house.client(house.anna)
    here = f"{anna.site}/vault/{house.secret}/fields/token/reveal"
    assert anna.post("/language", language="en", headers={"Referer": here}).location == "/"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8000",
        "127.0.0.1@evil.example",
        "127.0.0.1:0",
        "127.0.0.1:99999",
        "a b",
        "",
        "localhost",
    ],
)
def test_another_host_is_refused_and_stands_nowhere(house: House, host: str) -> None:
    answer = house.client().http.get("/login", base_url="http://127.0.0.1:8000", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text + str(answer.headers)


def test_a_site_can_be_an_ipv6_address(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_BASE_URL": "http://[::1]:8000"})
    anna = world.client(world.person("anna"))
    token = anna.token()

    def answers(host: str) -> int:
        return anna.http.get("/login", base_url=anna.site, headers={"Host": host}).status_code

    assert anna.get("/vault").status_code == 200
    hosts = ("[::1]:8000", "[::1]", "[::2]", "[::1", "::1", "1", "[", "127.0.0.1:8000", "")
    assert [answers(host) for host in hosts] == [303, 303, *[400] * 7]
    headers = {"Origin": "http://[::1]:8000"}
    sent = anna.http.post("/logout", base_url=anna.site, data={"csrf_token": token}, headers=headers)
    assert (sent.status_code, sent.location) == (303, "/login")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"X-Forwarded-Server": "evil.example"},
        {"X-Host": "evil.example"},
        {"X-Original-URL": "/healthz"},
        {"X-Rewrite-URL": "/healthz"},
        {"X-Forwarded-Prefix": "/evil"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Forwarded-Port": "4433"},
    ],
)
def test_without_a_trusted_proxy_forwarded_headers_mean_nothing(house: House, headers: dict[str, str]) -> None:
    plain, told = house.client().get("/vault"), house.client().get("/vault", headers=headers)
    assert (told.status_code, told.location) == (plain.status_code, plain.location)
    page = house.client().get("/login", headers=headers)
    assert page.status_code == 200
    assert "evil" not in page.text
    sent = raw(
        house.client(),
        "/login",
        {},
        Sec_Fetch_Site="",
        Origin="https://evil.example",
        **{k.replace("-", "_"): v for k, v in headers.items()},
    )
    assert sent.status_code == 403


BEHIND = {
    "TRESOR_TRUSTED_PROXIES": "1",
    "TRESOR_BASE_URL": "https://vault.example.org",
    "TRESOR_LIMITS__ENABLED": "true",
    "TRESOR_PASSWORDS__MEMORY": "65536",
    "TRESOR_PASSWORDS__TIME": "3",
}


def test_behind_a_proxy_its_last_word_counts_and_the_host_is_still_checked(make_world: Callable[..., World]) -> None:
    world = make_world(BEHIND)
    http = world.app.test_client()

    def asks(host: str, **headers: str) -> int:
        sent = {"X-Forwarded-Host": host, "X-Forwarded-Proto": "https", **headers}
        return http.get("/login", base_url="http://10.0.0.7:8000", headers=sent).status_code

    assert asks("vault.example.org") == 200
    assert asks("Vault.Example.ORG") == 200
    assert asks("evil.example") == 400
    assert asks("evil.example, vault.example.org") == 200
    assert asks("vault.example.org, evil.example") == 400
    assert http.get("/login", base_url="http://10.0.0.7:8000").status_code == 400


def test_behind_a_proxy_links_are_built_from_the_base_url(make_world: Callable[..., World]) -> None:
    world = make_world({**BEHIND, "TRESOR_TRUSTED_PROXIES": "0"})
    http = world.app.test_client()
    page = http.get("/login", base_url="http://vault.example.org", headers={"X-Forwarded-Host": "evil.example"})
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    token = page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    # the server itself sees http, the browser speaks https: its Origin is the base URL
    form = {"csrf_token": token, "language": "de"}
    cookie = page.headers["Set-Cookie"].split(";")[0]
    sent = http.post(
        "/language",
        base_url="http://vault.example.org",
        data=form,
        headers={"Origin": "https://vault.example.org", "Cookie": cookie},
    )
    assert sent.status_code == 303


def test_an_address_begins_where_the_site_is_mounted(house: House) -> None:
    app = house.world.app
    for mount in ("", "/team", ""):
        with app.test_request_context("/", base_url=house.client().site, environ_overrides={"SCRIPT_NAME": mount}):
            assert app.url_for("users.login") == f"{mount}/login"

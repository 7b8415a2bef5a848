"""Measures pages of Tresor as ratios to a bare Flask app on the same server, in the same run."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli import SERVED_AS
from bench import floor
from bench.filling import Filled, fill

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, SECONDS, CONNECTIONS = 5, 2, 8
REQUESTS = re.compile(r"Requests/sec:\s+([0-9.]+)")
WRONG = re.compile(r"Non-2xx or 3xx responses: (\d+)")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
OTHERS = (1_000, 100_000)


@dataclass(frozen=True)
class Served:
    """A server that runs, and how long it took to answer its first page."""

    url: str
    pid: int
    first_page: float


@contextmanager
def serving(target: str, port: int, environment: dict[str, str], path: str) -> Iterator[Served]:
    """Serve an app as `make run` does: Granian, two workers of some threads."""
    command = [sys.executable, "-m", "granian", *SERVED_AS, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--log-level", "warning", target]
    begun = time.monotonic()
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _answers(url + path):
            if server.poll() is not None or time.monotonic() - begun > 60:
                raise SystemExit(f"{target} does not serve")
            time.sleep(0.01)
        yield Served(url, server.pid, time.monotonic() - begun)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(10)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def rate(url: str, folder: Path, *, cookie: str, body: str = "", counted: bool = False) -> float:
    """Return requests a second of one address. counted: the body ends with a number that grows."""
    headers = f'wrk.headers["Cookie"] = "{cookie}"\n'
    if body:
        headers += 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
        headers += 'wrk.headers["Sec-Fetch-Site"] = "same-origin"\n'
        headers += f'wrk.body = "{body}"\n'
    if counted:
        start = secrets.token_hex(4)
        headers += f"""local n = 0
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, "{body}{start}" .. tostring(wrk.thread) .. "x" .. n)
end
"""
    script = folder / "request.lua"
    script.write_text(headers)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if wrong := WRONG.search(said):
        raise SystemExit(f"{url}: {wrong[1]} answers were errors")
    return float(REQUESTS.search(said)[1])  # type: ignore[index]  # wrk always says it


def ratio(ours: tuple[str, dict[str, object]], bare: tuple[str, dict[str, object]], folder: Path) -> tuple[float, ...]:
    """Return the median ratio of ours to the bare app's, its least and greatest, and both medians.

    The first round is not counted: each process opens the lists and templates that it then keeps.
    """
    for url, how in (ours, bare):
        rate(url, folder, **how)  # type: ignore[arg-type]
    pairs = [(rate(ours[0], folder, **ours[1]), rate(bare[0], folder, **bare[1])) for _round in range(ROUNDS)]  # type: ignore[arg-type]
    ratios = sorted(mine / floor_rate for mine, floor_rate in pairs)
    mine, bare_rate = (statistics.median(each) for each in zip(*pairs, strict=True))
    return statistics.median(ratios), ratios[0], ratios[-1], mine, bare_rate


def memory(pid: int) -> list[float]:
    """Return the resident memory of a server's processes, in MiB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = []
    for each in children:
        status = Path(f"/proc/{each}/status").read_text()
        if resident := re.search(r"VmRSS:\s+(\d+)", status):
            found.append(int(resident[1]) / 1024)
    return [each for each in found if each > 20]


def form_of(url: str, cookie: str) -> tuple[str, str]:
    """Return a form token of a page, and the cookies to send with it."""
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=10) as answer:
        page = answer.read().decode()
        given = answer.headers.get_all("Set-Cookie") or []
    more = [each.split(";")[0] for each in given if each.startswith("form=")]
    return TOKEN.search(page)[1], "; ".join([cookie, *more])  # type: ignore[index]  # every page has one


def say(name: str, figures: tuple[float, ...]) -> None:
    middle, least, most, mine, bare = figures
    print(f"{name:<44} {middle:5.2f}  ({least:.2f} to {most:.2f})   {mine:7.0f}/s of {bare:7.0f}/s", flush=True)


def main() -> int:
    if shutil.which("wrk") is None:
        print("make bench needs wrk: apt-get install wrk", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        measure(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measure(folder: Path) -> None:
    """Fill both stores, serve both apps, print the ratios."""
    token = secrets.token_urlsafe(32)
    bare_folder = folder / "floor"
    bare_folder.mkdir()
    floor.fill(bare_folder, token, 10_000)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRESOR_", "FLOOR_"))}
    ours = {**clean, "TRESOR_DATA_DIR": str(folder / "instance"), "TRESOR_BASE_URL": "http://127.0.0.1:8077"}
    print("requests of Tresor ÷ requests of a bare Flask app (median, least and greatest of the rounds, warm)\n")
    bare_env = {**clean, "FLOOR_FOLDER": str(bare_folder)}
    with serving("bench.floor:served", 8078, bare_env, "/list") as bare:
        for number, others in enumerate(OTHERS):
            filled = fill({name: ours[name] for name in ours if name.startswith("TRESOR_")}, others, again=number > 0)
            with serving("wsgi:served", 8077, ours, "/login") as served:
                rounds(served, bare, filled, token, folder, others, last=others == OTHERS[-1])


def rounds(served: Served, bare: Served, filled: Filled, token: str, folder: Path, others: int, *, last: bool) -> None:
    """Measure one state of the store."""
    floor_cookie = {"cookie": f"session={token}"}
    for own, session in filled.sessions.items():
        mine = (f"{served.url}/vault", {"cookie": f"session={session}"})
        say(
            f"overview: 20 of {own:,} own, {others:,} of others",
            ratio(mine, (f"{bare.url}/list", floor_cookie), folder),
        )
    if not last:
        return
    cookie = f"session={filled.sessions[20]}"
    detail = f"{served.url}/vault/{filled.secret}"
    say("detail", ratio((detail, {"cookie": cookie}), (f"{bare.url}/secret/1", floor_cookie), folder))
    form, cookies = form_of(detail, cookie)
    reveal = (f"{detail}/fields/password/reveal", {"cookie": cookies, "body": f"csrf_token={form}"})
    bare_reveal = (f"{bare.url}/secret/1/reveal", {**floor_cookie, "body": "x=1"})
    say("reveal", ratio(reveal, bare_reveal, folder))
    new = f"csrf_token={form}&website=https%3A%2F%2Fexample.org&username=relay&password=pw&name="
    create = (f"{served.url}/vault/new/login", {"cookie": cookies, "body": new, "counted": True})
    say("create", ratio(create, (f"{bare.url}/secret", {**floor_cookie, "body": "name=", "counted": True}), folder))
    print(f"\nmemory a process: {', '.join(f'{each:.0f} MiB' for each in memory(served.pid))}", end="")
    print(f" (bare: {', '.join(f'{each:.0f} MiB' for each in memory(bare.pid))})")
    print(f"start to first page: {served.first_page:.2f} s (bare: {bare.first_page:.2f} s)")


if __name__ == "__main__":
    sys.exit(main())

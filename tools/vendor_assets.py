"""Copy the browser assets that pages use from node_modules/ to static/vendor/, with a manifest of hashes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tools.trimming import trimmed

ROOT = Path(__file__).resolve().parent.parent
CHARSET = '@charset "UTF-8";'
LICENCE = re.compile(r"/\*!.*?\*/", re.DOTALL)


def layered(css: bytes) -> bytes:
    """Return what pages need of Pico, inside the cascade layer `pico`, so that our unlayered rules win.

    Its licence stays. @charset is valid at the very start of a file only.
    """
    text = css.decode().removeprefix(CHARSET)
    licence = LICENCE.match(text)
    notice = licence[0] if licence else ""
    return f"{CHARSET}{notice}@layer pico{{{trimmed(text.removeprefix(notice))}}}\n".encode()


ASSETS: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("@picocss/pico/css/pico.min.css", "pico.min.css", layered),
    ("htmx.org/dist/htmx.min.js", "htmx.min.js", bytes),
    ("htmx.org/dist/ext/hx-csp.min.js", "hx-csp.min.js", bytes),
)


def integrity(content: bytes) -> str:
    """Return the hash in the form of HTML's `integrity` attribute."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def vendor(node_modules: Path, target: Path) -> dict[str, str]:
    """Write the assets and manifest.json into `target`; return the manifest: file name to integrity.

    Raises FileNotFoundError if node_modules lacks one. The manifest comes last: where it is, the assets are complete.
    """
    contents = {name: change((node_modules / source).read_bytes()) for source, name, change in ASSETS}
    manifest = {name: integrity(content) for name, content in contents.items()}
    target.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (target / name).write_bytes(content)
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return manifest


def main() -> int:
    try:
        vendor(ROOT / "node_modules", ROOT / "static" / "vendor")
    except FileNotFoundError as error:
        print(f"{error.filename} is missing: run `npm ci --omit=dev` first", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

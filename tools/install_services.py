"""Install what tests need beside Python packages, where it is missing and we may: PostgreSQL, Redis, Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def missing() -> list[str]:
    """Return the Debian packages that are not there."""
    packages = []
    if not any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) and not shutil.which("postgres"):
        packages.append("postgresql")
    if not shutil.which("redis-server"):
        packages.append("redis-server")
    if not shutil.which("chromium") and not shutil.which("chromium-browser") and not shutil.which("google-chrome"):
        packages.append("chromium")
    return packages


def main() -> int:
    packages = missing()
    if not packages:
        return 0
    wanted = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"not installed, the tests that need them are skipped: {wanted}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    print(f"installing: {wanted}", file=sys.stderr)
    subprocess.run(["apt-get", "update", "-q"], check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    subprocess.run(install, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A type that a separate installed package declares, and the command that installing Tresor gives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from app.cli import main
from tests.builders import CHEAP
from tests.services import ROOT

PACKAGE = Path(__file__).parent / "ftp_type"
KEPT = {name: value for name, value in os.environ.items() if not name.startswith("TRESOR_")}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the package installed in it, as `pip install --target` leaves it; building needs no network."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    folder = tmp_path / "packages"
    shutil.copytree(PACKAGE / "src" / "ftp_type", folder / "ftp_type")
    about = folder / f"ftp_type-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


def test_a_type_of_an_installed_package_is_there_with_no_other_change(installed: Path, tmp_path: Path) -> None:
    environment = {
        **KEPT, **CHEAP, "TRESOR_DATA_DIR": str(tmp_path / "instance"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(installed)]),
    }  # fmt: skip
    script = Path(__file__).parent / "use_ftp.py"
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env=environment,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "picker": [True, True],
        "form": {
            "name": "My FTP server", "host": "", "port": "21", "line": "tls", "username": "anonymous", "password": "",
            "passive": "y", "folder": "",
        },
        "refused": [422, True, False],
        "kept": 303,
        "shown": [True, True, True, True, False],
        "listed": [True, True, False],
        "revealed": [200, True],
        "edit": {
            "name": "Mirror", "host": "ftp.example.org", "port": "2121", "line": "plain", "username": "anna",
            "password": "", "passive": "y", "folder": "/pub", "holds the password": False,
        },
        "published": 303,
        "matched": ["Ftp", "ftp.example.org", 2121, "plain", "hunter2-hunter2", True],
        "printed": False,
    }  # fmt: skip


def test_an_installed_package_that_cannot_be_loaded_is_named_in_a_line(installed: Path, tmp_path: Path) -> None:
    (installed / "ftp_type" / "__init__.py").write_text("import no_such_module\n")
    environment = {**KEPT, "TRESOR_DATA_DIR": str(tmp_path / "instance"), "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "app.cli", "users", "list"]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "", "tresor: entry point ftp = ftp_type:Ftp: No module named 'no_such_module'\n",
    )  # fmt: skip


def test_installing_tresor_gives_a_command_that_works_from_another_directory(tmp_path: Path) -> None:
    """What `pip install -e .` writes is a call of this entry point, with the checkout on the path."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert EntryPoint("tresor", scripts["tresor"], "console_scripts").load() is main
    module, name = scripts["tresor"].split(":")
    code = f"import sys; from {module} import {name}; sys.argv[0] = 'tresor'; {name}()"
    environment = {**KEPT, **CHEAP, "PYTHONPATH": str(ROOT), "TRESOR_DATA_DIR": str(tmp_path / "instance")}
    done = subprocess.run(
        [sys.executable, "-c", code, "db", "upgrade"], cwd=tmp_path, env=environment, text=True, capture_output=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "the schema is up to date\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["instance"]

"""The browser assets arrive complete, Pico in its layer, each with its hash."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from tools.vendor_assets import ASSETS, vendor

PICO = '@charset "UTF-8";/*! Pico CSS ✨ */body{margin:0}'.encode()


@pytest.fixture
def node_modules(tmp_path: Path) -> Path:
    for source, _, _ in ASSETS:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / source).write_bytes(PICO if source.endswith(".css") else b"go();")
    return tmp_path


def test_the_manifest_names_every_asset_with_the_hash_of_what_was_written(node_modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "static" / "vendor"
    manifest = vendor(node_modules, target)
    assert json.loads((target / "manifest.json").read_text("utf-8")) == manifest
    assert manifest == {
        name: "sha256-" + base64.b64encode(hashlib.sha256((target / name).read_bytes()).digest()).decode()
        for _, name, _ in ASSETS
    }


def test_pico_stands_in_a_layer_of_its_own_behind_the_charset(node_modules: Path, tmp_path: Path) -> None:
    vendor(node_modules, tmp_path / "out")
    css = (tmp_path / "out" / "pico.min.css").read_text("utf-8")
    assert css == '@charset "UTF-8";/*! Pico CSS ✨ */@layer pico{body{margin:0}}\n'


def test_a_missing_asset_leaves_no_manifest(node_modules: Path, tmp_path: Path) -> None:
    (node_modules / "htmx.org" / "dist" / "htmx.min.js").unlink()
    with pytest.raises(FileNotFoundError):
        vendor(node_modules, tmp_path / "out")
    assert not (tmp_path / "out").exists()

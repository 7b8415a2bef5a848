"""Both stores, as the contract suite and the fault tests open them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.blobs.opening import open_store
from app.blobs.store import AzureSettings, BlobStore
from tests.services import Azurite


@pytest.fixture(params=["local", "azure"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """A store that does not exist yet, each adapter in turn."""
    if request.param == "local":
        return open_store(f"file://{tmp_path}/made/when/needed", azure=AzureSettings())
    azurite: Azurite = request.getfixturevalue("azurite")
    return open_store(f"azure:{azurite.container()}", azure=azurite.settings)

"""A stranger's bad form is answered as for a secret that does not exist; who sees it is told what is wrong."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.vault.conftest import Town
from tests.vault.test_use_cases import OWNER, VIEWER, Scene, a_scene

FORMS = (
    *("/vault/{}/fields/password/reveal", "/vault/{}/fields/password/copy", "/vault/{}/shown", "/vault/{}/edit"),
    *("/vault/{}/sharing", "/vault/{}/sharing/undo/any", "/vault/{}/leave", "/vault/{}/delete"),
    *("/vault/{}/versions/1/restore", "/groups/{group}/publications/{}/withdraw"),
)
OF_THE_TRASH = ("/vault/{}/restore", "/vault/{}/purge")
BAD = {"surplus": "field"}


@pytest.fixture(scope="module")
def scenes(town: Town) -> tuple[Scene, Scene]:
    """A secret in the vault, and one in the trash."""
    kept, trashed = a_scene(town), a_scene(town)
    with town.unit():
        town.trash.delete(trashed.levels[OWNER], trashed.secret)
    return kept, trashed


@pytest.mark.parametrize("path", [*FORMS, *OF_THE_TRASH])
def test_a_bad_form_tells_a_stranger_nothing(town: Town, scenes: tuple[Scene, Scene], path: str) -> None:
    scene = scenes[path in OF_THE_TRASH]
    browser = town.client(scene.stranger)
    for secret in (scene.secret, uuid4()):
        for form in (BAD, {}):
            assert browser.post(path.format(secret, group=scene.group), **form).status_code == 404
    person = scene.levels[VIEWER if path.endswith(("reveal", "copy", "leave")) else OWNER]
    asked = town.client(person).post(path.format(scene.secret, group=scene.group), **BAD)
    assert asked.status_code == 422

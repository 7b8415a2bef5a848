"""Who opens a secret while its owner shares it never finds it damaged, and nothing says that it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from app.groups.ports import Panels
from app.vault.heads import Heads
from app.vault.listing import Overview, Wanted
from app.vault.policy import OPEN, Level
from app.vault.sharing import Wishes
from app.vault.verify import Verifier
from tests.builders import World, build_world
from tests.services import Postgres
from tests.tampered.scene import Scene, set_scene

OPENS = 16_000
READERS = 2


@pytest.fixture
def on_postgres(postgres: Postgres, postgres_template: str, tmp_path: Path) -> Iterator[World]:
    """SQLite has one writer and readers of whole states; on PostgreSQL each statement sees its own."""
    url = postgres.new_database(template=postgres_template)
    world = build_world(tmp_path, {"TRESOR_DATABASE_URL": url})
    yield world
    world.cfg.unit.engine.dispose()
    postgres.drop(url)


def test_more_than_ten_thousand_opens_during_sharing_find_no_damage(on_postgres: World) -> None:
    scene = set_scene(on_postgres)
    done = Event()
    with ThreadPoolExecutor(READERS + 3) as threads:
        sharing = threads.submit(share_and_unshare, scene, done)
        others = [
            threads.submit(until, done, on_postgres, look) for look in (lambda: list_(scene), lambda: verify(scene))
        ]
        readers = [threads.submit(open_often, scene, OPENS // READERS) for _ in range(READERS)]
        try:
            opened = sum(reader.result() for reader in readers)
        finally:
            done.set()
        changes, looks = sharing.result(), [other.result() for other in others]
    assert opened == OPENS
    assert changes > 100
    assert min(looks) > 10
    assert [event for event in on_postgres.events() if event["action"].endswith(".damaged")] == []


def open_often(scene: Scene, times: int) -> int:
    """Open the secret as its owner; every hundredth time inside a transaction that holds its row."""
    heads, unit = scene.world.cfg.get(Heads), scene.world.cfg.unit
    with scene.world.unit():
        for number in range(times):
            if number % 100:
                heads.usable(scene.anna, scene.secret, OPEN)
            else:
                with unit.writing():
                    heads.held(scene.anna, scene.secret, OPEN)
                unit.roll_back()
    return times


def share_and_unshare(scene: Scene, done: Event) -> int:
    """Give ben access and take it away again, publish and withdraw, until the others are done."""
    team = frozenset({scene.team})
    turns = [
        Wishes(add=scene.ben.email, add_level=Level.VIEWER),
        Wishes(shown=team, ticked=team),
        Wishes(levels={scene.ben.id: None}),
        Wishes(shown=team),
    ]
    count = 0
    while not done.is_set():
        scene.wishes(turns[count % len(turns)])
        count += 1
        done.wait(0.02)  # the opens shall have the processor
    return count


def until(done: Event, world: World, look: Callable[[], None]) -> int:
    count = 0
    while not done.is_set():
        with world.unit():
            look()
        count += 1
        done.wait(0.2)
    return count


def list_(scene: Scene) -> None:
    """Look at ben's overview and at what is published in the team: both find by index rows, then open."""
    scene.world.cfg.get(Overview).page(scene.ben, Wanted())
    for panel in scene.world.cfg.fillings(Panels):
        panel.publications(scene.anna, scene.team)


def verify(scene: Scene) -> None:
    verifier = scene.world.cfg.get(Verifier)
    assert list(verifier.findings(every_version=True)) == []
    assert verifier.harmed() == set()

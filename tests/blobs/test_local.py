"""A folder's faults: full, read-only, failing fsync, strange files, what a crash leaves."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.blobs.local import LEFT_OVER, TEMPORARY, LocalStore
from app.blobs.store import MAX_BLOB
from app.errors import Damaged, Unavailable

NOBODY = 65534


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path / "blobs")
    store.put("before", b"was there")
    return store


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """Let every file end at `size` bytes: a write goes half way and fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write anywhere; be somebody who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only() -> Iterator[LocalStore]:
    folder = Path(tempfile.mkdtemp())  # pytest's own is closed to others
    (folder / "before").write_bytes(b"was there")
    (folder / "before").chmod(0o644)
    (folder / f"{TEMPORARY}old").write_bytes(b"")
    os.utime(folder / f"{TEMPORARY}old", (0, 0))
    folder.chmod(0o555)
    with as_nobody():
        yield LocalStore(folder)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def failing_at(count: int) -> Callable[[int], None]:
    """Return an fsync whose `count`-th call fails."""
    calls = iter(range(1, count + 1))

    def fsync(descriptor: int) -> None:
        if next(calls, None) == count:
            raise OSError(5, "Input/output error")
        os.fsync(descriptor)

    return fsync


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_full_disk_is_unavailable_and_leaves_nothing(store: LocalStore) -> None:
    with full_at(1000), pytest.raises(Unavailable):
        store.put("too-much", b"x" * 5000)
    assert names(store.folder) == ["before"]
    store.put("too-much", b"x" * 5000)
    assert store.get("too-much") == b"x" * 5000


def test_a_full_disk_fails_the_check(store: LocalStore) -> None:
    with full_at(0), pytest.raises(Unavailable):
        store.check()
    assert names(store.folder) == ["before"]


def test_a_read_only_folder_takes_nothing_and_still_gives(read_only: LocalStore) -> None:
    with pytest.raises(Unavailable):
        read_only.put("new", b"data")
    with pytest.raises(Unavailable):
        read_only.delete("before")
    with pytest.raises(Unavailable):
        read_only.check()
    assert [info.name for info in read_only.list()] == ["before"]
    assert read_only.get("before") == b"was there"


@pytest.mark.parametrize("count", [1, 2], ids=["file", "folder"])
def test_a_failing_fsync_is_a_failed_write(store: LocalStore, count: int) -> None:
    failing = LocalStore(store.folder, fsync=failing_at(count))
    with pytest.raises(Unavailable):
        failing.put("unsure", b"data")
    assert names(store.folder) == ["before"]


def test_an_equal_blob_counts_as_stored_only_if_the_folder_is_durable(store: LocalStore) -> None:
    failing = LocalStore(store.folder, fsync=failing_at(2))
    with pytest.raises(Unavailable):
        failing.put("before", b"was there")
    assert store.get("before") == b"was there"


def test_a_failing_fsync_of_the_folder_is_a_failed_deletion(store: LocalStore) -> None:
    with pytest.raises(Unavailable):
        LocalStore(store.folder, fsync=failing_at(1)).delete("before")


def test_a_new_folder_is_made_durable_before_the_first_blob(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "blobs"
    with pytest.raises(Unavailable):
        LocalStore(folder, fsync=failing_at(1)).put("first", b"data")
    assert names(folder) == []


def test_only_the_service_can_read_what_it_wrote(store: LocalStore) -> None:
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (store.folder, store.folder / "before")]
    assert modes == [0o700, 0o600]


def test_what_a_crash_left_is_neither_listed_nor_kept(store: LocalStore) -> None:
    (store.folder / f"{TEMPORARY}young").write_bytes(b"half")
    (store.folder / f"{TEMPORARY}old").write_bytes(b"half")
    an_hour_ago = (datetime.now(UTC) - LEFT_OVER - timedelta(seconds=1)).timestamp()
    os.utime(store.folder / f"{TEMPORARY}old", (an_hour_ago, an_hour_ago))
    assert [info.name for info in store.list()] == ["before"]
    assert names(store.folder) == [f"{TEMPORARY}young", "before"]


def test_a_listing_passes_over_what_is_no_blob(store: LocalStore) -> None:
    (store.folder / "folder").mkdir()
    (store.folder / "link").symlink_to("before")
    (store.folder / "README.md").write_text("hello")
    assert [info.name for info in store.list()] == ["before"]


def test_a_link_pipe_or_folder_in_place_of_a_blob_is_damage(store: LocalStore) -> None:
    (store.folder / "link").symlink_to("before")
    (store.folder / "folder").mkdir()
    os.mkfifo(store.folder / "pipe")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(Damaged):
            store.get(name)


def test_a_blob_that_grew_beyond_the_limit_is_damage(store: LocalStore) -> None:
    os.truncate(store.folder / "before", MAX_BLOB + 1)
    with pytest.raises(Damaged, match="blob too large"):
        store.get("before")


def test_a_file_in_place_of_the_folder_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("not a folder")
    store = LocalStore(tmp_path / "blobs")
    for act in (lambda: store.put("a", b""), lambda: store.get("a"), store.check, lambda: list(store.list())):
        with pytest.raises(Unavailable):
            act()

"""What every blob store promises, run against each adapter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.blobs.store import MAX_BLOB, BlobStore
from app.errors import Conflict, Damaged, Unavailable

ESCAPES = ["", "../x", "a/b", "/etc/passwd", "..", ".", "A", "a.b", "a\0b", "a\n", "ä", "x" * 81, "%2e%2e", "a\\b"]


@pytest.mark.parametrize("data", [b"", b"\0", b"bytes \xff" * 1000], ids=["empty", "one", "some"])
def test_a_store_gives_back_what_was_put(store: BlobStore, data: bytes) -> None:
    store.put("a-blob-1", data)
    assert store.get("a-blob-1") == data


def test_a_store_takes_the_largest_blob_and_no_larger_one(store: BlobStore) -> None:
    largest = b"x" * MAX_BLOB
    store.put("largest", largest)
    assert store.get("largest") == largest
    with pytest.raises(ValueError, match="more than a blob may have"):
        store.put("larger", largest + b"x")
    assert [info.name for info in store.list()] == ["largest"]


def test_a_name_may_have_eighty_characters(store: BlobStore) -> None:
    store.put("z" * 80, b"data")
    assert store.get("z" * 80) == b"data"


def test_the_same_bytes_again_are_a_success(store: BlobStore) -> None:
    store.put("twice", b"data")
    store.put("twice", b"data")
    assert store.get("twice") == b"data"


@pytest.mark.parametrize("other", [b"", b"Data", b"data and more"])
def test_other_bytes_are_a_conflict_and_change_nothing(store: BlobStore, other: bytes) -> None:
    store.put("taken", b"data")
    with pytest.raises(Conflict):
        store.put("taken", other)
    assert store.get("taken") == b"data"


def test_of_many_writers_of_one_name_exactly_one_wins(store: BlobStore) -> None:
    store.check()

    def put(number: int) -> bytes | None:
        data = b"%d" % number * 10_000
        try:
            store.put("wanted", data)
        except Conflict:
            return None
        return data

    with ThreadPoolExecutor(8) as writers:
        won = [data for data in writers.map(put, range(8)) if data is not None]
    assert won == [store.get("wanted")]


def test_a_missing_blob_is_damage(store: BlobStore) -> None:
    store.check()
    with pytest.raises(Damaged, match="blob missing: never-put"):
        store.get("never-put")


def test_a_missing_store_is_unavailable_to_readers(store: BlobStore) -> None:
    with pytest.raises(Unavailable):
        store.get("never-put")


def test_a_deleted_blob_is_gone_and_its_name_free(store: BlobStore) -> None:
    store.put("brief", b"data")
    store.delete("brief")
    with pytest.raises(Damaged):
        store.get("brief")
    store.put("brief", b"other")
    assert store.get("brief") == b"other"


def test_deleting_what_is_gone_is_fine(store: BlobStore) -> None:
    store.put("other", b"data")
    store.delete("gone")
    assert [info.name for info in store.list()] == ["other"]


def test_a_new_store_lists_nothing(store: BlobStore) -> None:
    assert list(store.list()) == []


def test_a_listing_tells_name_size_and_time(store: BlobStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)  # Azure tells whole seconds
    store.put("one", b"1")
    store.put("three", b"333")
    listed = sorted(store.list(), key=lambda info: info.name)
    assert [(info.name, info.size) for info in listed] == [("one", 1), ("three", 3)]
    assert all(before <= info.modified <= datetime.now(UTC) + timedelta(seconds=2) for info in listed)


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_that_could_lead_out_is_damage(store: BlobStore, name: str) -> None:
    for act in (lambda: store.put(name, b"data"), lambda: store.get(name), lambda: store.delete(name)):
        with pytest.raises(Damaged, match="not a blob's name"):
            act()


def test_a_check_of_a_healthy_store_passes_and_leaves_nothing(store: BlobStore) -> None:
    store.check()
    store.check()
    assert list(store.list()) == []

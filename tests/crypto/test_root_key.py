"""The root key: read from a place that is safe enough, refused with a way on from any other."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.crypto.root_key import (
    RootKeyFile,
    RootKeyInEnvironment,
    RootKeyMissing,
    UnsafeRootKey,
    WrongRootKey,
    create_root_key,
    load_root_key,
)
from app.errors import Misconfigured

KEY = bytes(range(0xE0, 0x100))
TEXT = base64.urlsafe_b64encode(KEY)
STRANGER = frozenset({2**31 - 2})


@pytest.fixture
def keys() -> Iterator[Path]:
    """A folder that anybody may look into, as `/etc` is, so that a file's own mode decides; not so pytest's."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def a_file(path: Path, content: bytes = KEY, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def load(path: Path, *, data: Path | None = None) -> bytes:
    return load_root_key(file=path, value="", never_inside=data or path.parent / "data")


@pytest.mark.parametrize(
    "content", [KEY, TEXT, TEXT.rstrip(b"="), TEXT + b"\n", TEXT.rstrip(b"=") + b"\r\n", b" " + TEXT + b" \n"]
)
def test_a_file_holds_the_key_raw_or_as_base64url(keys, content):
    assert load(a_file(keys / "root.key", content)) == KEY


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        KEY[:-1],
        KEY + b"\n",
        KEY * 2,
        KEY.hex().encode(),
        base64.b64encode(KEY),
        TEXT[:-2],
        TEXT.rstrip(b"=")[:-1] + b"9",
        TEXT + b"=",
        TEXT[:20] + b" " + TEXT[20:],
        TEXT[:20] + b"!" + TEXT[20:],
        b"!" * 43,
        TEXT + TEXT,
        b"A" * 1_000_000,
    ],
)
def test_a_file_with_anything_else_holds_a_wrong_key(keys, content):
    with pytest.raises(WrongRootKey):
        load(a_file(keys / "root.key", content))


@pytest.mark.parametrize("name", ["root.key", "no/such/folder/root.key", "file/root.key"])
def test_a_missing_file_is_told_from_a_wrong_one(keys, name):
    a_file(keys / "file")
    with pytest.raises(RootKeyMissing):
        load(keys / name)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440, 0o700])
def test_a_file_that_only_owner_and_group_read_is_accepted(keys, mode):
    assert load(a_file(keys / "root.key", mode=mode)) == KEY


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o660, 0o644, 0o604, 0o666, 0o777, 0o444])
def test_a_file_that_others_change_or_everybody_reads_is_refused(keys, mode):
    with pytest.raises(UnsafeRootKey):
        load(a_file(keys / "root.key", mode=mode))


@pytest.mark.parametrize("mode", [0o644, 0o444, 0o604])
@pytest.mark.parametrize("folder", [".", "inner"])
def test_a_file_that_everybody_reads_is_accepted_where_a_folder_keeps_them_out(keys, mode, folder):
    (keys / folder).mkdir(exist_ok=True)
    path = a_file(keys / folder / "root.key", mode=mode)
    keys.chmod(0o750)
    assert load(path) == KEY


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_no_folder_makes_up_for_a_file_that_others_may_change(keys, mode):
    path = a_file(keys / "root.key", mode=mode)
    keys.chmod(0o700)
    with pytest.raises(UnsafeRootKey):
        load(path)


def test_the_mode_of_a_link_does_not_hide_the_mode_of_its_file(keys):
    a_file(keys / "open.key", mode=0o644)
    (keys / "root.key").symlink_to("open.key")
    with pytest.raises(UnsafeRootKey):
        load(keys / "root.key")


def test_a_file_of_a_stranger_is_refused(keys):
    path = a_file(keys / "root.key")
    with pytest.raises(UnsafeRootKey):
        RootKeyFile(path, keys / "data", owners=STRANGER).load()


def test_root_and_the_service_are_trusted_and_nobody_else(keys):
    assert RootKeyFile(keys / "root.key", keys).owners == {0, os.geteuid()}


def test_links_are_followed_as_a_mounted_secret_has_them(keys):
    (keys / "..2026").mkdir()
    a_file(keys / "..2026" / "root.key")
    (keys / "..data").symlink_to("..2026")
    (keys / "relative.key").symlink_to("..data/root.key")
    (keys / "absolute.key").symlink_to(keys / "relative.key")
    (keys / "up.key").symlink_to(f"../{keys.name}/./absolute.key")
    assert [load(keys / f"{name}.key") for name in ("relative", "absolute", "up")] == [KEY] * 3


def test_a_link_of_a_stranger_is_refused_before_its_file_is_looked_at(keys):
    (keys / "root.key").symlink_to("nowhere")
    with pytest.raises(UnsafeRootKey):
        RootKeyFile(keys / "root.key", keys / "data", owners=STRANGER).load()


def test_a_folder_that_a_stranger_linked_is_refused(keys):
    (keys / "real").mkdir()
    a_file(keys / "real" / "root.key")
    (keys / "linked").symlink_to("real")
    with pytest.raises(UnsafeRootKey) as refusal:
        RootKeyFile(keys / "linked" / "root.key", keys / "data", owners=STRANGER).load()
    assert f"the link {keys / 'linked'} " in str(refusal.value)


def test_links_that_never_end_are_refused(keys):
    (keys / "root.key").symlink_to("other.key")
    (keys / "other.key").symlink_to("root.key")
    with pytest.raises(UnsafeRootKey):
        load(keys / "root.key")


def test_a_link_to_nothing_is_a_missing_key(keys):
    (keys / "root.key").symlink_to("nowhere")
    with pytest.raises(RootKeyMissing):
        load(keys / "root.key")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a folder"])
def test_what_is_no_regular_file_is_refused_without_waiting_for_it(keys, make):
    make(keys / "root.key")
    with pytest.raises(UnsafeRootKey):
        load(keys / "root.key")


def test_a_device_is_refused():
    with pytest.raises(UnsafeRootKey):
        load(Path("/dev/zero"), data=Path("/nowhere"))


def test_a_key_inside_the_data_folder_is_refused_by_whatever_way_it_is_named(keys):
    data = keys / "data"
    (data / "deeper").mkdir(parents=True)
    a_file(data / "deeper" / "root.key")
    (keys / "link.key").symlink_to("data/deeper/root.key")
    (keys / "also").symlink_to("data")
    ways = [
        data / "deeper" / "root.key",
        keys / "link.key",
        keys / "also/deeper/root.key",
        data / "../data/deeper/root.key",
    ]
    for way in ways:
        with pytest.raises(UnsafeRootKey):
            load(way, data=data)
        with pytest.raises(UnsafeRootKey):
            load(way, data=keys / "also")


def test_a_key_beside_the_data_folder_is_accepted_though_the_names_begin_alike(keys):
    (keys / "data").mkdir()
    assert load(a_file(keys / "data.key"), data=keys / "data") == KEY


def test_a_relative_path_is_read_from_the_working_folder(keys, monkeypatch):
    a_file(keys / "root.key")
    monkeypatch.chdir(keys)
    assert load(Path("root.key"), data=Path("data")) == KEY


def test_every_refusal_stops_the_start_and_names_the_file(keys):
    refusals = []
    for path in (keys / "missing", a_file(keys / "short", b"x"), a_file(keys / "open", mode=0o666)):
        with pytest.raises(Misconfigured) as refusal:
            load(path)
        refusals.append((type(refusal.value), refusal.value.lines[0].partition(":")[0]))
    assert refusals == [
        (RootKeyMissing, str(keys / "missing")),
        (WrongRootKey, str(keys / "short")),
        (UnsafeRootKey, str(keys / "open")),
    ]


def test_the_environments_key_is_taken_with_a_warning_and_without_a_look_at_the_file(keys, caplog):
    assert load_root_key(file=keys / "missing", value=TEXT.decode(), never_inside=keys) == KEY
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert TEXT.decode()[:8] not in caplog.text


@pytest.mark.parametrize("value", ["x", KEY.hex(), "ü" * 43, "\udcff" * 43, " "])
def test_anything_else_in_the_environment_is_a_wrong_key_and_is_not_repeated(value):
    with pytest.raises(WrongRootKey) as refusal:
        RootKeyInEnvironment(value).load()
    assert str(refusal.value) == "TRESOR_ROOT_KEY: this is no root key. It is 32 bytes, or 43 characters of base64url."


def test_no_key_is_printed():
    assert repr(RootKeyInEnvironment(TEXT.decode())) == "RootKeyInEnvironment()"


def test_a_new_key_is_written_for_the_service_alone_and_read_back(tmp_path):
    path = tmp_path / "new" / "keys" / "root.key"
    key = create_root_key(path)
    assert load(path) == key
    assert (len(key), stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (32, 0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == ["root.key"]


def test_a_new_key_is_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        create_root_key(tmp_path / "root.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_key_that_is_there_is_never_replaced(tmp_path, kind):
    path = tmp_path / "root.key"
    path.symlink_to("elsewhere") if kind == "link" else path.write_bytes(b"")
    with pytest.raises(FileExistsError):
        create_root_key(path)
    assert [each.name for each in tmp_path.iterdir()] == ["root.key"]
    assert path.is_symlink() if kind == "link" else path.read_bytes() == b""


@pytest.mark.parametrize("folder", ["file/keys", "x" * 300, "/proc"])
def test_a_place_where_no_key_can_be_written_stops_the_start(tmp_path, folder):
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured):
        create_root_key(tmp_path / folder / "root.key")


def test_of_many_first_starts_at_once_one_makes_the_key_and_all_others_find_it_whole(tmp_path):
    path, made, found, start = tmp_path / "keys" / "root.key", [], [], threading.Barrier(8)

    def first_start() -> None:
        start.wait()
        try:
            made.append(create_root_key(path))
        except FileExistsError:
            found.append(load(path))

    threads = [threading.Thread(target=first_start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert found == made * 7

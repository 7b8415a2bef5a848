"""Blobs as files of one folder, written so that a crash leaves a whole blob or none."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.blobs.store import MAX_BLOB, NAME, BlobInfo, checked_name, checked_size, down, missing, too_large
from app.clock import Clock, utc_now
from app.errors import Conflict, Damaged

TEMPORARY = ".put-"
"""Starts the name of a file being written; no blob's name holds a dot."""

LEFT_OVER = timedelta(hours=1)
"""Age at which a temporary file belongs to a process that died."""


@dataclass(frozen=True)
class LocalStore:
    """The BlobStore of one machine. `fsync` is os.fsync; its error means that the write has failed."""

    folder: Path
    fsync: Callable[[int], None] = os.fsync
    clock: Clock = utc_now

    def put(self, name: str, data: bytes) -> None:
        target = self.folder / checked_name(name)
        checked_size(data)
        with _failures():
            self._make_folder()
            with self._written(data) as temporary:
                new = _link(temporary, target)
            if new:
                self._settle(target)
        if not new:
            self._accept_if_equal(name, data)

    def get(self, name: str) -> bytes:
        checked_name(name)
        with _failures():
            descriptor = self._open(name)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise Damaged(f"blob is not a file: {name}")
                if status.st_size > MAX_BLOB:
                    raise too_large(name, status.st_size)
                with open(descriptor, "rb", closefd=False) as file:
                    return file.read(MAX_BLOB)
            finally:
                os.close(descriptor)

    def delete(self, name: str) -> None:
        path = self.folder / checked_name(name)
        with _failures():
            try:
                path.unlink()
            except FileNotFoundError:
                return
            self._fsync_folder(self.folder)

    def list(self) -> Iterator[BlobInfo]:
        """Yield every blob; remove temporary files that interrupted writes left behind."""
        with _failures():
            self._make_folder()
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if info := self._listed(entry):
                        yield info

    def check(self) -> None:
        with _failures():
            self._make_folder()
            with self._temporary() as (_, descriptor):
                os.write(descriptor, b"\0")

    def _open(self, name: str) -> int:
        try:
            # O_NONBLOCK: a pipe put there would otherwise stop us for ever.
            return os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            if self.folder.is_dir():
                raise missing(name) from None
            raise
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Damaged(f"blob is a link: {name}") from None
            raise

    def _listed(self, entry: os.DirEntry[str]) -> BlobInfo | None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # removed since the folder was read
            return None
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        if entry.name.startswith(TEMPORARY):
            if modified < self.clock() - LEFT_OVER:
                with suppress(OSError):  # whoever cannot write here can still list
                    os.unlink(entry.path)
            return None
        if not NAME.fullmatch(entry.name) or not stat.S_ISREG(status.st_mode):
            return None
        return BlobInfo(entry.name, status.st_size, modified)

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, int]]:
        path = self.folder / f"{TEMPORARY}{secrets.token_hex(16)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            yield path, descriptor
        finally:
            os.close(descriptor)
            with suppress(OSError):  # list() removes what stays
                path.unlink()

    @contextmanager
    def _written(self, data: bytes) -> Iterator[Path]:
        with self._temporary() as (path, descriptor):
            with open(descriptor, "wb", closefd=False) as file:
                file.write(data)
            self.fsync(descriptor)
            yield path

    def _settle(self, target: Path) -> None:
        try:
            self._fsync_folder(self.folder)
        except OSError:
            # A second try must not take these bytes for stored.
            with suppress(OSError):
                target.unlink()
            raise

    def _accept_if_equal(self, name: str, data: bytes) -> None:
        if self.get(name) != data:
            raise Conflict(f"blob exists with other bytes: {name}")
        with _failures():
            self._fsync_folder(self.folder)

    def _make_folder(self) -> None:
        if self.folder.is_dir():
            return
        new = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in new:
            self._fsync_folder(path.parent)

    def _fsync_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.fsync(descriptor)
        finally:
            os.close(descriptor)


def _link(temporary: Path, target: Path) -> bool:
    """Give the file its final name and return True, or False if another one has it."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    return True


@contextmanager
def _failures() -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        raise down(f"{error.strerror}: {error.filename or 'blob store'}") from error

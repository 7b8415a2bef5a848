"""The root key: where it comes from, and when its place is not safe enough to be trusted (FORMAT.md, 'Root key')."""

from __future__ import annotations

import base64
import logging
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.errors import Misconfigured

logger = logging.getLogger(__name__)

_SIZE = 32
_ENOUGH = 1024
_MOST_LINKS = 40


class RootKeyMissing(Misconfigured):
    """No root key can be read."""


class WrongRootKey(Misconfigured):
    """There is a root key, but not this installation's, or it is none at all."""


class UnsafeRootKey(Misconfigured):
    """Others could read or exchange the root key, or a backup would take it along with what it protects."""


class RootKeySource(Protocol):
    """A place that the root key comes from."""

    def load(self) -> bytes:
        """Return the root key, 32 bytes. Raises RootKeyMissing, WrongRootKey or UnsafeRootKey, each with a way on."""


def _trusted_owners() -> frozenset[int]:
    return frozenset({0, os.geteuid()})


@dataclass(frozen=True)
class RootKeyFile:
    """A file of 32 bytes, raw or base64url.

    never_inside: the folder that backups copy. owners: user ids that links and file may belong to: root, the service.
    """

    path: Path
    never_inside: Path
    owners: frozenset[int] = field(default_factory=_trusted_owners)

    def load(self) -> bytes:
        """Return the root key; see `RootKeySource`."""
        real = self._resolved()
        _refuse_inside(self.path, real, self.never_inside)
        return _decoded(self._read(real), str(self.path))

    def _resolved(self) -> Path:
        """Return the path without links, each of which belongs to a trusted owner."""
        real, links = Path("/"), 0
        ahead = list(reversed(self.path.absolute().parts[1:]))
        while ahead:
            step = Path(os.path.normpath(real / ahead.pop()))
            if not stat.S_ISLNK((status := self._status(step)).st_mode):
                real = step
                continue
            links += 1
            if links > _MOST_LINKS or status.st_uid not in self.owners:
                raise UnsafeRootKey(f"{self.path}: the link {step} must belong to root or to the service, and end.")
            target = Path(os.readlink(step))
            real = Path("/") if target.is_absolute() else real
            ahead += reversed(target.parts[1:] if target.is_absolute() else target.parts)
        return real

    def _status(self, step: Path) -> os.stat_result:
        try:
            return os.lstat(step)
        except OSError as error:
            raise self._missing(error) from error

    def _read(self, real: Path) -> bytes:
        """Return the file's first bytes, more than any key has. One descriptor: what was checked is what is read."""
        try:
            descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise self._missing(error) from error
        try:
            self._check(os.fstat(descriptor), real)
            return os.read(descriptor, _ENOUGH)
        finally:
            os.close(descriptor)

    def _check(self, status: os.stat_result, real: Path) -> None:
        mode = status.st_mode
        if not stat.S_ISREG(mode):
            raise UnsafeRootKey(f"{self.path}: the root key must be a regular file.")
        if status.st_uid not in self.owners:
            raise UnsafeRootKey(f"{self.path}: the root key must belong to root or to the service: chown it.")
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise UnsafeRootKey(f"{self.path}: others may change the root key: chmod 600 it.")
        if mode & stat.S_IROTH and not _kept_out(real):
            raise UnsafeRootKey(f"{self.path}: everybody may read the root key: chmod 600 it.")

    def _missing(self, error: OSError) -> RootKeyMissing:
        return RootKeyMissing(
            f"{self.path}: the root key cannot be read ({error.strerror})."
            " Nothing stored can be opened without it: bring the file back, or recover it from the recovery kit."
        )


@dataclass(frozen=True)
class RootKeyInEnvironment:
    """The root key itself in a variable, base64url: for trials."""

    value: str = field(repr=False)

    def load(self) -> bytes:
        """Return the root key, and warn; see `RootKeySource`."""
        logger.warning("TRESOR_ROOT_KEY is for trials: this process's environment shows it. Use TRESOR_ROOT_KEY_FILE.")
        return _from_base64url(self.value.encode(errors="replace"), "TRESOR_ROOT_KEY")


def load_root_key(*, file: Path, value: str, never_inside: Path) -> bytes:
    """Return the root key, 32 bytes: `value` (TRESOR_ROOT_KEY) if there is one, else from `file`.

    never_inside: the folder that backups copy. Raises RootKeyMissing, WrongRootKey or UnsafeRootKey.
    """
    source: RootKeySource = RootKeyInEnvironment(value) if value else RootKeyFile(file, never_inside)
    return source.load()


def create_root_key(path: Path, *, never_inside: Path | None = None) -> bytes:
    """Make a root key, write it to `path` as base64url, readable by the service alone, and return it.

    The folder is made if it is missing. When this returns, file and folder have reached the disk.
    never_inside: the folder that backups copy. The file appears whole or not at all; raises FileExistsError, and
    changes nothing, if there is one, UnsafeRootKey or Misconfigured if it must not or cannot be written there.
    """
    if never_inside is not None:
        _refuse_inside(path, path.resolve(), never_inside)
    key = secrets.token_bytes(_SIZE)
    try:
        _make_folder(path.parent)
        _write_new(path, base64.urlsafe_b64encode(key) + b"\n")
    except OSError as error:
        if isinstance(error, FileExistsError) and os.path.lexists(path):
            raise
        raise Misconfigured(
            f"{path}: a root key cannot be written there ({error.strerror}). Name another file in TRESOR_ROOT_KEY_FILE."
        ) from error
    return key


def _refuse_inside(path: Path, real: Path, folder: Path) -> None:
    if real.is_relative_to(folder.resolve()):
        raise UnsafeRootKey(f"{path}: move the root key out of {folder}; backups copy that folder.")


def _write_new(path: Path, content: bytes) -> None:
    """Write a draft beside it and link that; a link, unlike a rename, never replaces another process's key."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_synced(draft, content)
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sync_folder(folder.parent)


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _kept_out(real: Path) -> bool:
    """Tell whether a folder on the way lets nobody through but its owner and group."""
    return any(not folder.stat().st_mode & stat.S_IXOTH for folder in real.parents)


def _decoded(content: bytes, where: str) -> bytes:
    return content if len(content) == _SIZE else _from_base64url(content, where)


def _from_base64url(content: bytes, where: str) -> bytes:
    """Return the 32 bytes that `content` spells in the one canonical way, with or without padding."""
    text = content.strip().removesuffix(b"=")
    try:
        key = base64.urlsafe_b64decode(text + b"=")
    except ValueError:
        key = b""
    if len(key) != _SIZE or base64.urlsafe_b64encode(key) != text + b"=":
        raise WrongRootKey(f"{where}: this is no root key. It is 32 bytes, or 43 characters of base64url.")
    return key

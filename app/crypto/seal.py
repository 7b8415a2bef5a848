"""The one sealed form: AES-256-GCM under a key made for each message, bound to its context (FORMAT.md)."""

from __future__ import annotations

import hmac
import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.crypto.context import Context, Purpose
from app.errors import Damaged, Invalid

KEY_SIZE = 32
MAX_PLAINTEXT = 16 * 2**20

_MAGIC, _SUITE = b"TRSR", 1
_HEADER = struct.Struct(">4sBI32s")
_SALT_SIZE = _COMMITMENT_SIZE = 32
_TEXT_START = _HEADER.size + _COMMITMENT_SIZE
_OVERHEAD = _TEXT_START + 16
_NONCE = bytes(12)
_INFO = b"tresor/seal/1"
_SMALLEST_PADDED = 256
_LENGTH_SIZE = 4


def padded_size(size: int) -> int:
    """Return the size that a text of `size` bytes, its length prefix included, is filled up to.

    256 bytes, above that Padmé: Nikitin et al., 'Reducing Metadata Leakage from Encrypted Files', PETS 2019.
    """
    if size <= _SMALLEST_PADDED:
        return _SMALLEST_PADDED
    exponent = size.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (size + mask) & ~mask


MAX_SEALED = _OVERHEAD + padded_size(_LENGTH_SIZE + MAX_PLAINTEXT)


def seal_with(key: bytes, plaintext: bytes, context: Context, *, term: int = 0) -> bytes:
    """Encrypt under a key derived for this message and its context alone.

    key: 32 bytes. plaintext: up to 16 MiB, more raises Invalid. term: 0..2**32-1, the key's number in the keyring.
    Returns header 41 | commitment 32 | ciphertext | tag 16. Layout, bounds and sources: FORMAT.md.
    """
    return _seal(key, plaintext, context, term, secrets.token_bytes(_SALT_SIZE))


def open_with(key: bytes, sealed: bytes, context: Context) -> bytes:
    """Return the plaintext that was sealed with `key`, term 0, in `context`.

    Raises Damaged for whatever does not verify, and then nothing of the text was looked at.
    """
    return open_numbered(key, sealed, context, term=0)


def open_numbered(key: bytes, sealed: bytes, context: Context, *, term: int) -> bytes:
    """Return the plaintext as `open_with` does, for a key of the keyring: the header must name `term`."""
    _check_size(sealed, context.purpose)
    if term_of(sealed) != term:
        raise Damaged("sealed under another term")
    header, commitment = sealed[: _HEADER.size], sealed[_HEADER.size : _TEXT_START]
    encryption_key, expected = _derive(key, header[-_SALT_SIZE:], _encoded_for_opening(context))
    if not hmac.compare_digest(commitment, expected):
        raise Damaged("other key or context, or altered")
    try:
        text = AESGCM(encryption_key).decrypt(_NONCE, sealed[_TEXT_START:], header + commitment)
    except InvalidTag:
        raise Damaged("altered ciphertext") from None
    return _unpad(text) if context.purpose.padded else text


def term_of(sealed: bytes) -> int:
    """Return the number of the key that sealed this. Raises Damaged unless it has a header of suite 1 and a body."""
    if len(sealed) < _OVERHEAD:
        raise Damaged("sealed bytes cut short")
    magic, suite, term, _ = _HEADER.unpack_from(sealed)
    if magic != _MAGIC:
        raise Damaged("not sealed")
    if suite != _SUITE:
        raise Damaged("sealed with an unknown suite")
    return int(term)


def _seal(key: bytes, plaintext: bytes, context: Context, term: int, salt: bytes) -> bytes:
    """Seal with a given salt. Only test vectors choose it; a salt used twice breaks the encryption."""
    if len(plaintext) > MAX_PLAINTEXT:
        raise Invalid("More than 16 MiB cannot be stored.")
    header = _HEADER.pack(_MAGIC, _SUITE, term, salt)
    encryption_key, commitment = _derive(key, salt, context.encoded())
    text = _pad(plaintext) if context.purpose.padded else plaintext
    return header + commitment + AESGCM(encryption_key).encrypt(_NONCE, text, header + commitment)


def _derive(key: bytes, salt: bytes, context: bytes) -> tuple[bytes, bytes]:
    """Return encryption key and commitment, 32 bytes each."""
    if len(key) != KEY_SIZE:
        raise ValueError("a key has exactly 32 bytes")
    derived = HKDF(SHA512(), 2 * KEY_SIZE, salt, _INFO + context).derive(key)
    return derived[:KEY_SIZE], derived[KEY_SIZE:]


def _encoded_for_opening(context: Context) -> bytes:
    """Return the context's bytes; columns that could not have been sealed were altered."""
    try:
        return context.encoded()
    except (Invalid, TypeError) as error:  # TypeError: SQLite gives back a float from a column of integers
        raise Damaged(f"context: {error}") from error


def _check_size(sealed: bytes, purpose: Purpose) -> None:
    """Refuse what no sealing gives, before anything is copied."""
    size = len(sealed) - _OVERHEAD
    limit = MAX_SEALED - _OVERHEAD if purpose.padded else MAX_PLAINTEXT
    if not (_SMALLEST_PADDED if purpose.padded else 0) <= size <= limit:
        raise Damaged("sealed bytes of a wrong size")


def _pad(plaintext: bytes) -> bytes:
    prefixed = len(plaintext).to_bytes(_LENGTH_SIZE) + plaintext
    return prefixed.ljust(padded_size(len(prefixed)), b"\0")


def _unpad(text: bytes) -> bytes:
    end = _LENGTH_SIZE + int.from_bytes(text[:_LENGTH_SIZE])
    if end > _LENGTH_SIZE + MAX_PLAINTEXT or len(text) != padded_size(end):
        raise Damaged("padding of a wrong size")
    if text.count(0, end) != len(text) - end:
        raise Damaged("padding is not zero")
    return text[_LENGTH_SIZE:end]

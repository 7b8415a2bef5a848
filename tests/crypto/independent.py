"""FORMAT.md a second time: written from the page alone, on other primitives, without importing app.crypto.

Items are described as in the vectors: `{"kind": "text", "value": "…"}`; bytes are hex, times ISO 8601 in UTC.
"""

from __future__ import annotations

import base64
import calendar
import json
import math
import struct
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KINDS = {"absent": 0, "bytes": 1, "text": 2, "integer": 3, "uuid": 4, "time": 5, "list": 6, "set": 6}
PADDED = {"blob": True, "version": False, "row": True, "keyring": True, "device": True}


def remade(vector: Mapping[str, Any]) -> dict[str, Any]:
    """Return the vector with what its inputs give in place of its outputs."""
    return {**vector, **OUTPUTS[vector["makes"]](vector)}


def sealed_outputs(vector: Mapping[str, Any]) -> dict[str, str]:
    bound = context(vector)
    key, salt, plain = (bytes.fromhex(vector[name]) for name in ("key", "salt", "plaintext"))
    sealed = seal(key, vector["term"], salt, bound, padded(plain) if PADDED[vector["purpose"]] else plain)
    return {"context": bound.hex(), "sealed": sealed.hex()}


def keyring_outputs(vector: Mapping[str, Any]) -> dict[str, str]:
    text = json.dumps(vector["keyring"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key, salt, bound = bytes.fromhex(vector["key"]), bytes.fromhex(vector["salt"]), context(vector)
    check = hkdf_sha512(key, b"", b"tresor/root/1", 16)
    return {"plaintext": text.hex(), "stored": (check + seal(key, 0, salt, bound, padded(text))).hex()}


def derive_outputs(vector: Mapping[str, Any]) -> dict[str, str]:
    info = b"tresor/derive/1" + item({"kind": "text", "value": vector["label"]})
    return {"derived": hkdf_sha512(bytes.fromhex(vector["key"]), b"", info, 32).hex()}


def mac_outputs(vector: Mapping[str, Any]) -> dict[str, str]:
    message = b"tresor/mac/1" + item({"kind": "text", "value": vector["purpose"]}) + items(vector["items"])
    return {"mac": hmac_of(hashes.SHA256(), bytes.fromhex(vector["key"]), message).hex()}


def chain_outputs(vector: Mapping[str, Any]) -> dict[str, str]:
    previous = item({"kind": "bytes", "value": vector["previous"]})
    message = b"tresor/chain/1" + previous + items(vector["items"])
    return {"mac": hmac_of(hashes.SHA256(), bytes.fromhex(vector["key"]), message).hex()}


def token_outputs(vector: Mapping[str, Any]) -> dict[str, str]:
    token = base64.urlsafe_b64encode(bytes.fromhex(vector["random"])).decode().replace("=", "")
    digest = hashes.Hash(hashes.SHA256())
    digest.update(token.encode())
    return {"token": token, "hash": digest.finalize().hex()}


def device_cookie_outputs(vector: Mapping[str, Any]) -> dict[str, str]:
    session_key, salt = bytes.fromhex(vector["key"]), bytes.fromhex(vector["salt"])
    entries = b""
    for entry in vector["entries"]:
        address = items([{"kind": "text", "value": "device account"}, {"kind": "text", "value": entry["address key"]}])
        entries += hmac_of(hashes.SHA256(), session_key, b"tresor/mac/1" + address)[:16] + bytes.fromhex(entry["id"])
        entries += struct.pack(">QQ", entry["generation"], microseconds(entry["since"]))
    bound = context({**vector, "purpose": "device", "items": []})
    label = b"tresor/derive/1" + item({"kind": "text", "value": "device cookie"})
    sealed = seal(hkdf_sha512(session_key, b"", label, 32), 0, salt, bound, padded(entries))
    cookie = base64.urlsafe_b64encode(sealed).decode().replace("=", "")
    return {"plaintext": entries.hex(), "context": bound.hex(), "cookie": cookie}


OUTPUTS = {
    "sealed form": sealed_outputs,
    "stored keyring": keyring_outputs,
    "derived key": derive_outputs,
    "mac": mac_outputs,
    "chain": chain_outputs,
    "token": token_outputs,
    "device cookie": device_cookie_outputs,
}


def context(vector: Mapping[str, Any]) -> bytes:
    purpose = {"kind": "text", "value": vector["purpose"]}
    return items([purpose, {"kind": "uuid", "value": vector["deployment"]}, *vector["items"]])


def items(described: list[Any]) -> bytes:
    return b"".join(item(each) for each in described)


def item(described: Mapping[str, Any]) -> bytes:
    content = content_of(described["kind"], described.get("value"))
    return struct.pack(">BI", KINDS[described["kind"]], len(content)) + content


def content_of(kind: str, value: Any) -> bytes:
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "text":
        return bytes(value, "utf-8")
    if kind == "integer":
        return struct.pack(">q", value)
    if kind == "uuid":
        return bytes.fromhex(value.replace("-", ""))
    if kind == "time":
        return struct.pack(">q", microseconds(value))
    if kind in ("list", "set"):
        members = [item(each) for each in value]
        return b"".join(sorted(members) if kind == "set" else members)
    return b""


def microseconds(iso: str) -> int:
    """Return microseconds since 1970 of a time such as 2026-11-18T09:30:00.000001Z."""
    whole, fraction = iso.removesuffix("Z").split(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1_000_000 + int(fraction)


def described(encoded: bytes) -> list[dict[str, Any]]:
    """Return the items that bytes spell, a set as the list it is written as; the way back from `items`."""
    found = []
    while encoded:
        kind, length = struct.unpack_from(">BI", encoded)
        content, encoded = encoded[5 : 5 + length], encoded[5 + length :]
        found.append({"kind": [*KINDS][kind], "value": value_of([*KINDS][kind], content)})
    return found


def value_of(kind: str, content: bytes) -> Any:
    if kind == "text":
        return str(content, "utf-8")
    if kind in ("integer", "time"):
        return struct.unpack(">q", content)[0]
    if kind == "uuid":
        return str(UUID(bytes=content))
    return described(content) if kind == "list" else content.hex()


def padded(plain: bytes) -> bytes:
    text = struct.pack(">I", len(plain)) + plain
    return text + bytes(size(len(text)) - len(text))


def size(length: int) -> int:
    """Return the padded size; above 256 bytes algorithm 1 of Nikitin et al. with its own names."""
    if length <= 256:
        return 256
    e = math.floor(math.log2(length))
    s = math.floor(math.log2(e)) + 1
    last_bits = e - s
    bit_mask = 2**last_bits - 1
    return (length + bit_mask) // 2**last_bits * 2**last_bits


def seal(
    key: bytes, term: int, salt: bytes, bound: bytes, text: bytes, *, suite: int = 1, commitment: bytes | None = None
) -> bytes:
    """Seal a text that is padded already, or wrongly, or not at all; or with a commitment that is not the right one."""
    header = b"TRSR" + struct.pack(">BI", suite, term) + salt
    keys = hkdf_sha512(key, salt, b"tresor/seal/1" + bound, 64)
    begin = header + (keys[32:] if commitment is None else commitment)
    encryptor = Cipher(algorithms.AES(keys[:32]), modes.GCM(bytes(12))).encryptor()
    encryptor.authenticate_additional_data(begin)
    return begin + encryptor.update(text) + encryptor.finalize() + encryptor.tag


def opened(key: bytes, bound: bytes, sealed: bytes) -> bytes:
    """Return the text, still padded; for what the tests know to be whole."""
    header, commitment, ciphertext, tag = sealed[:41], sealed[41:73], sealed[73:-16], sealed[-16:]
    keys = hkdf_sha512(key, header[9:], b"tresor/seal/1" + bound, 64)
    assert commitment == keys[32:]
    decryptor = Cipher(algorithms.AES(keys[:32]), modes.GCM(bytes(12), tag)).decryptor()
    decryptor.authenticate_additional_data(header + commitment)
    return decryptor.update(ciphertext) + decryptor.finalize()


def hkdf_sha512(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 by its own steps; one block of 64 bytes is all that is ever asked for."""
    extracted = hmac_of(hashes.SHA512(), salt or bytes(64), key)
    return hmac_of(hashes.SHA512(), extracted, info + b"\x01")[:length]


def hmac_of(algorithm: hashes.HashAlgorithm, key: bytes, message: bytes) -> bytes:
    made = hmac.HMAC(key, algorithm)
    made.update(message)
    return made.finalize()

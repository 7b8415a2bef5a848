"""The frozen vectors: two implementations that share no code give them, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.crypto import keyring as keyring_module
from app.crypto.keyring import Keyring, chain, token_hash
from app.crypto.seal import _seal, open_numbered, open_with, term_of
from tests.crypto import independent, vectors

FROZEN = {
    "blob": "195a7c5920a2a239b974d44f7ba454b0bd0f71f6e9c3fe2da28670bd6ce01c99",
    "version": "f1a9d1cd5dfd470910dd05d052622de7e0bb31ce86c65f4f6c148d7ae572a6b6",
    "row": "ddae3350527efe2382bdcf4e4b311dec3593b6a813a1076ae0bde5bd7edbc797",
    "keyring": "4f36ae18af87c030c0e57cf8571ce435e5692ddf6e390a761a3ba700589fda6e",
    "chain": "1b0b2fdd5b85fd8f666ce9530e2d1d95416db054e91736325dc2f63376ef73c0",
    "mac": "5795e51867089549c75018de3878ebe031bda2bf58d8fed1379b2968877ff125",
    "derive": "9690a89fa0da12cad20a1d70f37820b60ebf17f1066ad75a64610b731d87ba01",
    "token": "36a94848f840be60f798cd263d07784bb38a0ee007980f4de7b1e44dc69875ba",
    "device": "7d6cff63cff417b19bd5de84a41009a52d44792f74086f6fbdf9f3c8e0ff139d",
}


def every(*names: str) -> Any:
    found = [pytest.param(each, id=f"{name}: {each['name']}") for name in names for each in vectors.load(name)]
    return pytest.mark.parametrize("vector", found)


def with_session_key(key: bytes) -> Keyring:
    stored = vectors.load("keyring")[0]
    opened = opened_keyring(stored)
    return replace(opened, session_key=key)


def opened_keyring(vector: dict[str, Any]) -> Keyring:
    return Keyring.opened(
        bytes.fromhex(vector["stored"]),
        vectors.key(vector),
        deployment=UUID(vector["deployment"]),
        revision=vector["items"][0]["value"],
    )


@pytest.mark.parametrize("name", vectors.NAMES)
def test_a_vector_file_never_changes(name):
    assert vectors.digest(name) == FROZEN[name]


@every(*vectors.NAMES)
def test_the_second_implementation_makes_each_vector(vector):
    assert independent.remade(vector) == vector


@every("blob", "version", "row")
def test_sealing_makes_each_sealed_vector(vector):
    bound = vectors.context(vector)
    plain, salt = bytes.fromhex(vector["plaintext"]), bytes.fromhex(vector["salt"])
    assert bound.encoded().hex() == vector["context"]
    assert _seal(vectors.key(vector), plain, bound, vector["term"], salt).hex() == vector["sealed"]


@every("blob", "version", "row")
def test_opening_reads_each_sealed_vector(vector):
    sealed, bound = bytes.fromhex(vector["sealed"]), vectors.context(vector)
    assert term_of(sealed) == vector["term"]
    assert open_numbered(vectors.key(vector), sealed, bound, term=vector["term"]).hex() == vector["plaintext"]


@every("blob")
def test_a_blob_opens_by_its_key_alone(vector):
    opened = open_with(vectors.key(vector), bytes.fromhex(vector["sealed"]), vectors.context(vector))
    assert opened.hex() == vector["plaintext"]


def test_a_keyring_opens_what_its_terms_sealed():
    keyring, vector = opened_keyring(vectors.load("keyring")[0]), vectors.load("version")[0]
    assert keyring.open(bytes.fromhex(vector["sealed"]), vectors.context(vector)).hex() == vector["plaintext"]


@every("keyring")
def test_a_stored_keyring_is_read_and_written_as_in_each_vector(vector):
    keyring, stored = opened_keyring(vector), bytes.fromhex(vector["stored"])
    root, salt, bound = vectors.key(vector), bytes.fromhex(vector["salt"]), vectors.context(vector)
    assert keyring._text().hex() == vector["plaintext"]
    assert keyring_module._check_of(root) + _seal(root, keyring._text(), bound, 0, salt) == stored


@every("derive")
def test_a_keyring_derives_each_vector(vector):
    assert with_session_key(vectors.key(vector)).derive(vector["label"]).hex() == vector["derived"]


@every("mac")
def test_a_keyring_authenticates_each_vector(vector):
    made = with_session_key(vectors.key(vector)).mac(vector["purpose"], *vectors.items(vector))
    assert made.hex() == vector["mac"]


@every("chain")
def test_the_chain_makes_each_vector(vector):
    made = chain(vectors.key(vector), bytes.fromhex(vector["previous"]), *vectors.items(vector))
    assert made.hex() == vector["mac"]


@every("token")
def test_a_token_is_found_by_the_hash_of_each_vector(vector):
    assert token_hash(vector["token"]).hex() == vector["hash"]
    assert keyring_module._written(bytes.fromhex(vector["random"])) == vector["token"]

"""The sealed form: it opens with its key, in its place, unchanged, and not otherwise."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from app.clock import to_micros
from app.crypto.context import BLOB, KEYRING, ROW, VERSION, Context, Purpose
from app.crypto.seal import MAX_PLAINTEXT, MAX_SEALED, open_numbered, open_with, padded_size, seal_with, term_of
from app.errors import Damaged, Invalid
from tests.crypto import independent, vectors

KEY = bytes(range(32))
DEPLOYMENT = UUID("8491178e-ac91-4ed3-82e0-e32ad6337ce5")
PURPOSES = (BLOB, VERSION, ROW, KEYRING)
SALT = bytes(32)
OVERHEAD = 89


def a_context(*items: Any, purpose: Purpose = BLOB) -> Context:
    return Context(purpose, DEPLOYMENT, items or ("here",))


def refuses(key: bytes, sealed: bytes, context: Context, *, term: int = 0) -> bool:
    """Tell whether opening raises Damaged and nothing else."""
    try:
        open_numbered(key, sealed, context, term=term)
    except Damaged:
        return True
    return False


def forged(text: bytes, context: Context, *, suite: int = 1) -> bytes:
    """Seal a text, padded as it is given, as somebody with the key and another program would."""
    return independent.seal(KEY, 0, SALT, context.encoded(), text, suite=suite)


each_sealed_vector = pytest.mark.parametrize("vector", [vectors.load(n)[0] for n in ("blob", "version", "row")])


@given(st.binary(max_size=5000), st.sampled_from(PURPOSES), st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens(plaintext, purpose, key):
    context = a_context(purpose=purpose)
    assert open_with(key, seal_with(key, plaintext, context), context) == plaintext


@given(st.binary(max_size=5000), st.sampled_from(PURPOSES), st.integers(0, 2**32 - 1))
def test_what_was_sealed_opens_for_the_second_implementation(plaintext, purpose, term):
    context = a_context(purpose=purpose)
    sealed = seal_with(KEY, plaintext, context, term=term)
    expected = independent.padded(plaintext) if purpose.padded else plaintext
    assert independent.opened(KEY, context.encoded(), sealed) == expected
    assert (sealed[5:9], term_of(sealed)) == (term.to_bytes(4), term)


def test_the_same_text_is_sealed_differently_each_time():
    sealed = [seal_with(KEY, b"text", a_context()) for _ in range(100)]
    assert len({each[9:41] for each in sealed}) == 100
    assert len({each[73:] for each in sealed}) == 100


@each_sealed_vector
def test_every_single_bit_that_changes_is_refused(vector):
    key, context, sealed = vectors.key(vector), vectors.context(vector), bytes.fromhex(vector["sealed"])
    assert not refuses(key, sealed, context, term=vector["term"])
    assert all(refuses(key, changed, context, term=vector["term"]) for changed in vectors.flipped(sealed))


@each_sealed_vector
def test_every_single_bit_of_the_key_counts(vector):
    context, sealed = vectors.context(vector), bytes.fromhex(vector["sealed"])
    keys = vectors.flipped(vectors.key(vector))
    assert all(refuses(changed, sealed, context, term=vector["term"]) for changed in keys)


@each_sealed_vector
def test_every_cut_and_every_extension_is_refused(vector):
    key, context, sealed = vectors.key(vector), vectors.context(vector), bytes.fromhex(vector["sealed"])
    cut = [sealed[:size] for size in range(len(sealed))] + [sealed[size:] for size in range(1, len(sealed))]
    longer = [sealed + b"\0", b"\0" + sealed, sealed + sealed, sealed + bytes(16)]
    assert all(refuses(key, changed, context, term=vector["term"]) for changed in cut + longer)


@each_sealed_vector
def test_every_change_of_an_item_is_refused(vector):
    key, context, sealed = vectors.key(vector), vectors.context(vector), bytes.fromhex(vector["sealed"])
    for position, item in enumerate(context.items):
        for other in alike(item):
            changed = (*context.items[:position], other, *context.items[position + 1 :])
            assert refuses(key, sealed, replace(context, items=changed), term=vector["term"])


def alike(item: Any) -> list[Any]:
    """Return items as near to one as can be: of the same bytes in another kind, one off, absent, listed."""
    match item:
        case None:
            return [b"", "", (), 0, (None,)]
        case str():
            return [item.encode(), item + " ", item.upper(), None, (item,)]
        case int():
            return [item + 1, item.to_bytes(8), str(item), datetime(1970, 1, 1, 0, 0, 0, item, UTC), None]
        case UUID():
            return [item.bytes, str(item), UUID(int=item.int ^ 1), None]
        case datetime():
            return [to_micros(item), item + timedelta(microseconds=1), item.isoformat(), None]
        case _:
            return [item[:-1], item.hex(), (item,), None]


@each_sealed_vector
def test_items_added_removed_or_exchanged_are_refused(vector):
    key, context, sealed = vectors.key(vector), vectors.context(vector), bytes.fromhex(vector["sealed"])
    items = context.items
    others = [(), items[1:], items[:-1], (*items, None), (None, *items), (items,), (items[1], items[0], *items[2:])]
    assert all(refuses(key, sealed, replace(context, items=each), term=vector["term"]) for each in others)


@each_sealed_vector
def test_another_purpose_or_deployment_is_refused(vector):
    key, context, sealed = vectors.key(vector), vectors.context(vector), bytes.fromhex(vector["sealed"])
    others = [replace(context, purpose=purpose) for purpose in PURPOSES if purpose != context.purpose]
    others += [replace(context, deployment=UUID(int=context.deployment.int ^ 1))]
    assert all(refuses(key, sealed, other, term=vector["term"]) for other in others)


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda purpose: purpose.name)
def test_every_swap_of_two_is_refused(purpose):
    contexts = [a_context("secret", number, purpose=purpose) for number in range(20)]
    sealed = [seal_with(KEY, b"text", context) for context in contexts]
    assert all(refuses(KEY, one, other) for one, other in permutations_of(sealed, contexts))


@pytest.mark.parametrize("part", [slice(0, 41), slice(41, 73), slice(73, -16), slice(-16, None), slice(9, 73)])
def test_parts_of_two_seals_of_the_same_text_do_not_go_together(part):
    one, other = (bytearray(seal_with(KEY, b"text", a_context())) for _ in range(2))
    one[part] = other[part]
    assert refuses(KEY, bytes(one), a_context())


def permutations_of(sealed: list[bytes], contexts: list[Context]) -> list[tuple[bytes, Context]]:
    return [(sealed[one], contexts[other]) for one, other in permutations(range(len(sealed)), 2)]


@pytest.mark.parametrize("suite", [0, 2, 3, 0x81, 255])
def test_another_suite_is_refused_though_all_else_is_right(suite):
    context = a_context()
    assert not refuses(KEY, forged(independent.padded(b"text"), context), context)
    assert refuses(KEY, forged(independent.padded(b"text"), context, suite=suite), context)


def test_another_commitment_is_refused_though_the_tag_is_right():
    context, text = a_context(), independent.padded(b"text")
    sealed = independent.seal(KEY, 0, SALT, context.encoded(), text, commitment=bytes(32))
    assert the_tag_is_right(sealed, context)
    assert refuses(KEY, sealed, context)


def the_tag_is_right(sealed: bytes, context: Context) -> bool:
    keys = independent.hkdf_sha512(KEY, SALT, b"tresor/seal/1" + context.encoded(), 64)
    return AESGCM(keys[:32]).decrypt(bytes(12), sealed[73:], sealed[:73]) == independent.padded(b"text")


@pytest.mark.parametrize("term", [1, 0xA1B2C3D4, 2**32 - 1])
def test_a_term_is_refused_where_the_key_has_no_number(term):
    sealed = seal_with(KEY, b"text", a_context(), term=term)
    with pytest.raises(Damaged):
        open_with(KEY, sealed, a_context())


def test_another_term_in_the_header_is_refused_though_the_key_is_right():
    sealed = seal_with(KEY, b"text", a_context(), term=7)
    assert open_numbered(KEY, sealed, a_context(), term=7) == b"text"
    assert refuses(KEY, sealed, a_context(), term=8)


@pytest.mark.parametrize("content", [b"", b"TRSR", b"{}", bytes(400), b"TRSR" + bytes(400), b"plain text " * 60])
def test_what_is_not_sealed_is_refused(content):
    assert refuses(KEY, content, a_context())
    with pytest.raises(Damaged):
        term_of(content)


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_key_of_another_size_is_refused(size):
    sealed = seal_with(KEY, b"text", a_context())
    with pytest.raises(ValueError):
        seal_with(bytes(size), b"text", a_context())
    with pytest.raises(ValueError):
        open_with(bytes(size), sealed, a_context())


def test_surrogates_are_invalid_when_sealed_and_damage_when_opened():
    with pytest.raises(Invalid):
        seal_with(KEY, b"text", a_context("\ud800"))
    assert refuses(KEY, seal_with(KEY, b"text", a_context()), a_context("\ud800"))


def test_a_column_that_gives_back_another_kind_of_value_is_damage():
    assert refuses(KEY, seal_with(KEY, b"text", a_context(1)), a_context(1.0))


def padded(length: int, content: bytes, size: int) -> bytes:
    return length.to_bytes(4) + content + bytes(size - 4 - len(content))


WRONG_PADDING = {
    "the last byte is not zero": padded(3, b"abc", 255) + b"\1",
    "the first byte is not zero": padded(3, b"abcd", 256),
    "a byte between is not zero": padded(3, b"abc" + bytes(100) + b"x", 256),
    "one byte beyond": padded(253, b"a" * 252, 256),
    "far beyond": padded(2**32 - 1, b"abc", 256),
    "a longer text's length": padded(300, b"a" * 252, 256),
    "a block too much": padded(3, b"abc", 272),
    "a size that is no Padmé size": padded(260, b"a" * 260, 265),
    "padded to the next size": padded(250, b"a" * 250, 272),
}


@pytest.mark.parametrize("text", WRONG_PADDING.values(), ids=WRONG_PADDING.keys())
def test_wrong_padding_is_refused_though_the_tag_is_right(text):
    assert refuses(KEY, forged(text, a_context()), a_context())


@pytest.mark.parametrize("size", [0, 1, 4, 100, 255])
def test_a_padded_text_below_the_smallest_size_is_refused(size):
    assert refuses(KEY, forged(bytes(size), a_context()), a_context())


def test_a_text_sealed_without_padding_opens_unpadded_only():
    context = a_context(purpose=VERSION)
    assert open_with(KEY, forged(independent.padded(b"text"), context), context) == independent.padded(b"text")


@given(st.integers(0, 2**40))
def test_padded_sizes_are_those_of_the_paper(length):
    size = padded_size(length)
    assert size == independent.size(length)
    assert padded_size(size) == size
    assert max(length, 256) <= size <= max(256, length * 1.12)


@pytest.mark.parametrize(
    ("length", "size"), [(0, 256), (256, 256), (257, 272), (272, 272), (273, 288), (1004, 1024), (2**24 + 4, 17301504)]
)
def test_padded_sizes_are_these(length, size):
    assert padded_size(length) == size


@given(st.integers(0, 252), st.integers(0, 252))
def test_short_texts_cannot_be_told_apart_by_size(one, other):
    sizes = {len(seal_with(KEY, bytes(length), a_context())) for length in (one, other)}
    assert sizes == {OVERHEAD + 256}


@pytest.mark.parametrize(("purpose", "size"), [(BLOB, MAX_SEALED), (VERSION, MAX_PLAINTEXT + OVERHEAD)])
def test_16_mib_is_sealed_and_opened(purpose, size):
    context, plaintext = a_context(purpose=purpose), bytes(MAX_PLAINTEXT - 1) + b"x"
    sealed = seal_with(KEY, plaintext, context)
    assert len(sealed) == size
    assert open_with(KEY, sealed, context) == plaintext


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda purpose: purpose.name)
def test_more_than_16_mib_is_refused_before_anything_is_allocated(purpose):
    context, plaintext = a_context(purpose=purpose), bytes(MAX_PLAINTEXT + 1)
    sealed = b"TRSR\1" + bytes(MAX_SEALED - 4)
    tracemalloc.start()
    try:
        with pytest.raises(Invalid):
            seal_with(KEY, plaintext, context)
        with pytest.raises(Damaged):
            open_with(KEY, sealed, context)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_an_unpadded_text_longer_than_16_mib_is_refused_though_the_tag_is_right():
    context = a_context(purpose=VERSION)
    assert refuses(KEY, forged(bytes(MAX_PLAINTEXT + 1), context), context)


def test_a_padded_length_beyond_16_mib_is_refused_though_the_tag_is_right():
    length = MAX_PLAINTEXT + 1
    assert refuses(KEY, forged(padded(length, b"", padded_size(length + 4)), a_context()), a_context())

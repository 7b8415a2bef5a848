"""The keyring: it seals under its active term, opens by term, and is stored under the root key alone."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.crypto.context import KEYRING, ROW, VERSION, Context
from app.crypto.keyring import (
    AuditKey,
    Keyring,
    Term,
    TermState,
    UnknownTerm,
    chain,
    new_dek,
    random_token,
    token_hash,
)
from app.crypto.root_key import WrongRootKey
from app.crypto.seal import seal_with, term_of
from app.errors import Damaged
from tests.crypto import independent, vectors

NOW = datetime(2026, 11, 18, 9, 30, 0, 123456, UTC)
ROOT = bytes(range(32))
OTHER_ROOT = bytes(range(1, 33))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.create(now=NOW)


def in_place(keyring: Keyring, *items: Any) -> Context:
    return Context(ROW, keyring.deployment, items or ("here",))


def with_old_term(keyring: Keyring, state: TermState) -> tuple[Keyring, Term]:
    """Return the keyring with a second, older term, and that term as it was when it was active."""
    old = Term(number=keyring.terms[0].number ^ 1 or 2, state=TermState.ACTIVE, key=new_dek(), created=NOW)
    kept = replace(old, state=state, key=None if state is TermState.DESTROYED else old.key)
    return replace(keyring, terms=(kept, *keyring.terms)), old


def stored(keyring: Keyring) -> bytes:
    return keyring.sealed_under(ROOT)


def opened(content: bytes, keyring: Keyring, root: bytes = ROOT, **other: Any) -> Keyring:
    place = {"deployment": keyring.deployment, "revision": keyring.revision} | other
    return Keyring.opened(content, root, **place)


def damaged(content: bytes, keyring: Keyring, **other: Any) -> bool:
    """Tell whether reading raises Damaged, and not that the root key is wrong."""
    try:
        opened(content, keyring, **other)
    except Damaged:
        return True
    return False


def test_a_new_keyring_has_one_active_term_and_is_not_set_up(keyring):
    (term,), (audit_key,) = keyring.terms, keyring.audit_keys
    assert (keyring.revision, keyring.set_up) == (1, False)
    assert (term.state, term.created, audit_key.number) == (TermState.ACTIVE, NOW, 1)
    assert len({term.key, keyring.session_key, audit_key.key}) == 3


def test_no_two_new_keyrings_share_anything():
    keyrings = [Keyring.create(now=NOW) for _ in range(50)]
    assert len({keyring.deployment for keyring in keyrings}) == 50
    assert len({keyring.terms[0].number for keyring in keyrings}) == 50
    assert (
        len({key for each in keyrings for key in (each.session_key, each.terms[0].key, each.audit_keys[0].key)}) == 150
    )


def test_a_keyring_opens_what_it_sealed_under_its_active_term(keyring):
    sealed = keyring.seal(b"text", in_place(keyring))
    assert keyring.open(sealed, in_place(keyring)) == b"text"
    assert term_of(sealed) == keyring.terms[0].number


def test_a_keyring_seals_under_the_active_term_wherever_it_stands(keyring):
    both, _ = with_old_term(keyring, TermState.DECRYPT_ONLY)
    turned = replace(both, terms=both.terms[::-1])
    assert [term_of(each.seal(b"", in_place(each))) for each in (both, turned)] == [keyring.terms[0].number] * 2


def test_a_decrypt_only_term_still_opens(keyring):
    both, old = with_old_term(keyring, TermState.DECRYPT_ONLY)
    sealed = replace(keyring, terms=(old,)).seal(b"text", in_place(keyring))
    assert both.open(sealed, in_place(keyring)) == b"text"


def test_a_destroyed_term_is_damage_and_no_reason_to_load_again(keyring):
    both, old = with_old_term(keyring, TermState.DESTROYED)
    sealed = replace(keyring, terms=(old,)).seal(b"text", in_place(keyring))
    with pytest.raises(Damaged) as damage:
        both.open(sealed, in_place(keyring))
    assert type(damage.value) is Damaged


def test_an_unknown_term_is_told_apart_so_that_a_caller_can_load_again(keyring):
    _, old = with_old_term(keyring, TermState.DECRYPT_ONLY)
    sealed = replace(keyring, terms=(old,)).seal(b"text", in_place(keyring))
    with pytest.raises(UnknownTerm):
        keyring.open(sealed, in_place(keyring))


def test_term_0_is_damage_even_with_the_right_key(keyring):
    key = keyring.terms[0].key
    assert key is not None
    with pytest.raises(Damaged) as damage:
        keyring.open(seal_with(key, b"text", in_place(keyring)), in_place(keyring))
    assert type(damage.value) is Damaged


def test_the_key_of_another_known_term_is_not_tried(keyring):
    both, old = with_old_term(keyring, TermState.DECRYPT_ONLY)
    assert old.key is not None
    sealed = seal_with(old.key, b"text", in_place(keyring), term=keyring.terms[0].number)
    with pytest.raises(Damaged):
        both.open(sealed, in_place(keyring))


def test_every_bit_of_a_row_sealed_by_a_keyring_counts(keyring):
    sealed, context = (
        keyring.seal(b"text", Context(VERSION, keyring.deployment, ())),
        Context(VERSION, keyring.deployment, ()),
    )
    for changed in vectors.flipped(sealed):
        with pytest.raises(Damaged):
            keyring.open(changed, context)


def test_a_stored_keyring_comes_back_whole(keyring):
    both, _ = with_old_term(keyring, TermState.DECRYPT_ONLY)
    destroyed, _ = with_old_term(keyring, TermState.DESTROYED)
    full = replace(both.marked_set_up(), audit_keys=(*both.audit_keys, AuditKey(2, new_dek())))
    assert [opened(stored(each), each) for each in (keyring, destroyed, full)] == [keyring, destroyed, full]


def test_every_single_bit_of_a_stored_keyring_counts_as_damage(keyring):
    content = stored(keyring)
    assert not damaged(content, keyring)
    assert all(damaged(changed, keyring) for changed in vectors.flipped(content))


def test_every_single_bit_of_the_keyrings_vector_counts_as_damage():
    vector = vectors.load("keyring")[0]
    place = {"deployment": UUID(vector["deployment"]), "revision": vector["items"][0]["value"]}
    content, root = bytes.fromhex(vector["stored"]), vectors.key(vector)
    keyring = Keyring.opened(content, root, **place)
    assert all(damaged(changed, keyring, root=root) for changed in vectors.flipped(content))


def test_a_cut_or_longer_stored_keyring_is_damage(keyring):
    content = stored(keyring)
    cut = [content[:size] for size in range(len(content))] + [content[size:] for size in range(1, len(content))]
    assert all(damaged(changed, keyring) for changed in [*cut, content + b"\0", b"\0" + content, content * 2])


@pytest.mark.parametrize("bit", range(0, 256, 5))
def test_another_root_key_is_told_from_damage(keyring, bit):
    other = (int.from_bytes(ROOT) ^ 1 << bit).to_bytes(32)
    with pytest.raises(WrongRootKey):
        opened(stored(keyring), keyring, root=other)


def test_another_revision_or_deployment_is_damage_and_not_the_root_keys_fault(keyring):
    content = stored(keyring)
    assert damaged(content, keyring, revision=2)
    assert damaged(content, keyring, revision=0)
    assert damaged(content, keyring, deployment=UUID(int=keyring.deployment.int ^ 1))


def test_a_keyring_stored_without_the_check_is_damage(keyring):
    assert damaged(stored(keyring)[16:], keyring)


def test_the_check_of_another_root_key_beside_a_whole_keyring_is_damage(keyring):
    assert damaged(keyring.sealed_under(OTHER_ROOT)[:16] + stored(keyring)[16:], keyring)


def forged(keyring: Keyring, text: bytes) -> bytes:
    """Store a text as whoever has the root key and another program would."""
    check = stored(keyring)[:16]
    return check + seal_with(ROOT, text, Context(KEYRING, keyring.deployment, (keyring.revision,)))


def changes(plain: dict[str, Any]) -> list[dict[str, Any]]:
    """Return texts of a keyring that are wrong in one thing each."""
    (term,), (audit_key,), key = plain["terms"], plain["audit_keys"], plain["session_key"]
    terms: list[list[Any]] = [
        [],
        [{**term, "state": "decrypt-only"}],
        [{**term, "state": "destroyed"}],
        [{**term, "state": "resting"}],
        [{**term, "number": 0}],
        [{**term, "number": 2**32}],
        [{**term, "number": str(term["number"])}],
        [{**term, "key": None}],
        [{**term, "key": key[:-2]}],
        [{**term, "created": 1.5}],
        [{**term, "created": 10**30}],
        [{**term, "more": 1}],
        [term, term],
        [term, {**term, "number": term["number"] ^ 1}],
        [term, {**term, "state": "decrypt-only"}],
        ["term"],
    ]
    return [
        *({**plain, "terms": each} for each in terms),
        {**plain, "format": 2},
        {**plain, "format": "1"},
        {**plain, "more": None},
        {**plain, "set_up": 1},
        {**plain, "set_up": "yes"},
        {**plain, "session_key": key + "="},
        {**plain, "session_key": " " + key},
        {**plain, "session_key": None},
        {**plain, "audit_keys": []},
        {**plain, "audit_keys": [{**audit_key, "number": 0}]},
        {**plain, "audit_keys": [audit_key, audit_key]},
        *({name: plain[name] for name in plain if name != left_out} for left_out in plain),
    ]


def test_a_stored_keyring_of_any_other_form_is_damage(keyring):
    plain = json.loads(keyring._text())
    assert opened(forged(keyring, canonical(plain)), keyring) == keyring
    assert [each for each in changes(plain) if not damaged(forged(keyring, canonical(each)), keyring)] == []


def canonical(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def test_a_stored_keyring_that_is_not_canonical_is_damage(keyring):
    text = keyring._text()
    spaced, doubled = text.replace(b",", b", "), text.replace(b'"format":1', b'"format":1,"format":1')
    unsorted = json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")).encode()
    for each in (spaced, doubled, unsorted, text + b"\n", text[:-1], b"", b"[]", b"null", b"\xff", b"1"):
        assert damaged(forged(keyring, each), keyring)


def test_marking_as_set_up_gives_the_next_revision_and_leaves_the_old_one(keyring):
    marked = keyring.marked_set_up()
    assert marked == replace(keyring, revision=2, set_up=True)
    assert (keyring.revision, keyring.set_up) == (1, False)
    with pytest.raises(FrozenInstanceError):
        keyring.set_up = True


def test_derived_keys_differ_by_label_and_by_session_key(keyring):
    other = replace(keyring, session_key=new_dek())
    derived = {each.derive(label) for each in (keyring, other) for label in ("", "csrf", "csrf ", "cookie")}
    assert {len(key) for key in derived} == {32}
    assert len(derived) == 8
    assert keyring.session_key not in derived


def test_a_mac_differs_by_purpose_items_and_session_key(keyring):
    inputs: list[tuple[Any, ...]] = [
        ("a",),
        ("a", None),
        ("a", ""),
        ("a", "b"),
        ("ab",),
        ("a", b"b"),
        ("b", "a"),
        ("a", ("b",)),
    ]
    other = replace(keyring, session_key=new_dek())
    assert len({each.mac(*items) for each in (keyring, other) for items in inputs}) == 2 * len(inputs)
    assert keyring.mac("a", "b") == keyring.mac("a", "b")


def test_a_chain_differs_by_key_previous_value_and_items():
    first = chain(ROOT, b"")
    inputs: list[tuple[Any, ...]] = [
        (ROOT, b""),
        (OTHER_ROOT, b""),
        (ROOT, first),
        (ROOT, b"", first),
        (ROOT, b"", ""),
        (ROOT, b"", 1),
    ]
    assert len({chain(*each) for each in inputs}) == len(inputs)


def test_the_same_key_and_items_give_different_values_for_mac_and_chain(keyring):
    assert keyring.mac("a", 1) != chain(keyring.session_key, b"", "a", 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda keyring: replace(keyring, terms=()),
        lambda keyring: replace(keyring, terms=keyring.terms * 2),
        lambda keyring: replace(keyring, session_key=b"short"),
        lambda keyring: replace(keyring, audit_keys=()),
        lambda keyring: replace(keyring, audit_keys=keyring.audit_keys * 2),
        lambda keyring: Term(0, TermState.ACTIVE, new_dek(), NOW),
        lambda keyring: Term(2**32, TermState.ACTIVE, new_dek(), NOW),
        lambda keyring: Term(1, TermState.ACTIVE, None, NOW),
        lambda keyring: Term(1, TermState.DESTROYED, new_dek(), NOW),
        lambda keyring: Term(1, TermState.ACTIVE, b"short", NOW),
        lambda keyring: AuditKey(0, new_dek()),
        lambda keyring: AuditKey(1, b"short"),
        lambda keyring: chain(b"short", b""),
        lambda keyring: keyring.sealed_under(b"short"),
    ],
)
def test_a_keyring_that_could_not_be_read_back_is_never_made(keyring, make):
    with pytest.raises(ValueError):
        make(keyring)


def test_no_key_is_printed(keyring):
    both, old = with_old_term(keyring, TermState.DECRYPT_ONLY)
    printed = f"{both!r} {both} {old!r} {both.audit_keys!r}"
    keys = [both.session_key, both.audit_keys[0].key, *(term.key for term in both.terms if term.key)]
    assert not any(form in printed for key in keys for form in (repr(key), key.hex(), str(list(key))))


def test_tokens_are_43_characters_of_256_random_bits():
    tokens = [random_token() for _ in range(1000)]
    assert {len(token) for token in tokens} == {43}
    assert len(set(tokens)) == 1000
    assert set("".join(tokens)) == set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("token", ["", "ü", "\ud800", "\0", "a" * 100_000])
def test_any_text_that_a_stranger_sends_has_a_token_hash(token):
    assert len(token_hash(token)) == 32


def test_deks_are_fresh():
    deks = {new_dek() for _ in range(1000)}
    assert (len(deks), {len(dek) for dek in deks}) == (1000, {32})


def test_the_second_implementation_reads_a_stored_keyring(keyring):
    context = Context(KEYRING, keyring.deployment, (1,))
    text = independent.opened(ROOT, context.encoded(), stored(keyring)[16:])
    assert text == independent.padded(keyring._text())

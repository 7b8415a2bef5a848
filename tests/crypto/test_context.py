"""Contexts: no two different ones have the same bytes, and what cannot be written exactly is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import from_micros, to_micros
from app.crypto.context import ROW, Context, encode
from app.errors import Invalid
from tests.crypto import independent

DEPLOYMENT = UUID("8491178e-ac91-4ed3-82e0-e32ad6337ce5")

single = (
    st.none()
    | st.binary()
    | st.text()
    | st.integers(-(2**63), 2**63 - 1)
    | st.uuids()
    | st.datetimes(timezones=st.just(UTC))
)
items = st.recursive(single, lambda inner: st.lists(inner).map(tuple) | st.frozensets(inner), max_leaves=8)


def described(item: Any) -> dict[str, Any]:
    """Describe an item as the second implementation reads it back."""
    match item:
        case None:
            return {"kind": "absent", "value": ""}
        case bytes():
            return {"kind": "bytes", "value": item.hex()}
        case str():
            return {"kind": "text", "value": item}
        case int():
            return {"kind": "integer", "value": item}
        case UUID():
            return {"kind": "uuid", "value": str(item)}
        case datetime():
            return {"kind": "time", "value": to_micros(item)}
        case frozenset():
            return {"kind": "list", "value": independent.described(b"".join(sorted(encode([each]) for each in item)))}
        case _:
            return {"kind": "list", "value": [described(each) for each in item]}


@given(st.lists(items, max_size=6))
def test_encoded_items_are_read_back_by_the_second_implementation(sequence):
    assert independent.described(encode(sequence)) == [described(item) for item in sequence]


@given(st.lists(single))
def test_a_set_is_written_in_one_order(members):
    assert encode([frozenset(members)]) == encode([frozenset(reversed(members))])


SAME_CONTENT = [
    (None, b"", "", ()),
    (b"abc", "abc"),
    (5, from_micros(5), (5).to_bytes(8)),
    (UUID(int=7), UUID(int=7).bytes),
    (("a", "b"), ("ab",), (("a",), "b"), "ab"),
    (1, "1", (1,), ((1,),)),
    ("é", "e\N{COMBINING ACUTE ACCENT}", "é".encode()),
]


@pytest.mark.parametrize("alike", SAME_CONTENT)
def test_items_that_look_alike_have_different_bytes(alike):
    assert len({encode([item]) for item in alike}) == len(alike)


def test_items_do_not_slip_into_their_neighbours():
    assert encode(["ab", "c"]) != encode(["a", "bc"])
    assert encode([("a",), "b"]) != encode(["a", ("b",)])


def test_purpose_deployment_and_items_stand_in_this_order():
    context = Context(ROW, DEPLOYMENT, ("a", 1))
    assert context.encoded() == encode(["row", DEPLOYMENT, "a", 1])


def test_a_time_is_the_same_in_every_zone():
    moment = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
    assert encode([moment.astimezone(timezone(timedelta(hours=5, minutes=45)))]) == encode([moment])


def test_members_of_enumerations_are_their_text_or_number():
    level = StrEnum("level", {"OWNER": "owner"})
    number = IntEnum("number", {"ONE": 1})
    assert encode([level["OWNER"], number["ONE"]]) == encode(["owner", 1])


@pytest.mark.parametrize("lists", [["a", 1], ("a", 1)])
def test_a_list_may_be_a_list_or_a_tuple(lists):
    assert encode([lists]).hex() == "060000001302000000016103000000080000000000000001"


@pytest.mark.parametrize("text", ["\ud800", "\udfffa", "a\ud83d b"])
@pytest.mark.parametrize("inside", [lambda text: text, lambda text: (text,), lambda text: frozenset({text})])
def test_an_unpaired_surrogate_is_refused(text, inside):
    with pytest.raises(Invalid):
        encode([inside(text)])


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_a_number_beyond_64_bits_is_refused(number):
    with pytest.raises(Invalid):
        encode([number])


@pytest.mark.parametrize(
    "item", [True, False, 1.0, bytearray(b"a"), memoryview(b"a"), {"a": 1}, range(3), datetime(2026, 1, 1), object()]
)
def test_what_is_no_item_is_refused(item):
    with pytest.raises(TypeError):
        encode([item])

"""Card numbers are seen in whatever stands around them, and other numbers are left alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from api.schemas.base import Note, Word
from api.schemas.inventory import GroupIn, RoomIn, RoomPatchIn
from api.schemas.newbooking import AddGuestIn, BookingIn, BookingPatchIn, GuestIn, MoveRoomIn, WishIn
from api.schemas.post import CommunicationIn
from api.schemas.public import GuestBookingIn
from api.services.cards import has_card_number, luhn
from tests.api.services.hotels import DAY, day

CARD = "4111 1111 1111 1111"

STARTS = {"4": (13, 16, 19), "37": (15,), "36": (14,), "35": (16,), "52": (16,), "2221": (16,), "67": (13, 17)}
"""First digits of cards, and how long they are."""


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("4111111111111111", True),
        ("card 4111 1111 1111 1111 exp 12/27", True),
        ("5500-0000-0000-0004", True),
        ("340000000000009.", True),
        ("4111 1111 1111 1111 12/28", True),
        ("12/28 4111 1111 1111 1111", True),
        ("room 204 4111111111111111", True),
        ("4111-1111-1111-1111 123", True),
        ("4111 - 1111 - 1111 - 1111", True),
        ("4111.1111.1111.1111", True),
        ("４１１１ 1111\u00a01111 1111", True),
        ("+49 30 1 4111 1111 1111 1111", True),
        ("4111 1111 1111 1112", False),
        ("call +49 30 123456789", False),
        ("call +41 111 1111 1111 1111", False),
        ("BK-2026-123456 and 2026-03-10", False),
        ("2026-03-10 2026-03-12 2026-03-14 2026-03-16", False),
        ("rooms 401 402 403 404 405 406 407 408 409", False),
        ("41111111111111111111111", False),
        ("", False),
    ],
)
def test_card_numbers_are_seen(written: str, found: bool) -> None:
    assert has_card_number(written) is found


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Draw the number of a card, in one piece or in groups."""
    start = draw(st.sampled_from(sorted(STARTS)))
    length = draw(st.sampled_from(STARTS[start])) - len(start) - 1
    body = start + draw(st.text("0123456789", min_size=length, max_size=length))
    number = next(body + last for last in "0123456789" if luhn(body + last))
    cuts = sorted(draw(st.sets(st.integers(1, len(number) - 1), max_size=5)))
    groups = [number[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    return draw(st.sampled_from([" ", "-", ".", " - ", "\u00a0"])).join(groups)


BESIDE = st.text("0123456789 -./x", max_size=25)


@given(cards(), BESIDE, BESIDE)
def test_whatever_stands_beside_a_card_number_it_is_seen(card: str, before: str, after: str) -> None:
    assert has_card_number(f"{before} {card} {after}")


@given(st.text("0123456789", min_size=20, max_size=60))
def test_the_middle_of_a_longer_number_is_none(number: str) -> None:
    assert not has_card_number(number)


def test_of_other_numbers_of_sixteen_digits_few_are_refused(seed: int) -> None:
    drawn = random.Random(seed)
    refused = sum(has_card_number(str(drawn.randrange(10**15, 10**16))) for _ in range(5_000))
    assert 0 < refused < 500, refused  # some 200


GUEST = {"last_name": "Hopper"}
STAY = {"room_type": "STD", "check_in": str(DAY), "check_out": str(day(1))}
ONLINE = STAY | {"guest_last_name": "Hopper", "guest_email": "grace@example.org"}
TYPED = [
    (GuestIn, GUEST, ("first_name", "last_name", "phone")),
    (GuestBookingIn, ONLINE, ("guest_first_name", "guest_last_name", "guest_phone", "promo_code", "special_requests")),
    (BookingIn, STAY | {"guest": GUEST}, ("promo_code", "special_requests", "internal_notes", "group")),
    (BookingPatchIn, {}, ("promo_code", "special_requests", "internal_notes", "reason")),
    (AddGuestIn, {"guest": GUEST, "check_out": str(DAY)}, ("promo_code", "internal_notes")),
    (MoveRoomIn, {"room_number": "101", "reason": "noise"}, ("reason",)),
    (WishIn, {}, ("feature",)),
    (RoomIn, {"number": "101", "room_type": "STD"}, ("building", "notes")),
    (RoomPatchIn, {}, ("building", "notes", "reason")),
    (GroupIn, {"name": "Tour"}, ("name", "notes")),
    (CommunicationIn, {"communication_type": "NOTE", "message": "x"}, ("recipient", "subject", "message")),
]


@pytest.mark.parametrize(("schema", "right", "fields"), TYPED, ids=lambda each: getattr(each, "__name__", ""))
def test_no_field_that_is_typed_takes_one(schema: type, right: dict[str, object], fields: tuple[str, ...]) -> None:
    form = TypeAdapter(schema)
    for field in fields:
        with pytest.raises(ValueError, match="looks like a card number"):
            form.validate_python(right | {field: CARD})


@pytest.mark.parametrize("kind", [Word, Note])
def test_a_text_that_is_too_long_is_not_looked_through(kind: object) -> None:
    with pytest.raises(ValueError, match="at most") as refused:
        TypeAdapter(kind).validate_python("4 " * 5_000 + CARD)
    assert "looks like" not in str(refused.value)

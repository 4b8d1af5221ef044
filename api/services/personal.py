"""What is personal in the tables: one list, by which a guest's data are handed out and by which they are erased.

A test walks all tables: a new column with text in it is named here, or there as one that is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, literal_column, null, select
from sqlalchemy.orm import Session

from api.services.bookingdata import GUEST_FIELDS
from models import (
    AuditEntry,
    Base,
    Booking,
    Communication,
    Group,
    Guest,
    Hotel,
    IdempotencyKey,
    Occupancy,
    PaymentEvent,
)

PERSONAL: Final[Mapping[type[Base], Mapping[str, Any]]] = {
    Guest: dict.fromkeys((*GUEST_FIELDS, "notes"), ""),
    Booking: {
        "reference": None,
        "gender": None,
        "needs": [],
        "wishes": [],
        "promo_code": "",
        "payment_reference": "",
        "special_requests": "",
        "internal_notes": "",
        "cancel_reason": "",
        "lock_reason": "",
    },
    Occupancy: {
        "notes": "",
        "reason": "",
        "release_reason": "",
        # That a rule was broken on purpose is no secret; without it the room would seem to be given by mistake.
        "overrides": literal_column(
            "coalesce((SELECT jsonb_object_agg(rule, 'erased') FROM jsonb_object_keys(overrides) rule), '{}')"
        ),
    },
    Communication: {"subject": "", "message": "", "recipient": "", "error": ""},
    PaymentEvent: {"payload": null()},
    AuditEntry: {"reason": None, "reason_salt": None},
}
"""Columns that a person is, or somebody may have written of one, each with what is left of it after erasure."""

WHOLE_ROWS: Final[Mapping[type[Base], tuple[str, ...]]] = {
    Group: ("name", "notes"),
    IdempotencyKey: ("scope", "headers", "body"),
}
"""The same, of rows that go as a whole: a group with nobody left in it, and answers that are kept for a day."""


@dataclass(frozen=True, slots=True)
class Person:
    """A guest, and their bookings' names by id: whose rows these are."""

    hotel_id: int
    guest_id: int
    bookings: Mapping[int, str]

    @classmethod
    def of(cls, session: Session, hotel: Hotel, guest_id: int) -> Person:
        """Return a guest as a person."""
        mine = (Booking.hotel_id == hotel.id, Booking.guest_id == guest_id)
        return cls(hotel.id, guest_id, dict(session.execute(select(Booking.id, Booking.booking_id).where(*mine)).all()))

    def has(self, table: Any) -> ColumnElement[bool]:
        """Return whether a row of one of the tables of `PERSONAL` is theirs."""
        if table is Guest:
            theirs = Guest.id == self.guest_id
        elif table is Booking:
            theirs = Booking.id.in_(self.bookings)
        elif table is AuditEntry:
            named = [f"{kind}:{name}" for name in self.bookings.values() for kind in ("booking", "pin")]
            theirs = AuditEntry.subject.in_([*named, f"guest:{self.guest_id}"]) & AuditEntry.reason.is_not(None)
        else:
            theirs = table.booking_pk.in_(self.bookings)
        return and_(table.hotel_id == self.hotel_id, theirs)


def told(row: Base, *facts: str) -> dict[str, Any]:
    """Return what is personal in a row, and these facts beside it, as plain JSON."""
    values = {name: getattr(row, name) for name in (*facts, *PERSONAL[type(row)])}
    return {name: plain(value) for name, value in values.items() if not isinstance(value, bytes)}


def plain(value: Any) -> Any:
    """Return a column's value as plain JSON."""
    return value.isoformat() if isinstance(value, datetime | date | time) else value

"""The booking: the contract with a guest; and the group that bookings may belong to."""

import hashlib
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, Tenant, TextEnum, Versioned, one_of, tenant_key
from models.guest import Guest
from models.room import RoomType


class BookingStatus(StrEnum):
    """Life cycle of a booking; ``docs`` and services say which transitions exist."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


EXPECTED: Final = (BookingStatus.PENDING_PAYMENT, BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN)
"""Statuses of who is still to come or in house."""


class BookingSource(StrEnum):
    """Where a booking came from. DIRECT is a guest put into a room at the desk."""

    ONLINE = "ONLINE"
    MANUAL = "MANUAL"
    DIRECT = "DIRECT"
    IMPORT = "IMPORT"
    CHANNEL = "CHANNEL"


class PartyGender(StrEnum):
    """Gender of a party, where a same-gender dorm needs it."""

    FEMALE = "female"
    MALE = "male"


def confirmation_hash(confirmation_number: str) -> bytes:
    """Return what a public lookup finds a booking's hotel by: the SHA-256 of its confirmation number."""
    return hashlib.sha256(confirmation_number.encode()).digest()


def _hash_of_row(context: DefaultExecutionContext) -> bytes:
    row = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return confirmation_hash(row["confirmation_number"])


def _staff() -> Mapped[int | None]:
    return mapped_column(BigInteger, ForeignKey("staff.id"))


class Group(Tenant, Versioned, Base):
    """Bookings that belong together: a party, a tour, a wedding."""

    __tablename__ = "booking_group"
    __table_args__ = (UniqueConstraint("hotel_id", "name"),)

    name: Mapped[str]
    wants_connecting: Mapped[bool] = mapped_column(server_default=text("false"))
    notes: Mapped[str] = mapped_column(server_default="")


class Booking(Tenant, Versioned, Created, Base):
    """One party, one room, ``check_in`` .. ``check_out``.

    Inside, rows point to a booking by ``id`` (their column is ``booking_pk``); ``booking_id`` is what people see.

    Attributes
    ----------
    booking_id
        ``BK-YYYY-XXXXXX``, unique in the hotel, in capitals.
    confirmation_number
        The guest's secret half of a lookup.
    reference
        The booking's name in the system it was imported from; unique in the hotel where present.
    arrival_time, departure_time
        Hotel-local; null is the hotel's own check-in and check-out time.
    total_minor
        Price of the whole stay in minor units of ``currency``.
    priority
        Rank among guests, 0 or more; higher goes first (VIP, loyalty).
    needs
        Features the room must have.
    wishes
        As in the instance format: ``weight`` and one of ``feature``, ``room`` (a room's ``id``), ``min_floor``,
        ``max_floor``.
    allowed_rooms
        ``id`` of the rooms that may be given; null is no restriction.
    expires_at
        When the booking ends if it has not been paid by then; null is never.
    locked
        This stay must keep its room, and why, by whom, since when.
    pin_hash, pin_tries
        Salted hash of the live door PIN and wrong tries so far.
    """

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("hotel_id", "booking_id"),
        UniqueConstraint("hotel_id", "confirmation_number"),
        UniqueConstraint("hotel_id", "reference"),
        tenant_key("guest_id", "guest"),
        tenant_key("group_id", "booking_group"),
        tenant_key("room_type_id", "room_type"),
        one_of("status", BookingStatus),
        one_of("source", BookingSource),
        one_of("gender", PartyGender),
        CheckConstraint("booking_id ~ '^BK-[0-9]{4}-[0-9A-HJKMNP-TV-Z]{6}$'", name="booking_id"),
        CheckConstraint("check_out >= check_in", name="period"),
        CheckConstraint("adults >= 0 AND children >= 0 AND adults + children >= 1", name="party"),
        CheckConstraint("total_minor >= 0", name="total_minor"),
        CheckConstraint("priority >= 0", name="priority"),
        CheckConstraint("jsonb_typeof(wishes) = 'array'", name="wishes"),
        # All that a search looks at, so that it reads the index alone.
        Index(
            None,
            "hotel_id",
            "check_in",
            "id",
            postgresql_include=["guest_id", "booking_id", "check_out", "status"],
        ),
        Index(None, "hotel_id", "check_out", "id"),
        Index(None, "hotel_id", "created_at", "id"),
        Index(None, "hotel_id", "status", "check_in"),
        Index(None, "hotel_id", "guest_id"),
        Index("ix_booking_group", "hotel_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
        Index(None, "confirmation_hash"),
    )

    booking_id: Mapped[str]
    confirmation_number: Mapped[str]
    confirmation_hash: Mapped[bytes] = mapped_column(LargeBinary, default=_hash_of_row)
    reference: Mapped[str | None]
    status: Mapped[BookingStatus] = mapped_column(TextEnum(BookingStatus))
    source: Mapped[BookingSource] = mapped_column(TextEnum(BookingSource))
    check_in: Mapped[date]
    check_out: Mapped[date]
    arrival_time: Mapped[time | None]
    departure_time: Mapped[time | None]
    adults: Mapped[int] = mapped_column(server_default="1")
    children: Mapped[int] = mapped_column(server_default="0")
    gender: Mapped[PartyGender | None] = mapped_column(TextEnum(PartyGender))
    room_type_id: Mapped[int] = mapped_column(BigInteger)
    guest_id: Mapped[int] = mapped_column(BigInteger)
    group_id: Mapped[int | None] = mapped_column(BigInteger)

    total_minor: Mapped[int] = mapped_column(BigInteger, server_default="0")
    currency: Mapped[str] = mapped_column(server_default="EUR")
    promo_code: Mapped[str] = mapped_column(server_default="")
    payment_provider: Mapped[str] = mapped_column(server_default="")
    payment_reference: Mapped[str] = mapped_column(server_default="")
    paid_at: Mapped[datetime | None]
    special_requests: Mapped[str] = mapped_column(server_default="")
    internal_notes: Mapped[str] = mapped_column(server_default="")

    priority: Mapped[int] = mapped_column(server_default="0")
    needs: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    wishes: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    allowed_rooms: Mapped[list[int] | None]
    locked: Mapped[bool] = mapped_column(server_default=text("false"))
    lock_reason: Mapped[str] = mapped_column(server_default="")
    locked_by: Mapped[int | None] = _staff()
    locked_at: Mapped[datetime | None]
    pin_hash: Mapped[str | None]
    pin_tries: Mapped[int] = mapped_column(server_default="0")
    pin_issued_at: Mapped[datetime | None]

    created_by: Mapped[int | None] = _staff()
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = _staff()
    checked_in_at: Mapped[datetime | None]
    checked_in_by: Mapped[int | None] = _staff()
    checked_out_at: Mapped[datetime | None]
    checked_out_by: Mapped[int | None] = _staff()
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = _staff()
    cancel_reason: Mapped[str] = mapped_column(server_default="")
    expires_at: Mapped[datetime | None]
    no_show_at: Mapped[datetime | None]
    no_show_by: Mapped[int | None] = _staff()
    reinstated_at: Mapped[datetime | None]
    reinstated_by: Mapped[int | None] = _staff()
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=91)

    guest: Mapped[Guest] = relationship(lazy="raise", viewonly=True)
    group: Mapped[Group | None] = relationship(lazy="raise", viewonly=True)
    room_type: Mapped[RoomType] = relationship(lazy="raise", viewonly=True)

    @property
    def nights(self) -> int:
        """Nights between the dates; 0 is a day use (which is charged one night)."""
        return (self.check_out - self.check_in).days

    @property
    def party(self) -> int:
        """People who sleep in the room."""
        return self.adults + self.children

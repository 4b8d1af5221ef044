"""Bookings: the query of the list, rows and details."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from api.schemas.base import Action, Output, QueryInput, Text, Word
from api.schemas.times import Day, LocalMoment, LocalTime
from api.services.booking_detail import BookingDetail
from api.services.booking_query import BookingQuery
from models import BookingSource, BookingStatus, Origin, PartyGender

Ordering = Literal[
    "check_in",
    "-check_in",
    "check_out",
    "-check_out",
    "created_at",
    "-created_at",
    "total_amount",
    "-total_amount",
    "guest_name",
    "-guest_name",
    "status",
    "-status",
]


class BookingQueryIn(QueryInput):
    """Filters, order and page of the list of bookings."""

    status: list[BookingStatus] = Field(default=[], max_length=20, description="Any of these; may be repeated")
    start_date: Day | None = Field(default=None, description="Check-in on this day or later")
    end_date: Day | None = Field(default=None, description="Check-out on this day or earlier")
    search: Annotated[Text, Field(max_length=200)] = Field(
        default="", description="Part of guest name, e-mail or booking id"
    )
    room_number: Word | None = Field(default=None, description="In this room")
    has_room_assigned: bool | None = None
    room_type: Word | None = Field(default=None, description="Code or name of the booked type")
    source: list[BookingSource] = Field(default=[], max_length=20)
    group: Word | None = Field(default=None, description="Name of the group")
    arrivals_on: Day | None = None
    departures_on: Day | None = None
    in_house_on: Day | None = Field(default=None, description="In the hotel in the night after this day")
    ordering: Ordering = "check_in"
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=50, ge=1, le=200)

    def query(self) -> BookingQuery:
        """Return it in the service's terms."""
        values = self.model_dump()
        return BookingQuery(**values | {"status": tuple(self.status), "source": tuple(self.source)})


class BookingRowOut(Output):
    """A booking as the list shows it."""

    id: int
    booking_id: str
    confirmation_number: str
    hotel_name: str
    room_type: str
    room_type_name: str
    assigned_room_number: str | None
    has_room_assigned: bool
    can_check_in: bool
    guest_name: str
    guest_email: str
    guest_phone: str
    check_in: date
    check_out: date
    nights: int
    adults: int
    children: int
    total_amount: str
    currency: str
    status: BookingStatus
    source: BookingSource
    group: str | None
    priority: int
    locked: bool
    created_at: datetime
    paid_at: datetime | None
    version: int
    actions: tuple[Action, ...]


class BookingPageOut(Output):
    """One page; ``next`` and ``previous`` are queries to put behind the same path."""

    count: int
    next: str | None
    previous: str | None
    results: tuple[BookingRowOut, ...]


class RoomPeriodOut(Output):
    """A room of the booking; hotel-local times."""

    room_number: str
    bed: int
    starts_at: LocalMoment
    ends_at: LocalMoment
    origin: Origin
    locked: bool
    notes: str
    overrides: dict[str, Any]
    overridden_by: str | None
    overridden_at: datetime | None


class MilestoneOut(Output):
    """Something that happened to the booking, when, and which member of staff did it."""

    what: str
    at: datetime
    by: str | None


class BookingDetailOut(BookingRowOut):
    """A booking with everything about it."""

    reference: str | None
    guest_first_name: str
    guest_last_name: str
    guest_country: str
    guest_language: str
    arrival_time: LocalTime | None
    departure_time: LocalTime | None
    gender: PartyGender | None
    needs: tuple[str, ...]
    wishes: tuple[dict[str, Any], ...]
    allowed_rooms: tuple[str, ...] | None
    lock_reason: str
    special_requests: str
    internal_notes: str
    promo_code: str
    payment_provider: str
    payment_reference: str
    cancel_reason: str
    pay_until: datetime | None = Field(
        description="When it ends if it is unpaid; null if it waits for no payment, or does not end by itself"
    )
    updated_at: datetime
    rooms: tuple[RoomPeriodOut, ...]
    history: tuple[MilestoneOut, ...]

    @classmethod
    def of_detail(cls, detail: BookingDetail, **more: Any) -> Self:
        """Return the answer: the row's fields, the detail's own and what a subclass adds, side by side."""
        own = {name: getattr(detail, name) for name in cls.model_fields if hasattr(detail, name)}
        row = BookingRowOut.of(detail.row).model_dump()
        return cls.model_validate(row | own | more, from_attributes=True)

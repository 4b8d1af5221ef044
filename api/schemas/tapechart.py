"""The tape chart: everything one screen shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import Field

from api.schemas.base import Input, Output, QueryInput, Text, Word
from api.schemas.times import Day, LocalMoment, LocalTime
from api.services.actor import Actor
from api.services.permissions import Permission
from api.services.tapechart import ChartBooking, TapeChart
from models import (
    BookingSource,
    BookingStatus,
    ClosureKind,
    Gender,
    Hotel,
    Housekeeping,
    Origin,
    PartyGender,
)

DAYS = 31


class ChartQueryIn(QueryInput):
    """The days to show."""

    from_: Day | None = Field(
        alias="from", default=None, description="First day; else the one before the business date"
    )
    to: Day | None = Field(default=None, description="The day after the last; else 31 days are shown")

    def days(self, hotel: Hotel) -> tuple[date, date]:
        """Return the first day and the day after the last."""
        first = self.from_ or hotel.business_date - timedelta(days=1)
        return first, self.to or first + timedelta(days=DAYS)


class ChartSearchIn(Input):
    """What to look for; in a body, so that no guest's name gets into an address."""

    search: Annotated[Text, Field(min_length=2, max_length=200, description="Part of name, e-mail or booking id")]


class MakeRoomIn(Input):
    """The room that a booking is to have, whoever is in it now."""

    room_number: Word


class ChartHotelOut(Output):
    """The hotel, as far as the chart needs it."""

    slug: str
    name: str
    timezone: str
    business_date: date
    check_in_time: LocalTime
    check_out_time: LocalTime
    turnaround_minutes: int


class ChartTypeOut(Output):
    """A room type; ``rank`` is its place on the upgrade ladder."""

    code: str
    name: str
    rank: int
    sleeps: int


class ChartRoomOut(Output):
    """A room; ``parts`` are the rooms a suite is made of."""

    room_number: str
    room_type: str
    building: str
    floor: int
    position: int
    sleeps: int
    beds: int
    features: tuple[str, ...]
    gender: Gender
    housekeeping_status: Housekeeping
    active: bool
    parts: tuple[str, ...]


class ChartPlaceOut(Output):
    """A room that a booking has, from when to when (hotel-local); ``part_of`` is the suite that takes this room too."""

    room_number: str
    bed: int
    starts_at: LocalMoment
    ends_at: LocalMoment
    origin: Origin
    part_of: str | None


class ChartBookingOut(Output):
    """A booking; ``places`` is empty where it has no room."""

    booking_id: str
    version: int
    status: BookingStatus
    source: BookingSource
    guest_name: str
    check_in: date
    check_out: date
    arrival_time: LocalTime | None
    departure_time: LocalTime | None
    adults: int
    children: int
    priority: int
    room_type: str
    group: str | None
    locked: bool
    lock_reason: str
    needs: tuple[str, ...]
    gender: PartyGender | None
    allowed_rooms: tuple[str, ...] | None
    places: tuple[ChartPlaceOut, ...]

    @classmethod
    def of_booking(cls, booking: ChartBooking) -> Self:
        """Return what the chart shows of a booking."""
        return cls.model_validate({**booking.facts, "group": booking.facts["group_name"], "places": booking.places})


class ChartClosureOut(Output):
    """A closed room; ``part_of`` is the suite whose closure takes this room too."""

    id: str
    room_number: str
    kind: ClosureKind
    starts_at: LocalMoment
    ends_at: LocalMoment
    reason: str
    part_of: str | None


class TapeChartOut(Output):
    """The chart, and what its reader may do here."""

    hotel: ChartHotelOut
    permissions: tuple[str, ...]
    version: int
    from_: date = Field(alias="from")
    to: date
    room_types: tuple[ChartTypeOut, ...]
    rooms: tuple[ChartRoomOut, ...]
    bookings: tuple[ChartBookingOut, ...]
    closures: tuple[ChartClosureOut, ...]

    @classmethod
    def of_chart(cls, hotel: Hotel, actor: Actor, chart: TapeChart) -> Self:
        """Return the answer."""
        return cls(
            hotel=ChartHotelOut.of(hotel),
            permissions=tuple(name for name in Permission if actor.may(name)),
            version=chart.version,
            **{"from": chart.first},
            to=chart.last,
            room_types=tuple(ChartTypeOut.model_validate(row) for row in chart.room_types),
            rooms=tuple(ChartRoomOut.model_validate(row) for row in chart.rooms),
            bookings=tuple(map(ChartBookingOut.of_booking, chart.bookings)),
            closures=tuple(ChartClosureOut.model_validate(row) for row in chart.closures),
        )


class ChartHitOut(Output):
    """A booking that was found, and where to look for it on the chart."""

    booking_id: str
    guest_name: str
    check_in: date
    check_out: date
    status: BookingStatus
    room_number: str | None
    room_type: str


class ChartHitsOut(Output):
    """The first bookings found; ``count`` is how many there are."""

    count: int
    results: tuple[ChartHitOut, ...]

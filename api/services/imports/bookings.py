"""Bookings from CSV: what a file says, held against the calendar, the rooms and one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.services.imports.cells import code, day, email, integer, moment, money, text, word
from api.services.imports.faults import Faults
from api.services.imports.known import Known, KnownRoom
from api.services.imports.places import Placed, place
from api.services.imports.table import Column, read_table, repeated
from api.services.periods import HouseTimes
from models import BookingSource, BookingStatus, Hotel

FILE: Final = "bookings"
LONGEST_NIGHTS: Final = 730

LIVE: Final = (
    BookingStatus.PENDING_PAYMENT,
    BookingStatus.CONFIRMED,
    BookingStatus.CHECKED_IN,
    BookingStatus.COMPLETED,
)
"""A booking of these keeps the room that the file gives it; cancelled ones and no-shows have none."""


@dataclass(frozen=True, slots=True)
class NewBooking:
    """One booking to write, checked."""

    reference: str
    check_in: date
    check_out: date
    type: str
    adults: int
    children: int = 0
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    status: BookingStatus = BookingStatus.CONFIRMED
    group: str | None = None
    source: BookingSource = BookingSource.IMPORT
    total: int = 0
    created_at: datetime | None = None
    placed: Placed | None = None


def booking_columns(hotel: Hotel) -> tuple[Column, ...]:
    """Return the columns of a bookings file, in the hotel's money and time."""
    return (
        Column("reference", text(100, numbers=True), required=True),
        Column("check_in", day, required=True),
        Column("check_out", day, required=True),
        Column("type", code, required=True),
        Column("adults", integer(0, 99), required=True),
        Column("children", integer(0, 99), default=0),
        Column("first_name", text(), default=""),
        Column("last_name", text(), default=""),
        Column("email", email, default=""),
        Column("phone", text(60), default=""),
        Column("status", word(BookingStatus), default=BookingStatus.CONFIRMED),
        Column("room", code),
        Column("group", text(100)),
        Column("source", word(BookingSource), default=BookingSource.IMPORT),
        Column("total", money(hotel.currency), default=0),
        Column("created_at", moment(ZoneInfo(hotel.timezone))),
    )


def read_bookings(hotel: Hotel, data: bytes, known: Known, faults: Faults) -> list[NewBooking]:
    """Check a bookings file and return what to write, in the file's order."""
    frame = read_table(FILE, data, booking_columns(hotel), faults)
    repeated(frame, FILE, "reference", faults)
    found = [
        booking
        for line, row in zip(frame.index, frame.to_dict("records"), strict=True)
        for booking in _checked(int(line), row, hotel, known, faults)
    ]
    places = place([p for p, _ in found if p is not None], known, faults)
    return [NewBooking(**row, placed=places.get(p.line) if p else None) for p, row in found]


def _checked(
    line: int, row: dict[Any, Any], hotel: Hotel, known: Known, faults: Faults
) -> Iterator[tuple[Placed | None, dict[str, Any]]]:
    """Note what is wrong with one line; yield it, and the place it asks for, if its dates can be used."""

    def fault(column: str, message: str) -> None:
        faults.add(FILE, line, column, message)

    first, last, status = row["check_in"], row["check_out"], row["status"]
    if row["reference"] in known.references:
        fault("reference", f"the hotel already has a booking {row['reference']}")
    if row["type"] is not None and row["type"] not in known.types:
        fault("type", f"there is no type {row['type']}")
    if row["adults"] is not None and row["children"] is not None and row["adults"] + row["children"] == 0:
        fault("adults", "nobody stays: adults and children are 0")
    dated = first is not None and last is not None
    if dated and last < first:
        fault("check_out", f"{last} is before check-in {first}")
        dated = False
    elif dated and (last - first).days > LONGEST_NIGHTS:
        fault("check_out", f"{(last - first).days} nights are more than {LONGEST_NIGHTS}")
        dated = False
    number = row["room"]
    room = known.rooms.get(number) if number is not None else None
    if number is not None and room is None:
        fault("room", f"there is no room {number}")
    elif room is not None and not room.active:
        fault("room", f"room {number} is not in use")
    if status == BookingStatus.CHECKED_IN:
        if number is None and not _cell_failed(faults, line, "room"):
            fault("room", "an in-house guest (CHECKED_IN) must have a room")
        if first is not None and first > hotel.business_date:
            fault(
                "status",
                f"is in house (CHECKED_IN) but arrives on {first}, after the business date {hotel.business_date}",
            )
    if dated:
        asked = _asked(line, row, room, hotel, known) if room is not None and status in LIVE else None
        yield asked, {name: value for name, value in row.items() if name != "room"}


def _asked(line: int, row: dict[Any, Any], room: KnownRoom, hotel: Hotel, known: Known) -> Placed:
    starts_at, ends_at = HouseTimes.of(hotel).period(row["check_in"], row["check_out"])
    return Placed(
        line=line,
        room=room.number,
        bed=1,
        starts_at=starts_at,
        ends_at=ends_at,
        in_house=row["status"] == BookingStatus.CHECKED_IN,
        misfit=_misfit(row, room, known),
    )


def _misfit(row: dict[Any, Any], room: KnownRoom, known: Known) -> str:
    """Say why the room does not fit the booking; empty if it does. Somebody put it there, so it is kept."""
    party = (row["adults"] or 0) + (row["children"] or 0)
    if room.beds == 1 and party > room.sleeps:
        return f"{party} people in a room for {room.sleeps}"
    booked, given = known.types.get(row["type"]), known.types.get(room.type)
    if booked and given and given.rank < booked.rank:
        return f"a {given.code} where {booked.code} is booked"
    return ""


def _cell_failed(faults: Faults, line: int, column: str) -> bool:
    return any(f.line == line and f.column == column and f.file == FILE for f in faults.found)

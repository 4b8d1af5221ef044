"""Between a booking's dates, an occupancy's hotel-local wall clock, and the allocator's slots (minutes)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from models import Booking, Hotel

SLOTS_PER_NIGHT: Final = 1440
"""A slot is a minute of the hotel's wall clock, so that early, late and day use need nothing more."""

MIDNIGHT: Final = time(0)
DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class HouseTimes:
    """When a hotel's rooms change hands, and the minutes it takes to make one ready."""

    check_in: time
    check_out: time
    turnaround: timedelta

    @classmethod
    def of(cls, hotel: Hotel) -> HouseTimes:
        """Return the times of a hotel."""
        return cls(hotel.check_in_time, hotel.check_out_time, timedelta(minutes=hotel.turnaround_minutes))

    def period(
        self, check_in: date, check_out: date, arrival: time | None = None, departure: time | None = None
    ) -> tuple[datetime, datetime]:
        """Return the hotel-local period ``[arrival, ready-again)`` that a stay takes a room for.

        A night stay runs from the check-in time of its first date to the check-out time of its last, a day use from
        the house's check-out to its check-in time (between two night stays); a time given replaces the house's. A day
        use that arrives later than that lasts until midnight. A departure that is not after the arrival counts as one
        minute after it: bookings are refused for that where they are entered (`impossible`), never dropped here.
        """
        if check_in == check_out:
            starts = datetime.combine(check_in, arrival or self.check_out)
            ends = datetime.combine(check_out, departure or self.check_in)
            if departure is None and ends <= starts:
                ends = datetime.combine(check_out, MIDNIGHT) + DAY
        else:
            starts = datetime.combine(check_in, arrival or self.check_in)
            ends = datetime.combine(check_out, departure or self.check_out)
        return starts, max(ends, starts + MINUTE) + self.turnaround


def occupancy_period(hotel: Hotel, booking: Booking) -> tuple[datetime, datetime]:
    """Return the hotel-local period that a booking takes its room for (see `HouseTimes.period`)."""
    return HouseTimes.of(hotel).period(
        booking.check_in, booking.check_out, booking.arrival_time, booking.departure_time
    )


def impossible(check_in: date, check_out: date, arrival: time | None, departure: time | None) -> str | None:
    """Say what is wrong with the dates and times of a booking; None if nothing is."""
    if check_out < check_in:
        return f"check-out {check_out} is before check-in {check_in}"
    if check_out == check_in and arrival is not None and departure is not None and departure <= arrival:
        return f"a day use cannot end at {departure:%H:%M}, it begins at {arrival:%H:%M}"
    return None


def nights_charged(check_in: date, check_out: date) -> int:
    """Return what per-night costs are charged by: the nights between the dates, 1 for a day use."""
    return max(1, (check_out - check_in).days)


@dataclass(frozen=True, slots=True)
class Axis:
    """The allocator's axis: slot 0 is midnight of ``origin``, hotel-local."""

    origin: date

    def slot(self, moment: datetime) -> int:
        """Return the slot of a hotel-local moment, rounded down to the minute."""
        return int((moment - datetime.combine(self.origin, MIDNIGHT)).total_seconds() // 60)

    def moment(self, slot: int) -> datetime:
        """Return the hotel-local moment at which a slot begins."""
        return datetime.combine(self.origin, MIDNIGHT) + timedelta(minutes=slot)

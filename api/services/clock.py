"""The clock, injected: nothing else reads the server's time, and nothing at all its date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from models import Hotel


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return datetime.now(UTC)


SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """The machine's clock put forward (or back, negative), for a demo whose hotel lives on another day."""

    ahead_s: int

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return SYSTEM_CLOCK.now() + timedelta(seconds=self.ahead_s)

    @classmethod
    def on(cls, day: date, timezone: str) -> ShiftedClock:
        """Return the clock on which it is this day at a place now, at the time of day that it is there."""
        now = SYSTEM_CLOCK.now().astimezone(ZoneInfo(timezone))
        then = datetime.combine(day, now.time(), now.tzinfo)
        return cls(round(then.timestamp() - now.timestamp()))


@dataclass
class SetClock:
    """A clock that stands where it is put, for tests and simulations."""

    moment: datetime

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return self.moment.astimezone(UTC)

    def advance(self, **parts: float) -> None:
        """Move on by a `timedelta` of these parts (``hours=3``); backwards with negative ones."""
        self.moment += timedelta(**parts)


def local_now(clock: Clock, hotel: Hotel) -> datetime:
    """Return the hotel's wall clock, to the minute and without a zone: what occupancies are written in."""
    return clock.now().astimezone(ZoneInfo(hotel.timezone)).replace(tzinfo=None, second=0, microsecond=0)

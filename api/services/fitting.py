"""Whether the hotel can hold one more stay, even if rooms that are not promised are dealt out anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from allocator.answers.fit import DoesNotFit, Fits, Fitting
from allocator.arrays import build, plan_of
from allocator.problem import Problem, Stay
from allocator.search.greedy import greedy
from api.services.periods import MIDNIGHT
from api.services.policy import HousePolicy
from api.services.snapshot import Snapshot, take_snapshot
from models import Booking, BookingStatus, Hotel, PartyGender, RoomType

MARGIN: Final = timedelta(days=7)
"""How far around a stay others are looked at who might change rooms for it."""

SHIFTS: Final = (-1, 1, -2, 2, -3, 3)
"""Days by which other dates are offered, the nearest first."""

FURTHEST: Final = 700
"""Nights ahead of the business date that a stay can be held for."""


NEEDED: Final = (
    *("booking_id", "room_type_id", "check_in", "check_out", "adults", "children", "arrival_time", "departure_time"),
    *("gender", "needs", "allowed_rooms", "priority"),
)
"""Fields of a booking that decide where it may be."""


class Verdict(StrEnum):
    """Whether one more stay fits; UNKNOWN is neither proven in the time that a guest waits."""

    FITS = "fits"
    FULL = "does_not_fit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stay that somebody would like to make, with the fields of a booking that decide where it may be."""

    room_type_id: int
    check_in: date
    check_out: date
    adults: int = 1
    children: int = 0
    arrival_time: time | None = None
    departure_time: time | None = None
    gender: PartyGender | None = None
    needs: Sequence[str] = ()
    allowed_rooms: Sequence[int] | None = None
    group_id: int | None = None
    priority: int = 0
    wishes: Sequence[Mapping[str, Any]] = ()
    id: int = 0
    booking_id: str = "?"
    status: BookingStatus = BookingStatus.PENDING_PAYMENT
    locked: bool = False

    @classmethod
    def of(cls, booking: Booking) -> Wanted:
        """Return what a booking needs, as it is now."""
        return cls(**{name: getattr(booking, name) for name in NEEDED})


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What the hotel could hold instead: codes of other types on the same dates, other dates for the same type."""

    room_types: tuple[str, ...]
    dates: tuple[tuple[date, date], ...]


def can_hold(session: Session, hotel: Hotel, wanted: Wanted) -> Verdict:
    """Tell whether the hotel can hold a stay beside all that it has promised, paid for or not.

    Guests in house, locks and arrivals within the freeze hours keep their rooms; everybody else may be thought
    elsewhere, and nobody is moved. Where more has been promised already than there is room for, the stay fits if
    it takes nothing from those who could still be placed.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`), if the answer is to hold.
    """
    return _House.around(session, hotel, [wanted]).verdict(wanted)


def can_hold_changed(session: Session, hotel: Hotel, now: Wanted, before: Wanted, *, kept: bool) -> Verdict:
    """Tell the same of a booking that has just been changed: beside the others, it may have had its part already.

    Parameters
    ----------
    session
        Under the hotel lock, the change written but not committed.
    kept
        Whether it is still in its room; else it may be anywhere.
    """
    return _House.around(session, hotel, [now, before]).verdict(now, before, kept=kept)


def alternatives(session: Session, hotel: Hotel, wanted: Wanted) -> Alternatives:
    """Return what could be had instead of a stay that does not fit; takes a second in a large hotel, so no lock."""
    party = wanted.adults + wanted.children
    types = session.execute(
        select(RoomType.id, RoomType.code)
        .where(RoomType.hotel_id == hotel.id, RoomType.sleeps >= party, RoomType.id != wanted.room_type_id)
        .order_by(RoomType.rank, RoomType.code)
    ).all()
    shifted = [
        replace(wanted, check_in=wanted.check_in + by, check_out=wanted.check_out + by)
        for by in (timedelta(days=days) for days in SHIFTS)
    ]
    others = [other for other in shifted if hotel.business_date <= other.check_in and _near_enough(hotel, other)]
    house = _House.around(session, hotel, [wanted, *others])
    fitting = [kind.code for kind in types if house.verdict(replace(wanted, room_type_id=kind.id)) == Verdict.FITS]
    dates = [(other.check_in, other.check_out) for other in others if house.verdict(other) == Verdict.FITS]
    return Alternatives(tuple(fitting), tuple(sorted(dates)))


def _near_enough(hotel: Hotel, wanted: Wanted) -> bool:
    return (wanted.check_out - hotel.business_date).days <= FURTHEST


@dataclass(frozen=True, slots=True)
class _House:
    """Everything that is promised around some stays, read once."""

    snapshot: Snapshot

    @classmethod
    def around(cls, session: Session, hotel: Hotel, wanted: Collection[Wanted]) -> _House:
        begin = min(stay.check_in for stay in wanted)
        end = max(stay.check_out for stay in wanted)
        nights = (end - hotel.business_date).days + 2 * MARGIN.days
        changes = {"horizon_nights": max(nights, HousePolicy.of(hotel).horizon_nights)}
        window = (datetime.combine(begin, MIDNIGHT) - MARGIN, datetime.combine(end, MIDNIGHT) + MARGIN)
        return cls(take_snapshot(session, hotel, changes=changes, window=window, pending=True))

    def verdict(self, wanted: Wanted, before: Wanted | None = None, *, kept: bool = False) -> Verdict:
        problem, house = self.snapshot.problem, self.snapshot.house
        asked = house.stay_of(wanted)
        if kept:
            asked = problem.stay_by_id.get(asked.id, asked)
        others = [stay for stay in problem.stays if stay.id != asked.id]
        together = _without_room([*others, asked], problem)
        if together is not None and not together:
            return Verdict.FITS
        former = [] if before is None else [replace(house.stay_of(before), room=asked.room, locked=asked.locked)]
        earlier = _without_room([*others, *former], problem)
        if together is None or earlier is None:
            return Verdict.UNKNOWN
        return Verdict.FITS if len(together) <= len(earlier) and asked.id not in together else Verdict.FULL


def _without_room(stays: Iterable[Stay], of: Problem) -> set[str] | None:
    """Return who is left without a room when all of these are dealt rooms; None if that is not known in time.

    First come those with a room, in it, then the others where they fit at least cost; only for who is left over then
    are others moved.
    """
    problem = replace(of, stays=tuple(sorted(stays, key=lambda stay: stay.id)))
    arrays = build(problem)
    plan = plan_of(problem, greedy(arrays))
    left = [stay for stay in problem.stays if plan.rooms[stay.id] is None and not stay.locked]
    if not left:
        return set()
    found = Fitting(problem, plan).fit(left, prove=False, effort=0)
    if isinstance(found, Fits):
        return set()
    if len(left) == 1:
        return {left[0].id} if isinstance(found, DoesNotFit) else None
    placed = plan
    missing: set[str] = set()
    for stay in left:  # one after the other: some may still fit
        found = Fitting(problem, placed).fit([stay], prove=False, effort=0)
        if isinstance(found, Fits):
            placed = found.plan
        elif isinstance(found, DoesNotFit):
            missing.add(stay.id)
        else:
            return None
    return missing

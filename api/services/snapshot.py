"""Rows become a frozen problem: every live row that touches the horizon, read in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

from allocator.problem import Closure, Group, Policy, Problem, Stay
from api.services.house import House, read_house
from api.services.periods import MIDNIGHT, SLOTS_PER_NIGHT
from api.services.roomlist import INACTIVE
from models import EXPECTED, Booking, BookingStatus, Hotel, Occupancy, OccupancyKind
from models import Group as GroupRow

STAYING = (BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN)


@dataclass(frozen=True, slots=True)
class Placed:
    """The live occupancy that a stay of the problem stands for."""

    id: int
    version: int
    room_id: int
    bed: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A problem, and the rows behind its ids.

    Attributes
    ----------
    version
        The hotel's ``allocation_version`` that the rows were read at.
    booking_pk
        Row id by booking, of the stays that a run may place or move.
    placed
        By stay id, the occupancy it holds its room by.
    """

    problem: Problem
    house: House
    version: int
    booking_pk: Mapping[str, int]
    placed: Mapping[str, Placed]


def take_snapshot(
    session: Session,
    hotel: Hotel,
    *,
    changes: Mapping[str, Any] | None = None,
    from_date: date | None = None,
    frozen: Collection[str] = (),
    window: tuple[datetime, datetime] | None = None,
    pending: bool | None = None,
) -> Snapshot:
    """Read the problem of this moment.

    Free to be moved are confirmed bookings with a room; to be placed, confirmed and in-house bookings without one.
    Whatever else holds a room in the horizon, or beyond it where a free stay may reach, is locked in it: in-house
    guests, locks, rows placed by a named override, arrivals within the freeze hours, stays that begin after the
    horizon, guests who leave later today.

    Parameters
    ----------
    session
        REPEATABLE READ, or under the hotel lock: several statements must see one moment.
    changes
        Keys of the allocation policy that hold for this problem only (``horizon_nights``, ``weights``, ...).
    from_date
        The date of slot 0; the business date if not given.
    frozen
        Further bookings that count as locked where they have a room.
    window
        Hotel-local period: only what touches it instead of the whole horizon.
    pending
        Whether bookings that wait for their payment are stays; as the policy says if not given.

    Raises
    ------
    allocator.errors.InvalidProblem
        If the rows contradict each other in a way that the database does not forbid (weights out of range, ...).
    """
    house = read_house(session, hotel, origin=from_date, changes=changes)
    begin, end = window or house.horizon
    begin = max(begin, house.horizon[0])
    with_pending = house.policy.place_pending if pending is None else pending
    wanted = EXPECTED if with_pending else STAYING
    bookings = session.execute(_bookings(hotel.id, wanted, begin, end)).all()
    latest = max((datetime.combine(b.check_out, MIDNIGHT) for b in bookings), default=end) + timedelta(days=2)
    rows = session.execute(live_occupancies(hotel.id, begin, max(latest, end))).all()

    places: dict[int, Row[Any]] = {}
    for row in rows:  # sorted by start: the last one stands for the booking, earlier ones of it only block
        if row.kind == OccupancyKind.STAY:
            places[row.booking_pk] = row
    stays: list[Stay] = []
    placed: dict[str, Placed] = {}
    known: set[int] = set()
    for booking in bookings:
        held = places.get(booking.id)
        stays.append(_stay(house, booking, held, frozen))
        known.add(booking.id)
        if held is not None:
            placed[booking.booking_id] = _placed(held)
    reach = max((stay.end for stay in stays if not stay.locked), default=0)
    reach = max(reach, house.axis.slot(end))
    for row in rows:
        if row.kind == OccupancyKind.STAY and not (row.booking_pk in known and row is places[row.booking_pk]):
            blocker = blocker_of(house, row, first=row is places[row.booking_pk])
            if blocker.start < reach:
                stays.append(blocker)
                placed[blocker.id] = _placed(row)
    closures = tuple(closure for closure in closures_of(house, rows) if closure.start < reach)
    problem = problem_of(session, hotel, house, stays, closures)
    pks = {booking.booking_id: booking.id for booking in bookings}
    return Snapshot(problem, house, hotel.allocation_version, pks, placed)


BOOKING_COLUMNS = (
    Booking.id,
    Booking.booking_id,
    Booking.status,
    Booking.check_in,
    Booking.check_out,
    Booking.arrival_time,
    Booking.departure_time,
    Booking.adults,
    Booking.children,
    Booking.gender,
    Booking.room_type_id,
    Booking.group_id,
    Booking.priority,
    Booking.needs,
    Booking.wishes,
    Booking.allowed_rooms,
    Booking.locked,
)


def problem_of(
    session: Session, hotel: Hotel, house: House, stays: list[Stay], closures: tuple[Closure, ...]
) -> Problem:
    """Return the problem of these stays and closures; a room no longer in use is in it where something is there."""
    used = {stay.room for stay in stays} | {closure.room for closure in closures}
    used |= {room for link in house.links for room in (*link.rooms, link.suite)}
    rooms = tuple(room for room in house.rooms.values() if room.type != INACTIVE or room.id in used)
    return Problem(
        name=f"{hotel.slug} {house.axis.origin}",
        origin="real",
        slots=SLOTS_PER_NIGHT * house.policy.horizon_nights,
        slots_per_night=SLOTS_PER_NIGHT,
        room_types=house.room_types,
        rooms=rooms,
        links=house.links,
        closures=closures,
        stays=_within(stays, {room.id for room in rooms}),
        groups=_groups(session, hotel.id, {stay.group for stay in stays}),
        weights=house.policy.weights,
        policy=Policy(house.policy.move_budget),
    )


def closures_of(house: House, rows: Sequence[Row[Any]]) -> tuple[Closure, ...]:
    """Return one closure for each row that stands for one: those of a dorm's further beds follow it."""
    return tuple(
        Closure(f"C{row.id}", place.room, place.start, place.end)
        for row in rows
        if row.kind == OccupancyKind.CLOSURE and row.parent_id is None
        for place in [house.place(row.room_id, row.starts_at, row.ends_at)]
    )


def _bookings(hotel_id: int, statuses: tuple[BookingStatus, ...], begin: datetime, end: datetime) -> Any:
    return (
        select(*BOOKING_COLUMNS)
        .where(
            Booking.hotel_id == hotel_id,
            Booking.status.in_(statuses),
            Booking.check_in < end.date() if end.time() == MIDNIGHT else Booking.check_in <= end.date(),
            Booking.check_out >= begin.date(),
        )
        .order_by(Booking.booking_id)
    )


def live_occupancies(hotel_id: int, begin: datetime, end: datetime) -> Any:
    """Return the statement that reads what has a room in a period, holds apart, with its booking, sorted by start."""
    return (
        select(
            Occupancy.id,
            Occupancy.version,
            Occupancy.room_id,
            Occupancy.bed,
            Occupancy.starts_at,
            Occupancy.ends_at,
            Occupancy.kind,
            Occupancy.booking_pk,
            Occupancy.parent_id,
            or_(Occupancy.locked, Occupancy.overrides != {}).label("locked"),
            Booking.booking_id,
            Booking.room_type_id,
            Booking.adults,
            Booking.children,
            Booking.gender,
            Booking.check_in,
            Booking.check_out,
            Booking.group_id,
        )
        .outerjoin(Booking, and_(Booking.hotel_id == Occupancy.hotel_id, Booking.id == Occupancy.booking_pk))
        .where(
            Occupancy.hotel_id == hotel_id,
            Occupancy.released_at.is_(None),
            Occupancy.kind != OccupancyKind.HOLD,
            Occupancy.ends_at > begin,
            Occupancy.starts_at < end,
        )
        .order_by(Occupancy.starts_at, Occupancy.id)
    )


def _stay(house: House, booking: Any, row: Row[Any] | None, frozen: Collection[str]) -> Stay:
    if row is None:
        return house.stay_of(booking)
    place = house.place(row.room_id, row.starts_at, row.ends_at, locked=row.locked)
    keeps = (
        booking.status == BookingStatus.CHECKED_IN
        or booking.check_in < house.axis.origin
        or place.start < house.frozen_until
        or booking.booking_id in frozen
    )
    return house.stay_of(booking, place, locked=keeps)


def blocker_of(house: House, row: Row[Any], *, first: bool) -> Stay:
    """Return a locked stay for a row that no run may touch; it is there to be in the way."""
    place = house.place(row.room_id, row.starts_at, row.ends_at)
    return Stay(
        id=row.booking_id if first else f"{row.booking_id}#{row.id}",
        start=place.start,
        end=place.end,
        nights=max(1, (row.check_out - row.check_in).days),
        type=house.code_of[row.room_type_id],
        unplaced_penalty=0,
        party=row.adults + row.children,
        gender=None if row.gender is None else row.gender.value,
        room=place.room,
        locked=True,
    )


def _placed(row: Row[Any]) -> Placed:
    return Placed(row.id, row.version, row.room_id, row.bed, row.starts_at, row.ends_at)


def _within(stays: list[Stay], rooms: set[str]) -> tuple[Stay, ...]:
    """Return the stays without mention of rooms that are not part of the problem, in the order of their ids."""
    kept = []
    for stay in sorted(stays, key=lambda s: s.id):
        allowed = stay.allowed_rooms
        if allowed is not None and not allowed <= rooms:
            stay = replace(stay, allowed_rooms=allowed & rooms)  # noqa: PLW2901
        if any(wish.room is not None and wish.room not in rooms for wish in stay.wishes):
            wishes = tuple(wish for wish in stay.wishes if wish.room is None or wish.room in rooms)
            stay = replace(stay, wishes=wishes)  # noqa: PLW2901
        kept.append(stay)
    return tuple(kept)


def _groups(session: Session, hotel_id: int, wanted: set[str | None]) -> tuple[Group, ...]:
    ids = sorted(int(group[1:]) for group in wanted if group is not None)
    if not ids:
        return ()
    found = session.execute(
        select(GroupRow.id, GroupRow.wants_connecting)
        .where(GroupRow.hotel_id == hotel_id, GroupRow.id.in_(ids))
        .order_by(GroupRow.id)
    )
    return tuple(Group(f"G{row.id}", row.wants_connecting) for row in found)

"""One stay in one room: every hard rule, judged by the core on the few rows that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, and_, bindparam, func, select
from sqlalchemy.orm import Session

from allocator.check import check
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Closure, Problem, Stay
from api.services.beds import Sleeper, colour
from api.services.house import House, Place, read_house
from api.services.roomlist import RoomFacts
from models import Booking, BookingStatus, Hotel, Housekeeping, Occupancy, OccupancyKind, Room
from models.prepared import PREPARED

OVERRIDABLE: Final = frozenset({"room_fits", "gender", "locked"})
"""Rules that a person may break by name and with a reason; the others never."""

STAFF_POLICY: Final = {"upgrades_allowed": None}
"""What limits a run does not limit a person: any higher type may be given, with a warning."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that giving the room would break.

    Attributes
    ----------
    booking_id, closure_id
        The rival, where there is one.
    remedy
        What would make it possible.
    """

    rule: str
    message: str
    room: str
    booking_id: str | None = None
    closure_id: str | None = None
    remedy: str = ""

    @property
    def overridable(self) -> bool:
        """Whether a person may break it by name."""
        return self.rule in OVERRIDABLE

    def plain(self) -> dict[str, Any]:
        """Return it as an answer shows it."""
        return {
            "rule": self.rule,
            "message": self.message,
            "room": self.room,
            "booking_id": self.booking_id,
            "closure_id": self.closure_id,
            "overridable": self.overridable,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """A stay and a room: what forbids them, what to know, and the bed it would be (None: none is free)."""

    stay: Stay
    room: RoomFacts
    house: House
    starts_at: datetime
    ends_at: datetime
    broken: tuple[Broken, ...]
    warnings: tuple[str, ...]
    bed: int | None
    rebedded: tuple[tuple[int, int], ...]


def judge_room(
    session: Session,
    hotel: Hotel,
    booking: Booking,
    row: Occupancy | None,
    number: str,
    *,
    period: tuple[datetime, datetime] | None = None,
    leaving: Sequence[int] = (),
) -> Judged | None:
    """Judge a booking in a room, wherever else it may be now; None if there is no such room.

    Parameters
    ----------
    row
        The live occupancy that the booking would leave; neither it nor the holds under it stand in the way.
    period
        Hotel-local; that of the row, or of the booking's dates, if not given.
    leaving
        Further occupancies that make room at the same moment.
    """
    house = read_house(session, hotel, changes=STAFF_POLICY, only=number)
    room = house.facts.get(number)
    if room is None:
        return None
    if period is None and row is not None:
        period = row.starts_at, row.ends_at
    if period is None:
        stay = house.stay_of(booking)
        starts_at, ends_at = house.axis.moment(stay.start), house.axis.moment(stay.end)
    else:
        starts_at, ends_at = period
        stay = house.stay_of(booking, Place(number, house.axis.slot(starts_at), house.axis.slot(ends_at), locked=False))
    others = [*leaving, *([] if row is None else [row.id])]
    occupants = _occupants(session, hotel.id, [room.id, *room.parts], starts_at, ends_at, others)
    broken = list(find_broken(house, stay, number, occupants))
    if row is not None and row.room_id != room.id and (booking.locked or row.locked or row.overrides):
        broken.insert(0, _locked(booking, row, number))
    own = row.bed if row is not None and row.room_id == room.id else None
    bed, rebedded = _bed(session, hotel, house, room, starts_at, ends_at, others, own)
    if bed is None and not any(b.rule in ("no_overlap", "closed") for b in broken):
        broken.append(Broken("no_overlap", f"no bed of {number} is free for the whole stay", number))
    warnings = tuple(_warnings(session, hotel, house, stay, booking, room))
    return Judged(stay, room, house, starts_at, ends_at, tuple(broken), warnings, bed, rebedded)


# Made once, of tables rather than classes, as in `house`: everybody who wants a room waits under the hotel lock
# meanwhile.
_taken, _parent = Occupancy.__table__.c, Occupancy.__table__.alias("parent").c
_OCCUPANTS: Final = (
    select(
        _taken.id,
        _taken.room_id,
        _taken.bed,
        _taken.kind,
        _taken.starts_at,
        _taken.ends_at,
        _taken.parent_id,
        Booking.__table__.c.booking_id,
        Booking.__table__.c.gender,
        _parent.kind.label("parent_kind"),
        _parent.room_id.label("parent_room"),
    )
    .outerjoin_from(
        Occupancy.__table__,
        Booking.__table__,
        and_(Booking.__table__.c.hotel_id == _taken.hotel_id, Booking.__table__.c.id == _taken.booking_pk),
    )
    .outerjoin(_parent.id.table, and_(_parent.hotel_id == _taken.hotel_id, _parent.id == _taken.parent_id))
    .where(
        _taken.hotel_id == bindparam("hotel"),
        _taken.room_id == func.any(bindparam("rooms", type_=ARRAY(BigInteger))),
        _taken.released_at.is_(None),
        _taken.starts_at < bindparam("ends_at"),
        _taken.ends_at > bindparam("starts_at"),
        _taken.id != func.all(bindparam("leaving", type_=ARRAY(BigInteger))),
        _taken.parent_id.is_(None) | (_taken.parent_id != func.all(bindparam("leaving"))),
    )
    .order_by(_taken.starts_at, _taken.id)
    .execution_options(**PREPARED)
)


def _occupants(
    session: Session,
    hotel_id: int,
    rooms: Sequence[int],
    starts_at: datetime,
    ends_at: datetime,
    leaving: Sequence[int],
) -> Sequence[Any]:
    """Return what is live in the rooms in the period, with the booking (or closure) behind it."""
    values = {"hotel": hotel_id, "rooms": rooms, "starts_at": starts_at, "ends_at": ends_at, "leaving": leaving}
    return session.execute(_OCCUPANTS, values).all()


def find_broken(house: House, stay: Stay, number: str, occupants: Sequence[Any]) -> list[Broken]:
    """Judge the stay in the room among its occupants, as a problem of its own."""
    stays: list[Stay] = []
    closures: dict[str, tuple[str, int, int]] = {}
    rooms = {facts.id for facts in house.facts.values()}
    rival_of: dict[str, str] = {}
    for row in occupants:
        place = house.place(row.room_id, row.starts_at, row.ends_at)
        if row.parent_id is not None and row.parent_room in rooms:
            continue  # a hold, or a dorm's further bed, whose first row is here too
        if OccupancyKind.CLOSURE in (row.kind, row.parent_kind):
            closures[f"C{row.parent_id or row.id}@{place.room}"] = (place.room, place.start, place.end)
            continue
        name = f"#{row.id}"
        rival_of[name] = row.booking_id
        stays.append(
            Stay(
                id=name,
                start=place.start,
                end=place.end,
                nights=1,
                type=stay.type,
                unplaced_penalty=0,
                gender=None if row.gender is None else row.gender.value,
                room=place.room,
                locked=True,
            )
        )
    candidate = replace(stay, room=None, locked=False, group=None, wishes=(), move_penalty=0)
    problem = Problem(
        name="one room",
        slots=0,
        room_types=house.room_types,
        rooms=tuple(house.rooms.values()),
        stays=(*stays, candidate),
        links=house.links,
        closures=tuple(Closure(name, *where) for name, where in closures.items()),
    )
    found: list[Broken] = []
    plan = Plan({s.id: s.room for s in stays} | {candidate.id: number})
    for violation in check(problem, plan):
        if candidate.id not in violation.stays:
            continue
        rivals = [rival_of[name] for name in violation.stays if name in rival_of]
        rival = rivals[0] if rivals else None
        if violation.rule == "no_overlap":
            taken = next((s for s in stays if rival_of[s.id] == rival), None)
            message = f"{number} is taken by {rival}"
            if taken is not None:
                message += f" from {house.axis.moment(taken.start):%Y-%m-%d %H:%M} to "
                message += f"{house.axis.moment(taken.end):%Y-%m-%d %H:%M}"
            found.append(
                Broken("no_overlap", message, number, rival, remedy=f"move {rival} first, or take a room that is free")
            )
        elif violation.rule == "closed":
            closure, start, end = next(
                (name.partition("@")[0], start, end)
                for name, (_, start, end) in closures.items()
                if overlap(stay.start, stay.end, start, end)
            )
            message = f"{number} is closed from {house.axis.moment(start):%Y-%m-%d %H:%M} to "
            message += f"{house.axis.moment(end):%Y-%m-%d %H:%M}"
            found.append(Broken("closed", message, number, closure_id=closure, remedy=f"end closure {closure} first"))
        else:
            message = violation.message
            for name, booking_id in rival_of.items():
                message = message.replace(name, booking_id)
            if violation.rule == "room_fits" and not house.facts[number].active:
                message = f"{number} is out of use"
            remedy = f"override {violation.rule} with a reason (needs can_override_rules)"
            found.append(Broken(violation.rule, message, number, rival, remedy=remedy))
    return list(dict.fromkeys(found))


def _locked(booking: Booking, row: Occupancy, number: str) -> Broken:
    why = booking.lock_reason or ("placed there by a named override" if row.overrides else "locked")
    remedy = "unlock it first, or override locked with a reason (needs can_override_rules)"
    return Broken(
        "locked", f"{booking.booking_id} must keep its room: {why}", number, booking.booking_id, remedy=remedy
    )


def _bed(
    session: Session,
    hotel: Hotel,
    house: House,
    room: RoomFacts,
    starts_at: datetime,
    ends_at: datetime,
    leaving: Sequence[int],
    own: int | None,
) -> tuple[int | None, tuple[tuple[int, int], ...]]:
    """Return the bed of a dorm, the ``own`` one if free, and the (occupancy, bed) of those who must take another."""
    if room.beds == 1:
        return 1, ()
    begin = house.horizon[0]
    rows = session.execute(
        select(Occupancy.id, Occupancy.starts_at, Occupancy.ends_at, Occupancy.bed, Occupancy.kind, Booking.status)
        .outerjoin(Booking, and_(Booking.hotel_id == Occupancy.hotel_id, Booking.id == Occupancy.booking_pk))
        .where(
            Occupancy.hotel_id == hotel.id,
            Occupancy.room_id == room.id,
            Occupancy.released_at.is_(None),
            Occupancy.ends_at > min(begin, starts_at),
            Occupancy.id.not_in(leaving),
        )
    ).all()
    free = sorted(
        set(range(1, room.beds + 1)) - {row.bed for row in rows if row.starts_at < ends_at and row.ends_at > starts_at}
    )
    if free:
        return own if own in free else free[0], ()
    sleepers = [
        Sleeper(
            str(row.id),
            row.starts_at,
            row.ends_at,
            row.bed,
            fixed=row.kind != OccupancyKind.STAY or row.status == BookingStatus.CHECKED_IN or row.starts_at < begin,
        )
        for row in rows
    ]
    found = colour([*sleepers, Sleeper("", starts_at, ends_at)], room.beds)
    if found is None:
        return None, ()
    return found[""], tuple((row.id, found[str(row.id)]) for row in rows if found[str(row.id)] != row.bed)


def _warnings(session: Session, hotel: Hotel, house: House, stay: Stay, booking: Booking, room: RoomFacts) -> list[str]:
    ranks = {t.id: t.rank for t in house.room_types}
    warnings = []
    if ranks[room.type_code] > ranks[stay.type]:
        warnings.append(f"upgrade: booked {stay.type}, {room.number} is {room.type_code}")
    missed = [wish for wish in stay.wishes if not wish.met_by(house.rooms[room.number])]
    if missed:
        warnings.append(f"misses {len(missed)} of {len(stay.wishes)} wishes")
    if booking.check_in == hotel.business_date:
        state = session.scalar(select(Room.housekeeping_status).where(Room.hotel_id == hotel.id, Room.id == room.id))
        if state not in (Housekeeping.CLEAN, Housekeeping.INSPECTED):
            warnings.append(f"{room.number} is not clean yet ({state})")
    return warnings

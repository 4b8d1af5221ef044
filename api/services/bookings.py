"""Finding bookings, and showing one with everything about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Exists, Select, SQLColumnExpression, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from api.services.actor import Actor
from api.services.errors import NotFound
from api.services.money import decimal_string
from api.services.permissions import Permission
from models import (
    Booking,
    BookingSource,
    BookingStatus,
    Group,
    Guest,
    Hotel,
    Occupancy,
    OccupancyKind,
    Origin,
    PartyGender,
    Room,
    RoomType,
    Staff,
)

GUEST_NAME: Final = func.lower(func.concat_ws(" ", Guest.first_name, Guest.last_name))

ORDERINGS: Final[Mapping[str, Sequence[SQLColumnExpression[Any]]]] = MappingProxyType(
    {
        "check_in": (Booking.check_in,),
        "check_out": (Booking.check_out,),
        "created_at": (Booking.created_at,),
        "total_amount": (Booking.total_minor,),
        "guest_name": (func.lower(Guest.last_name), func.lower(Guest.first_name)),
        "status": (Booking.status,),
    }
)
"""What a list may be ordered by; a minus in front turns it round, the booking's number decides ties."""

# Nothing is assigned in these states; a released room of theirs is history.
OVER: Final = frozenset({BookingStatus.CANCELLED, BookingStatus.NO_SHOW, BookingStatus.COMPLETED})


@dataclass(frozen=True, slots=True)
class BookingQuery:
    """Which bookings, in which order, which page of them.

    Attributes
    ----------
    start_date, end_date
        Check-in not before, check-out not after.
    search
        Part of the guest's name or e-mail, or of the booking id; case does not matter.
    room_number
        Assigned room.
    room_type, group
        Code of the booked type; name of the group.
    in_house_on
        Sleeping in the hotel in the night after this day.
    ordering
        A key of `ORDERINGS`, with a minus for the other way round.
    """

    status: tuple[BookingStatus, ...] = ()
    start_date: date | None = None
    end_date: date | None = None
    search: str = ""
    room_number: str | None = None
    has_room_assigned: bool | None = None
    room_type: str | None = None
    source: tuple[BookingSource, ...] = ()
    group: str | None = None
    arrivals_on: date | None = None
    departures_on: date | None = None
    in_house_on: date | None = None
    ordering: str = "check_in"
    page: int = 1
    page_size: int = 50


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done with a booking, or the codes of why not."""

    name: str
    allowed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BookingRow:
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


@dataclass(frozen=True, slots=True)
class BookingPage:
    """One page of bookings; ``count`` is of all pages."""

    count: int
    page: int
    page_size: int
    results: tuple[BookingRow, ...]

    @property
    def more(self) -> bool:
        """Whether there is a page after this one."""
        return self.page * self.page_size < self.count


@dataclass(frozen=True, slots=True)
class RoomPeriod:
    """A live occupancy of the booking; hotel-local times."""

    room_number: str
    bed: int
    starts_at: datetime
    ends_at: datetime
    origin: Origin
    locked: bool
    notes: str
    overrides: Mapping[str, Any]
    overridden_by: str | None
    overridden_at: datetime | None


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened to the booking: when, and which member of staff did it (None: nobody of the staff)."""

    what: str
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class BookingDetail:
    """A booking with everything about it."""

    row: BookingRow
    reference: str | None
    guest_first_name: str
    guest_last_name: str
    guest_country: str
    guest_language: str
    arrival_time: time | None
    departure_time: time | None
    gender: PartyGender | None
    needs: tuple[str, ...]
    wishes: tuple[Mapping[str, Any], ...]
    allowed_rooms: tuple[str, ...] | None
    lock_reason: str
    special_requests: str
    internal_notes: str
    promo_code: str
    payment_provider: str
    payment_reference: str
    cancel_reason: str
    updated_at: datetime
    rooms: tuple[RoomPeriod, ...]
    history: tuple[Milestone, ...]


def list_bookings(session: Session, hotel: Hotel, actor: Actor, query: BookingQuery) -> BookingPage:
    """Return one page of the bookings that match."""
    found = _matching(hotel.id, query)
    count = session.scalar(found.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    key = query.ordering.removeprefix("-")
    down = query.ordering.startswith("-")
    order = [*ORDERINGS[key], Booking.id]
    page = (
        _loaded(found)
        .order_by(*(column.desc() if down else column.asc() for column in order))
        .limit(query.page_size)
        .offset((query.page - 1) * query.page_size)
    )
    bookings = session.scalars(page).all()
    rooms = _rooms_of(session, hotel.id, [booking.id for booking in bookings])
    return BookingPage(
        count=count,
        page=query.page,
        page_size=query.page_size,
        results=tuple(_row(hotel, actor, booking, rooms.get(booking.id, ())) for booking in bookings),
    )


def booking_detail(session: Session, hotel: Hotel, actor: Actor, booking_id: str) -> BookingDetail:
    """Return a booking with everything about it.

    Raises
    ------
    NotFound
    """
    query = BookingQuery()
    booking = session.scalars(_loaded(_matching(hotel.id, query).where(Booking.booking_id == booking_id))).one_or_none()
    if booking is None:
        raise NotFound
    places = _rooms_of(session, hotel.id, [booking.id]).get(booking.id, ())
    names = _staff_names(session, booking, places)
    numbers = _numbers(session, hotel.id, booking)
    guest = booking.guest
    return BookingDetail(
        row=_row(hotel, actor, booking, places),
        reference=booking.reference,
        guest_first_name=guest.first_name,
        guest_last_name=guest.last_name,
        guest_country=guest.country,
        guest_language=guest.language,
        arrival_time=booking.arrival_time,
        departure_time=booking.departure_time,
        gender=booking.gender,
        needs=tuple(booking.needs),
        wishes=tuple(_wish(wish, numbers) for wish in booking.wishes),
        allowed_rooms=None
        if booking.allowed_rooms is None
        else tuple(sorted(numbers[room] for room in booking.allowed_rooms if room in numbers)),
        lock_reason=booking.lock_reason,
        special_requests=booking.special_requests,
        internal_notes=booking.internal_notes,
        promo_code=booking.promo_code,
        payment_provider=booking.payment_provider,
        payment_reference=booking.payment_reference,
        cancel_reason=booking.cancel_reason,
        updated_at=booking.updated_at,
        rooms=tuple(_period(place, names) for place in places),
        history=_history(booking, names),
    )


def _matching(hotel_id: int, query: BookingQuery) -> Select[Booking]:
    """Return the bookings that match, unordered."""
    found = (
        select(Booking)
        .join(Guest, and_(Guest.hotel_id == Booking.hotel_id, Guest.id == Booking.guest_id))
        .join(RoomType, and_(RoomType.hotel_id == Booking.hotel_id, RoomType.id == Booking.room_type_id))
        .outerjoin(Group, and_(Group.hotel_id == Booking.hotel_id, Group.id == Booking.group_id))
        .where(Booking.hotel_id == hotel_id)
    )
    conditions: list[ColumnElement[bool] | None] = [
        Booking.status.in_(query.status) if query.status else None,
        Booking.source.in_(query.source) if query.source else None,
        Booking.check_in >= query.start_date if query.start_date else None,
        Booking.check_out <= query.end_date if query.end_date else None,
        Booking.check_in == query.arrivals_on if query.arrivals_on else None,
        Booking.check_out == query.departures_on if query.departures_on else None,
        _in_house(query.in_house_on) if query.in_house_on else None,
        RoomType.code == query.room_type if query.room_type is not None else None,
        Group.name == query.group if query.group is not None else None,
        _in_room(query.room_number) if query.room_number is not None else None,
        _search(query.search) if query.search.strip() else None,
    ]
    if query.has_room_assigned is not None:
        conditions.append(_in_room(None) if query.has_room_assigned else ~_in_room(None))
    return found.where(*(condition for condition in conditions if condition is not None))


def _loaded(found: Select[Booking]) -> Select[Booking]:
    return found.options(
        contains_eager(Booking.guest), contains_eager(Booking.room_type), contains_eager(Booking.group)
    )


def _in_house(day: date) -> ColumnElement[bool]:
    staying = Booking.status.in_([BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN, BookingStatus.COMPLETED])
    return and_(staying, Booking.check_in <= day, Booking.check_out > day)


def _in_room(number: str | None) -> Exists:
    """Return whether the booking has a live room: this one, or any."""
    occupancy, room = aliased(Occupancy), aliased(Room)
    live = and_(
        occupancy.hotel_id == Booking.hotel_id,
        occupancy.booking_pk == Booking.id,
        occupancy.kind == OccupancyKind.STAY,
        occupancy.released_at.is_(None),
    )
    if number is None:
        return exists().where(live)
    same_room = and_(room.hotel_id == occupancy.hotel_id, room.id == occupancy.room_id, room.number == number)
    return exists().where(live, same_room)


def _search(term: str) -> ColumnElement[bool]:
    wanted = " ".join(term.lower().split())
    return or_(
        GUEST_NAME.contains(wanted, autoescape=True),
        func.lower(Guest.email).contains(wanted, autoescape=True),
        func.lower(Booking.booking_id).contains(wanted, autoescape=True),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    number: str
    occupancy: Occupancy


def _rooms_of(session: Session, hotel_id: int, bookings: Sequence[int]) -> Mapping[int, tuple[_Place, ...]]:
    """Return the live rooms of each booking, in their order."""
    rows = session.execute(
        select(Occupancy, Room.number)
        .join(Room, and_(Room.hotel_id == Occupancy.hotel_id, Room.id == Occupancy.room_id))
        .where(
            Occupancy.hotel_id == hotel_id,
            Occupancy.booking_pk.in_(bookings),
            Occupancy.kind == OccupancyKind.STAY,
            Occupancy.released_at.is_(None),
        )
        .order_by(Occupancy.starts_at)
    )
    found: dict[int, tuple[_Place, ...]] = {}
    for occupancy, number in rows:
        assert occupancy.booking_pk is not None  # a STAY has one: the table's check
        found[occupancy.booking_pk] = (*found.get(occupancy.booking_pk, ()), _Place(number, occupancy))
    return found


def _row(hotel: Hotel, actor: Actor, booking: Booking, places: Sequence[_Place]) -> BookingRow:
    # After a move the last one is where the guest is; before arrival a stay has one room.
    number = places[-1].number if places else None
    return BookingRow(
        id=booking.id,
        booking_id=booking.booking_id,
        confirmation_number=booking.confirmation_number,
        hotel_name=hotel.name,
        room_type=booking.room_type.code,
        room_type_name=booking.room_type.name,
        assigned_room_number=number,
        has_room_assigned=number is not None,
        can_check_in=booking.status == BookingStatus.CONFIRMED and number is not None and _arrives(hotel, booking),
        guest_name=booking.guest.name,
        guest_email=booking.guest.email,
        guest_phone=booking.guest.phone,
        check_in=booking.check_in,
        check_out=booking.check_out,
        nights=booking.nights,
        adults=booking.adults,
        children=booking.children,
        total_amount=decimal_string(booking.total_minor, booking.currency),
        currency=booking.currency,
        status=booking.status,
        source=booking.source,
        group=booking.group.name if booking.group else None,
        priority=booking.priority,
        locked=booking.locked or any(place.occupancy.locked for place in places),
        created_at=booking.created_at,
        paid_at=booking.paid_at,
        version=booking.version,
        actions=tuple(_actions(actor, booking, number)),
    )


def _arrives(hotel: Hotel, booking: Booking) -> bool:
    """Tell whether the guest is expected on the hotel's business date (late on the days after, too)."""
    last = max(booking.check_out, booking.check_in + timedelta(days=1))
    return booking.check_in <= hotel.business_date < last


def _actions(actor: Actor, booking: Booking, number: str | None) -> list[Action]:
    """Return what may be done about the booking's room, so that a screen need not guess."""
    status = booking.status
    not_assignable = "wrong_status" if status != BookingStatus.CONFIRMED else None
    reasons: dict[str, list[str | None]] = {
        "assign_room": [not_assignable, "locked" if booking.locked else None],
        "unassign_room": [not_assignable, "locked" if booking.locked else None, None if number else "no_room"],
        "lock": ["wrong_status" if status in OVER else None, "locked" if booking.locked else None],
        "unlock": [None if booking.locked else "not_locked"],
    }
    denied = None if actor.may(Permission.ASSIGN_ROOMS) else "no_permission"
    return [
        Action(name, not any(found := [reason for reason in (denied, *why) if reason]), tuple(found))
        for name, why in reasons.items()
    ]


def _staff_names(session: Session, booking: Booking, places: Sequence[_Place]) -> Mapping[int, str]:
    columns = [getattr(booking, f"{what}_by") for what in _MILESTONES]
    wanted = {staff for staff in [*columns, *(place.occupancy.overridden_by for place in places)] if staff is not None}
    if not wanted:
        return {}
    return dict(session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted))).all())


def _numbers(session: Session, hotel_id: int, booking: Booking) -> Mapping[int, str]:
    wanted = {wish["room"] for wish in booking.wishes if "room" in wish} | set(booking.allowed_rooms or ())
    if not wanted:
        return {}
    rooms = select(Room.id, Room.number).where(Room.hotel_id == hotel_id, Room.id.in_(wanted))
    return dict(session.execute(rooms).all())


def _wish(wish: Mapping[str, Any], numbers: Mapping[int, str]) -> Mapping[str, Any]:
    return {**wish, "room": numbers.get(wish["room"])} if "room" in wish else wish


def _period(place: _Place, names: Mapping[int, str]) -> RoomPeriod:
    row = place.occupancy
    return RoomPeriod(
        room_number=place.number,
        bed=row.bed,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        origin=row.origin,
        locked=row.locked,
        notes=row.notes,
        overrides=row.overrides,
        overridden_by=names.get(row.overridden_by) if row.overridden_by else None,
        overridden_at=row.overridden_at,
    )


_MILESTONES: Final = (
    "created",
    "confirmed",
    "locked",
    "checked_in",
    "checked_out",
    "cancelled",
    "no_show",
    "reinstated",
)


def _history(booking: Booking, names: Mapping[int, str]) -> tuple[Milestone, ...]:
    found = []
    for what in _MILESTONES:
        at, by = getattr(booking, f"{what}_at"), getattr(booking, f"{what}_by")
        if at is not None:
            found.append(Milestone(what, at, names.get(by) if by else None))
    return tuple(sorted(found, key=lambda milestone: milestone.at))

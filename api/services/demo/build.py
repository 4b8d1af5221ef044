"""Makes the demo hotel in a database: files through the import, the rest of it beside them in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.demo import SEED, SLUG
from api.services.demo.files import bookings_csv, reference, rooms_csv, types_csv
from api.services.demo.house import CONNECTING, SUITES
from api.services.demo.season import BUSINESS_DATE, CLOSURES, DemoStay, Season, draw
from api.services.hotels import create_hotel
from api.services.imports import Files, Imported, import_into
from api.services.imports.bulk import update_rows
from api.services.transaction import change_hotel
from models import (
    Booking,
    Change,
    ClosureKind,
    Group,
    Hotel,
    HotelSession,
    LinkKind,
    Occupancy,
    OccupancyKind,
    Origin,
    Room,
    RoomLink,
    bump_version,
    emit_many,
    record_many,
)

POLICY: Final[dict[str, Any]] = {"time_limit_s": 10, "weights": {"apart": 4}}
TIMEZONE: Final = "Europe/Lisbon"
ACTOR: Final = Actor.system("demo")


def build_demo(
    engine: Engine, slug: str = SLUG, *, seed: int = SEED, clock: Clock = SYSTEM_CLOCK
) -> tuple[int, Imported]:
    """Make the demo hotel and return its id, with what was imported.

    Parameters
    ----------
    seed
        The same seed makes the same hotel, down to the names of its bookings.

    Raises
    ------
    Conflict
        If the hotel exists.
    """
    season = draw(seed)
    hotel_id = create_hotel(
        engine,
        slug,
        name="Harbour House",
        timezone=TIMEZONE,
        business_date=BUSINESS_DATE,
        policy=POLICY,
        actor=ACTOR,
        clock=clock,
    )
    imported = change_hotel(engine, hotel_id, lambda session, hotel: _fill(session, hotel, season, seed, clock))
    return hotel_id, imported


def _fill(session: HotelSession, hotel: Hotel, season: Season, seed: int, clock: Clock) -> Imported:
    now = clock.now()
    house = import_into(session, hotel, Files(rooms=rooms_csv(), types=types_csv()), actor=ACTOR, clock=clock)
    numbers = dict(session.execute(select(Room.number, Room.id).where(Room.hotel_id == hotel.id)).all())
    changes = _link(session, hotel, numbers)
    changes += _close(session, hotel, numbers, now)
    # After the links: taking a suite takes its parts.
    files = Files(bookings=bookings_csv(season.stays))
    booked = import_into(session, hotel, files, actor=ACTOR, clock=clock, random=Random(seed))
    changes += _enrich(session, hotel, season.stays, numbers, now)
    session.execute(
        update(Group).where(Group.hotel_id == hotel.id, Group.name.in_(season.families)).values(wants_connecting=True)
    )
    record_many(session, hotel.id, changes, at=now)
    bump_version(session, hotel.id)
    return Imported(house.types, house.rooms, booked.bookings, booked.in_rooms, booked.misfits)


def _link(session: Session, hotel: Hotel, numbers: dict[str, int]) -> list[Change]:
    pairs = [(LinkKind.CONNECTING, pair) for pair in CONNECTING]
    pairs += [(LinkKind.COMPONENT, (suite, part)) for suite, parts in SUITES.items() for part in parts]
    changes = []
    for kind, (room, other) in pairs:
        ids = (numbers[room], numbers[other])
        first, second = sorted(ids) if kind == LinkKind.CONNECTING else ids
        session.add(RoomLink(hotel_id=hotel.id, kind=kind, room_id=first, other_room_id=second))
        after = {"kind": kind, "rooms": [room, other]}
        changes.append(Change(str(ACTOR), "room_link.created", f"room:{room}", None, after))
    session.flush()
    return changes


def _close(session: Session, hotel: Hotel, numbers: dict[str, int], now: datetime) -> list[Change]:
    """Close rooms from noon of the first day to two o'clock of the day after the last night."""
    changes, events = [], []
    for number, kind, start, nights, reason in CLOSURES:
        first = BUSINESS_DATE + timedelta(days=start)
        row = Occupancy(
            hotel_id=hotel.id,
            room_id=numbers[number],
            starts_at=datetime.combine(first, time(12)),
            ends_at=datetime.combine(first + timedelta(days=nights), time(14)),
            kind=OccupancyKind.CLOSURE,
            closure_kind=ClosureKind(kind),
            origin=Origin.STAFF,
            reason=reason,
            created_at=now,
        )
        session.add(row)
        session.flush()
        after = {"room": number, "kind": kind, "from": row.starts_at.isoformat(), "to": row.ends_at.isoformat()}
        changes.append(Change(str(ACTOR), "closure.created", f"closure:C{row.id}", None, after))
        events.append(("closure.created", {"closure_id": f"C{row.id}", "room": number}, f"closure.created:C{row.id}"))
    emit_many(session, hotel.id, events)
    return changes


def _enrich(
    session: Session, hotel: Hotel, stays: Sequence[DemoStay], numbers: dict[str, int], now: datetime
) -> list[Change]:
    """Add what the files have no columns for: wishes, needs, rank, gender and locks."""
    query = select(Booking.reference, Booking.id, Booking.booking_id).where(Booking.hotel_id == hotel.id)
    rows = {row.reference: row for row in session.execute(query)}
    updates, changes = [], []
    for place, stay in enumerate(stays):
        row = rows[reference(place)]
        wishes = [{**wish, "room": numbers[wish["room"]]} if "room" in wish else wish for wish in stay.wishes]
        told: dict[str, Any] = {
            "wishes": wishes,
            "needs": list(stay.needs),
            "priority": stay.priority,
            "gender": stay.gender,
            "locked": bool(stay.lock_reason),
        }
        if not any(told.values()):
            continue
        lock = {"lock_reason": stay.lock_reason, "locked_at": now if stay.lock_reason else None}
        updates.append({"hotel_id": hotel.id, "id": row.id, **told, **lock})
        after = {name: value for name, value in told.items() if value}
        changes.append(Change(str(ACTOR), "booking.changed", f"booking:{row.booking_id}", None, after))
    update_rows(session, Booking, updates)
    return changes

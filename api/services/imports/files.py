"""The import of a hotel's files: everything or nothing, every fault at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from sqlalchemy import Engine

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.imports.bookings import read_bookings
from api.services.imports.faults import Faults
from api.services.imports.known import read_known
from api.services.imports.rooms import read_rooms, write_rooms
from api.services.imports.write import write_bookings
from api.services.transaction import change_hotel
from models import Hotel, HotelSession, bump_version, record_many


@dataclass(frozen=True, slots=True)
class Files:
    """Bytes of the files to import; None is no such file.

    Attributes
    ----------
    ladder
        Codes of the types from the lowest to the highest, in place of a types file.
    """

    rooms: bytes | None = None
    bookings: bytes | None = None
    types: bytes | None = None
    ladder: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """How many were written.

    Attributes
    ----------
    in_rooms
        Bookings whose room the file gave.
    misfits
        Those of them whose room is too small or of a lower type: kept, as an override with this reason.
    """

    types: int = 0
    rooms: int = 0
    bookings: int = 0
    in_rooms: int = 0
    misfits: Sequence[str] = ()


def import_files(
    engine: Engine,
    hotel_id: int,
    files: Files,
    *,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
    random: Random | None = None,
) -> Imported:
    """Import types, rooms and bookings into a hotel, in one transaction under its lock.

    Each booking gets an audit row and an event. A room that is given becomes an occupancy of origin IMPORT.

    Raises
    ------
    ImportRefused
        With every fault of every file; then nothing was written.
    """
    return change_hotel(
        engine,
        hotel_id,
        lambda session, hotel: import_into(session, hotel, files, actor=actor, clock=clock, random=random),
    )


def import_into(
    session: HotelSession,
    hotel: Hotel,
    files: Files,
    *,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
    random: Random | None = None,
) -> Imported:
    """Do the work of `import_files` in a transaction that holds the hotel lock."""
    faults, known, now = Faults(), read_known(session, hotel.id), clock.now()
    rooms = read_rooms(hotel, files.rooms, files.types, files.ladder, known, faults)
    bookings = read_bookings(hotel, files.bookings, known, faults) if files.bookings is not None else []
    faults.check()
    changes = write_rooms(session, hotel, rooms, known, actor)
    changes += write_bookings(session, hotel, bookings, known, actor, now, random)
    record_many(session, hotel.id, changes, at=now)
    bump_version(session, hotel.id)
    placed = [booking for booking in bookings if booking.placed is not None]
    return Imported(
        types=len(rooms.types),
        rooms=len(rooms.rooms),
        bookings=len(bookings),
        in_rooms=len(placed),
        misfits=tuple(f"{b.reference}: {b.placed.misfit}" for b in placed if b.placed and b.placed.misfit),
    )

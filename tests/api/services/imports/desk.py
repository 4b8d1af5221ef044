"""A hotel and the short way of importing into it, for the tests of the imports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.hotels import create_hotel
from api.services.imports import Files, Imported, ImportRefused, import_files
from models import AuditEntry, Booking, Group, Guest, Occupancy, OutboxEvent, Room, RoomType, hotel_session

BUSINESS_DATE = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ACTOR = Actor.system("test")

ROOMS = """number,type,building,floor,position,sleeps,beds,features,gender
101,STD,,1,1,2,1,quiet;sea view,any
102,STD,,1,2,2,1,,any
201,DLX,,2,1,3,1,sea view,any
001,DRM,,0,1,,2,,any
"""
HEAD = (
    "reference,check_in,check_out,type,adults,children,first_name,last_name,email,phone,status,room,group,source,total,"
    "created_at\n"
)
WRITTEN = (RoomType, Room, Guest, Group, Booking, Occupancy, OutboxEvent, AuditEntry)


@dataclass
class Desk:
    """A hotel to import into."""

    engine: Engine
    id: int

    def take(self, rooms: str | bytes | None = None, bookings: str | bytes | None = None, **others: Any) -> Imported:
        """Import files given as text (or bytes)."""
        files = Files(_bytes(rooms), _bytes(bookings), _bytes(others.pop("types", None)), **others)
        return import_files(self.engine, self.id, files, actor=ACTOR, clock=SetClock(NOW))

    def refused(
        self, rooms: str | bytes | None = None, bookings: str | bytes | None = None, **others: Any
    ) -> list[str]:
        """Import files that have faults; return these, after seeing that nothing at all was written."""
        before = self.counts()
        with pytest.raises(ImportRefused) as caught:
            self.take(rooms, bookings, **others)
        assert self.counts() == before
        return [str(fault) for fault in caught.value.faults]

    def counts(self) -> dict[str, int]:
        """Return how many rows the hotel has of everything that an import writes."""
        with hotel_session(self.engine, self.id) as session:
            return {m.__tablename__: session.scalar(select(func.count()).select_from(m)) or 0 for m in WRITTEN}

    def all(self, *columns: Any) -> list[Any]:
        """Return columns of a table's rows, in the order of their ids."""
        with hotel_session(self.engine, self.id) as session:
            return [tuple(row) for row in session.execute(select(*columns).order_by(columns[0].class_.id))]


def make_desk(engine: Engine, slug: str = "grand", **columns: Any) -> Desk:
    """Make a hotel without rooms."""
    columns = {"timezone": "Europe/Lisbon", "business_date": BUSINESS_DATE} | columns
    return Desk(engine, create_hotel(engine, slug, actor=ACTOR, clock=SetClock(NOW), **columns))


def booking(reference: str = "R1", check_in: str = "2026-03-12", check_out: str = "2026-03-14", **cells: str) -> str:
    """Return a line of a bookings file, with cells that differ from an ordinary one."""
    ordinary = {"reference": reference, "check_in": check_in, "check_out": check_out, "type": "STD", "adults": "1"}
    row = dict.fromkeys(HEAD.strip().split(","), "") | ordinary | cells
    return ",".join(row.values()) + "\n"


def _bytes(text: str | bytes | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text

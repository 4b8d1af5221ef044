"""Rooms from CSV, and the types they are sold as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.imports.bulk import insert_rows
from api.services.imports.cells import code, integer, money, text, word, words
from api.services.imports.faults import Faults
from api.services.imports.known import Known, KnownRoom, KnownType
from api.services.imports.table import Column, read_table, repeated
from models import Change, Gender, Hotel, Room, RoomType

DEFAULT_SLEEPS: Final = 2


@dataclass(frozen=True, slots=True)
class NewRooms:
    """Rows to write, checked: mappings as the tables' columns, rooms with ``type`` in place of ``room_type_id``."""

    types: tuple[dict[str, Any], ...] = ()
    rooms: tuple[dict[str, Any], ...] = ()


def room_columns() -> tuple[Column, ...]:
    """Return the columns of a rooms file."""
    return (
        Column("number", code, required=True),
        Column("type", code, required=True),
        Column("building", text(60), default=""),
        Column("floor", integer(-50, 500), default=0),
        Column("position", integer(-100_000, 100_000)),
        Column("sleeps", integer(1, 99)),
        Column("beds", integer(1, 99), default=1),
        Column("features", words),
        Column("gender", word(Gender), default=Gender.ANY),
    )


def type_columns(currency: str) -> tuple[Column, ...]:
    """Return the columns of a types file; ``rate`` is a night's."""
    return (
        Column("code", code, required=True),
        Column("name", text(60)),
        Column("rank", integer(-1000, 1000)),
        Column("sleeps", integer(1, 99)),
        Column("rate", money(currency), default=0),
    )


def read_rooms(
    hotel: Hotel, rooms: bytes | None, types: bytes | None, ladder: Sequence[str], known: Known, faults: Faults
) -> NewRooms:
    """Check the files and return what to write; ``known`` learns of the new types and rooms, faulty or not.

    Types come from the types file, else from the rooms: then the ladder is ``ladder`` (lowest first), else their order
    of first appearance, above what the hotel has already. A room that does not say for how many it sleeps takes its
    type's number, a dorm its beds; a type's number, where not given, is the largest of its rooms. A room without a
    position stands where the file has it on its floor.
    """
    frame = read_table("rooms", rooms, room_columns(), faults) if rooms is not None else None
    new_types = _types(hotel, frame, types, ladder, known, faults)
    if frame is None:
        for kind in new_types.values():
            kind["sleeps"] = kind["sleeps"] or DEFAULT_SLEEPS
        return NewRooms(tuple(new_types.values()))
    repeated(frame, "rooms", "number", faults)
    records = []
    places: dict[tuple[str, int], int] = {}
    for line, row in zip(frame.index, frame.to_dict("records"), strict=True):
        if row["number"] in known.rooms and known.rooms[row["number"]].id:
            faults.add("rooms", line, "number", f"the hotel already has a room {row['number']}")
        if row["type"] is not None and row["type"] not in known.types:
            faults.add("rooms", line, "type", f"there is no type {row['type']}")
        record: dict[str, Any] = _room(row, new_types, known, places)
        records.append(record)
        if row["number"] is not None:
            known.rooms.setdefault(
                row["number"], KnownRoom(0, row["number"], row["type"] or "", record["sleeps"], record["beds"])
            )
    for kind in new_types.values():
        if kind["sleeps"] is None:
            kind["sleeps"] = max((r["sleeps"] for r in records if r["type"] == kind["code"]), default=DEFAULT_SLEEPS)
    return NewRooms(tuple(new_types.values()), tuple(records))


def write_rooms(session: Session, hotel: Hotel, new: NewRooms, known: Known, actor: Actor) -> list[Change]:
    """Insert types and rooms, tell ``known`` their ids, and return what to record."""
    type_rows = [{"hotel_id": hotel.id, **kind} for kind in new.types]
    for kind, id_ in zip(new.types, insert_rows(session, RoomType, type_rows), strict=True):
        known.types[kind["code"]] = KnownType(id_, kind["code"], kind["rank"], kind["sleeps"])
    room_rows = [
        {name: value for name, value in room.items() if name != "type"}
        | {"hotel_id": hotel.id, "room_type_id": known.types[room["type"]].id}
        for room in new.rooms
    ]
    for room, id_ in zip(new.rooms, insert_rows(session, Room, room_rows), strict=True):
        known.rooms[room["number"]] = KnownRoom(id_, room["number"], room["type"], room["sleeps"], room["beds"])
    changes = [Change(str(actor), "room_type.imported", f"room_type:{kind['code']}", None, kind) for kind in new.types]
    return changes + [Change(str(actor), "room.imported", f"room:{room['number']}", None, room) for room in new.rooms]


def _types(
    hotel: Hotel, rooms: pd.DataFrame | None, data: bytes | None, ladder: Sequence[str], known: Known, faults: Faults
) -> dict[str, dict[str, Any]]:
    """Return the rows of the new types by code, lowest first; their ``sleeps`` may still be None."""
    above = max((kind.rank for kind in known.types.values()), default=-1) + 1
    found: dict[str, dict[str, Any]] = {}
    if data is not None:
        frame = read_table("types", data, type_columns(hotel.currency), faults)
        repeated(frame, "types", "code", faults)
        for line, row in zip(frame.index, frame.to_dict("records"), strict=True):
            if row["code"] in known.types:
                faults.add("types", line, "code", f"the hotel already has a type {row['code']}")
            if row["code"] is not None:
                rank = above + len(found) if row["rank"] is None else row["rank"]
                found.setdefault(row["code"], _type(row["code"], row["name"], rank, row["sleeps"], row["rate"]))
    elif ladder:
        for place, kind in enumerate(ladder):
            if kind in known.types:
                faults.add("ladder", 0, "", f"the hotel already has a type {kind}, with a place on its ladder")
            if ladder.index(kind) < place:
                faults.add("ladder", 0, "", f"{kind} is on it twice")
            found.setdefault(kind, _type(kind, None, above + place, None, 0))
    elif rooms is not None:
        for kind in dict.fromkeys(rooms["type"].dropna()):
            if kind not in known.types:
                found[kind] = _type(kind, None, above + len(found), None, 0)
    for new in found.values():
        kind = new["code"]
        known.types.setdefault(kind, KnownType(0, kind, new["rank"], new["sleeps"] or DEFAULT_SLEEPS))
    return found


def _type(kind: str, name: str | None, rank: int, sleeps: int | None, rate: int) -> dict[str, Any]:
    return {"code": kind, "name": name or kind, "rank": rank, "sleeps": sleeps, "rate_minor": rate}


def _room(
    row: dict[Any, Any], types: dict[str, dict[str, Any]], known: Known, places: dict[tuple[str, int], int]
) -> dict[str, Any]:
    floor = (row["building"] or "", row["floor"] or 0)
    places[floor] = places.get(floor, 0) + 1
    beds = row["beds"] or 1
    kind = row["type"]
    of_type = types[kind]["sleeps"] if kind in types else known.types[kind].sleeps if kind in known.types else None
    return {
        "number": row["number"],
        "type": kind,
        "building": floor[0],
        "floor": floor[1],
        "position": places[floor] if row["position"] is None else row["position"],
        "sleeps": row["sleeps"] or (beds if beds > 1 else of_type or DEFAULT_SLEEPS),
        "beds": beds,
        "features": row["features"] or [],
        "gender": row["gender"] or Gender.ANY,
    }

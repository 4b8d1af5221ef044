"""The few statements that write occupancies, each for any number of rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from models import Origin


@dataclass(frozen=True, slots=True)
class Row:
    """A live occupancy as it was read under the hotel lock; ``former`` in what a run wrote."""

    id: int
    version: int
    room_id: int
    bed: int
    starts_at: datetime
    ends_at: datetime
    kind: str
    booking_pk: int | None
    parent_id: int | None
    origin: str
    run_id: int | None
    locked: bool

    def place(self) -> dict[str, Any]:
        """Return where and how it stands, as plain JSON."""
        return {
            "room_id": self.room_id,
            "bed": self.bed,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "origin": self.origin,
            "run_id": self.run_id,
            "locked": self.locked,
        }


_COLUMNS = "id, version, room_id, bed, starts_at, ends_at, kind, booking_pk, parent_id, origin, run_id, locked"


def live_rows(session: Session, hotel_id: int, where: str, **values: Any) -> list[Row]:
    """Return the live occupancies of a hotel that meet a condition, by start."""
    session.flush()
    found = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM occupancy WHERE hotel_id = :hotel AND released_at IS NULL AND ({where})"
            " ORDER BY starts_at, id"
        ),
        {"hotel": hotel_id, **values},
    )
    return [Row(*row) for row in found]


def rows_by_id(session: Session, hotel_id: int, ids: Iterable[int]) -> dict[int, tuple[Row, bool]]:
    """Return occupancies by id, released ones too, each with whether it is live."""
    found = session.execute(
        text(
            f"SELECT {_COLUMNS}, released_at IS NULL FROM occupancy"
            " WHERE hotel_id = :hotel AND id = ANY(CAST(:ids AS bigint[]))"
        ),
        {"hotel": hotel_id, "ids": list(ids)},
    )
    return {row[0]: (Row(*row[:-1]), row[-1]) for row in found}


def defer_constraints(session: Session) -> None:
    """Let rows overlap until `settle`: rooms are swapped one row at a time."""
    session.flush()
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))


def settle(session: Session) -> None:
    """Have the database judge everything written since `defer_constraints`.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        SQLSTATE 23P01 if two live occupancies overlap.
    """
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def move_rows(session: Session, hotel_id: int, moves: Sequence[tuple[Row, int, int]], run_id: int | None) -> int:
    """Give rows another room and bed, as a run does; return how many were still as they had been read."""
    if not moves:
        return 0
    changed = session.execute(
        text("""
            UPDATE occupancy o
            SET room_id = n.room_id, bed = n.bed, origin = :origin, run_id = :run, version = o.version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:rooms AS bigint[]),
                        CAST(:beds AS int[])) AS n(id, version, room_id, bed)
            WHERE o.hotel_id = :hotel AND o.id = n.id AND o.version = n.version AND o.released_at IS NULL
            RETURNING o.id"""),
        {
            "hotel": hotel_id,
            "origin": Origin.RUN.value,
            "run": run_id,
            "ids": [row.id for row, _, _ in moves],
            "versions": [row.version for row, _, _ in moves],
            "rooms": [room for _, room, _ in moves],
            "beds": [bed for _, _, bed in moves],
        },
    ).all()
    return len(changed)


def restore_rows(session: Session, hotel_id: int, rows: Mapping[int, Mapping[str, Any]]) -> int:
    """Put rows back to a former `Row.place`, live; return how many there were."""
    if not rows:
        return 0
    former = list(rows.values())
    changed = session.execute(
        text("""
            UPDATE occupancy o
            SET room_id = n.room_id, bed = n.bed, starts_at = n.starts_at, ends_at = n.ends_at, origin = n.origin,
                run_id = n.run_id, locked = n.locked, released_at = NULL, released_by = NULL, release_reason = '',
                version = o.version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:rooms AS bigint[]), CAST(:beds AS int[]),
                        CAST(:starts AS timestamp[]), CAST(:ends AS timestamp[]), CAST(:origins AS text[]),
                        CAST(:runs AS bigint[]), CAST(:locks AS boolean[]))
                AS n(id, room_id, bed, starts_at, ends_at, origin, run_id, locked)
            WHERE o.hotel_id = :hotel AND o.id = n.id
            RETURNING o.id"""),
        {
            "hotel": hotel_id,
            "ids": list(rows),
            "rooms": [place["room_id"] for place in former],
            "beds": [place["bed"] for place in former],
            "starts": [place["starts_at"] for place in former],
            "ends": [place["ends_at"] for place in former],
            "origins": [place["origin"] for place in former],
            "runs": [place["run_id"] for place in former],
            "locks": [place["locked"] for place in former],
        },
    ).all()
    return len(changed)


def release_rows(
    session: Session, hotel_id: int, rows: Sequence[Row], now: datetime, *, reason: str, staff_id: int | None = None
) -> int:
    """Release live rows; return how many were still as they had been read."""
    if not rows:
        return 0
    changed = session.execute(
        text("""
            UPDATE occupancy o
            SET released_at = :now, released_by = :staff, release_reason = :reason, version = o.version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS n(id, version)
            WHERE o.hotel_id = :hotel AND o.id = n.id AND o.version = n.version AND o.released_at IS NULL
            RETURNING o.id"""),
        {
            "hotel": hotel_id,
            "now": now,
            "staff": staff_id,
            "reason": reason,
            "ids": [row.id for row in rows],
            "versions": [row.version for row in rows],
        },
    ).all()
    return len(changed)


def touch_bookings(session: Session, hotel_id: int, bookings: Iterable[int], now: datetime) -> None:
    """Raise the version of bookings whose room changes: their room is part of what a reader of them saw."""
    session.execute(
        text(
            "UPDATE booking SET version = version + 1, updated_at = :now"
            " WHERE hotel_id = :hotel AND id = ANY(CAST(:ids AS bigint[]))"
        ),
        {"hotel": hotel_id, "ids": list(bookings), "now": now},
    )


@dataclass(frozen=True, slots=True)
class NewRow:
    """An occupancy to be written: a STAY of a booking, or a HOLD in a part of a suite (``parent_id``)."""

    room_id: int
    bed: int
    starts_at: datetime
    ends_at: datetime
    booking_pk: int | None
    parent_id: int | None = None


def insert_rows(
    session: Session,
    hotel_id: int,
    rows: Sequence[NewRow],
    now: datetime,
    *,
    origin: Origin,
    run_id: int | None = None,
    staff_id: int | None = None,
) -> list[int]:
    """Write new rows and return their ids in the same order."""
    if not rows:
        return []
    made = session.execute(
        text("""
            INSERT INTO occupancy (hotel_id, room_id, bed, starts_at, ends_at, kind, booking_pk, parent_id,
                                   origin, run_id, created_by, created_at)
            SELECT :hotel, room_id, bed, starts_at, ends_at, CASE WHEN parent_id IS NULL THEN 'STAY' ELSE 'HOLD' END,
                   booking_pk, parent_id, :origin, :run, :staff, :now
            FROM unnest(CAST(:rooms AS bigint[]), CAST(:beds AS int[]), CAST(:starts AS timestamp[]),
                        CAST(:ends AS timestamp[]), CAST(:bookings AS bigint[]), CAST(:parents AS bigint[]))
                AS n(room_id, bed, starts_at, ends_at, booking_pk, parent_id)
            RETURNING id, room_id, bed, starts_at, booking_pk"""),
        {
            "hotel": hotel_id,
            "rooms": [row.room_id for row in rows],
            "beds": [row.bed for row in rows],
            "starts": [row.starts_at for row in rows],
            "ends": [row.ends_at for row in rows],
            "bookings": [row.booking_pk for row in rows],
            "parents": [row.parent_id for row in rows],
            "origin": origin.value,
            "run": run_id,
            "staff": staff_id,
            "now": now,
        },
    )
    ids = {(row.room_id, row.bed, row.starts_at, row.booking_pk): row.id for row in made}
    return [ids[row.room_id, row.bed, row.starts_at, row.booking_pk] for row in rows]

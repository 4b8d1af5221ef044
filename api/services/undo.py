"""Taking a whole applied run back: every room, bed, period, origin and lock as it was before, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from allocator.check import check
from allocator.plan import in_force
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import RoomTaken, UndoRefused, WrongState
from api.services.runs import RunKey, get_run, transition
from api.services.snapshot import take_snapshot
from api.services.transaction import change_hotel
from api.services.writing import Row, defer_constraints, release_rows, restore_rows, rows_by_id, settle, touch_bookings
from models import AllocationRun, Booking, Hotel, HotelSession, Room, RunState, bump_version, emit_many
from models.auditing import Change as Audit
from models.auditing import record_many

Told = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking a run back did: stays put back into their rooms, stays that have no room again."""

    run: AllocationRun
    restored: int
    unplaced: int


def undo_run(
    engine: Engine,
    hotel_id: int,
    run: RunKey,
    actor: Actor,
    *,
    reason: str = "",
    clock: Clock = SYSTEM_CLOCK,
) -> Undone:
    """Put back everything that an applied run wrote.

    Later runs on the same stays are undone first, in turn: then everything stands again as this one left it.

    Raises
    ------
    UndoRefused
        If an occupancy that the run wrote has changed since, its guest has come or gone, or a former place is taken;
        with the names. Nothing was undone.
    WrongState
        If the run is not APPLIED.
    NotFound, Busy
    """
    with refused_if_taken():
        return change_hotel(engine, hotel_id, lambda s, h: undo_locked(s, h, run, actor, reason=reason, clock=clock))


@contextmanager
def refused_if_taken() -> Iterator[None]:
    """Refuse to undo where the database refused a former room.

    Raises
    ------
    UndoRefused
    """
    try:
        yield
    except RoomTaken as error:
        raise UndoRefused([{"message": "a former room has been taken since"}]) from error


def undo_locked(
    session: HotelSession,
    hotel: Hotel,
    key: RunKey,
    actor: Actor,
    *,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Undone:
    """Do what `undo_run` does in the caller's transaction, under the hotel lock and inside `refused_if_taken`.

    Parameters
    ----------
    if_version
        The run's version that the caller decided on.

    Raises
    ------
    UndoRefused, WrongState, StaleVersion, NotFound
    """
    run = get_run(session, hotel, key, if_version)
    if run.state != RunState.APPLIED or run.written is None:
        raise WrongState(f"The run is {run.state}.", state=run.state.value)
    written: dict[int, dict[str, Any]] = {entry["id"]: entry for entry in run.written["rows"]}
    current = rows_by_id(session, hotel.id, written)
    names = _Names(session, hotel.id, (row for row, _ in current.values()))
    dependents = _changed(written, current, names) or _taken(session, hotel.id, written, names)
    if dependents:
        raise UndoRefused(dependents)

    former = {row_id: entry["former"] for row_id, entry in written.items() if "former" in entry}
    taken_back = [current[row_id][0] for row_id, entry in written.items() if "former" not in entry]
    defer_constraints(session)
    release_rows(
        session, hotel.id, taken_back, clock.now(), reason=f"undo of run {run.public_id}", staff_id=actor.staff_id
    )
    restore_rows(session, hotel.id, former)
    settle(session)
    steps = list(_steps(written, current, names))
    told = {s.subject for s in steps}  # who only gets a former bed of the same dorm back has not changed
    touched = [pk for pk, name in names.booking.items() if f"booking:{name}" in told]
    touch_bookings(session, hotel.id, touched, clock.now())
    changed_since = hotel.allocation_version != run.written["version"]
    if written:
        bump_version(session, hotel.id)
    if changed_since and (broken := _broken(session, hotel, names)):
        raise UndoRefused(broken)

    record_many(
        session,
        hotel.id,
        [Audit(str(actor), s.action, s.subject, s.before, s.after, run.id, reason or None) for s in steps],
        at=clock.now(),
    )
    public = str(run.public_id)
    emit_many(
        session,
        hotel.id,
        [
            *((s.event, s.payload | {"run_id": public}, f"run.undone:{public}:{s.subject}") for s in steps if s.event),
            ("run.undone", {"run_id": public}, f"run.undone:{public}"),
        ],
    )
    run = transition(
        session, run, RunState.UNDONE, actor=actor, clock=clock, reason=reason or None, undone_by=actor.staff_id
    )
    unplaced = sum(s.event == "room.unassigned" for s in steps)
    return Undone(run, sum(bool(s.event) for s in steps) - unplaced, unplaced)


class _Names:
    """Booking ids and statuses, and room numbers, by row id."""

    def __init__(self, session: Session, hotel_id: int, rows: Iterable[Row]) -> None:
        wanted = {row.booking_pk for row in rows if row.booking_pk is not None}
        found = session.execute(
            select(Booking.id, Booking.booking_id, Booking.status).where(
                Booking.hotel_id == hotel_id, Booking.id.in_(wanted)
            )
        ).all()
        self.booking = {pk: booking_id for pk, booking_id, _ in found}
        self.status = {pk: status.value for pk, _, status in found}
        rooms = session.execute(select(Room.id, Room.number).where(Room.hotel_id == hotel_id))
        self.room = {pk: number for pk, number in rooms}  # noqa: C416

    def of(self, row: Row) -> str:
        """Return the name that a person knows a row by."""
        return self.booking.get(row.booking_pk or 0, f"C{row.id}")


def _changed(written: Mapping[int, Mapping[str, Any]], current: Mapping[int, tuple[Row, bool]], names: _Names) -> Told:
    """Name the rows that are no longer as the run left them, and the guests who have come or gone since."""
    told: Told = []
    for row_id, entry in written.items():
        row, live = current[row_id]
        name, room = names.of(row), names.room[row.room_id]
        subject = {"booking_id": name, "room": room}
        if row.place() != entry["after"] or live != entry["live"]:
            told.append(subject | {"message": f"{name} in {room} has been changed since"})
        elif entry.get("status") is not None and names.status[row.booking_pk or 0] != entry["status"]:
            told.append(subject | {"message": f"{name} is now {names.status[row.booking_pk or 0]}"})
    return told


def _taken(session: Session, hotel_id: int, written: Mapping[int, Mapping[str, Any]], names: _Names) -> Told:
    """Name what now stands in the places that rows would go back to."""
    former = {row_id: entry["former"] for row_id, entry in written.items() if "former" in entry}
    found = session.execute(
        text("""
            SELECT o.id, o.room_id, o.kind, b.booking_id
            FROM unnest(CAST(:rooms AS bigint[]), CAST(:beds AS int[]), CAST(:starts AS timestamp[]),
                        CAST(:ends AS timestamp[])) AS n(room_id, bed, starts_at, ends_at)
            JOIN occupancy o ON o.hotel_id = :hotel AND o.room_id = n.room_id AND o.bed = n.bed
                AND o.released_at IS NULL
                AND tsrange(o.starts_at, o.ends_at) && tsrange(n.starts_at, n.ends_at)
            LEFT JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
            WHERE o.id <> ALL(CAST(:ours AS bigint[]))
            ORDER BY o.starts_at, o.id"""),
        {
            "hotel": hotel_id,
            "ours": list(written),
            "rooms": [place["room_id"] for place in former.values()],
            "beds": [place["bed"] for place in former.values()],
            "starts": [place["starts_at"] for place in former.values()],
            "ends": [place["ends_at"] for place in former.values()],
        },
    )
    told: Told = []
    for row in found:
        room, who = names.room[row.room_id], row.booking_id or f"closure C{row.id}"
        told.append({"booking_id": row.booking_id, "room": room, "message": f"{room} is now taken by {who}"})
    return told


def _broken(session: HotelSession, hotel: Hotel, names: _Names) -> Told:
    """Name the rules that the restored stays would break among those who came since (a dorm of the other gender)."""
    session.flush()
    problem = take_snapshot(session, hotel).problem
    restored = set(names.booking.values())
    return [
        {"booking_id": v.stays[0], "room": v.room, "message": v.message}
        for v in check(problem, in_force(problem))
        if v.rule in ("no_overlap", "closed", "gender") and restored & set(v.stays)
    ]


@dataclass(frozen=True, slots=True)
class _Step:
    """One row put back: what the audit and, if it has an ``event``, the outbox say of it."""

    action: str
    subject: str
    event: str
    payload: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def _steps(
    written: Mapping[int, Mapping[str, Any]], current: Mapping[int, tuple[Row, bool]], names: _Names
) -> Iterable[_Step]:
    for row_id, entry in written.items():
        row = current[row_id][0]
        if row.kind != "STAY":
            continue  # the parts of a suite follow their stay
        name, here = names.of(row), {"room": names.room[row.room_id], "bed": row.bed}
        subject = f"booking:{name}"
        if "former" not in entry:
            payload = {"booking_id": name, "room": here["room"]}
            yield _Step("room.unassigned", subject, "room.unassigned", payload, here, None)
            continue
        there = {"room": names.room[entry["former"]["room_id"]], "bed": entry["former"]["bed"]}
        if entry["what"] == "released":
            yield _Step(
                "room.assigned", subject, "room.assigned", {"booking_id": name, "room": there["room"]}, None, there
            )
        elif here["room"] != there["room"]:
            payload = {"booking_id": name, "from": here["room"], "to": there["room"], "reason": "undo"}
            yield _Step("room.moved", subject, "room.moved", payload, here, there)
        else:
            yield _Step("bed.changed", f"occupancy:{row_id}", "", {}, here, there)

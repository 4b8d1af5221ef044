"""Making a proposal the fact: all of it or nothing, under the hotel lock. Taking it back is in `api.services.undo`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from allocator.diff import Change
from api.services.actor import Actor
from api.services.beds import Sleeper, colour
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import RoomTaken, StaleRun, WrongState
from api.services.house import House, read_house
from api.services.pause import pause_point
from api.services.periods import Axis
from api.services.runs import HOUSE_KEYS, RunKey, get_run, problem_of, transition
from api.services.snapshot import take_snapshot
from api.services.stale import compare
from api.services.transaction import change_hotel
from api.services.undo import Undone, undo_run
from api.services.writing import (
    NewRow,
    Row,
    defer_constraints,
    insert_rows,
    live_rows,
    move_rows,
    release_rows,
    rows_by_id,
    settle,
    touch_bookings,
)
from models import (
    AllocationRun,
    Booking,
    BookingStatus,
    Hotel,
    HotelSession,
    Origin,
    RunState,
    bump_version,
    emit_many,
)
from models.auditing import Change as Audit
from models.auditing import record_many

__all__ = ["Applied", "Undone", "apply_run", "changes_of", "undo_run"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a run did.

    Attributes
    ----------
    not_considered
        What has changed since the run was solved and did not hinder it, each with ``what`` and ``message``.
    """

    run: AllocationRun
    placed: int
    moved: int
    released: int
    not_considered: tuple[dict[str, Any], ...] = ()


def apply_run(engine: Engine, hotel_id: int, run: RunKey, actor: Actor, *, clock: Clock = SYSTEM_CLOCK) -> Applied:
    """Write a proposal's changes, in one transaction under the hotel lock.

    If the hotel's allocation version is still the one that the run was solved for, they are written at once. If not,
    they are held against the rows of this moment (`api.services.stale`).

    Raises
    ------
    StaleRun
        With what changed; nothing was written.
    WrongState
        If the run is not PROPOSED.
    NotFound, Busy
    """
    with stale_if_taken():
        return change_hotel(engine, hotel_id, lambda s, h: apply_locked(s, h, run, actor, clock=clock))


@contextmanager
def stale_if_taken() -> Iterator[None]:
    """Call a plan stale whose room the database refused: a row no snapshot reads, or one written without the lock.

    Raises
    ------
    StaleRun
    """
    try:
        yield
    except RoomTaken as error:
        raise StaleRun([{"what": "no_overlap", "message": "a room of the plan has been taken since"}]) from error


def apply_locked(
    session: HotelSession,
    hotel: Hotel,
    key: RunKey,
    actor: Actor,
    *,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Applied:
    """Do what `apply_run` does in the caller's transaction, under the hotel lock and inside `stale_if_taken`.

    Parameters
    ----------
    if_version
        The run's version that the caller decided on.

    Raises
    ------
    StaleRun, WrongState, StaleVersion, NotFound
    """
    run = get_run(session, hotel, key, if_version)
    if run.state != RunState.PROPOSED:
        raise WrongState(f"The run is {run.state}.", state=run.state.value)
    changes = changes_of(run)
    others = () if run.base_version == hotel.allocation_version else tuple(_still_current(session, hotel, run, changes))
    writer = _Writer(session, hotel, run, changes, clock.now())
    pause_point("apply-begun")
    writer.write()
    pause_point("apply-written")
    version = hotel.allocation_version
    if changes:
        version = bump_version(session, hotel.id)
    record_many(session, hotel.id, writer.audit(actor), at=writer.now)
    counts = {"placed": len(writer.placed), "moved": len(writer.moved), "released": len(writer.released)}
    emit_many(
        session,
        hotel.id,
        [
            *writer.events(),
            ("run.applied", {"run_id": str(run.public_id), **counts}, f"run.applied:{run.public_id}"),
        ],
    )
    run = transition(
        session,
        run,
        RunState.APPLIED,
        actor=actor,
        clock=clock,
        applied_by=actor.staff_id,
        written={"version": version, "rows": writer.written},
    )
    pause_point("apply-recorded")
    return Applied(run, **counts, not_considered=others)


def changes_of(run: AllocationRun) -> list[Change]:
    """Return the changes of a run's diff."""
    diff = run.diff or {}
    return [
        Change(change["stay"], change["before"], change["after"])
        for kind in ("placed", "moved", "released")
        for change in diff.get(kind, ())
    ]


def _still_current(
    session: HotelSession, hotel: Hotel, run: AllocationRun, changes: Sequence[Change]
) -> list[dict[str, Any]]:
    """Return what else is new, or refuse."""
    house: dict[str, Any] = {key: run.params[key] for key in HOUSE_KEYS if key in run.params}
    frozen = run.params.get("frozen", ())
    now = take_snapshot(session, hotel, changes=house, from_date=run.business_date, frozen=frozen)
    stale, others = compare(problem_of(run), now.problem, changes)
    if stale:
        raise StaleRun(stale)
    return others


class _Writer:
    """Turns changes of rooms by number into rows, and remembers enough of each to take it back."""

    def __init__(
        self, session: Session, hotel: Hotel, run: AllocationRun, changes: Sequence[Change], now: datetime
    ) -> None:
        self.session, self.hotel, self.run, self.now = session, hotel, run, now
        self.house: House = read_house(session, hotel, origin=run.business_date)
        self.changes = {change.stay: change for change in changes}
        self.bookings = {
            booking.booking_id: booking
            for booking in session.execute(
                select(Booking.id, Booking.booking_id, Booking.status).where(
                    Booking.hotel_id == hotel.id, Booking.booking_id.in_(self.changes)
                )
            )
        }
        self.reasons = {
            change["stay"]: change["reason"]
            for kind in ("placed", "moved", "released")
            for change in (run.diff or {}).get(kind, ())
        }
        self.rows = self._rows()
        self.placed = [c for c in changes if c.before is None]
        self.released = [c for c in changes if c.after is None]
        self.moved = [c for c in changes if c.before is not None and c.after is not None]
        self.beds: dict[str, int] = {}
        self.rebedded: list[tuple[Row, int]] = []
        self.written: list[dict[str, Any]] = []

    def write(self) -> None:
        """Write all changes: one statement for each kind of them."""
        if not self.changes:
            return
        self._give_beds()
        defer_constraints(self.session)
        gone = [self.rows[change.stay] for change in self.released]
        moves = [(self.rows[c.stay], self._facts(c.after).id, self.beds.get(c.stay, 1)) for c in self.moved]
        moves += [(row, row.room_id, bed) for row, bed in self.rebedded]
        leaving = [row.id for row, room, _ in moves if room != row.room_id] + [row.id for row in gone]
        holds = live_rows(
            self.session,
            self.hotel.id,
            "kind = 'HOLD' AND parent_id = ANY(CAST(:parents AS bigint[]))",
            parents=leaving,
        )
        self._expect(len(gone) + len(holds), release_rows(
            self.session, self.hotel.id, [*gone, *holds], self.now, reason=f"run {self.run.public_id}"
        ))  # fmt: skip
        self._expect(len(moves), move_rows(self.session, self.hotel.id, moves, self.run.id))
        pause_point("apply-moved")
        new = [self._new_row(change) for change in self.placed]
        ids = insert_rows(self.session, self.hotel.id, new, self.now, origin=Origin.RUN, run_id=self.run.id)
        held = [*zip((c.stay for c in self.moved), (row.id for row, _, _ in moves), strict=False)]
        held += [*zip((c.stay for c in self.placed), ids, strict=True)]
        parts = [part for stay, row_id in held for part in self._parts(stay, row_id)]
        part_ids = insert_rows(self.session, self.hotel.id, parts, self.now, origin=Origin.RUN, run_id=self.run.id)
        settle(self.session)
        touch_bookings(self.session, self.hotel.id, (booking.id for booking in self.bookings.values()), self.now)
        self._remember("released", [*gone, *holds])
        self._remember("moved", [row for row, _, _ in moves])
        self._remember("placed", [], [*ids, *part_ids])

    def audit(self, actor: Actor) -> Iterable[Audit]:
        """Return one entry for each change."""
        for change in self.changes.values():
            action, before, after = "room.moved", self._told(change.before), self._told(change.after, change.stay)
            if before is None:
                action = "room.assigned"
            elif after is None:
                action = "room.unassigned"
            reason = self.reasons.get(change.stay)
            yield Audit(str(actor), action, f"booking:{change.stay}", before, after, self.run.id, reason)
        for row, bed in self.rebedded:
            number = self.house.number_of[row.room_id]
            yield Audit(
                str(actor),
                "bed.changed",
                f"occupancy:{row.id}",
                {"room": number, "bed": row.bed},
                {"room": number, "bed": bed},
                self.run.id,
            )

    def events(self) -> list[tuple[str, dict[str, Any], str]]:
        """Return one event for each change."""
        public = str(self.run.public_id)
        told: list[tuple[str, dict[str, Any], str]] = []
        for change in self.changes.values():
            payload: dict[str, Any] = {"booking_id": change.stay, "run_id": public}
            if change.before is None:
                event, payload["room"] = "room.assigned", change.after
            elif change.after is None:
                event, payload["room"] = "room.unassigned", change.before
            else:
                event = "room.moved"
                payload |= {"from": change.before, "to": change.after, "reason": self.reasons.get(change.stay, "")}
            told.append((event, payload, f"run.applied:{public}:{change.stay}"))
        return told

    def _rows(self) -> dict[str, Row]:
        """Return by stay the row that the plan knew it by."""
        name = {booking.id: booking.booking_id for booking in self.bookings.values()}
        found = live_rows(
            self.session,
            self.hotel.id,
            "kind = 'STAY' AND booking_pk = ANY(CAST(:bookings AS bigint[]))",
            bookings=list(name),
        )
        return {name[row.booking_pk]: row for row in found if row.booking_pk is not None}

    def _facts(self, number: str | None) -> Any:
        return self.house.facts[number or ""]

    def _told(self, number: str | None, stay: str | None = None) -> dict[str, Any] | None:
        if number is None:
            return None
        if stay is None or stay not in self.beds:
            return {"room": number}
        return {"room": number, "bed": self.beds[stay]}

    def _periods(self) -> Mapping[str, tuple[datetime, datetime]]:
        """Return by stay the period of those that have no row yet, as the problem has it."""
        axis = Axis(self.run.business_date)
        plain = json.loads(gzip.decompress(self.run.problem or b""))["stays"] if self.placed else []
        wanted = {change.stay for change in self.placed}
        return {s["id"]: (axis.moment(s["start"]), axis.moment(s["end"])) for s in plain if s["id"] in wanted}

    def _give_beds(self) -> None:
        """Colour the dorms that somebody enters; whoever is not yet in house may get another bed of the dorm."""
        self.periods = self._periods()
        dorms: dict[int, list[Change]] = {}
        for change in self.changes.values():
            if change.after is not None and self._facts(change.after).beds > 1:
                dorms.setdefault(self._facts(change.after).id, []).append(change)
        if not dorms:
            return
        leaving = {self.rows[c.stay].id for c in self.changes.values() if c.before is not None}
        start = datetime.combine(self.run.business_date, datetime.min.time())
        present = live_rows(
            self.session,
            self.hotel.id,
            "room_id = ANY(CAST(:rooms AS bigint[])) AND ends_at > :start",
            rooms=list(dorms),
            start=start,
        )
        in_house = set(
            self.session.scalars(
                select(Booking.id).where(
                    Booking.hotel_id == self.hotel.id,
                    Booking.id.in_({row.booking_pk for row in present if row.booking_pk is not None}),
                    Booking.status == BookingStatus.CHECKED_IN,
                )
            )
        )
        for room_id, entering in dorms.items():
            staying = {str(r.id): r for r in present if r.room_id == room_id and r.id not in leaving}
            sleepers = [
                Sleeper(
                    key,
                    r.starts_at,
                    r.ends_at,
                    r.bed,
                    r.kind != "STAY" or r.starts_at < start or r.booking_pk in in_house,
                )
                for key, r in staying.items()
            ]
            sleepers += [Sleeper(c.stay, *self._period(c)) for c in entering]
            found = colour(sleepers, self._facts(self.house.number_of[room_id]).beds)
            if found is None:
                number = self.house.number_of[room_id]
                raise StaleRun([{"what": "no_overlap", "room": number, "message": f"no beds are left in {number}"}])
            self.beds |= {c.stay: found[c.stay] for c in entering}
            self.rebedded += [(row, found[key]) for key, row in staying.items() if found[key] != row.bed]

    def _period(self, change: Change) -> tuple[datetime, datetime]:
        if change.before is None:
            return self.periods[change.stay]
        row = self.rows[change.stay]
        return row.starts_at, row.ends_at

    def _new_row(self, change: Change) -> NewRow:
        room, bed = self._facts(change.after).id, self.beds.get(change.stay, 1)
        return NewRow(room, bed, *self._period(change), self.bookings[change.stay].id)

    def _parts(self, stay: str, row_id: int) -> list[NewRow]:
        """Return the rows that hold the parts of a suite while it is taken."""
        change = self.changes[stay]
        return [
            NewRow(part, bed, *self._period(change), self.bookings[stay].id, row_id)
            for part in self._facts(change.after).parts
            for bed in range(1, self._facts(self.house.number_of[part]).beds + 1)
        ]

    def _remember(self, what: str, former: Sequence[Row], new: Sequence[int] = ()) -> None:
        """Note what undoing needs: how each row stood before, how it stands now, and how far its guest was."""
        status = {booking.id: booking.status.value for booking in self.bookings.values()}
        before = {row.id: row.place() for row in former}
        for row, live in rows_by_id(self.session, self.hotel.id, [*before, *new]).values():
            entry = {
                "id": row.id,
                "what": what,
                "live": live,
                "after": row.place(),
                "status": status.get(row.booking_pk or 0) if row.kind == "STAY" else None,
            }
            self.written.append(entry | ({"former": before[row.id]} if row.id in before else {}))

    @staticmethod
    def _expect(wanted: int, found: int) -> None:
        if wanted != found:
            raise StaleRun([{"what": "occupancy", "message": f"{wanted - found} occupancies have changed since"}])

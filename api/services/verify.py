"""The invariants of a hotel's rows, each as an oracle that reads the rows and knows none of the code that wrote them.

Run after tests, nightly and by ``keyrack verify``. A finding is a bug of ours, or somebody at the database by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from allocator.check import gender as gender_rule
from allocator.check import misfits
from allocator.plan import Plan
from allocator.problem import Problem, Stay
from api.services.house import House, Place, read_house
from api.services.roomcheck import STAFF_POLICY
from api.services.roomlist import INACTIVE
from models import BookingStatus, Hotel, PartyGender, hotel_session
from models.auditing import verify_chain


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken invariant, and where."""

    invariant: str
    message: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.message}"


Oracle = Callable[[Session, Hotel], Iterator[Finding]]


def verify_hotel(engine: Engine, hotel_id: int) -> tuple[Finding, ...]:
    """Return everything that is wrong with a hotel's rows, as of one moment; empty if nothing is."""
    with hotel_session(engine, hotel_id, isolation="REPEATABLE READ") as session:
        hotel = session.get_one(Hotel, hotel_id)
        return tuple(finding for oracle in INVARIANTS for finding in oracle(session, hotel))


def beds_hold_one(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I1: no two live occupancies of one room (bed) overlap."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT r.number, o.bed, o.id, o.starts_at, o.reach
        FROM (SELECT id, hotel_id, room_id, bed, starts_at,
                     max(ends_at) OVER (PARTITION BY room_id, bed ORDER BY starts_at, id
                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
              FROM occupancy WHERE hotel_id = :hotel AND released_at IS NULL) o
        JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
        WHERE o.starts_at < o.reach""",
    ):
        yield Finding("I1", f"occupancy {row.id} of {row.number} bed {row.bed} begins before the one before it ends")


def suites_hold_their_parts(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I1: whatever takes a suite holds all its parts for the same period, and no part is held for nothing."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT o.id, suite.number AS suite, part.number AS part
        FROM occupancy o
        JOIN room_link l ON l.hotel_id = o.hotel_id AND l.room_id = o.room_id AND l.kind = 'component'
        JOIN room suite ON suite.hotel_id = l.hotel_id AND suite.id = l.room_id
        JOIN room part ON part.hotel_id = l.hotel_id AND part.id = l.other_room_id
        LEFT JOIN occupancy h ON h.hotel_id = o.hotel_id AND h.parent_id = o.id AND h.room_id = part.id
            AND h.kind = 'HOLD' AND h.released_at IS NULL AND h.starts_at = o.starts_at AND h.ends_at = o.ends_at
        WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.kind <> 'HOLD' AND o.ends_at > :today
            AND h.id IS NULL""",
    ):
        yield Finding("I1", f"occupancy {row.id} of suite {row.suite} does not hold its part {row.part}")
    for row in _rows(
        session,
        hotel,
        """
        SELECT h.id FROM occupancy h
        LEFT JOIN occupancy o ON o.hotel_id = h.hotel_id AND o.id = h.parent_id AND o.released_at IS NULL
            AND o.starts_at = h.starts_at AND o.ends_at = h.ends_at
        WHERE h.hotel_id = :hotel AND h.kind = 'HOLD' AND h.released_at IS NULL AND o.id IS NULL""",
    ):
        yield Finding("I1", f"hold {row.id} is held for nothing")


def dorms_close_as_a_whole(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I1: a closure of a dorm closes every bed of it."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT o.id, r.number, count(other.id) + 1 AS closed, r.beds
        FROM occupancy o
        JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
        LEFT JOIN occupancy other ON other.hotel_id = o.hotel_id AND other.parent_id = o.id AND other.kind = 'CLOSURE'
            AND other.released_at IS NULL AND other.room_id = o.room_id
            AND other.starts_at = o.starts_at AND other.ends_at = o.ends_at
        WHERE o.hotel_id = :hotel AND o.kind = 'CLOSURE' AND o.parent_id IS NULL AND o.released_at IS NULL
            AND o.ends_at > :today
        GROUP BY o.id, r.number, r.beds HAVING count(other.id) + 1 <> r.beds""",
    ):
        yield Finding("I1", f"closure C{row.id} closes {row.closed} of the {row.beds} beds of {row.number}")


def periods_make_sense(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I2: an occupancy ends after it starts; that of a guest to come or in house lies within the booking's dates."""
    for row in _rows(session, hotel, "SELECT id FROM occupancy WHERE hotel_id = :hotel AND ends_at <= starts_at"):
        yield Finding("I2", f"occupancy {row.id} ends before it starts")
    for row in _rows(session, hotel, "SELECT booking_id FROM booking WHERE hotel_id = :hotel AND check_out < check_in"):
        yield Finding("I2", f"{row.booking_id} checks out before it checks in")
    for row in _rows(
        session,
        hotel,
        """
        SELECT o.id, b.booking_id
        FROM occupancy o
        JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
        WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.kind = 'STAY'
            AND b.status IN ('CONFIRMED', 'CHECKED_IN') AND o.ends_at > :today
            AND (o.starts_at < b.check_in OR o.starts_at >= b.check_out + interval '1 day'
                 OR o.ends_at > b.check_out + interval '1 day' + :turnaround * interval '1 minute')""",
        turnaround=hotel.turnaround_minutes,
    ):
        yield Finding("I2", f"occupancy {row.id} is not within the dates of {row.booking_id}")


def rows_stay_in_their_hotel(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I3: the room and the booking of an occupancy are of its hotel."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT o.id FROM occupancy o
        LEFT JOIN room r ON r.hotel_id = :hotel AND r.id = o.room_id
        LEFT JOIN booking b ON b.hotel_id = :hotel AND b.id = o.booking_pk
        WHERE o.hotel_id = :hotel AND (r.id IS NULL OR (o.booking_pk IS NOT NULL AND b.id IS NULL))""",
    ):
        yield Finding("I3", f"occupancy {row.id} has a room or booking of another hotel, or none")


def rooms_fit(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I4: who is in a room to come or in house fits it, it is in use, and its gender holds; or a named override says
    why not. A higher type than booked is no fault, whoever gave it.
    """
    house = read_house(session, hotel, changes=STAFF_POLICY)
    stays: list[Stay] = []
    excused: set[str] = set()
    for row in _rows(
        session,
        hotel,
        """
        SELECT b.booking_id, b.status, b.check_in, b.check_out, b.arrival_time, b.departure_time, b.adults, b.children,
               b.gender, b.room_type_id, b.group_id, b.priority, b.needs, b.allowed_rooms, b.locked,
               o.id AS occupancy_id, o.room_id, o.starts_at, o.ends_at, o.overrides
        FROM occupancy o
        JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
        JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
        WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.kind = 'STAY' AND o.ends_at > :today
            AND b.status IN ('CONFIRMED', 'CHECKED_IN')""",
    ):
        place = Place(
            house.number_of[row.room_id], house.axis.slot(row.starts_at), house.axis.slot(row.ends_at), locked=False
        )
        stay = _stay(house, row, place)
        room = house.rooms[place.room]
        if "room_fits" not in row.overrides:
            reasons = [f"{room.id} is out of use"] if room.type == INACTIVE else list(misfits(stay, room))
            for reason in reasons:
                yield Finding("I4", f"{row.booking_id} in {room.id}: {reason}")
        if room.gender != "any":
            stays.append(stay)
            if "gender" in row.overrides:
                excused.add(stay.id)
    dorms = {stay.room for stay in stays}
    problem = Problem(
        name="gender",
        slots=0,
        room_types=house.room_types,
        rooms=tuple(room for room in house.rooms.values() if room.id in dorms),
        stays=tuple(stays),
    )
    for violation in gender_rule(problem, Plan({stay.id: stay.room for stay in stays})):
        if not excused & set(violation.stays):
            names = [stay.partition("#")[0] for stay in violation.stays]
            yield Finding("I4", f"{' and '.join(names)}: gender in {violation.room}")


def runs_leave_locks_alone(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I5: no run moved or released a stay that was locked or in house when the run was applied."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT run.public_id, b.booking_id
        FROM allocation_run run
        CROSS JOIN LATERAL jsonb_array_elements((run.diff -> 'moved') || (run.diff -> 'released')) AS change(told)
        JOIN booking b ON b.hotel_id = run.hotel_id AND b.booking_id = change.told ->> 'stay'
        WHERE run.hotel_id = :hotel AND run.state IN ('APPLIED', 'UNDONE')
            AND ((b.locked AND b.locked_at < run.applied_at)
                 OR (b.checked_in_at < run.applied_at AND b.status = 'CHECKED_IN'))""",
    ):
        yield Finding("I5", f"run {row.public_id} moved {row.booking_id}, which was locked or in house")
    for row in _rows(
        session,
        hotel,
        """
        SELECT run.public_id, entry.told ->> 'id' AS id
        FROM allocation_run run
        CROSS JOIN LATERAL jsonb_array_elements(run.written -> 'rows') AS entry(told)
        WHERE run.hotel_id = :hotel AND (entry.told -> 'former' ->> 'locked')::boolean""",
    ):
        yield Finding("I5", f"run {row.public_id} moved occupancy {row.id}, which was locked")


def guests_have_one_room(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I6: a booking has at most one live room at a moment, none if it is over before it began, one in house."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT b.booking_id
        FROM (SELECT hotel_id, booking_pk, starts_at,
                     max(ends_at) OVER (PARTITION BY booking_pk ORDER BY starts_at, id
                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
              FROM occupancy WHERE hotel_id = :hotel AND released_at IS NULL AND kind = 'STAY') o
        JOIN booking b ON b.hotel_id = o.hotel_id AND b.id = o.booking_pk
        WHERE o.starts_at < o.reach""",
    ):
        yield Finding("I6", f"{row.booking_id} is in two rooms at once")
    for row in _rows(
        session,
        hotel,
        """
        SELECT b.booking_id, b.status FROM booking b
        WHERE b.hotel_id = :hotel AND b.status = 'CHECKED_IN'
            AND NOT EXISTS (SELECT FROM occupancy o WHERE o.hotel_id = b.hotel_id AND o.booking_pk = b.id
                            AND o.kind = 'STAY' AND o.released_at IS NULL)""",
    ):
        yield Finding("I6", f"{row.booking_id} is in house without a room")
    for row in _rows(
        session,
        hotel,
        """
        SELECT b.booking_id, b.status FROM booking b
        JOIN occupancy o ON o.hotel_id = b.hotel_id AND o.booking_pk = b.id AND o.kind = 'STAY'
        WHERE b.hotel_id = :hotel AND b.status IN ('CANCELLED', 'NO_SHOW') AND o.released_at IS NULL
            AND o.starts_at >= :today + interval '1 day'""",
    ):
        yield Finding("I6", f"{row.booking_id} is {row.status} and still has a room")


RUN_STEPS: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset({"QUEUED"}),
    "QUEUED": frozenset({"SOLVING", "CANCELLED", "FAILED"}),
    "SOLVING": frozenset({"SOLVING", "PROPOSED", "CANCELLED", "FAILED"}),
    "PROPOSED": frozenset({"APPLIED", "DISCARDED"}),
    "APPLIED": frozenset({"UNDONE"}),
}
BOOKING_STEPS: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset({"PENDING_PAYMENT", "CONFIRMED", "CHECKED_IN", "COMPLETED", "CANCELLED", "NO_SHOW"}),
    "PENDING_PAYMENT": frozenset({"CONFIRMED", "CANCELLED"}),
    "CONFIRMED": frozenset({"CHECKED_IN", "CANCELLED", "NO_SHOW"}),
    "CHECKED_IN": frozenset({"COMPLETED", "CONFIRMED"}),
    "COMPLETED": frozenset({"CHECKED_IN"}),
    "CANCELLED": frozenset({"CONFIRMED", "PENDING_PAYMENT"}),
    "NO_SHOW": frozenset({"CONFIRMED"}),
}


def steps_are_allowed(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I7: what the audit says of a run or a booking is a chain of allowed steps that ends where its row stands."""
    for kind, key, column, steps in (
        ("run", "state", "SELECT 'run:' || public_id, state FROM allocation_run", RUN_STEPS),
        ("booking", "status", "SELECT 'booking:' || booking_id, status FROM booking", BOOKING_STEPS),
    ):
        told: dict[str, str] = {}
        for row in _rows(
            session,
            hotel,
            """
            SELECT subject, sequence, told -> 'before' ->> :key AS before, told -> 'after' ->> :key AS after
            FROM (SELECT subject, sequence, payload::jsonb AS told FROM audit_entry
                  WHERE hotel_id = :hotel AND subject LIKE :kind AND strpos(payload, :word) > 0 OFFSET 0) AS entry
            WHERE told -> 'after' ->> :key IS NOT NULL
            ORDER BY sequence""",
            key=key,
            kind=f"{kind}:%",
            word=f'"{key}":',
        ):
            last = told.get(row.subject)
            if row.after not in steps.get(last, ()) or (last is not None and row.before != last):
                step = f"{row.before or last or 'nothing'} -> {row.after}"
                yield Finding("I7", f"audit entry {row.sequence}: {row.subject} goes {step} when it was {last}")
            told[row.subject] = row.after
        for subject, state in _rows(session, hotel, f"{column} WHERE hotel_id = :hotel"):
            if subject in told and told[subject] != state:
                yield Finding("I7", f"{subject} is {state}, its last audit entry says {told[subject]}")


CREATED: Final = ("booking.created", "booking.imported", "run.requested")
"""Audit entries of things that come into being, at version 1."""


def versions_count_changes(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I8, I10: the version of a booking or run is one more than its audited changes: each counted once, none unsaid."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT thing.subject, thing.version, coalesce(told.changes, 0) AS changes
        FROM (SELECT 'booking:' || booking_id AS subject, version FROM booking WHERE hotel_id = :hotel
              UNION ALL
              SELECT 'run:' || public_id, version FROM allocation_run WHERE hotel_id = :hotel) AS thing
        LEFT JOIN (SELECT subject, count(*) AS changes FROM audit_entry
                   WHERE hotel_id = :hotel AND action <> ALL(:created) GROUP BY subject) AS told
            ON told.subject = thing.subject
        WHERE thing.version <> 1 + coalesce(told.changes, 0)""",
        created=list(CREATED),
    ):
        yield Finding("I8", f"{row.subject} is at version {row.version}, the audit has {row.changes} changes of it")


def plans_are_whole(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I9: an applied run has written and audited every change of its diff, any other run none that stands."""
    for row in _rows(
        session,
        hotel,
        """
        SELECT run.public_id, run.state,
               jsonb_array_length(run.diff -> 'placed') + jsonb_array_length(run.diff -> 'moved')
                   + jsonb_array_length(run.diff -> 'released') AS changes,
               (SELECT count(DISTINCT e.subject) FROM audit_entry e
                WHERE e.hotel_id = run.hotel_id AND e.run_id = run.id AND e.action LIKE 'room.%') AS told,
               run.written IS NULL AS unwritten
        FROM allocation_run run
        WHERE run.hotel_id = :hotel AND run.diff IS NOT NULL""",
    ):
        applied = row.state in ("APPLIED", "UNDONE")
        if applied and (row.told != row.changes or row.unwritten):
            yield Finding("I9", f"run {row.public_id} has written {row.told} of its {row.changes} changes")
        if not applied and row.told:
            yield Finding("I9", f"run {row.public_id} is {row.state} and has changed {row.told} bookings")
    for row in _rows(
        session,
        hotel,
        """
        SELECT o.id, run.public_id, run.state FROM occupancy o
        LEFT JOIN allocation_run run ON run.hotel_id = o.hotel_id AND run.id = o.run_id
        WHERE o.hotel_id = :hotel AND o.released_at IS NULL
            AND ((o.run_id IS NOT NULL AND run.state IS DISTINCT FROM 'APPLIED')
                 OR (o.origin = 'RUN' AND o.run_id IS NULL))""",
    ):
        yield Finding("I9", f"occupancy {row.id} stands by run {row.public_id}, which is {row.state}")


def the_audit_is_whole(session: Session, hotel: Hotel) -> Iterator[Finding]:
    """I10: the audit's chain of hashes holds from its first entry to the head that the hotel keeps."""
    for fault in verify_chain(session, hotel.id):
        yield Finding("I10", fault)


INVARIANTS: Final[tuple[Oracle, ...]] = (
    beds_hold_one,
    suites_hold_their_parts,
    dorms_close_as_a_whole,
    periods_make_sense,
    rows_stay_in_their_hotel,
    rooms_fit,
    runs_leave_locks_alone,
    guests_have_one_room,
    steps_are_allowed,
    versions_count_changes,
    plans_are_whole,
    the_audit_is_whole,
)


def _rows(session: Session, hotel: Hotel, statement: str, **values: Any) -> Any:
    return session.execute(text(statement), {"hotel": hotel.id, "today": hotel.business_date, **values})


def _stay(house: House, row: Any, place: Place) -> Stay:
    """Return the stay of a row; its name tells two rooms of one guest apart, its wishes and group do not matter."""
    booking = SimpleNamespace(**row._mapping)
    booking.booking_id = f"{row.booking_id}#{row.occupancy_id}"
    booking.gender = None if row.gender is None else PartyGender(row.gender)
    booking.status, booking.wishes, booking.group_id = BookingStatus(row.status), [], None
    return house.stay_of(booking, place)

"""Making room: a proposal in which a booking has a certain room, and the fewest others move for it."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import Any, Final

from sqlalchemy import Engine

from allocator.answers.fit import Answer, DoesNotFit, Fits, Fitting
from allocator.plan import in_force
from allocator.problem import Problem
from allocator.result import Proof, SolveResult
from allocator.score import score
from allocator.serialize import digest
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict, InvalidInput, WrongState
from api.services.roomcheck import STAFF_POLICY
from api.services.runs import get_run, propose, request_run, transition
from api.services.snapshot import Snapshot, take_snapshot
from api.services.standing import why
from api.services.stays import find_booking
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, Hotel, HotelSession, RunKind, RunState

PARAMS: Final[dict[str, Any]] = dict(STAFF_POLICY)
"""A person asks for a certain room, so what limits upgrades by a run does not hold."""


class NoRoomToMake(Conflict):
    """Nobody can make that room free."""

    code = "no_room_to_make"


def make_room(
    engine: Engine, hotel_id: int, booking_id: str, room_number: str, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> AllocationRun:
    """Propose that a booking gets a room which others are in, with as few of them moving as possible.

    Nothing changes but a run of kind FIT, PROPOSED: it is looked at, applied, undone or discarded like any other.

    Raises
    ------
    NoRoomToMake
        If no plan gives it that room; with the reason.
    WrongState
        If the booking is no stay that could be moved: in house, locked, over.
    InvalidInput
        If there is no such room.
    NotFound
    """
    snapshot = read_hotel(
        engine, hotel_id, lambda session, hotel: _read(session, hotel, booking_id), isolation="REPEATABLE READ"
    )
    problem = snapshot.problem
    stay = problem.stay_by_id.get(booking_id)
    if stay is None or stay.locked:
        raise WrongState(f"{booking_id} must stay where it is.")
    if room_number not in problem.room_by_id:
        message = f"there is no room {room_number}"
        raise InvalidInput(errors=[{"in": "body", "field": "room_number", "message": message}])
    begun = monotonic()
    found = _fitted(problem, booking_id, room_number)
    if not isinstance(found, Fits):
        raise NoRoomToMake(_reason(snapshot, found))
    result = SolveResult(
        plan=found.plan,
        score=score(problem, found.plan),
        bound=0,
        status="FEASIBLE",
        stopped_by="gap",
        wall_time_s=monotonic() - begun,
        proof=Proof(seed=0, workers=1, versions={}, instance_digest=digest(problem)),
        notes=(f"Made for {booking_id} in {room_number}: {'the fewest' if found.fewest else 'few'} others move.",),
    )

    def begin(session: HotelSession, hotel: Hotel) -> AllocationRun:
        run = request_run(session, hotel, kind=RunKind.FIT, actor=actor, params=PARAMS, clock=clock)
        return transition(session, get_run(session, hotel, run.id), RunState.SOLVING, actor=actor, clock=clock)

    run = change_hotel(engine, hotel_id, begin)
    return propose(engine, run, snapshot, result, actor=actor, clock=clock, asked_for=booking_id).run


def _read(session: HotelSession, hotel: Hotel, booking_id: str) -> Snapshot:
    find_booking(session, hotel, booking_id)
    return take_snapshot(session, hotel, changes=PARAMS)


def _fitted(problem: Problem, booking_id: str, room_number: str) -> Answer:
    """Take the booking out of the plan, and ask for it to be put back into that one room."""
    stay = problem.stay_by_id[booking_id]
    others = replace(problem, stays=tuple(s for s in problem.stays if s.id != booking_id))
    asked = replace(stay, room=None, allowed_rooms=frozenset({room_number}))
    return Fitting(others, in_force(others)).fit([asked])


def _reason(snapshot: Snapshot, found: Answer) -> str:
    if isinstance(found, DoesNotFit):
        return why(snapshot.problem, snapshot.house, found).message
    return "No way was found in the time allowed."

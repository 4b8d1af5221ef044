"""Runs with a plan of the test's own making, so that what is written does not depend on what a solver finds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allocator.check import check
from allocator.plan import Plan, in_force
from allocator.result import Proof, SolveResult
from allocator.score import score
from allocator.serialize import digest
from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.runs import get_run, propose, request_run, transition
from api.services.snapshot import take_snapshot
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, RunState
from tests.api.services.hotels import SmallHotel

CLOCK = SetClock(datetime(2026, 3, 10, 2, tzinfo=UTC))
DESK = Actor.system("desk")


def proposed(hotel: SmallHotel, rooms: dict[str, str | None], kind: str = "reshuffle", **params: Any) -> AllocationRun:
    """Return a run that proposes these rooms, and for everybody else the one they have."""
    run = change_hotel(
        hotel.engine, hotel.id, lambda s, h: request_run(s, h, kind=kind, actor=DESK, params=params, clock=CLOCK)
    )
    run = change_hotel(
        hotel.engine,
        hotel.id,
        lambda s, h: transition(s, get_run(s, h, run.id), RunState.SOLVING, actor=DESK, clock=CLOCK),
    )
    snapshot = read_hotel(hotel.engine, hotel.id, take_snapshot)
    problem = snapshot.problem
    plan = Plan({**in_force(problem).rooms, **rooms})
    assert check(problem, plan) == ()
    result = SolveResult(plan, score(problem, plan), 0, "FEASIBLE", "time", 0.0, Proof(1, 1, {}, digest(problem)))
    return propose(hotel.engine, run, snapshot, result, actor=DESK, clock=CLOCK).run

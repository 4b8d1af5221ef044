"""Apply a proposal in part: some changes accepted, some rejected, the rest solved anew around them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Engine

from allocator.answers.near import MUST
from allocator.check import check
from allocator.diff import Change
from allocator.plan import Plan, in_force
from allocator.problem import Problem, Stay
from api.services.actor import Actor
from api.services.apply import Applied, apply_run, changes_of
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput, ServiceError, StaleRun, WrongState
from api.services.runs import (
    HOUSE_KEYS,
    RunKey,
    discard_run,
    get_run,
    problem_of,
    propose,
    request_run,
    transition,
)
from api.services.snapshot import Snapshot, take_snapshot
from api.services.solving import solve_from
from api.services.stale import compare
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, Hotel, HotelSession, RunKind, RunState

TIME_LIMIT_S: Final = 5.0
"""Longest new solve: a person waits for it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A run, and what of its changes is accepted and rejected."""

    run: AllocationRun
    accepted: tuple[Change, ...]
    rejected: tuple[Change, ...]
    snapshot: Snapshot


def apply_partly(
    engine: Engine,
    hotel_id: int,
    run: RunKey,
    actor: Actor,
    *,
    accept: Sequence[str] = (),
    reject: Sequence[str] = (),
    clock: Clock = SYSTEM_CLOCK,
    time_limit_s: float = TIME_LIMIT_S,
) -> Applied:
    """Apply what is accepted as proposed, leave what is rejected as it is, and solve the rest anew around both.

    The new solve is a run of its own, which can be undone; the run it comes from is put aside.

    Parameters
    ----------
    accept, reject
        Bookings among the run's changes. With all accepted, or none of either named, the run is applied as it is.

    Raises
    ------
    InvalidInput
        If a booking is not among the changes, or is named twice; or if what is accepted needs what is rejected.
    StaleRun
        If what is accepted has changed since the run was solved, or anything has while the rest was solved.
    WrongState
        If the run is not PROPOSED.
    NotFound, Busy
    """
    choice = read_hotel(engine, hotel_id, lambda s, h: _chosen(s, h, run, accept, reject), isolation="REPEATABLE READ")
    if not choice.rejected and len(choice.accepted) in (0, len(changes_of(choice.run))):
        return apply_run(engine, hotel_id, run, actor, clock=clock)
    part = _solved(engine, choice, actor, clock, time_limit_s)
    try:
        applied = apply_run(engine, hotel_id, part.id, actor, clock=clock)
    except ServiceError:
        _put_aside(engine, hotel_id, part.id, actor, "could not be applied any more", clock)
        raise
    _put_aside(engine, hotel_id, choice.run.id, actor, f"applied in part, as run {part.public_id}", clock)
    return applied


def _chosen(
    session: HotelSession, hotel: Hotel, key: RunKey, accept: Collection[str], reject: Collection[str]
) -> Choice:
    run = get_run(session, hotel, key)
    if run.state != RunState.PROPOSED:
        raise WrongState(f"The run is {run.state}.", state=run.state.value)
    changes = {change.stay: change for change in changes_of(run)}
    errors = [
        {"field": field, "message": f"the run does not change {name}"}
        for field, names in (("accept", accept), ("reject", reject))
        for name in names
        if name not in changes
    ]
    errors += [{"field": "reject", "message": f"{name} is accepted too"} for name in sorted({*accept} & {*reject})]
    if errors:
        raise InvalidInput(errors=errors)
    accepted, rejected = ([changes[name] for name in sorted({*names})] for names in (accept, reject))
    house: dict[str, Any] = {name: run.params[name] for name in HOUSE_KEYS if name in run.params}
    snapshot = take_snapshot(
        session, hotel, changes=house, from_date=run.business_date, frozen=run.params.get("frozen", ())
    )
    stale, _ = compare(problem_of(run), snapshot.problem, [*accepted, *rejected])
    touching = {change.stay for change in (*accepted, *rejected)}
    stale = [told for told in stale if told.get("booking_id") in touching and told["what"] == "stay"]
    if stale:
        raise StaleRun(stale)
    return Choice(run, tuple(accepted), tuple(rejected), snapshot)


def bound_to(problem: Problem, accepted: Iterable[Change], rejected: Iterable[Change]) -> Problem:
    """Return the problem in which the accepted changes must be made and the rejected ones must not.

    Raises
    ------
    InvalidInput
        If these contradict each other, or a rule.
    """
    new = {change.stay: change.after for change in accepted}
    kept = {change.stay: change.before for change in rejected}

    def pin(stay: Stay) -> Stay:
        if stay.id in kept:
            return replace(stay, locked=True) if stay.room is not None else replace(stay, allowed_rooms=frozenset())
        if stay.id in new:
            room = new[stay.id]
            if room is None:
                return replace(stay, allowed_rooms=frozenset())
            return replace(stay, allowed_rooms=frozenset({room}), unplaced_penalty=MUST)
        return stay

    policy = replace(problem.policy, move_budget=None)
    pinned = replace(problem, stays=tuple(map(pin, problem.stays)), policy=policy)
    rooms = {stay.id: stay.room for stay in pinned.stays if stay.locked} | new
    errors = [
        {"field": "accept", "message": f"cannot be done with what is rejected: {violation.message}"}
        for violation in check(pinned, Plan({stay.id: rooms.get(stay.id) for stay in pinned.stays}))
    ]
    if errors:
        raise InvalidInput("What is accepted needs what is rejected.", errors=errors)
    return pinned


def begun_with(problem: Problem, accepted: Iterable[Change], others: Iterable[Change]) -> Plan:
    """Return the plan in force with the accepted changes, and with all of the others that break no rule beside them.

    A plan to start from: without it a short search could end without changes that nobody has rejected.
    """
    made = {change.stay: change.after for change in accepted}
    kept = {change.stay: change.after for change in others}
    while True:
        plan = Plan({**in_force(problem).rooms, **kept, **made})
        broken = {stay for violation in check(problem, plan) for stay in violation.stays} & kept.keys()
        if not broken:
            return plan
        kept = {stay: room for stay, room in kept.items() if stay not in broken}


def _solved(engine: Engine, choice: Choice, actor: Actor, clock: Clock, time_limit_s: float) -> AllocationRun:
    """Return the proposal for the rest."""
    old, snapshot = choice.run, choice.snapshot
    problem = bound_to(snapshot.problem, choice.accepted, choice.rejected)
    named = {change.stay for change in (*choice.accepted, *choice.rejected)}
    others = [c for c in changes_of(old) if c.stay in problem.stay_by_id and c.stay not in named]
    result = solve_from(
        problem, begun_with(problem, choice.accepted, others), time_limit_s=time_limit_s, gap_limit=0.01
    )
    missing = [c.stay for c in choice.accepted if c.after is not None and result.plan.rooms[c.stay] != c.after]
    if missing:
        errors = [{"field": "accept", "message": f"{name} cannot have the room that was proposed"} for name in missing]
        raise InvalidInput(errors=errors)
    params: dict[str, Any] = {key: old.params[key] for key in HOUSE_KEYS if key in old.params}
    frozen = {*old.params.get("frozen", ()), *(change.stay for change in choice.rejected)}
    params |= {"time_limit_s": time_limit_s, "frozen": sorted(frozen)}

    def begin(session: HotelSession, hotel: Hotel) -> AllocationRun:
        run = request_run(session, hotel, kind=RunKind.RESHUFFLE, actor=actor, params=params, clock=clock)
        return transition(session, run, RunState.SOLVING, actor=actor, clock=clock, business_date=old.business_date)

    started = change_hotel(engine, old.hotel_id, begin)
    return propose(engine, started, replace(snapshot, problem=problem), result, actor=actor, clock=clock).run


def _put_aside(engine: Engine, hotel_id: int, run_id: int, actor: Actor, reason: str, clock: Clock) -> None:
    change_hotel(engine, hotel_id, lambda s, h: discard_run(s, h, run_id, actor=actor, reason=reason, clock=clock))

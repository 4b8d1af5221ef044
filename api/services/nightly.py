"""The night of one hotel: ask, solve, apply; the same for the command, the worker and the demo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from sqlalchemy import Engine, select

from allocator.diff import diff
from allocator.result import Progress
from allocator.serialize import result_from_json
from api.services.actor import Actor
from api.services.apply import Applied, apply_run
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import StaleRun
from api.services.policy import HousePolicy
from api.services.runs import (
    HOUSE_KEYS,
    RunOutcome,
    cancel_run,
    discard_run,
    get_run,
    is_lost,
    nightly_of,
    problem_of,
    request_run,
    solve_run,
)
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, Hotel, HotelSession, RunKind, RunState


class NightState(Enum):
    """How the one night of a business date stands."""

    ABSENT = auto()
    WAITING = auto()
    IN_WORK = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class NightOutcome:
    """What a night came to.

    Attributes
    ----------
    run
        The run that counts: the second one where the first was stale.
    solved
        Its problem, plan and difference.
    applied
        What was written; None for a proposal, a failed or a cancelled run.
    stale
        What had changed under the last proposal that could not be applied.
    stands
        Whether this is an earlier run, still applied, under which nothing has changed.
    """

    run: AllocationRun
    solved: RunOutcome
    applied: Applied | None = None
    stale: tuple[dict[str, Any], ...] = ()
    stands: bool = False


def run_night(
    engine: Engine,
    hotel_id: int,
    *,
    progress: Callable[[Progress], None] | None = None,
    actor: Actor | None = None,
    clock: Clock = SYSTEM_CLOCK,
    params: Mapping[str, Any] | None = None,
    time_limit_s: float | None = None,
    auto_apply: bool | None = None,
) -> NightOutcome:
    """Solve the hotel's night and, where its policy says so, apply the plan.

    The first call on a business date makes the date's one nightly run, or takes up the one that waits. Called again,
    it solves what is there now as a run of kind reshuffle; but where nothing has changed since the last run was
    applied, and no more time is given than that had, its plan stands: nobody moves twice in one night for a better
    draw. A nightly that was left behind as a proposal or lost with its worker, in a hotel that applies at once, is put
    aside and made anew.

    If the plan is stale when it is to be applied, it is solved once more with the changed bookings frozen; if that is
    stale too, the proposal is left for a person.

    Parameters
    ----------
    params
        As of `request_run`; ``time_limit_s`` and ``auto_apply`` replace those of the hotel's policy.

    Raises
    ------
    InvalidInput
        With every fault of the parameters.
    NotFound, Busy
    """
    actor = actor or Actor.system("nightly")
    asked = dict(params or {})
    if time_limit_s is not None:
        asked["time_limit_s"] = time_limit_s
    if auto_apply is not None:
        asked["auto_apply"] = auto_apply

    standing = read_hotel(engine, hotel_id, lambda s, h: _standing(s, h, asked))
    if standing is not None:
        return standing
    run = change_hotel(engine, hotel_id, lambda s, h: _run_for(s, h, actor, asked, clock))
    outcome = finish_run(engine, hotel_id, run, actor=actor, clock=clock, progress=progress)
    if not outcome.stale:
        return outcome

    changed = sorted({c["booking_id"] for c in outcome.stale if c.get("booking_id")})
    again = {**outcome.run.params, "frozen": sorted({*outcome.run.params.get("frozen", ()), *changed})}

    def ask_again(session: HotelSession, hotel: Hotel) -> AllocationRun:
        discard_run(session, hotel, outcome.run.id, actor=actor, reason="stale", clock=clock)
        kind = outcome.run.kind if outcome.run.business_date == hotel.business_date else RunKind.RESHUFFLE
        return request_run(session, hotel, kind=kind, actor=actor, params=again, clock=clock)

    second = change_hotel(engine, hotel_id, ask_again)
    return finish_run(engine, hotel_id, second, actor=actor, clock=clock, progress=progress)


def night_in_hand(session: HotelSession, hotel: Hotel, clock: Clock, *, again: bool) -> NightState:
    """Return how the nightly run of the business date stands, if it has one.

    Parameters
    ----------
    again
        Whether whoever asks had begun with it before: then a proposal was left by a worker that died before it could
        apply it, and not for a person to judge.
    """
    run = nightly_of(session, hotel)
    if run is None:
        return NightState.ABSENT
    if run.state == RunState.QUEUED or is_lost(session, run, clock):
        return NightState.WAITING
    if run.state == RunState.SOLVING:
        return NightState.IN_WORK
    left = again and run.state == RunState.PROPOSED and HousePolicy.of(hotel).auto_apply
    return NightState.WAITING if left else NightState.DONE


def finish_run(
    engine: Engine,
    hotel_id: int,
    run: AllocationRun,
    *,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
    progress: Callable[[Progress], None] | None = None,
) -> NightOutcome:
    """Solve a queued run and, where it or the hotel's policy says so, apply it; a stale plan stays a proposal."""
    solved = solve_run(engine, hotel_id, run.id, progress=progress, clock=clock, actor=actor)
    if solved.run.state != RunState.PROPOSED or not _applies(engine, hotel_id, solved.run):
        return NightOutcome(solved.run, solved)
    try:
        applied = apply_run(engine, hotel_id, solved.run.id, actor, clock=clock)
    except StaleRun as error:
        return NightOutcome(solved.run, solved, stale=error.changes)
    return NightOutcome(applied.run, replace(solved, run=applied.run), applied)


def _applies(engine: Engine, hotel_id: int, run: AllocationRun) -> bool:
    def read(session: HotelSession, hotel: Hotel) -> bool:  # noqa: ARG001 - the shape that read_hotel calls
        return bool(run.params.get("auto_apply", HousePolicy.of(hotel).auto_apply and run.kind == RunKind.NIGHTLY))

    return read_hotel(engine, hotel_id, read)


def _standing(session: HotelSession, hotel: Hotel, asked: Mapping[str, Any]) -> NightOutcome | None:
    """Return the last applied run if it answers what is asked now: same date, rows and policy, and no less time."""
    night = nightly_of(session, hotel)
    run = session.scalars(
        select(AllocationRun)
        .where(AllocationRun.hotel_id == hotel.id, AllocationRun.state == RunState.APPLIED)
        .order_by(AllocationRun.applied_at.desc(), AllocationRun.id.desc())
        .limit(1)
    ).one_or_none()
    if night is None or run is None or night.state != RunState.APPLIED or run.result is None:
        return None
    same_rows = (run.business_date, (run.written or {}).get("version")) == (
        hotel.business_date,
        hotel.allocation_version,
    )
    house = {key: asked[key] for key in HOUSE_KEYS if key in asked}
    same_policy = house == {key: run.params[key] for key in HOUSE_KEYS if key in run.params}
    time_limit_s = asked.get("time_limit_s", HousePolicy.of(hotel).time_limit_s)
    if not same_rows or not same_policy or time_limit_s > run.params["time_limit_s"]:
        return None
    result = result_from_json(run.result)
    solved = RunOutcome(run, problem_of(run), result, diff(result.plan, result.plan))
    return NightOutcome(run, solved, stands=True)


def _run_for(
    session: HotelSession, hotel: Hotel, actor: Actor, asked: Mapping[str, Any], clock: Clock
) -> AllocationRun:
    """Return the queued run that this night is to solve."""
    current = nightly_of(session, hotel)
    applies = asked.get("auto_apply", HousePolicy.of(hotel).auto_apply)
    if current is not None:
        current = get_run(session, hotel, current.id)
        if current.state == RunState.QUEUED:
            return current
        if is_lost(session, current, clock):
            cancel_run(session, hotel, current.id, actor=actor, clock=clock)
            current = None
        elif current.state == RunState.PROPOSED and applies:
            discard_run(session, hotel, current.id, actor=actor, reason="solved again", clock=clock)
            current = None
    if current is None:
        return request_run(session, hotel, kind=RunKind.NIGHTLY, actor=actor, params=asked, clock=clock)
    params = {"auto_apply": applies} | dict(asked)
    return request_run(session, hotel, kind=RunKind.RESHUFFLE, actor=actor, params=params, clock=clock)

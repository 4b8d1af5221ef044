"""The life of a run, from its request to its proposal; applying and undoing are in `api.services.apply`.

QUEUED -> SOLVING -> PROPOSED -> APPLIED -> UNDONE; from QUEUED and SOLVING also to CANCELLED and FAILED, from PROPOSED
to DISCARDED. Each transition is a compare-and-swap on (state, version) with its audit entry in the same transaction.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session, defer

from allocator.diff import PlanDiff, diff
from allocator.errors import InvalidProblem
from allocator.params import SolveParams
from allocator.plan import in_force
from allocator.problem import Problem
from allocator.result import Progress, SolveResult
from allocator.serialize import canonical, digest, problem_from_json, result_to_json
from api.services.actor import Actor
from api.services.attendance import attended, attending
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput, NotFound, StaleVersion, WrongState
from api.services.pause import pause_point
from api.services.policy import HousePolicy
from api.services.prices import forget_prices, last_prices, storable
from api.services.reasons import diff_document
from api.services.snapshot import Snapshot, take_snapshot
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, Hotel, HotelSession, RunKind, RunState, emit, hotel_session
from models.auditing import record

RunKey = int | uuid.UUID | str
"""A run by its row id, or by its public id (also as text)."""

HOUSE_KEYS: Final = (
    "horizon_nights",
    "freeze_hours",
    "weights",
    "move_budget",
    "upgrades_allowed",
    "unplaced",
    "move",
    "place_pending",
)
SOLVE_KEYS: Final = ("time_limit_s", "workers", "seed", "gap_limit", "deterministic_limit", "memory_limit_mb")
PROGRESS_EVERY_S: Final = 1.0
LOST_AFTER: Final = timedelta(minutes=2)
"""A run still SOLVING so long after its time limit is given up, even if its worker seems to be there."""

SUBJECT: Final = "run"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a solve came to; without a plan (failed, cancelled) the last three are None."""

    run: AllocationRun
    problem: Problem | None = None
    result: SolveResult | None = None
    diff: PlanDiff | None = None


def request_run(
    session: Session,
    hotel: Hotel,
    *,
    kind: RunKind | str,
    actor: Actor,
    params: Mapping[str, Any] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> AllocationRun:
    """Ask for a run: it is QUEUED, and whoever asks sees to it that somebody solves it.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    params
        Keys of the hotel's allocation policy that hold for this run only (`HOUSE_KEYS`), limits of the solve
        (`SOLVE_KEYS`), ``auto_apply``, and ``frozen``: bookings that must keep their rooms.

    Raises
    ------
    InvalidInput
        With every fault of the parameters.
    WrongState
        If the hotel has a nightly run for its business date that has not failed, been discarded or cancelled; its
        ``run_id`` is in ``extra``.
    """
    asked = dict(params or {})
    _require_params(hotel, asked)
    kind = RunKind(kind)
    if kind == RunKind.NIGHTLY and (current := nightly_of(session, hotel)) is not None:
        raise WrongState(
            f"There is a nightly run for {hotel.business_date}, {current.state}.", run_id=str(current.public_id)
        )
    run = AllocationRun(
        hotel_id=hotel.id,
        kind=kind,
        state=RunState.QUEUED,
        business_date=hotel.business_date,
        requested_by=actor.staff_id,
        params=asked,
        created_at=clock.now(),
    )
    session.add(run)
    session.flush()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="run.requested",
        subject=f"{SUBJECT}:{run.public_id}",
        after={"state": run.state.value, "kind": kind.value, "params": asked},
        run_id=run.id,
        at=clock.now(),
    )
    return run


def nightly_of(session: Session, hotel: Hotel) -> AllocationRun | None:
    """Return the one nightly run that counts for the hotel's business date."""
    return session.scalars(
        select(AllocationRun).where(
            AllocationRun.hotel_id == hotel.id,
            AllocationRun.kind == RunKind.NIGHTLY,
            AllocationRun.business_date == hotel.business_date,
            AllocationRun.state.not_in([RunState.FAILED, RunState.DISCARDED, RunState.CANCELLED]),
        )
    ).one_or_none()


def get_run(session: Session, hotel: Hotel, run: RunKey, if_version: int | None = None) -> AllocationRun:
    """Return a run of the hotel.

    Raises
    ------
    NotFound
    StaleVersion
        If it is not at the version that the caller has read.
    """
    statement = select(AllocationRun).where(AllocationRun.hotel_id == hotel.id)
    if isinstance(run, int):
        statement = statement.where(AllocationRun.id == run)
    else:
        try:
            statement = statement.where(AllocationRun.public_id == uuid.UUID(str(run)))
        except ValueError:
            raise NotFound from None
    found = session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound
    if if_version is not None and found.version != if_version:
        raise StaleVersion(f"The run is at version {found.version}.", version=found.version)
    return found


def list_runs(
    session: Session,
    hotel: Hotel,
    *,
    kind: RunKind | None = None,
    state: RunState | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, Sequence[AllocationRun]]:
    """Return how many runs there are, and a page of them, newest first, without their large columns."""
    wanted = [AllocationRun.hotel_id == hotel.id]
    if kind is not None:
        wanted.append(AllocationRun.kind == kind)
    if state is not None:
        wanted.append(AllocationRun.state == state)
    count = session.scalar(select(func.count()).select_from(AllocationRun).where(*wanted)) or 0
    heavy = (AllocationRun.problem, AllocationRun.result, AllocationRun.prices, AllocationRun.written)
    rows = session.scalars(
        select(AllocationRun)
        .where(*wanted)
        .options(*(defer(column, raiseload=True) for column in heavy))
        .order_by(AllocationRun.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    return count, rows


def cancel_run(
    session: Session,
    hotel: Hotel,
    run: RunKey,
    *,
    actor: Actor,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> AllocationRun:
    """Cancel a run: at once while it waits, or when it was lost; soon, while it is being solved.

    Raises
    ------
    WrongState
        If it is over.
    """
    found = get_run(session, hotel, run, if_version)
    if found.state == RunState.QUEUED or is_lost(session, found, clock):
        return transition(session, found, RunState.CANCELLED, actor=actor, clock=clock, ended_by=actor.staff_id)
    if found.state != RunState.SOLVING:
        raise WrongState(f"The run is {found.state}.", state=found.state.value)
    found.cancel_requested = True
    session.flush()
    return found


def discard_run(
    session: Session,
    hotel: Hotel,
    run: RunKey,
    *,
    actor: Actor,
    reason: str = "",
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> AllocationRun:
    """Put a proposal aside.

    Raises
    ------
    WrongState
        If it is not PROPOSED.
    """
    found = get_run(session, hotel, run, if_version)
    if found.state != RunState.PROPOSED:
        raise WrongState(f"The run is {found.state}.", state=found.state.value)
    return transition(
        session, found, RunState.DISCARDED, actor=actor, clock=clock, reason=reason or None, ended_by=actor.staff_id
    )


def is_lost(session: Session, run: AllocationRun, clock: Clock) -> bool:
    """Tell whether a run is SOLVING and nobody is at it any more, or for so long that nobody can be."""
    if run.state != RunState.SOLVING:
        return False
    return _is_overdue(run, clock) or not attended(session, run.hotel_id, run.id)


def _is_overdue(run: AllocationRun, clock: Clock) -> bool:
    limit = timedelta(seconds=float(run.params.get("time_limit_s") or 0.0))
    return run.started_at is not None and clock.now() > run.started_at + limit + LOST_AFTER


def problem_of(run: AllocationRun) -> Problem:
    """Return the problem that a run solved.

    Raises
    ------
    WrongState
        If it has none yet.
    """
    if run.problem is None:
        raise WrongState("The run has no problem yet.", state=run.state.value)
    return problem_from_json(json.loads(gzip.decompress(run.problem)))


_MOMENT_OF: Final = {
    RunState.SOLVING: "started_at",
    RunState.PROPOSED: "finished_at",
    RunState.FAILED: "finished_at",
    RunState.CANCELLED: "ended_at",
    RunState.DISCARDED: "ended_at",
    RunState.APPLIED: "applied_at",
    RunState.UNDONE: "undone_at",
}


def transition(
    session: Session,
    run: AllocationRun,
    state: RunState,
    *,
    actor: Actor,
    clock: Clock,
    reason: str | None = None,
    **values: Any,
) -> AllocationRun:
    """Move a run on from the state and version that it was read in, with its audit entry.

    Raises
    ------
    WrongState
        If it has moved on since.
    """
    before, now = run.state, clock.now()
    changed = session.execute(
        update(AllocationRun)
        .where(
            AllocationRun.hotel_id == run.hotel_id,
            AllocationRun.id == run.id,
            AllocationRun.state == before,
            AllocationRun.version == run.version,
        )
        .values({"state": state, "version": AllocationRun.version + 1, _MOMENT_OF[state]: now, **values})
        .returning(AllocationRun.id)
        .execution_options(synchronize_session=False)
    ).all()
    if len(changed) != 1:
        raise WrongState("The run has changed in the meantime.", state=before.value)
    record(
        session,
        hotel_id=run.hotel_id,
        actor=str(actor),
        action=f"run.{state.value.lower()}",
        subject=f"{SUBJECT}:{run.public_id}",
        before={"state": before.value},
        after={"state": state.value},
        run_id=run.id,
        reason=reason,
        at=now,
    )
    session.refresh(run)
    return run


def solve_run(
    engine: Engine,
    hotel_id: int,
    run: RunKey,
    *,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
    actor: Actor | None = None,
) -> RunOutcome:
    """Solve a queued (or lost) run; a proposal comes out, or the reason why none does.

    Nothing is held while solving: the snapshot's transaction is over before it begins. About once a second the run's
    progress is written, and whether somebody has cancelled it is looked at.

    Raises
    ------
    WrongState
        If it is neither QUEUED nor lost.
    NotFound
    """
    actor = actor or Actor.system("solver")
    run_id = read_hotel(engine, hotel_id, lambda session, hotel: get_run(session, hotel, run).id)
    with attending(engine, hotel_id, run_id) as alone:
        started = change_hotel(engine, hotel_id, lambda s, h: _start(s, h, run_id, actor, clock, alone=alone))
        if started.state == RunState.FAILED:
            return RunOutcome(started)
        try:
            return _solved(engine, hotel_id, started, progress, actor, clock)
        except InvalidProblem as error:
            faults = "; ".join(map(str, error.faults[:20]))
            return RunOutcome(_fail(engine, hotel_id, run_id, f"InvalidProblem: {faults}", actor, clock))
        except BaseException as error:
            _fail(engine, hotel_id, run_id, type(error).__name__, actor, clock)
            raise


def _start(
    session: HotelSession, hotel: Hotel, run_id: int, actor: Actor, clock: Clock, *, alone: bool
) -> AllocationRun:
    run = get_run(session, hotel, run_id)
    left = run.state == RunState.SOLVING and (alone or _is_overdue(run, clock))
    if run.state != RunState.QUEUED and not left:
        raise WrongState(f"The run is {run.state}.", state=run.state.value)
    rolled = hotel.business_date != run.business_date
    if rolled and run.kind == RunKind.NIGHTLY:
        return transition(
            session, run, RunState.FAILED, actor=actor, clock=clock, error="the business date has been rolled since"
        )
    return transition(
        session,
        run,
        RunState.SOLVING,
        actor=actor,
        clock=clock,
        attempts=run.attempts + 1,
        business_date=hotel.business_date,
        params={"time_limit_s": HousePolicy.of(hotel).time_limit_s} | run.params,
        error=None,
    )


def _solved(
    engine: Engine,
    hotel_id: int,
    run: AllocationRun,
    progress: Callable[[Progress], None] | None,
    actor: Actor,
    clock: Clock,
) -> RunOutcome:
    from allocator.solve import solve  # what it imports is heavy, and a web process never solves

    pause_point("run-started")
    house: dict[str, Any] = {key: run.params[key] for key in HOUSE_KEYS if key in run.params}
    limits = {key: run.params[key] for key in SOLVE_KEYS if key in run.params}
    with hotel_session(engine, hotel_id, isolation="REPEATABLE READ") as session:
        hotel = session.get_one(Hotel, hotel_id)
        snapshot = take_snapshot(
            session, hotel, changes=house, from_date=run.business_date, frozen=run.params.get("frozen", ())
        )
        prices = last_prices(session, hotel_id, snapshot.house.axis)
    problem = snapshot.problem
    watch = _Watch(engine, hotel_id, run.id, progress)
    result = solve(
        problem,
        SolveParams(**limits),
        incumbent=in_force(problem),
        prices=prices,
        progress=watch.tell,
        cancelled=watch.cancelled,
    )
    return propose(engine, run, snapshot, result, actor=actor, clock=clock, progress=watch.last)


def propose(
    engine: Engine,
    run: AllocationRun,
    snapshot: Snapshot,
    result: SolveResult,
    *,
    actor: Actor,
    clock: Clock,
    progress: Mapping[str, Any] | None = None,
    asked_for: str | None = None,
) -> RunOutcome:
    """Store what a solve found as the run's proposal; a run that was asked to stop is CANCELLED instead.

    Parameters
    ----------
    asked_for
        The booking whose room was asked for by hand, if the run is about one.
    """
    problem = snapshot.problem
    difference = diff(in_force(problem), result.plan)
    values: dict[str, Any] = {
        "base_version": snapshot.version,
        "problem": gzip.compress(canonical(problem), compresslevel=6, mtime=0),
        "problem_digest": digest(problem),
        "result": result_to_json(problem, result),
        "prices": storable(result.prices, snapshot.house.axis),
        "proof": proof_line(result),
        "diff": diff_document(problem, result.plan, difference, snapshot.house.axis, asked_for),
        "progress": progress or {},
    }

    def finish(session: HotelSession, hotel: Hotel) -> AllocationRun:
        found = get_run(session, hotel, run.id)
        if found.cancel_requested:
            return transition(session, found, RunState.CANCELLED, actor=actor, clock=clock)
        proposed = transition(session, found, RunState.PROPOSED, actor=actor, clock=clock, **values)
        if proposed.prices is not None:
            forget_prices(session, hotel.id, but=proposed.id)
        payload = {"run_id": str(proposed.public_id), "kind": proposed.kind.value}
        emit(session, hotel.id, "run.proposed", payload, f"run.proposed:{proposed.public_id}")
        return proposed

    finished = change_hotel(engine, run.hotel_id, finish)
    if finished.state == RunState.CANCELLED:
        return RunOutcome(finished, problem)
    return RunOutcome(finished, problem, result, difference)


def _fail(engine: Engine, hotel_id: int, run_id: int, error: str, actor: Actor, clock: Clock) -> AllocationRun:
    def work(session: HotelSession, hotel: Hotel) -> AllocationRun:
        run = get_run(session, hotel, run_id)
        if run.state != RunState.SOLVING:
            return run
        return transition(session, run, RunState.FAILED, actor=actor, clock=clock, error=error)

    return change_hotel(engine, hotel_id, work)


def proof_line(result: SolveResult) -> str:
    """Return in one line what a plan costs, how good it provably is, and what repeats the solve."""
    terms = " ".join(f"{name}={value}" for name, value in result.score.terms.items()) or "nothing"
    versions = " ".join(f"{name}={version}" for name, version in result.proof.versions.items())
    return (
        f"{result.status} score={result.score.total} ({terms}) bound={result.bound} gap={result.gap:.4%} "
        f"stopped_by={result.stopped_by} seed={result.proof.seed} workers={result.proof.workers} "
        f"digest={result.proof.instance_digest[:16]} {versions}"
    ).strip()


class _Watch:
    """Passes progress on, writes it to the run about once a second, and learns of a cancellation on the way."""

    def __init__(self, engine: Engine, hotel_id: int, run_id: int, progress: Callable[[Progress], None] | None) -> None:
        self.engine, self.hotel_id, self.run_id, self.progress = engine, hotel_id, run_id, progress
        self.last: dict[str, Any] = {}
        self.stop = False
        self._next = monotonic() + PROGRESS_EVERY_S

    def tell(self, progress: Progress) -> None:
        self.last = {
            "phase": progress.phase,
            "elapsed_s": round(progress.elapsed_s, 2),
            "score": progress.score,
            "bound": progress.bound,
            "gap": progress.gap,
            "unplaced": progress.unplaced,
        }
        if self.progress is not None:
            self.progress(progress)

    def cancelled(self) -> bool:
        if not self.stop and monotonic() >= self._next:
            self._next = monotonic() + PROGRESS_EVERY_S
            with hotel_session(self.engine, self.hotel_id) as session:
                self.stop = session.execute(
                    update(AllocationRun)
                    .where(AllocationRun.hotel_id == self.hotel_id, AllocationRun.id == self.run_id)
                    .values(progress=self.last)
                    .returning(AllocationRun.cancel_requested)
                    .execution_options(synchronize_session=False)
                ).scalar_one()
                session.commit()
        return self.stop


def _require_params(hotel: Hotel, asked: Mapping[str, Any]) -> None:
    known = {*HOUSE_KEYS, *SOLVE_KEYS, "auto_apply", "frozen"}
    faults = [{"field": key, "message": "unknown parameter"} for key in asked if key not in known]
    for key, low, high in (("horizon_nights", 1, 730), ("freeze_hours", 0, 24 * 730), ("move_budget", 0, 10**9)):
        value = asked.get(key)
        if value is not None and not (type(value) is int and low <= value <= high):
            faults.append({"field": key, "message": f"must be an integer in {low}..{high}"})
    try:
        HousePolicy.of(hotel, {key: asked[key] for key in HOUSE_KEYS if key in asked})
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        faults.append({"field": "weights", "message": f"not an allocation policy: {error}"})
    try:
        SolveParams(**{key: asked[key] for key in SOLVE_KEYS if key in asked})
    except InvalidProblem as error:
        faults += [{"field": f.where.removeprefix("params."), "message": f.message} for f in error.faults]
    except TypeError as error:
        faults.append({"field": "params", "message": str(error)})
    if faults:
        raise InvalidInput("The run's parameters have faults.", errors=faults)

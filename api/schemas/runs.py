"""Allocation runs: what is asked for, and what came of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Action, Input, Output, Word
from api.services.actor import Actor
from api.services.permissions import Permission
from models import AllocationRun, RunKind, RunState

Penalty = Annotated[int, Field(ge=0, le=1_000_000)]

# State that each action needs; cancelling needs one of two.
ACTIONS = {
    "apply": (RunState.PROPOSED,),
    "discard": (RunState.PROPOSED,),
    "undo": (RunState.APPLIED,),
    "cancel": (RunState.QUEUED, RunState.SOLVING),
}


class WeightsIn(Input):
    """Weights of soft terms, for this run only; what is not given is the hotel's own."""

    upgrade: Penalty | None = Field(default=None, description="Per night and rank above the booked type")
    wish: Penalty | None = Field(default=None, description="Of a wish that states no weight")
    apart: Penalty | None = Field(default=None, description="Per pair of a group and step between their rooms")
    not_connecting: Penalty | None = Field(default=None, description="Per member without a connecting room")
    gap: Annotated[list[Penalty], Field(max_length=30)] | None = Field(
        default=None, description="Of an idle run between two stays, by its nights: first one night, then two, ..."
    )


class RunIn(Input):
    """A run to be made. What is not given is the hotel's policy."""

    kind: Literal["nightly", "reshuffle"]
    horizon: Annotated[int, Field(ge=1, le=730)] | None = Field(default=None, description="Nights looked at")
    move_budget: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="The most stays that may change rooms"
    )
    freeze_hours: Annotated[int, Field(ge=0, le=17_520)] | None = Field(
        default=None, description="Stays arriving within so many hours keep their rooms"
    )
    weights: WeightsIn | None = None
    time_limit_s: Annotated[float, Field(gt=0, le=600)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    auto_apply: bool | None = Field(default=None, description="Apply the proposal at once if it is still current")

    def params(self) -> dict[str, Any]:
        """Return it in the service's terms, without what was not given."""
        given = self.model_dump(exclude_none=True, exclude={"kind"})
        if "horizon" in given:
            given["horizon_nights"] = given.pop("horizon")
        return given


class ApplyIn(Input):
    """What of a proposal to apply; all of it if neither is given."""

    accept: Annotated[tuple[Word, ...], Field(max_length=100_000, description="Bookings to move as proposed")] = ()
    reject: Annotated[tuple[Word, ...], Field(max_length=100_000, description="Bookings to leave as they are")] = ()


class RunOut(Output):
    """A run: what was asked, and how far it is."""

    id: UUID
    kind: RunKind
    state: RunState
    business_date: date
    params: dict[str, Any]
    progress: dict[str, Any]
    proof: str | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    applied_at: datetime | None
    undone_at: datetime | None
    ended_at: datetime | None
    version: int
    actions: tuple[Action, ...]

    @classmethod
    def of_run(cls, run: AllocationRun, actor: Actor, **more: Any) -> Self:
        """Return the answer that shows a run to this caller."""
        values = {name: getattr(run, name) for name in RunOut.model_fields if name not in {"id", "actions"}}
        return cls(id=run.public_id, actions=tuple(_actions(run, actor)), **values, **more)


class RunPageOut(Output):
    """One page of runs, newest first."""

    count: int
    next: str | None
    previous: str | None
    results: tuple[RunOut, ...]


class ChangeOut(Output):
    """A stay whose room the run changes, and why; no room is null."""

    booking_id: str
    from_room: str | None
    to_room: str | None
    reason: str


class UnplacedOut(Output):
    """A stay that the plan has no room for, and why."""

    booking_id: str
    reason: str


class DiffOut(Output):
    """The difference between the plan in force when the run began and its own."""

    placed: tuple[ChangeOut, ...]
    moved: tuple[ChangeOut, ...]
    released: tuple[ChangeOut, ...]
    kept: int
    unplaced: tuple[UnplacedOut, ...]


class ScoreOut(Output):
    """Penalties by term, and their sum; lower is better."""

    total: int
    terms: dict[str, int]


class RunDetailOut(RunOut):
    """A run with what it found. Until it is PROPOSED, score, bound, gap and diff are null."""

    status: str | None
    stopped_by: str | None
    score: ScoreOut | None
    bound: int | None
    gap: float | None
    wall_time_s: float | None
    notes: tuple[str, ...]
    problem_digest: str | None
    diff: DiffOut | None

    @classmethod
    def of_detail(cls, run: AllocationRun, actor: Actor) -> Self:
        """Return the answer that shows a run with its result."""
        result = run.result or {}
        names = ("status", "stopped_by", "score", "bound", "gap", "wall_time_s")
        return cls.of_run(
            run,
            actor,
            **{name: result.get(name) for name in names},
            notes=tuple(map(str, result.get("notes", ()))),
            problem_digest=run.problem_digest,
            diff=None if run.diff is None else _diff(run.diff),
        )


class AppliedOut(Output):
    """What applying wrote; ``not_considered`` has changed since the solve without standing in the way."""

    run: RunOut
    placed: int
    moved: int
    released: int
    not_considered: tuple[dict[str, Any], ...]


class UndoneOut(Output):
    """What undoing did: stays back in their former rooms, stays without a room again."""

    run: RunOut
    restored: int
    unplaced: int


def _actions(run: AllocationRun, actor: Actor) -> list[Action]:
    denied = () if actor.may(Permission.RUN_ALLOCATION) else ("no_permission",)
    found = []
    for name, states in ACTIONS.items():
        reasons = (*denied, *(() if run.state in states else ("wrong_state",)))
        found.append(Action(name=name, allowed=not reasons, reasons=reasons))
    return found


def _diff(stored: dict[str, Any]) -> DiffOut:
    def told(changes: list[dict[str, Any]]) -> tuple[ChangeOut, ...]:
        return tuple(
            ChangeOut(booking_id=c["stay"], from_room=c["before"], to_room=c["after"], reason=c["reason"])
            for c in changes
        )

    return DiffOut(
        placed=told(stored["placed"]),
        moved=told(stored["moved"]),
        released=told(stored["released"]),
        kept=stored["kept"],
        unplaced=tuple(UnplacedOut(booking_id=u["stay"], reason=u["reason"]) for u in stored["unplaced"]),
    )

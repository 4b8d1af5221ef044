"""Allocation runs: ask for one, look at it, apply, undo, discard or cancel it, and take its problem along."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import CanRun, CanView
from api.queue import enqueue_run
from api.routes.common import (
    HOTEL,
    IdempotencyName,
    IfMatch,
    Page,
    PageSize,
    answer_of,
    etag,
    page_links,
    request_key,
    send,
    tell_later,
    tell_once,
)
from api.schemas.assignment import ReasonIn
from api.schemas.problem import problems
from api.schemas.runs import AppliedOut, ApplyIn, RunDetailOut, RunIn, RunOut, RunPageOut, UndoneOut
from api.services.actor import Actor
from api.services.apply import Applied, apply_locked, stale_if_taken
from api.services.errors import WrongState
from api.services.idempotency import Answer, once
from api.services.partial import apply_partly
from api.services.runs import cancel_run, discard_run, get_run, list_runs, request_run
from api.services.undo import refused_if_taken, undo_locked
from models import Hotel, HotelSession, RunKind, RunState

router = APIRouter(prefix=f"{HOTEL}/allocation-runs", tags=["allocation"], responses=problems(401, 403, 404, 422, 503))


@router.post("/", status_code=202, response_model=RunOut, responses=problems(400, 409))
def create(caller: CanRun, request: Request, body: RunIn, idempotency_key: IdempotencyName = None) -> Response:
    """Ask for a run. It is QUEUED with its job in the same transaction; a worker solves it."""
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def ask() -> Answer:
            run = request_run(
                session, hotel, kind=RunKind(body.kind), actor=caller.actor, params=body.params(), clock=caller.clock
            )
            enqueue_run(session, hotel.id, run.id)
            where = f"{request.url.path.rstrip('/')}/{run.public_id}/"
            return answer_of(202, RunOut.of_run(run, caller.actor), {"Location": where} | etag(run.version))

        return once(session, hotel, caller.clock, key, ask)

    return send(caller.change(work))


@router.get("/")
def runs(
    caller: CanView,
    request: Request,
    kind: RunKind | None = None,
    state: Annotated[RunState | None, Query()] = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> RunPageOut:
    """List runs, newest first."""

    def work(session: HotelSession, hotel: Hotel) -> RunPageOut:
        offset = (page - 1) * page_size
        count, found = list_runs(session, hotel, kind=kind, state=state, limit=page_size, offset=offset)
        rows = tuple(RunOut.of_run(run, caller.actor) for run in found)
        return RunPageOut(count=count, results=rows, **page_links(request, page, more=page * page_size < count))

    return caller.read(work)


@router.get("/{run_id}/")
def run(caller: CanView, run_id: str, response: Response) -> RunDetailOut:
    """Show a run: state, progress, proof, score by term, and its changes with a reason for each."""
    found = caller.read(lambda session, hotel: get_run(session, hotel, run_id))
    response.headers.update(etag(found.version))
    return RunDetailOut.of_detail(found, caller.actor)


@router.get(
    "/{run_id}/problem/",
    response_class=Response,
    responses=problems(409) | {200: {"content": {"application/json": {}}, "description": "The instance file"}},
)
def problem(caller: CanView, run_id: str) -> Response:
    """Give the problem that the run solved: it replays with `python -m allocator solve`."""
    found = caller.read(lambda session, hotel: get_run(session, hotel, run_id))
    if found.problem is None:
        raise WrongState("The run has no problem yet.", state=found.state.value)
    headers = {
        "Digest": f"sha-256={found.problem_digest}",
        "Content-Disposition": f'attachment; filename="run-{found.public_id}.json"',
    }
    return Response(gzip.decompress(found.problem), 200, headers, "application/json")


@router.post("/{run_id}/apply/", response_model=AppliedOut, responses=problems(400, 409, 412))
def apply(
    caller: CanRun,
    request: Request,
    run_id: str,
    if_match: IfMatch,
    body: ApplyIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Make a proposal the fact. If what it touches has changed since: 409 with what changed, nothing written.

    With `accept` or `reject` only a part: what is rejected stays as it is, the rest is solved anew around both, and the
    answer shows the run of that new solve.
    """
    chosen = body or ApplyIn()
    if not chosen.accept and not chosen.reject:
        with stale_if_taken():
            return tell_once(
                caller,
                request,
                idempotency_key,
                chosen,
                lambda s, h: _applied(
                    apply_locked(s, h, run_id, caller.actor, if_version=if_match, clock=caller.clock), caller.actor
                ),
            )

    def part() -> AppliedOut:
        caller.read(lambda session, hotel: get_run(session, hotel, run_id, if_match))
        done = apply_partly(
            caller.engine,
            caller.hotel_id,
            run_id,
            caller.actor,
            accept=chosen.accept,
            reject=chosen.reject,
            clock=caller.clock,
        )
        return _applied(done, caller.actor)

    return tell_later(caller, request, idempotency_key, chosen, part)


@router.post("/{run_id}/undo/", response_model=UndoneOut, responses=problems(400, 409, 412))
def undo(
    caller: CanRun,
    request: Request,
    run_id: str,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Take a whole applied run back. If something depends on it: 409 with what does, nothing undone."""
    body = body or ReasonIn()

    def act(session: HotelSession, hotel: Hotel) -> UndoneOut:
        done = undo_locked(
            session, hotel, run_id, caller.actor, reason=body.reason, if_version=if_match, clock=caller.clock
        )
        return UndoneOut(run=RunOut.of_run(done.run, caller.actor), restored=done.restored, unplaced=done.unplaced)

    with refused_if_taken():
        return tell_once(caller, request, idempotency_key, body, act)


@router.post("/{run_id}/discard/", response_model=RunOut, responses=problems(400, 409, 412))
def discard(
    caller: CanRun,
    request: Request,
    run_id: str,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Put a proposal aside."""
    body = body or ReasonIn()

    def act(session: HotelSession, hotel: Hotel) -> RunOut:
        done = discard_run(
            session,
            hotel,
            run_id,
            actor=caller.actor,
            reason=body.reason,
            if_version=if_match,
            clock=caller.clock,
        )
        return RunOut.of_run(done, caller.actor)

    return tell_once(caller, request, idempotency_key, body, act)


@router.post("/{run_id}/cancel/", response_model=RunOut, responses=problems(409, 412))
def cancel(
    caller: CanRun, request: Request, run_id: str, if_match: IfMatch, idempotency_key: IdempotencyName = None
) -> Response:
    """Cancel a run: at once while it waits, soon while it is being solved."""

    def act(session: HotelSession, hotel: Hotel) -> RunOut:
        done = cancel_run(session, hotel, run_id, actor=caller.actor, if_version=if_match, clock=caller.clock)
        return RunOut.of_run(done, caller.actor)

    return tell_once(caller, request, idempotency_key, None, act)


def _applied(done: Applied, actor: Actor) -> AppliedOut:
    return AppliedOut(
        run=RunOut.of_run(done.run, actor),
        placed=done.placed,
        moved=done.moved,
        released=done.released,
        not_considered=done.not_considered,
    )

"""Closures of rooms: list, close, open again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import CanManageRooms, CanView
from api.routes.common import HOTEL, IdempotencyName, answer_of, etag, request_key, send
from api.schemas.base import Note, Word
from api.schemas.closures import ClosureIn, ClosureOut, ClosureQueryIn, ClosuresOut
from api.schemas.problem import problems
from api.services.closures import close_room, list_closures, open_room
from api.services.idempotency import Answer, once
from models import Hotel, HotelSession

router = APIRouter(prefix=f"{HOTEL}/closures", tags=["rooms"], responses=problems(401, 403, 404, 422, 503))


@router.get("/")
def closures(caller: CanView, query: Annotated[ClosureQueryIn, Query()]) -> ClosuresOut:
    """List closures that touch a period."""
    found = caller.read(
        lambda session, hotel: list_closures(session, hotel, starts_at=query.starts_at, ends_at=query.ends_at)
    )
    return ClosuresOut(count=len(found), results=tuple(map(ClosureOut.of, found)))


@router.post("/", status_code=201, response_model=ClosureOut, responses=problems(400, 409))
def close(
    caller: CanManageRooms, request: Request, body: ClosureIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Close a room. Over an assigned stay it is refused with its name; nothing is moved."""
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def make() -> Answer:
            made = close_room(
                session,
                hotel,
                body.room_number,
                starts_at=body.starts_at,
                ends_at=body.ends_at,
                kind=body.kind,
                reason=body.reason,
                actor=caller.actor,
                clock=caller.clock,
            )
            where = f"{request.url.path.rstrip('/')}/{made.id}/"
            return answer_of(201, ClosureOut.of(made), {"Location": where} | etag(made.version))

        return once(session, hotel, caller.clock, key, make)

    return send(caller.change(work))


@router.delete("/{closure_id}/", status_code=204)
def reopen(
    caller: CanManageRooms,
    closure_id: Annotated[Word, Path(description="Such as `C17`")],
    reason: Annotated[Note, Query()] = "",
) -> None:
    """End a closure."""
    caller.change(
        lambda session, hotel: open_room(
            session, hotel, closure_id, reason=reason, actor=caller.actor, clock=caller.clock
        )
    )

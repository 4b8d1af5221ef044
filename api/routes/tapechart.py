"""The tape chart: its data in one answer, a search that leaves no names in addresses, and what changes, live."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.access import Caller, CanRun, CanView
from api.live import PLAN, Changes
from api.routes.common import HOTEL, BookingId, IdempotencyName, tell_later
from api.schemas.problem import problems
from api.schemas.runs import RunDetailOut
from api.schemas.tapechart import ChartHitOut, ChartHitsOut, ChartQueryIn, ChartSearchIn, MakeRoomIn, TapeChartOut
from api.services.booking_query import NEAREST, BookingQuery
from api.services.bookings import list_bookings
from api.services.makeroom import make_room
from api.services.tapechart import tape_chart
from models import Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["tape chart"], responses=problems(401, 403, 404, 422, 503))

FOUND: Final = 20
ALIVE_EVERY_S: Final = 10.0
STREAM_S: Final = 300
"""At most so long lasts a stream; then its reader comes back, and is asked again whether they may."""


@router.get("/tape-chart/", response_model=TapeChartOut)
def chart(caller: CanView, query: Annotated[ChartQueryIn, Query()]) -> Response:
    """Show everything the chart needs: rooms, bookings with their places, those without a room, closures."""

    def work(session: HotelSession, hotel: Hotel) -> TapeChartOut:
        return TapeChartOut.of_chart(hotel, caller.actor, tape_chart(session, hotel, *query.days(hotel)))

    shown = caller.read(work, isolation="REPEATABLE READ")
    return Response(shown.model_dump_json(by_alias=True), media_type="application/json")


@router.post("/tape-chart/search/", responses=problems(400))
def search(caller: CanView, body: ChartSearchIn) -> ChartHitsOut:
    """Find bookings of any date by guest or id: who is in house and comes next first, then who was there last."""
    query = BookingQuery(search=body.search, ordering=NEAREST, page_size=FOUND)
    page = caller.read(lambda session, hotel: list_bookings(session, hotel, caller.actor, query))
    return ChartHitsOut(
        count=page.count,
        results=tuple(
            ChartHitOut(
                booking_id=row.booking_id,
                guest_name=row.guest_name,
                check_in=row.check_in,
                check_out=row.check_out,
                status=row.status,
                room_number=row.assigned_room_number,
                room_type=row.room_type,
            )
            for row in page.results
        ),
    )


@router.post(
    "/bookings/{booking_id}/make-room/", status_code=201, response_model=RunDetailOut, responses=problems(400, 409)
)
def room_made(
    caller: CanRun,
    request: Request,
    booking_id: BookingId,
    body: MakeRoomIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Propose that a booking gets a room which others are in: a run to look at, apply, undo or discard."""

    def act() -> RunDetailOut:
        run = make_room(
            caller.engine, caller.hotel_id, booking_id, body.room_number, actor=caller.actor, clock=caller.clock
        )
        return RunDetailOut.of_detail(run, caller.actor)

    return tell_later(caller, request, idempotency_key, body, act, status=201)


@router.get(
    "/events/",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
)
async def events(
    caller: CanView,
    request: Request,
    for_s: Annotated[int, Query(ge=0, le=STREAM_S, description="Seconds until the stream ends")] = STREAM_S,
) -> StreamingResponse:
    """Tell at once that something has changed: `plan` (read the hotel again), `run` (with its id), `alive`.

    The events carry ids only and may come more than once. When the stream ends, connect again.
    """
    changes: Changes = request.app.state.changes
    # The permission was checked in a transaction of its own; nothing is held while the stream is open.
    return StreamingResponse(_told(changes, caller, for_s), media_type="text/event-stream")


async def _told(changes: Changes, caller: Caller, for_s: int) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    ends = clock() + for_s
    with changes.watch(caller.hotel_id) as watcher:
        yield "retry: 1000\n\n" + _frame("alive", {})
        while clock() < ends:
            taken = await watcher.take(ALIVE_EVERY_S)
            for what in taken:
                yield _frame("plan", {}) if what == PLAN else _frame("run", {"run_id": what})
            if not taken:
                yield _frame("alive", {})


def _frame(event: str, data: dict[str, str]) -> str:
    return f"event: {event}\ndata: {json.dumps(data)}\n\n"

"""Questions that change nothing: fit, explain, what-if, trade-offs, the best days for a closure,
the price of a lock, time to spare before arrivals.

The hotel is read in one transaction, and the answer is worked out after it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import CanAssign, CanManageRooms, CanRun, CanView
from api.routes.common import HOTEL, BookingId
from api.schemas.answers import (
    ArrivalOut,
    DaysOut,
    ExplanationOut,
    FitIn,
    FitOut,
    FrontIn,
    FrontOut,
    LockPriceOut,
    PricesOut,
    SlackOut,
    UpkeepIn,
    UpkeepOut,
    WhatIfIn,
    WhatIfOut,
)
from api.schemas.base import Word
from api.schemas.problem import problems
from api.services.errors import InvalidInput
from api.services.explain import ask_explain, explain
from api.services.fitquestion import Question, answer_fit, ask_fit, ask_fit_of
from api.services.slack import ask_slack, slack
from api.services.tradeoffs import ask_trade_offs, trade_offs
from api.services.upkeep import ask_prices, ask_upkeep, dear_locks, plan_upkeep
from api.services.whatif import ClosureWish, GroupWish, Supposed, suppose, what_if
from models import Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["answers"], responses=problems(401, 403, 404, 422, 503))

MOMENT = "REPEATABLE READ"


@router.post("/availability/fit/", responses=problems(400, 409))
def fit(caller: CanView, body: FitIn) -> FitOut:
    """Tell whether a stay would fit if others changed rooms: who would have to, or why it does not."""

    def read(session: HotelSession, hotel: Hotel) -> Question:
        if body.booking_id is not None:
            return ask_fit_of(session, hotel, body.booking_id, max_moves=body.max_moves)
        if body.room_type is None or body.check_in is None or body.check_out is None:
            missing = [name for name in ("room_type", "check_in", "check_out") if getattr(body, name) is None]
            raise InvalidInput(errors=[{"field": name, "message": "is needed without booking_id"} for name in missing])
        return ask_fit(
            session,
            hotel,
            room_type=body.room_type,
            check_in=body.check_in,
            check_out=body.check_out,
            adults=body.adults,
            children=body.children,
            needs=body.needs,
            max_moves=body.max_moves,
            how_many=body.how_many,
        )

    return FitOut.of(answer_fit(caller.read(read, isolation=MOMENT)))


@router.get("/bookings/{booking_id}/explain/", responses=problems(409))
def explained(
    caller: CanView,
    booking_id: BookingId,
    room: Annotated[Word | None, Query(description="Another room: why not there?")] = None,
) -> ExplanationOut:
    """Say why a booking is in its room, why not in another, or why it has none, with ways out that work."""
    asked = caller.read(lambda session, hotel: ask_explain(session, hotel, booking_id, room=room), isolation=MOMENT)
    return ExplanationOut.of(explain(asked))


@router.post("/what-if/", responses=problems(400))
def supposed(caller: CanRun, body: WhatIfIn) -> WhatIfOut:
    """Solve the hotel as it is and as it might be, and tell the difference. Nothing is written."""

    def read(session: HotelSession, hotel: Hotel) -> Supposed:
        return suppose(
            session,
            hotel,
            weights=None if body.weights is None else body.weights.model_dump(exclude_none=True),
            unlock=body.unlock,
            end_closures=body.end_closures,
            closures=[ClosureWish(wish.room_number, wish.starts_at, wish.ends_at) for wish in body.closures],
            group=None if body.group is None else GroupWish(**body.group.model_dump()),
            horizon_nights=body.horizon,
            time_limit_s=body.time_limit_s,
        )

    return WhatIfOut.of(what_if(caller.read(read, isolation=MOMENT)))


@router.post("/what-if/front/", responses=problems(400))
def traded(caller: CanRun, body: FrontIn) -> FrontOut:
    """Find plans that trade moves against gaps against wishes. It takes up to a minute, and nothing is written."""
    asked = caller.read(lambda s, h: ask_trade_offs(s, h, horizon_nights=body.horizon), isolation=MOMENT)
    return FrontOut.of(trade_offs(asked, points=body.points, time_limit_s=body.time_limit_s))


@router.post("/closures/plan/", responses=problems(400))
def upkeep(caller: CanManageRooms, body: UpkeepIn) -> UpkeepOut:
    """Find the cheapest days for closing a room; nothing is closed yet."""
    asked = caller.read(
        lambda session, hotel: ask_upkeep(
            session,
            hotel,
            room=body.room_number,
            first=body.start_date,
            last=body.end_date,
            nights=body.nights,
        ),
        isolation=MOMENT,
    )
    found = plan_upkeep(asked)
    return UpkeepOut(count=len(found), results=tuple(map(DaysOut.of, found)))


@router.get("/lock-prices/")
def prices(caller: CanAssign, limit: Annotated[int, Query(ge=1, le=50)] = 10) -> PricesOut:
    """List what locks and closures cost now, dearest first, with the fee that would make up for a lock."""
    asked = caller.read(ask_prices, isolation=MOMENT)
    found = [LockPriceOut.of({**asdict(lock.price), "fee": lock.fee}) for lock in dear_locks(asked, limit)]
    return PricesOut(count=len(found), currency=asked.scale.currency, results=tuple(found))


@router.get("/arrivals/slack/")
def spare(
    caller: CanView,
    days: Annotated[int, Query(ge=0, le=60, description="Arrivals within so many days")] = 7,
    hours: Annotated[float, Query(gt=0, le=240, description="Time that a room should be empty before")] = 24,
) -> SlackOut:
    """List important arrivals by the time their rooms are empty before them, with rooms that are ready sooner."""
    found = slack(caller.read(lambda s, h: ask_slack(s, h, days=days, hours=hours), isolation=MOMENT))
    return SlackOut(count=len(found), results=tuple(map(ArrivalOut.of, found)))

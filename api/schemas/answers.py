"""Questions about the hotel as it stands: fit, explain, what-if, the best days for a closure, the price of a lock."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Input, Output, Word
from api.schemas.runs import WeightsIn
from api.schemas.times import Day, LocalMoment

Count = Annotated[int, Field(ge=0, le=100)]


class FitIn(Input):
    """A stay that somebody would like to make; or a booking that has no room (`booking_id`, and nothing of a stay)."""

    room_type: Word | None = Field(default=None, description="Code or name of the type")
    check_in: Day | None = None
    check_out: Day | None = None
    adults: Annotated[int, Field(ge=1, le=100)] = 1
    children: Count = 0
    needs: Annotated[tuple[Word, ...], Field(max_length=50)] = ()
    booking_id: Word | None = None
    max_moves: Annotated[int, Field(ge=0, le=1_000)] | None = Field(
        default=None, description="The most others that may change rooms; as many as it takes if not given"
    )
    how_many: bool = Field(default=False, description="Count how many more such stays fit, up to 50")


class MoveOut(Output):
    """A booking that would change rooms."""

    booking_id: str
    from_room: str | None
    to_room: str | None


class WhyOut(Output):
    """Why something does not fit: `capacity`, `too_many_moves` or `exhausted`."""

    kind: str
    message: str
    at: LocalMoment | None
    stays: int
    beds: int
    room_types: tuple[str, ...]
    booking_ids: tuple[str, ...]
    room_numbers: tuple[str, ...]
    verified: bool


class FitOut(Output):
    """Whether it fits (`fits`, `does_not_fit`, `unknown`), in which room, and who would move for it."""

    verdict: str
    room_number: str | None
    moves: tuple[MoveOut, ...]
    fewest: Annotated[bool, Field(description="It is proven that it takes no fewer moves")]
    why: WhyOut | None
    how_many: int | None
    how_many_exact: bool
    missing: Annotated[tuple[str, ...], Field(description="Bookings that have no room even as things are")]


class RoomViewOut(Output):
    """A room as the booking sees it."""

    room_number: str
    total: int
    parts: dict[str, int]
    free: bool
    misfits: tuple[str, ...]
    closed: bool
    blockers: tuple[str, ...]


class ExchangeOut(Output):
    """What it costs the whole hotel to give it the other room; an estimate unless `exact`."""

    possible: bool | None
    cost: Annotated[int | None, Field(description="If just these moves are made, and nothing else")]
    amount: Annotated[int | None, Field(description="If everybody is then placed anew as is best")]
    exact: bool
    low: int | None
    high: int | None
    moves: tuple[MoveOut, ...]
    why: WhyOut | None


class ElementOut(Output):
    """Something that stands in the way: a `stay`, a `lock`, a `closure` or a `rule` of the booking itself."""

    kind: str
    id: str
    room_number: str | None


class WayOut(Output):
    """Something that has been tried and works."""

    way: str
    subject: str
    message: str
    rooms: tuple[str, ...]
    moves: tuple[MoveOut, ...]
    cost: int
    since: LocalMoment | None
    until: LocalMoment | None


class PriceOut(Output):
    """What a lock or closure costs in points; an estimate between `low` and `high` unless `exact`."""

    kind: str
    id: str
    room_number: str
    amount: int
    exact: bool
    low: int
    high: int


class LockPriceOut(PriceOut):
    """With the fee that would make up for it: by the rates of the types, for a lock."""

    fee: Annotated[str | None, Field(description="In whole units of the currency; null where no rate says so")]


class PricesOut(Output):
    """Prices, dearest first."""

    count: int
    currency: str
    results: tuple[LockPriceOut, ...]


class ReadyRoomOut(Output):
    """A free room that is ready early enough; what taking it adds to the score."""

    room_number: str
    hours: Annotated[float | None, Field(description="Since it was last taken; null: it was not")]
    cost: int


class ArrivalOut(Output):
    """An important arrival, and how long its room stands empty before it."""

    booking_id: str
    priority: int
    arrives_at: LocalMoment
    room_number: str
    hours: float | None
    locked: bool
    enough: bool
    others: tuple[ReadyRoomOut, ...]


class SlackOut(Output):
    """Important arrivals, the least time to spare first."""

    count: int
    results: tuple[ArrivalOut, ...]


class ExplanationOut(Output):
    """Where a booking is and why, or why it is nowhere (`placed`, `fits`, `unplaced`, `unknown`)."""

    booking_id: str
    state: str
    here: RoomViewOut | None
    there: RoomViewOut | None
    exchange: ExchangeOut | None
    lock_price: PriceOut | None
    room_number: str | None
    moves: tuple[MoveOut, ...]
    why: WhyOut | None
    conflict: tuple[ElementOut, ...]
    minimal: bool
    ways_out: tuple[WayOut, ...]


class ClosureWishIn(Input):
    """A room that might be closed; hotel-local times without a zone."""

    room_number: Word
    starts_at: LocalMoment
    ends_at: LocalMoment


class GroupWishIn(Input):
    """Stays that might be booked, all alike."""

    room_type: Word
    check_in: Day
    check_out: Day
    rooms: Annotated[int, Field(ge=1, le=1_000)]
    adults: Annotated[int, Field(ge=1, le=100)] = 2


class WhatIfIn(Input):
    """What to suppose; nothing is written."""

    weights: WeightsIn | None = None
    unlock: Annotated[tuple[Word, ...], Field(max_length=1_000)] = ()
    end_closures: Annotated[tuple[Word, ...], Field(max_length=1_000)] = ()
    closures: Annotated[tuple[ClosureWishIn, ...], Field(max_length=100)] = ()
    group: GroupWishIn | None = None
    horizon: Annotated[int, Field(ge=1, le=730)] | None = Field(default=None, description="Nights looked at")
    time_limit_s: Annotated[float, Field(gt=0, le=10, description="Of each of the two solves")] = 3.0


class OutcomeOut(Output):
    """The best plan found; `usual_score` is by the hotel's own weights."""

    score: int
    terms: dict[str, int]
    usual_score: int
    bound: int
    gap: float
    moved: int
    placed: int
    unplaced: tuple[str, ...]


class WhatIfOut(Output):
    """As things are, as they might be, and the difference."""

    now: OutcomeOut
    then: OutcomeOut
    score_difference: int
    moved_difference: int
    unplaced_difference: int
    group_without_room: int


class FrontIn(Input):
    """What to trade for what: how many plans to look for, and how long."""

    points: Annotated[int, Field(ge=2, le=20, description="Plans to look for")] = 10
    horizon: Annotated[int, Field(ge=1, le=730)] | None = Field(default=None, description="Nights looked at")
    time_limit_s: Annotated[float, Field(gt=0, le=60, description="Of all of them")] = 50.0


class ChoiceOut(Output):
    """A plan that has been checked, by the hotel's own weights."""

    moves: Annotated[tuple[MoveOut, ...], Field(description="Bookings that would leave the room they hold")]
    gap: int
    wish: int
    score: int
    terms: dict[str, int]
    unplaced: tuple[str, ...]


class FrontOut(Output):
    """Plans to choose from, fewest moves first; none is as good as another in moves, gaps and wishes."""

    choices: tuple[ChoiceOut, ...]
    tried: Annotated[int, Field(description="Plans found, those left out among them")]


class UpkeepIn(Input):
    """A room to be closed for so many nights between two dates."""

    room_number: Word
    start_date: Day
    end_date: Day
    nights: Annotated[int, Field(ge=1, le=60)] = 1


class DaysOut(Output):
    """Days on which the room can be closed, and who changes rooms for it."""

    starts_at: LocalMoment
    ends_at: LocalMoment
    cost: int
    moves: tuple[MoveOut, ...]


class UpkeepOut(Output):
    """Such days, cheapest first; none where nobody can make room."""

    count: int
    results: tuple[DaysOut, ...]

"""Why a booking has this room, why not that one, and why another has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from time import monotonic
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from allocator.answers.compare import Comparison, Exchange, Place, explain_room, place_of
from allocator.answers.conflict import Conflict, Element, conflict
from allocator.answers.fit import DoesNotFit, Fits, Fitting
from allocator.answers.price import Price, price_of
from allocator.answers.ways_out import WayOut, ways_out
from allocator.plan import Plan
from allocator.problem import Stay
from api.services.errors import NotFound, WrongState
from api.services.snapshot import Snapshot
from api.services.standing import Move, Standing, Why, around, stand
from models import Booking, Hotel

PATIENCE_S: Final = 1.2
"""Of somebody at a desk, for an answer: no way out is begun after it."""

LEAST_S: Final = 0.2
"""For the conflict, and for ways out, however long what is before them took."""

QUICK: Final = 20_000
"""(stay, room) pairs to look at, whatever is asked, before CP-SAT is."""

FIT_EFFORT: Final = 0.5
"""Deterministic limit of CP-SAT for telling whether the booking fits, in about seconds; few need any."""

EFFORT: Final = 0.2
"""The same for whatever else is asked: parts of a conflict, and ways out."""

EXCHANGE_EFFORT: Final = 0.1
"""The same for each of the three solves of an exchange; in a large hotel they end in an estimate anyway."""


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as the booking sees it: what it would cost there, by term, and what stands in the way."""

    room_number: str
    total: int
    parts: Mapping[str, int]
    free: bool
    misfits: tuple[str, ...]
    closed: bool
    blockers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """What it costs the whole hotel to give the booking the other room; why, where that cannot be done.

    Attributes
    ----------
    exact
        Whether ``amount`` is the difference of two best plans; else it is an estimate, and the truth is between ``low``
        and ``high``.
    moves, cost
        The fewest others found that change rooms for it, and what the score rises by if just that is done.
    """

    possible: bool | None
    cost: int | None
    amount: int | None
    exact: bool
    low: int | None
    high: int | None
    moves: tuple[Move, ...]
    why: Why | None


@dataclass(frozen=True, slots=True)
class ElementView:
    """Something that stands in the way: ``stay``, ``lock``, ``closure`` or ``rule``, and which."""

    kind: str
    id: str
    room_number: str | None


@dataclass(frozen=True, slots=True)
class WayView:
    """A way out that has been tried: what to do, what it costs, who would move.

    Attributes
    ----------
    until, since
        What is left of a closure that is made shorter.
    """

    way: str
    subject: str
    message: str
    rooms: tuple[str, ...]
    moves: tuple[Move, ...]
    cost: int
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PriceView:
    """What a lock or a closure costs; the truth lies between ``low`` and ``high``."""

    kind: str
    id: str
    room_number: str
    amount: int
    exact: bool
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about where a booking is, or why it is nowhere.

    Attributes
    ----------
    state
        ``placed``, ``fits`` (no room yet, but it fits, ``moves`` others moving, perhaps more than it takes),
        ``unplaced`` or ``unknown``.
    minimal
        Whether the booking fits as soon as any one of ``conflict`` is gone.
    """

    booking_id: str
    state: str
    here: RoomView | None
    there: RoomView | None
    exchange: ExchangeView | None
    lock_price: PriceView | None
    room_number: str | None
    moves: tuple[Move, ...]
    why: Why | None
    conflict: tuple[ElementView, ...]
    minimal: bool
    ways_out: tuple[WayView, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A booking, and the hotel around it as it was read."""

    snapshot: Snapshot
    stay: Stay
    room: str | None
    business_date: date


def ask_explain(session: Session, hotel: Hotel, booking_id: str, *, room: str | None = None) -> Asked:
    """Read what the question is about; it is answered without the database.

    Raises
    ------
    NotFound
        If there is no such booking, or no such room.
    WrongState
        If the booking is over.
    """
    booking = session.scalar(select(Booking).where(Booking.hotel_id == hotel.id, Booking.booking_id == booking_id))
    if booking is None:
        raise NotFound
    snapshot = around(session, hotel, max(booking.check_in, hotel.business_date), booking.check_out)
    stay = snapshot.problem.stay_by_id.get(booking_id)
    if stay is None:
        raise WrongState(f"{booking_id} is {booking.status}: it has no stay ahead.", state=booking.status.value)
    if room is not None and room not in snapshot.problem.room_by_id:
        raise NotFound
    return Asked(snapshot, stay, room, hotel.business_date)


def explain(asked: Asked) -> Explanation:
    """Answer it."""
    end = monotonic() + PATIENCE_S
    period = (asked.stay.start, asked.stay.end)
    standing = stand(asked.snapshot, asked.stay.id, moving=asked.stay.room is None, during=period)
    stay = standing.problem.stay_by_id[asked.stay.id]
    current = standing.held.rooms.get(stay.id)
    empty = Explanation(stay.id, "placed", None, None, None, None, None, (), None, (), False, ())
    if asked.room is not None:
        there, exchange = _compared(standing, stay, asked.room)
        empty = replace(empty, there=there, exchange=exchange)
    if current is not None:
        here = place_of(standing.problem, standing.plan, stay, standing.problem.room_by_id[current])
        price = None
        if asked.stay.locked:
            problem, plan = standing.settled()
            price = price_view(standing, price_of(problem, plan, Element("lock", stay.id)))
        return replace(empty, here=_view(here), lock_price=price, room_number=current)
    found = Fitting(standing.problem, standing.plan).fit([stay], quick=QUICK, effort=FIT_EFFORT, prove=False)
    if isinstance(found, Fits):
        return replace(empty, state="fits", room_number=found.room, moves=_others(standing, found.plan, stay))
    if not isinstance(found, DoesNotFit):
        return replace(empty, state="unknown")
    problem, plan = standing.problem, standing.plan
    seconds = max((end - monotonic()) / 2, LEAST_S)
    reason = conflict(problem, plan, stay, found=found, quick=QUICK, effort=EFFORT, seconds=seconds)
    if reason is None:
        return replace(empty, state="unknown", why=standing.why(found))
    seconds = max(end - monotonic(), LEAST_S)
    ways = ways_out(problem, plan, stay, reason, quick=QUICK, effort=EFFORT, seconds=seconds)
    return replace(
        empty,
        state="unplaced",
        why=standing.why(found),
        conflict=_elements(standing, reason),
        minimal=reason.minimal,
        ways_out=tuple(_way(standing, way) for way in ways),
    )


def _compared(standing: Standing, stay: Stay, room: str) -> tuple[RoomView, ExchangeView]:
    problem, plan = standing.settled() if stay.id not in standing.missing else (standing.problem, standing.plan)
    found: Comparison = explain_room(problem, plan, stay.id, room, quick=QUICK, effort=EXCHANGE_EFFORT)
    told = found.exchange
    if isinstance(told, Exchange):
        moves = _others(standing, told.plan, stay)
        exchange = ExchangeView(True, told.cost, told.amount, told.exact, told.low, told.high, moves, None)
    elif isinstance(told, DoesNotFit):
        exchange = ExchangeView(False, None, None, True, None, None, (), standing.why(told))
    else:
        exchange = ExchangeView(None, None, None, False, None, None, (), None)
    return _view(found.there), exchange


def _others(standing: Standing, plan: Plan, stay: Stay) -> tuple[Move, ...]:
    return tuple(move for move in standing.moves(plan) if move.booking_id != stay.id)


def _view(place: Place) -> RoomView:
    return RoomView(place.room, place.total, place.parts, place.free, place.misfits, place.closed, place.blockers)


def price_view(standing: Standing, price: Price) -> PriceView:
    """Return a price as it is shown."""
    if price.of.kind == "lock":
        room = standing.problem.stay_by_id[price.of.id].room or ""
    else:
        room = next(c.room for c in standing.problem.closures if c.id == price.of.id)
    return PriceView(price.of.kind, price.of.id, room, price.amount, price.exact, price.low, price.high)


def _elements(standing: Standing, found: Conflict) -> tuple[ElementView, ...]:
    closed = {c.id: c.room for c in standing.problem.closures}
    return tuple(
        ElementView(e.kind, e.id, closed.get(e.id) if e.kind == "closure" else standing.plan.rooms.get(e.id))
        for e in found.elements
    )


def _way(standing: Standing, way: WayOut) -> WayView:
    axis = standing.house.axis
    period = None if way.period is None else (axis.moment(way.period[0]), axis.moment(way.period[1]))
    message = {
        "unlock": f"Unlock {way.subject}.",
        "end_closure": f"End closure {way.subject}.",
        "shorten_closure": f"Shorten closure {way.subject}"
        + (f" to {period[0]:%Y-%m-%d %H:%M} - {period[1]:%Y-%m-%d %H:%M}." if period else "."),
        "upgrade": f"Give a {way.subject} room.",
        "downgrade": f"Give a {way.subject} room, lower than what was booked.",
        "without": f"Do without {way.subject}.",
        "split": f"Change rooms after night {way.subject}.",
    }[way.way]
    moves = standing.moves(way.plan)
    since, until = period or (None, None)
    return WayView(way.way, way.subject, message, way.rooms, moves, way.cost, since, until)

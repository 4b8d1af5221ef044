"""Moves against gaps against wishes: the plans that a hotel can choose from; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from allocator.answers.front import Point
from allocator.answers.frontchild import front_apart
from api.services.snapshot import Snapshot, take_snapshot
from api.services.standing import Move, stand
from models import Hotel


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan that has been checked, by the hotel's own weights.

    Attributes
    ----------
    moves
        Bookings that would leave the room they hold.
    gap, wish
        Points of these two terms.
    score, terms
        Of the whole plan, without what those cost who cannot be placed at all.
    unplaced
        Who has no room in it.
    """

    moves: tuple[Move, ...]
    gap: int
    wish: int
    score: int
    terms: Mapping[str, int]
    unplaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TradeOffs:
    """Choices, fewest moves first, none as good as another in moves, gaps and wishes; ``tried`` plans in all."""

    choices: tuple[Choice, ...]
    tried: int


def ask_trade_offs(session: Session, hotel: Hotel, *, horizon_nights: int | None = None) -> Snapshot:
    """Read the hotel."""
    changes = {} if horizon_nights is None else {"horizon_nights": horizon_nights}
    return take_snapshot(session, hotel, changes=changes)


def trade_offs(snapshot: Snapshot, *, points: int = 10, time_limit_s: float = 50.0) -> TradeOffs:
    """Return the plans to choose from; who cannot be placed even if others move stays without a room in all of them."""
    standing = stand(snapshot)
    problem, plan = standing.settled()
    found = front_apart(problem, plan, points=points, time_limit_s=time_limit_s)
    return TradeOffs(tuple(_choice(point, standing.missing) for point in found.points), found.tried)


def _choice(point: Point, missing: tuple[str, ...]) -> Choice:
    moves = tuple(Move(change.stay, change.before, change.after) for change in point.moved)
    _, gap, wish = point.axes
    return Choice(moves, gap, wish, point.score.total, dict(point.score.terms), (*missing, *point.plan.unplaced))

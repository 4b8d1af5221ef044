"""Would one more stay fit if others changed rooms, who would have to, and how many more such stays could be sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from allocator.answers.fit import DoesNotFit, Fits, Fitting
from allocator.answers.sellable import Sellable, sellable
from allocator.problem import Stay
from api.services.errors import InvalidInput, NotFound, WrongState
from api.services.fitting import Wanted
from api.services.naming import find_type, unknown_type
from api.services.snapshot import Snapshot
from api.services.standing import Move, Standing, Why, around, stand
from models import Booking, BookingStatus, Hotel

MOST_COUNTED = 50
"""Further stays that are counted at most."""


@dataclass(frozen=True, slots=True)
class Question:
    """A stay, and the hotel around it as it was read."""

    snapshot: Snapshot
    stay: Stay
    max_moves: int | None
    how_many: bool


@dataclass(frozen=True, slots=True)
class FitAnswer:
    """The answer.

    Attributes
    ----------
    verdict
        ``fits``, ``does_not_fit`` or ``unknown`` (not known in the time allowed).
    fewest
        Whether it is proven that it cannot be done with fewer moves; not said where others wait for rooms as well.
    how_many
        How many more such stays fit, this one included; None if that was not asked.
    how_many_exact
        Whether one more does not fit, or counting stopped.
    missing
        Bookings that have been promised a room and have none even now.
    """

    verdict: str
    room_number: str | None
    moves: tuple[Move, ...]
    fewest: bool
    why: Why | None
    how_many: int | None
    how_many_exact: bool
    missing: tuple[str, ...]


def ask_fit(
    session: Session,
    hotel: Hotel,
    *,
    room_type: str,
    check_in: date,
    check_out: date,
    adults: int = 1,
    children: int = 0,
    needs: Sequence[str] = (),
    max_moves: int | None = None,
    how_many: bool = False,
) -> Question:
    """Read what the question is about; it is answered without the database.

    Raises
    ------
    InvalidInput
        If there is no such type, or the dates are impossible.
    """
    errors = []
    if check_out < check_in:
        errors.append({"field": "check_out", "message": "must not be before check_in"})
    if check_in < hotel.business_date:
        errors.append({"field": "check_in", "message": f"is before the business date {hotel.business_date}"})
    kind = find_type(session, hotel.id, room_type)
    if kind is None:
        errors.append(unknown_type())
    if errors or kind is None:
        raise InvalidInput(errors=errors)
    snapshot = around(session, hotel, check_in, check_out)
    wanted = Wanted(
        kind.id,
        check_in,
        check_out,
        adults,
        children,
        needs=tuple(needs),
        booking_id="new",
        status=BookingStatus.CONFIRMED,
    )
    return Question(snapshot, snapshot.house.stay_of(wanted), max_moves, how_many)


def ask_fit_of(session: Session, hotel: Hotel, booking_id: str, *, max_moves: int | None = None) -> Question:
    """Read the same about a booking that has no room.

    Raises
    ------
    NotFound
    WrongState
        If it is no stay that could be placed.
    """
    booking = session.scalar(select(Booking).where(Booking.hotel_id == hotel.id, Booking.booking_id == booking_id))
    if booking is None:
        raise NotFound
    snapshot = around(session, hotel, booking.check_in, booking.check_out)
    stay = snapshot.problem.stay_by_id.get(booking_id)
    if stay is None:
        raise WrongState(f"{booking_id} is {booking.status}, there is nothing to place.", state=booking.status.value)
    return Question(snapshot, stay, max_moves, how_many=False)


def answer_fit(question: Question) -> FitAnswer:
    """Answer it."""
    stay = question.stay
    standing = stand(question.snapshot, stay.id)
    found = Fitting(standing.problem, standing.plan).fit([stay], question.max_moves)
    counted = _counted(standing, question) if question.how_many else None
    many = None if counted is None else counted.count
    exact = counted is not None and counted.exact
    if isinstance(found, Fits):
        moves = tuple(move for move in standing.moves(found.plan) if move.booking_id != stay.id)
        fewest = not moves or (found.fewest and standing.plan == standing.held)
        return FitAnswer("fits", found.room, moves, fewest, None, many, exact, standing.missing)
    why = standing.why(found) if isinstance(found, DoesNotFit) else None
    verdict = "unknown" if why is None else "does_not_fit"
    return FitAnswer(verdict, None, (), False, why, many, exact, standing.missing)


def _counted(standing: Standing, question: Question) -> Sellable:
    return sellable(standing.problem, standing.plan, question.stay, most=MOST_COUNTED)

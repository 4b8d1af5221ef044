"""Asking first whether the hotel can hold a stay: a new one, one that is longer or otherwise now, one taken up again.

Nobody is moved for it here. What does not fit is refused with what could be had instead, or done all the same where
staff say so: they may have promised more than there is room for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.amend import Amended, OnConflict, Outcome, amend_booking
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict, RuleBroken
from api.services.expiry import Later, end_in_time
from api.services.fitting import Alternatives, Verdict, Wanted, alternatives, can_hold, can_hold_changed
from api.services.lifecycle import reinstate_booking
from api.services.newbooking import create_booking
from api.services.stays import find_stay
from api.services.transaction import read_hotel
from models import EXPECTED, Booking, BookingStatus, Hotel

EXACT: Final = ("room_type_id", "arrival_time", "departure_time", "gender", "allowed_rooms")
"""Fields of which another value may always ask for more; of the others more, longer or further is more."""


class NoRoom(Conflict):
    """The hotel cannot hold this stay, not even if other guests changed rooms.

    Attributes
    ----------
    extra
        ``alternatives``: codes of other ``room_types`` for these dates, and other ``dates`` for this type.
    """

    code = "no_room"

    def __init__(self, wanted: Wanted, **extra: Any) -> None:
        self.wanted = wanted
        super().__init__(**extra)


class FitUnknown(Conflict):
    """Whether the hotel can hold this stay could not be found out in time; please ask the hotel."""

    code = "fit_unknown"


@dataclass(frozen=True, slots=True)
class Held:
    """What came of a change, and whether the hotel can hold the booking as it is now.

    Attributes
    ----------
    fit
        None where the change asks for no more than the booking had.
    """

    done: Amended
    fit: Verdict | None


def require_held(session: Session, hotel: Hotel, wanted: Wanted) -> None:
    """Refuse a stay that the hotel cannot hold, or where nobody knows in time.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).

    Raises
    ------
    NoRoom, FitUnknown
    """
    verdict = can_hold(session, hotel, wanted)
    if verdict == Verdict.UNKNOWN:
        raise FitUnknown
    if verdict == Verdict.FULL:
        raise NoRoom(wanted)


@contextmanager
def offering(engine: Engine, hotel_id: int) -> Iterator[None]:
    """Have a refusal say what could be had instead; that takes longer, so nobody waits for the hotel meanwhile.

    Raises
    ------
    NoRoom
    """
    try:
        yield
    except NoRoom as refused:
        wanted = refused.wanted
        found = read_hotel(engine, hotel_id, lambda s, h: alternatives(s, h, wanted), isolation="REPEATABLE READ")
        raise NoRoom(wanted, **refused.extra, alternatives=_plain(found)) from None


def create_held(
    session: Session,
    hotel: Hotel,
    guest: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    overbook: bool = False,
    later: Later,
    clock: Clock = SYSTEM_CLOCK,
    **how: Any,
) -> Booking:
    """Make a booking as `create_booking` does, if the hotel can hold it; where it has a limit, it ends in time.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    overbook
        Make it even if there is no room for it, or nobody knows.
    how
        What else `create_booking` takes.

    Raises
    ------
    NoRoom, FitUnknown, InvalidInput
    """
    made = create_booking(session, hotel, guest, values, clock=clock, **how)
    if not overbook:
        require_held(session, hotel, Wanted.of(made))
    end_in_time(session, made, clock=clock, later=later)
    return made


def reinstate_held(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    actor: Actor,
    reason: str,
    overbook: bool = False,
    pay_until: datetime | None = None,
    later: Later,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Booking:
    """Take a booking up again as `reinstate_booking` does, if the hotel can hold it; it has no room then.

    Parameters
    ----------
    overbook
        Take it up even if there is no room for it, or nobody knows.
    pay_until
        As of `reinstate_booking`; where the booking has a limit, it ends in time.

    Raises
    ------
    NoRoom, FitUnknown, InvalidInput, WrongState, StaleVersion, NotFound
    """
    back = reinstate_booking(
        session,
        hotel,
        booking_id,
        actor=actor,
        reason=reason,
        pay_until=pay_until,
        if_version=if_version,
        clock=clock,
    )
    if not overbook:
        require_held(session, hotel, Wanted.of(back))
    end_in_time(session, back, clock=clock, later=later)
    return back


def amend_held(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    values: Mapping[str, Any],
    *,
    on_conflict: OnConflict = OnConflict.REFUSE,
    if_version: int | None = None,
    **how: Any,
) -> Held:
    """Change a booking as `amend_booking` does, after asking whether the hotel can hold what more it wants.

    A guest who stays longer in a room that is free may leave others without one: that is refused as well, unless
    ``on_conflict`` says that it be done all the same. What could not be found out in time is done, and said.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    how
        What else `amend_booking` takes.

    Raises
    ------
    NoRoom
        If the booking could keep its room, or has none, and the hotel cannot hold it.
    RuleBroken
        If it cannot keep its room; ``fit`` says whether the hotel could hold it in another.
    InvalidInput, WrongState, StaleVersion, NotFound
    """
    booking, _ = find_stay(session, hotel, booking_id, if_version)
    before = Wanted.of(booking)
    try:
        done = amend_booking(session, hotel, booking_id, values, on_conflict=on_conflict, if_version=if_version, **how)
    except RuleBroken as refused:
        if booking.status != BookingStatus.CHECKED_IN and not booking.locked:
            refused.extra["fit"] = can_hold_changed(session, hotel, Wanted.of(booking), before, kept=False).value
        raise
    wanted = Wanted.of(done.booking)
    if done.booking.status not in EXPECTED or not asks_more(before, wanted):
        return Held(done, None)
    fit = can_hold_changed(session, hotel, wanted, before, kept=done.outcome == Outcome.KEPT)
    if fit == Verdict.FULL and on_conflict == OnConflict.REFUSE:
        raise NoRoom(wanted, remedy="ask again with on_conflict=release: it is changed all the same")
    return Held(done, fit)


def asks_more(before: Wanted, now: Wanted) -> bool:
    """Tell whether a stay as changed may need what it did not need before."""
    return (
        now.check_in < before.check_in
        or now.check_out > before.check_out
        or now.adults + now.children > before.adults + before.children
        or not {*now.needs} <= {*before.needs}
        or any(getattr(now, name) != getattr(before, name) for name in EXACT)
    )


def _plain(other: Alternatives) -> dict[str, Any]:
    return {
        "room_types": list(other.room_types),
        "dates": [{"check_in": begin.isoformat(), "check_out": end.isoformat()} for begin, end in other.dates],
    }

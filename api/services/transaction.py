"""One transaction on one hotel: the hotel lock first, everything or nothing, conflicts by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from api.services.errors import Busy, NotFound, RoomTaken
from api.services.pause import pause_point
from models import Hotel, HotelSession, hotel_session, lock_hotel
from models.errors import DEADLOCK, EXCLUSION, LOCK_TIMEOUT, SERIALIZATION, sqlstate

T = TypeVar("T")

RETRIED: Final = frozenset({DEADLOCK, SERIALIZATION, LOCK_TIMEOUT})
"""Nothing was done, and a second try may find the way free."""

TURN_S: Final = 6.0
"""How long a thread waits for its turn at a hotel: as long as the database lets it wait for the hotel lock, twice."""

Work = Callable[[HotelSession, Hotel], T]

_turns: Final[dict[int, threading.Lock]] = {}


def change_hotel(engine: Engine, hotel_id: int, work: Work[T], *, first: Callable[[], None] | None = None) -> T:
    """Do ``work`` under the hotel lock and commit; whatever it raises leaves nothing behind.

    ``work`` may be called a second time, in a new transaction, so it must have no effect outside of it. Threads of one
    process take turns at a hotel: they would wait for its lock anyway, each with a transaction and a connection, and
    the one that has it would be slowed down by all that the others do meanwhile.

    Parameters
    ----------
    first
        Called before the hotel lock is taken: what it raises, such as a refusal that needs no lock, is all that
        happens. It sees what those before it have committed.

    Raises
    ------
    Busy
        If the turn did not come, or the hotel lock, or a lock behind it, could not be had twice in a row.
    RoomTaken
        If the database refused a second occupancy of a room.
    NotFound
        If there is no such hotel.
    """
    with _turn(hotel_id):
        if first is not None:
            first()
        try:
            return _changed(engine, hotel_id, work)
        except DBAPIError as error:
            if sqlstate(error) not in RETRIED:
                raise
        try:
            return _changed(engine, hotel_id, work)
        except DBAPIError as error:
            if sqlstate(error) in RETRIED:
                raise Busy from error
            raise


def read_hotel(engine: Engine, hotel_id: int, work: Work[T], *, isolation: str | None = None) -> T:
    """Do ``work`` without the lock, and keep nothing that it writes.

    Raises
    ------
    NotFound
        If there is no such hotel.
    """
    with hotel_session(engine, hotel_id, isolation=isolation) as session:
        hotel = session.enter_and_read()
        if hotel is None:
            raise NotFound
        return work(session, hotel)


@contextmanager
def _turn(hotel_id: int) -> Iterator[None]:
    turn = _turns.setdefault(hotel_id, threading.Lock())
    if not turn.acquire(timeout=TURN_S):
        raise Busy
    try:
        yield
    finally:
        turn.release()


def _changed(engine: Engine, hotel_id: int, work: Work[T]) -> T:
    try:
        with hotel_session(engine, hotel_id) as session:
            hotel = _locked(session, hotel_id)
            result = work(session, hotel)
            session.commit()
            pause_point("committed")
            return result
    except DBAPIError as error:
        if sqlstate(error) == EXCLUSION:
            raise RoomTaken from error
        raise


def _locked(session: HotelSession, hotel_id: int) -> Hotel:
    try:
        return lock_hotel(session, hotel_id)
    except LookupError:
        raise NotFound from None

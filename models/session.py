"""Sessions: one hotel each, rollback by default; the hotel lock; the allocation version."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Executable, event, select, text, update
from sqlalchemy.orm import Session, SessionTransaction

from models.hotel import Hotel

LOCK_TIMEOUT = "3s"

# One round trip for both, which others who want the hotel wait for.
_ENTERING = "SELECT set_config('app.hotel_id', :id, true), set_config('lock_timeout', :limit, true)"
_ENTER = text(_ENTERING)
_COLUMNS = Hotel.__table__.columns
_READING = f"SELECT {', '.join(_COLUMNS.keys())} FROM hotel WHERE id = :hotel"
_ENTER_AND_READ = select(Hotel).from_statement(text(f"{_ENTERING}; {_READING}").columns(*_COLUMNS))
_ENTER_AND_LOCK = (
    select(Hotel)
    .from_statement(text(f"{_ENTERING}; {_READING} FOR NO KEY UPDATE").columns(*_COLUMNS))
    .execution_options(populate_existing=True)
)


class HotelSession(Session):
    """A session whose every transaction sees one hotel only, by row security, and waits `LOCK_TIMEOUT` for a lock.

    ``app.hotel_id`` is set inside each transaction as it begins, so that it holds again after a commit or rollback in
    mid-session, and never outlives its transaction on a pooled connection.
    """

    def __init__(self, bind: Engine, hotel_id: int) -> None:
        super().__init__(bind, expire_on_commit=False)
        self.hotel_id = hotel_id
        self._enters_itself = False

    def enter_and_read(self) -> Hotel | None:
        """Begin a transaction and read the hotel."""
        return self._entered(_ENTER_AND_READ)

    def enter_and_lock(self) -> Hotel | None:
        """Begin a transaction and take the hotel lock."""
        return self._entered(_ENTER_AND_LOCK)

    def _entered(self, statement: Executable) -> Hotel | None:
        self._enters_itself = True
        try:
            values = {"id": str(self.hotel_id), "limit": LOCK_TIMEOUT, "hotel": self.hotel_id}
            return self.scalars(statement, values).one_or_none()
        finally:
            self._enters_itself = False


@event.listens_for(HotelSession, "after_begin")
def _enter_hotel(session: HotelSession, _transaction: SessionTransaction, connection: Connection) -> None:
    if not session._enters_itself:
        connection.execute(_ENTER, {"id": str(session.hotel_id), "limit": LOCK_TIMEOUT})


@contextmanager
def hotel_session(engine: Engine, hotel_id: int, *, isolation: str | None = None) -> Iterator[HotelSession]:
    """Open a session on one hotel. Nothing is kept unless ``session.commit()`` is called; leaving rolls back.

    Objects stay readable after the commit (they are not expired); read again what another transaction may change.

    Parameters
    ----------
    isolation
        Such as ``REPEATABLE READ`` for a snapshot; the engine's own (READ COMMITTED) if not given.
    """
    bound = engine.execution_options(isolation_level=isolation) if isolation else engine
    with HotelSession(bound, hotel_id) as session:
        yield session


@contextmanager
def global_session(engine: Engine) -> Iterator[Session]:
    """Open a session outside any hotel: staff and sign-ins, and no row of any hotel. Leaving rolls back."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


def lock_hotel(session: Session, hotel_id: int) -> Hotel:
    """Take the hotel lock until the transaction ends, and return the hotel as it is now.

    The lock is the hotel's row (``FOR NO KEY UPDATE``: rows that only point to the hotel are not held up). A row lock,
    not an advisory one, because what it guards lives in that row - the allocation version and the head of the audit
    chain - and because REPEATABLE READ then refuses to go on with a stale view. Take it first, once, on every write
    that consumes a room or makes an audit entry.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        SQLSTATE 55P03 if another holds it for longer than `LOCK_TIMEOUT`.
    LookupError
        If the session cannot see such a hotel.
    """
    if isinstance(session, HotelSession) and session.hotel_id == hotel_id and not session.in_transaction():
        hotel = session.enter_and_lock()
    else:
        hotel = session.get(Hotel, hotel_id, with_for_update={"key_share": True}, populate_existing=True)
    if hotel is None:
        raise LookupError(f"no hotel {hotel_id} in this session")
    return hotel


def bump_version(session: Session, hotel_id: int) -> int:
    """Raise the hotel's allocation version by one and return it.

    To be called once in each transaction that changes anything a snapshot reads: dates, type, party, needs, wishes,
    group, status, lock, occupancy, room, link, type, closure, policy.
    """
    statement = (
        update(Hotel)
        .where(Hotel.id == hotel_id)
        .values(allocation_version=Hotel.allocation_version + 1)
        .returning(Hotel.allocation_version)
    )
    version: Any = session.execute(statement).scalar_one()
    return int(version)

"""Whether somebody is at a run right now: a lock of the database that ends with the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

KEY: Final = "hashtextextended('keyrack run ' || CAST(:hotel AS text) || ' ' || CAST(:run AS text), 0)"
TAKE: Final = text(f"SELECT pg_try_advisory_lock({KEY})")
GIVE: Final = text(f"SELECT pg_advisory_unlock({KEY})")
HELD: Final = text(f"""
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) | objid::bigint = {KEY})
""")


@contextmanager
def attending(engine: Engine, hotel_id: int, run_id: int) -> Iterator[bool]:
    """Be the one who is at this run until the block ends; yield whether nobody else was.

    A connection is kept for it, without a transaction. Should the process die, or its machine, the database lets go of
    the lock with the connection, and the next one knows at once.
    """
    names = {"hotel": hotel_id, "run": run_id}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        alone = bool(connection.scalar(TAKE, names))
        try:
            yield alone
        finally:
            if alone:
                with suppress(DBAPIError):  # a connection that broke has let go of it already
                    connection.execute(GIVE, names)


def attended(session: Session, hotel_id: int, run_id: int) -> bool:
    """Tell whether somebody is at this run."""
    return bool(session.scalar(HELD, {"hotel": hotel_id, "run": run_id}))

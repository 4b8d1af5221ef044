"""Engines: how the service reaches its database."""

import time
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from models.prepared import prepare_statements

IDLE_S = 1.0
"""A connection that lay in the pool for longer is tested before it is used; one in constant use tells by itself."""


def driver_url(url: str | URL) -> URL:
    """Return ``url`` with the driver we use, whichever of PostgreSQL's spellings it came in.

    Raises
    ------
    ValueError
        If the URL is not one of PostgreSQL: the guarantees of the service need its exclusion constraints.
    """
    parsed = make_url(str(url).replace("postgres://", "postgresql://", 1)) if isinstance(url, str) else url
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(f"not a PostgreSQL database: {parsed.get_backend_name()}")
    return parsed.set(drivername="postgresql+psycopg2")


def make_engine(url: str | URL, **options: Any) -> Engine:
    """Return an engine on PostgreSQL; ``options`` go to `sqlalchemy.create_engine`.

    Connections that were idle are tested when taken from the pool, so a server restarted in a quiet moment costs no
    failed request, and one restarted under load only those it was at work on. They speak UTC. None of their
    statements is given to several processes of the server: starting these takes longer than answering a request.
    """
    settings: dict[str, Any] = {"hide_parameters": True} | options
    connect_args = {
        "application_name": "keyrack",
        "options": "-c timezone=UTC -c max_parallel_workers_per_gather=0",
    } | settings.pop("connect_args", {})
    engine = create_engine(driver_url(url), connect_args=connect_args, **settings)

    def ping_if_idle(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, _handed_out: PoolProxiedConnection
    ) -> None:
        if time.monotonic() - entry.info.get("returned", -IDLE_S) < IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    def returned(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["returned"] = time.monotonic()

    event.listen(engine, "checkout", ping_if_idle)
    event.listen(engine, "checkin", returned)
    prepare_statements(engine)
    return engine

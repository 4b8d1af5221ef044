"""Engines: how the service reaches its database."""

from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url


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

    Connections are tested when taken from the pool, so a restarted server costs no failed request, and speak UTC.
    """
    settings: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True} | options
    connect_args = {"application_name": "keyrack", "options": "-c timezone=UTC"} | settings.pop("connect_args", {})
    return create_engine(driver_url(url), connect_args=connect_args, **settings)

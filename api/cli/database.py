"""The database of a command: the one that the environment names, else the embedded one, brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from models.embedded import Server


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database, and the server it is on (whose ``home`` is None if it is not our own)."""

    server: Server
    url: str
    engine: Engine


@contextmanager
def opened(*, keep: bool = False) -> Iterator[Database]:
    """Open the database for one command.

    An embedded one is migrated on the way; one that the environment names is only migrated by ``keyrack migrate``.

    Parameters
    ----------
    keep
        Let the embedded server run on when the command ends.

    Raises
    ------
    Conflict
        If a database that the environment names has not been migrated.
    """
    from api.services.errors import Conflict
    from models import make_engine
    from models.embedded import resolve
    from models.embedded.provision import provision
    from models.migrate import pending

    with resolve(keep=keep) as server:
        own, url = server.home is not None, server.app_url()
        if own:
            provision(server)
        engine = make_engine(url)
        try:
            if not own and pending(engine):
                raise Conflict("The database is not at the revision that this version needs: run keyrack migrate.")
            yield Database(server, url, engine)
        finally:
            engine.dispose()

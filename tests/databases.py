"""Databases for tests: one migrated template a run, one clone of it a worker, cleaned between tests."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from models.embedded import Server
from models.embedded.provision import provision
from models.engine import make_engine

TEMPLATE = "keyrack_template"
WORTH_CLEANING = 2_000
"""Rows; after a test that left more, a new clone (50 ms) is cheaper than dead rows under every later test."""

# A test may drop a constraint or disable a trigger (that is what guard tests do). The event trigger
# notes it, and the next test gets a new clone instead of a cleaned one.
WATCH_SCHEMA = """
CREATE SCHEMA test_watch;
CREATE TABLE test_watch.changes (tag text);
CREATE FUNCTION test_watch.note() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN INSERT INTO test_watch.changes VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER test_watch ON ddl_command_end EXECUTE FUNCTION test_watch.note();
"""

OUR_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'test_watch') ORDER BY 1
"""

SIGN_OTHERS_OUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

RESTART_SEQUENCES = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database that belongs to the running test alone."""

    server: Server
    name: str

    @property
    def owner_url(self) -> str:
        """URL as the role that migrates."""
        return self.server.owner_url(self.name)

    @property
    def app_url(self) -> str:
        """URL as the service signs in: held by row security."""
        return self.server.app_url(self.name)

    @property
    def superuser_url(self) -> str:
        """URL as the role that sees and may do everything."""
        return self.server.superuser_url_of(self.name)


def make_template(server: Server, folder: Path) -> None:
    """Migrate the template, once a run: workers meet at a lock in `folder`."""
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "template.done"
        if done.exists():
            return
        provision(server, TEMPLATE)
        with administering(server) as connection:
            # Nobody may sit in the template: cloning refuses while somebody does.
            connection.execute(text(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false IS_TEMPLATE true"))
        done.touch()


class WorkerDatabase:
    """The one database of a test worker; `clean` makes it as good as new."""

    def __init__(self, server: Server, worker: str) -> None:
        self.database = Database(server, f"test_{worker}")
        self._engine = make_engine(
            self.database.superuser_url, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0
        )
        self._ours: list[str] = []  # tables that a test may leave rows in
        self._cloned = False

    def clean(self) -> Database:
        """Return the database without any trace of the test before."""
        if not self._cloned or not self._cleaned():
            self._clone()
        return self.database

    def drop(self) -> None:
        """Remove the database, whoever is still signed in."""
        self._engine.dispose()
        with administering(self.database.server) as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {self.database.name} WITH (FORCE)"))

    def _clone(self) -> None:
        self.drop()
        create = f"CREATE DATABASE {self.database.name} OWNER keyrack_owner TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
        with administering(self.database.server) as connection:
            connection.execute(text(create))
        with self._engine.connect() as connection:
            tables = connection.scalars(text(OUR_TABLES)).all()
            # What the migrations themselves filled (their own version, for one) stays.
            self._ours = [name for name in tables if not connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))]
            connection.execute(text(WATCH_SCHEMA))
            connection.execute(text("DELETE FROM test_watch.changes"))
        self._cloned = True

    def _cleaned(self) -> bool:
        """Delete what the last test left: a few ms where truncating takes 50. False where only a new clone will do."""
        try:
            with self._engine.connect() as connection:
                connection.execute(text(SIGN_OTHERS_OUT))
                if connection.scalar(text("SELECT EXISTS (SELECT FROM test_watch.changes)")):
                    return False
                # Foreign keys and the append-only triggers are for everybody else.
                connection.execute(text("SET session_replication_role = replica; SET lock_timeout = '2s'"))
                deletions = ", ".join(f"d{i} AS (DELETE FROM {name} RETURNING 1)" for i, name in enumerate(self._ours))
                counts = " + ".join(f"(SELECT count(*) FROM d{i})" for i in range(len(self._ours)))
                left = connection.scalar(text(f"WITH {deletions} SELECT {counts}"))
                connection.execute(text(RESTART_SEQUENCES))
        except DBAPIError:
            return False
        return left is not None and left <= WORTH_CLEANING


@contextmanager
def administering(server: Server, database: str | None = None) -> Iterator[Connection]:
    """Open one autocommitted connection as superuser."""
    engine = make_engine(server.superuser_url_of(database), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()

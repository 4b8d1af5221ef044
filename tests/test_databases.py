"""A test's database carries no trace of the test before it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import psycopg2.extensions
import pytest

from tests.databases import WORTH_CLEANING, Database, WorkerDatabase

ADD = "INSERT INTO staff (email, name, password_hash) SELECT 's' || n, 'n', 'x' FROM generate_series(1, %s) n"
GUARDS = "SELECT count(*) FROM pg_constraint WHERE conname = 'no_double_booking'"


@contextmanager
def connected(database: Database) -> Iterator[psycopg2.extensions.connection]:
    connection = psycopg2.connect(database.owner_url)
    try:
        yield connection
    finally:
        connection.close()


def ask(database: Database, question: str) -> object:
    with connected(database) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone() or (None,)
        return answer


@pytest.mark.parametrize("rows", [3, WORTH_CLEANING + 1])
def test_rows_and_numbers_start_anew(worker_database: WorkerDatabase, rows: int) -> None:
    database = worker_database.clean()
    revision = ask(database, "SELECT version_num FROM alembic_version")
    with connected(database) as connection:
        connection.cursor().execute(ADD, (rows,))
        connection.commit()
    assert ask(database, "SELECT max(id) FROM staff") == rows
    database = worker_database.clean()
    assert ask(database, "SELECT count(*) FROM staff") == 0
    with connected(database) as connection:
        connection.cursor().execute(ADD, (1,))
        connection.commit()
    assert ask(database, "SELECT max(id) FROM staff") == 1
    assert ask(database, "SELECT version_num FROM alembic_version") == revision


def test_a_guard_that_was_removed_is_back(worker_database: WorkerDatabase) -> None:
    database = worker_database.clean()
    with connected(database) as connection:
        connection.cursor().execute("ALTER TABLE occupancy DROP CONSTRAINT no_double_booking")
        connection.commit()
    assert ask(database, GUARDS) == 0
    assert ask(worker_database.clean(), GUARDS) == 1


def test_a_forgotten_connection_holds_nothing_up(worker_database: WorkerDatabase) -> None:
    with connected(worker_database.clean()) as forgotten:
        forgotten.cursor().execute("LOCK TABLE staff")
        assert ask(worker_database.clean(), "SELECT count(*) FROM staff") == 0
        with pytest.raises(psycopg2.OperationalError):
            forgotten.cursor().execute("SELECT 1")

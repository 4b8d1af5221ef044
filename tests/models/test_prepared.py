"""Statements prepared once a connection, and connections tested when they were idle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import ARRAY, BigInteger, Engine, bindparam, cast, func, select, text
from sqlalchemy.exc import OperationalError

from models.engine import make_engine
from models.prepared import PREPARED
from tests.databases import Database

ANY_OF = select(func.count()).where(
    func.coalesce(cast(bindparam("one"), BigInteger), 7) == func.any(bindparam("many", type_=ARRAY(BigInteger)))
)


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """One connection, so that what a test sees of it is what the next statement meets."""
    one = make_engine(database.app_url, pool_size=1, max_overflow=0)
    yield one
    one.dispose()


def names(engine: Engine) -> list[str]:
    """Return what the connection has prepared."""
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT name FROM pg_prepared_statements")))


def test_a_statement_is_prepared_once_and_answers_as_before(engine: Engine) -> None:
    prepared = ANY_OF.execution_options(**PREPARED)
    for values in [{"one": 1, "many": [1, 2]}, {"one": 3, "many": [1, 2]}, {"one": None, "many": [7]}]:
        with engine.connect() as connection:
            assert connection.scalar(prepared, values) == connection.scalar(ANY_OF, values)
    with engine.connect() as connection:
        assert connection.scalar(prepared, {"one": 1, "many": []}) == 0
    assert len(names(engine)) == 1


def test_what_comes_before_is_sent_along(engine: Engine) -> None:
    statement = text("SELECT set_config('keyrack.test', :value, true); SELECT current_setting('keyrack.test') || '%'")
    for value in ("a;b", "it's"):
        with engine.connect() as connection:
            assert connection.scalar(statement.execution_options(**PREPARED), {"value": value}) == f"{value}%"


def test_a_rollback_leaves_it_prepared(engine: Engine) -> None:
    prepared = ANY_OF.execution_options(**PREPARED)
    with engine.connect() as connection:
        connection.scalar(prepared, {"one": 1, "many": [1]})
        connection.rollback()
        assert connection.scalar(prepared, {"one": 1, "many": [1]}) == 1


def test_another_connection_prepares_it_for_itself(engine: Engine) -> None:
    prepared = ANY_OF.execution_options(**PREPARED)
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.scalar(prepared, {"one": 1, "many": [1]}) == 1
            connection.invalidate()


def cut(engine: Engine, app_engine: Engine) -> None:
    """End the pool's connection from the server's side, as a restart does."""
    with engine.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with app_engine.connect() as other:
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})


def test_an_idle_connection_that_was_cut_is_replaced_unnoticed(
    engine: Engine, app_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.engine.IDLE_S", 0.0)
    cut(engine, app_engine)
    assert names(engine) == []


def test_one_in_use_that_was_cut_fails_once(
    engine: Engine, app_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.engine.IDLE_S", 600.0)
    cut(engine, app_engine)
    with pytest.raises(OperationalError):
        names(engine)
    assert names(engine) == []

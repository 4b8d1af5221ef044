"""Roles belong to the whole server, so they are made again and again, by many at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from models import make_engine
from models.embedded import Server
from models.roles import _execute, ensure_database, ensure_roles
from tests.databases import administering


def test_many_starters_at_once_make_roles_and_database_once(server: Server, worker_id: str) -> None:
    name = f"made_{worker_id}"
    urls = [server.superuser_url_of(database) for database in (None, "template1", None, "template1")]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ensure_roles, urls))
        list(pool.map(lambda _: ensure_database(server.superuser_url, name), range(4)))
    with administering(server) as connection:
        owner = text("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = :name")
        assert connection.scalar(owner, {"name": name}) == "keyrack_owner"
        connection.execute(text(f"DROP DATABASE {name}"))


@pytest.mark.parametrize("password", ["a%sb", "it's", "x:y@z/\\", "%%", "ü"])
def test_any_password_is_taken_as_it_is(server: Server, worker_id: str, password: str) -> None:
    role = f'odd "{worker_id}"'
    with administering(server) as connection:
        _execute(connection, "CREATE ROLE %I LOGIN PASSWORD %L", role, password)
    try:
        url = make_engine(server.superuser_url).url.set(username=role, password=password)
        engine = make_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == role
        engine.dispose()
    finally:
        with administering(server) as connection:
            _execute(connection, "DROP ROLE %I", role)

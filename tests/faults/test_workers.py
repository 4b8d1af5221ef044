"""Workers killed (-9) at work: every hotel's night is done once, never twice at the same time, by whoever is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, create_engine, text

from api.services.verify import verify_hotel
from models import hotel_session
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.databases import Database

pytestmark = pytest.mark.faults

TAKEN_OVER_S = 60.0

STATES = """
SELECT hotel_id, count(*) FILTER (WHERE kind = 'nightly' AND state = 'APPLIED') AS applied,
       count(*) FILTER (WHERE state NOT IN ('APPLIED', 'CANCELLED', 'DISCARDED')) AS open, count(*) AS runs
FROM allocation_run GROUP BY hotel_id
"""
AT_ONCE = """
SELECT count(*) FROM allocation_run a JOIN allocation_run b ON a.hotel_id = b.hotel_id AND a.id < b.id
WHERE a.started_at IS NOT NULL AND b.started_at < coalesce(a.finished_at, a.ended_at)
"""


def hotels(engine: Engine, number: int, **policy: object) -> list[SmallHotel]:
    """Make hotels, each with guests to place and nights that are long due."""
    made = []
    for place in range(number):
        hotel = make_hotel(engine, slug=f"h{place}", rooms=3, policy={"time_limit_s": 20} | policy)
        for arrival in range(4):
            hotel.book(arrival, arrival + 2)
        made.append(hotel)
    return made


@contextmanager
def workers(database: Database, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run worker processes until the block ends."""
    environment = os.environ | {"DATABASE_URL": database.app_url, "KEYRACK_LOG_LEVEL": "WARNING"}
    started = [subprocess.Popen([sys.executable, "-m", "api.jobs"], env=environment) for _ in range(number)]
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()
            worker.wait()


def applied(database: Database) -> int:
    """Return how many hotels have their night; nothing but a superuser sees them all."""
    return sum(row.applied for row in states(database))


def states(database: Database) -> list[object]:
    engine = create_engine(database.superuser_url)
    with engine.connect() as connection:
        rows = connection.execute(text(STATES)).all()
        assert connection.scalar(text(AT_ONCE)) == 0, "two runs of one hotel at the same time"
    engine.dispose()
    return list(rows)


def wait_until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for a condition and return how long that took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "not in time"
        time.sleep(0.1)
    return time.monotonic() - begun


def require_each_night_once(database: Database, made: list[SmallHotel], *, killed: int = 0) -> None:
    rows = states(database)
    assert {row.hotel_id for row in rows} == {hotel.id for hotel in made}
    assert [row for row in rows if (row.applied, row.open) != (1, 0)] == []
    assert sum(row.runs for row in rows) <= len(made) + killed
    for hotel in made[:20]:
        assert len(hotel.rooming()) == 4
        assert list(verify_hotel(hotel.engine, hotel.id)) == []


def test_two_workers_do_every_night_once(database: Database, app_engine: Engine) -> None:
    made = hotels(app_engine, 12)
    with workers(database, 2):
        wait_until(lambda: applied(database) == len(made), 240)
    require_each_night_once(database, made)


def test_a_killed_workers_hotels_finish_elsewhere_within_a_minute(database: Database, app_engine: Engine) -> None:
    made = hotels(app_engine, 10)
    with workers(database, 2) as (victim, _):
        wait_until(lambda: applied(database) >= 2, 120)
        doing = wait_for_work_of(victim, database)
        victim.kill()
        wait_until(lambda: done(app_engine, doing), TAKEN_OVER_S)
        wait_until(lambda: applied(database) == len(made), 240)
    require_each_night_once(database, made, killed=1)


def test_after_all_workers_were_killed_the_next_one_finishes(database: Database, app_engine: Engine) -> None:
    made = hotels(app_engine, 6)
    with workers(database, 2) as both:
        wait_until(lambda: applied(database) >= 1, 120)
        wait_for_work_of(both[0], database)
        for worker in both:
            worker.kill()
    with workers(database, 1):
        wait_until(lambda: applied(database) == len(made), 240)
    require_each_night_once(database, made, killed=2)


def wait_for_work_of(worker: subprocess.Popen[bytes], database: Database) -> int:
    """Wait until this worker solves, by the child that it then has; return a hotel that is being solved for."""
    engine = create_engine(database.superuser_url)
    found: list[int] = []

    def solving() -> bool:
        with engine.connect() as connection:
            found[:] = connection.scalars(text("SELECT hotel_id FROM allocation_run WHERE state = 'SOLVING'")).all()
        return bool(found)

    wait_until(solving, 60)
    engine.dispose()
    assert worker.poll() is None
    return found[0]


def done(engine: Engine, hotel_id: int) -> bool:
    with hotel_session(engine, hotel_id) as session:
        return bool(session.scalar(text("SELECT EXISTS (SELECT FROM allocation_run WHERE state = 'APPLIED')")))


@pytest.mark.large
@pytest.mark.parametrize("number", [1, 2])
def test_hotels_a_minute(database: Database, app_engine: Engine, number: int) -> None:
    made = hotels(app_engine, int(os.environ.get("KEYRACK_HOTELS", "200")))
    with workers(database, number):
        wait_until(lambda: applied(database) >= 1, 120)
        begun = time.monotonic()
        wait_until(lambda: applied(database) == len(made), 3600)
        taken = time.monotonic() - begun
    print(f"{number} workers: {60 * (len(made) - 1) / taken:.0f} hotels a minute")
    require_each_night_once(database, made)


def test_the_service_has_another_worker_when_its_own_is_killed(database: Database, tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = os.environ | {
        "DATABASE_URL": database.app_url,
        "MIGRATION_URL": database.owner_url,
        "KEYRACK_SECRET_KEY": "secret of a test, long enough for it",
    }
    command = [sys.executable, "-m", "api.cli", "serve", "--port", "0"]
    with log.open("wb") as told, subprocess.Popen(command, env=environment, stderr=told, stdout=told) as service:
        try:
            seen: set[int] = set()

            def worker() -> bool:
                children = [c for c in psutil.Process(service.pid).children() if c.status() != psutil.STATUS_ZOMBIE]
                found = [c for c in children if "api.jobs" in c.cmdline()]
                fresh = [c for c in found if c.pid not in seen]
                for process in fresh:
                    seen.add(process.pid)
                    process.kill()
                return bool(fresh)

            wait_until(worker, 60)
            wait_until(worker, 60)
        finally:
            service.terminate()
            assert service.wait(60) == 0, log.read_text()[-2000:]

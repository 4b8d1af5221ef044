"""Workers killed (-9) at work: every hotel's night is done once, never twice at the same time, by whoever is left.

A worker that is to be killed first stops by itself at a pause point of the run that it has in hand
(`api.services.pause`), so it dies in the middle of it however fast or slow the machine is. Until then it lives: its
heart beats, its connections and their locks are there. ``KEYRACK_HOTELS=200`` does each with so many hotels.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, text

from api.services.pause import SETTING
from api.services.verify import verify_hotel
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.databases import Database, administering

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
    """Make hotels, so many or as many as ``KEYRACK_HOTELS`` says, with guests to place and nights that are long due."""
    made = []
    for place in range(int(os.environ.get("KEYRACK_HOTELS", number))):
        hotel = make_hotel(engine, slug=f"h{place}", rooms=3, policy={"time_limit_s": 20} | policy)
        for arrival in range(4):
            hotel.book(arrival, arrival + 2)
        made.append(hotel)
    return made


@contextmanager
def worker(database: Database, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker process until the block ends."""
    environment = os.environ | {"DATABASE_URL": database.app_url, "KEYRACK_LOG_LEVEL": "WARNING"} | settings
    with subprocess.Popen([sys.executable, "-m", "api.jobs"], env=environment) as started:
        try:
            yield started
        finally:
            started.kill()


@contextmanager
def stopped_worker(database: Database, point: str, reached: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker that begins with a hotel's night and stops for good at a point of it; wait until it has."""
    with worker(database, **{SETTING: f"{point}:{reached}"}) as stopped:

        def there() -> bool:
            assert stopped.poll() is None, "the worker ended before its point"
            return reached.exists()

        wait_until(there, 120)
        yield stopped


def applied(database: Database) -> int:
    """Return how many hotels have their night; nothing but a superuser sees them all."""
    return sum(row.applied for row in states(database))


def states(database: Database) -> list[Any]:
    """Return how far each hotel's runs are, after looking that no two of one hotel were at work at the same time."""
    with administering(database.server, database.name) as connection:
        assert connection.scalar(text(AT_ONCE)) == 0, "two runs of one hotel at the same time"
        return list(connection.execute(text(STATES)))


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "not in time"
        time.sleep(0.1)


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
    with worker(database), worker(database):
        wait_until(lambda: applied(database) == len(made), 240)
    require_each_night_once(database, made)


def test_a_killed_workers_hotel_is_finished_elsewhere_within_a_minute(
    database: Database, app_engine: Engine, tmp_path: Path
) -> None:
    made = hotels(app_engine, 10)
    with stopped_worker(database, "run-started", tmp_path / "reached") as victim, worker(database):
        wait_until(lambda: applied(database) == len(made) - 1, 240)
        assert sum(row.open for row in states(database)) == 1, "a hotel was taken from a worker that lives"
        victim.kill()
        wait_until(lambda: applied(database) == len(made), TAKEN_OVER_S)
    require_each_night_once(database, made, killed=1)


def test_after_all_workers_were_killed_the_next_one_finishes(
    database: Database, app_engine: Engine, tmp_path: Path
) -> None:
    made = hotels(app_engine, 6)
    with (
        stopped_worker(database, "run-started", tmp_path / "one") as solving,
        stopped_worker(database, "apply-written", tmp_path / "other") as applying,
    ):
        solving.kill()
        applying.kill()
    assert applied(database) == 0
    with worker(database):
        wait_until(lambda: applied(database) == len(made), 240)
    require_each_night_once(database, made, killed=2)


@pytest.mark.large
@pytest.mark.parametrize("number", [1, 2])
def test_hotels_a_minute(database: Database, app_engine: Engine, number: int) -> None:
    made = hotels(app_engine, 200)
    with ExitStack() as running:
        for _ in range(number):
            running.enter_context(worker(database))
        wait_until(lambda: applied(database) >= 1, 120)
        begun, before = time.monotonic(), applied(database)
        wait_until(lambda: applied(database) == len(made), 3600)
        taken = time.monotonic() - begun
    print(f"{number} workers: {60 * (len(made) - before) / taken:.0f} hotels a minute")
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
            killed: set[psutil.Process] = set()

            def one_more() -> bool:
                """Kill the service's worker, if it has one that is not killed yet."""
                for child in psutil.Process(service.pid).children():
                    with suppress(psutil.NoSuchProcess):  # the one that was killed goes while we look
                        if child not in killed and "api.jobs" in child.cmdline():
                            child.kill()
                            killed.add(child)
                            return True
                return False

            wait_until(one_more, 120)
            wait_until(one_more, 120)
        finally:
            service.terminate()
            assert service.wait(60) == 0, log.read_text()[-2000:]

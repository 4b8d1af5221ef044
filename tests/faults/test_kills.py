"""F4: the nightly batch killed (-9) while applying: all or nothing, every time, and the next run succeeds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from time import sleep

import pytest
from sqlalchemy import Engine

from api.services.nightly import run_night
from api.services.pause import SETTING
from api.services.runs import list_runs
from api.services.transaction import read_hotel
from api.services.verify import verify_hotel
from models import BookingStatus, RunState
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.databases import Database

pytestmark = pytest.mark.faults

POINTS = ("apply-begun", "apply-moved", "apply-written", "apply-recorded")
"""Before anything is written; between two statements; before the audit; before the commit."""


def hotel_with_work(engine: Engine, rng: Random) -> SmallHotel:
    """Return a hotel whose night must move one stay, place many and leave the guests in house alone."""
    hotel = make_hotel(engine, rooms=8, policy={"time_limit_s": 1})
    hotel.book(-2, 2, room="101", status=BookingStatus.CHECKED_IN)
    hotel.book(2, 5, room="102")
    hotel.book(5, 7, room="102")
    for _ in range(25):
        arrival = rng.randint(0, 20)
        hotel.book(arrival, arrival + rng.randint(1, 3))
    return hotel


def start_night(database: Database, point: str, paused: Path) -> subprocess.Popen[bytes]:
    """Start ``keyrack nightly`` for the hotel as an operator would, to stop for good at a point of applying."""
    environment = os.environ | {"DATABASE_URL": database.app_url, SETTING: f"{point}:{paused}"}
    command = [sys.executable, "-m", "api.cli", "nightly", "--hotel", "grand"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def wait_for(paused: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has reached its point; fail with what it said if it ends before."""
    while not paused.exists():
        if process.poll() is not None:
            raise AssertionError(process.stdout.read().decode() if process.stdout else "ended")
        sleep(0.01)


@pytest.mark.parametrize("attempt", range(20))
def test_a_night_killed_while_applying_leaves_nothing_half_done(
    attempt: int, seed: int, database: Database, app_engine: Engine, tmp_path: Path
) -> None:
    hotel = hotel_with_work(app_engine, Random(seed + attempt))
    before = hotel.live()
    paused = tmp_path / "paused"
    with start_night(database, POINTS[attempt % len(POINTS)], paused) as process:
        try:
            wait_for(paused, process)
        finally:
            process.kill()
    assert hotel.live() == before
    _, runs = read_hotel(app_engine, hotel.id, list_runs)
    assert [run.state for run in runs] == [RunState.PROPOSED]
    assert list(verify_hotel(app_engine, hotel.id)) == []

    outcome = run_night(app_engine, hotel.id)
    assert outcome.run.state == RunState.APPLIED
    assert hotel.live() != before
    assert list(verify_hotel(app_engine, hotel.id)) == []

"""A process killed in the middle of applying leaves nothing behind, and the next run succeeds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.services.apply import apply_run
from api.services.pause import SETTING
from api.services.verify import verify_hotel
from models import RunState
from tests.api.services.hotels import make_hotel
from tests.api.services.proposals import CLOCK, DESK, proposed
from tests.databases import Database

APPLY = """
import sys
from api.services.actor import Actor
from api.services.apply import apply_run
from models import make_engine
apply_run(make_engine(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Actor.system("desk"))
"""
POINTS = ("apply-begun", "apply-moved", "apply-written", "apply-recorded")


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_mid_apply(app_engine: Engine, database: Database, tmp_path: Path, point: str) -> None:
    hotel = make_hotel(app_engine)
    one, two, new = hotel.book(1, 3, room="101"), hotel.book(1, 3, room="102"), hotel.book(1, 3)
    run = proposed(hotel, {one: "102", two: "101", new: "103"})
    before = hotel.live()
    reached = tmp_path / "reached"
    child = subprocess.Popen(
        [sys.executable, "-c", APPLY, database.app_url, str(hotel.id), str(run.public_id)],
        env=os.environ | {SETTING: f"{point}:{reached}", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    while not reached.exists():
        assert child.poll() is None, "the child ended before it was to be killed"
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert hotel.live() == before
    assert verify_hotel(app_engine, hotel.id) == ()
    assert apply_run(app_engine, hotel.id, run.id, DESK, clock=CLOCK).run.state == RunState.APPLIED
    assert hotel.rooming() == {one: "102", two: "101", new: "103"}
    assert verify_hotel(app_engine, hotel.id) == ()

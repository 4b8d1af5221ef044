"""The queue: a job exists exactly if its run does, and a worker brings the run to its proposal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from subprocess import TimeoutExpired

import pytest
from sqlalchemy import Engine, text

from api.jobs import start_worker, work
from api.jobs.tasks import Work
from api.queue import enqueue_run
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK
from api.services.errors import Conflict
from api.services.runs import get_run, request_run
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, Hotel, HotelSession, RunKind, RunState
from tests.api.services.hotels import SmallHotel
from tests.databases import Database

JOBS = "SELECT task_name, lock, queueing_lock, args, status::text FROM procrastinate_jobs ORDER BY id"


def jobs(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(JOBS))]


def ask(session: HotelSession, hotel: Hotel) -> AllocationRun:
    params = {"time_limit_s": 3, "workers": 1}
    run = request_run(session, hotel, kind=RunKind.RESHUFFLE, actor=Actor.system("test"), params=params)
    enqueue_run(session, hotel.id, run.id)
    return run


def state(hotel: SmallHotel, run: AllocationRun) -> RunState:
    return read_hotel(hotel.engine, hotel.id, lambda s, h: get_run(s, h, run.id)).state


def test_a_run_and_its_job_are_committed_together(grand: SmallHotel, app_engine: Engine) -> None:
    run = change_hotel(app_engine, grand.id, ask)
    lock, name = f"hotel:{grand.id}", f"run:{grand.id}:{run.id}"
    assert jobs(app_engine) == [("solve_run", lock, name, {"hotel_id": grand.id, "run_id": run.id}, "todo")]


def test_a_rollback_takes_the_job_along(grand: SmallHotel, app_engine: Engine) -> None:
    def refused(session: HotelSession, hotel: Hotel) -> None:
        ask(session, hotel)
        raise Conflict

    with pytest.raises(Conflict):
        change_hotel(app_engine, grand.id, refused)
    assert jobs(app_engine) == []


def test_a_worker_solves_what_is_queued(grand: SmallHotel, app_engine: Engine) -> None:
    booking = grand.book(1, 3)
    run = change_hotel(app_engine, grand.id, ask)
    asyncio.run(work(Work(app_engine, SYSTEM_CLOCK), wait=False))
    assert state(grand, run) == RunState.PROPOSED
    found = read_hotel(app_engine, grand.id, lambda s, h: get_run(s, h, run.id))
    assert found.diff is not None
    assert [change["stay"] for change in found.diff["placed"]] == [booking]
    assert jobs(app_engine) == []


def test_a_cancelled_run_is_left_alone(grand: SmallHotel, app_engine: Engine) -> None:
    from api.services.runs import cancel_run

    run = change_hotel(app_engine, grand.id, ask)
    change_hotel(app_engine, grand.id, lambda s, h: cancel_run(s, h, run.id, actor=Actor.system("test")))
    asyncio.run(work(Work(app_engine, SYSTEM_CLOCK), wait=False))
    assert state(grand, run) == RunState.CANCELLED
    assert jobs(app_engine) == []


def test_the_worker_process_works_and_ends_with_its_parent(
    grand: SmallHotel, app_engine: Engine, database: Database
) -> None:
    with start_worker(database.app_url) as worker:
        run = change_hotel(app_engine, grand.id, ask)
        deadline = time.monotonic() + 60
        while state(grand, run) in {RunState.QUEUED, RunState.SOLVING} and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutExpired):
                worker.wait(0.1)
        assert state(grand, run) == RunState.PROPOSED
        assert worker.stdin is not None
        worker.stdin.close()  # what the system does when the parent dies
        assert worker.wait(30) == 0

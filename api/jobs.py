"""The queue's tasks and the worker that does them: ``python -m api.jobs``."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import procrastinate
import structlog
from procrastinate import JobContext, PsycopgConnector, RetryStrategy
from sqlalchemy import Engine

from api import logs
from api.queue import SOLVE_RUN, queue
from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK
from api.services.nightly import finish_run, run_night
from api.services.runs import get_run, is_lost
from api.services.transaction import read_hotel
from api.settings import DatabaseSettings
from models import RunKind, RunState, make_engine
from models.engine import driver_url

SWEEP_EVERY_S: Final = 20.0
ACTOR: Final = Actor.system("worker")

log = structlog.get_logger(__name__)


class StillSolving(Exception):
    """Another worker seems to be at this run; look again when it must have finished or be lost."""


@queue.task(
    name=SOLVE_RUN,
    pass_context=True,
    retry=RetryStrategy(max_attempts=30, wait=30, retry_exceptions={StillSolving}),
)
def solve_run(context: JobContext, *, hotel_id: int, run_id: int) -> None:
    """Solve a queued run and apply it where that was asked for. A run that is over already needs nothing."""
    engine: Engine = context.additional_context["engine"]
    structlog.contextvars.bind_contextvars(hotel_id=hotel_id, run_id=run_id)
    run = read_hotel(engine, hotel_id, lambda session, hotel: get_run(session, hotel, run_id))
    if run.state == RunState.SOLVING and not is_lost(run, SYSTEM_CLOCK):
        raise StillSolving
    if run.state not in {RunState.QUEUED, RunState.SOLVING}:
        log.info("run needs no solving", state=run.state.value)
        return
    if run.kind == RunKind.NIGHTLY:
        outcome = run_night(engine, hotel_id, actor=ACTOR)
    else:
        outcome = finish_run(engine, hotel_id, run, actor=ACTOR)
    log.info("run solved", state=outcome.run.state.value, stale=len(outcome.stale))


async def work(engine: Engine, *, wait: bool = True) -> None:
    """Do jobs, one after the other, until told to stop, or without ``wait`` until there are none."""
    url = driver_url(engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    with queue.replace_connector(connector) as app:
        async with app.open_async():
            sweeping = asyncio.create_task(_sweep_again_and_again(app))
            try:
                await app.run_worker_async(
                    wait=wait,
                    concurrency=1,
                    additional_context={"engine": engine},
                    install_signal_handlers=wait,
                    shutdown_graceful_timeout=5,
                    delete_jobs="successful",
                )
            finally:
                sweeping.cancel()


async def sweep(app: procrastinate.App) -> int:
    """Put the jobs of workers that no longer show signs of life back into the queue, and return how many."""
    stalled = list(await app.job_manager.get_stalled_jobs())
    for job in stalled:
        await app.job_manager.retry_job(job)
        log.warning("job of a lost worker queued again", job=job.id, lock=job.lock)
    return len(stalled)


async def _sweep_again_and_again(app: procrastinate.App) -> None:
    while True:
        try:
            await sweep(app)
        except procrastinate.exceptions.ConnectorException:
            log.warning("sweep failed", exc_info=True)
        await asyncio.sleep(SWEEP_EVERY_S)


def start_worker(database_url: str, *, log_level: str = "INFO") -> subprocess.Popen[bytes]:
    """Start a worker as a child process that ends with its parent, however that ends.

    The parent holds the other end of the child's standard input; ``close()`` it or `terminate` to end it sooner.
    """
    environment = {**os.environ, "DATABASE_URL": database_url, "KEYRACK_LOG_LEVEL": log_level}
    return subprocess.Popen(
        [sys.executable, "-m", "api.jobs", "--with-parent"],
        stdin=subprocess.PIPE,
        env=environment,
        cwd=Path(__file__).resolve().parent.parent,
    )


def _end_with_parent() -> None:
    """Stop this process when its standard input ends, which it does with the parent."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def main(arguments: list[str] | None = None) -> None:
    """Run a worker on ``DATABASE_URL`` until it is told to stop (SIGTERM, SIGINT)."""
    parser = argparse.ArgumentParser(prog="python -m api.jobs", description=main.__doc__)
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    options = parser.parse_args(arguments)
    settings = DatabaseSettings.from_environment()
    logs.configure(settings.log_level)
    if options.with_parent:
        _end_with_parent()
    engine = make_engine(settings.database_url.get_secret_value(), pool_size=4)
    log.info("worker started")
    try:
        asyncio.run(work(engine))
    finally:
        engine.dispose()
    log.info("worker stopped")


if __name__ == "__main__":
    main()

"""One worker: two lanes of jobs, long ones and short ones, and the clerk beside them."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Final

import procrastinate
import structlog
from procrastinate import PsycopgConnector
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from api import logs
from api.jobs import tasks
from api.jobs.clerk import HEARTBEAT_S, STALLED_S, keep_looking
from api.queue import POST, SOLVING, queue
from api.services.clock import Clock, ShiftedClock
from api.services.post.carriers import Carrier, Mailbox, Nobody, SmsGateway, Smtp
from api.services.post.messages import Carriers
from api.settings import WorkerSettings
from models import make_engine
from models.engine import driver_url

LANES: Final = {SOLVING: 1, POST: 4}
"""Jobs that a worker does at the same time, by lane."""

GRACE_S: Final = 5.0
AGAIN_AFTER_S: Final = 3.0

log = structlog.get_logger(__name__)


def connected(engine: Engine) -> procrastinate.App:
    """Return the queue with connections of its own, to the same database; open it before use."""
    url = driver_url(engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
    return queue.with_connector(PsycopgConnector(conninfo=url, min_size=1, max_size=8))


async def work(job: tasks.Work, *, wait: bool = True, solvers: int = 1) -> None:
    """Do jobs until this is cancelled, or without ``wait`` those that are in the queue.

    Parameters
    ----------
    wait
        Also look for what is due, and for the jobs of lost workers.
    solvers
        Hotels solved for at the same time; each takes a core or more.
    """
    async with connected(job.engine).open_async() as app:
        context = {"work": job}

        async def lane(queues: list[str], at_once: int) -> None:
            await app.run_worker_async(
                queues=queues,
                wait=wait,
                concurrency=at_once,
                additional_context=context,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_S,
                delete_jobs="successful",
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALLED_S,
            )

        if not wait:
            await lane(list(LANES), 1)
            return
        lanes = LANES | {SOLVING: solvers}
        parts = [asyncio.create_task(lane([name], at_once)) for name, at_once in lanes.items()]
        parts.append(asyncio.create_task(keep_looking(job.engine, job.clock, job.keep)))
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:  # a lane ends only when its connection does
                part.result()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)


async def work_on(job: tasks.Work, *, solvers: int = 1) -> None:
    """Do jobs until the process is told to stop (SIGTERM, SIGINT); a database that is away is waited for."""
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        working = asyncio.create_task(work(job, solvers=solvers))
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return
        error = working.exception()
        if error is not None and not isinstance(error, procrastinate.exceptions.ConnectorException | OperationalError):
            raise error
        log.warning("the queue cannot be reached; trying again", seconds=AGAIN_AFTER_S)
        await asyncio.wait([stopping], timeout=AGAIN_AFTER_S)


def start_worker(database_url: str, *, log_level: str = "INFO") -> subprocess.Popen[bytes]:
    """Start a worker as a child process that ends with its parent, however that ends.

    The parent holds the other end of the child's standard input; ``close()`` it or `terminate` to end it sooner.
    """
    environment = {**os.environ, "DATABASE_URL": database_url, "KEYRACK_LOG_LEVEL": log_level}
    return subprocess.Popen(
        [sys.executable, "-m", "api.jobs", "--with-parent"],
        stdin=subprocess.PIPE,
        env=environment,
        cwd=Path(__file__).resolve().parents[2],
    )


def _end_with_parent() -> None:
    """Stop this process when its standard input ends, which it does with the parent."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def carriers_of(settings: WorkerSettings, clock: Clock) -> Carriers:
    """Return by which way messages go: a folder, a mail server, a gateway, or none."""
    mail: Carrier = Nobody()
    if settings.mailbox is not None:
        mail = Mailbox(settings.mailbox, settings.mail_from, clock)
    elif settings.smtp_host is not None:
        mail = Smtp(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            settings.mail_from,
            clock,
            settings.smtp_user,
            settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        )
    sms: Carrier = Nobody()
    if settings.sms_url is not None:
        sms = SmsGateway(settings.sms_url, settings.sms_token.get_secret_value() if settings.sms_token else "")
    return Carriers(mail, sms)


def run_worker(settings: WorkerSettings, *, solvers: int = 1) -> None:
    """Run a worker until it is told to stop."""
    engine = make_engine(settings.database_url.get_secret_value(), pool_size=2 * solvers + LANES[POST] + 2)
    log.info("worker started", solvers=solvers)
    try:
        clock = ShiftedClock(settings.clock_ahead_s)
        keep = timedelta(days=settings.keep_days)
        carriers = carriers_of(settings, clock)
        job = tasks.Work(engine, clock, carriers, settings.private_webhooks, keep, settings.address)
        asyncio.run(work_on(job, solvers=solvers))
    finally:
        engine.dispose()
    log.info("worker stopped")


def main(arguments: list[str] | None = None) -> None:
    """Run a worker on ``DATABASE_URL`` until it is told to stop (SIGTERM, SIGINT)."""
    parser = argparse.ArgumentParser(prog="python -m api.jobs", description=main.__doc__)
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    parser.add_argument("--solvers", type=int, default=1, help="hotels solved for at the same time")
    options = parser.parse_args(arguments)
    settings = WorkerSettings.from_environment()
    logs.configure(settings.log_level)
    if options.with_parent:
        _end_with_parent()
    run_worker(settings, solvers=options.solvers)

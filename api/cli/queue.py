"""The queue: a worker for it, and how it stands."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.faults import REFUSED, tell
from api.cli.show import say, table


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("worker", short_help="Do what waits in the queue.")(worker)
    app.command("jobs", short_help="How the queue stands.")(jobs)


def worker(
    solvers: Annotated[int, typer.Option(min=1, max=64, help="Hotels solved for at the same time.")] = 1,
) -> None:
    """Do what waits: nights, runs, mail, webhooks, expiries. Start as many, on as many machines, as wanted.

    It stops when told to (Ctrl-C, SIGTERM). What it was at is taken up by another, or by the next one to start.
    """
    from api import logs
    from api.cli.database import opened
    from api.jobs.worker import run_worker
    from api.settings import WorkerSettings

    with opened() as database:
        settings = WorkerSettings.for_database(database.url)
        logs.configure(settings.log_level)
        run_worker(settings, solvers=solvers)


def jobs() -> None:
    """Show what waits, what is being done, what was given up, and which workers live; exit 1 if something was.

    A night that failed three times is set aside: `keyrack nightly` tries it again.
    """
    from api.cli.database import opened
    from api.services.clock import SYSTEM_CLOCK
    from api.services.hotels import all_hotels
    from api.services.jobs import queue_state

    with opened() as database:
        state = queue_state(database.engine, SYSTEM_CLOCK)
        names = (
            {hotel.id: hotel.slug for hotel in all_hotels(database.engine)} if state.failed or state.set_aside else {}
        )
    table(["task", "status", "jobs"], [[task, status, number] for (task, status), number in state.jobs.items()])
    say(f"workers' lanes: {len(state.workers)}, last sign of life {max(state.workers, default=0):.0f} s ago at most")
    say(f"the oldest job that could be done has waited {state.oldest_s:.0f} s")
    say(f"hotels whose night is due: {state.nights_due}, with events to deliver: {state.hotels_with_events}")
    for what, numbers in (("messages to guests", state.messages), ("webhooks", state.webhooks)):
        say(f"{what}: {numbers['PENDING']} wait, {numbers['FAILED']} were given up")
    for job in state.failed:
        hotel = names.get(job.hotel_id or 0, "-")
        tell(f"given up: job {job.id}, {job.task}, hotel {hotel}, after {job.attempts} attempts")
    for hotel_id in state.set_aside:
        tell(f"set aside: the night of {names.get(hotel_id, hotel_id)}, after three failures")
    if state.failed or state.set_aside:
        raise typer.Exit(REFUSED)

"""The queue on the same PostgreSQL: what is put into it in a transaction exists if, and only if, that commits."""

from __future__ import annotations

from typing import Final

import procrastinate
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy.orm import Session

SOLVE_RUN: Final = "solve_run"
"""Task of `api.jobs`: solve a queued run, and apply it where that was asked for."""

# It never opens a connection of its own here: each job is put in through the connection of a session.
queue: Final = procrastinate.App(connector=SQLAlchemyPsycopg2Connector())


def enqueue_run(session: Session, hotel_id: int, run_id: int) -> int:
    """Put a run into the queue, in the session's transaction, and return the job's id.

    Jobs of one hotel never run at the same time, whatever the number of workers.
    """
    task = queue.configure_task(
        SOLVE_RUN,
        lock=f"hotel:{hotel_id}",
        queueing_lock=f"run:{hotel_id}:{run_id}",
        connection=session.connection(),
    )
    return task.defer(hotel_id=hotel_id, run_id=run_id)

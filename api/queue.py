"""The queue on the same PostgreSQL: what is put into it in a transaction exists if, and only if, that commits."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import procrastinate
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy.orm import Session

from models import Booking, Membership

SOLVING: Final = "solving"
"""The lane of what takes minutes: runs and nights."""

POST: Final = "post"
"""The lane of what takes moments, so that no message waits for a night: events, messages, webhooks, expiries."""

SOLVE_RUN: Final = "solve_run"
"""Task of `api.jobs`: solve a queued run, and apply it where that was asked for."""

NIGHT: Final = "night"
"""Task of `api.jobs`: the night of a hotel."""

DISPATCH: Final = "dispatch"
"""Task of `api.jobs`: a hotel's waiting events."""

SEND: Final = "send_message"
"""Task of `api.jobs`: a message to a guest."""

INVITE: Final = "send_invitation"
"""Task of `api.jobs`: an invitation to work in a hotel."""

CALL: Final = "call_webhook"
"""Task of `api.jobs`: an event to an address."""

EXPIRE: Final = "expire_booking"
"""Task of `api.jobs`: a booking that may still be unpaid."""

TIDY: Final = "tidy"
"""Task of `api.jobs`: what is over in a hotel, and what waits there without a job."""

NOW: Final = timedelta(0)

# It never opens a connection of its own here: each job is put in through the connection of a session.
queue: Final = procrastinate.App(connector=SQLAlchemyPsycopg2Connector())


def hotel_lock(hotel_id: int) -> str:
    """Return the lock of everything that solves for a hotel: one at a time, whatever the number of workers."""
    return f"hotel:{hotel_id}"


def enqueue_run(session: Session, hotel_id: int, run_id: int) -> int:
    """Put a run into the queue, in the session's transaction, and return the job's id.

    Jobs of one hotel never run at the same time, whatever the number of workers.
    """
    task = queue.configure_task(
        SOLVE_RUN,
        queue=SOLVING,
        lock=hotel_lock(hotel_id),
        queueing_lock=f"run:{hotel_id}:{run_id}",
        connection=session.connection(),
    )
    return task.defer(hotel_id=hotel_id, run_id=run_id)


def enqueue_post(session: Session, task: str, *, after: timedelta = NOW, **arguments: int) -> int:
    """Put a job of the lane `POST` into the queue, in the session's transaction, and return its id.

    Parameters
    ----------
    after
        How long to wait with it, by the machine's clock: the queue knows no other.
    arguments
        Of the task; ids only, as jobs are no place for guest data.
    """
    in_a_while = {"seconds": int(after.total_seconds())} if after else None
    job = queue.configure_task(task, queue=POST, schedule_in=in_a_while, connection=session.connection())
    return job.defer(**arguments)


def send_message(session: Session, hotel_id: int, communication_id: int, *, after: timedelta = NOW) -> None:
    """Have a message to a guest sent."""
    enqueue_post(session, SEND, after=after, hotel_id=hotel_id, communication_id=communication_id)


def expire_later(session: Session, booking: Booking, after: timedelta) -> None:
    """Have a booking ended after a while if it is still unpaid."""
    enqueue_post(session, EXPIRE, after=after, hotel_id=booking.hotel_id, booking_pk=booking.id)


def send_invitation(session: Session, membership: Membership) -> None:
    """Have an invitation to work in a hotel sent."""
    enqueue_post(session, INVITE, hotel_id=membership.hotel_id, membership_id=membership.id)

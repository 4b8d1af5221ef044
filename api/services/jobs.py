"""The queue as people see it: the jobs of one hotel, and for operators of all hotels together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.services.clock import Clock
from models import (
    DeliveryState,
    DeliveryStatus,
    Hotel,
    global_session,
    hotels_due,
    hotels_with_events,
    messages_with,
    nights_set_aside,
    webhooks_with,
)

OF_HOTEL: Final = text("""
SELECT id, task_name AS task, status::text AS status, attempts, scheduled_at
FROM procrastinate_jobs WHERE args ->> 'hotel_id' = CAST(:hotel AS text) ORDER BY id DESC LIMIT :limit
""")
BY_TASK: Final = text("""
SELECT task_name AS task, status::text AS status, count(*) AS number FROM procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2
""")
OLDEST: Final = text("""
SELECT coalesce(extract(epoch FROM now() - min(event.at)), 0)
FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
""")
WORKERS: Final = text(
    "SELECT id, extract(epoch FROM now() - last_heartbeat) AS silent_s FROM procrastinate_workers ORDER BY id"
)
FAILED: Final = text("""
SELECT id, task_name AS task, attempts, CAST(args ->> 'hotel_id' AS bigint) AS hotel_id
FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id DESC LIMIT 20
""")


@dataclass(frozen=True, slots=True)
class HotelJob:
    """A job of a hotel that waits, is being done, or was given up; one that is done leaves no trace here.

    Attributes
    ----------
    scheduled_at
        Not before then; null is at once.
    """

    id: int
    task: str
    status: str
    attempts: int
    scheduled_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that was given up."""

    id: int
    task: str
    attempts: int
    hotel_id: int | None


@dataclass(frozen=True, slots=True)
class QueueState:
    """The whole queue at a moment.

    Attributes
    ----------
    jobs
        How many there are, by task and status (``todo``, ``doing``, ``failed``).
    oldest_s
        Seconds that the oldest job that could be done has waited.
    workers
        Seconds since each lane of each worker last gave a sign of life.
    nights_due, hotels_with_events
        Hotels whose night is due, and those with events not yet delivered.
    messages, webhooks
        How many of all hotels wait or were given up, by status (``PENDING``, ``FAILED``).
    set_aside
        Hotels (ids) whose night failed three times, so that no worker tries it again by itself.
    failed
        The last jobs that were given up.
    """

    jobs: dict[tuple[str, str], int]
    oldest_s: float
    workers: tuple[float, ...]
    nights_due: int
    hotels_with_events: int
    messages: dict[str, int]
    webhooks: dict[str, int]
    set_aside: tuple[int, ...]
    failed: tuple[FailedJob, ...]


def hotel_jobs(session: Session, hotel: Hotel, *, limit: int = 100) -> Sequence[HotelJob]:
    """Return the hotel's jobs, newest first."""
    rows = session.execute(OF_HOTEL, {"hotel": hotel.id, "limit": limit})
    return [HotelJob(row.id, row.task, row.status, row.attempts, row.scheduled_at) for row in rows]


def queue_state(engine: Engine, clock: Clock) -> QueueState:
    """Return how the queue stands."""
    with global_session(engine) as session:
        return QueueState(
            jobs={(row.task, row.status): row.number for row in session.execute(BY_TASK)},
            oldest_s=float(session.execute(OLDEST).scalar_one()),
            workers=tuple(float(row.silent_s) for row in session.execute(WORKERS)),
            nights_due=len(hotels_due(session, clock.now())),
            hotels_with_events=len(hotels_with_events(session, clock.now())),
            messages={
                status.value: messages_with(session, status)
                for status in (DeliveryStatus.PENDING, DeliveryStatus.FAILED)
            },
            webhooks={
                state.value: webhooks_with(session, state) for state in (DeliveryState.PENDING, DeliveryState.FAILED)
            },
            set_aside=tuple(nights_set_aside(session)),
            failed=tuple(FailedJob(row.id, row.task, row.attempts, row.hotel_id) for row in session.execute(FAILED)),
        )

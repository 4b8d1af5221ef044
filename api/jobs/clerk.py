"""The clerk of each worker: puts what is due into the queue, and back into it what a lost worker left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import structlog
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.queue import CALL, DISPATCH, EXPIRE, NIGHT, POST, SEND, SOLVING, TIDY, enqueue_post, hotel_lock, queue
from api.services.clock import Clock
from api.services.forgetting import forget_jobs
from api.services.hotels import all_hotels
from api.services.transaction import change_hotel
from models import Hotel, HotelSession, global_session, hotels_due, hotels_with_events

LOOK_EVERY_S: Final = 1.0
NIGHTS_EVERY: Final = 15
"""Looks between two for nights and for lost workers; every look is for events."""

TIDY_EVERY: Final = 3600
"""Looks between two for what is over or was left behind: in the queue, and in each hotel."""

HEARTBEAT_S: Final = 5.0
STALLED_S: Final = 20.0
"""A worker without a sign of life for so long is lost. It beats every `HEARTBEAT_S`, even while it solves."""

LOST_AT_MOST: Final = 5
"""Workers that one job may lose before it is given up: it may be the job that kills them."""

FAILED_AT_MOST: Final = 3
"""Jobs for one thing that may be given up before it is not put back any more: it may be a fault of ours."""

WAITING: Final = text(
    "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(:names)"
)
ONE_SWEEPER: Final = text("SELECT pg_try_advisory_xact_lock(hashtextextended('keyrack sweep', 0))")
STALLED: Final = text("""
SELECT job.id, job.task_name, job.lock, job.queueing_lock, job.attempts
FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
WHERE job.status = 'doing'
AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :stalled))
ORDER BY job.id FOR UPDATE OF job
""")
CANCEL_TWIN: Final = text("""
SELECT procrastinate_cancel_job_v1(id, false, true) FROM procrastinate_jobs
WHERE status = 'todo' AND queueing_lock = :name
""")
RETRY: Final = text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)")
GIVE_UP: Final = text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)")
# A job is put in, and what it is for changed, in one transaction each: no moment shows what waits without its job.
# Who took an expired booking up again did not mean it to end by its former limit.
LEFT_BEHIND: Final = text(f"""
WITH waiting (task, name, id) AS (
    SELECT '{SEND}', 'communication_id', id FROM communication WHERE hotel_id = :hotel AND delivery_status = 'PENDING'
    UNION ALL
    SELECT '{CALL}', 'delivery_id', id FROM webhook_delivery WHERE hotel_id = :hotel AND state = 'PENDING'
    UNION ALL
    SELECT '{EXPIRE}', 'booking_pk', id FROM booking
    WHERE hotel_id = :hotel AND status = 'PENDING_PAYMENT' AND expires_at <= :now
    AND (reinstated_at IS NULL OR reinstated_at < expires_at)
)
SELECT task, name, waiting.id FROM waiting LEFT JOIN procrastinate_jobs job ON job.task_name = task
    AND job.args = jsonb_build_object('hotel_id', CAST(:hotel AS bigint), name, waiting.id)
GROUP BY task, name, waiting.id
HAVING count(*) FILTER (WHERE job.status IN ('todo', 'doing')) = 0
AND count(*) FILTER (WHERE job.status = 'failed') < :failed
ORDER BY task, waiting.id
""")

log = structlog.get_logger(__name__)


async def keep_looking(engine: Engine, clock: Clock, keep: timedelta) -> None:
    """Look again and again, whatever becomes of one look."""
    looks = 0
    while True:
        try:
            await asyncio.to_thread(look, engine, clock, nights=looks % NIGHTS_EVERY == 0)
            if looks % TIDY_EVERY == 0:
                await asyncio.to_thread(tidy, engine, keep)
        except Exception:  # a database that is away comes back; a fault of ours is in the log
            log.warning("look failed", exc_info=True)
        looks += 1
        await asyncio.sleep(LOOK_EVERY_S)


def look(engine: Engine, clock: Clock, *, nights: bool = True) -> None:
    """Put what is due into the queue, once; with ``nights`` also the nights that are due and the jobs of lost workers.

    As many workers as there are may look at the same moment: what waits in the queue already is not put there again.
    """
    with global_session(engine) as session:
        waiting = {f"{DISPATCH}:{hotel_id}": hotel_id for hotel_id in hotels_with_events(session, clock.now())}
        put_once(session, DISPATCH, POST, waiting)
    if nights:
        sweep(engine)
        with global_session(engine) as session:
            due = {f"{NIGHT}:{hotel_id}": hotel_id for hotel_id in hotels_due(session, clock.now())}
            put_once(session, NIGHT, SOLVING, due, hotel_lock)


def put_once(
    session: Session, task: str, lane: str, hotels: Mapping[str, int], lock: Callable[[int], str] | None = None
) -> None:
    """Put a job for each hotel into the queue and commit; its name keeps a second one from waiting there."""
    names = list(hotels)
    waiting = set(session.scalars(WAITING, {"names": names})) if names else set()
    for name, hotel_id in hotels.items():
        if name in waiting:
            continue
        try:
            with session.begin_nested():
                queue.configure_task(
                    task,
                    queue=lane,
                    lock=lock(hotel_id) if lock else None,
                    queueing_lock=name,
                    connection=session.connection(),
                ).defer(hotel_id=hotel_id)
        except AlreadyEnqueued:
            continue  # another worker's clerk was faster
    session.commit()


def sweep(engine: Engine, stalled_s: float = STALLED_S) -> int:
    """Put the jobs of workers without a sign of life back into the queue, and return how many there were.

    Where the same work was put into the queue once more meanwhile, the lost job takes its place: whoever does it has to
    know that it was begun. One sweeper at a time: two would see the same job, and the slower one would take it from the
    worker that has it by then.
    """
    with engine.begin() as connection:
        if not connection.scalar(ONE_SWEEPER):
            return 0
        lost = connection.execute(STALLED, {"stalled": stalled_s}).all()
        for job in lost:
            connection.execute(CANCEL_TWIN, {"name": job.queueing_lock})
            if job.attempts >= LOST_AT_MOST:
                connection.execute(GIVE_UP, {"id": job.id})
                log.error("job given up, its workers are lost again and again", job_id=job.id, task=job.task_name)
            else:
                connection.execute(RETRY, {"id": job.id})
                log.warning("job of a lost worker queued again", job_id=job.id, task=job.task_name, lock=job.lock)
    return len(lost)


def tidy(engine: Engine, keep: timedelta) -> None:
    """Delete jobs that have been over for so long, and have every hotel tidied, whoever closes its days."""
    forget_jobs(engine, keep)
    hotels = {f"{TIDY}:{hotel.id}": hotel.id for hotel in all_hotels(engine)}
    with global_session(engine) as session:
        put_once(session, TIDY, POST, hotels)


def put_back(engine: Engine, hotel_id: int, clock: Clock) -> int:
    """Put what waits in a hotel without a job into the queue again, and return how much that was.

    That is what a job was for that was given up or lost: messages, webhooks, bookings that have not been paid in time.
    """

    def put(session: HotelSession, hotel: Hotel) -> int:
        values = {"hotel": hotel.id, "now": clock.now(), "failed": FAILED_AT_MOST}
        left = session.execute(LEFT_BEHIND, values).all()
        for row in left:
            enqueue_post(session, row.task, **{"hotel_id": hotel.id, row.name: row.id})
            log.warning("waited without a job", task=row.task, **{row.name: row.id})
        return len(left)

    return change_hotel(engine, hotel_id, put)  # under its lock: two at a time would put the same thing back

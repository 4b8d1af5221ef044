"""What is over and has been told goes after a while, or the tables of what is on its way would grow for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

from api.services.clock import Clock
from models import hotel_session

DELIVERIES: Final = text("""
DELETE FROM webhook_delivery WHERE hotel_id = :hotel AND state <> 'PENDING' AND created_at < :before
""")
# An event that is still on its way to somebody stays with it.
EVENTS: Final = text("""
DELETE FROM outbox_event event WHERE hotel_id = :hotel AND delivered_at < :before
AND NOT EXISTS (
    SELECT FROM webhook_delivery delivery WHERE delivery.hotel_id = :hotel AND delivery.event_id = event.id)
""")
ANSWERS: Final = text("DELETE FROM idempotency_key WHERE hotel_id = :hotel AND expires_at < :now")
# The queue knows no clock but the database's. A job without a recent event has been over for so long.
JOBS: Final = text("""
DELETE FROM procrastinate_jobs job WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')
AND NOT EXISTS (
    SELECT FROM procrastinate_events event
    WHERE event.job_id = job.id AND event.at >= now() - make_interval(secs => :seconds))
""")


def forget_events(engine: Engine, hotel_id: int, clock: Clock, keep: timedelta) -> int:
    """Delete a hotel's events that went out longer ago, and what became of them; return how many events.

    The audit keeps what happened, and the communications log what guests were told. Kept answers to named requests
    go when they are a day old, as they do with each next one.
    """
    now = clock.now()
    values = {"hotel": hotel_id, "before": now - keep, "now": now}
    with hotel_session(engine, hotel_id) as session:
        connection = session.connection()
        connection.execute(ANSWERS, values)
        connection.execute(DELIVERIES, values)
        gone = connection.execute(EVENTS, values).rowcount
        session.commit()
    return gone


def forget_jobs(engine: Engine, keep: timedelta) -> int:
    """Delete jobs that were given up, taken back or done longer ago; return how many."""
    with engine.begin() as connection:
        return connection.execute(JOBS, {"seconds": keep.total_seconds()}).rowcount

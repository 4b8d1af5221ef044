"""What waits is not lost with a connection, nor with its job: messages, webhooks, bookings that expire."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from api.jobs import work
from api.jobs.clerk import FAILED_AT_MOST, put_back, tidy
from api.jobs.tasks import KEEP, Work
from api.queue import CALL, EXPIRE, SEND, TIDY, enqueue_post
from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.post import outbox
from api.services.post.carriers import Letter
from api.services.post.messages import Carriers
from api.services.post.webhooks import add_endpoint
from api.services.transaction import change_hotel
from models import AllocationRun, BookingStatus, OutboxEvent, RunKind, RunState
from tests.api.mail import do_all
from tests.api.services.hotels import DAY, SmallHotel
from tests.api.test_post import cancel, receiver

DESK = Actor.system("desk")
PENDING = BookingStatus.PENDING_PAYMENT

WAITING = f"""
SELECT '{SEND}' FROM communication WHERE delivery_status = 'PENDING'
UNION ALL SELECT '{CALL}' FROM webhook_delivery WHERE state = 'PENDING'
UNION ALL SELECT '{EXPIRE}' FROM booking WHERE status = 'PENDING_PAYMENT' ORDER BY 1
"""


class Taken:
    """A way for messages that takes them all."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def carry(self, letter: Letter) -> None:
        """Take it."""
        self.letters.append(letter)


def waiting(hotel: SmallHotel) -> list[str]:
    """Return what waits in the hotel, as the tasks that it waits for."""
    with hotel.session() as session:
        return list(session.scalars(text(WAITING)))


def jobs(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT task_name, status::text, attempts FROM procrastinate_jobs ORDER BY id"))
        return [tuple(row) for row in rows]


@pytest.fixture
def busy(grand: SmallHotel, clock: SetClock) -> Iterator[SmallHotel]:
    """A hotel with a cancellation to be told to the guest and to an address, and a booking that is to expire."""
    with receiver([]) as (url, _):
        change_hotel(grand.engine, grand.id, lambda s, h: add_endpoint(s, h, url, ("booking.cancelled",), actor=DESK))
        cancel(grand, clock)
        grand.book(1, 2, status=PENDING, expires_at=clock.now())
        yield grand


@contextmanager
def broken_at(engine: Engine, words: str) -> Iterator[list[int]]:
    """End the connection that is about to execute a statement with these words, once; give the server's process."""
    ended: list[int] = []

    def end(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if words in statement and not ended:
            ended.append(connection.connection.dbapi_connection.get_backend_pid())  # type: ignore[union-attr]
            with engine.connect() as other:
                assert other.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": ended[0]})

    event.listen(engine, "before_cursor_execute", end)
    try:
        yield ended
    finally:
        event.remove(engine, "before_cursor_execute", end)


@pytest.mark.parametrize(
    ("task", "words"),
    [(SEND, "UPDATE communication SET"), (CALL, "UPDATE webhook_delivery SET"), (EXPIRE, "UPDATE booking SET")],
)
def test_a_broken_connection_costs_no_more_than_another_try(
    busy: SmallHotel, clock: SetClock, task: str, words: str
) -> None:
    way = Taken()
    carriers = Carriers(mail=way, sms=way)
    change_hotel(busy.engine, busy.id, lambda s, h: enqueue_post(s, EXPIRE, hotel_id=h.id, booking_pk=2))
    with broken_at(busy.engine, words) as ended:
        do_all(busy.engine, clock, carriers)
    assert len(ended) == 1
    assert (waiting(busy), jobs(busy.engine)) == ([task], [(task, "todo", 1)])
    for _ in range(2):  # the booking that expires is told of, too
        do_all(busy.engine, clock, carriers)
    assert (waiting(busy), jobs(busy.engine)) == ([], [])
    names = [letter.name for letter in way.letters]
    assert (len(names), len(set(names))) == (3 if task == SEND else 2, 2)


def nothing(*_: object) -> None:
    """Put no job into the queue."""


def test_what_waits_without_a_job_is_put_back_once(busy: SmallHotel, other: SmallHotel, clock: SetClock) -> None:
    way = Taken()
    outbox.dispatch(busy.engine, busy.id, clock, send=nothing, call=nothing)
    busy.book(1, 2, status=PENDING, expires_at=clock.now() + timedelta(seconds=1))
    busy.book(1, 2, status=PENDING)
    busy.book(1, 2, status=PENDING, expires_at=clock.now(), reinstated_at=clock.now() + timedelta(seconds=1))
    other.book(1, 2, status=PENDING, expires_at=clock.now())
    assert waiting(busy) == [CALL, *[EXPIRE] * 4, SEND]
    assert [put_back(busy.engine, busy.id, clock) for _ in range(2)] == [3, 0]
    assert jobs(busy.engine) == [(task, "todo", 0) for task in (CALL, EXPIRE, SEND)]
    for _ in range(2):
        do_all(busy.engine, clock, Carriers(mail=way, sms=way))
    assert (waiting(busy), waiting(other)) == ([EXPIRE] * 3, [EXPIRE])
    assert put_back(busy.engine, busy.id, clock) == 0
    assert len(way.letters) == 2


def test_what_fails_again_and_again_is_not_put_back_for_ever(busy: SmallHotel, clock: SetClock) -> None:
    put = []
    for _ in range(FAILED_AT_MOST + 1):
        put.append(put_back(busy.engine, busy.id, clock))
        with busy.engine.begin() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'"))
            finished = "SELECT procrastinate_finish_job_v1(id, 'failed', false) FROM procrastinate_jobs"
            connection.execute(text(f"{finished} WHERE status = 'doing'"))
    assert put == [1, 1, 1, 0]


def test_every_hotel_is_tidied_whoever_closes_its_days(busy: SmallHotel, clock: SetClock) -> None:
    """A day closed by hand has its nightly run at once, so that no worker's night comes to the hotel any more."""
    outbox.dispatch(busy.engine, busy.id, clock, send=nothing, call=nothing)
    with busy.session() as session:
        run = {"kind": RunKind.NIGHTLY, "state": RunState.APPLIED, "business_date": DAY}
        session.add(AllocationRun(hotel_id=busy.id, **run))
        session.add(OutboxEvent(hotel_id=busy.id, event="old", payload={}, dedupe_id="old", delivered_at=clock.now()))
        session.commit()
    clock.advance(days=KEEP.days, seconds=1)
    tidy(busy.engine, KEEP)
    tidy(busy.engine, KEEP)
    assert jobs(busy.engine) == [(TIDY, "todo", 0)]
    asyncio.run(work(Work(busy.engine, clock, private_webhooks=True), wait=False))
    assert (waiting(busy), jobs(busy.engine)) == ([], [])
    with busy.session() as session:
        assert session.scalar(text("SELECT count(*) FROM outbox_event WHERE event = 'old'")) == 0

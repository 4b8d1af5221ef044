"""The tasks: each takes ids, calls one service, and may be done again without a second effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from procrastinate import JobContext, RetryStrategy
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from api.jobs.clerk import put_back
from api.queue import (
    CALL,
    DISPATCH,
    EXPIRE,
    INVITE,
    NIGHT,
    POST,
    SEND,
    SOLVE_RUN,
    SOLVING,
    TIDY,
    enqueue_post,
    expire_later,
    queue,
)
from api.queue import send_message as enqueue_message
from api.services import invitations, online
from api.services.actor import Actor
from api.services.clock import Clock
from api.services.erasure import erase_past_guests
from api.services.errors import Busy
from api.services.forgetting import forget_events
from api.services.nightly import NightOutcome, NightState, finish_run, night_in_hand, run_night
from api.services.post import messages, outbox, webhooks
from api.services.post.carriers import Nobody
from api.services.post.messages import Carriers
from api.services.runs import get_run, is_lost
from api.services.transaction import change_hotel, read_hotel
from models import AllocationRun, Hotel, HotelSession, RunKind, RunState, global_session, hotels_due

ACTOR: Final = Actor.system("worker")

NO_CARRIERS: Final = Carriers(mail=Nobody(), sms=Nobody())

log = structlog.get_logger(__name__)


KEEP: Final = timedelta(days=30)
"""How long what is over is kept, unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a task works with, one in each worker; ``address`` is where the service's pages are, for links in mail."""

    engine: Engine
    clock: Clock
    carriers: Carriers = NO_CARRIERS
    private_webhooks: bool = False
    keep: timedelta = KEEP
    address: str | None = None

    @classmethod
    def of(cls, context: JobContext, hotel_id: int) -> Work:
        """Return it, and have every line of the log name the job and its hotel."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job_id=context.job.id, hotel_id=hotel_id)
        found: Work = context.additional_context["work"]
        return found


class StillSolving(Exception):
    """Somebody else is at this run; look again when they must have finished or are gone."""


# The last two: the connection to the database is gone, or the database is. Longer than a quarter of an hour they are
# not; what is given up then and still waits, the hotel's next `tidy` puts back.
LATER: Final = RetryStrategy(
    max_attempts=60, wait=15, retry_exceptions={StillSolving, Busy, OperationalError, InterfaceError}
)


@queue.task(name=SOLVE_RUN, queue=SOLVING, pass_context=True, retry=LATER)
def solve_run(context: JobContext, *, hotel_id: int, run_id: int) -> None:
    """Solve a queued run and apply it where that was asked for. A run that is over already needs nothing."""
    work = Work.of(context, hotel_id)

    def look(session: HotelSession, hotel: Hotel) -> tuple[AllocationRun, bool]:
        run = get_run(session, hotel, run_id)
        return run, is_lost(session, run, work.clock)

    run, lost = read_hotel(work.engine, hotel_id, look)
    if run.state == RunState.SOLVING and not lost:
        raise StillSolving
    if run.state not in {RunState.QUEUED, RunState.SOLVING}:
        log.info("run needs no solving", run_id=run_id, state=run.state.value)
    elif run.kind == RunKind.NIGHTLY:
        _tell(run_night(work.engine, hotel_id, actor=ACTOR, clock=work.clock))
    else:
        _tell(finish_run(work.engine, hotel_id, run, actor=ACTOR, clock=work.clock))


@queue.task(name=NIGHT, queue=SOLVING, pass_context=True, retry=LATER)
def night(context: JobContext, *, hotel_id: int) -> None:
    """Do the hotel's night if it is still due, or was left unfinished; never one that somebody else is at."""
    work = Work.of(context, hotel_id)
    again = context.job.attempts > 0
    state = read_hotel(work.engine, hotel_id, lambda s, h: night_in_hand(s, h, work.clock, again=again))
    if state == NightState.IN_WORK:
        raise StillSolving
    if state == NightState.DONE or (state == NightState.ABSENT and not _is_due(work, hotel_id)):
        log.info("the night needs nothing")
        return
    _tell(run_night(work.engine, hotel_id, actor=ACTOR, clock=work.clock))


def _is_due(work: Work, hotel_id: int) -> bool:
    with global_session(work.engine) as session:
        return hotel_id in hotels_due(session, work.clock.now())


@queue.task(name=DISPATCH, queue=POST, pass_context=True, retry=LATER)
def dispatch(context: JobContext, *, hotel_id: int) -> None:
    """Turn the hotel's waiting events into messages and webhooks."""
    work = Work.of(context, hotel_id)

    def send(session: Session, communication_id: int) -> None:
        enqueue_message(session, hotel_id, communication_id)

    def call(session: Session, delivery_id: int) -> None:
        enqueue_post(session, CALL, hotel_id=hotel_id, delivery_id=delivery_id)

    number = 1
    while number:
        number = outbox.dispatch(work.engine, hotel_id, work.clock, send=send, call=call)


@queue.task(name=SEND, queue=POST, pass_context=True, retry=LATER)
def send_message(context: JobContext, *, hotel_id: int, communication_id: int) -> None:
    """Send a message to a guest."""
    work = Work.of(context, hotel_id)

    def later(session: Session, row: int, wait: timedelta) -> None:
        enqueue_message(session, hotel_id, row, after=wait)

    messages.send(work.engine, hotel_id, communication_id, work.carriers, work.clock, later)


@queue.task(name=INVITE, queue=POST, pass_context=True, retry=LATER)
def send_invitation(context: JobContext, *, hotel_id: int, membership_id: int, tries: int = 0) -> None:
    """Send an invitation to work in a hotel."""
    work = Work.of(context, hotel_id)

    def later(session: Session, wait: timedelta) -> None:
        enqueue_post(session, INVITE, after=wait, hotel_id=hotel_id, membership_id=membership_id, tries=tries + 1)

    mail, address = work.carriers.mail, work.address
    invitations.send(work.engine, hotel_id, membership_id, mail, work.clock, later, tries=tries, address=address)


@queue.task(name=CALL, queue=POST, pass_context=True, retry=LATER)
def call_webhook(context: JobContext, *, hotel_id: int, delivery_id: int) -> None:
    """Tell an address of an event."""
    work = Work.of(context, hotel_id)

    def later(session: Session, row: int, wait: timedelta) -> None:
        enqueue_post(session, CALL, after=wait, hotel_id=hotel_id, delivery_id=row)

    webhooks.call(work.engine, hotel_id, delivery_id, work.clock, later, private=work.private_webhooks)


@queue.task(name=EXPIRE, queue=POST, pass_context=True, retry=LATER)
def expire_booking(context: JobContext, *, hotel_id: int, booking_pk: int) -> None:
    """End a booking that has not been paid in time."""
    work = Work.of(context, hotel_id)
    change_hotel(
        work.engine, hotel_id, lambda s, h: online.expire(s, h, booking_pk, clock=work.clock, later=expire_later)
    )


@queue.task(name=TIDY, queue=POST, pass_context=True, retry=LATER)
def tidy(context: JobContext, *, hotel_id: int) -> None:
    """Put back what waits without a job, delete what is over, and erase guests whom the hotel keeps no longer."""
    work = Work.of(context, hotel_id)
    put = put_back(work.engine, hotel_id, work.clock)
    events = forget_events(work.engine, hotel_id, work.clock, work.keep)
    guests = erase_past_guests(work.engine, hotel_id, work.clock)
    log.info("hotel tidied", jobs_put_back=put, events_deleted=events, guests_erased=guests)


def _tell(outcome: NightOutcome) -> None:
    failed = outcome.run.state == RunState.FAILED
    (log.error if failed else log.info)(
        "run failed" if failed else "run done",
        run_id=outcome.run.id,
        kind=outcome.run.kind.value,
        state=outcome.run.state.value,
        stale=len(outcome.stale),
    )

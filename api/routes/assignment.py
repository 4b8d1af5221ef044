"""The room of one booking: give it, take it away, lock and unlock it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from api.access import Caller, CanAssign
from api.routes.common import (
    HOTEL,
    BookingId,
    IdempotencyName,
    IfMatch,
    agreed,
    answer_of,
    etag,
    request_key,
    send,
    tell_once,
)
from api.schemas.assignment import AssignedOut, AssignIn, BookingStateOut, ReasonIn
from api.schemas.base import Note
from api.schemas.problem import problems
from api.services.assign import assign_room, lock_booking, unassign_room, unlock_booking
from api.services.glance import refuse_at_a_glance
from api.services.idempotency import Answer, once
from api.services.stays import current_row, number_of
from models import Booking, Hotel, HotelSession

router = APIRouter(
    prefix=f"{HOTEL}/bookings/{{booking_id}}",
    tags=["assignment"],
    responses=problems(400, 401, 403, 404, 409, 412, 422, 503),
)


@router.post("/assign-room/", response_model=AssignedOut, responses=problems(428))
def assign(
    caller: CanAssign,
    request: Request,
    booking_id: BookingId,
    body: AssignIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Give a room. A broken rule is 409 with the rule, the rival and what would make it possible.

    Overriding rules needs the permission `can_override_rules` and the booking's version (428 without).
    """
    version = agreed(if_match, body.if_version)
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def give() -> Answer:
            done = assign_room(
                session,
                hotel,
                booking_id,
                body.room_number,
                actor=caller.actor,
                notes=body.notes,
                lock=body.lock,
                override=body.override,
                if_version=version,
                clock=caller.clock,
            )
            shown = AssignedOut(
                booking_id=booking_id,
                room_number=done.room,
                bed=done.bed,
                previous_room_number=done.before,
                warnings=done.warnings,
                overridden=dict(done.overridden),
                locked=done.booking.locked,
                changed=done.changed,
                version=done.booking.version,
            )
            return answer_of(200, shown, etag(done.booking.version))

        return once(session, hotel, caller.clock, key, give)

    def glance() -> None:
        if key is None:  # else it may have been answered already
            refuse_at_a_glance(
                caller.engine,
                caller.hotel_id,
                booking_id,
                body.room_number,
                actor=caller.actor,
                override=body.override,
                if_version=version,
            )

    return send(caller.change(work, first=glance))


@router.delete("/assign-room/")
def unassign(
    caller: CanAssign,
    booking_id: BookingId,
    if_match: IfMatch,
    response: Response,
    reason: Annotated[Note, Query()] = "",
) -> BookingStateOut:
    """Take the room away again; a booking that must keep its room is unlocked first."""

    def work(session: HotelSession, hotel: Hotel) -> BookingStateOut:
        done = unassign_room(
            session, hotel, booking_id, actor=caller.actor, reason=reason, if_version=if_match, clock=caller.clock
        )
        return _shown(session, done)

    return _answered(response, caller.change(work))


@router.post("/lock/", response_model=BookingStateOut)
def lock(
    caller: CanAssign,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Say that the booking must keep its room."""
    return _keep(caller, request, lock_booking, booking_id, if_match, body, idempotency_key)


@router.post("/unlock/", response_model=BookingStateOut)
def unlock(
    caller: CanAssign,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Say that the booking need no longer keep its room."""
    return _keep(caller, request, unlock_booking, booking_id, if_match, body, idempotency_key)


def _keep(
    caller: Caller,
    request: Request,
    change: Callable[..., Booking],
    booking_id: str,
    version: int | None,
    body: ReasonIn | None,
    name: str | None,
) -> Response:
    body = body or ReasonIn()

    def act(session: HotelSession, hotel: Hotel) -> BookingStateOut:
        done = change(
            session,
            hotel,
            booking_id,
            actor=caller.actor,
            reason=body.reason,
            if_version=version,
            clock=caller.clock,
        )
        return _shown(session, done)

    return tell_once(caller, request, name, body, act)


def _shown(session: Session, booking: Booking) -> BookingStateOut:
    row = current_row(session, booking)
    return BookingStateOut(
        booking_id=booking.booking_id,
        status=booking.status,
        assigned_room_number=None if row is None else number_of(session, row),
        locked=booking.locked,
        version=booking.version,
    )


def _answered(response: Response, shown: BookingStateOut) -> BookingStateOut:
    response.headers.update(etag(shown.version))
    return shown

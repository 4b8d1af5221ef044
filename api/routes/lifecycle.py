"""Steps in the life of a booking: confirmed, cancelled, arrived, left; and the PIN of its door."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from api.access import Caller, CanCheckIn, CanManageBookings, CanVerifyPin
from api.queue import expire_later
from api.routes.common import (
    HOTEL,
    BookingId,
    IdempotencyName,
    IfMatch,
    agreed,
    tell_once,
)
from api.schemas.assignment import ReasonIn
from api.schemas.bookings import BookingDetailOut
from api.schemas.lifecycle import CheckedInOut, CheckInIn, PinCheckOut, PinIn, PinOut, ReinstateIn, WhyIn
from api.schemas.problem import problems
from api.services.arrivals import check_in, check_out, require_check_in, undo_check_in, undo_check_out
from api.services.booking_detail import booking_detail
from api.services.holding import offering, reinstate_held
from api.services.lifecycle import cancel_booking, confirm_booking, mark_no_show
from api.services.pins import Pin, issue_pin, new_pin, verify_pin
from models import Booking, Hotel, HotelSession

router = APIRouter(
    prefix=f"{HOTEL}/bookings/{{booking_id}}",
    tags=["life cycle"],
    responses=problems(400, 401, 403, 404, 409, 412, 422, 503),
)

Step = Callable[..., Booking]
Told = TypeVar("Told", CheckedInOut, PinOut)


@router.post("/confirm/", response_model=BookingDetailOut)
def confirm(
    caller: CanManageBookings,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Confirm a booking that waits for its payment. The guest's mail follows; its failure undoes nothing."""
    return _step(caller, request, booking_id, confirm_booking, body or ReasonIn(), if_match, idempotency_key)


@router.post("/cancel/", response_model=BookingDetailOut)
def cancel(
    caller: CanManageBookings,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Cancel a booking that has not arrived; its room is free at once."""
    return _step(caller, request, booking_id, cancel_booking, body or ReasonIn(), if_match, idempotency_key)


@router.post("/no-show/", response_model=BookingDetailOut)
def no_show(
    caller: CanManageBookings,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Say that a guest did not come; the room is free at once."""
    return _step(caller, request, booking_id, mark_no_show, body or ReasonIn(), if_match, idempotency_key)


@router.post("/reinstate/", response_model=BookingDetailOut)
def reinstate(
    caller: CanManageBookings,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReinstateIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Take a cancelled or missed booking up again, without a room; if it is confirmed, its guest is told so.

    One that waits for its payment has until `pay_until`, or the hotel's limit from now if it had one before.
    If the hotel cannot hold it any more, even if others changed rooms, that is 409 `no_room` with `alternatives`.
    """
    again = partial(reinstate_held, overbook=body.overbook, pay_until=body.pay_until, later=expire_later)
    with offering(caller.engine, caller.hotel_id):
        return _step(caller, request, booking_id, again, body, if_match, idempotency_key)


@router.post("/check-in/", response_model=CheckedInOut, responses=problems(428))
def arrive(
    caller: CanCheckIn,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: CheckInIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Let a guest in: the room's PIN is in this answer and nowhere else.

    A room that is not clean is 409, unless `not_clean` is overridden with a reason, the permission
    `can_override_rules` and the booking's version (428 without).
    """
    body = body or CheckInIn()
    version = agreed(if_match, body.if_version)
    pins: list[Pin] = []

    def prepare() -> None:
        if idempotency_key is None:  # else it may have been answered already
            caller.read(
                lambda session, hotel: require_check_in(
                    session, hotel, booking_id, actor=caller.actor, override=body.override, if_version=version
                )
            )
        pins.append(new_pin())  # slow on purpose, so before the lock, and not for who is refused

    def enter(session: HotelSession, hotel: Hotel) -> CheckedInOut:
        (pin,) = pins
        check_in(
            session,
            hotel,
            booking_id,
            pin,
            actor=caller.actor,
            override=body.override,
            reason=body.reason,
            if_version=version,
            clock=caller.clock,
        )
        return CheckedInOut.of_detail(booking_detail(session, hotel, caller.actor, booking_id), pin=pin.digits)

    return tell_once(caller, request, idempotency_key, body, enter, kept=without_pin, first=prepare)


@router.post("/undo-check-in/", response_model=BookingDetailOut)
def not_arrived(
    caller: CanCheckIn,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: WhyIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Take a check-in back."""
    return _step(caller, request, booking_id, undo_check_in, body, if_match, idempotency_key)


@router.post("/check-out/", response_model=BookingDetailOut)
def leave(
    caller: CanCheckIn,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Let a guest go: the room is free and dirty, cleaning is asked for, the PIN is dead."""
    return _step(caller, request, booking_id, check_out, body or ReasonIn(), if_match, idempotency_key)


@router.post("/undo-check-out/", response_model=BookingDetailOut)
def not_left(
    caller: CanCheckIn,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: WhyIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Take a check-out back, if the room is still free; a new PIN is asked for by `pin/`."""
    return _step(caller, request, booking_id, undo_check_out, body, if_match, idempotency_key)


@router.post("/pin/", response_model=PinOut)
def another_pin(
    caller: CanCheckIn,
    request: Request,
    booking_id: BookingId,
    if_match: IfMatch,
    body: ReasonIn | None = None,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Make a new PIN; the old one is dead."""
    reason = body.reason if body else ""
    pin = new_pin()

    def make(session: HotelSession, hotel: Hotel) -> PinOut:
        done = issue_pin(
            session, hotel, booking_id, pin, actor=caller.actor, reason=reason, if_version=if_match, clock=caller.clock
        )
        return PinOut(booking_id=booking_id, pin=pin.digits, version=done.version)

    return tell_once(caller, request, idempotency_key, body or ReasonIn(), make, kept=without_pin)


@router.post("/pin/verify/")
def pin_check(caller: CanVerifyPin, booking_id: BookingId, body: PinIn) -> PinCheckOut:
    """Tell a door whether this is the PIN; five wrong tries, and only a new one opens it."""
    return PinCheckOut.of(
        verify_pin(caller.engine, caller.hotel_id, booking_id, body.pin, actor=caller.actor, clock=caller.clock)
    )


def _step(
    caller: Caller,
    request: Request,
    booking_id: str,
    step: Step,
    body: ReasonIn | WhyIn,
    if_match: int | None,
    idempotency_key: str | None,
) -> Response:
    def take(session: HotelSession, hotel: Hotel) -> BookingDetailOut:
        step(
            session,
            hotel,
            booking_id,
            actor=caller.actor,
            reason=body.reason,
            if_version=if_match,
            clock=caller.clock,
        )
        return BookingDetailOut.of_detail(booking_detail(session, hotel, caller.actor, booking_id))

    return tell_once(caller, request, idempotency_key, body, take)


def without_pin(shown: Told) -> Told:
    """Return the answer as it is kept for a repeated request: a PIN is told once."""
    return shown.model_copy(update={"pin": None})

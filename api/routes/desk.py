"""The front desk: make a booking, change it, put a guest into a room, change rooms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.access import CanAssign, CanCheckIn, CanManageBookings
from api.queue import expire_later
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
from api.routes.lifecycle import without_pin
from api.schemas.base import Word
from api.schemas.bookings import BookingDetailOut
from api.schemas.lifecycle import CheckedInOut
from api.schemas.newbooking import AddGuestIn, AmendedOut, BookingIn, BookingPatchIn, MoveRoomIn, SwapIn
from api.schemas.problem import problems
from api.services.booking_detail import booking_detail
from api.services.holding import amend_held, create_held, offering
from api.services.idempotency import Answer, once
from api.services.moves import move_room, swap_rooms
from api.services.pins import new_pin
from api.services.walkin import add_guest
from models import BookingStatus, Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["front desk"], responses=problems(400, 401, 403, 404, 409, 412, 422, 503))

RoomNumber = Annotated[Word, Path(description="Such as `204`")]


@router.post("/bookings/", status_code=201, response_model=BookingDetailOut)
def make(
    caller: CanManageBookings, request: Request, body: BookingIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Make a booking by hand (source MANUAL); it has no room yet. If it is confirmed, its guest is told so.

    One that waits for its payment ends by itself only at `pay_until`, where that is given.
    If the hotel cannot hold it, even if others changed rooms, that is 409 `no_room` with `alternatives`; with
    `overbook` it is made all the same.
    """
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def create() -> Answer:
            made = create_held(
                session,
                hotel,
                body.guest.model_dump(),
                body.terms("guest", "status", "pay_until", "overbook"),
                overbook=body.overbook,
                status=BookingStatus(body.status),
                pay_until=body.pay_until,
                later=expire_later,
                actor=caller.actor,
                clock=caller.clock,
            )
            shown = BookingDetailOut.of_detail(booking_detail(session, hotel, caller.actor, made.booking_id))
            where = f"{request.url.path.rstrip('/')}/{made.booking_id}/"
            return answer_of(201, shown, {"Location": where} | etag(made.version))

        return once(session, hotel, caller.clock, key, create)

    with offering(caller.engine, caller.hotel_id):
        return send(caller.change(work))


@router.patch("/bookings/{booking_id}/")
def amend(
    caller: CanManageBookings, booking_id: BookingId, body: BookingPatchIn, if_match: IfMatch, response: Response
) -> AmendedOut:
    """Change dates, type, party, guest, wishes or notes, and say what became of the room.

    A booking that as changed cannot keep its room is 409 with the rule and `fit`: whether the hotel could hold it in
    another. One that wants more than the hotel can hold, even if others changed rooms, is 409 `no_room` with
    `alternatives`. Nothing is changed then; with `on_conflict` = `release` it is, and a booking that lost its room
    waits for another.
    """
    version = agreed(if_match, body.if_version)

    def work(session: HotelSession, hotel: Hotel) -> AmendedOut:
        held = amend_held(
            session,
            hotel,
            booking_id,
            body.terms("guest", "on_conflict", "reason", "if_version"),
            guest=body.changed_guest(),
            on_conflict=body.on_conflict,
            actor=caller.actor,
            reason=body.reason,
            if_version=version,
            clock=caller.clock,
        )
        return AmendedOut.of_held(booking_detail(session, hotel, caller.actor, booking_id), held)

    with offering(caller.engine, caller.hotel_id):
        shown = caller.change(work)
    response.headers.update(etag(shown.version))
    return shown


@router.post("/bookings/{booking_id}/move-room/", response_model=BookingDetailOut, responses=problems(428))
def move(
    caller: CanAssign,
    request: Request,
    booking_id: BookingId,
    body: MoveRoomIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Move a guest in house to another room, with a reason. The PIN is dead: `pin/` makes a new one."""
    version = agreed(if_match, body.if_version)

    def take(session: HotelSession, hotel: Hotel) -> BookingDetailOut:
        move_room(
            session,
            hotel,
            booking_id,
            body.room_number,
            reason=body.reason,
            override=body.override,
            actor=caller.actor,
            if_version=version,
            clock=caller.clock,
        )
        return BookingDetailOut.of_detail(booking_detail(session, hotel, caller.actor, booking_id))

    return tell_once(caller, request, idempotency_key, body, take)


@router.post("/bookings/{booking_id}/swap/", response_model=BookingDetailOut)
def swap(
    caller: CanAssign,
    request: Request,
    booking_id: BookingId,
    body: SwapIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Let two bookings that are to come change rooms with each other, both or neither."""

    def take(session: HotelSession, hotel: Hotel) -> BookingDetailOut:
        swap_rooms(
            session,
            hotel,
            booking_id,
            body.booking_id,
            reason=body.reason,
            actor=caller.actor,
            if_version=if_match,
            clock=caller.clock,
        )
        return BookingDetailOut.of_detail(booking_detail(session, hotel, caller.actor, booking_id))

    return tell_once(caller, request, idempotency_key, body, take)


@router.post("/rooms/{room_number}/add-guest/", status_code=201, response_model=CheckedInOut)
def walk_in(
    caller: CanCheckIn,
    request: Request,
    room_number: RoomNumber,
    body: AddGuestIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Put a guest into a room at once: a booking of source DIRECT that is CHECKED_IN, with its PIN."""
    pin = new_pin()

    def enter(session: HotelSession, hotel: Hotel) -> CheckedInOut:
        values = {name: value for name, value in body.terms("guest", "override").items() if value is not None}
        done = add_guest(
            session,
            hotel,
            room_number,
            body.guest.model_dump(),
            values,
            pin,
            override=body.override,
            actor=caller.actor,
            clock=caller.clock,
        )
        return CheckedInOut.of_detail(booking_detail(session, hotel, caller.actor, done.booking_id), pin=pin.digits)

    return tell_once(caller, request, idempotency_key, body, enter, status=201, kept=without_pin)

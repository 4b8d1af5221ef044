"""What is open to guests: a hotel's settings, booking, finding one's booking."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import OPEN, Service, Serving
from api.limits import Limited
from api.queue import expire_later
from api.routes.common import IdempotencyName, answer_of, request_key, send
from api.schemas.base import Word
from api.schemas.problem import problems
from api.schemas.public import GuestBookingIn, GuestBookingOut, LookupIn, PublicSettingsOut
from api.services.errors import NotFound
from api.services.findbooking import find_for_guest
from api.services.holding import offering
from api.services.idempotency import Answer, once
from api.services.limits import Limit, Spent, spend
from api.services.online import GUEST, book
from api.services.transaction import change_hotel, read_hotel
from models import Guest, Hotel, HotelSession, RoomType, global_session, hotel_by_slug

router = APIRouter(tags=["guests"], dependencies=[OPEN], responses=problems(404, 422, 429, 503))

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)

SHOWN: Final = Limited(Limit("settings", 120, MINUTE), Limit("settings in all", 6_000, MINUTE))
BOOKED: Final = Limited(Limit("booking", 20, MINUTE), Limit("booking in all", 600, MINUTE))
LOOKED_UP: Final = Limited(Limit("lookup", 20, MINUTE), Limit("lookup in all", 600, MINUTE))
NUMBER: Final = Limit("lookup of number", 20, HOUR)
EMAIL: Final = Limit("lookup of e-mail", 60, HOUR)

Slug = Annotated[Word, Path(description="The hotel's name in addresses")]


def _hotel_id(service: Service, slug: str) -> int:
    with global_session(service.engine) as session:
        hotel_id = hotel_by_slug(session, slug)
    if hotel_id is None:
        raise NotFound
    return hotel_id


@router.get("/api/public/hotels/{hotel_slug}/settings/", dependencies=[Depends(SHOWN)])
def settings(service: Serving, hotel_slug: Slug) -> PublicSettingsOut:
    """Show what a hotel shows to everybody: its name, hours, and what can be booked."""

    def kinds(session: Session) -> list[RoomType]:
        return list(session.scalars(select(RoomType).order_by(RoomType.rank, RoomType.code)))

    hotel_id = _hotel_id(service, hotel_slug)
    return read_hotel(service.engine, hotel_id, lambda s, h: PublicSettingsOut.of_hotel(h, kinds(s)))


@router.post(
    "/api/guest/hotels/{hotel_slug}/booking/",
    status_code=201,
    response_model=GuestBookingOut,
    dependencies=[Depends(BOOKED)],
    responses=problems(400, 409, 413),
)
def make(
    service: Serving,
    request: Request,
    hotel_slug: Slug,
    body: GuestBookingIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Book. It waits for its payment until `pay_until` and ends then if it is unpaid.

    Refused (409 `no_room`, with `alternatives`) only if the hotel could not hold it even after a reshuffle.
    """
    hotel_id = _hotel_id(service, hotel_slug)
    key = request_key(request, GUEST, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def hold() -> Answer:
            guest, stay = body.guest(), body.stay()
            made, kind = book(
                session, hotel, guest, stay, code=body.promo_code, clock=service.clock, later=expire_later
            )
            return answer_of(201, GuestBookingOut.of_booking(hotel, made, Guest(hotel_id=hotel.id, **guest), kind))

        return once(session, hotel, service.clock, key, hold)

    with offering(service.engine, hotel_id):
        return send(change_hotel(service.engine, hotel_id, work))


@router.post("/api/bookings/lookup/", dependencies=[Depends(LOOKED_UP)], responses=problems(400, 413))
def look_up(service: Serving, body: LookupIn) -> GuestBookingOut:
    """Find one's booking by e-mail and confirmation number; a wrong one and an absent one have the same answer."""
    return _found(service, body)


@router.get("/api/bookings/lookup/", dependencies=[Depends(LOOKED_UP)])
def look_up_by_query(service: Serving, query: Annotated[LookupIn, Query()]) -> GuestBookingOut:
    """Do the same by a query; a POST keeps the two out of logs of others."""
    return _found(service, query)


def _found(service: Service, asked: LookupIn) -> GuestBookingOut:
    secret = service.settings.secret_key.get_secret_value()
    about = [
        Spent(NUMBER, asked.confirmation_number.strip().upper()),
        Spent(EMAIL, asked.email.strip().lower()),
    ]
    spend(service.engine, service.clock, secret, about)
    return GuestBookingOut.of_booking(*find_for_guest(service.engine, asked.email, asked.confirmation_number))

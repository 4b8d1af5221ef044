"""Paths that HotelMate's own front end speaks and nobody new should: rooms without a hotel in the path.

Without one the hotel is the caller's only one; who works in several is told the path to use.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.access import Caller, CanCheckIn, Needs, SignedIn, service_in
from api.routes.common import IdempotencyName
from api.routes.desk import walk_in
from api.routes.inventory import room, rooms
from api.routes.things import RoomNumber
from api.schemas.base import Word
from api.schemas.inventory import RoomOut, RoomPageOut, RoomQueryIn
from api.schemas.lifecycle import CheckedInOut
from api.schemas.newbooking import AddGuestIn
from api.schemas.problem import problems
from api.services.errors import Conflict, NotFound
from api.services.permissions import Permission
from models import Hotel, global_session, hotel_session, hotels_of_staff

router = APIRouter(
    prefix="/rooms",
    tags=["deprecated"],
    deprecated=True,
    responses=problems(400, 401, 403, 404, 409, 412, 422, 503),
)


class WhichHotel(Conflict):
    """You work in several hotels: say which, as in `/api/staff/hotels/{hotel_slug}/rooms/`."""

    code = "which_hotel"


class NeedsInOnlyHotel(Needs):
    """As `Needs`, in the only hotel where the caller works; 409 where that is not one."""

    def __call__(  # type: ignore[override]  # there is no hotel in the path: that is what it is for
        self, request: Request, claims: SignedIn
    ) -> Caller:
        """Return the caller."""
        service = service_in(request)
        with global_session(service.engine) as session:
            hotels = hotels_of_staff(session, claims.staff_id)
        if not hotels:
            raise NotFound
        if len(hotels) > 1:
            raise WhichHotel
        with hotel_session(service.engine, hotels[0]) as session:
            slug = session.get_one(Hotel, hotels[0]).slug
        return super().__call__(request, slug, claims)


CanViewOnly = Annotated[Caller, Depends(NeedsInOnlyHotel(Permission.VIEW))]


@router.get("/rooms/")
def all_rooms(caller: CanViewOnly, request: Request, query: Annotated[RoomQueryIn, Query()]) -> RoomPageOut:
    """List rooms. Use `/api/staff/hotels/{hotel_slug}/rooms/`."""
    return rooms(caller, request, query)


@router.get("/rooms/{room_number}/")
def one_room(caller: CanViewOnly, room_number: RoomNumber, response: Response) -> RoomOut:
    """Show a room. Use `/api/staff/hotels/{hotel_slug}/rooms/{room_number}/`."""
    return room(caller, room_number, response)


@router.post("/{hotel_slug}/rooms/{room_number}/add-guest/", status_code=201, response_model=CheckedInOut)
def guest_into_room(
    caller: CanCheckIn,
    request: Request,
    room_number: Annotated[Word, Path(description="Such as `204`")],
    body: AddGuestIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Put a guest into a room. Use `/api/staff/hotels/{hotel_slug}/rooms/{room_number}/add-guest/`."""
    return walk_in(caller, request, room_number, body, idempotency_key)

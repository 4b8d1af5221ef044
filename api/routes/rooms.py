"""Rooms: which are free in a period, and which suit a booking best."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import CanView
from api.routes.common import HOTEL, BookingId, etag
from api.schemas.problem import problems
from api.schemas.rooms import (
    AvailabilityIn,
    AvailabilityOut,
    SuggestedRoomOut,
    SuggestionsOut,
)
from api.services.availability import room_availability
from api.services.suggest import suggest_rooms

router = APIRouter(prefix=HOTEL, tags=["rooms"], responses=problems(401, 403, 404, 422, 503))


@router.get("/rooms/availability/")
def availability(caller: CanView, query: Annotated[AvailabilityIn, Query()]) -> AvailabilityOut:
    """Show the rooms that are free for a whole period, and what stands in the others."""
    found = caller.read(lambda session, hotel: room_availability(session, hotel, **query.model_dump()))
    return AvailabilityOut.made_of(available_rooms=found.available, unavailable_rooms=found.unavailable)


@router.get("/bookings/{booking_id}/suggest-rooms/", responses=problems(409))
def suggestions(
    caller: CanView, booking_id: BookingId, response: Response, limit: Annotated[int, Query(ge=1, le=1_000)] = 10
) -> SuggestionsOut:
    """Rank the rooms that the booking could have without moving anybody else."""
    found = caller.read(
        lambda session, hotel: suggest_rooms(session, hotel, booking_id, limit=limit), isolation="REPEATABLE READ"
    )
    response.headers.update(etag(found.booking.version))
    return SuggestionsOut(
        booking_id=booking_id,
        version=found.booking.version,
        current_room_number=found.current,
        rooms=tuple(map(SuggestedRoomOut.of, found.rooms)),
    )

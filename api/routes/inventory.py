"""Rooms of the hotel: the list, one, making and changing them, and their cleaning."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import CanKeepHouse, CanManageRooms, CanView
from api.routes.common import HOTEL, IdempotencyName, IfMatch, agreed, etag, page_links
from api.routes.things import RoomNumber, Why, changed, made, removed
from api.schemas.inventory import HousekeepingIn, RoomIn, RoomOut, RoomPageOut, RoomPatchIn, RoomQueryIn
from api.schemas.problem import problems
from api.services.housekeeping import set_housekeeping
from api.services.inventory import ROOMS
from api.services.rooms import list_rooms, show_room
from models import Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["rooms"], responses=problems(400, 401, 403, 404, 409, 412, 422, 503))


@router.get("/rooms/")
def rooms(caller: CanView, request: Request, query: Annotated[RoomQueryIn, Query()]) -> RoomPageOut:
    """List rooms with who is in each now: filters, search, page by page."""
    found = caller.read(lambda session, hotel: list_rooms(session, hotel, query.query()))
    links = page_links(request, query.page, more=query.page * query.page_size < found.count)
    return RoomPageOut(count=found.count, results=tuple(map(RoomOut.of_room, found.results)), **links)


@router.post("/rooms/", status_code=201, response_model=RoomOut)
def make_room(
    caller: CanManageRooms, request: Request, body: RoomIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Make a room."""
    return made(caller, request, ROOMS, body, body.model_dump(), idempotency_key)


@router.get("/rooms/{room_number}/")
def room(caller: CanView, room_number: RoomNumber, response: Response) -> RoomOut:
    """Show a room, and whether somebody is in it now."""
    shown = caller.read(lambda session, hotel: RoomOut.of_room(show_room(session, hotel, room_number)))
    response.headers.update(etag(shown.version))
    return shown


@router.patch("/rooms/{room_number}/")
def change_room(
    caller: CanManageRooms, room_number: RoomNumber, body: RoomPatchIn, if_match: IfMatch, response: Response
) -> RoomOut:
    """Change a room. If somebody to come or in house would no longer fit: 409 with the names, nothing changed."""
    shown: RoomOut = changed(caller, ROOMS, room_number, body, if_match, response)
    return shown


@router.delete("/rooms/{room_number}/", status_code=204)
def remove_room(caller: CanManageRooms, room_number: RoomNumber, reason: Why = "") -> None:
    """Remove a room that nobody ever had; one with a history is put out of use by `active` = false."""
    removed(caller, ROOMS, room_number, reason)


@router.patch("/rooms/{room_number}/housekeeping/")
def housekeeping(
    caller: CanKeepHouse, room_number: RoomNumber, body: HousekeepingIn, if_match: IfMatch, response: Response
) -> RoomOut:
    """Say in which state a room is: CLEAN, DIRTY, PICKUP or INSPECTED."""
    version = agreed(if_match, body.if_version)

    def work(session: HotelSession, hotel: Hotel) -> RoomOut:
        set_housekeeping(
            session,
            hotel,
            room_number,
            body.housekeeping_status,
            actor=caller.actor,
            reason=body.reason,
            if_version=version,
            clock=caller.clock,
        )
        return RoomOut.of_room(show_room(session, hotel, room_number))

    shown = caller.change(work)
    response.headers.update(etag(shown.version))
    return shown

"""Room types, features, links between rooms, and groups of bookings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.orm import Session

from api.access import CanManageBookings, CanManageRooms, CanView
from api.routes.common import HOTEL, IdempotencyName, IfMatch, etag, tell_once
from api.routes.things import RowId, Why, changed, made, removed
from api.schemas.base import Word
from api.schemas.inventory import (
    FeatureIn,
    FeatureOut,
    FeaturePatchIn,
    FeaturesOut,
    GroupIn,
    GroupOut,
    GroupPatchIn,
    GroupsOut,
    RoomLinkIn,
    RoomLinkOut,
    RoomLinksOut,
    RoomTypeIn,
    RoomTypeOut,
    RoomTypePatchIn,
    RoomTypesOut,
)
from api.schemas.problem import problems
from api.services.catalogue import list_groups, list_links, list_types, show_group, show_link
from api.services.inventory import GROUPS, LINKS, ROOM_TYPES, find, put_feature
from api.services.rooms import list_features
from models import Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["rooms"], responses=problems(400, 401, 403, 404, 409, 412, 422, 503))

TypeCode = Annotated[Word, Path(description="Such as `DLX`")]


@router.get("/room-types/")
def room_types(caller: CanView) -> RoomTypesOut:
    """List the categories that are sold, by rank."""

    def work(session: HotelSession, hotel: Hotel) -> RoomTypesOut:
        rows = list_types(session, hotel)
        return RoomTypesOut(count=len(rows), results=tuple(RoomTypeOut.of_type(row, hotel) for row in rows))

    return caller.read(work)


@router.post("/room-types/", status_code=201, response_model=RoomTypeOut)
def make_room_type(
    caller: CanManageRooms, request: Request, body: RoomTypeIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Make a category."""
    return made(caller, request, ROOM_TYPES, body, body.model_dump(), idempotency_key)


@router.get("/room-types/{code}/")
def room_type(caller: CanView, code: TypeCode, response: Response) -> RoomTypeOut:
    """Show a category."""
    shown = caller.read(lambda session, hotel: RoomTypeOut.of_type(find(session, hotel, ROOM_TYPES, code), hotel))
    response.headers.update(etag(shown.version))
    return shown


@router.patch("/room-types/{code}/")
def change_room_type(
    caller: CanManageRooms, code: TypeCode, body: RoomTypePatchIn, if_match: IfMatch, response: Response
) -> RoomTypeOut:
    """Change a category; its price is that of bookings made from now on."""
    shown: RoomTypeOut = changed(caller, ROOM_TYPES, code, body, if_match, response)
    return shown


@router.delete("/room-types/{code}/", status_code=204)
def remove_room_type(caller: CanManageRooms, code: TypeCode, reason: Why = "") -> None:
    """Remove a category that no room is of and nobody ever booked."""
    removed(caller, ROOM_TYPES, code, reason)


@router.get("/features/")
def features(caller: CanView) -> FeaturesOut:
    """List the features that rooms have."""
    return caller.read(_features)


@router.post("/features/", status_code=201, response_model=FeaturesOut)
def give_feature(
    caller: CanManageRooms, request: Request, body: FeatureIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Give a feature to rooms."""

    def work(session: HotelSession, hotel: Hotel) -> FeaturesOut:
        put_feature(
            session, hotel, body.feature, add=body.room_numbers, new=True, actor=caller.actor, clock=caller.clock
        )
        return _features(session, hotel)

    return tell_once(caller, request, idempotency_key, body, work, status=201)


@router.patch("/features/{feature}/")
def change_feature(
    caller: CanManageRooms, feature: Annotated[Word, Path(description="Its name")], body: FeaturePatchIn
) -> FeaturesOut:
    """Call a feature otherwise, give it to rooms or take it from some."""

    def work(session: HotelSession, hotel: Hotel) -> FeaturesOut:
        put_feature(
            session,
            hotel,
            feature,
            add=body.add,
            drop=body.remove,
            rename=body.feature,
            actor=caller.actor,
            clock=caller.clock,
        )
        return _features(session, hotel)

    return caller.change(work)


@router.delete("/features/{feature}/", status_code=204)
def remove_feature(caller: CanManageRooms, feature: Annotated[Word, Path(description="Its name")]) -> None:
    """Take a feature from all rooms; if a guest in one of them needs it: 409 with the names."""
    caller.change(
        lambda session, hotel: put_feature(session, hotel, feature, drop=None, actor=caller.actor, clock=caller.clock)
    )


@router.get("/room-links/")
def room_links(caller: CanView) -> RoomLinksOut:
    """List connecting rooms, and suites with their parts."""

    def work(session: HotelSession, hotel: Hotel) -> RoomLinksOut:
        found = tuple(map(RoomLinkOut.of, list_links(session, hotel)))
        return RoomLinksOut(count=len(found), results=found)

    return caller.read(work)


@router.post("/room-links/", status_code=201, response_model=RoomLinkOut)
def make_room_link(
    caller: CanManageRooms, request: Request, body: RoomLinkIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Say that two rooms belong together. A part of a suite that somebody has alone is 409."""
    return made(caller, request, LINKS, body, body.model_dump(), idempotency_key)


@router.get("/room-links/{link_id}/")
def room_link(caller: CanView, link_id: RowId) -> RoomLinkOut:
    """Show a link."""
    return caller.read(lambda session, hotel: RoomLinkOut.of(show_link(session, hotel, link_id)))


@router.delete("/room-links/{link_id}/", status_code=204)
def remove_room_link(caller: CanManageRooms, link_id: RowId, reason: Why = "") -> None:
    """Take a link away."""
    removed(caller, LINKS, link_id, reason)


@router.get("/groups/")
def groups(caller: CanView) -> GroupsOut:
    """List groups of bookings, by name."""

    def work(session: HotelSession, hotel: Hotel) -> GroupsOut:
        found = tuple(map(GroupOut.of, list_groups(session, hotel)))
        return GroupsOut(count=len(found), results=found)

    return caller.read(work)


@router.post("/groups/", status_code=201, response_model=GroupOut)
def make_group(
    caller: CanManageBookings, request: Request, body: GroupIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Make a group; bookings join it by their own `group`."""
    return made(caller, request, GROUPS, body, body.model_dump(), idempotency_key)


@router.get("/groups/{group_id}/")
def group(caller: CanView, group_id: RowId, response: Response) -> GroupOut:
    """Show a group."""
    shown = caller.read(lambda session, hotel: GroupOut.of(show_group(session, hotel, group_id)))
    response.headers.update(etag(shown.version))
    return shown


@router.patch("/groups/{group_id}/")
def change_group(
    caller: CanManageBookings, group_id: RowId, body: GroupPatchIn, if_match: IfMatch, response: Response
) -> GroupOut:
    """Change a group."""
    shown: GroupOut = changed(caller, GROUPS, group_id, body, if_match, response)
    return shown


@router.delete("/groups/{group_id}/", status_code=204)
def remove_group(caller: CanManageBookings, group_id: RowId, reason: Why = "") -> None:
    """Remove a group that no booking is in."""
    removed(caller, GROUPS, group_id, reason)


def _features(session: Session, hotel: Hotel) -> FeaturesOut:
    session.flush()
    found = tuple(FeatureOut(feature=name, rooms=rooms) for name, rooms in list_features(session, hotel))
    return FeaturesOut(count=len(found), results=found)

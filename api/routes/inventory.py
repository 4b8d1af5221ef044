"""What the hotel has: rooms, room types, features, links and groups."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from api.access import Caller, CanKeepHouse, CanManageBookings, CanManageRooms, CanView
from api.routes.common import (
    HOTEL,
    IdempotencyName,
    IfMatch,
    agreed,
    answer_of,
    etag,
    page_links,
    request_key,
    send,
)
from api.schemas.base import Input, Note, Output, Word
from api.schemas.inventory import (
    FeatureIn,
    FeatureOut,
    FeaturePatchIn,
    FeaturesOut,
    GroupIn,
    GroupOut,
    GroupPatchIn,
    GroupsOut,
    HousekeepingIn,
    RoomIn,
    RoomLinkIn,
    RoomLinkOut,
    RoomLinksOut,
    RoomOut,
    RoomPageOut,
    RoomPatchIn,
    RoomQueryIn,
    RoomTypeIn,
    RoomTypeOut,
    RoomTypePatchIn,
    RoomTypesOut,
    sent,
    with_rate,
)
from api.schemas.problem import problems
from api.services.errors import NotFound
from api.services.housekeeping import set_housekeeping
from api.services.idempotency import Answer, once
from api.services.inventory import GROUPS, LINKS, ROOM_TYPES, ROOMS, Kind, change, find, make, put_feature, remove
from api.services.rooms import list_features, list_rooms, show_room
from models import Booking, Group, Hotel, HotelSession, Room, RoomLink, RoomType

router = APIRouter(prefix=HOTEL, tags=["rooms"], responses=problems(400, 401, 403, 404, 409, 412, 422, 503))

RoomNumber = Annotated[Word, Path(description="Such as `204`")]
TypeCode = Annotated[Word, Path(description="Such as `DLX`")]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Why = Annotated[Note, Query(description="For the audit")]


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
    return _made(caller, request, ROOMS, body, body.model_dump(), idempotency_key)


@router.get("/rooms/{room_number}/")
def room(caller: CanView, room_number: RoomNumber, response: Response) -> RoomOut:
    """Show a room, and whether somebody is in it now."""
    shown = caller.read(lambda session, hotel: _room(session, hotel, room_number))
    response.headers.update(etag(shown.version))
    return shown


@router.patch("/rooms/{room_number}/")
def change_room(
    caller: CanManageRooms, room_number: RoomNumber, body: RoomPatchIn, if_match: IfMatch, response: Response
) -> RoomOut:
    """Change a room. If somebody to come or in house would no longer fit: 409 with the names, nothing changed."""
    shown: RoomOut = _changed(caller, ROOMS, room_number, body, if_match, response)
    return shown


@router.delete("/rooms/{room_number}/", status_code=204)
def remove_room(caller: CanManageRooms, room_number: RoomNumber, reason: Why = "") -> None:
    """Remove a room that nobody ever had; one with a history is put out of use by `active` = false."""
    _removed(caller, ROOMS, room_number, reason)


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
        return _room(session, hotel, room_number)

    shown = caller.change(work)
    response.headers.update(etag(shown.version))
    return shown


@router.get("/room-types/")
def room_types(caller: CanView) -> RoomTypesOut:
    """List the categories that are sold, by rank."""

    def work(session: HotelSession, hotel: Hotel) -> RoomTypesOut:
        rows = session.scalars(
            select(RoomType).where(RoomType.hotel_id == hotel.id).order_by(RoomType.rank, RoomType.code)
        ).all()
        return RoomTypesOut(count=len(rows), results=tuple(RoomTypeOut.of_type(row, hotel) for row in rows))

    return caller.read(work)


@router.post("/room-types/", status_code=201, response_model=RoomTypeOut)
def make_room_type(
    caller: CanManageRooms, request: Request, body: RoomTypeIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Make a category."""
    return _made(caller, request, ROOM_TYPES, body, body.model_dump(), idempotency_key)


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
    shown: RoomTypeOut = _changed(caller, ROOM_TYPES, code, body, if_match, response)
    return shown


@router.delete("/room-types/{code}/", status_code=204)
def remove_room_type(caller: CanManageRooms, code: TypeCode, reason: Why = "") -> None:
    """Remove a category that no room is of and nobody ever booked."""
    _removed(caller, ROOM_TYPES, code, reason)


@router.get("/features/")
def features(caller: CanView) -> FeaturesOut:
    """List the features that rooms have."""
    return caller.read(_features)


@router.post("/features/", status_code=201)
def give_feature(caller: CanManageRooms, body: FeatureIn) -> FeaturesOut:
    """Give a feature to rooms."""

    def work(session: HotelSession, hotel: Hotel) -> FeaturesOut:
        put_feature(
            session, hotel, body.feature, add=body.room_numbers, new=True, actor=caller.actor, clock=caller.clock
        )
        return _features(session, hotel)

    return caller.change(work)


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
        found = _links(session, hotel)
        return RoomLinksOut(count=len(found), results=tuple(found))

    return caller.read(work)


@router.post("/room-links/", status_code=201, response_model=RoomLinkOut)
def make_room_link(
    caller: CanManageRooms, request: Request, body: RoomLinkIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Say that two rooms belong together. A part of a suite that somebody has alone is 409."""
    return _made(caller, request, LINKS, body, body.model_dump(), idempotency_key)


@router.get("/room-links/{link_id}/")
def room_link(caller: CanView, link_id: RowId) -> RoomLinkOut:
    """Show a link."""
    return caller.read(lambda session, hotel: _link(session, hotel, link_id))


@router.delete("/room-links/{link_id}/", status_code=204)
def remove_room_link(caller: CanManageRooms, link_id: RowId, reason: Why = "") -> None:
    """Take a link away."""
    _removed(caller, LINKS, link_id, reason)


@router.get("/groups/")
def groups(caller: CanView) -> GroupsOut:
    """List groups of bookings, by name."""

    def work(session: HotelSession, hotel: Hotel) -> GroupsOut:
        found = _groups(session, hotel)
        return GroupsOut(count=len(found), results=tuple(found))

    return caller.read(work)


@router.post("/groups/", status_code=201, response_model=GroupOut)
def make_group(
    caller: CanManageBookings, request: Request, body: GroupIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Make a group; bookings join it by their own `group`."""
    return _made(caller, request, GROUPS, body, body.model_dump(), idempotency_key)


@router.get("/groups/{group_id}/")
def group(caller: CanView, group_id: RowId, response: Response) -> GroupOut:
    """Show a group."""
    shown = caller.read(lambda session, hotel: _group(session, hotel, group_id))
    response.headers.update(etag(shown.version))
    return shown


@router.patch("/groups/{group_id}/")
def change_group(
    caller: CanManageBookings, group_id: RowId, body: GroupPatchIn, if_match: IfMatch, response: Response
) -> GroupOut:
    """Change a group."""
    shown: GroupOut = _changed(caller, GROUPS, group_id, body, if_match, response)
    return shown


@router.delete("/groups/{group_id}/", status_code=204)
def remove_group(caller: CanManageBookings, group_id: RowId, reason: Why = "") -> None:
    """Remove a group that no booking is in."""
    _removed(caller, GROUPS, group_id, reason)


def _made(
    caller: Caller, request: Request, kind: Kind, body: Input, values: dict[str, Any], idempotency_key: str | None
) -> Response:
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def add() -> Answer:
            made = make(session, hotel, kind, with_rate(values, hotel), actor=caller.actor, clock=caller.clock)
            where = f"{request.url.path.rstrip('/')}/{getattr(made, kind.key)}/"
            return answer_of(201, _shown(session, hotel, kind, made), {"Location": where})

        return once(session, hotel, caller.clock, key, add)

    return send(caller.change(work))


def _changed(caller: Caller, kind: Kind, key: Any, body: Any, if_match: int | None, response: Response) -> Any:
    version = agreed(if_match, body.if_version)

    def work(session: HotelSession, hotel: Hotel) -> Output:
        values = with_rate(sent(body, "reason", "if_version"), hotel)
        thing = change(
            session,
            hotel,
            kind,
            key,
            values,
            actor=caller.actor,
            reason=body.reason,
            if_version=version,
            clock=caller.clock,
        )
        return _shown(session, hotel, kind, thing)

    shown: Any = caller.change(work)
    response.headers.update(etag(shown.version))
    return shown


def _removed(caller: Caller, kind: Kind, key: Any, reason: str) -> None:
    caller.change(
        lambda session, hotel: remove(session, hotel, kind, key, actor=caller.actor, reason=reason, clock=caller.clock)
    )


def _shown(session: Session, hotel: Hotel, kind: Kind, thing: Any) -> Output:
    if kind is ROOMS:
        return _room(session, hotel, thing.number)
    if kind is ROOM_TYPES:
        return RoomTypeOut.of_type(thing, hotel)
    return _group(session, hotel, thing.id) if kind is GROUPS else _link(session, hotel, thing.id)


def _room(session: Session, hotel: Hotel, number: str) -> RoomOut:
    shown = show_room(session, hotel, number)
    if shown is None:
        raise NotFound
    return RoomOut.of_room(shown)


def _features(session: Session, hotel: Hotel) -> FeaturesOut:
    session.flush()
    found = tuple(FeatureOut(feature=name, rooms=rooms) for name, rooms in list_features(session, hotel))
    return FeaturesOut(count=len(found), results=found)


def _links(session: Session, hotel: Hotel, link_id: int | None = None) -> list[RoomLinkOut]:
    one, other = aliased(Room), aliased(Room)
    found = (
        select(RoomLink.id, RoomLink.kind, one.number.label("room"), other.number.label("other_room"))
        .join(one, and_(one.hotel_id == RoomLink.hotel_id, one.id == RoomLink.room_id))
        .join(other, and_(other.hotel_id == RoomLink.hotel_id, other.id == RoomLink.other_room_id))
        .where(RoomLink.hotel_id == hotel.id)
        .order_by(RoomLink.kind, one.number, other.number)
    )
    if link_id is not None:
        found = found.where(RoomLink.id == link_id)
    return [RoomLinkOut.of(row) for row in session.execute(found)]


def _link(session: Session, hotel: Hotel, link_id: int) -> RoomLinkOut:
    found = _links(session, hotel, link_id)
    if not found:
        raise NotFound
    return found[0]


def _groups(session: Session, hotel: Hotel, group_id: int | None = None) -> list[GroupOut]:
    session.flush()
    found = (
        select(Group.id, Group.name, Group.wants_connecting, Group.notes, Group.version, func.count(Booking.id))
        .outerjoin(Booking, and_(Booking.hotel_id == Group.hotel_id, Booking.group_id == Group.id))
        .where(Group.hotel_id == hotel.id)
        .group_by(Group.hotel_id, Group.id)
        .order_by(Group.name)
    )
    if group_id is not None:
        found = found.where(Group.id == group_id)
    return [
        GroupOut(id=row[0], name=row[1], wants_connecting=row[2], notes=row[3], version=row[4], bookings=row[5])
        for row in session.execute(found)
    ]


def _group(session: Session, hotel: Hotel, group_id: int) -> GroupOut:
    found = _groups(session, hotel, group_id)
    if not found:
        raise NotFound
    return found[0]

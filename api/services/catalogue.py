"""Reading what a hotel has beside its rooms: the types it sells, links between rooms, groups of bookings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from api.services.errors import NotFound
from models import Booking, Group, Hotel, LinkKind, Room, RoomLink, RoomType


@dataclass(frozen=True, slots=True)
class LinkShown:
    """Two rooms that belong together, by number."""

    id: int
    kind: LinkKind
    room: str
    other_room: str


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A group, and how many bookings are in it."""

    id: int
    name: str
    wants_connecting: bool
    notes: str
    version: int
    bookings: int


def list_types(session: Session, hotel: Hotel) -> Sequence[RoomType]:
    """Return the types that are sold, by rank."""
    found = select(RoomType).where(RoomType.hotel_id == hotel.id)
    return session.scalars(found.order_by(RoomType.rank, RoomType.code)).all()


def list_links(session: Session, hotel: Hotel, link_id: int | None = None) -> list[LinkShown]:
    """Return the links of rooms, or the one of this id."""
    session.flush()
    one, other = aliased(Room), aliased(Room)
    found = (
        select(RoomLink.id, RoomLink.kind, one.number, other.number)
        .join(one, and_(one.hotel_id == RoomLink.hotel_id, one.id == RoomLink.room_id))
        .join(other, and_(other.hotel_id == RoomLink.hotel_id, other.id == RoomLink.other_room_id))
        .where(RoomLink.hotel_id == hotel.id)
        .order_by(RoomLink.kind, one.number, other.number)
    )
    if link_id is not None:
        found = found.where(RoomLink.id == link_id)
    return [LinkShown(*row) for row in session.execute(found)]


def list_groups(session: Session, hotel: Hotel, group_id: int | None = None) -> list[GroupShown]:
    """Return the groups by name, or the one of this id."""
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
    return [GroupShown(*row) for row in session.execute(found)]


def show_link(session: Session, hotel: Hotel, link_id: int) -> LinkShown:
    """Return a link.

    Raises
    ------
    NotFound
    """
    for link in list_links(session, hotel, link_id):
        return link
    raise NotFound


def show_group(session: Session, hotel: Hotel, group_id: int) -> GroupShown:
    """Return a group.

    Raises
    ------
    NotFound
    """
    for group in list_groups(session, hotel, group_id):
        return group
    raise NotFound

"""What a booking says, in the words of outside: room types by code or name, groups by name, rooms by number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.errors import InvalidInput
from api.services.money import minor_units
from api.services.naming import find_type, unknown_type
from api.services.periods import impossible
from models import Booking, Group, Hotel, Room, RoomType

PLAIN: Final = (
    "check_in",
    "check_out",
    "arrival_time",
    "departure_time",
    "adults",
    "children",
    "gender",
    "priority",
    "needs",
    "special_requests",
    "internal_notes",
    "promo_code",
)
"""Fields that are columns of the same name."""

FIELDS: Final = (*PLAIN, "room_type", "group", "wishes", "allowed_rooms", "total_amount")
GUEST_FIELDS: Final = ("first_name", "last_name", "email", "phone", "country", "language")

Faults = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Columns of a booking, and the type it is for then."""

    columns: Mapping[str, Any]
    room_type: RoomType


def resolve(
    session: Session,
    hotel: Hotel,
    values: Mapping[str, Any],
    current: Booking | None = None,
    *,
    also: Collection[dict[str, str]] = (),
) -> Resolved:
    """Return the columns that a booking's fields come to.

    Parameters
    ----------
    values
        Some of `FIELDS`; a wish's ``room`` is a number.
    current
        The booking that they change, whose other fields count as given.
    also
        Faults that the caller has found, to be named with these.

    Raises
    ------
    InvalidInput
        With every fault: names that the hotel does not know, an arrival in the past, an impossible period, nobody in
        the party.
    """
    faults: Faults = [*also]
    columns: dict[str, Any] = {name: values[name] for name in PLAIN if name in values}
    room_type = _type(session, hotel, values, current, faults)
    if room_type is not None:
        columns["room_type_id"] = room_type.id
    if "group" in values:
        columns["group_id"] = _group(session, hotel, values["group"], faults)
    rooms = _rooms(session, hotel, values)
    if "wishes" in values:
        columns["wishes"] = _wishes(values["wishes"], rooms, faults)
    if "allowed_rooms" in values:
        columns["allowed_rooms"] = _allowed(values["allowed_rooms"], rooms, faults)
    if (amount := values.get("total_amount")) is not None:
        columns["total_minor"] = _minor(amount, current.currency if current else hotel.currency, faults)

    def after(name: str, default: Any = None) -> Any:
        return values.get(name, getattr(current, name, default))

    arrives_anew = current is None or after("check_in") != current.check_in
    if "check_in" in values and arrives_anew and values["check_in"] < hotel.business_date:
        message = f"is before the hotel's day, {hotel.business_date}"
        faults.append(fault("check_in", "past", message))
    times = (after("check_in"), after("check_out"), after("arrival_time"), after("departure_time"))
    if None not in times[:2] and (wrong := impossible(*times)) is not None:
        faults.append(fault("check_out", "impossible", wrong))
    if after("adults", 1) + after("children", 0) < 1:
        faults.append(fault("adults", "nobody", "at least one person stays"))
    if faults or room_type is None:
        raise InvalidInput("The booking has faults: each is named.", errors=faults)
    return Resolved(columns, room_type)


def fault(field: str, code: str, message: str) -> dict[str, str]:
    """Return one fault of a request's body."""
    return {"in": "body", "field": field, "code": code, "message": message}


def _type(
    session: Session, hotel: Hotel, values: Mapping[str, Any], current: Booking | None, faults: Faults
) -> RoomType | None:
    if "room_type" not in values and current is not None:
        return session.get_one(RoomType, (hotel.id, current.room_type_id))
    known = find_type(session, hotel.id, values["room_type"])
    if known is None:
        faults.append(unknown_type())
    return known


def _group(session: Session, hotel: Hotel, name: str | None, faults: Faults) -> int | None:
    if name is None:
        return None
    known = session.scalar(select(Group.id).where(Group.hotel_id == hotel.id, Group.name == name))
    if known is None:
        faults.append(fault("group", "unknown", f"there is no group {name}"))
    return known


def _rooms(session: Session, hotel: Hotel, values: Mapping[str, Any]) -> Mapping[str, int]:
    wanted = {wish["room"] for wish in values.get("wishes") or () if wish.get("room") is not None}
    wanted |= set(values.get("allowed_rooms") or ())
    if not wanted:
        return {}
    rows = session.execute(select(Room.number, Room.id).where(Room.hotel_id == hotel.id, Room.number.in_(wanted)))
    return dict(rows.all())


def _wishes(wishes: Collection[Mapping[str, Any]], rooms: Mapping[str, int], faults: Faults) -> list[dict[str, Any]]:
    told = []
    for place, wish in enumerate(wishes):
        given = {name: value for name, value in wish.items() if value is not None}
        if (number := given.get("room")) is not None:
            if number not in rooms:
                faults.append(fault(f"wishes.{place}.room", "unknown", f"there is no room {number}"))
                continue
            given["room"] = rooms[number]
        told.append(given)
    return told


def _allowed(numbers: Collection[str] | None, rooms: Mapping[str, int], faults: Faults) -> list[int] | None:
    if numbers is None:
        return None
    missing = [number for number in numbers if number not in rooms]
    faults += [fault("allowed_rooms", "unknown", f"there is no room {number}") for number in missing]
    return [rooms[number] for number in numbers if number in rooms]


def _minor(amount: Decimal, currency: str, faults: Faults) -> int:
    try:
        return minor_units(amount, currency)
    except ValueError as error:
        faults.append(fault("total_amount", "too_precise", str(error)))
        return 0

"""A glance at a room without the hotel lock: who is in it already need not be waited for to be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import JSON, Engine, text

from api.services.actor import Actor
from api.services.house import INVENTORY_COLUMNS, ONE_ROOM, house_of
from api.services.overrides import require_override
from api.services.placing import allowed
from api.services.roomcheck import OVERRIDABLE, STAFF_POLICY, Judged, find_broken
from models import Booking, Hotel, PartyGender
from models.prepared import PREPARED

_booking, _hotel = Booking.__table__.c, Hotel.__table__.c
_ASKED: Final = (
    *(_booking.booking_id, _booking.version, _booking.status, _booking.check_in, _booking.check_out),
    *(_booking.arrival_time, _booking.departure_time, _booking.adults, _booking.children, _booking.gender),
    *(_booking.room_type_id, _booking.group_id, _booking.priority, _booking.needs, _booking.wishes),
    *(_booking.allowed_rooms, _booking.locked),
)
_HOTEL: Final = (
    *(_hotel.id, _hotel.business_date, _hotel.check_in_time, _hotel.check_out_time),
    *(_hotel.turnaround_minutes, _hotel.policy),
)

# One round trip and no transaction to begin or end. A stay's period lies within two days of its dates.
_GLANCE: Final = (
    text(f"""
SELECT set_config('app.hotel_id', :entered, true);
WITH asked AS (
    SELECT {", ".join(column.name for column in _ASKED)} FROM booking
    WHERE hotel_id = :hotel AND booking_id = :booking AND status = 'CONFIRMED' AND NOT EXISTS (
        SELECT FROM occupancy held WHERE held.hotel_id = booking.hotel_id AND held.booking_pk = booking.id
        AND held.kind = 'STAY' AND held.released_at IS NULL)),
{ONE_ROOM},
taken AS (
    SELECT row.id, row.room_id, row.kind, row.starts_at, row.ends_at, row.parent_id, guest.booking_id, guest.gender,
           parent.kind AS parent_kind, parent.room_id AS parent_room
    FROM asked JOIN occupancy row ON row.starts_at < asked.check_out + 2 AND row.ends_at > asked.check_in
    LEFT JOIN booking guest ON guest.hotel_id = row.hotel_id AND guest.id = row.booking_pk
    LEFT JOIN occupancy parent ON parent.hotel_id = row.hotel_id AND parent.id = row.parent_id
    WHERE row.hotel_id = :hotel AND row.room_id IN (SELECT id FROM house) AND row.released_at IS NULL)
SELECT asked.*, {", ".join(f"hotel.{column.name}" for column in _HOTEL)}, {INVENTORY_COLUMNS},
       (SELECT json_agg(taken ORDER BY starts_at, id) FROM taken) AS taken
FROM asked JOIN hotel ON hotel.id = :hotel
""")
    .columns(*_ASKED, *_HOTEL, taken=JSON)
    .execution_options(**PREPARED)
)


def refuse_at_a_glance(
    engine: Engine,
    hotel_id: int,
    booking_id: str,
    room_number: str,
    *,
    actor: Actor,
    override: Mapping[str, str],
    if_version: int | None,
) -> None:
    """Refuse what `assign_room` would refuse if the hotel stayed as it is; say nothing where there is more to look at.

    A refusal is true of a state that was committed. That there is none promises nothing: without the hotel lock
    somebody else may be faster.

    Raises
    ------
    RuleBroken
        The very one that `assign_room` raises.
    InvalidInput, Forbidden, VersionRequired
        If the override may not be made.
    """
    asked = {"entered": str(hotel_id), "hotel": hotel_id, "booking": booking_id, "number": room_number}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = connection.execute(_GLANCE, asked).one_or_none()
    if found is None or found.check_out < found.business_date or if_version not in (None, found.version):
        return
    require_override(actor, override, if_version, OVERRIDABLE)
    house = house_of(found, found, changes=STAFF_POLICY)
    room = house.facts.get(room_number)
    if room is None or room.beds > 1:
        return
    stay = house.stay_of(found)
    starts_at, ends_at = house.axis.moment(stay.start), house.axis.moment(stay.end)
    taken = [_row(**row) for row in found.taken or ()]
    inside = [row for row in taken if row.starts_at < ends_at and row.ends_at > starts_at]
    broken = tuple(find_broken(house, stay, room_number, inside))
    allowed(Judged(stay, room, house, starts_at, ends_at, broken, warnings=(), bed=1, rebedded=()), override)


def _row(*, starts_at: str, ends_at: str, gender: str | None, **columns: Any) -> SimpleNamespace:
    """Return an occupancy with what JSON cannot hold as it is."""
    return SimpleNamespace(
        starts_at=datetime.fromisoformat(starts_at),
        ends_at=datetime.fromisoformat(ends_at),
        gender=None if gender is None else PartyGender(gender),
        **columns,
    )

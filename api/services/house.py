"""The house as the allocator sees it: room types, rooms and links of a hotel, and what it makes of a booking.

Ids in the allocator's terms: a room is its number, a type its code, a stay its ``booking_id``, a closure ``C`` and the
id of its occupancy, a group ``G`` and its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import TextualSelect, text
from sqlalchemy.orm import Session

from allocator.problem import Link, Room, RoomType, Stay, Wish
from api.services.periods import MIDNIGHT, Axis, HouseTimes, nights_charged
from api.services.policy import HousePolicy
from api.services.roomlist import RoomFacts, inventory_of, kept_inventory
from models import BookingStatus, Hotel
from models.prepared import PREPARED


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stay is: a live occupancy of kind STAY, in the allocator's terms."""

    room: str
    start: int
    end: int
    locked: bool


@dataclass(frozen=True, slots=True)
class House:
    """A hotel's inventory and its policy, read once.

    Attributes
    ----------
    axis
        Slots are minutes from midnight of its origin, the business date.
    types_allowed
        By type code, the types a stay that booked it may have: its own, and those up the ladder as the policy says.
    rooms
        All rooms, inactive ones with type `INACTIVE`, by number.
    """

    hotel_id: int
    axis: Axis
    times: HouseTimes
    policy: HousePolicy
    room_types: tuple[RoomType, ...]
    code_of: Mapping[int, str]
    types_allowed: Mapping[str, tuple[str, ...]]
    rooms: Mapping[str, Room]
    facts: Mapping[str, RoomFacts]
    number_of: Mapping[int, str]
    links: tuple[Link, ...]

    def stay_of(self, booking: Any, place: Place | None = None, *, locked: bool = False) -> Stay:
        """Return the stay of a booking.

        A booking without a room that should have arrived before the business date takes its room from the business
        date's midnight on: the nights before are over, whoever slept where.

        Parameters
        ----------
        booking
            A `models.Booking`, or a row with its columns.
        place
            Its live occupancy, which says when the room is taken; without one the period follows from the dates.
        locked
            It keeps its place, whatever the booking says (in house, frozen).
        """
        policy, origin = self.policy, self.axis.origin
        nights = nights_charged(booking.check_in, booking.check_out)
        if place is None:
            starts, ends = self.times.period(
                booking.check_in, booking.check_out, booking.arrival_time, booking.departure_time
            )
            start, end = self.axis.slot(starts), self.axis.slot(ends)
            if booking.check_in < origin:
                start, nights = 0, nights_charged(origin, max(origin, booking.check_out))
                end = max(end, 1)
        else:
            start, end = place.start, place.end
        code = self.code_of[booking.room_type_id]
        allowed = booking.allowed_rooms
        return Stay(
            id=booking.booking_id,
            start=start,
            end=end,
            nights=nights,
            type=code,
            types_allowed=self.types_allowed[code],
            unplaced_penalty=policy.unplaced_penalty(
                nights, booking.priority, pending=booking.status == BookingStatus.PENDING_PAYMENT
            ),
            party=booking.adults + booking.children,
            gender=None if booking.gender is None else booking.gender.value,
            needs=frozenset(booking.needs),
            allowed_rooms=None if allowed is None else frozenset(self._numbers(allowed)),
            wishes=tuple(self._wishes(booking.wishes)) if booking.wishes else (),
            room=None if place is None else place.room,
            locked=place is not None and (locked or place.locked or booking.locked),
            move_penalty=0 if place is None else policy.move_penalty(booking.check_in, origin),
            group=None if booking.group_id is None else f"G{booking.group_id}",
        )

    def place(self, room_id: int, starts_at: datetime, ends_at: datetime, *, locked: bool = False) -> Place:
        """Return an occupancy's place in the allocator's terms."""
        return Place(self.number_of[room_id], self.axis.slot(starts_at), self.axis.slot(ends_at), locked)

    @property
    def frozen_until(self) -> int:
        """The slot before which an arrival counts as frozen: ``freeze_hours`` from the business date's midnight."""
        return 60 * self.policy.freeze_hours

    @property
    def horizon(self) -> tuple[datetime, datetime]:
        """Midnight of the business date, and midnight after the last night of the horizon."""
        begin = datetime.combine(self.axis.origin, MIDNIGHT)
        return begin, begin + timedelta(days=self.policy.horizon_nights)

    def _numbers(self, room_ids: Iterable[int]) -> list[str]:
        return [self.number_of[room] for room in room_ids if room in self.number_of]

    def _wishes(self, wishes: Iterable[Mapping[str, Any]]) -> list[Wish]:
        """Return the wishes that can be told; one for a room that is no more is dropped."""
        told = []
        for wish in wishes:
            weight = wish.get("weight", self.policy.wish)
            if "room" in wish:
                if wish["room"] in self.number_of:
                    told.append(Wish(weight, room=self.number_of[wish["room"]]))
            else:
                told.append(
                    Wish(
                        weight,
                        feature=wish.get("feature"),
                        min_floor=wish.get("min_floor"),
                        max_floor=wish.get("max_floor"),
                    )
                )
        return told


# All of it in one round trip, planned once: people wait under the hotel lock.
_INVENTORY: Final = """
link AS (SELECT kind, room_id, other_room_id FROM room_link WHERE hotel_id = :hotel {links}),
house AS (SELECT id, number, room_type_id, building, floor, position, sleeps, beds, features, gender, assignment_order,
                 nights_used, active
          FROM room WHERE hotel_id = :hotel {rooms}),
ladder AS (SELECT id, code, rank FROM room_type WHERE hotel_id = :hotel)
"""
INVENTORY_COLUMNS: Final = """
(SELECT json_agg(ladder ORDER BY rank, code)::text FROM ladder) AS types,
(SELECT json_agg(house ORDER BY number)::text FROM house) AS rooms,
(SELECT json_agg(link ORDER BY kind, room_id, other_room_id)::text FROM link) AS links
"""
"""Each a text, as `inventory_of` wants them."""
ONE_ROOM: Final = "chosen AS (SELECT id FROM room WHERE hotel_id = :hotel AND number = :number)," + _INVENTORY.format(
    links="AND kind = 'component' AND room_id = (SELECT id FROM chosen)",
    rooms="AND (id = (SELECT id FROM chosen) OR id IN (SELECT other_room_id FROM link))",
)
"""Tables of a statement (after WITH) that reads a room by its number and, of a suite, its parts."""


def _reading(tables: str) -> TextualSelect:
    return text(f"WITH {tables} SELECT {INVENTORY_COLUMNS}").columns().execution_options(**PREPARED)


_ALL_ROOMS: Final = _reading(_INVENTORY.format(links="", rooms=""))
_ONE_ROOM: Final = _reading(ONE_ROOM)


def read_house(
    session: Session,
    hotel: Hotel,
    *,
    origin: date | None = None,
    changes: Mapping[str, Any] | None = None,
    only: str | None = None,
) -> House:
    """Read the inventory of a hotel.

    Parameters
    ----------
    origin
        Date of slot 0; the business date if not given.
    changes
        Keys of the policy that hold for this reading only.
    only
        Number of one room: read it and, of a suite, its parts, and no other.
    """
    values = {"hotel": hotel.id} | ({} if only is None else {"number": only})
    read = session.execute(_ALL_ROOMS if only is None else _ONE_ROOM, values).one()
    return house_of(hotel, read, origin=origin, changes=changes, whole=only is None)


def house_of(
    hotel: Any,
    read: Any,
    *,
    origin: date | None = None,
    changes: Mapping[str, Any] | None = None,
    whole: bool = False,
) -> House:
    """Return the house that was read.

    Parameters
    ----------
    hotel
        A `models.Hotel`, or a row with its columns.
    read
        A row with `INVENTORY_COLUMNS`.
    origin, changes
        As of `read_house`.
    whole
        Whether it has all of the hotel's rooms; such a one is worth keeping.
    """
    policy = HousePolicy.of(hotel, changes)
    made = kept_inventory if whole else inventory_of
    inventory = made(read.types, read.rooms, read.links, policy.wear, policy.upgrades_allowed)
    return House(
        hotel_id=hotel.id,
        axis=Axis(origin or hotel.business_date),
        times=HouseTimes.of(hotel),
        policy=policy,
        **inventory._asdict(),
    )

"""Rooms, room types, features, links and groups."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field

from api.schemas.base import Input, NoCard, Note, Output, QueryInput, Text, Version, Word
from api.schemas.newbooking import Amount, Patch
from api.services.bookingdata import fault
from api.services.errors import InvalidInput
from api.services.money import decimal_string, minor_units
from api.services.rooms import RoomQuery, RoomShown
from models import Gender, Hotel, Housekeeping, LinkKind, Room, RoomType

Small = Annotated[int, Field(ge=-10_000, le=10_000)]
Rank = Annotated[int, Field(ge=0, le=10_000)]
Sleeps = Annotated[int, Field(ge=1, le=1_000)]
Features = Annotated[list[Word], Field(max_length=100)]


class RoomTypeIn(Input):
    """A category that is sold; `rank` is its place on the upgrade ladder."""

    code: Word
    name: Word
    rank: Rank = 0
    sleeps: Sleeps = 2
    rate: Amount = Field(default=Decimal(0), description="Of a night")


class RoomTypePatchIn(Patch):
    """What to change of a room type."""

    nullable = frozenset({"if_version"})

    name: Word | None = None
    rank: Rank | None = None
    sleeps: Sleeps | None = None
    rate: Amount | None = None
    reason: Note = ""
    if_version: Version | None = None


class RoomTypeOut(Output):
    """A category that is sold."""

    code: str
    name: str
    rank: int
    sleeps: int
    rate: str
    currency: str
    version: int

    @classmethod
    def of_type(cls, row: RoomType, hotel: Hotel) -> Self:
        """Return the answer."""
        return cls(
            code=row.code,
            name=row.name,
            rank=row.rank,
            sleeps=row.sleeps,
            rate=decimal_string(row.rate_minor, hotel.currency),
            currency=hotel.currency,
            version=row.version,
        )


class RoomTypesOut(Output):
    """All categories, by rank."""

    count: int
    results: tuple[RoomTypeOut, ...]


class RoomIn(Input):
    """A room."""

    number: Word
    room_type: Word = Field(description="Code of its type")
    building: Annotated[Text, Field(max_length=100), NoCard] = ""
    floor: Small = 0
    position: Small = Field(default=0, description="Place on the corridor; neighbours differ by one")
    sleeps: Sleeps = 2
    beds: Sleeps = Field(default=1, description="More than one is a dorm of so many beds")
    features: Features = Field(default=[])
    gender: Gender = Gender.ANY
    assignment_order: Small = Field(default=0, description="The hotel's own preference: lower is used first")
    housekeeping_status: Housekeeping = Housekeeping.CLEAN
    active: bool = True
    notes: Note = ""


class RoomPatchIn(Patch):
    """What to change of a room; its cleaning has a path of its own."""

    nullable = frozenset({"if_version"})

    number: Word | None = None
    room_type: Word | None = None
    building: Annotated[Text, Field(max_length=100), NoCard] | None = None
    floor: Small | None = None
    position: Small | None = None
    sleeps: Sleeps | None = None
    beds: Sleeps | None = None
    features: Features | None = None
    gender: Gender | None = None
    assignment_order: Small | None = None
    active: bool | None = None
    notes: Note | None = None
    reason: Note = ""
    if_version: Version | None = None


class RoomQueryIn(QueryInput):
    """Which rooms."""

    search: Annotated[Text, Field(max_length=200)] = Field(
        default="", description="Part of number, type, building or a feature"
    )
    room_type: Word | None = Field(default=None, description="Code or name of a type")
    feature: Word | None = None
    floor: Small | None = None
    housekeeping_status: Housekeeping | None = None
    active: bool | None = None
    is_occupied: bool | None = None
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=50, ge=1, le=1_000)

    def query(self) -> RoomQuery:
        """Return it in the service's terms."""
        return RoomQuery(**self.model_dump())


class RoomOut(Output):
    """A room, and who is in it now."""

    room_number: str
    room_type: str
    type_code: str
    building: str
    floor: int
    position: int
    sleeps: int
    beds: int
    features: tuple[str, ...]
    gender: Gender
    assignment_order: int
    housekeeping_status: Housekeeping
    active: bool
    nights_used: int
    notes: str
    is_occupied: bool
    current_guest: str | None
    current_booking_id: str | None
    version: int

    @classmethod
    def of_room(cls, shown: RoomShown) -> Self:
        """Return the answer."""
        room = shown.room
        own = {column.name: getattr(room, column.name) for column in Room.__table__.columns}
        return cls(
            **{name: value for name, value in own.items() if name in cls.model_fields}
            | {
                "room_number": room.number,
                "room_type": shown.room_type.name,
                "type_code": shown.room_type.code,
                "is_occupied": shown.is_occupied,
                "current_guest": shown.current_guest,
                "current_booking_id": shown.current_booking_id,
            }
        )


class RoomPageOut(Output):
    """One page; ``next`` and ``previous`` are queries to put behind the same path."""

    count: int
    next: str | None
    previous: str | None
    results: tuple[RoomOut, ...]


class HousekeepingIn(Input):
    """In which state a room is."""

    housekeeping_status: Housekeeping
    reason: Note = ""
    if_version: Version | None = None


class FeatureIn(Input):
    """A feature, and the rooms that have it."""

    feature: Word
    room_numbers: Annotated[list[Word], Field(min_length=1, max_length=5_000)]


class FeaturePatchIn(Input):
    """Rooms that get or lose a feature, or another name for it."""

    feature: Word | None = Field(default=None, description="Its new name")
    add: Annotated[list[Word], Field(max_length=5_000)] = Field(default=[], description="Numbers of rooms")
    remove: Annotated[list[Word], Field(max_length=5_000)] = Field(default=[])


class FeatureOut(Output):
    """A feature, and how many rooms have it."""

    feature: str
    rooms: int


class FeaturesOut(Output):
    """All features that a room has, by name."""

    count: int
    results: tuple[FeatureOut, ...]


class RoomLinkIn(Input):
    """Two rooms that belong together: connecting, or the second a part of the first, a suite."""

    kind: LinkKind
    room: Word = Field(description="Number; of a component, the suite")
    other_room: Word


class RoomLinkOut(Output):
    """Two rooms that belong together."""

    id: int
    kind: LinkKind
    room: str
    other_room: str


class RoomLinksOut(Output):
    """All links, suites first by number."""

    count: int
    results: tuple[RoomLinkOut, ...]


class GroupIn(Input):
    """Bookings that belong together."""

    name: Word
    wants_connecting: bool = False
    notes: Note = ""


class GroupPatchIn(Patch):
    """What to change of a group."""

    nullable = frozenset({"if_version"})

    name: Word | None = None
    wants_connecting: bool | None = None
    notes: Note | None = None
    reason: Note = ""
    if_version: Version | None = None


class GroupOut(Output):
    """A group, and how many bookings are in it."""

    id: int
    name: str
    wants_connecting: bool
    notes: str
    bookings: int
    version: int


class GroupsOut(Output):
    """All groups, by name."""

    count: int
    results: tuple[GroupOut, ...]


def sent(body: Input, *without: str) -> dict[str, Any]:
    """Return the fields of a body that were sent."""
    return body.model_dump(include=body.model_fields_set - set(without))


def with_rate(values: dict[str, Any], hotel: Hotel) -> dict[str, Any]:
    """Return a room type's values with the rate in minor units.

    Raises
    ------
    InvalidInput
        If the hotel's currency has no unit so small.
    """
    if "rate" not in values:
        return values
    kept = {name: value for name, value in values.items() if name != "rate"}
    try:
        return kept | {"rate_minor": minor_units(values["rate"], hotel.currency)}
    except ValueError as error:
        raise InvalidInput(errors=[fault("rate", "too_precise", str(error))]) from error

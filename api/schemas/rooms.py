"""Which rooms are free, and which suit a booking best."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Output, QueryInput, Word
from api.schemas.times import Day


class AvailabilityIn(QueryInput):
    """The period asked for, and which rooms."""

    check_in: Day
    check_out: Day
    room_type: Word | None = Field(default=None, description="Code or name of a type: only its rooms")
    exclude_booking: Word | None = Field(default=None, description="A booking that does not stand in its own way")
    party: Annotated[int, Field(ge=1, le=1_000)] = Field(default=1, description="Only rooms that sleep so many")
    features: Annotated[list[Word], Field(max_length=50)] = Field(
        default=[], description="Only rooms with all of these"
    )


class AvailableRoomOut(Output):
    """A room that is free for the whole period."""

    room_number: str
    room_type: str
    type_code: str
    floor: int
    features: tuple[str, ...]
    free_beds: int
    is_occupied: bool
    current_guest: str | None
    next_booking: date | None


class UnavailableRoomOut(Output):
    """A room that is not, and what stands in it."""

    room_number: str
    room_type: str
    type_code: str
    conflict_reason: str
    conflict_booking_id: str | None
    conflict_closure_id: str | None
    available_from: date | None


class AvailabilityOut(Output):
    """The rooms asked for, by number."""

    available_rooms: tuple[AvailableRoomOut, ...]
    unavailable_rooms: tuple[UnavailableRoomOut, ...]


class SuggestedRoomOut(Output):
    """A room for the booking: what it adds to the hotel's score, and by term; lower is better.

    ``fit``: best fills an idle run, preferred touches a neighbour, standard neither.
    """

    room_number: str
    room_type: str
    type_code: str
    floor: int
    features: tuple[str, ...]
    total: int
    parts: dict[str, int]
    fit: Literal["best", "preferred", "standard"]
    warnings: tuple[str, ...]


class SuggestionsOut(Output):
    """Rooms for a booking, cheapest first. Nothing is held: taking one is `assign-room` with this version."""

    booking_id: str
    version: int
    current_room_number: str | None
    rooms: tuple[SuggestedRoomOut, ...]

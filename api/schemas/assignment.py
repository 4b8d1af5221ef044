"""Giving a room to a booking, and taking it away."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Input, Note, Output, Version, Word
from models import BookingStatus

Reason = Annotated[Note, Field(max_length=500)]


class AssignIn(Input):
    """The room to give."""

    room_number: Word
    notes: Note = ""
    lock: bool = Field(default=False, description="Also say that the room must be kept")
    override: Annotated[dict[Word, Reason], Field(max_length=20)] = Field(
        default={}, description="Rules to break, by name, each with its reason; needs a version"
    )
    if_version: Version | None = Field(default=None, description="The booking's version that you decided on")


class AssignedOut(Output):
    """What came of it; ``changed`` is false if the booking had this very room already."""

    booking_id: str
    room_number: str
    bed: int
    previous_room_number: str | None
    warnings: tuple[str, ...]
    overridden: dict[str, str]
    locked: bool
    changed: bool
    version: int


class ReasonIn(Input):
    """Why something is done, in the audit."""

    reason: Note = ""


class BookingStateOut(Output):
    """A booking after a change of its room or its lock."""

    booking_id: str
    status: BookingStatus
    assigned_room_number: str | None
    locked: bool
    version: int

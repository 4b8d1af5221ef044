"""Steps in the life of a booking, and the PIN of its door."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.assignment import Reason
from api.schemas.base import Input, Note, Output, Text, Version, Word
from api.schemas.bookings import BookingDetailOut
from api.schemas.times import Moment
from api.services.pins import DIGITS


class WhyIn(Input):
    """Why something is taken back; it has to be said."""

    reason: Annotated[Note, Field(min_length=1)]


class ReinstateIn(WhyIn):
    """Why a booking is taken up again."""

    overbook: bool = Field(
        default=False, description="Take it up even if the hotel cannot hold it, or nobody knows; else that is 409"
    )
    pay_until: Moment | None = Field(
        default=None,
        description="When one that waits for its payment ends if unpaid; the hotel's limit from now if it had one",
    )


class CheckInIn(Input):
    """How a guest is let in."""

    reason: Note = ""
    override: Annotated[dict[Word, Reason], Field(max_length=20)] = Field(
        default={}, description="`not_clean` with a reason: into a room that is not ready; needs a version"
    )
    if_version: Version | None = Field(default=None, description="The booking's version that you decided on")


class CheckedInOut(BookingDetailOut):
    """A booking in house."""

    pin: str | None = Field(description="Of the door, shown this once; null in a repeated answer")


class PinOut(Output):
    """A new PIN."""

    booking_id: str
    pin: str | None = Field(description="Shown this once; null in a repeated answer")
    version: int


class PinIn(Input):
    """What somebody typed at the door."""

    pin: Annotated[Text, Field(pattern=rf"^[0-9]{{{DIGITS}}}$", description="Six digits")]


class PinCheckOut(Output):
    """Whether it opens, and how many wrong tries are still borne."""

    valid: bool
    tries_left: int
    locked: bool

"""Closures: rooms out of order or out of service for a period."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, NaiveDatetime

from api.schemas.base import Input, Note, Output, Word
from models import ClosureKind


class ClosureIn(Input):
    """A room to close; hotel-local times without a zone."""

    room_number: Word
    starts_at: NaiveDatetime
    ends_at: NaiveDatetime
    kind: ClosureKind = ClosureKind.OOO
    reason: Note = ""


class ClosureQueryIn(Input):
    """The period that closures must touch; without one, all."""

    starts_at: NaiveDatetime | None = None
    ends_at: NaiveDatetime | None = None


class ClosureOut(Output):
    """A closure."""

    id: Annotated[str, Field(description="C and a number")]
    room_number: str
    kind: ClosureKind
    starts_at: datetime
    ends_at: datetime
    reason: str
    version: int


class ClosuresOut(Output):
    """Closures, by start and room."""

    count: int
    results: tuple[ClosureOut, ...]

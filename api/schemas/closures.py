"""Closures: rooms out of order or out of service for a period."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Input, Note, Output, QueryInput, Word
from api.schemas.times import LocalMoment
from models import ClosureKind


class ClosureIn(Input):
    """A room to close; hotel-local times without a zone."""

    room_number: Word
    starts_at: LocalMoment
    ends_at: LocalMoment
    kind: ClosureKind = ClosureKind.OOO
    reason: Note = ""


class ClosureQueryIn(QueryInput):
    """The period that closures must touch; without one, all."""

    starts_at: LocalMoment | None = None
    ends_at: LocalMoment | None = None


class ClosureOut(Output):
    """A closure."""

    id: Annotated[str, Field(description="C and a number")]
    room_number: str
    kind: ClosureKind
    starts_at: LocalMoment
    ends_at: LocalMoment
    reason: str
    version: int


class ClosuresOut(Output):
    """Closures, by start and room."""

    count: int
    results: tuple[ClosureOut, ...]

"""Who somebody is in a hotel, and what was done there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.schemas.base import Output, QueryInput, Word
from models import Role


class MeOut(Output):
    """The caller in one hotel."""

    id: int
    name: str
    email: str
    hotel_slug: str
    hotel_name: str
    role: Role
    permissions: tuple[str, ...]


class TrailQueryIn(QueryInput):
    """Which entries of the audit."""

    subject: Word | None = Field(default=None, description="Such as `booking:BK-2026-4X7Q2M`")
    actor: Word | None = Field(default=None, description="Such as `staff:5`, `system:nightly`")
    run: UUID | None = None
    before: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = Field(
        default=None, description="Only entries with a lower `sequence`"
    )
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class EntryOut(Output):
    """One change. `before` and `after` never hold guests' data."""

    sequence: int
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    subject: str
    run_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    hash: str


class TrailOut(Output):
    """Entries, newest first; `next` is the query of what came before them, null at the beginning."""

    next: str | None
    results: tuple[EntryOut, ...]

"""Behind the desk: the night audit, reports, and guests' data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Input, Output, QueryInput, Text
from api.schemas.times import Day
from models import RunState


class NightAuditIn(Input):
    """The day to close."""

    business_date: Day = Field(description="The hotel's day: of two who close it, one finds it closed")


class NightAuditOut(Output):
    """What closing a day came to."""

    closed: date
    business_date: date
    no_shows: tuple[str, ...]
    overdue: tuple[str, ...] = Field(description="In house, and should have left")
    rooms_used: int
    run_id: str
    run_state: RunState


class ReportIn(QueryInput):
    """The days of a report, both included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    format: Literal["json", "csv"] = "json"


class DayReportOut(Output):
    """One day of the hotel, and the night after it."""

    day: date
    beds: int
    out_of_order: int
    out_of_service: int
    occupied: int
    occupancy: float
    arrivals: int
    departures: int
    guests: int
    fragments: int
    moves: int
    revenue: str


class OccupancyReportOut(Output):
    """Day by day."""

    currency: str
    days: tuple[DayReportOut, ...]


class GuestQueryIn(QueryInput):
    """Which guests."""

    search: Annotated[Text, Field(max_length=200)] = Field(default="", description="Part of name or e-mail")
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=50, ge=1, le=200)


class GuestOut(Output):
    """A guest; after erasure without a name."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    country: str
    language: str
    erased_at: datetime | None
    bookings: int
    last_check_out: date | None
    version: int


class GuestPageOut(Output):
    """One page, by name."""

    count: int
    next: str | None
    previous: str | None
    results: tuple[GuestOut, ...]


class GuestExportOut(Output):
    """Everything that is kept of a guest."""

    hotel: str
    exported_at: datetime
    guest: dict[str, Any]
    bookings: tuple[dict[str, Any], ...] = Field(description="Each with its `occupancies` and `payments`")
    communications: tuple[dict[str, Any], ...]
    reasons: tuple[dict[str, Any], ...] = Field(description="Why something was done, as the audit has it")

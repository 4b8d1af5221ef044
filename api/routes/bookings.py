"""Bookings of a hotel: the list and one in detail."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import CanView
from api.routes.versions import set_etag
from api.schemas.base import Word
from api.schemas.bookings import BookingDetailOut, BookingPageOut, BookingQueryIn, BookingRowOut
from api.schemas.problem import problems
from api.services.bookings import booking_detail, list_bookings

PREFIX = "/api/staff/hotels/{hotel_slug}"

router = APIRouter(prefix=f"{PREFIX}/bookings", tags=["bookings"], responses=problems(401, 403, 404, 422, 503))

BookingId = Annotated[Word, Path(description="Such as `BK-2026-4X7Q2M`")]


@router.get("/")
def bookings(caller: CanView, request: Request, query: Annotated[BookingQueryIn, Query()]) -> BookingPageOut:
    """List bookings: filters, search, order, page by page."""
    page = caller.read(lambda session, hotel: list_bookings(session, hotel, caller.actor, query.query()))
    return BookingPageOut(
        count=page.count,
        next=_page(request, page.page + 1) if page.more else None,
        previous=_page(request, page.page - 1) if page.page > 1 else None,
        results=tuple(BookingRowOut.of(row) for row in page.results),
    )


@router.get("/{booking_id}/")
def booking(caller: CanView, booking_id: BookingId, response: Response) -> BookingDetailOut:
    """Show one booking with its rooms and what happened to it."""
    detail = caller.read(lambda session, hotel: booking_detail(session, hotel, caller.actor, booking_id))
    set_etag(response, detail.row.version)
    return BookingDetailOut.of_detail(detail)


def _page(request: Request, number: int) -> str:
    """Return the query of another page: a reference relative to the path, as HotelMate's is."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name != "page"]
    return f"?{urlencode([*kept, ('page', number)])}"

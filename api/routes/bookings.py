"""Bookings of a hotel: the list and one in detail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access import CanView
from api.routes.common import HOTEL, BookingId, etag, page_links
from api.schemas.bookings import BookingDetailOut, BookingPageOut, BookingQueryIn, BookingRowOut
from api.schemas.problem import problems
from api.services.booking_detail import booking_detail
from api.services.bookings import list_bookings

router = APIRouter(prefix=f"{HOTEL}/bookings", tags=["bookings"], responses=problems(401, 403, 404, 422, 503))


@router.get("/")
def bookings(caller: CanView, request: Request, query: Annotated[BookingQueryIn, Query()]) -> BookingPageOut:
    """List bookings: filters, search, order, page by page."""
    page = caller.read(lambda session, hotel: list_bookings(session, hotel, caller.actor, query.query()))
    rows = tuple(BookingRowOut.of(row) for row in page.results)
    return BookingPageOut(count=page.count, results=rows, **page_links(request, page.page, more=page.more))


@router.get("/{booking_id}/")
def booking(caller: CanView, booking_id: BookingId, response: Response) -> BookingDetailOut:
    """Show one booking with its rooms and what happened to it."""
    detail = caller.read(lambda session, hotel: booking_detail(session, hotel, caller.actor, booking_id))
    response.headers.update(etag(detail.row.version))
    return BookingDetailOut.of_detail(detail)

"""Behind the desk: the night audit, reports, and guests' data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import CanEraseGuests, CanManageBookings, CanRun, CanSeeReports, CanView
from api.queue import enqueue_run
from api.routes.common import HOTEL, IdempotencyName, answer_of, page_links, request_key, send, tell_once
from api.schemas.office import (
    DayReportOut,
    GuestExportOut,
    GuestOut,
    GuestPageOut,
    GuestQueryIn,
    NightAuditIn,
    NightAuditOut,
    OccupancyReportOut,
    ReportIn,
)
from api.schemas.problem import problems
from api.services.erasure import erase_guest
from api.services.guests import export_guest, list_guests, show_guest
from api.services.idempotency import Answer, once
from api.services.nightaudit import close_day
from api.services.reports import as_csv, occupancy_report
from models import Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["office"], responses=problems(401, 403, 404, 422, 503))

GuestId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post("/night-audit/", response_model=NightAuditOut, responses=problems(400, 409))
def night_audit(
    caller: CanRun, request: Request, body: NightAuditIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Close the hotel's day: mark no-shows, roll the business date, put the nightly run of the new day into the queue.

    Once for each day, and not before its evening on the hotel's own clock.
    """
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def close() -> Answer:
            done = close_day(session, hotel, body.business_date, actor=caller.actor, clock=caller.clock)
            enqueue_run(session, hotel.id, done.run.id)
            shown = NightAuditOut(
                closed=done.closed,
                business_date=done.business_date,
                no_shows=done.no_shows,
                overdue=done.overdue,
                rooms_used=done.rooms_used,
                run_id=str(done.run.public_id),
                run_state=done.run.state,
            )
            return answer_of(200, shown)

        return once(session, hotel, caller.clock, key, close)

    return send(caller.change(work))


@router.get(
    "/reports/occupancy/",
    response_model=OccupancyReportOut,
    responses={200: {"content": {"text/csv": {}}, "description": "As JSON, or as CSV with a head line"}},
)
def occupancy(caller: CanSeeReports, query: Annotated[ReportIn, Query()]) -> Response:
    """Report occupancy, arrivals, departures, room moves, fragments and revenue day by day."""

    def work(session: HotelSession, hotel: Hotel) -> Response:
        report = occupancy_report(session, hotel, query.first, query.last)
        if query.format == "csv":
            name = f"occupancy-{hotel.slug}-{query.first}-{query.last}.csv"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(as_csv(report), 200, headers, "text/csv; charset=utf-8")
        days = tuple(map(DayReportOut.of, report))
        return send(answer_of(200, OccupancyReportOut(currency=hotel.currency, days=days)))

    return caller.read(work, isolation="REPEATABLE READ")


@router.get("/guests/")
def guests(caller: CanView, request: Request, query: Annotated[GuestQueryIn, Query()]) -> GuestPageOut:
    """List guests by name."""
    count, found = caller.read(
        lambda session, hotel: list_guests(session, hotel, query.search, page=query.page, page_size=query.page_size)
    )
    links = page_links(request, query.page, more=query.page * query.page_size < count)
    return GuestPageOut(count=count, results=tuple(map(GuestOut.of, found)), **links)


@router.get("/guests/{guest_id}/")
def guest(caller: CanView, guest_id: GuestId) -> GuestOut:
    """Show a guest."""
    return GuestOut.of(caller.read(lambda session, hotel: show_guest(session, hotel, guest_id)))


@router.get("/guests/{guest_id}/export/")
def export(caller: CanManageBookings, guest_id: GuestId) -> GuestExportOut:
    """Hand out everything that is kept of a guest; that it was is in the audit."""
    return GuestExportOut(
        **caller.change(
            lambda session, hotel: export_guest(session, hotel, guest_id, actor=caller.actor, clock=caller.clock)
        )
    )


@router.post("/guests/{guest_id}/erase/", response_model=GuestOut, responses=problems(409))
def erase(
    caller: CanEraseGuests, request: Request, guest_id: GuestId, idempotency_key: IdempotencyName = None
) -> Response:
    """Erase a guest's data, wherever they are; 409 while the guest is in house or to come."""

    def act(session: HotelSession, hotel: Hotel) -> GuestOut:
        return GuestOut.of(erase_guest(session, hotel, guest_id, actor=caller.actor, clock=caller.clock))

    return tell_once(caller, request, idempotency_key, None, act)

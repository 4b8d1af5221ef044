"""Who the caller is in a hotel, and what was done there by whom."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request

from api.access import CanSeeAudit, CanView
from api.routes.common import HOTEL
from api.schemas.people import EntryOut, MeOut, TrailOut, TrailQueryIn
from api.schemas.problem import problems
from api.services.errors import NotFound
from api.services.pagesession import workplace
from api.services.trail import read_trail
from models import Staff, global_session

router = APIRouter(responses=problems(401, 403, 404, 422, 503))


@router.get("/api/staff/{hotel_slug}/me/", tags=["sign-in"])
def me(caller: CanView) -> MeOut:
    """Show who the caller is in this hotel, and what they may do there."""
    staff_id = caller.actor.staff_id
    with global_session(caller.engine) as session:
        person = session.get(Staff, staff_id)
    place = None if person is None else workplace(caller.engine, caller.hotel_id, person.id)
    if person is None or place is None:  # gone since the request began
        raise NotFound
    return MeOut(
        id=person.id,
        name=person.name,
        email=person.email,
        hotel_slug=place.slug,
        hotel_name=place.name,
        role=place.role,
        permissions=place.permissions,
    )


@router.get(f"{HOTEL}/audit/", tags=["office"])
def audit(caller: CanSeeAudit, request: Request, query: Annotated[TrailQueryIn, Query()]) -> TrailOut:
    """Read the audit: what happened to a subject, by somebody, or through a run; newest first."""
    entries = caller.read(lambda session, hotel: read_trail(session, hotel, **query.model_dump()))
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name != "before"]
    more = len(entries) == query.limit and entries[-1].sequence > 1
    return TrailOut(
        next=f"?{urlencode([*kept, ('before', entries[-1].sequence)])}" if more else None,
        results=tuple(EntryOut.of(entry) for entry in entries),
    )

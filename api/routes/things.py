"""What the routes of rooms, types, links and groups share: make one, change one, remove one, show it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Request, Response
from sqlalchemy.orm import Session

from api.access import Caller
from api.routes.common import agreed, answer_of, etag, request_key, send
from api.schemas.base import Input, Note, Output, Word
from api.schemas.inventory import GroupOut, RoomLinkOut, RoomOut, RoomTypeOut, sent, with_rate
from api.services.catalogue import show_group, show_link
from api.services.idempotency import Answer, once
from api.services.inventory import GROUPS, ROOM_TYPES, ROOMS, Kind, change, make, remove
from api.services.rooms import show_room
from models import Hotel, HotelSession

RoomNumber = Annotated[Word, Path(description="Such as `204`")]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Why = Annotated[Note, Query(description="For the audit")]


def made(
    caller: Caller, request: Request, kind: Kind, body: Input, values: dict[str, Any], idempotency_key: str | None
) -> Response:
    """Make a thing, once for each name of a request, and answer with it and its address."""
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def add() -> Answer:
            thing = make(session, hotel, kind, with_rate(values, hotel), actor=caller.actor, clock=caller.clock)
            where = f"{request.url.path.rstrip('/')}/{quote(str(getattr(thing, kind.key)), safe='')}/"
            return answer_of(201, shown(session, hotel, kind, thing), {"Location": where})

        return once(session, hotel, caller.clock, key, add)

    return send(caller.change(work))


def changed(caller: Caller, kind: Kind, key: Any, body: Any, if_match: int | None, response: Response) -> Any:
    """Change what was sent of a thing, and return it with its version in the answer's head."""
    version = agreed(if_match, body.if_version)

    def work(session: HotelSession, hotel: Hotel) -> Output:
        values = with_rate(sent(body, "reason", "if_version"), hotel)
        thing = change(
            session,
            hotel,
            kind,
            key,
            values,
            actor=caller.actor,
            reason=body.reason,
            if_version=version,
            clock=caller.clock,
        )
        return shown(session, hotel, kind, thing)

    answer: Any = caller.change(work)
    response.headers.update(etag(answer.version))
    return answer


def removed(caller: Caller, kind: Kind, key: Any, reason: str) -> None:
    """Remove a thing."""
    caller.change(
        lambda session, hotel: remove(session, hotel, kind, key, actor=caller.actor, reason=reason, clock=caller.clock)
    )


def shown(session: Session, hotel: Hotel, kind: Kind, thing: Any) -> Output:
    """Return the answer that shows a thing."""
    if kind is ROOMS:
        return RoomOut.of_room(show_room(session, hotel, thing.number))
    if kind is ROOM_TYPES:
        return RoomTypeOut.of_type(thing, hotel)
    if kind is GROUPS:
        return GroupOut.of(show_group(session, hotel, thing.id))
    return RoomLinkOut.of(show_link(session, hotel, thing.id))

"""What several routes share: paths, page links, versions and request names."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Header, Path, Query, Request, Response

from api.schemas.base import Input, Output, Word
from api.services.actor import Actor
from api.services.errors import InvalidInput, StaleVersion
from api.services.idempotency import Answer, RequestKey

HOTEL: Final = "/api/staff/hotels/{hotel_slug}"
STRONG: Final = re.compile(r'"(\d{1,9})"')

BookingId = Annotated[Word, Path(description="Such as `BK-2026-4X7Q2M`")]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=200)]


def page_links(request: Request, page: int, *, more: bool) -> dict[str, str | None]:
    """Return ``next`` and ``previous``: queries relative to the path, as HotelMate's are."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name != "page"]

    def link(number: int) -> str:
        return f"?{urlencode([*kept, ('page', number)])}"

    return {"next": link(page + 1) if more else None, "previous": link(page - 1) if page > 1 else None}


def etag(version: int) -> dict[str, str]:
    """Return the header that says which version an answer shows."""
    return {"ETag": f'"{version}"'}


async def _if_match(
    if_match: Annotated[str | None, Header(description="The `ETag` that you decided on")] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = STRONG.fullmatch(if_match.strip())
    if found is None:
        raise StaleVersion  # no version of ours looks like that, so it is not the current one
    return int(found[1])


IfMatch = Annotated[int | None, Depends(_if_match)]


def agreed(if_match: int | None, if_version: int | None) -> int | None:
    """Return the version that the caller decided on, in whichever way it came.

    Raises
    ------
    InvalidInput
        If header and body name two versions.
    """
    if None not in (if_match, if_version) and if_match != if_version:
        message = "If-Match names another version"
        fault = {"in": "body", "field": "if_version", "code": "contradiction", "message": message}
        raise InvalidInput(errors=[fault])
    return if_match if if_match is not None else if_version


IdempotencyName = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Name of this request: sent again with the same body it has no second effect",
    ),
]


def request_key(request: Request, actor: Actor, name: str | None, body: Input) -> RequestKey | None:
    """Return the request's name with what it asks for, if it has one."""
    if name is None:
        return None
    asked = f"{request.method} {request.url.path}"
    return RequestKey.of(actor, asked, name, body.model_dump_json().encode())


def answer_of(status: int, shown: Output, headers: dict[str, str] | None = None) -> Answer:
    """Return the answer that shows this, in the form in which it can be kept."""
    return Answer(status, shown.model_dump_json().encode(), headers or {})


def send(answer: Answer) -> Response:
    """Send an answer."""
    return Response(answer.body, answer.status, dict(answer.headers), "application/json")

"""What several routes share: paths, page links, versions and request names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Header, Path, Query, Request, Response

from api.access import Caller
from api.schemas.base import Input, Output, Word
from api.services.actor import Actor
from api.services.errors import InvalidInput, StaleVersion
from api.services.idempotency import Answer, RequestKey, known_answer, once
from models import Hotel, HotelSession

Shown = TypeVar("Shown", bound=Output)

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


def tell_once(
    caller: Caller,
    request: Request,
    name: str | None,
    body: Input | None,
    act: Callable[[HotelSession, Hotel], Shown],
    *,
    status: int = 200,
    kept: Callable[[Shown], Shown] = lambda shown: shown,
    first: Callable[[], None] | None = None,
) -> Response:
    """Do something under the hotel lock and answer with what it gives; repeated under its name, only answer.

    Parameters
    ----------
    kept
        What of the answer is kept for a repetition, where it holds a secret.
    first
        Called before the hotel lock is taken, in the request's turn at the hotel (see `change_hotel`).
    """
    key = request_key(request, caller.actor, name, body or Input())

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        told: list[Answer] = []

        def do() -> Answer:
            shown = act(session, hotel)
            headers = etag(version) if (version := getattr(shown, "version", None)) is not None else {}
            told.append(answer_of(status, shown, headers))
            return answer_of(status, kept(shown), headers)

        again = once(session, hotel, caller.clock, key, do)
        return told[0] if told else again

    return send(caller.change(work, first=first))


def tell_later(
    caller: Caller, request: Request, name: str | None, body: Input, act: Callable[[], Shown], *, status: int = 200
) -> Response:
    """Do what `tell_once` does with something that solves, so is several transactions: the last one keeps the answer.

    Who repeats it while it is under way is not answered from it, but meets what it has done so far.
    """
    key = request_key(request, caller.actor, name, body)
    known = caller.read(lambda session, hotel: known_answer(session, hotel, key))
    if known is not None:
        return send(known)
    told = answer_of(status, act())
    return send(caller.change(lambda session, hotel: once(session, hotel, caller.clock, key, lambda: told)))

"""The one table from error to answer: RFC 9457 problem documents for everything that goes wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from api.services.errors import (
    Busy,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RoomTaken,
    ServiceError,
    StaleVersion,
    VersionRequired,
)
from api.services.limits import TooManyRequests
from api.services.payments import BadSignature
from api.services.signin import NotSignedIn, SignInRefused
from api.services.transaction import RETRIED
from models.errors import EXCLUSION, sqlstate

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1

STATUS: Final[Mapping[type[ServiceError], int]] = MappingProxyType(
    {
        BadSignature: 400,
        NotSignedIn: 401,
        SignInRefused: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        StaleVersion: 412,
        InvalidInput: 422,
        VersionRequired: 428,
        TooManyRequests: 429,
        Busy: 503,
        ServiceError: 400,
    }
)
"""Status of each service error; a class not named has that of its nearest parent."""

OF_STATUS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        400: ("malformed", "The request cannot be read."),
        401: (NotSignedIn.code, NotSignedIn().detail),
        404: (NotFound.code, NotFound().detail),
        405: ("method_not_allowed", "This method is not allowed here; see the header Allow."),
        413: ("too_large", "The request is too large."),
        500: ("internal_error", "Something went wrong on our side; the request id finds it in our log."),
        503: ("database_unavailable", "The database cannot be reached at the moment."),
    }
)
"""Code and detail of a bare status, where no service error says more."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem document: ``code`` is for programs, ``detail`` for people, ``errors`` names every single fault."""

    status: int
    code: str
    detail: str
    errors: Sequence[Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_status(cls, status: int, headers: Mapping[str, str] | None = None) -> Problem:
        """Return the problem of a bare status."""
        phrase = HTTPStatus(status).phrase
        code, detail = OF_STATUS.get(status, (phrase.lower().replace(" ", "_").replace("-", "_"), f"{phrase}."))
        return cls(status, code, detail, headers=dict(headers or {}))

    def response(self, path: str) -> JSONResponse:
        """Return the answer; ``path`` is what was asked for.

        A 404 does not repeat the path, so that a foreign thing and an absent one have the same bytes.
        """
        members = {
            "type": f"urn:keyrack:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "instance": None if self.status == HTTPStatus.NOT_FOUND else path,
            "code": self.code,
            "errors": [dict(error) for error in self.errors],
        }
        headers = dict(self.headers)
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers.setdefault("WWW-Authenticate", "Bearer")
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            headers.setdefault("Retry-After", str(self.extra.get("retry_after_s", RETRY_AFTER_S)))
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.setdefault("Retry-After", str(RETRY_AFTER_S))
        return JSONResponse({**self.extra, **members}, self.status, headers, MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """Return the problem that an exception is; what nobody expected is a 500 without a word about the inside."""
    if isinstance(error, ServiceError):
        kind = next(parent for parent in type(error).__mro__ if parent in STATUS)
        return Problem(STATUS[kind], error.code, error.detail, error.errors, error.extra)
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        return Problem.of_status(error.status_code, error.headers)
    if isinstance(error, PoolTimeout):
        return problem_of(Busy())
    if isinstance(error, DBAPIError):
        return _of_database(error)
    return Problem.of_status(500)


def answer(request: Request, error: Exception) -> JSONResponse:
    """Return the answer to a request that ended in this exception, and log what was not the caller's doing."""
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        unexpected = problem.status == HTTPStatus.INTERNAL_SERVER_ERROR
        log.error("request failed", code=problem.code, exc_info=error if unexpected else None)
    return problem.response(request.url.path)


def _allowed(request: Request) -> str:
    """Return the methods that the path has, of all its routes: the router names those of the first."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    here = [route for route in routes if route.matches(request.scope)[0] != Match.NONE]
    literal = min(here, key=lambda route: len(route.param_convertors))  # `rooms/availability/` is no room's number
    same = (route for route in here if route.path == literal.path)
    return ", ".join(sorted({method for route in same for method in route.methods or ()}))


async def _answer(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        error = HTTPException(error.status_code, headers={"Allow": _allowed(request)})
    return answer(request, error)  # async: nothing in it waits, so no thread is needed for it


def install(app: FastAPI) -> None:
    """Answer every exception of the app with its problem document; the middleware does it for what is left."""
    for kind in (ServiceError, RequestValidationError, HTTPException, SQLAlchemyError):
        app.add_exception_handler(kind, _answer)


def _of_validation(error: RequestValidationError) -> Problem:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(400, "malformed_json", "The body is not JSON.", [_fault(fault) for fault in faults])
    return problem_of(
        InvalidInput("The request has faults: each is named.", errors=[_fault(fault) for fault in faults])
    )


def _fault(fault: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fault without the value that was sent: it may be a guest's data or a password."""
    place, *path = fault["loc"]
    name = ".".join(str(step) for step in path)
    return {
        "in": str(place),
        "field": name.encode(errors="replace").decode(),  # an unknown field may be named by half a character
        "code": str(fault["type"]),
        "message": str(fault["msg"]),
    }


def _of_database(error: DBAPIError) -> Problem:
    state = sqlstate(error)
    if state == EXCLUSION:
        return problem_of(RoomTaken())
    if state in RETRIED:
        return problem_of(Busy())
    if state[:2] == "22":  # a value that the database cannot hold; schemas should have said so
        log.warning("value refused by the database", sqlstate=state)
        return problem_of(InvalidInput("A value cannot be stored."))
    if error.connection_invalidated or state[:2] in {"", "08", "53", "57"}:
        return Problem.of_status(503)
    return Problem.of_status(500)

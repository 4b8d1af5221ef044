"""Who may call a route. Every route states it, and nothing is open that does not say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine

from api.services.actor import Actor
from api.services.clock import Clock
from api.services.errors import Forbidden
from api.services.pagesession import recognise
from api.services.permissions import Permission
from api.services.signin import Claims, NotSignedIn, TokenKeys, actor_of, read_access_token
from api.services.transaction import Work, change_hotel, read_hotel
from api.settings import Settings

T = TypeVar("T")

MAX_SLUG: Final = 100
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER: Final = HTTPBearer(auto_error=False, description="The access token of `POST /api/auth/token/`.")
COOKIE_NAME: Final = "keyrack_session"
COOKIE: Final = APIKeyCookie(
    name=COOKIE_NAME,
    auto_error=False,
    description="A page's sign-in, `POST /api/auth/session/`. What changes something needs the header Origin too.",
)


@dataclass(frozen=True, slots=True)
class Service:
    """What a request works with, one in each process."""

    settings: Settings
    engine: Engine
    clock: Clock
    keys: TokenKeys


async def service_of(request: Request) -> Service:
    """Return the process's service, as a dependency (async: it does nothing that a thread is needed for)."""
    return service_in(request)


def service_in(request: Request) -> Service:
    """Return the process's service, without being one more dependency."""
    service: Service = request.app.state.service
    return service


Serving = Annotated[Service, Depends(service_of)]


class OriginRefused(Forbidden):
    """A page of another site may not act for you: the header Origin must be this service's own."""

    code = "origin_refused"


def need_own_origin(request: Request) -> None:
    """Refuse what another site's page asks for with a cookie that is not its own.

    SameSite keeps browsers from sending the cookie along; this holds where one does not. Schemes are not compared: a
    proxy may have taken TLS off.

    Raises
    ------
    OriginRefused
    """
    if urlsplit(request.headers.get("origin", "")).netloc.lower() != request.headers.get("host", "").lower():
        raise OriginRefused


# Every request of the staff goes through this and `Needs`: no dependency more than they need.
async def signed_in(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    secret: Annotated[str | None, Depends(COOKIE)],
) -> Claims:
    """Return who asks: by a bearer token, or else by a page's cookie.

    Raises
    ------
    NotSignedIn
    OriginRefused
    """
    service = service_in(request)
    if bearer is not None:
        return read_access_token(service.keys, service.clock, bearer.credentials)
    if secret is None:
        raise NotSignedIn
    if request.method not in SAFE:
        need_own_origin(request)
    found = await run_in_threadpool(recognise, service.engine, service.keys, service.clock, secret)
    if found.successor is not None:
        keep_cookie(request, service, found.successor)
    return found.claims


def keep_cookie(request: Request, service: Service, secret: str | None) -> None:
    """Let the answer to this request, whatever it is, set the page's cookie, or remove it (None)."""
    bare = Response()
    how: Any = {"path": "/", "httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}
    if secret is None:
        bare.delete_cookie(COOKIE_NAME, **how)
    else:
        age = int(service.keys.refresh_lifetime.total_seconds())
        bare.set_cookie(COOKIE_NAME, secret, max_age=age, **how)
    request.state.set_cookie = bare.headers["set-cookie"]


SignedIn = Annotated[Claims, Depends(signed_in)]


@dataclass(frozen=True, slots=True)
class Caller:
    """A member of staff in the hotel of the path."""

    service: Service
    hotel_id: int
    actor: Actor

    @property
    def engine(self) -> Engine:
        """The database, for services that own their transaction."""
        return self.service.engine

    @property
    def clock(self) -> Clock:
        """What tells the time."""
        return self.service.clock

    def read(self, work: Work[T], *, isolation: str | None = None) -> T:
        """Do ``work`` on the hotel without its lock (see `read_hotel`)."""
        return read_hotel(self.engine, self.hotel_id, work, isolation=isolation)

    def change(self, work: Work[T], *, first: Callable[[], None] | None = None) -> T:
        """Do ``work`` under the hotel lock and commit, before any answer is begun (see `change_hotel`)."""
        return change_hotel(self.engine, self.hotel_id, work, first=first)


class Needs:
    """Dependency of a staff route: the caller works in the path's hotel and has this permission there.

    No token is 401, another's hotel 404 as an absent one, a missing permission in the own hotel 403.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(
        self,
        request: Request,
        hotel_slug: Annotated[str, Path(description="The hotel's name in addresses")],
        claims: SignedIn,
    ) -> Caller:
        """Return the caller."""
        service = service_in(request)
        hotel_id, actor = actor_of(service.engine, claims, _plain(hotel_slug))
        structlog.contextvars.bind_contextvars(hotel_id=hotel_id, actor=str(actor))
        actor.need(self.permission)
        return Caller(service, hotel_id, actor)


class Anyone:
    """Dependency of a route that is open to anybody, signed in or not."""

    async def __call__(self) -> None:
        """Let pass."""


Guard = Needs | Anyone


def guards(app: FastAPI) -> Iterator[tuple[str, str, Guard | None]]:
    """Yield method, path and guard of every operation of the app; a guard of None is an unguarded operation."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            guard = next(_guards_in(context.dependant), None)
            for method in sorted(context.methods or ()):
                yield method, context.path or "", guard


def refuse_unguarded(app: FastAPI) -> None:
    """Refuse to serve an app that has a route which does not say who may call it.

    Raises
    ------
    RuntimeError
    """
    unguarded = [f"{method} {path}" for method, path, guard in guards(app) if guard is None]
    if unguarded:
        raise RuntimeError(f"routes without a permission: {', '.join(unguarded)}")


def _guards_in(dependant: Dependant) -> Iterator[Guard]:
    for dependency in dependant.dependencies:
        call: Callable[..., Any] | None = dependency.call
        if isinstance(call, Needs | Anyone):
            yield call


def _plain(slug: str) -> str:
    """Return the slug, or one that no hotel has where this is no slug at all."""
    return slug if len(slug) <= MAX_SLUG and slug.isascii() and slug.replace("-", "").isalnum() else ""


CanView = Annotated[Caller, Depends(Needs(Permission.VIEW))]
CanAssign = Annotated[Caller, Depends(Needs(Permission.ASSIGN_ROOMS))]
CanRun = Annotated[Caller, Depends(Needs(Permission.RUN_ALLOCATION))]
CanManageRooms = Annotated[Caller, Depends(Needs(Permission.MANAGE_ROOMS))]
CanManageBookings = Annotated[Caller, Depends(Needs(Permission.MANAGE_BOOKINGS))]
CanCheckIn = Annotated[Caller, Depends(Needs(Permission.MANAGE_CHECKIN))]
CanContact = Annotated[Caller, Depends(Needs(Permission.CONTACT_GUESTS))]
CanVerifyPin = Annotated[Caller, Depends(Needs(Permission.VERIFY_PIN))]
CanKeepHouse = Annotated[Caller, Depends(Needs(Permission.MANAGE_HOUSEKEEPING))]
CanManageSettings = Annotated[Caller, Depends(Needs(Permission.MANAGE_SETTINGS))]
CanManageStaff = Annotated[Caller, Depends(Needs(Permission.MANAGE_STAFF))]
CanSeeAudit = Annotated[Caller, Depends(Needs(Permission.SEE_AUDIT))]
CanSeeReports = Annotated[Caller, Depends(Needs(Permission.SEE_REPORTS))]
CanEraseGuests = Annotated[Caller, Depends(Needs(Permission.ERASE_GUESTS))]
OPEN: Final = Depends(Anyone())

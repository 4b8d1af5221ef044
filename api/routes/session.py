"""Signing in and out of the pages: by a cookie that no script can read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.access import COOKIE, OPEN, Serving, SignedIn, keep_cookie, need_own_origin
from api.limits import count_sign_in
from api.schemas.auth import PersonOut, SignInIn
from api.schemas.problem import problems
from api.services import pagesession

router = APIRouter(
    prefix="/api/auth/session", tags=["sign-in"], dependencies=[OPEN], responses=problems(400, 401, 403, 413, 422, 503)
)


@router.post("/", responses=problems(429))
def sign_in(service: Serving, request: Request, body: SignInIn) -> PersonOut:
    """Sign a page in with e-mail and password: the answer sets its cookie. Only for pages of this service."""
    need_own_origin(request)
    count_sign_in(request, service, body.email)
    claims, secret = pagesession.begin(
        service.engine, service.keys, service.clock, email=body.email, password=body.password
    )
    keep_cookie(request, service, secret)
    return PersonOut.of(pagesession.person_of(service.engine, claims))


@router.get("/")
def whoami(service: Serving, claims: SignedIn) -> PersonOut:
    """Show who is signed in, by cookie or token, where they work and what they may do there."""
    return PersonOut.of(pagesession.person_of(service.engine, claims))


@router.delete("/", status_code=204, openapi_extra={"security": [{}]})  # or signed in as nobody
def sign_out(service: Serving, request: Request, secret: Annotated[str | None, Depends(COOKIE)]) -> None:
    """Sign a page out: its sign-in ends at once, and its cookie goes. Nobody signed in is no error."""
    need_own_origin(request)
    if secret is not None:
        pagesession.end(service.engine, service.clock, secret)
    keep_cookie(request, service, None)

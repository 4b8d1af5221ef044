"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.access import OPEN, Serving
from api.limits import count_sign_in
from api.schemas.auth import RefreshTokenIn, SignInIn, TokensOut
from api.schemas.problem import problems
from api.services import signin
from api.services.signin import Tokens

router = APIRouter(
    prefix="/api/auth/token", tags=["sign-in"], dependencies=[OPEN], responses=problems(400, 401, 413, 422, 503)
)


@router.post("/", responses=problems(429))
def sign_in(service: Serving, request: Request, body: SignInIn) -> TokensOut:
    """Sign in with e-mail and password."""
    count_sign_in(request, service, body.email)
    return _out(signin.sign_in(service.engine, service.keys, service.clock, email=body.email, password=body.password))


@router.post("/refresh/")
def refresh(service: Serving, body: RefreshTokenIn) -> TokensOut:
    """Exchange a refresh token for new tokens. Each works once: a second use ends the whole sign-in."""
    return _out(signin.refresh(service.engine, service.keys, service.clock, body.refresh_token))


@router.post("/revoke/", status_code=204)
def revoke(service: Serving, body: RefreshTokenIn) -> None:
    """Sign out: this sign-in's refresh and access tokens end at once."""
    signin.revoke(service.engine, service.clock, body.refresh_token)


def _out(tokens: Tokens) -> TokensOut:
    return TokensOut(
        token_type="bearer",
        access_token=tokens.access_token,
        expires_in=tokens.expires_in,
        refresh_token=tokens.refresh_token,
        refresh_expires_in=tokens.refresh_expires_in,
    )

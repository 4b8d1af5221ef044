"""One's own account: another password, and accepting an invitation to work in a hotel."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Depends, Request

from api.access import OPEN, Serving, SignedIn
from api.limits import Limited, count_sign_in
from api.schemas.auth import AcceptanceIn, PasswordIn
from api.schemas.problem import problems
from api.services import account, invitations
from api.services.limits import Limit

router = APIRouter(
    prefix="/api/auth", tags=["sign-in"], dependencies=[OPEN], responses=problems(400, 401, 413, 422, 429, 503)
)

MINUTE: Final = timedelta(minutes=1)

ACCEPTED: Final = Limited(Limit("invitation", 20, MINUTE), Limit("invitation in all", 600, MINUTE))


@router.post("/password/", status_code=204, responses=problems(403))
def change_password(service: Serving, request: Request, claims: SignedIn, body: PasswordIn) -> None:
    """Change one's own password: every other sign-in of the same person ends. Counted and refused as a sign-in is."""
    count_sign_in(request, service, account.email_of(service.engine, claims))
    account.change_password(service.engine, service.clock, claims, old=body.old, new=body.new)


@router.post("/invitations/accept/", status_code=204, dependencies=[Depends(ACCEPTED)])
def accept(service: Serving, body: AcceptanceIn) -> None:
    """Accept an invitation to work in a hotel, by the token that was mailed; sign in with this password then.

    It takes the place of the account's old one, and every sign-in with that ends. Wrong, used, withdrawn and old tokens
    get the same answer: 401 `invitation_refused`.
    """
    invitations.accept(service.engine, service.clock, body.token, body.password)

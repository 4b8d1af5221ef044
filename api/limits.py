"""Rate limits of routes: a dependency that counts the caller's address."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import Request

from api.access import Caller, Service, Serving
from api.services.limits import Limit, Spent, spend


class Limited:
    """Dependency of a route that one address may use so often, and all addresses together so often."""

    def __init__(self, each: Limit, together: Limit) -> None:
        self.each, self.together = each, together

    def __call__(self, request: Request, service: Serving) -> None:
        """Count the request, or refuse it (429)."""
        spent = [Spent(self.each, address_of(request)), Spent(self.together)]
        spend(service.engine, service.clock, service.settings.secret_key.get_secret_value(), spent)


EACH_PERSON: Final = Limit("sign-in of one from one address", 30, timedelta(minutes=10))
EACH_ADDRESS: Final = Limit("sign-in from one address", 300, timedelta(minutes=10))
EACH_EMAIL: Final = Limit("sign-in of one", 200, timedelta(hours=1))


def count_sign_in(request: Request, service: Service, email: str) -> None:
    """Count a sign-in, before its password is looked at, or refuse it (429).

    From one address somebody soon gets no further with one e-mail; from many, later: whoever knows an e-mail should
    not be able to keep its owner out too easily.
    """
    person, address = email.strip().lower(), address_of(request)
    spent = [Spent(EACH_PERSON, f"{address}\0{person}"), Spent(EACH_ADDRESS, address), Spent(EACH_EMAIL, person)]
    spend(service.engine, service.clock, service.settings.secret_key.get_secret_value(), spent)


INVITED: Final = Limit("invitations of a hotel", 200, timedelta(days=1))


def count_invitation(caller: Caller) -> None:
    """Count what may send an invitation, or refuse it (429): no hotel has us mail without end to whom it likes."""
    service = caller.service
    spent = [Spent(INVITED, str(caller.hotel_id))]
    spend(service.engine, service.clock, service.settings.secret_key.get_secret_value(), spent)


def address_of(request: Request) -> str:
    """Return the caller's address, as the server or a proxy that it trusts tells it."""
    return request.client.host if request.client else ""

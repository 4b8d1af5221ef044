"""Rate limits of routes: a dependency that counts the caller's address."""

from __future__ import annotations

from fastapi import Request

from api.access import Serving
from api.services.limits import Limit, Spent, spend


class Limited:
    """Dependency of a route that one address may use so often, and all addresses together so often."""

    def __init__(self, each: Limit, together: Limit) -> None:
        self.each, self.together = each, together

    def __call__(self, request: Request, service: Serving) -> None:
        """Count the request, or refuse it (429)."""
        spent = [Spent(self.each, address_of(request)), Spent(self.together)]
        spend(service.engine, service.clock, service.settings.secret_key.get_secret_value(), spent)


def address_of(request: Request) -> str:
    """Return the caller's address, as the server or a proxy that it trusts tells it."""
    return request.client.host if request.client else ""

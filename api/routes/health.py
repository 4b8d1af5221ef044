"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response
from sqlalchemy import text

from api.access import OPEN, Serving
from api.schemas.base import Output
from models.migrate import pending

router = APIRouter(tags=["health"], dependencies=[OPEN])

PLAIN_ROLE: Final = text("SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user")


class Health(Output):
    """The process answers."""

    status: str


class Readiness(Output):
    """Whether requests can be served, with every check."""

    ready: bool
    database: str
    schema_current: bool
    row_security: bool


@router.get("/healthz")
def healthy() -> Health:
    """Tell that the process lives."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Not ready; each check says why"}})
def ready(service: Serving, response: Response) -> Readiness:
    """Tell whether the database answers, has the schema of this code, and holds us by row security."""
    with service.engine.connect() as connection:
        plain = bool(connection.scalar(PLAIN_ROLE))
    current = not pending(service.engine)
    if not (plain and current):
        response.status_code = 503
    return Readiness(ready=plain and current, database="ok", schema_current=current, row_security=plain)

"""The form of every error (RFC 9457), for the OpenAPI page."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field

from api.errors import MEDIA_TYPE
from api.schemas.base import Output

REF: Final = "#/components/schemas/Problem"

MEANINGS: Final[dict[int, str]] = {
    400: "The request cannot be read",
    401: "Not signed in",
    403: "Your role in this hotel does not allow it",
    404: "Absent, or in another hotel: the same answer",
    409: "It does not fit the state of the hotel",
    412: "It has changed since you read it",
    413: "The request is too large",
    422: "Every fault of the request, at once",
    428: "A version is required",
    429: "Too often: try again after `Retry-After` seconds",
    503: "Busy, or the database is away: try again after `Retry-After` seconds",
}


class Fault(Output):
    """One single fault."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"required": ["message"]})

    message: str = Field(description="For people")


class Problem(Output):
    """What went wrong. Some kinds have further members, such as `rule` and `booking_id`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`urn:keyrack:problem:` and the code")
    title: str
    status: int
    detail: str = Field(description="For people")
    instance: str | None = Field(description="The path asked for; null where it was not found")
    code: str = Field(description="For programs")
    errors: list[Fault]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of these errors, for ``responses=``."""
    content = {MEDIA_TYPE: {"schema": {"$ref": REF}}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}

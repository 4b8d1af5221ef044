"""Versions over HTTP: ``ETag`` on what has one, ``If-Match`` (or ``if_version`` in the body) on what changes it."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Response

from api.services.errors import InvalidInput, StaleVersion

STRONG: Final = re.compile(r'"(\d{1,9})"')


def set_etag(response: Response, version: int) -> None:
    """Say which version the answer shows."""
    response.headers["ETag"] = f'"{version}"'


def etag(version: int) -> dict[str, str]:
    """Return the header that says which version the answer shows."""
    return {"ETag": f'"{version}"'}


async def _if_match(
    if_match: Annotated[str | None, Header(description="The `ETag` you decided on")] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = STRONG.fullmatch(if_match.strip())
    if found is None:
        raise StaleVersion  # no version of ours looks like that, so it is not the current one
    return int(found[1])


IfMatch = Annotated[int | None, Depends(_if_match)]


def agreed(if_match: int | None, if_version: int | None) -> int | None:
    """Return the version that the caller decided on, whichever way it came.

    Raises
    ------
    InvalidInput
        If header and body name two versions.
    """
    if None not in (if_match, if_version) and if_match != if_version:
        fault = {
            "in": "body",
            "field": "if_version",
            "code": "contradiction",
            "message": "If-Match names another version",
        }
        raise InvalidInput(errors=[fault])
    return if_match if if_match is not None else if_version

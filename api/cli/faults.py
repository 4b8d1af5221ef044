"""Errors that a user can be expected to meet, as lines on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

BAD_INPUT = 2
"""Also what typer exits with when the command line itself is wrong."""

REFUSED = 1


def exit_code(error: Exception) -> int | None:
    """Print an expected error and return what to exit with; None if it is a bug, which nobody should hide."""
    from sqlalchemy.exc import OperationalError

    from allocator.errors import InvalidProblem
    from api.services.errors import InvalidInput, NotFound, ServiceError
    from models.embedded import EmbeddedError

    if isinstance(error, ServiceError):
        tell(error.detail, *_lines(error.errors))
        return BAD_INPUT if isinstance(error, InvalidInput | NotFound) else REFUSED
    if isinstance(error, InvalidProblem):
        tell("The problem has faults.", *(f"  {fault}" for fault in error.faults))
        return BAD_INPUT
    if isinstance(error, EmbeddedError):
        tell(str(error))
        return REFUSED
    if isinstance(error, OperationalError):
        tell("The database cannot be reached.", f"  {str(error.orig).strip()}")
        return REFUSED
    if isinstance(error, OSError) and error.filename is not None:
        tell(f"{error.filename}: {error.strerror}")
        return BAD_INPUT
    return None


def tell(*lines: str) -> None:
    """Print lines on standard error."""
    for line in lines:
        print(line, file=sys.stderr)


def _lines(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    return [f"  {e['text']}" if "text" in e else f"  {e.get('field', '')}: {e.get('message', '')}" for e in errors]

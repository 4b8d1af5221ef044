"""What PostgreSQL says when it refuses, in words that services can act on."""

from sqlalchemy.exc import DBAPIError

EXCLUSION, DEADLOCK, SERIALIZATION, LOCK_TIMEOUT = "23P01", "40P01", "40001", "55P03"
CONFLICTS = frozenset({EXCLUSION, DEADLOCK, SERIALIZATION, LOCK_TIMEOUT})
"""Codes that mean: somebody else was there. EXCLUSION is final; the others may be tried once more."""


def sqlstate(error: DBAPIError) -> str:
    """Return PostgreSQL's five-letter code of an error; empty if the server did not give one."""
    return getattr(error.orig, "pgcode", None) or ""


def violated(error: DBAPIError) -> str:
    """Return the name of the constraint that was violated; empty if it was none."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""

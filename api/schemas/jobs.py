"""Jobs of a hotel."""

from __future__ import annotations

from datetime import datetime

from api.schemas.base import Output


class JobOut(Output):
    """A job that waits (`todo`), is being done (`doing`) or was given up (`failed`); one that is done is gone."""

    id: int
    task: str
    status: str
    attempts: int
    scheduled_at: datetime | None


class JobsOut(Output):
    """Jobs, newest first."""

    count: int
    results: tuple[JobOut, ...]

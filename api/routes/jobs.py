"""What waits for a worker, or could not be done."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import CanRun
from api.routes.common import HOTEL
from api.schemas.jobs import JobOut, JobsOut
from api.schemas.problem import problems
from api.services.jobs import hotel_jobs

router = APIRouter(prefix=f"{HOTEL}/jobs", tags=["operations"], responses=problems(401, 403, 404, 422, 503))


@router.get("/")
def jobs(caller: CanRun) -> JobsOut:
    """List the hotel's jobs that wait, are being done, or were given up (the newest 100)."""
    found = caller.read(hotel_jobs)
    return JobsOut(count=len(found), results=tuple(map(JobOut.of, found)))

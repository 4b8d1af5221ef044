"""Reading a hotel's audit: what happened to a subject, by somebody, or through a run."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.members import names_of
from models import AllocationRun, AuditEntry, Hotel

STAFF: Final = "staff:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as it was recorded.

    Attributes
    ----------
    actor_name
        Of a member of staff.
    run_id
        Public id of the run it belongs to, if any.
    hash
        Of this entry and all before it, hexadecimal: kept elsewhere, it shows a chain that was rewritten.
    """

    sequence: int
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    subject: str
    run_id: UUID | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None
    hash: str


def read_trail(
    session: Session,
    hotel: Hotel,
    *,
    subject: str | None = None,
    actor: str | None = None,
    run: UUID | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Return the newest entries that meet every condition given, newest first.

    Parameters
    ----------
    subject, actor
        As the audit has them: ``booking:BK-2026-4X7Q2M``, ``staff:5``.
    run
        Public id of a run; one that is not the hotel's has no entries.
    before
        Only entries with a lower number.
    """
    wanted = (
        select(AuditEntry, AllocationRun.public_id)
        .outerjoin(
            AllocationRun,
            (AllocationRun.hotel_id == AuditEntry.hotel_id) & (AllocationRun.id == AuditEntry.run_id),
        )
        .where(AuditEntry.hotel_id == hotel.id)
        .order_by(AuditEntry.sequence.desc())
        .limit(limit)
    )
    if subject is not None:
        wanted = wanted.where(AuditEntry.subject == subject)
    if actor is not None:
        wanted = wanted.where(AuditEntry.actor == actor)
    if before is not None:
        wanted = wanted.where(AuditEntry.sequence < before)
    if run is not None:
        mine = select(AllocationRun.id).where(AllocationRun.hotel_id == hotel.id, AllocationRun.public_id == run)
        wanted = wanted.where(AuditEntry.run_id == mine.scalar_subquery())
    found = session.execute(wanted).all()
    names = _names(session, hotel, {row.actor for row, _ in found})
    return [_entry(row, names.get(row.actor), public_id) for row, public_id in found]


def _names(session: Session, hotel: Hotel, actors: Collection[str]) -> Mapping[str, str]:
    """Return the names of those actors who are staff."""
    staff = [int(actor.removeprefix(STAFF)) for actor in actors if actor.startswith(STAFF)]
    return {f"{STAFF}{staff_id}": name for staff_id, name in names_of(session, hotel.id, staff).items()}


def _entry(row: AuditEntry, name: str | None, public_id: UUID | None) -> Entry:
    content = json.loads(row.payload)
    return Entry(
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        actor_name=name,
        action=row.action,
        subject=row.subject,
        run_id=public_id,
        before=content["before"],
        after=content["after"],
        reason=row.reason,
        hash=bytes(row.hash).hex(),
    )

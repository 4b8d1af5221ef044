"""The run: one solve with its request, problem and result; a proposal until applied, then undoable."""

import os
import time
import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Tenant, TextEnum, Versioned, one_of


class RunKind(StrEnum):
    """What a run was asked for."""

    NIGHTLY = "nightly"
    RESHUFFLE = "reshuffle"
    FIT = "fit"


class RunState(StrEnum):
    """Life cycle of a run: QUEUED -> SOLVING -> PROPOSED -> APPLIED -> UNDONE, or one of the ends."""

    QUEUED = "QUEUED"
    SOLVING = "SOLVING"
    PROPOSED = "PROPOSED"
    APPLIED = "APPLIED"
    UNDONE = "UNDONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    DISCARDED = "DISCARDED"


def uuid7() -> uuid.UUID:
    """Return a UUID that sorts by its time of making (RFC 9562, version 7: 48 bits of ms, 74 of chance)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


class AllocationRun(Tenant, Versioned, Created, Base):
    """One solve of one hotel.

    Attributes
    ----------
    public_id
        UUIDv7, the run's name outside.
    business_date
        The hotel's day when the run was asked for.
    base_version
        The hotel's ``allocation_version`` that the problem was read at; null until the snapshot.
    problem, problem_digest
        The instance as compressed JSON bytes, and the digest of the plain bytes: it replays with
        ``python -m allocator solve``.
    params
        What was asked: horizon, budget, weights, limits.
    result, prices
        As in the result file, without the plan's room-night prices, which are large and kept apart.
    proof
        The proof line: score, bound, gap, seed, versions, digest.
    diff
        Placed, moved, released, kept; each with its reason.
    progress
        The last of score, bound, gap, phase, elapsed.
    written
        What applying wrote: for each occupancy its version and former place. Undo reads it.
    error
        Why a run FAILED, without guest data.
    """

    __tablename__ = "allocation_run"
    __table_args__ = (
        UniqueConstraint("hotel_id", "public_id"),
        one_of("kind", RunKind),
        one_of("state", RunState),
        Index(
            "one_nightly_run",
            "hotel_id",
            "business_date",
            unique=True,
            postgresql_where=text("kind = 'nightly' AND state NOT IN ('FAILED', 'DISCARDED', 'CANCELLED')"),
        ),
        Index("ix_allocation_run_nightly", "hotel_id", "business_date", postgresql_where=text("kind = 'nightly'")),
    )

    public_id: Mapped[uuid.UUID] = mapped_column(default=uuid7)
    kind: Mapped[RunKind] = mapped_column(TextEnum(RunKind))
    state: Mapped[RunState] = mapped_column(TextEnum(RunState), server_default=RunState.QUEUED)
    business_date: Mapped[date]
    requested_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    base_version: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[bytes | None] = mapped_column(LargeBinary)
    problem_digest: Mapped[str | None]
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    result: Mapped[dict[str, Any] | None]
    prices: Mapped[dict[str, Any] | None]
    proof: Mapped[str | None]
    diff: Mapped[dict[str, Any] | None]
    progress: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    written: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))

    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))

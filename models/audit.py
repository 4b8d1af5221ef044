"""The audit entry: append-only, one for each change of state, chained by hash in each hotel."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Tenant, tenant_key


class AuditEntry(Tenant, Base):
    """Who did what to what, before and after.

    ``payload`` is the canonical JSON text that was hashed; the columns beside it are for finding entries and must
    agree with it. ``reason`` is free text, so it can be wiped (with its salt) without touching the chain: the payload
    has only its salted digest. A trigger refuses every other change.

    Attributes
    ----------
    sequence
        1, 2, 3 ... in the hotel, without gaps.
    actor
        ``staff:<id>``, ``system:<part>`` or ``guest:<id>``.
    subject
        ``<kind>:<id>``, such as ``booking:BK-2026-ABC123``.
    previous_hash, hash
        ``hash = SHA-256(previous_hash + payload bytes)``; the first previous hash is empty.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("hotel_id", "sequence"),
        tenant_key("run_id", "allocation_run"),
        CheckConstraint("actor ~ '^(staff|system|guest):.'", name="actor"),
        CheckConstraint("subject ~ '^[a-z_]+:.'", name="subject"),
        Index(None, "hotel_id", "subject", "sequence"),
        Index(None, "hotel_id", "actor", "sequence"),
        Index("ix_audit_entry_run", "hotel_id", "run_id", "sequence", postgresql_where=text("run_id IS NOT NULL")),
    )

    sequence: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None]
    reason_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[str]
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

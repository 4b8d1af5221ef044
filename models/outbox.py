"""The outbox: events written in the transaction of what they speak of, delivered later, at least once."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Tenant


class OutboxEvent(Tenant, Created, Base):
    """A thin event (ids only) that waits for, or has had, its delivery."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        UniqueConstraint("hotel_id", "dedupe_id"),
        Index("ix_outbox_event_waiting", "hotel_id", "id", postgresql_where=text("delivered_at IS NULL")),
    )

    event: Mapped[str]
    payload: Mapped[dict[str, Any]]
    dedupe_id: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(server_default="")


# One parameter for thousands of rows, as in the audit; the row number keeps the order in the ids.
INSERT = text("""
INSERT INTO outbox_event (hotel_id, event, payload, dedupe_id)
SELECT :hotel_id, event, payload, dedupe_id
FROM ROWS FROM (json_to_recordset(CAST(:rows AS json)) AS (event text, payload jsonb, dedupe_id text))
     WITH ORDINALITY ORDER BY ordinality
""")


def emit(session: Session, hotel_id: int, event: str, payload: dict[str, Any], dedupe_id: str) -> None:
    """Write one event in the session's transaction; a rollback takes it along.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        If the hotel already has an event with this ``dedupe_id``: the effect would happen twice.
    """
    emit_many(session, hotel_id, [(event, payload, dedupe_id)])


def emit_many(session: Session, hotel_id: int, events: Iterable[tuple[str, dict[str, Any], str]]) -> None:
    """Write many ``(event, payload, dedupe_id)`` in one statement, in their order."""
    rows = [{"event": event, "payload": payload, "dedupe_id": dedupe_id} for event, payload, dedupe_id in events]
    if rows:
        session.flush()
        session.execute(INSERT, {"hotel_id": hotel_id, "rows": json.dumps(rows)})

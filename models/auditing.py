"""Writing and checking the audit chain. Free text about a guest goes into ``reason`` only, never into the states."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.orm import Session

from models.audit import AuditEntry
from models.hotel import Hotel

# One parameter for thousands of rows: a batch's audit is written while everybody waits for the hotel lock.
INSERT = text("""
INSERT INTO audit_entry (hotel_id, at, sequence, actor, action, subject, run_id, reason, reason_salt, payload,
                         previous_hash, hash)
SELECT :hotel_id, :at, sequence, actor, action, subject, run_id, reason, decode(reason_salt, 'hex'), payload,
       decode(previous_hash, 'hex'), decode(hash, 'hex')
FROM json_to_recordset(CAST(:rows AS json)) AS entry (sequence bigint, actor text, action text, subject text,
     run_id bigint, reason text, reason_salt text, payload text, previous_hash text, hash text)
""")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state, to be recorded.

    Attributes
    ----------
    actor
        ``staff:<id>``, ``system:<part>`` or ``guest:<id>``.
    subject
        ``<kind>:<id>``, such as ``booking:BK-2026-ABC123``.
    before, after
        What changed, as plain JSON values. Of guests only the names of fields, never their values: the chain covers
        these for ever.
    reason
        Free text; may be wiped later without touching the chain.
    """

    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    run_id: int | None = None
    reason: str | None = None


def record(
    session: Session,
    *,
    hotel_id: int,
    actor: str,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    run_id: int | None = None,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    """Append one entry to the hotel's chain, in the session's transaction (see `Change` for the values)."""
    record_many(session, hotel_id, [Change(actor, action, subject, before, after, run_id, reason)], at=at)


def record_many(session: Session, hotel_id: int, changes: Iterable[Change], *, at: datetime | None = None) -> None:
    """Append many entries in their order. Takes the hotel's row lock: two writers never share a place in the chain.

    Parameters
    ----------
    at
        The moment they happened (with a time zone); now if not given.

    Raises
    ------
    TypeError
        If a state holds something that is not plain JSON.
    """
    session.flush()
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    head = select(Hotel.audit_sequence, Hotel.audit_hash).where(Hotel.id == hotel_id).with_for_update(key_share=True)
    sequence, digest = session.execute(head).one()
    rows: list[dict[str, Any]] = []
    for change in changes:
        sequence += 1
        salt = None if change.reason is None else secrets.token_bytes(16)
        payload = _payload(hotel_id, sequence, moment, change, salt)
        previous, digest = digest, _chain(digest, payload)
        rows.append(
            {
                "sequence": sequence,
                "actor": change.actor,
                "action": change.action,
                "subject": change.subject,
                "run_id": change.run_id,
                "reason": change.reason,
                "reason_salt": salt.hex() if salt else None,
                "payload": payload,
                "previous_hash": previous.hex(),
                "hash": digest.hex(),
            }
        )
    if rows:
        session.execute(INSERT, {"hotel_id": hotel_id, "at": moment, "rows": json.dumps(rows)})
        session.execute(
            update(Hotel)
            .where(Hotel.id == hotel_id)
            .values(audit_sequence=sequence, audit_hash=digest)
            .execution_options(synchronize_session=False)
        )


def audit_head(session: Session, hotel_id: int) -> tuple[int, bytes]:
    """Return number and hash of the hotel's last entry, for keeping elsewhere."""
    sequence, digest = session.execute(select(Hotel.audit_sequence, Hotel.audit_hash).where(Hotel.id == hotel_id)).one()
    return sequence, bytes(digest)


def verify_chain(session: Session, hotel_id: int, *, known_head: tuple[int, bytes] | None = None) -> list[str]:
    """Return every fault in the hotel's audit, one line each; empty if it is whole.

    Found are: entries changed, removed, put in between, re-ordered or cut off at the end; columns that disagree with
    what was hashed; a reason that was rewritten (a wiped one is no fault).

    Parameters
    ----------
    known_head
        What `audit_head` once returned and was kept elsewhere: shows a chain that was rewritten as a whole.
    """
    faults: list[str] = []
    number, digest = 0, b""
    known = None if known_head is None else known_head[0]
    statement = select(*AuditEntry.__table__.columns).where(AuditEntry.hotel_id == hotel_id)
    entries = session.execute(
        statement.order_by(AuditEntry.sequence).execution_options(yield_per=2_000, populate_existing=True)
    )
    found_known = known_head is None or known_head == (0, b"")
    for entry in entries:
        number += 1
        faults += [f"entry {entry.sequence}: {fault}" for fault in _faults(entry, number, digest)]
        number, digest = entry.sequence, bytes(entry.hash)
        if number == known and known_head is not None:
            found_known = digest == known_head[1]
    if (number, digest) != audit_head(session, hotel_id):
        faults.append(f"the chain ends at {number}, which is not the head that the hotel keeps")
    if not found_known:
        faults.append(f"entry {known}: not the head that was kept elsewhere")
    return faults


def _chain(previous: bytes, payload: str) -> bytes:
    return hashlib.sha256(previous + payload.encode()).digest()


def _reason_digest(salt: bytes, reason: str) -> str:
    return hashlib.sha256(salt + reason.encode()).hexdigest()


def _payload(hotel_id: int, sequence: int, at: datetime, change: Change, salt: bytes | None) -> str:
    """Return the text that is hashed: canonical JSON of all that is never wiped."""
    content = {
        "hotel_id": hotel_id,
        "sequence": sequence,
        "at": at.isoformat(),
        "actor": change.actor,
        "action": change.action,
        "subject": change.subject,
        "before": None if change.before is None else dict(change.before),
        "after": None if change.after is None else dict(change.after),
        "run_id": change.run_id,
        "reason_digest": None if salt is None or change.reason is None else _reason_digest(salt, change.reason),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _faults(entry: Row[Any], number: int, previous: bytes) -> list[str]:
    faults = []
    if entry.sequence != number:
        faults.append(f"entry {number} is missing before it")
    if bytes(entry.previous_hash) != previous:
        faults.append("does not continue the entry before it")
    if bytes(entry.hash) != _chain(bytes(entry.previous_hash), entry.payload):
        faults.append("its content was changed")
    try:
        content = json.loads(entry.payload)
        told = {name: content[name] for name in ("hotel_id", "sequence", "actor", "action", "subject", "run_id")}
        at, reason_digest = datetime.fromisoformat(content["at"]), content["reason_digest"]
    except (ValueError, KeyError, TypeError):
        return [*faults, "its content cannot be read"]
    columns = entry._mapping
    faults += [f"column {name} was changed" for name, value in told.items() if columns[name] != value]
    if entry.at != at:
        faults.append("column at was changed")
    if entry.reason is not None or entry.reason_salt is not None:
        told_by = _reason_digest(bytes(entry.reason_salt or b""), entry.reason or "")
        if told_by != reason_digest:
            faults.append("its reason was changed")
    return faults

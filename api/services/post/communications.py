"""The log of what was said to a guest about a booking, and writing to one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput
from api.services.members import names_of
from api.services.stays import find_booking
from models import Booking, Communication, CommunicationType, DeliveryStatus, Guest, Hotel
from models.auditing import record

SENT: Final = frozenset({CommunicationType.EMAIL, CommunicationType.SMS})
"""What leaves the house; a call or a note is only written down."""

SIX_DIGITS: Final = re.compile(r"(?<![\w-])\d(?:[ .-]?\d){5}(?![ .-]?\d)(?!\w)")
"""A number that might be a PIN, however it is spaced; not the end of a longer one or of a name like BK-2026-123456."""

Put = Callable[[Session, int], None]


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of the log."""

    id: int
    communication_type: CommunicationType
    template: str
    subject: str
    message: str
    recipient: str
    staff_member: str | None
    created_at: datetime
    sent_at: datetime | None
    delivery_status: DeliveryStatus
    attempts: int
    error: str


def list_communications(
    session: Session, hotel: Hotel, booking_id: str, *, limit: int = 50, offset: int = 0
) -> tuple[int, list[Said]]:
    """Return how many entries a booking has, and a page of them, newest first.

    Raises
    ------
    NotFound
    """
    booking = find_booking(session, hotel, booking_id)
    mine = (Communication.hotel_id == hotel.id, Communication.booking_pk == booking.id)
    count = session.scalar(select(func.count()).select_from(Communication).where(*mine)) or 0
    page = select(Communication).where(*mine).order_by(Communication.id.desc()).limit(limit).offset(offset)
    rows = session.scalars(page).all()
    names = names_of(session, hotel.id, {row.staff_id for row in rows if row.staff_id is not None})
    return count, [said(row, names.get(row.staff_id or 0)) for row in rows]


def said(row: Communication, staff_member: str | None) -> Said:
    """Return a row of the log as it is shown."""
    return Said(
        id=row.id,
        communication_type=row.communication_type,
        template=row.template,
        subject=row.subject,
        message=row.message,
        recipient=row.recipient,
        staff_member=staff_member,
        created_at=row.created_at,
        sent_at=row.sent_at,
        delivery_status=row.delivery_status,
        attempts=row.attempts,
        error=row.error,
    )


def write_communication(
    session: Session,
    hotel: Hotel,
    booking_id: str,
    *,
    communication_type: CommunicationType,
    subject: str,
    message: str,
    recipient: str = "",
    actor: Actor,
    send: Put,
    clock: Clock = SYSTEM_CLOCK,
) -> Said:
    """Write to a guest, or write down what was said.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    recipient
        Where to, if not to the guest's own address or number.
    send
        Has a message sent, in this transaction.

    Raises
    ------
    InvalidInput
        If there is nobody to send it to, or it has what may be the guest's PIN in it.
    NotFound
    """
    booking = find_booking(session, hotel, booking_id)
    guest = session.get_one(Guest, (hotel.id, booking.guest_id))
    own = {CommunicationType.EMAIL: guest.email, CommunicationType.NOTE: ""}.get(communication_type, guest.phone)
    recipient = recipient or own
    faults = []
    if communication_type in SENT and not recipient:
        faults.append(_fault("recipient", "missing", "the guest has no address for it"))
    faults += [
        _fault(field, "pin", "has six digits like a PIN, which is never written down or sent")
        for field, text in (("subject", subject), ("message", message))
        if may_tell_pin(booking, text)
    ]
    if faults:
        raise InvalidInput(errors=faults)
    now = clock.now()
    leaves = communication_type in SENT
    row = Communication(
        hotel_id=hotel.id,
        booking_pk=booking.id,
        staff_id=actor.staff_id,
        communication_type=communication_type,
        subject=subject,
        message=message,
        recipient=recipient,
        delivery_status=DeliveryStatus.PENDING if leaves else DeliveryStatus.SENT,
        sent_at=None if leaves else now,
        created_at=now,
        attempts=0,
        template="",
        error="",
    )
    session.add(row)
    session.flush()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="communication.written",
        subject=f"communication:{row.id}",
        after={"booking": booking.booking_id, "type": communication_type.value},
        at=now,
    )
    if leaves:
        send(session, row.id)
    names = names_of(session, hotel.id, [] if actor.staff_id is None else [actor.staff_id])
    return said(row, names.get(actor.staff_id or 0))


def may_tell_pin(booking: Booking, text: str) -> bool:
    """Tell whether a text has six digits in it that might be the booking's live PIN.

    Whether they are it is not looked at: an answer to that would be one more door to try PINs at.
    """
    return booking.pin_hash is not None and SIX_DIGITS.search(text) is not None


def _fault(field: str, code: str, message: str) -> dict[str, str]:
    return {"in": "body", "field": field, "code": code, "message": message}

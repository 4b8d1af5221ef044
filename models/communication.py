"""The log of what was said to a guest about a booking."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Tenant, TextEnum, Versioned, one_of, tenant_key


class CommunicationType(StrEnum):
    """By which way."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    PHONE = "PHONE"
    NOTE = "NOTE"


class DeliveryStatus(StrEnum):
    """SENT: the server accepted it. DELIVERED: only by a provider's report."""

    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class Communication(Tenant, Created, Base):
    """One message, call or note. Subject, message and recipient are wiped with the guest.

    Attributes
    ----------
    template
        Name of the template that a message is made from when it is sent; empty for what a person wrote.
    event_id
        The outbox event that a message answers, at most one for each.
    attempts, error
        Tries so far, and what the last one that failed came to, without guest data.
    """

    __tablename__ = "communication"
    __table_args__ = (
        tenant_key("booking_pk", "booking"),
        one_of("communication_type", CommunicationType),
        one_of("delivery_status", DeliveryStatus),
        UniqueConstraint("hotel_id", "event_id"),
        Index(None, "hotel_id", "booking_pk", "sent_at"),
        Index(
            "ix_communication_left",
            "hotel_id",
            "delivery_status",
            postgresql_where=text("delivery_status IN ('PENDING', 'FAILED')"),
        ),
    )

    booking_pk: Mapped[int] = mapped_column(BigInteger)
    staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    communication_type: Mapped[CommunicationType] = mapped_column(TextEnum(CommunicationType))
    subject: Mapped[str] = mapped_column(server_default="")
    message: Mapped[str] = mapped_column(server_default="")
    recipient: Mapped[str] = mapped_column(server_default="")
    template: Mapped[str] = mapped_column(server_default="")
    event_id: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str] = mapped_column(server_default="")
    sent_at: Mapped[datetime | None]
    delivery_status: Mapped[DeliveryStatus] = mapped_column(
        TextEnum(DeliveryStatus), server_default=DeliveryStatus.PENDING
    )


class MessageTemplate(Tenant, Versioned, Created, Base):
    """A hotel's own words for a message to guests; without a row the built-in ones are used."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("hotel_id", "name"),)

    name: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]

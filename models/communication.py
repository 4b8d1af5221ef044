"""The log of what was said to a guest about a booking."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Tenant, TextEnum, one_of, tenant_key


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
    """One message, call or note. Subject, message and recipient are wiped with the guest."""

    __tablename__ = "communication"
    __table_args__ = (
        tenant_key("booking_pk", "booking"),
        one_of("communication_type", CommunicationType),
        one_of("delivery_status", DeliveryStatus),
        Index(None, "hotel_id", "booking_pk", "sent_at"),
    )

    booking_pk: Mapped[int] = mapped_column(BigInteger)
    staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    communication_type: Mapped[CommunicationType] = mapped_column(TextEnum(CommunicationType))
    subject: Mapped[str] = mapped_column(server_default="")
    message: Mapped[str] = mapped_column(server_default="")
    recipient: Mapped[str] = mapped_column(server_default="")
    sent_at: Mapped[datetime | None]
    delivery_status: Mapped[DeliveryStatus] = mapped_column(
        TextEnum(DeliveryStatus), server_default=DeliveryStatus.PENDING
    )

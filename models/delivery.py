"""Tables that make an effect happen once: stored answers, webhook endpoints, payment events."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Tenant, TextEnum, Versioned, one_of, tenant_key


class IdempotencyKey(Tenant, Created, Base):
    """One request that named itself: same key and body, same answer, one effect.

    ``scope`` is the caller with method and path; ``status`` is null while the first request still runs.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("hotel_id", "scope", "key"), Index(None, "hotel_id", "expires_at"))

    scope: Mapped[str]
    key: Mapped[str]
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


class WebhookEndpoint(Tenant, Versioned, Created, Base):
    """An address that gets the hotel's events, signed with ``secret``; empty ``events`` means all."""

    __tablename__ = "webhook_endpoint"

    url: Mapped[str]
    secret: Mapped[str]
    events: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class DeliveryState(StrEnum):
    """Where a webhook is: FAILED is given up."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class WebhookDelivery(Tenant, Created, Base):
    """One event on its way to one endpoint."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("hotel_id", "endpoint_id", "event_id"),
        Index(None, "hotel_id", "event_id"),
        Index("ix_webhook_delivery_left", "hotel_id", "state", postgresql_where=text("state IN ('PENDING', 'FAILED')")),
        tenant_key("endpoint_id", "webhook_endpoint"),
        tenant_key("event_id", "outbox_event"),
        one_of("state", DeliveryState),
    )

    endpoint_id: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[DeliveryState] = mapped_column(TextEnum(DeliveryState), server_default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(server_default="0")
    status_code: Mapped[int | None]
    error: Mapped[str] = mapped_column(server_default="")
    delivered_at: Mapped[datetime | None]


class PaymentEvent(Tenant, Created, Base):
    """A payment provider's event, kept once, with the effect it had (empty: none)."""

    __tablename__ = "payment_event"
    __table_args__ = (
        UniqueConstraint("hotel_id", "provider", "event_id"),
        tenant_key("booking_pk", "booking"),
        Index(None, "hotel_id", "booking_pk"),
    )

    provider: Mapped[str]
    event_id: Mapped[str]
    event_type: Mapped[str]
    booking_pk: Mapped[int | None] = mapped_column(BigInteger)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    payload: Mapped[dict[str, Any] | None]
    effect: Mapped[str] = mapped_column(server_default="")

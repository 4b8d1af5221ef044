"""Events that wait become messages to guests and webhooks, exactly once each, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from api.services.clock import Clock
from api.services.post.messages import TEMPLATES
from models import (
    Booking,
    Communication,
    CommunicationType,
    Guest,
    OutboxEvent,
    WebhookDelivery,
    WebhookEndpoint,
    hotel_session,
)

AT_ONCE: Final = 500

NEWS_FOR: Final = timedelta(days=2)
"""What happened longer ago is not told to guests any more: the worker was away, and they know by now."""

Put = Callable[[Session, int], None]
"""Have something (its row's id) sent, in the session's transaction."""


def dispatch(engine: Engine, hotel_id: int, clock: Clock, *, send: Put, call: Put) -> int:
    """Turn a hotel's waiting events, in their order, into what goes out, and return how many there were.

    Messages and webhooks are rows of their own from then on, so that one that fails holds up no other; the event is
    delivered with them or not at all. Two who do this at once take different events.

    Parameters
    ----------
    send, call
        Have a message or a webhook sent.
    """
    with hotel_session(engine, hotel_id) as session:
        now = clock.now()
        events = session.scalars(
            select(OutboxEvent)
            .where(
                OutboxEvent.hotel_id == hotel_id,
                OutboxEvent.delivered_at.is_(None),
                or_(OutboxEvent.next_attempt_at.is_(None), OutboxEvent.next_attempt_at <= now),
            )
            .order_by(OutboxEvent.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        endpoints = session.scalars(
            select(WebhookEndpoint).where(WebhookEndpoint.hotel_id == hotel_id, WebhookEndpoint.active)
        ).all()
        made: list[tuple[Communication | WebhookDelivery, Put]] = []
        for event in events:
            if now - event.created_at < NEWS_FOR:
                made += [(message, send) for message in _messages(session, event)]
            made += [(delivery, call) for delivery in _webhooks(event, endpoints)]
            event.delivered_at = now
        session.add_all([row for row, _ in made])
        session.flush()
        for row, put in made:
            put(session, row.id)
        session.commit()
    return len(events)


def _messages(session: Session, event: OutboxEvent) -> list[Communication]:
    template = TEMPLATES.get(event.event)
    if template is None:
        return []
    found = session.execute(
        select(Booking.id, Guest.email, Guest.phone)
        .join(Guest, (Guest.hotel_id == Booking.hotel_id) & (Guest.id == Booking.guest_id))
        .where(Booking.hotel_id == event.hotel_id, Booking.booking_id == event.payload.get("booking_id"))
    ).one_or_none()
    if found is None or not (found.email or found.phone):
        return []
    return [
        Communication(
            hotel_id=event.hotel_id,
            booking_pk=found.id,
            communication_type=CommunicationType.EMAIL if found.email else CommunicationType.SMS,
            template=template,
            event_id=event.id,
        )
    ]


def _webhooks(event: OutboxEvent, endpoints: Sequence[WebhookEndpoint]) -> list[WebhookDelivery]:
    return [
        WebhookDelivery(hotel_id=event.hotel_id, endpoint_id=endpoint.id, event_id=event.id)
        for endpoint in endpoints
        if not endpoint.events or event.event in endpoint.events
    ]

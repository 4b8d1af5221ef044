"""Payments: what a provider tells us has one effect, on the booking that it names, or is flagged for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from stripe import SignatureVerificationError, WebhookSignature

from api.services.actor import Actor
from api.services.clock import Clock
from api.services.errors import ServiceError
from api.services.fitting import Verdict, Wanted, can_hold
from api.services.lifecycle import Payment, confirm_booking, reinstate_booking
from api.services.online import EXPIRED
from api.services.stays import find_booking
from api.services.transaction import change_hotel
from models import Booking, BookingStatus, Hotel, HotelSession, PaymentEvent, emit, global_session, hotel_by_payment
from models.auditing import record

PROVIDER: Final = "stripe"
ACTOR: Final = Actor.system(PROVIDER)
TOLERANCE_S: Final = 300
"""Seconds by which a signature's time may differ from ours, both ways."""

SESSIONS: Final = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})
"""Events of a checkout session that has been gone through, and of one that a slow way of paying has paid since."""

SETTLED: Final = frozenset({"paid", "no_payment_required"})
"""Payment statuses of a session that nothing more is owed for; `unpaid` is one whose money is still on its way."""

FAILED: Final = "checkout.session.async_payment_failed"

TENFOLD: Final = frozenset({"ISK", "UGX"})
"""Currencies without a minor unit that the provider counts in hundredths all the same."""

log = structlog.get_logger(__name__)


class BadSignature(ServiceError):
    """It is not signed by the payment provider, or not now."""

    code = "bad_signature"


class Effect(StrEnum):
    """What a payment came to. The FLAGGED ones and REFUND_DUE wait for a person; nothing is ever refunded by us."""

    CONFIRMED = "confirmed"
    REINSTATED = "reinstated"
    PAID = "paid"
    ALREADY = "already"
    REFUND_DUE = "refund_due"
    FLAGGED_AMOUNT = "flagged_amount"
    FLAGGED_CURRENCY = "flagged_currency"
    FAILED = "failed"


FLAGGED: Final = frozenset({Effect.REFUND_DUE, Effect.FLAGGED_AMOUNT, Effect.FLAGGED_CURRENCY})


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that succeeded or ``failed``, as the provider tells it.

    Attributes
    ----------
    event_id, reference
        Names of the telling, and of the payment.
    """

    event_id: str
    event_type: str
    reference: str
    hotel_slug: str
    booking_id: str
    amount_minor: int
    currency: str
    failed: bool = False


def list_payments(session: Session, hotel: Hotel, booking_id: str) -> list[PaymentEvent]:
    """Return what the provider told of a booking's payments, and what that came to, newest first.

    Raises
    ------
    NotFound
    """
    booking = find_booking(session, hotel, booking_id)
    mine = (PaymentEvent.hotel_id == hotel.id, PaymentEvent.booking_pk == booking.id)
    return list(session.scalars(select(PaymentEvent).where(*mine).order_by(PaymentEvent.id.desc())))


def read_event(body: bytes, signature: str, secret: str, clock: Clock) -> Paid | None:
    """Return the payment that a signed message tells of; None if it tells of something else.

    Raises
    ------
    BadSignature
        If it is not signed with the secret, over these very bytes, within `TOLERANCE_S` of now.
    """
    try:
        text = body.decode()
        WebhookSignature.verify_header(text, signature, secret, tolerance=None)
        stamp = next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))
    except (SignatureVerificationError, ValueError, StopIteration):
        raise BadSignature from None
    if abs(clock.now().timestamp() - stamp) > TOLERANCE_S:
        raise BadSignature
    try:
        return _paid(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("signed message of the payment provider cannot be read")
        return None


def _paid(event: Mapping[str, Any]) -> Paid | None:
    told, kind = event["data"]["object"], event["type"]
    if kind == "payment_intent.succeeded":
        reference, amount = told["id"], told["amount_received"]
    elif kind == FAILED or (kind in SESSIONS and told["payment_status"] in SETTLED):
        reference, amount = told["payment_intent"] or told["id"], told["amount_total"]
    else:
        return None
    metadata = told["metadata"]
    currency = str(told["currency"]).upper()
    names = (event["id"], kind, reference, metadata["hotel_slug"], metadata["booking_id"])
    if not all(isinstance(name, str) and len(name) <= 255 and name.isprintable() for name in names):
        raise ValueError("names")
    if type(amount) is not int or not 0 <= amount < 2**53:
        raise ValueError("amount")
    if currency in TENFOLD:
        amount = amount // 100 if amount % 100 == 0 else -1
    return Paid(*names, amount_minor=amount, currency=currency, failed=kind == FAILED)


def take_payment(engine: Engine, paid: Paid, clock: Clock) -> Effect | None:
    """Give a payment its effect, once however often it is told; None if it names no booking of that hotel.

    Raises
    ------
    Busy
        So that the provider tells it again.
    """
    with global_session(engine) as session:
        hotel_id = hotel_by_payment(session, paid.hotel_slug, paid.booking_id)
    if hotel_id is None:
        log.warning("payment for no booking of ours")
        return None

    def work(session: HotelSession, hotel: Hotel) -> Effect:
        known = session.scalars(
            select(PaymentEvent).where(
                PaymentEvent.hotel_id == hotel.id,
                PaymentEvent.provider == PROVIDER,
                PaymentEvent.event_id == paid.event_id,
            )
        ).one_or_none()
        if known is not None:
            return Effect(known.effect)
        booking = find_booking(session, hotel, paid.booking_id)
        effect = _effect(session, hotel, booking, paid, clock)
        session.add(
            PaymentEvent(
                hotel_id=hotel.id,
                provider=PROVIDER,
                event_id=paid.event_id,
                event_type=paid.event_type,
                booking_pk=booking.id,
                amount_minor=max(paid.amount_minor, 0),
                currency=paid.currency,
                payload={"reference": paid.reference},
                effect=effect.value,
                created_at=clock.now(),
            )
        )
        if effect in FLAGGED:
            _flag(session, hotel, booking, paid, effect, clock)
        return effect

    return change_hotel(engine, hotel_id, work)


def _effect(session: Session, hotel: Hotel, booking: Booking, paid: Paid, clock: Clock) -> Effect:
    if paid.failed:
        return Effect.FAILED
    if booking.payment_reference == paid.reference:
        return Effect.ALREADY
    if paid.currency != booking.currency:
        return Effect.FLAGGED_CURRENCY
    if paid.amount_minor != booking.total_minor:
        return Effect.FLAGGED_AMOUNT
    payment = Payment(PROVIDER, paid.reference, clock.now())
    if booking.status == BookingStatus.PENDING_PAYMENT:
        confirm_booking(session, hotel, booking.booking_id, actor=ACTOR, payment=payment, clock=clock)
        return Effect.CONFIRMED
    # Staff may have given that word as their reason for cancelling a confirmed one, which is not for us to undo.
    lapsed = booking.status == BookingStatus.CANCELLED and booking.cancel_reason == EXPIRED
    if lapsed and booking.confirmed_at is None and booking.check_out > hotel.business_date:
        if can_hold(session, hotel, Wanted.of(booking)) != Verdict.FITS:
            return Effect.REFUND_DUE
        reason = "paid after it had expired"
        reinstate_booking(session, hotel, booking.booking_id, actor=ACTOR, reason=reason, clock=clock)
        confirm_booking(session, hotel, booking.booking_id, actor=ACTOR, payment=payment, clock=clock)
        return Effect.REINSTATED
    standing = booking.status in {BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN, BookingStatus.COMPLETED}
    if standing and not booking.payment_reference and booking.paid_at is None:
        _note_payment(session, hotel, booking, payment)
        return Effect.PAID
    return Effect.REFUND_DUE


def _note_payment(session: Session, hotel: Hotel, booking: Booking, payment: Payment) -> None:
    """Write down the payment of a booking that was confirmed by hand."""
    booking.payment_provider, booking.payment_reference = payment.provider, payment.reference
    booking.paid_at = booking.updated_at = payment.at
    booking.version += 1
    session.flush()
    record(
        session,
        hotel_id=hotel.id,
        actor=str(ACTOR),
        action="booking.paid",
        subject=f"booking:{booking.booking_id}",
        after={"provider": payment.provider},
        at=payment.at,
    )
    name = f"booking.paid:{booking.booking_id}:{booking.version}"
    emit(session, hotel.id, "booking.paid", {"booking_id": booking.booking_id}, name)


def _flag(session: Session, hotel: Hotel, booking: Booking, paid: Paid, effect: Effect, clock: Clock) -> None:
    record(
        session,
        hotel_id=hotel.id,
        actor=str(ACTOR),
        action="payment.flagged",
        subject=f"payment:{paid.event_id}",
        after={"why": effect.value, "booking": booking.booking_id},
        at=clock.now(),
    )
    payload = {"booking_id": booking.booking_id, "why": effect.value}
    emit(session, hotel.id, "payment.flagged", payload, f"payment.flagged:{paid.event_id}")

"""What the payment provider tells us, and what staff see of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from api.access import OPEN, CanView, Serving
from api.routes.common import HOTEL, BookingId
from api.schemas.problem import problems
from api.schemas.public import PaymentOut, PaymentsOut, ReceivedOut
from api.services.errors import NotFound
from api.services.payments import list_payments, read_event, take_payment

router = APIRouter(tags=["payments"])


@router.post("/api/payments/stripe/webhook/", dependencies=[OPEN], responses=problems(400, 404, 413, 503))
async def stripe(request: Request, service: Serving) -> ReceivedOut:
    """Take a signed message of Stripe. A payment confirms the booking that its metadata names, once.

    Metadata `hotel_slug` and `booking_id`; amount and currency must be the booking's, or a person is asked.
    """
    secret = service.settings.stripe_secret
    if secret is None:
        raise NotFound
    signature = request.headers.get("stripe-signature", "")
    body = await request.body()  # as it was sent: it is what is signed
    paid = read_event(body, signature, secret.get_secret_value(), service.clock)
    if paid is not None:
        await run_in_threadpool(take_payment, service.engine, paid, service.clock)
    return ReceivedOut(received=True)


@router.get(f"{HOTEL}/bookings/{{booking_id}}/payments/", responses=problems(401, 403, 404, 422, 503))
def payments(caller: CanView, booking_id: BookingId) -> PaymentsOut:
    """List what the provider told of a booking's payments; `refund_due` and `flagged_...` wait for a person."""
    found = caller.read(lambda session, hotel: list_payments(session, hotel, booking_id))
    return PaymentsOut(count=len(found), results=tuple(map(PaymentOut.of_event, found)))

"""What the payment provider tells us."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from api.access import OPEN, Serving
from api.schemas.problem import problems
from api.schemas.public import ReceivedOut
from api.services.errors import NotFound
from api.services.payments import read_event, take_payment

router = APIRouter(prefix="/api/payments", tags=["guests"], dependencies=[OPEN])


@router.post("/stripe/webhook/", responses=problems(400, 404, 413, 503))
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

"""Messages to guests and their words, and webhooks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.orm import Session

from api.access import CanContact, CanManageSettings, CanView
from api.queue import send_message
from api.routes.common import (
    HOTEL,
    BookingId,
    IdempotencyName,
    Page,
    PageSize,
    answer_of,
    page_links,
    request_key,
    send,
    tell_once,
)
from api.schemas.base import Word
from api.schemas.post import (
    CommunicationIn,
    CommunicationOut,
    CommunicationsOut,
    WebhookDeliveriesOut,
    WebhookDeliveryOut,
    WebhookIn,
    WebhookMadeOut,
    WebhookOut,
    WebhooksOut,
    WordingIn,
    WordingOut,
    WordingsOut,
)
from api.schemas.problem import problems
from api.services.idempotency import Answer, once
from api.services.post.communications import list_communications, write_communication
from api.services.post.templates import Words
from api.services.post.webhooks import add_endpoint, list_deliveries, list_endpoints, remove_endpoint
from api.services.post.wording import list_wordings, set_wording
from models import DeliveryState, Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["messages"], responses=problems(401, 403, 404, 422, 503))

TemplateName = Annotated[Word, Path(description="Such as `confirmation`")]
WebhookId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/bookings/{booking_id}/communications/")
def communications(
    caller: CanView, request: Request, booking_id: BookingId, page: Page = 1, page_size: PageSize = 50
) -> CommunicationsOut:
    """List what was said to the guest of a booking, newest first."""
    offset = (page - 1) * page_size
    count, found = caller.read(lambda s, h: list_communications(s, h, booking_id, limit=page_size, offset=offset))
    rows = tuple(map(CommunicationOut.of, found))
    return CommunicationsOut(count=count, results=rows, **page_links(request, page, more=count > offset + page_size))


@router.post(
    "/bookings/{booking_id}/communications/", status_code=201, response_model=CommunicationOut, responses=problems(400)
)
def write(
    caller: CanContact,
    request: Request,
    booking_id: BookingId,
    body: CommunicationIn,
    idempotency_key: IdempotencyName = None,
) -> Response:
    """Write to the guest (EMAIL, SMS: PENDING until a server has accepted it), or write down what was said."""
    key = request_key(request, caller.actor, idempotency_key, body)

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def put(session: Session, communication_id: int) -> None:
            send_message(session, hotel.id, communication_id)

        def make() -> Answer:
            values = body.model_dump()
            made = write_communication(
                session, hotel, booking_id, **values, actor=caller.actor, send=put, clock=caller.clock
            )
            return answer_of(201, CommunicationOut.of(made))

        return once(session, hotel, caller.clock, key, make)

    return send(caller.change(work))


@router.get("/message-templates/")
def wordings(caller: CanManageSettings) -> WordingsOut:
    """List the words of every kind of message."""
    return WordingsOut(results=tuple(map(WordingOut.of, caller.read(list_wordings))))


@router.put("/message-templates/{template_name}/", responses=problems(400))
def set_words(caller: CanManageSettings, template_name: TemplateName, body: WordingIn) -> WordingOut:
    """Use the hotel's own words for a kind of message; every fault of a template is named."""
    words = Words(body.subject, body.body)
    return WordingOut.of(
        caller.change(lambda s, h: set_wording(s, h, template_name, words, actor=caller.actor, clock=caller.clock))
    )


@router.delete("/message-templates/{template_name}/")
def take_back_words(caller: CanManageSettings, template_name: TemplateName) -> WordingOut:
    """Use the built-in words again."""
    return WordingOut.of(
        caller.change(lambda s, h: set_wording(s, h, template_name, None, actor=caller.actor, clock=caller.clock))
    )


@router.get("/webhooks/")
def webhooks(caller: CanManageSettings) -> WebhooksOut:
    """List the addresses that get the hotel's events."""
    found = caller.read(list_endpoints)
    return WebhooksOut(count=len(found), results=tuple(map(WebhookOut.of, found)))


@router.post("/webhooks/", status_code=201, response_model=WebhookMadeOut, responses=problems(400))
def add_webhook(
    caller: CanManageSettings, request: Request, body: WebhookIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Send the hotel's events to an address, signed with the secret that this answer tells once."""

    def act(session: HotelSession, hotel: Hotel) -> WebhookMadeOut:
        made = add_endpoint(session, hotel, body.url, body.events, actor=caller.actor, clock=caller.clock)
        return WebhookMadeOut.of(made)

    def kept(shown: WebhookMadeOut) -> WebhookMadeOut:
        return shown.model_copy(update={"secret": None})

    return tell_once(caller, request, idempotency_key, body, act, status=201, kept=kept)


@router.get("/webhooks/{webhook_id}/deliveries/")
def deliveries(
    caller: CanManageSettings,
    request: Request,
    webhook_id: WebhookId,
    state: Annotated[DeliveryState | None, Query()] = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> WebhookDeliveriesOut:
    """List what went, or is to go, to an address: how often it was tried, and what the last try came to."""
    offset = (page - 1) * page_size
    count, found = caller.read(
        lambda s, h: list_deliveries(s, h, webhook_id, state=state, limit=page_size, offset=offset)
    )
    rows = tuple(map(WebhookDeliveryOut.of_delivered, found))
    return WebhookDeliveriesOut(count=count, results=rows, **page_links(request, page, more=count > offset + page_size))


@router.delete("/webhooks/{webhook_id}/", status_code=204)
def remove_webhook(caller: CanManageSettings, webhook_id: WebhookId) -> None:
    """Send nothing more to an address."""
    caller.change(lambda s, h: remove_endpoint(s, h, webhook_id, actor=caller.actor, clock=caller.clock))

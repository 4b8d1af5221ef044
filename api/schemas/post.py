"""Messages to guests, their words, and webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from api.schemas.base import Input, NoCard, Note, Output, Text, Word
from api.services.post.webhooks import Delivered
from models import CommunicationType, DeliveryState, DeliveryStatus


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line")
    return value


Line = Annotated[Note, Field(max_length=200), AfterValidator(_one_line)]
Body = Annotated[Note, Field(max_length=2_000)]


class CommunicationIn(Input):
    """What to write to a guest (EMAIL, SMS), or what was said (PHONE, NOTE)."""

    communication_type: CommunicationType
    subject: Line = ""
    message: Annotated[Body, Field(min_length=1)]
    recipient: Annotated[Text, Field(max_length=200), NoCard, AfterValidator(_one_line)] = Field(
        default="", description="Where to, if not to the guest's own address or number"
    )


class CommunicationOut(Output):
    """One entry of the log. SENT: the server accepted it; DELIVERED: only by a provider's report."""

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


class CommunicationsOut(Output):
    """One page, newest first."""

    count: int
    next: str | None
    previous: str | None
    results: tuple[CommunicationOut, ...]


class WordingIn(Input):
    """A hotel's own words for a kind of message."""

    subject: Annotated[Text, Field(min_length=1, max_length=200), NoCard, AfterValidator(_one_line)]
    body: Annotated[Text, Field(min_length=1, max_length=10_000), NoCard]


class WordingOut(Output):
    """The words of a kind of message; `own` if they are not the built-in ones."""

    name: str
    subject: str
    body: str
    own: bool


class WordingsOut(Output):
    """The words of every kind of message."""

    results: tuple[WordingOut, ...]


class WebhookIn(Input):
    """An address for the hotel's events."""

    url: Annotated[Text, Field(min_length=1, max_length=500)]
    events: list[Word] = Field(default=[], max_length=50, description="Names of events; none means all")


class WebhookOut(Output):
    """An address that gets the hotel's events."""

    id: int
    url: str
    events: tuple[str, ...]
    created_at: datetime


class WebhookMadeOut(WebhookOut):
    """The same with its secret, which is told this once; null where a repeated request gets its answer again."""

    secret: str | None


class WebhookDeliveryOut(Output):
    """An event on its way to an address; `error` and `status_code` are of the last try. FAILED is given up."""

    id: int
    event: str
    dedupe_id: str = Field(description="The header `Keyrack-Id`")
    state: DeliveryState
    attempts: int
    status_code: int | None
    error: str
    created_at: datetime
    delivered_at: datetime | None

    @classmethod
    def of_delivered(cls, shown: Delivered) -> Self:
        """Return the answer."""
        own = {name: getattr(shown.delivery, name) for name in cls.model_fields.keys() - {"event", "dedupe_id"}}
        return cls(**own, event=shown.event.event, dedupe_id=shown.event.dedupe_id)


class WebhookDeliveriesOut(Output):
    """One page, newest first."""

    count: int
    next: str | None
    previous: str | None
    results: tuple[WebhookDeliveryOut, ...]


class WebhooksOut(Output):
    """All addresses in use."""

    count: int
    results: tuple[WebhookOut, ...]

"""Signed webhooks: a hotel's events, thin, to the addresses that it names; retried, each with a name of its own."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput, NotFound
from models import DeliveryState, Hotel, OutboxEvent, WebhookDelivery, WebhookEndpoint, emit, hotel_session
from models.auditing import record

TIMEOUT_S: Final = 10.0
MOST_ENDPOINTS: Final = 10
BACKOFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
SIGNATURE: Final = "Keyrack-Signature"

Later = Callable[[Session, int, timedelta], None]


class Unreachable(Exception):
    """The address cannot be called, or must not be."""


@dataclass(frozen=True, slots=True)
class Called:
    """What became of one call: the answer's status, or why there was none."""

    status: int | None
    problem: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a body: HMAC-SHA256 of ``timestamp.body``, as ``t=...,v1=...``."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def list_endpoints(session: Session, hotel: Hotel) -> Sequence[WebhookEndpoint]:
    """Return the addresses in use; nobody is shown their secrets."""
    return session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.hotel_id == hotel.id, WebhookEndpoint.active)
        .order_by(WebhookEndpoint.id)
    ).all()


def add_endpoint(
    session: Session, hotel: Hotel, url: str, events: Sequence[str], *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> WebhookEndpoint:
    """Have the hotel's events go to an address; its secret is told once, now.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    events
        Names of those that are wanted; none means all.

    Raises
    ------
    InvalidInput
    """
    parts = urlsplit(url)
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise InvalidInput(errors=[_fault("url", "must be an address like https://example.org/hook")])
    if len(list_endpoints(session, hotel)) >= MOST_ENDPOINTS:
        raise InvalidInput(errors=[_fault("url", f"there are {MOST_ENDPOINTS} addresses already")])
    row = WebhookEndpoint(
        hotel_id=hotel.id,
        url=url,
        secret=secrets.token_urlsafe(32),
        events=sorted(set(events)),
        active=True,
        version=1,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _tell(session, hotel, row, "webhook.added", actor, clock)
    return row


def remove_endpoint(
    session: Session, hotel: Hotel, endpoint_id: int, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> None:
    """Send nothing more to an address, and forget its secret.

    Raises
    ------
    NotFound
    """
    row = session.get(WebhookEndpoint, (hotel.id, endpoint_id), populate_existing=True)
    if row is None or not row.active:
        raise NotFound
    row.active, row.secret, row.version = False, "", row.version + 1
    session.flush()
    _tell(session, hotel, row, "webhook.removed", actor, clock)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One event on its way to one address: what it is, and what became of it."""

    delivery: WebhookDelivery
    event: OutboxEvent


def list_deliveries(
    session: Session, hotel: Hotel, endpoint_id: int, *, state: DeliveryState | None, limit: int, offset: int
) -> tuple[int, Sequence[Delivered]]:
    """Return how many events went, or are to go, to an address, also to a removed one, and some of them, newest first.

    Raises
    ------
    NotFound
    """
    if session.get(WebhookEndpoint, (hotel.id, endpoint_id)) is None:
        raise NotFound
    here = [WebhookDelivery.hotel_id == hotel.id, WebhookDelivery.endpoint_id == endpoint_id]
    if state is not None:
        here.append(WebhookDelivery.state == state)
    count = session.scalar(select(func.count()).select_from(WebhookDelivery).where(*here)) or 0
    found = session.execute(
        select(WebhookDelivery, OutboxEvent)
        .join(OutboxEvent, OutboxEvent.id == WebhookDelivery.event_id)
        .where(*here, OutboxEvent.hotel_id == hotel.id)
        .order_by(WebhookDelivery.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return count, [Delivered(delivery, event) for delivery, event in found]


def _tell(session: Session, hotel: Hotel, row: WebhookEndpoint, action: str, actor: Actor, clock: Clock) -> None:
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action=action,
        subject=f"webhook:{row.id}",
        after={"host": urlsplit(row.url).hostname, "events": list(row.events)},
        at=clock.now(),
    )
    emit(session, hotel.id, action, {"webhook_id": row.id}, f"{action}:{row.id}")


def call(engine: Engine, hotel_id: int, delivery_id: int, clock: Clock, later: Later, *, private: bool = False) -> None:
    """Make a call that waits, and write down what became of it; nothing is held meanwhile.

    Parameters
    ----------
    later
        Has this called again, in the given session's transaction, after a while.
    private
        Whether private addresses and plain HTTP are allowed.
    """
    with hotel_session(engine, hotel_id) as session:
        found = session.execute(
            select(WebhookDelivery, WebhookEndpoint, OutboxEvent)
            .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
            .join(OutboxEvent, OutboxEvent.id == WebhookDelivery.event_id)
            .where(
                WebhookDelivery.hotel_id == hotel_id,
                WebhookEndpoint.hotel_id == hotel_id,
                OutboxEvent.hotel_id == hotel_id,
                WebhookDelivery.id == delivery_id,
                WebhookDelivery.state == DeliveryState.PENDING,
            )
        ).one_or_none()
        hotel = session.get_one(Hotel, hotel_id)
    if found is None:
        return
    delivery, endpoint, event = found
    called = Called(None, "the address was removed")
    if endpoint.active:
        called = _called(hotel, endpoint, event, clock, private=private)
    with hotel_session(engine, hotel_id) as session:
        delivery = session.get_one(WebhookDelivery, (hotel_id, delivery_id), with_for_update=True)
        delivery.attempts += 1
        delivery.status_code, delivery.error = called.status, called.problem
        if called.accepted:
            delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, clock.now()
        elif endpoint.active and delivery.attempts <= len(BACKOFF):
            later(session, delivery_id, BACKOFF[delivery.attempts - 1])
        else:
            delivery.state = DeliveryState.FAILED
        session.commit()


def _called(hotel: Hotel, endpoint: WebhookEndpoint, event: OutboxEvent, clock: Clock, *, private: bool) -> Called:
    document = {"id": event.dedupe_id, "event": event.event, "hotel": hotel.slug, "data": event.payload}
    body = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    parts = urlsplit(endpoint.url)
    try:
        address = _address(parts.scheme, parts.hostname or "", parts.port, private=private)
    except Unreachable as error:
        return Called(None, str(error))
    headers = {
        "Content-Type": "application/json",
        "Host": parts.netloc,
        "Keyrack-Event": event.event,
        "Keyrack-Id": event.dedupe_id,
        SIGNATURE: sign(endpoint.secret, int(clock.now().timestamp()), body),
        "User-Agent": "keyrack",
    }
    # The address that was looked at is the one that is called, whatever its name means a moment later.
    target = httpx.URL(endpoint.url).copy_with(host=address)
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", target, content=body, headers=headers, extensions={"sni_hostname": parts.hostname}
            ) as answer,
        ):
            return Called(answer.status_code, "" if answer.is_success else f"it answers {answer.status_code}")
    except httpx.HTTPError as error:
        return Called(None, f"it cannot be reached ({type(error).__name__})")


def _address(scheme: str, host: str, port: int | None, *, private: bool) -> str:
    """Return the address behind a host, refusing what is not of the public internet.

    Raises
    ------
    Unreachable
    """
    if scheme != "https" and not private:
        raise Unreachable("only https is called")
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable("its name cannot be resolved") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not private and not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise Unreachable("private addresses are not called")
    return addresses[0]


def _fault(field: str, message: str) -> dict[str, str]:
    return {"in": "body", "field": field, "code": "invalid", "message": message}

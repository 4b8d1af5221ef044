"""F11: what says it is a payment: forged, altered, old, future, many at once, reordered, for others, too much."""

from __future__ import annotations

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from api.services.clock import SetClock
from api.services.verify import verify_hotel
from models import Booking, BookingStatus, PaymentEvent
from tests.api.mail import do_all
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.api.test_public import BOOK, rates, stay
from tests.api.web import Web

WEBHOOK = "/api/payments/stripe/webhook/"
SECRET = "whsec_of_the_test"
CURRENCY = "eur"


def told(booking_id: str, **changes: Any) -> dict[str, Any]:
    """Return an event as Stripe tells it: 3 nights of 100.01 were paid."""
    values: dict[str, Any] = {"event": "evt_1", "intent": "pi_1", "slug": "grand", "amount": 30_003} | changes
    return {
        "id": values["event"],
        "object": "event",
        "type": values.get("type", "payment_intent.succeeded"),
        "data": {
            "object": {
                "id": values["intent"],
                "object": "payment_intent",
                "amount_received": values["amount"],
                "currency": values.get("currency", CURRENCY),
                "metadata": {"hotel_slug": values["slug"], "booking_id": booking_id},
            }
        },
    }


def signed(body: bytes, at: float, secret: str = SECRET) -> str:
    """Return the header that Stripe would send."""
    digest = hmac.new(secret.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={int(at)},v1={digest}"


def send(web: Web, clock: SetClock, event: dict[str, Any], *, late: int = 0) -> httpx.Response:
    body = json.dumps(event).encode()
    header = signed(body, clock.now().timestamp() - late)
    return web.client.post(WEBHOOK, content=body, headers={"Stripe-Signature": header})


@pytest.fixture(autouse=True)
def _secret(web: Web) -> None:
    changed = web.service.settings.model_copy(update={"stripe_secret": SecretStr(SECRET)})
    object.__setattr__(web.service, "settings", changed)


@pytest.fixture
def booked(web: Web, grand: SmallHotel) -> str:
    rates(grand, payment_minutes=30)
    return str(web.client.post(BOOK, json=stay(1, 4)).json()["booking_id"])


def state(hotel: SmallHotel) -> tuple[list[str], list[str]]:
    """Return the status of each booking, and the effect of each payment."""
    with hotel.session() as session:
        statuses = session.scalars(select(Booking.status).order_by(Booking.id)).all()
        effects = session.scalars(select(PaymentEvent.effect).order_by(PaymentEvent.id)).all()
    assert list(verify_hotel(hotel.engine, hotel.id)) == []
    return [status.value for status in statuses], list(effects)


def test_a_payment_confirms(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    answer = send(web, clock, told(booked))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert state(grand) == (["CONFIRMED"], ["confirmed"])
    with grand.session() as session:
        row = session.scalars(select(Booking)).one()
    assert (row.payment_provider, row.payment_reference, row.paid_at) == ("stripe", "pi_1", clock.now())


def test_a_paid_checkout_session_is_the_same_payment(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    event = told(booked, event="evt_2", type="checkout.session.completed", intent="cs_1")
    event["data"]["object"] |= {"amount_total": 30_003, "payment_status": "unpaid", "payment_intent": "pi_1"}
    assert send(web, clock, event).status_code == 200
    assert state(grand) == (["PENDING_PAYMENT"], [])
    event["data"]["object"]["payment_status"] = "paid"
    for telling in (event, told(booked)):
        assert send(web, clock, telling).status_code == 200
    assert state(grand) == (["CONFIRMED"], ["confirmed", "already"])


def test_a_slow_payment_confirms_once_it_is_there(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    session = told(booked, event="evt_1", type="checkout.session.completed", intent="cs_1")
    session["data"]["object"] |= {"amount_total": 30_003, "payment_status": "unpaid", "payment_intent": "pi_1"}
    del session["data"]["object"]["amount_received"]

    def tell(event: str, kind: str, **changes: Any) -> None:
        later = session | {"id": event, "type": f"checkout.session.{kind}"}
        later["data"] = {"object": session["data"]["object"] | changes}
        assert send(web, clock, later).status_code == 200

    tell("evt_1", "completed")
    tell("evt_2", "async_payment_succeeded")  # it says that nothing was paid
    assert state(grand) == (["PENDING_PAYMENT"], [])
    tell("evt_3", "async_payment_failed")
    tell("evt_3", "async_payment_failed")
    assert state(grand) == (["PENDING_PAYMENT"], ["failed"])
    for _ in range(2):
        tell("evt_4", "async_payment_succeeded", payment_status="paid")
    tell("evt_5", "completed", payment_status="paid")
    assert send(web, clock, told(booked, event="evt_6")).status_code == 200
    tell("evt_7", "async_payment_failed", payment_intent="pi_2")
    assert state(grand) == (["CONFIRMED"], ["failed", "confirmed", "already", "already", "failed"])
    with grand.session() as session_:
        events = session_.scalars(text("SELECT event FROM outbox_event WHERE event LIKE 'payment.%'")).all()
        confirmed = session_.scalar(text("SELECT count(*) FROM outbox_event WHERE event = 'booking.confirmed'"))
    assert (events, confirmed) == ([], 1)


def test_who_owes_nothing_has_paid(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    rates(grand, promo_codes=[{"code": "FREE", "percent": 100}])
    free = web.client.post(BOOK, json=stay(1, 4, promo_code="FREE")).json()["booking_id"]
    owing = web.client.post(BOOK, json=stay(1, 4)).json()["booking_id"]
    for place, booking in enumerate((free, owing)):
        event = told(booking, event=f"evt_{place}", type="checkout.session.completed", intent=f"cs_{place}")
        event["data"]["object"] |= {"amount_total": 0, "payment_status": "no_payment_required", "payment_intent": None}
        assert send(web, clock, event).status_code == 200
    assert state(grand) == (["CONFIRMED", "PENDING_PAYMENT"], ["confirmed", "flagged_amount"])


FORGED = [
    "",
    "t=1,v1=",
    "nonsense",
    "t=,v1=00",
    "v1=00",
    "t=NOW,v1=" + "0" * 64,
    "t=NOW",
    "t=NOW,v0=RIGHT",
    "t=é,v1=00",
]


def test_a_forged_message_is_refused(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    body = json.dumps(told(booked)).encode()
    now = int(clock.now().timestamp())
    right = signed(body, now).split("v1=")[1]
    for header in FORGED:
        sent = header.replace("NOW", str(now)).replace("RIGHT", right).encode()
        answer = web.client.post(WEBHOOK, content=body, headers={b"Stripe-Signature": sent})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature"), header
    assert state(grand) == (["PENDING_PAYMENT"], [])


def test_an_altered_message_or_another_secret_is_refused(
    web: Web, grand: SmallHotel, clock: SetClock, booked: str
) -> None:
    body = json.dumps(told(booked)).encode()
    now = clock.now().timestamp()
    altered = [
        (body.replace(b"30003", b"30004"), signed(body, now)),
        (body + b" ", signed(body, now)),
        (b"", signed(body, now)),
        (b"\xff" + body, signed(b"\xff" + body, now)),
        (body, signed(body, now, "whsec_other")),
        (body, signed(body, now).replace("t=", "t=1")),
        (body, signed(body, now - 10).replace(str(int(now - 10)), str(int(now)))),
    ]
    for content, header in altered:
        answer = web.client.post(WEBHOOK, content=content, headers={"Stripe-Signature": header})
        assert answer.status_code == 400, content
    assert state(grand) == (["PENDING_PAYMENT"], [])


def test_a_message_counts_only_near_its_time(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    for late in (301, -301, 10**9, -(10**9)):
        assert send(web, clock, told(booked), late=late).status_code == 400, late
    assert state(grand) == (["PENDING_PAYMENT"], [])
    for late in (299, -299):
        assert send(web, clock, told(booked, event=f"evt_{late}"), late=late).status_code == 200, late
    assert state(grand) == (["CONFIRMED"], ["confirmed", "already"])


def test_without_a_secret_there_is_no_webhook(web: Web, clock: SetClock, booked: str) -> None:
    object.__setattr__(web.service, "settings", web.service.settings.model_copy(update={"stripe_secret": None}))
    assert send(web, clock, told(booked)).status_code == 404


def test_fifty_at_once_have_one_effect(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    with ThreadPoolExecutor(50) as many:
        same = list(many.map(lambda _: send(web, clock, told(booked)).status_code, range(50)))
        others = list(many.map(lambda n: send(web, clock, told(booked, event=f"evt_{n}")).status_code, range(50)))
    assert set(same + others) <= {200, 503}
    assert 200 in same
    statuses, effects = state(grand)
    assert statuses == ["CONFIRMED"]
    assert effects.count("confirmed") == 1
    assert set(effects) <= {"confirmed", "already"}
    with grand.session() as session:
        events = session.scalars(text("SELECT event FROM outbox_event WHERE event = 'booking.confirmed'")).all()
    assert len(events) == 1


def test_another_amount_is_flagged(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    wrong: list[dict[str, Any]] = [{"amount": 30_002}, {"amount": 0}, {"amount": 300_030}, {"currency": "usd"}]
    for place, changes in enumerate(wrong):
        assert send(web, clock, told(booked, event=f"evt_{place}", **changes)).status_code == 200
    effects = ["flagged_amount"] * 3 + ["flagged_currency"]
    assert state(grand) == (["PENDING_PAYMENT"], effects)
    with grand.session() as session:
        flagged = session.scalars(
            text("SELECT payload FROM outbox_event WHERE event = 'payment.flagged' ORDER BY id")
        ).all()
    assert flagged == [{"booking_id": booked, "why": effect} for effect in effects]
    assert send(web, clock, told(booked, event="evt_9")).status_code == 200  # the right one still counts
    assert state(grand) == (["CONFIRMED"], [*effects, "confirmed"])


def test_a_payment_reaches_only_the_hotel_it_names(
    web: Web, grand: SmallHotel, other: SmallHotel, clock: SetClock, booked: str
) -> None:
    other.made = 900
    theirs = other.book(1, 4, status=BookingStatus.PENDING_PAYMENT, total_minor=30_003)
    for event in (
        told(booked, slug="other"),
        told(theirs, event="evt_2"),
        told(booked, event="evt_3", slug="nowhere"),
        told("BK-2026-ZZZZZZ", event="evt_4"),
        told("' OR 1=1 --", event="evt_5"),
    ):
        assert send(web, clock, event).status_code == 200
    assert state(grand) == (["PENDING_PAYMENT"], [])
    assert state(other) == (["PENDING_PAYMENT"], [])


NONSENSE: list[dict[str, Any]] = [
    {"amount_received": "30003"},
    {"amount_received": -1},
    {"amount_received": 2**60},
    {"amount_received": True},
    {"currency": None},
    {"metadata": None},
    {"metadata": {}},
    {"metadata": {"hotel_slug": "grand", "booking_id": 7}},
    {"metadata": {"hotel_slug": "grand", "booking_id": "a\x00b"}},
    {"id": None},
    {"id": "x" * 300},
]


def test_a_signed_message_that_makes_no_sense_does_nothing(
    web: Web, grand: SmallHotel, clock: SetClock, booked: str
) -> None:
    for place, change in enumerate(NONSENSE):
        event = told(booked, event=f"evt_{place}")
        event["data"]["object"] |= change
        assert send(web, clock, event).status_code == 200, change
    assert state(grand) == (["PENDING_PAYMENT"], ["flagged_currency"])
    for body in (b"[]", b"null", b"7", b"{}", b'{"id": "evt", "type": 3, "data": {"object": []}}', b"not JSON"):
        header = signed(body, clock.now().timestamp())
        assert web.client.post(WEBHOOK, content=body, headers={"Stripe-Signature": header}).status_code == 200


def test_five_megabytes_are_not_read(web: Web, clock: SetClock) -> None:
    body = b" " * 5_000_000
    header = signed(body, clock.now().timestamp())
    answer = web.client.post(WEBHOOK, content=body, headers={"Stripe-Signature": header})
    assert answer.status_code == 413


def test_other_events_do_nothing(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    for kind in ("payment_intent.payment_failed", "charge.refunded", "payment_intent.created"):
        assert send(web, clock, told(booked, type=kind)).status_code == 200
    assert state(grand) == (["PENDING_PAYMENT"], [])


def test_a_payment_after_the_end_reinstates_where_it_still_fits(
    web: Web, grand: SmallHotel, clock: SetClock, booked: str
) -> None:
    clock.advance(minutes=31)
    do_all(grand.engine, clock)
    assert state(grand) == (["CANCELLED"], [])
    assert send(web, clock, told(booked)).status_code == 200
    assert state(grand) == (["CONFIRMED"], ["reinstated"])


def test_a_payment_after_the_end_is_refunded_where_it_does_not(web: Web, clock: SetClock) -> None:
    hotel = make_hotel(web.engine, rooms=1)
    rates(hotel, payment_minutes=30)
    first = web.client.post(BOOK, json=stay(1, 4)).json()["booking_id"]
    clock.advance(minutes=31)
    do_all(web.engine, clock)
    second = web.client.post(BOOK, json=stay(1, 4)).json()["booking_id"]
    assert send(web, clock, told(first)).status_code == 200
    assert send(web, clock, told(second, event="evt_2", intent="pi_2")).status_code == 200
    assert state(hotel) == (["CANCELLED", "CONFIRMED"], ["refund_due", "confirmed"])


def test_what_staff_cancelled_is_not_taken_up_by_a_payment_whatever_they_said(
    web: Web, grand: SmallHotel, clock: SetClock, booked: str
) -> None:
    client = web.member("ada", grand.id)
    for step, reason in (("confirm", "cash"), ("cancel", "expired")):
        answer = client.post(f"/api/staff/hotels/grand/bookings/{booked}/{step}/", json={"reason": reason})
        assert answer.is_success
    assert send(web, clock, told(booked)).status_code == 200
    assert state(grand) == (["CANCELLED"], ["refund_due"])


def test_payments_of_a_booking_that_needs_none(web: Web, grand: SmallHotel, clock: SetClock, booked: str) -> None:
    client = web.member("ada", grand.id)
    at = f"/api/staff/hotels/grand/bookings/{booked}"
    assert client.post(f"{at}/confirm/", json={"reason": "cash"}).is_success
    assert send(web, clock, told(booked)).status_code == 200  # it was not marked as paid: now it is
    assert send(web, clock, told(booked, event="evt_2", intent="pi_2")).status_code == 200  # twice is too often
    assert client.post(f"{at}/cancel/", json={"reason": "ill"}).is_success
    assert send(web, clock, told(booked, event="evt_3", intent="pi_3")).status_code == 200
    assert state(grand) == (["CANCELLED"], ["paid", "refund_due", "refund_due"])
    listed = client.get(f"{at}/payments/").json()
    assert [row["effect"] for row in listed["results"]] == ["refund_due", "refund_due", "paid"]
    assert {(row["amount"], row["currency"]) for row in listed["results"]} == {("300.03", "EUR")}

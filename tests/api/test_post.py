"""Messages to guests, webhooks, and the log of both."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.lifecycle import cancel_booking
from api.services.post.carriers import Carrier, Mailbox, NotSent, SmsGateway
from api.services.post.messages import BACKOFF, Carriers
from api.services.post.templates import BUILT_IN, FIELDS, Words, as_html, render
from api.services.transaction import change_hotel
from models import (
    BookingStatus,
    Communication,
    DeliveryState,
    Guest,
    Hotel,
    HotelSession,
    Role,
    WebhookDelivery,
    emit,
)
from tests.api.mail import MailServer, do_all, mail_server
from tests.api.services.hotels import SmallHotel
from tests.api.web import Web

DESK = Actor.system("desk")
BOOKINGS = "/api/staff/hotels/grand/bookings/"
PENDING = BookingStatus.PENDING_PAYMENT


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def by(mail: Carrier | MailServer, clock: SetClock) -> Carriers:
    carrier = mail.to(clock) if isinstance(mail, MailServer) else mail
    return Carriers(mail=carrier, sms=carrier)


def log(hotel: SmallHotel) -> list[Communication]:
    with hotel.session() as session:
        return list(session.scalars(select(Communication).order_by(Communication.id)))


def cancel(hotel: SmallHotel, clock: SetClock, booking: str = "") -> str:
    """Cancel a booking, made if none is given, and return its name."""
    name = booking or hotel.book(0, 2)
    change_hotel(hotel.engine, hotel.id, lambda s, h: cancel_booking(s, h, name, actor=DESK, clock=clock))
    return name


def test_every_step_of_a_stay_is_told_once(web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(0, 2, room="101", status=PENDING, total_minor=59_999)
    lost = grand.book(1, 2)
    for step, name in (("confirm", booking), ("check-in", booking), ("check-out", booking), ("cancel", lost)):
        answer = client.post(f"{BOOKINGS}{name}/{step}/", json={})
        assert answer.is_success, answer.text
        do_all(grand.engine, clock, by(mail, clock))
    assert [message["Subject"] for message in mail.taken] == [
        f"Your booking {booking} at Grand is confirmed",
        "Welcome to Grand",
        "Thank you for staying at Grand",
        f"Your booking {lost} at Grand is cancelled",
    ]
    told = [message.get_body(("plain",)).get_content() for message in mail.taken]  # type: ignore[union-attr]
    assert "599.99 EUR" in told[0]
    assert "Your room is 101." in told[1]
    assert "101" not in told[0] + told[2] + told[3]
    assert {message["To"] for message in mail.taken} == {"ada@example.org"}
    assert all(message["From"] == "Grand <desk@keyrack.example>" for message in mail.taken)
    assert len({message["Message-ID"] for message in mail.taken}) == 4
    do_all(grand.engine, clock, by(mail, clock))
    assert len(mail.taken) == 4

    found = client.get(f"{BOOKINGS}{booking}/communications/").json()
    assert found["count"] == 3
    assert [row["template"] for row in found["results"]] == ["checkout", "welcome", "confirmation"]
    assert {row["delivery_status"] for row in found["results"]} == {"SENT"}
    assert found["results"][0]["sent_at"] is not None
    assert found["results"][2]["message"] == told[0].replace("\r\n", "\n")


MILLER = {"last_name": "Miller", "email": "ann@example.org"}


def test_who_is_confirmed_by_staff_is_told_so(web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer) -> None:
    client = web.member("ada", grand.id)
    asked = {"room_type": "STD", "check_in": "2026-03-10", "check_out": "2026-03-12", "guest": MILLER}

    def make(**changes: Any) -> str:
        answer = client.post(BOOKINGS, json=asked | changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["booking_id"])

    def then(booking: str, *steps: str) -> None:
        for step in steps:
            answer = client.post(f"{BOOKINGS}{booking}/{step}/", json={"reason": "so"})
            assert answer.is_success, answer.text
            do_all(grand.engine, clock, by(mail, clock))

    told = make()
    do_all(grand.engine, clock, by(mail, clock))
    then(told, "cancel", "reinstate")
    waiting = make(status="PENDING_PAYMENT")
    then(waiting, "cancel", "reinstate", "confirm")
    make(guest={"last_name": "Miller"})  # who cannot be written to
    do_all(grand.engine, clock, by(mail, clock))
    then(told, "no-show", "reinstate")  # nobody told the guest of the first
    assert [message["Subject"] for message in mail.taken] == [
        f"Your booking {booking} at Grand is {word}"
        for booking, word in (
            (told, "confirmed"),
            (told, "cancelled"),
            (told, "confirmed"),
            (waiting, "cancelled"),
            (waiting, "confirmed"),
        )
    ]
    assert {row.delivery_status.value for row in log(grand)} == {"SENT"}


def test_a_guest_at_the_desk_is_welcomed_and_told_nothing_else(
    web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer
) -> None:
    client = web.member("ada", grand.id)
    phone = "+44 20 7946 0958"
    with receiver([]) as (url, got):
        carriers = Carriers(mail=mail.to(clock), sms=SmsGateway(url, "secret"))
        for room, guest in (("101", MILLER), ("102", {"last_name": "Short", "phone": phone})):
            made = client.post(
                f"/api/staff/hotels/grand/rooms/{room}/add-guest/", json={"guest": guest, "check_out": "2026-03-12"}
            )
            assert made.status_code == 201, made.text
            do_all(grand.engine, clock, carriers)
    assert [message["Subject"] for message in mail.taken] == ["Welcome to Grand"]
    (sent,) = (json.loads(body) for _, body in got)  # who has no e-mail gets it as a text message
    assert (sent["to"], "Your room is 102." in sent["text"]) == (phone, True)
    assert [(row.communication_type.value, row.template, row.delivery_status.value) for row in log(grand)] == [
        ("EMAIL", "welcome", "SENT"),
        ("SMS", "welcome", "SENT"),
    ]


def test_a_confirmation_has_all_that_a_guest_must_know(
    web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer
) -> None:
    client = web.member("ada", grand.id)
    house = {"address": "Rua Augusta 1, Lisbon", "phone": "+351 21 000", "email": "desk@grand.example"}
    assert client.patch("/api/staff/hotels/grand/settings/", json={"public": house}).is_success
    booking = grand.book(1, 4, status=PENDING, total_minor=59_999, adults=2, children=1)
    number = client.get(f"{BOOKINGS}{booking}/").json()["confirmation_number"]
    assert client.post(f"{BOOKINGS}{booking}/confirm/", json={}).is_success
    do_all(grand.engine, clock, by(mail, clock))
    (message,) = mail.taken
    text_ = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    lines = [line for line in text_.replace("\r\n", "\n").splitlines() if line]
    assert lines == [
        "Dear Ada B1,",
        "your booking at Grand is confirmed.",
        f"Booking: {booking}",
        f"Confirmation number: {number}",
        "Arrival: 2026-03-11, from 15:00",
        "Departure: 2026-03-14, until 11:00",
        "Room type: Standard Double",
        "Guests: 2 adults, 1 children",
        "Total: 599.99 EUR",
        "We look forward to your stay.",
        "Grand",
        "Rua Augusta 1, Lisbon",
        "Telephone: +351 21 000",
        "E-mail: desk@grand.example",
    ]


def test_no_message_carries_a_pin(web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer) -> None:
    booking = grand.book(0, 2, room="101")
    pin = web.member("ada", grand.id).post(f"{BOOKINGS}{booking}/check-in/", json={}).json()["pin"]
    do_all(grand.engine, clock, by(mail, clock))
    assert len(mail.taken) == 1
    assert pin not in mail.taken[0].as_string()
    assert "pin" not in {field for fields in FIELDS.values() for field in fields}
    client = web.signed_in("ada")
    spaced = f"{pin[:3]} {pin[3:]}"
    for kind in ("EMAIL", "SMS", "NOTE"):
        for message in (f"Your code is {pin}.", f"Code: {spaced}", "123456"):
            answer = client.post(
                f"{BOOKINGS}{booking}/communications/", json={"communication_type": kind, "message": message}
            )
            assert answer.status_code == 422
            assert "pin" in {fault["code"] for fault in answer.json()["errors"]}
    for message in ("Call 020 7946 0958.", "Booking BK-2026-123456", "Total 1234567"):
        answer = client.post(
            f"{BOOKINGS}{booking}/communications/", json={"communication_type": "NOTE", "message": message}
        )
        assert answer.status_code == 201, message


def test_a_welcome_names_the_room_of_the_moment_of_sending(
    web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer
) -> None:
    client = web.member("ada", grand.id)
    booking, early = grand.book(0, 2, room="101"), grand.book(0, 2, room="103")
    for name in (booking, early):
        assert client.post(f"{BOOKINGS}{name}/check-in/", json={}).is_success
    clock.advance(hours=5)
    client = web.signed_in("ada")
    moved = client.post(f"{BOOKINGS}{booking}/move-room/", json={"room_number": "102", "reason": "noise"})
    assert moved.is_success, moved.text
    assert client.post(f"{BOOKINGS}{early}/check-out/", json={}).is_success
    do_all(grand.engine, clock, by(mail, clock))
    assert sorted(message["Subject"] for message in mail.taken) == [
        "Thank you for staying at Grand",
        "Welcome to Grand",
    ]
    welcome = next(message for message in mail.taken if message["Subject"].startswith("Welcome"))
    assert "Your room is 102." in welcome.as_string()
    outdated = [row for row in log(grand) if row.error]
    assert [(row.template, row.error) for row in outdated] == [("welcome", "what it says is no longer so")]


def test_a_failure_is_tried_again_and_undoes_nothing(
    web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer
) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(0, 2, status=PENDING)
    mail.answers = ["451 try later", "451 try later"]
    assert client.post(f"{BOOKINGS}{booking}/confirm/", json={}).is_success
    for expected in ("PENDING", "PENDING", "SENT"):
        do_all(grand.engine, clock, by(mail, clock))
        (row,) = log(grand)
        assert row.delivery_status == expected
    assert (row.attempts, row.error, len(mail.taken)) == (3, "", 1)
    assert client.get(f"{BOOKINGS}{booking}/").json()["status"] == "CONFIRMED"


def test_another_try_waits_longer_each_time(grand: SmallHotel, clock: SetClock) -> None:
    class Down:
        def carry(self, letter: object) -> None:
            assert letter
            raise NotSent("down", again=True)

    cancel(grand, clock)
    waits = []
    for _ in range(len(BACKOFF) + 1):
        do_all(grand.engine, clock, Carriers(mail=Down(), sms=Down()))
        with grand.engine.connect() as connection:
            found = connection.scalars(text("SELECT scheduled_at FROM procrastinate_jobs")).all()
            waits += [round((moment - datetime.now(UTC)) / timedelta(minutes=1)) for moment in found]
    assert waits == [wait // timedelta(minutes=1) for wait in BACKOFF]
    (row,) = log(grand)
    assert (row.delivery_status, row.attempts, row.error) == ("FAILED", len(BACKOFF) + 1, "down")


def test_an_address_that_is_none_is_not_written_to(grand: SmallHotel, clock: SetClock, mail: MailServer) -> None:
    bad = ["ada@example.org\r\nBcc: all@example.org", "no address", "a@b\n", "@", "a" * 400]
    for place, email in enumerate(bad):
        booking = grand.book(place, place + 1)
        with grand.session() as session:
            session.scalars(select(Guest).order_by(Guest.id.desc())).first().email = email  # type: ignore[union-attr]
            session.commit()
        cancel(grand, clock, booking)
    do_all(grand.engine, clock, by(mail, clock))
    assert mail.taken == []
    told = [(row.delivery_status.value, row.error) for row in log(grand)]
    assert told == [("FAILED", "the address or the subject cannot be used")] * len(bad)


def test_a_name_cannot_add_a_header_or_markup(grand: SmallHotel, clock: SetClock, mail: MailServer) -> None:
    booking = grand.book(0, 2)
    with grand.session() as session:
        session.scalars(select(Guest)).one().last_name = "<b>{{ hotel.name }}</b>\r\nBcc: x@example.org"
        session.get_one(Hotel, grand.id).name = 'Grand"\r\nBcc: all@example.org'
        session.commit()
    cancel(grand, clock, booking)
    do_all(grand.engine, clock, by(mail, clock))
    (message,) = mail.taken
    assert "Bcc" not in message
    assert message["To"] == "ada@example.org"
    page = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<b>" not in page
    assert "&lt;b&gt;{{ hotel.name }}&lt;/b&gt;" in page


def test_old_news_is_not_told(grand: SmallHotel, clock: SetClock, mail: MailServer) -> None:
    cancel(grand, clock)
    with grand.session() as session:
        session.execute(text("UPDATE outbox_event SET created_at = :then"), {"then": clock.now() - timedelta(days=3)})
        session.commit()
    do_all(grand.engine, clock, by(mail, clock))
    assert (mail.taken, log(grand)) == ([], [])


def test_the_demo_keeps_its_mail_in_a_folder(grand: SmallHotel, clock: SetClock, tmp_path: Path) -> None:
    booking = cancel(grand, clock)
    do_all(grand.engine, clock, by(Mailbox(tmp_path / "mail", "demo@localhost", clock), clock))
    (file,) = (tmp_path / "mail").iterdir()
    assert f"Subject: Your booking {booking} at Grand is cancelled" in file.read_text()


def test_staff_write_to_a_guest(web: Web, grand: SmallHotel, clock: SetClock, mail: MailServer) -> None:
    client = web.member("ada", grand.id, Role.RECEPTION)
    booking = grand.book(1, 2)
    where = f"{BOOKINGS}{booking}/communications/"
    body = {"communication_type": "EMAIL", "subject": "Your arrival", "message": "When will you be here?"}
    named = {"Idempotency-Key": "once"}
    first, again = (client.post(where, json=body, headers=named) for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    made = first.json()
    assert (made["delivery_status"], made["staff_member"], made["recipient"]) == ("PENDING", "Ada", "ada@example.org")
    note = client.post(where, json={"communication_type": "NOTE", "message": "Called twice."}).json()
    assert (note["delivery_status"], note["sent_at"] is not None) == ("SENT", True)
    do_all(grand.engine, clock, by(mail, clock))
    assert [message["Subject"] for message in mail.taken] == ["Your arrival"]
    assert [row["delivery_status"] for row in client.get(where).json()["results"]] == ["SENT", "SENT"]
    page = client.get(f"{where}?page=2&page_size=1").json()
    assert (page["count"], len(page["results"]), page["next"], page["previous"]) == (
        2,
        1,
        None,
        "?page_size=1&page=1",
    )


def test_every_fault_of_a_message_is_named_and_nothing_is_written(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 2)
    body = {"communication_type": "FAX", "subject": "a\nBcc: b@example.org", "message": "", "cc": "b@example.org"}
    answer = client.post(f"{BOOKINGS}{booking}/communications/", json=body)
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == set(body)
    nobody = client.post(f"{BOOKINGS}{booking}/communications/", json={"communication_type": "SMS", "message": "Hi"})
    assert [fault["field"] for fault in nobody.json()["errors"]] == ["recipient"]
    assert log(grand) == []
    assert client.post(f"{BOOKINGS}BK-2026-ZZZZZZ/communications/", json={}).status_code == 422


@contextmanager
def receiver(answers: list[int]) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Serve HTTP until the block ends: each request is kept and gets the next answer, 200 when there is none left."""
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_text_message_goes_to_the_gateway(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 2)
    body = {"communication_type": "SMS", "message": "Your taxi is here.", "recipient": "+44 20 7946 0958"}
    with receiver([503]) as (url, got):
        carriers = by(SmsGateway(url, "secret"), clock)
        assert client.post(f"{BOOKINGS}{booking}/communications/", json=body).status_code == 201
        do_all(grand.engine, clock, carriers)
        assert log(grand)[0].error == "the gateway answers 503"
        do_all(grand.engine, clock, carriers)
    headers, sent = got[1]
    assert json.loads(sent) == {
        "id": f"keyrack-{grand.id}-1",
        "to": "+44 20 7946 0958",
        "text": "Your taxi is here.",
    }
    assert (headers["authorization"], got[0][1]) == ("Bearer secret", sent)
    assert log(grand)[0].delivery_status == "SENT"


def test_without_a_server_the_log_says_so(grand: SmallHotel, clock: SetClock) -> None:
    cancel(grand, clock)
    do_all(grand.engine, clock)
    (row,) = log(grand)
    assert (row.delivery_status, row.error) == ("FAILED", "no server is configured for this kind of message")


def test_a_webhook_is_signed_retried_and_named(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(0, 2, status=PENDING)
    with receiver([500, 302]) as (url, got):
        made = client.post("/api/staff/hotels/grand/webhooks/", json={"url": url, "events": ["booking.confirmed"]})
        assert made.status_code == 201
        secret = made.json()["secret"]
        assert client.post(f"{BOOKINGS}{booking}/confirm/", json={}).is_success
        for _ in range(4):
            do_all(grand.engine, clock)
    assert len(got) == 3
    assert len({body for _, body in got}) == 1
    headers, body = got[0]
    assert json.loads(body) == {
        "id": f"booking.confirmed:{booking}:2",
        "event": "booking.confirmed",
        "hotel": "grand",
        "data": {"booking_id": booking},
    }
    assert headers["keyrack-id"] == f"booking.confirmed:{booking}:2"
    stamp, signature = (part.split("=")[1] for part in headers["keyrack-signature"].split(","))
    assert int(stamp) == int(clock.now().timestamp())
    wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature == wanted
    with grand.session() as session:
        (delivery,) = session.scalars(select(WebhookDelivery))
    assert (delivery.state, delivery.attempts, delivery.status_code) == (DeliveryState.DELIVERED, 3, 200)
    where = f"/api/staff/hotels/grand/webhooks/{made.json()['id']}/deliveries/"
    (shown,) = client.get(where).json()["results"]
    assert {name: shown[name] for name in ("event", "dedupe_id", "state", "attempts", "status_code", "error")} == {
        "event": "booking.confirmed",
        "dedupe_id": f"booking.confirmed:{booking}:2",
        "state": "DELIVERED",
        "attempts": 3,
        "status_code": 200,
        "error": "",
    }
    assert client.get(where, params={"state": "FAILED"}).json()["count"] == 0
    listed = client.get("/api/staff/hotels/grand/webhooks/")
    assert secret not in listed.text
    assert listed.json()["count"] == 1


def test_a_removed_address_gets_nothing_more(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    client = web.member("ada", grand.id)
    with receiver([500] * 20) as (url, got):
        made = client.post("/api/staff/hotels/grand/webhooks/", json={"url": url}).json()
        do_all(grand.engine, clock)
        assert len(got) == 1
        where = f"/api/staff/hotels/grand/webhooks/{made['id']}/"
        tried = client.get(f"{where}deliveries/", params={"state": "PENDING"}).json()
        assert [(row["attempts"], row["error"]) for row in tried["results"]] == [(1, "it answers 500")]
        assert [client.delete(where).status_code for _ in range(2)] == [204, 404]
        for _ in range(3):
            do_all(grand.engine, clock)
    assert len(got) == 1
    assert client.get("/api/staff/hotels/grand/webhooks/").json() == {"count": 0, "results": []}


def test_a_webhook_address_must_be_one(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    bad = [
        "ftp://example.org/",
        "https://",
        "https://u:p@example.org/",
        "https://exa mple.org",
        "https://a.b/\nX: y",
        "x",
    ]
    for url in bad:
        answer = client.post("/api/staff/hotels/grand/webhooks/", json={"url": url})
        assert answer.status_code == 422, url
        assert [fault["field"] for fault in answer.json()["errors"]] == ["url"]


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://localhost/"])
def test_private_addresses_are_not_called(url: str) -> None:
    from api.services.post.webhooks import Unreachable, _address

    parts = httpx.URL(url)
    with pytest.raises(Unreachable, match="private"):
        _address("https", parts.host, None, private=False)
    with pytest.raises(Unreachable, match="https"):
        _address("http", parts.host, None, private=False)


def test_a_hotel_has_its_own_words(
    web: Web, grand: SmallHotel, other: SmallHotel, clock: SetClock, mail: MailServer
) -> None:
    client = web.member("ada", grand.id)
    templates = "/api/staff/hotels/grand/message-templates/"
    body = "{% if room.number %}{{ room.number }}{% else %}-{% endif %}"
    words = {"subject": "Ciao {{ guest.first_name }}", "body": body}
    for name in BUILT_IN:
        assert client.put(f"{templates}{name}/", json=words).json() == {"name": name, **words, "own": True}
    listed = client.get(templates).json()["results"]
    assert {row["name"]: row["own"] for row in listed} == dict.fromkeys(BUILT_IN, True)
    for hotel in (grand, other):
        cancel(hotel, clock)
    do_all(grand.engine, clock, by(mail, clock))
    assert min(message["Subject"] for message in mail.taken) == "Ciao Ada"
    assert len(mail.taken) == 2
    for name in BUILT_IN:
        back = client.delete(f"{templates}{name}/").json()
        assert (back["subject"], back["own"]) == (BUILT_IN[name].subject, False)


MORE_THAN_SAYING = [
    "{{ booking.pin_hash }}",
    "{{ booking.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{% for a in 'aaaa' %}{% endfor %}",
    "{{ range(10) }}",
    "{{ 9 ** 99 }}",
    "{{ guest.name * 1000000 }}",
    "{{ secret }}",
    "{{ guest.name | replace('a', 'b') }}",
    "{% include 'x' %}",
    "{% set a = 1 %}",
    "{{ guest['name'] }}",
    "{{ guest.name",
    "{{ cycler }}",
]


def test_words_that_do_more_than_say_are_refused(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    for bad in MORE_THAN_SAYING:
        answer = client.put("/api/staff/hotels/grand/message-templates/welcome/", json={"subject": bad, "body": bad})
        assert answer.status_code == 422, bad
        assert {fault["field"] for fault in answer.json()["errors"]} == {"subject", "body"}, bad


def test_built_in_words_use_only_what_templates_may() -> None:
    from api.services.post.templates import require

    values = {thing: {field: f"<{thing}.{field}>" for field in fields} for thing, fields in FIELDS.items()}
    for words in BUILT_IN.values():
        require(words)
        shown = render(words, values)
        assert "{" not in shown.subject + shown.body
        assert as_html(shown.body).count("<") == as_html(shown.body).count(">")
    assert render(Words("a\nb\x00c", "x"), values).subject == "a b c"


def test_an_event_becomes_a_message_or_nothing_in_one_transaction(
    grand: SmallHotel, app_engine: Engine, clock: SetClock
) -> None:
    from api.services.post import outbox

    cancel(grand, clock)

    def full(*_: Any) -> None:
        raise RuntimeError("the queue is full")

    with pytest.raises(RuntimeError):
        outbox.dispatch(app_engine, grand.id, clock, send=full, call=full)
    assert log(grand) == []
    sent: list[int] = []

    def put(_session: Session, row: int) -> None:
        sent.append(row)

    assert outbox.dispatch(app_engine, grand.id, clock, send=put, call=put) > 0
    assert outbox.dispatch(app_engine, grand.id, clock, send=put, call=put) == 0
    assert len(sent) == len(log(grand)) == 1


def test_another_hotels_events_are_left_to_it(grand: SmallHotel, other: SmallHotel, clock: SetClock) -> None:
    def tell(session: HotelSession, hotel: Hotel) -> None:
        emit(session, hotel.id, "booking.confirmed", {"booking_id": "BK-2026-000001"}, "once")

    other.book(0, 2)
    change_hotel(grand.engine, grand.id, tell)
    do_all(grand.engine, clock)
    assert (log(grand), log(other)) == ([], [])

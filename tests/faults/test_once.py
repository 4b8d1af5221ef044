"""Fifty desks press the same button for the same booking at the same moment: it happens once, and everybody knows."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from api.services.pause import SETTING
from api.services.verify import verify_hotel
from benchmarks.service.serving import Address, at_once, lines_to, service_process
from models import BookingStatus, hotel_session
from tests.api.services.hotels import DAY, SmallHotel, make_hotel
from tests.databases import Database
from tests.faults.test_race import manager
from tests.faults.test_workers import wait_until

pytestmark = pytest.mark.faults

DESKS = 50
ROUNDS = 6
PATH = "/api/staff/hotels/grand/bookings/{}/{}/"

# What is pressed, on a booking in which state, and what the audit calls it.
VERBS = (
    ("confirm", BookingStatus.PENDING_PAYMENT, "booking.confirmed"),
    ("cancel", BookingStatus.CONFIRMED, "booking.cancelled"),
    ("no-show", BookingStatus.CONFIRMED, "booking.no_show"),
    ("check-in", BookingStatus.CONFIRMED, "booking.checked_in"),
    ("check-out", BookingStatus.CHECKED_IN, "booking.checked_out"),
)


def counted(hotel: SmallHotel, booking: str, action: str) -> tuple[int, int, int]:
    """Return how many audit entries and events of the action there are, and the booking's version."""
    values = {"subject": f"booking:{booking}", "action": action, "booking": booking}
    with hotel_session(hotel.engine, hotel.id) as session:
        entries = session.scalar(
            text("SELECT count(*) FROM audit_entry WHERE subject = :subject AND action = :action"), values
        )
        events = session.scalar(
            text("SELECT count(*) FROM outbox_event WHERE event = :action AND payload ->> 'booking_id' = :booking"),
            values,
        )
        version = session.scalar(text("SELECT version FROM booking WHERE booking_id = :booking"), values)
    return entries, events, version


async def press(address: Address, token: str, hotel: SmallHotel, offset: int) -> None:
    async with lines_to(address, token, DESKS) as lines:
        await at_once(lines, "GET", [("/healthz", None)] * DESKS)  # every connection is up
        for verb, status, action in VERBS:
            for round_ in range(ROUNDS):
                room = f"{verb}-{round_}"
                hotel.add_room(room)
                held = {"locked": True} if status == BookingStatus.CHECKED_IN else None
                booking = hotel.book(offset, offset + 2, room=room, status=status, place=held)
                answers = await at_once(lines, "POST", [(PATH.format(booking, verb), {})] * DESKS)
                statuses = Counter(answer.status for answer in answers)
                assert statuses == {200: 1, 409: DESKS - 1}, (verb, statuses)
                assert {a.body["code"] for a in answers if a.status == 409} == {"wrong_state"}
                assert counted(hotel, booking, action) == (1, 1, 2), verb
                if verb == "check-in":
                    (pin,) = (a.body["pin"] for a in answers if a.status == 200)
                    opened = await lines[0].send("POST", PATH.format(booking, "pin/verify"), {"pin": pin})
                    assert opened.body["valid"] is True  # it is the one whose hash was kept


def test_one_of_fifty_has_an_effect(database: Database, app_engine: Engine, tmp_path: Path) -> None:
    hotel = make_hotel(app_engine, rooms=0)
    today = datetime.now(UTC).date()
    with hotel_session(app_engine, hotel.id) as session:
        session.execute(text("UPDATE hotel SET business_date = :today, check_in_time = '00:00'"), {"today": today})
        session.commit()
    secret = secrets.token_urlsafe(48)
    token = manager(app_engine, hotel, secret)
    log = tmp_path / "service.log"
    with service_process(database.app_url, secret, log, processes=2) as address:
        asyncio.run(press(address, token, hotel, (today - DAY).days))
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    assert verify_hotel(app_engine, hotel.id) == ()


def test_after_a_crash_the_same_name_gets_the_answer_that_nobody_got(
    database: Database, app_engine: Engine, tmp_path: Path
) -> None:
    """F12: the process dies between its commit and the answer; asked again by name, it is done and told once."""
    hotel = make_hotel(app_engine)
    secret = secrets.token_urlsafe(48)
    headers = {"Authorization": f"Bearer {manager(app_engine, hotel, secret)}", "Idempotency-Key": "one"}
    body = {"guest": {"last_name": "Miller"}, "check_in": "2026-03-12", "check_out": "2026-03-13", "room_type": "STD"}
    reached, log = tmp_path / "reached", tmp_path / "service.log"

    def ask(address: Address) -> httpx.Response:
        return httpx.post(f"{address.url}/api/staff/hotels/grand/bookings/", json=body, headers=headers, timeout=120)

    with (
        service_process(database.app_url, secret, log, **{SETTING: f"committed:{reached}"}) as dying,
        ThreadPoolExecutor(1) as desk,
    ):
        unanswered = desk.submit(ask, dying)
        wait_until(reached.exists, 60)
        os.kill(dying.pids[0], signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            unanswered.result()
    with service_process(database.app_url, secret, log) as address:
        answers = [ask(address) for _ in range(3)]
    assert {(answer.status_code, answer.headers.get("idempotency-replayed")) for answer in answers} == {(201, "true")}
    assert len({answer.content for answer in answers}) == 1
    with hotel_session(app_engine, hotel.id) as session:
        assert session.scalars(text("SELECT booking_id FROM booking")).all() == [answers[0].json()["booking_id"]]
        assert session.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'booking.created'")) == 1
        assert session.scalar(text("SELECT count(*) FROM outbox_event WHERE event = 'booking.created'")) == 1
    assert verify_hotel(app_engine, hotel.id) == ()


async def guess(address: Address, token: str, booking: str) -> list[int]:
    left: list[int] = []
    async with lines_to(address, token, 20) as lines:
        for block in range(0, 1000, 20):
            guesses = [(PATH.format(booking, "pin/verify"), {"pin": f"{block + n:06}"}) for n in range(20)]
            answers = await at_once(lines, "POST", guesses)
            left += [answer.body["tries_left"] for answer in answers if not answer.body["valid"]]
    return left


def test_a_thousand_guesses_try_a_pin_five_times(database: Database, app_engine: Engine, tmp_path: Path) -> None:
    """F14: however many guess at once, five are looked at, and then not even the right one opens."""
    hotel = make_hotel(app_engine, rooms=1)
    today = datetime.now(UTC).date()
    with hotel_session(app_engine, hotel.id) as session:
        session.execute(text("UPDATE hotel SET business_date = :today, check_in_time = '00:00'"), {"today": today})
        session.commit()
    offset = (today - DAY).days
    booking = hotel.book(offset, offset + 2, room="101")
    secret = secrets.token_urlsafe(48)
    token = manager(app_engine, hotel, secret)

    async def play(address: Address) -> tuple[str, list[int], bool]:
        async with lines_to(address, token, 1) as (desk,):
            pin = "000000"
            while pin < "001000":  # one that the guesses do not hit by luck
                answer = await desk.send("POST", PATH.format(booking, "check-in"), {})
                if answer.status == 409:  # in house already
                    answer = await desk.send("POST", PATH.format(booking, "pin"), {})
                pin = answer.body["pin"]
            left = await guess(address, token, booking)
            opens = await desk.send("POST", PATH.format(booking, "pin/verify"), {"pin": pin})
            fresh = (await desk.send("POST", PATH.format(booking, "pin"), {})).body["pin"]
            anew = await desk.send("POST", PATH.format(booking, "pin/verify"), {"pin": fresh})
        assert anew.body["valid"] is True
        return pin, left, opens.body["valid"]

    with service_process(database.app_url, secret, tmp_path / "service.log", processes=2) as address:
        _, left, opens = asyncio.run(play(address))
    assert (len(left), sorted(left, reverse=True)[:5], set(left[20:])) == (1000, [4, 3, 2, 1, 0], {0})
    assert opens is False
    assert verify_hotel(app_engine, hotel.id) == ()

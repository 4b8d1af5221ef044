"""F1: fifty people at fifty desks want the same room at the same moment; one gets it, the others learn who has it."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.signin import TokenKeys, hash_password, issue_tokens
from benchmarks.service.serving import Address, Answered, at_once, lines_to, percentile, service_process
from models import Membership, Role, Staff, global_session, hotel_session
from models.auditing import verify_chain
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.databases import Database

pytestmark = pytest.mark.faults

DESKS = 50
ROUNDS = 100
MEDIAN_S, P99_S = 0.75, 1.5
"""Guards against getting worse. Measured on 2 cores with nothing else to do: medians of 0.17 and 0.26 s, 99th
percentiles of 0.37 and 0.49 s; one round of a hundred that the machine holds up is all of the percentile."""

PATH = "/api/staff/hotels/grand/bookings/{}/assign-room/"
ROOM = "101"


def manager(
    engine: Engine, hotel: SmallHotel, secret: str, *, role: Role = Role.MANAGER, clock: Clock = SYSTEM_CLOCK
) -> str:
    """Return the access token, good for a long campaign, of somebody who may assign and override in the hotel."""
    keys = TokenKeys(secret, timedelta(hours=12), timedelta(hours=12))
    with global_session(engine) as session:
        person = Staff(email="race@example.org", name="Race", password_hash=hash_password("not needed here"))
        session.add(person)
        session.flush()
        token = issue_tokens(session, keys, clock.now(), person.id, uuid.uuid4()).access_token
        session.commit()
    with hotel_session(engine, hotel.id) as session:
        session.add(Membership(hotel_id=hotel.id, staff_id=person.id, role=role))
        session.commit()
    return token


def request(draw: random.Random, booking: str, version: int, *, fits: bool) -> tuple[str, Any]:
    """Return one desk's wish: the room as it is, or by override."""
    body: dict[str, Any] = {"room_number": ROOM}
    if not fits or draw.random() < 0.5:
        body |= {"override": {"room_fits": "the guest insists"}, "if_version": version}
    return PATH.format(booking), body


def judge(answers: list[Answered], bookings: list[str]) -> str:
    """Return the booking that got the room, after looking that it is the only one and everybody knows it."""
    counted = Counter(answer.status for answer in answers)
    assert counted == {200: 1, 409: DESKS - 1}, counted
    winner = next(b for b, answer in zip(bookings, answers, strict=True) if answer.status == 200)
    for answer in answers:
        if answer.status == 409:
            assert answer.body["rule"] == "no_overlap"
            assert answer.body["booking_id"] == winner
            assert answer.body["room"] == ROOM
    return winner


async def race(
    address: Address, token: str, hotel: SmallHotel, bookings: list[str], rounds: int, seed: int
) -> list[float]:
    """Return every answer's time in seconds, those of a first round, in which the service is cold, at the front."""
    draw = random.Random(seed)
    version = dict.fromkeys(bookings, 1)
    times: list[float] = []
    async with lines_to(address, token, len(bookings)) as lines:
        await at_once(lines, "GET", [("/healthz", None)] * len(lines))  # every connection is up
        for _ in range(1 + rounds):
            wishes = [request(draw, b, version[b], fits=place % 2 == 0) for place, b in enumerate(bookings)]
            answers = await at_once(lines, "POST", wishes)
            times += [answer.seconds for answer in answers]
            winner = judge(answers, bookings)
            assert hotel.rooming() == {winner: ROOM}
            given_back = await lines[0].send("DELETE", PATH.format(winner))
            assert given_back.status == 200, given_back
            version[winner] = given_back.body["version"]
    return times


def test_one_of_fifty_gets_the_room(
    database: Database, app_engine: Engine, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    hotel = make_hotel(app_engine)
    # Every second party is too large for the room: it can only be had by override.
    bookings = [hotel.book(1, 3, adults=2 + place % 2) for place in range(DESKS)]
    secret = secrets.token_urlsafe(48)
    token = manager(app_engine, hotel, secret)
    server_log = database.server.log
    already = len(server_log.read_text(errors="replace")) if server_log else 0

    log = tmp_path / "service.log"
    with service_process(database.app_url, secret, log, processes=2) as address:
        times = asyncio.run(race(address, token, hotel, bookings, ROUNDS, seed))

    cold, times = round(max(times[:DESKS]) * 1000), times[DESKS:]
    told = {share: round(percentile(times, share) * 1000) for share in (0.5, 0.9, 0.99, 1.0)}
    with capsys.disabled():
        print(f"\nF1: {ROUNDS} rounds of {DESKS}, ms: {told}; slowest of a first round {cold}; seed {seed}")
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    assert Counter(line["status"] for line in lines if line["event"] == "request" and line["status"] >= 500) == {}
    if server_log:
        assert "deadlock" not in server_log.read_text(errors="replace")[already:]
    with hotel_session(app_engine, hotel.id) as session:
        assert verify_chain(session, hotel.id) == []
    assert told[0.5] < MEDIAN_S * 1000
    assert told[0.99] < P99_S * 1000

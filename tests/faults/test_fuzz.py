"""F10: schemathesis sends what the API's own document allows, and what it forbids, to the real service.

It is run as its command, with one worker: with more, its threads trip over an error of Python 3.11 now and then. The
large form is `./run test --faults --large tests/faults/test_fuzz.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import product
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from api.services.clock import ShiftedClock
from api.services.verify import verify_hotel
from benchmarks.service.serving import ROOT, Address, service_process
from models import BookingStatus, Role
from tests.api.services.hotels import DAY, SmallHotel, day, make_hotel
from tests.databases import Database
from tests.faults.test_race import manager

SECRET = "secret of the fuzz, long enough for anybody"
ROOMS = ["101", "102", "103", "104", "105", "106"]
BOOKINGS = [f"BK-2026-{number:06}" for number in range(1, 9)]
DAYS = [day(offset).isoformat() for offset in range(6)]
THERE = (
    ("room_number room other_room number", ROOMS),
    ("room_type code", ["STD", "DLX"]),
    ("booking_id exclude_booking", BOOKINGS),
    ("group_id guest_id staff_id link_id webhook_id if_version", [1, 2]),
    ("check_in start_date arrivals_on from business_date", DAYS[:3]),
    ("check_out end_date departures_on to", DAYS[3:]),
    ("starts_at", [f"{DAYS[1]}T15:00"]),
    ("ends_at", [f"{DAYS[4]}T11:00"]),
    ("feature", ["view"]),
    ("template_name", ["welcome"]),
    ("timezone", ["UTC"]),
    ("email guest_email", ["ada@example.org"]),
)
"""Names in paths, queries and bodies, and what of that is there: made up, hardly any would be, and most answers 404."""

CONFIG = """
continue-on-failure = true
request-timeout = 60
warnings = false
workers = 1
[cache]
enabled = false
[headers]
Authorization = "Bearer ${KEYRACK_FUZZ_TOKEN}"
Origin = "${KEYRACK_FUZZ_ORIGIN}"
# What the hotel finds wrong with a form that is right (dates in the past, an unknown type) is 422 or 428 as well.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422", "428"]
# An If-Match that is no version of ours is another version, whatever else is wrong.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428"]
"""

# Another hotel is absent, whatever else is sent (that is F7); a stream of events would keep the line for minutes.
PINNED = ('"path.hotel_slug" = "grand"', '"header.if-match" = "*"', '"query.for_s" = 0')

UNCOUNTED = """
CREATE FUNCTION uncounted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.hits := 1; RETURN NEW; END';
CREATE TRIGGER uncounted BEFORE UPDATE ON rate_count FOR EACH ROW EXECUTE FUNCTION uncounted();
"""


@dataclass(frozen=True)
class Desk:
    """A service that serves one small hotel in the middle of its day, and its owner's token."""

    address: Address
    hotel: SmallHotel
    token: str
    log: Path

    def config(self, examples: int, scenarios: int) -> str:
        """Return what schemathesis is to know: how to judge, how much to send, and what there is in the hotel."""
        dictionaries, parameters = ["[dictionaries]"], ["[parameters]", *PINNED]
        for names, values in THERE:
            known = names.replace(" ", "-")
            dictionaries.append(f"{known} = {{ values = {json.dumps(values)} }}")
            for name, (place, often) in product(
                names.split(), (("path", 0.9), ("query", 0.5), ("body", 0.8), ("header", 0.8))
            ):
                parameters.append(f'"{place}.{name}" = {{ dictionary = "{known}", probability = {often} }}')
        much = (("fuzzing", examples), ("stateful", scenarios))
        phases = [f"[phases.{phase}.generation]\nmax-examples = {number}" for phase, number in much]
        return "\n".join([CONFIG, *phases, *dictionaries, *parameters])


@contextmanager
def desk_of(database: Database, engine: Engine, owner: Engine, folder: Path) -> Iterator[Desk]:
    """Serve a hotel with guests, as its owner, without limits of how often."""
    with owner.begin() as connection:
        connection.execute(text(UNCOUNTED))
    hotel = make_hotel(engine, rooms=len(ROOMS))
    hotel.add_room("S1", "DLX", features=["view"])
    for offset, room in zip(range(4), ROOMS, strict=False):
        hotel.book(offset, offset + 2, room=room)
        unpaid = BookingStatus.PENDING_PAYMENT if offset % 2 else BookingStatus.CONFIRMED
        hotel.book(offset, offset + 3, status=unpaid)
    ahead = int((datetime.combine(DAY, time(12), UTC) - datetime.now(UTC)).total_seconds())
    token = manager(engine, hotel, SECRET, role=Role.OWNER, clock=ShiftedClock(ahead))
    log = folder / "service.log"
    with service_process(database.app_url, SECRET, log, KEYRACK_CLOCK_AHEAD_S=str(ahead)) as address:
        yield Desk(address, hotel, token, log)


def fuzz(desk: Desk, folder: Path, seed: int, *, examples: int, scenarios: int) -> None:
    """Let schemathesis loose, and look at the hotel when it is done.

    Every field at its boundaries (some 65 requests an operation); then so many examples of each operation, and so many
    scenarios of requests that take their names from earlier answers.
    """
    config, document = folder / "schemathesis.toml", folder / "openapi.json"
    document.write_text(httpx.get(f"{desk.address.url}/api/openapi.json", timeout=120).text)
    config.write_text(desk.config(examples, scenarios))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", "--url", desk.address.url]
    told = subprocess.run(
        [*command, str(document), "--seed", str(seed)],
        env=os.environ | {"KEYRACK_FUZZ_TOKEN": desk.token, "KEYRACK_FUZZ_ORIGIN": desk.address.url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-20_000:] + told.stderr[-3_000:]
    lines = [json.loads(line) for line in desk.log.read_text().splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    assert verify_hotel(desk.hotel.engine, desk.hotel.id) == ()


@pytest.mark.faults
def test_the_service_keeps_to_its_document(
    database: Database, app_engine: Engine, owner_engine: Engine, tmp_path: Path, seed: int
) -> None:
    with desk_of(database, app_engine, owner_engine, tmp_path) as desk:
        fuzz(desk, tmp_path, seed, examples=50, scenarios=100)


@pytest.mark.large
def test_fifty_thousand_requests_keep_to_the_document(
    database: Database, app_engine: Engine, owner_engine: Engine, tmp_path: Path, seed: int
) -> None:
    with desk_of(database, app_engine, owner_engine, tmp_path) as desk:
        fuzz(desk, tmp_path, seed, examples=400, scenarios=5_000)

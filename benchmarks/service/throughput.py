"""How many requests one process of the service answers in a second, beside the bare framework in the same run.

Eight clients ask on eight connections, each its next question as soon as the last is answered: for a booking, for the
arrivals of a day, for the free rooms of some nights, and to give bookings other rooms, in one hotel (where they wait
for each other) and in eight. Beside it the least that FastAPI can do: a route that does nothing, and one that reads
one number. The kinds take turns, so that whatever else the machine does falls on all of them. Clients, service and
database share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import itertools
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import psutil
from sqlalchemy import Engine, select

from api.services.actor import Actor
from api.services.hotels import create_hotel
from api.services.imports import Files, import_into
from api.services.transaction import change_hotel
from benchmarks.service.database import throwaway
from benchmarks.service.serving import Address, Line, lines_to, percentile, service_process, signed_in
from models import Booking, hotel_session

DAY: Final = date(2026, 6, 1)
ACTOR: Final = Actor.system("benchmark")
HOTELS, CLIENTS, ROOMS, NIGHTS, OPEN = 8, 8, 100, 30, 40
"""``OPEN`` is the night, long after all others, of the bookings that are given other rooms again and again."""

BARE: Final = ("bare framework", "bare, one number read")
KINDS: Final = (*BARE, "a booking", "arrivals of a day", "free rooms", "assign, one hotel", "assign, 8 hotels")

Asking = Iterator[tuple[str, str, Any]]
"""Requests without end: method, path, body."""


@dataclass(slots=True)
class Measured:
    """Of one kind, by round: requests a second and CPU ms a request; and the milliseconds of every request."""

    rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./run bench throughput", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="of each kind in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    secret = secrets.token_urlsafe(48)
    with throwaway(durable=True) as engine, tempfile.TemporaryDirectory() as folder:
        hotels = [make(engine, f"h{number}", Random(options.seed + number)) for number in range(HOTELS)]
        bookings = [ids for _, ids in hotels]
        token = signed_in(engine, secret, [hotel for hotel, _ in hotels])
        url, log = engine.url.render_as_string(hide_password=False), Path(folder) / "log"
        with (
            service_process(url, secret, log, KEYRACK_LOG_LEVEL="ERROR") as service,
            service_process(url, secret, log, app="benchmarks.service.bare:app") as bare,
        ):
            run = measure(service, bare, token, bookings, options.seconds, options.rounds, options.seed)
            found = asyncio.run(run)
    print("\n".join(report(found, options.rounds, options.seconds)))
    return 0


async def measure(
    service: Address,
    bare: Address,
    token: str,
    bookings: Sequence[Sequence[str]],
    seconds: float,
    rounds: int,
    seed: int,
) -> dict[str, Measured]:
    """Let all kinds take turns; a first round is not counted."""
    found = {kind: Measured() for kind in KINDS}
    askings = {
        kind: [asking(kind, client, bookings, Random(seed + client)) for client in range(CLIENTS)] for kind in KINDS
    }
    async with lines_to(service, token, CLIENTS) as lines, lines_to(bare, token, CLIENTS) as bare_lines:
        for number in range(1 + rounds):
            for kind, measured in found.items():
                address, among = (bare, bare_lines) if kind in BARE else (service, lines)
                process = psutil.Process(address.pids[0])
                used, begun = sum(process.cpu_times()[:2]), time.perf_counter()
                took = await _for(among, askings[kind], begun + (seconds if number else min(seconds, 1.0)))
                passed = time.perf_counter() - begun
                if number:
                    measured.rate.append(len(took) / passed)
                    measured.cpu.append(1000 * (sum(process.cpu_times()[:2]) - used) / len(took))
                    measured.took += took
    return found


async def _for(lines: Sequence[Line], askings: Sequence[Asking], until: float) -> list[float]:
    """Ask on every line until then; return the milliseconds of every request."""
    took: list[float] = []

    async def one(line: Line, requests: Asking) -> None:
        while time.perf_counter() < until:
            method, path, body = next(requests)
            answer = await line.send(method, path, body)
            if answer.status != 200:
                raise RuntimeError(f"{method} {path}: {answer}")
            took.append(1000 * answer.seconds)

    await asyncio.gather(*(one(line, requests) for line, requests in zip(lines, askings, strict=True)))
    return took


def asking(kind: str, client: int, bookings: Sequence[Sequence[str]], rng: Random) -> Asking:
    """Return the requests of one client; the last bookings of each hotel are those without a room, one a client."""
    if kind in BARE:
        path = "/bare/" if kind == BARE[0] else "/bare/one/"
        yield from itertools.repeat(("GET", path, None))
    if kind.startswith("assign"):
        hotel = 0 if "one" in kind else client
        path = f"/api/staff/hotels/h{hotel}/bookings/{bookings[hotel][client - CLIENTS]}/assign-room/"
        for room in itertools.cycle((2 * client, 2 * client + 1)):
            yield "POST", path, {"room_number": str(100 + room)}
    while True:
        hotel = rng.randrange(HOTELS)
        begin = DAY + timedelta(rng.randrange(NIGHTS - 7))
        base = f"/api/staff/hotels/h{hotel}"
        paths = {
            "a booking": f"bookings/{rng.choice(bookings[hotel])}/",
            "arrivals of a day": f"bookings/?arrivals_on={begin}",
            "free rooms": f"rooms/availability/?check_in={begin}&check_out={begin + timedelta(rng.randint(1, 7))}",
        }
        yield "GET", f"{base}/{paths[kind]}", None


def make(engine: Engine, slug: str, rng: Random) -> tuple[int, list[str]]:
    """Return a hotel, nine tenths full, and its bookings; the last few, later on, have no room yet."""
    hotel = create_hotel(engine, slug, name=slug, timezone="UTC", business_date=DAY, actor=ACTOR)
    stays: list[tuple[int, int, str]] = []
    for room in range(ROOMS):
        at = 0
        while at < NIGHTS:
            end = at + rng.randint(1, 5)
            stays.append((at, end, str(100 + room)))
            at = end + (rng.random() < 0.3)
    named = [(f"R{number}", *stay) for number, stay in enumerate(stays)]
    named += [(f"OPEN{client}", OPEN, OPEN + 2, "") for client in range(CLIENTS)]
    files = Files(
        types=_csv(("code", "rank"), [("STD", 0)]),
        rooms=_csv(("number", "type", "floor", "sleeps"), [(100 + room, "STD", 1, 2) for room in range(ROOMS)]),
        bookings=_csv(
            ("reference", "type", "check_in", "check_out", "adults", "last_name", "room"),
            [(name, "STD", DAY + timedelta(a), DAY + timedelta(b), 2, "Guest", room) for name, a, b, room in named],
        ),
    )
    change_hotel(engine, hotel, lambda s, h: import_into(s, h, files, actor=ACTOR))
    with hotel_session(engine, hotel) as session:
        return hotel, list(session.scalars(select(Booking.booking_id).order_by(Booking.id)))


def report(found: Mapping[str, Measured], rounds: int, seconds: float) -> list[str]:
    """Return the lines of the report."""
    whole = statistics.median(found[BARE[0]].rate)
    lines = [
        f"one process, {CLIENTS} clients, {HOTELS} hotels of {ROOMS} rooms, durable commits; medians of {rounds} rounds"
        f" of {seconds:g} s",
        f"{'':<24}{'requests/s':>12}{'of bare':>10}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms':>10}",
    ]
    for kind, measured in found.items():
        rate = statistics.median(measured.rate)
        lines.append(
            f"{kind:<24}{rate:>12,.0f}{rate / whole:>10.2f}{percentile(measured.took, 0.5):>10.1f}"
            f"{percentile(measured.took, 0.99):>10.1f}{statistics.median(measured.cpu):>10.2f}"
        )
    return lines


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()

"""How fast the front desk is answered in a large hotel beside 2,000 others with 10 million bookings in one database.

Availability, the list of bookings with a search, and suggestions: their time in the database (all statements of a
request) and over HTTP (from the request to its last byte), and whether any statement reads a hotel's table from end to
end.
"""

from __future__ import annotations

import argparse
import http.client
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import psutil
from sqlalchemy import Engine, event, select, text

from api.services.actor import Actor
from api.services.availability import room_availability
from api.services.booking_query import BookingQuery
from api.services.bookings import list_bookings
from api.services.suggest import suggest_rooms
from api.services.transaction import read_hotel
from benchmarks.service.scale_data import BIG, BUSINESS_DATE, Scale, load
from benchmarks.service.serving import Address, percentile, service_process, signed_in
from models import Booking, hotel_session, make_engine
from models.embedded import halt, start
from models.embedded.provision import provision

DATABASE: Final = "keyrack_scale"
TENANT_SCAN: Final = re.compile(r"Seq Scan on (booking|guest|occupancy|room|allocation_run|audit_entry)\b")

WARM: Final = 5
"""Questions of each kind that are not counted."""

WITHIN_MS: Final[Mapping[str, tuple[float | None, float | None]]] = {
    "availability": (15.0, 30.0),
    "bookings": (None, 50.0),
    "search": (None, 50.0),
    "suggest": (None, 50.0),
}
"""Targets at the 99th percentile: in the database, over HTTP."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request: as a service is called, and as it is asked over HTTP."""

    ask: Callable[[Any, Any], object]
    path: str


@dataclass(slots=True)
class Measured:
    """What came of the questions of one kind; milliseconds.

    Attributes
    ----------
    service_cpu, database_cpu
        CPU time of one request over HTTP, on average: what is left of a measurement beside other work.
    """

    database: list[float] = field(default_factory=list)
    http: list[float] = field(default_factory=list)
    service_cpu: float = 0.0
    database_cpu: float = 0.0


def questions(kind: str, bookings: Sequence[tuple[str, str]], rng: Random) -> Question:
    """Draw a question; ``bookings`` are (booking id, last name) to ask for."""
    begin = BUSINESS_DATE + timedelta(days=rng.randrange(60))
    end = begin + timedelta(days=rng.randint(1, 7))
    booking, name = rng.choice(bookings)
    hotel = f"/api/staff/hotels/h{BIG}"
    actor = Actor.staff(1)
    if kind == "availability":
        path = f"{hotel}/rooms/availability/?check_in={begin}&check_out={end}"
        return Question(lambda s, h: room_availability(s, h, check_in=begin, check_out=end), path)
    if kind == "suggest":
        return Question(lambda s, h: suggest_rooms(s, h, booking), f"{hotel}/bookings/{booking}/suggest-rooms/")
    part = rng.choice([name, name[1:6].upper(), booking[-5:]]) if kind == "search" else ""
    query = BookingQuery(search=part, arrivals_on=None if part else begin)
    path = f"{hotel}/bookings/?search={part}" if part else f"{hotel}/bookings/?arrivals_on={begin}"
    return Question(lambda s, h: list_bookings(s, h, actor, query), path)


def measure(
    engine: Engine, ask: Callable[[str], float], requests: int, rng: Random, cpu: Callable[[], tuple[float, float]]
) -> dict[str, Measured]:
    """Ask so many questions of each kind, both ways; the first few of each are not counted.

    Parameters
    ----------
    ask
        Gets a path over HTTP and returns the seconds it took.
    cpu
        Tells the seconds of CPU that the service and its database have used.
    """
    with hotel_session(engine, BIG) as session:
        rows = session.execute(
            text(
                "SELECT b.booking_id, g.last_name FROM booking b JOIN guest g ON g.hotel_id = b.hotel_id"
                " AND g.id = b.guest_id WHERE b.hotel_id = :hotel AND b.status = 'CONFIRMED' ORDER BY b.id LIMIT 2000"
            ),
            {"hotel": BIG},
        ).all()
    bookings = [(row.booking_id, row.last_name) for row in rows]
    spent = [0.0]
    begun = [0.0]

    def before(*_: object) -> None:
        begun[0] = time.perf_counter()

    def after(*_: object) -> None:
        spent[0] += time.perf_counter() - begun[0]

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    found = {}
    for kind in WITHIN_MS:
        measured = Measured()
        asking = [questions(kind, bookings, rng) for _ in range(requests + WARM)]
        for number, question in enumerate(asking):
            spent[0] = 0.0
            read_hotel(engine, BIG, question.ask)
            if number >= WARM:
                measured.database.append(1000 * spent[0])
        used = cpu()
        for number, question in enumerate(asking):
            if number == WARM:
                used = cpu()
            seconds = ask(question.path)
            if number >= WARM:
                measured.http.append(1000 * seconds)
        measured.service_cpu, measured.database_cpu = (
            1000 * (now - then) / requests for now, then in zip(cpu(), used, strict=True)
        )
        found[kind] = measured
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)
    return found


def scans(engine: Engine, rng: Random) -> list[str]:
    """Return every plan of a question's statements that reads a hotel's table from end to end."""
    with hotel_session(engine, BIG) as session:
        row = session.execute(select(Booking.booking_id).where(Booking.hotel_id == BIG, Booking.status == "CONFIRMED"))
        booking = row.scalars().first() or ""
    said: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        said.append((statement, parameters))

    found = []
    for kind in WITHIN_MS:
        question = questions(kind, [(booking, "Ada")], rng)
        event.listen(engine, "before_cursor_execute", note)
        read_hotel(engine, BIG, question.ask)
        event.remove(engine, "before_cursor_execute", note)
        with hotel_session(engine, BIG) as session:
            connection = session.connection()
            for statement, parameters in said:
                words = statement.strip()
                if not words.upper().startswith(("SELECT", "WITH")) or "set_config" in words:
                    continue
                rows = connection.exec_driver_sql(f"EXPLAIN {words}", parameters).scalars()
                found += [f"{kind}: {line.strip()}" for line in rows if TENANT_SCAN.search(line)]
        said.clear()
    return found


def cpu_of(service: int) -> Callable[[], tuple[float, float]]:
    """Return what tells the CPU seconds of a service and of the backends that work on the benchmark's database."""

    def seconds(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    def used() -> tuple[float, float]:
        backends = (
            each for each in psutil.process_iter(["cmdline"]) if DATABASE in " ".join(each.info["cmdline"] or ())
        )
        return seconds(psutil.Process(service)), sum(seconds(each) for each in backends if each.name() == "postgres")

    return used


def getting(address: Address, token: str) -> Callable[[str], float]:
    """Return what gets a path on one connection that is kept, by a client that costs next to nothing itself."""
    line = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)

    def get(path: str) -> float:
        begun = time.perf_counter()
        line.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = line.getresponse()
        told = answer.read()
        seconds = time.perf_counter() - begun
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {told.decode()}")
        return seconds

    return get


def loop_ms() -> float:
    """Time a fixed loop: the cores of a shared machine may be three times as fast an hour later."""
    begun = time.perf_counter()
    for _ in range(3_000_000):
        pass
    return 1000 * (time.perf_counter() - begun)


def report(
    found: Mapping[str, Measured], scanned: Sequence[str], scale: Scale, loops: tuple[float, float]
) -> list[str]:
    """Return the lines of the report; those that miss a target end in MISSED."""
    lines = [
        f"{scale.hotels:,} hotels, {scale.bookings:,} bookings; asked: {scale.big_rooms} rooms,"
        f" {scale.big_bookings:,} bookings; a fixed loop took {loops[0]:.0f} ms before, {loops[1]:.0f} ms after",
        "request        database p50    p99     HTTP p50    p99   (ms)   CPU service  database   (ms a request)",
    ]
    for kind, measured in found.items():
        inside, outside = percentile(measured.database, 0.99), percentile(measured.http, 0.99)
        limits = WITHIN_MS[kind]
        missed = [v for v, limit in ((inside, limits[0]), (outside, limits[1])) if limit is not None and v > limit]
        lines.append(
            f"{kind:<14} {percentile(measured.database, 0.5):>12.1f} {inside:>6.1f}"
            f" {percentile(measured.http, 0.5):>12.1f} {outside:>6.1f} {measured.service_cpu:>18.1f}"
            f" {measured.database_cpu:>9.1f}{'   MISSED' if missed else ''}"
        )
    lines.append(f"tables of a hotel read from end to end: {len(scanned)}{'   MISSED' if scanned else ''}")
    return [*lines, *scanned]


def main(arguments: list[str]) -> int:
    """Load, ask, and print what was measured; exit 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="./run bench scale", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hotels", type=int, default=2_000)
    parser.add_argument("--bookings", type=int, default=10_000_000, help="in all hotels together")
    parser.add_argument("--big-rooms", type=int, default=500, help="rooms of the hotel that is asked")
    parser.add_argument("--big-bookings", type=int, default=50_000)
    parser.add_argument("--requests", type=int, default=500, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="folder of the database server, kept and used again")
    options = parser.parse_args(arguments)
    scale = Scale(options.hotels, options.bookings, options.big_rooms, options.big_bookings)
    folder = options.data or Path(tempfile.mkdtemp(prefix="keyrack-scale-"))
    secret = secrets.token_urlsafe(48)
    try:
        with start(folder, durable=False) as server:
            known = (folder / "loaded").exists()
            if not known:
                provision(server, DATABASE)
                everything = make_engine(server.superuser_url_of(DATABASE))
                load(everything, scale, print)
                everything.dispose()
                (folder / "loaded").touch()
            url = server.app_url(DATABASE)
            engine = make_engine(url)
            token = signed_in(engine, secret, [] if known else [BIG])
            with service_process(url, secret, folder / "service.log", KEYRACK_LOG_LEVEL="ERROR") as address:
                ask = getting(address, token)
                before = loop_ms()
                found = measure(engine, ask, options.requests, Random(options.seed), cpu_of(*address.pids))
                loops = before, loop_ms()
            scanned = scans(engine, Random(options.seed))
            engine.dispose()
    finally:
        if options.data is None:
            halt(folder)
            shutil.rmtree(folder, ignore_errors=True)
    lines = report(found, scanned, scale, loops)
    print("\n".join(lines))
    return int(any(line.endswith("MISSED") for line in lines))

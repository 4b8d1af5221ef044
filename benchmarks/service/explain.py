"""How long it takes to say why a booking has no room, and why it is here and not there: 300 rooms, 60 nights.

A hotel is filled room by room (about 93 % of its nights, a tenth of the bookings locked, some rooms closed), then more
bookings come than its better types can hold. Asked is what ``GET .../explain/`` asks, from reading the hotel to the
answer: of bookings without a room, and of some that have one, with another room in mind.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Engine, text

from api.services.actor import Actor
from api.services.closures import close_room
from api.services.explain import Explanation, ask_explain, explain
from api.services.hotels import create_hotel
from api.services.imports import Files, import_into
from api.services.transaction import change_hotel, read_hotel
from benchmarks.service.database import throwaway

DAY: Final = date(2026, 6, 1)
ACTOR: Final = Actor.system("benchmark")
TYPES: Final = (("STD", 150), ("SUP", 80), ("DLX", 50), ("STE", 20))
FEATURES: Final = ("quiet", "sea", "balcony", "bath")
LENGTHS: Final = (1, 2, 2, 3, 3, 4, 5, 7)
LOCKED, WISHING, CLOSED = 0.1, 0.4, 12


@dataclass(frozen=True, slots=True)
class Took:
    """One question and what it took, in seconds."""

    found: Explanation
    wall: float
    cpu: float


def main(arguments: list[str]) -> int:
    """Print the times of both sorts of questions; exit 1 if 95 % of either are not answered in two seconds."""
    parser = argparse.ArgumentParser(prog="./run bench explain", description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--waiting", type=int, default=120, help="bookings beyond what the calendar holds")
    parser.add_argument("--questions", type=int, default=60, help="of each sort")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with throwaway() as engine:
        return report(engine, Random(options.seed), options.nights, options.waiting, options.questions)


def report(engine: Engine, rng: Random, nights: int, waiting: int, questions: int) -> int:
    """Make the hotel, ask, and print."""
    hotel, rooms = build(engine, rng, nights, waiting)
    held, without = _bookings(engine, hotel)
    print(f"{len(rooms)} rooms, {nights} nights, {len(held)} bookings in rooms, {len(without)} without")
    ask(engine, hotel, without[0], None)  # what is imported at the first questions is not counted
    ask(engine, hotel, held[0], rooms[0])
    gc.collect()
    gc.freeze()  # as the service does when it starts: what lasts is not looked through again and again
    why_none = [ask(engine, hotel, name, None) for name in rng.sample(without, min(questions, len(without)))]
    why_there = [ask(engine, hotel, name, rng.choice(rooms)) for name in rng.sample(held, min(questions, len(held)))]
    states = Counter(took.found.state for took in why_none)
    print("without a room: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    unplaced = [took.found for took in why_none if took.found.state == "unplaced"]
    minimal = sum(found.minimal for found in unplaced)
    helped = sum(bool(found.ways_out) for found in unplaced)
    print(f"conflicts shown minimal: {minimal} of {len(unplaced)}; with ways out: {helped}")
    slow = False
    for what, times in (("why it has no room", why_none), ("why not there", why_there)):
        for kind, seconds in (("wall", [t.wall for t in times]), ("CPU", [t.cpu for t in times])):
            print(
                f"{what}, seconds of {kind}: median {statistics.median(seconds):.2f},"
                f" 95 % {_share(seconds, 0.95):.2f}, most {max(seconds):.2f}"
            )
        slow = slow or _share([t.cpu for t in times], 0.95) > 2
    return int(slow)


def ask(engine: Engine, hotel: int, booking: str, room: str | None) -> Took:
    """Ask one question."""
    begun, cpu = time.perf_counter(), time.process_time()
    asked = read_hotel(engine, hotel, lambda s, h: ask_explain(s, h, booking, room=room), isolation="REPEATABLE READ")
    found = explain(asked)
    return Took(found, time.perf_counter() - begun, time.process_time() - cpu)


def build(engine: Engine, rng: Random, nights: int, waiting: int) -> tuple[int, list[str]]:
    """Return a hotel and the numbers of its rooms."""
    hotel = create_hotel(engine, "large", name="Large", timezone="UTC", business_date=DAY, actor=ACTOR)
    kinds = [kind for kind, count in TYPES for _ in range(count)]
    numbers = [f"{1 + place // 30}{place % 30:02}" for place in range(len(kinds))]
    rooms = [
        (number, kind, 1 + place // 30, 2, ";".join(f for f in FEATURES if rng.random() < 0.4))
        for place, (number, kind) in enumerate(zip(numbers, kinds, strict=True))
    ]
    stays: list[tuple[str, int, int, str]] = []
    closures: list[tuple[str, int, int]] = []
    for number, kind in zip(numbers, kinds, strict=True):
        at = rng.randint(0, 2)
        while at < nights:
            end = at + rng.choice(LENGTHS)
            if len(closures) < CLOSED and rng.random() < 0.02:
                closures.append((number, at, end))
            else:
                stays.append((kind, at, end, number))
            at = end + rng.choice((0, 0, 0, 0, 0, 0, 1, 1))
    for _ in range(waiting):
        first = rng.randint(2, nights - 8)
        stays.append((rng.choice(("SUP", "DLX", "STE", "STE")), first, first + rng.choice(LENGTHS), ""))
    files = Files(
        types=_csv(("code", "rank"), ((kind, rank) for rank, (kind, _) in enumerate(TYPES))),
        rooms=_csv(("number", "type", "floor", "sleeps", "features"), rooms),
        bookings=_csv(
            ("reference", "type", "check_in", "check_out", "adults", "last_name", "room"),
            (
                (f"R{n}", kind, DAY + timedelta(first), DAY + timedelta(last), 2, "Guest", number)
                for n, (kind, first, last, number) in enumerate(stays)
            ),
        ),
    )
    change_hotel(engine, hotel, lambda s, h: import_into(s, h, files, actor=ACTOR))
    for number, first, last in closures:
        _close(engine, hotel, number, first, last)
    _enrich(engine, hotel, rng)
    return hotel, numbers


def _close(engine: Engine, hotel: int, number: str, first: int, last: int) -> None:
    noon = datetime.combine(DAY, datetime.min.time().replace(hour=12))
    starts_at, ends_at = noon + timedelta(first), noon + timedelta(last)
    change_hotel(
        engine, hotel, lambda s, h: close_room(s, h, number, starts_at=starts_at, ends_at=ends_at, actor=ACTOR)
    )


def _enrich(engine: Engine, hotel: int, rng: Random) -> None:
    """Add locks and wishes, which files have no column for."""

    def write(session: Any, _: Any) -> None:
        names = session.scalars(text("SELECT id FROM booking WHERE hotel_id = :h ORDER BY id"), {"h": hotel}).all()
        for pk in names:
            if rng.random() < WISHING:
                wish = f'[{{"feature": "{rng.choice(FEATURES)}", "weight": {rng.randint(1, 9)}}}]'
                session.execute(
                    text("UPDATE booking SET wishes = CAST(:w AS jsonb) WHERE hotel_id = :h AND id = :i"),
                    {"w": wish, "h": hotel, "i": pk},
                )
            if rng.random() < LOCKED:
                session.execute(
                    text(
                        "UPDATE booking SET locked = true WHERE hotel_id = :h AND id = :i AND EXISTS"
                        " (SELECT FROM occupancy o WHERE o.hotel_id = :h AND o.booking_pk = :i)"
                    ),
                    {"h": hotel, "i": pk},
                )

    change_hotel(engine, hotel, write)


def _bookings(engine: Engine, hotel: int) -> tuple[list[str], list[str]]:
    """Return the bookings to come that have a room, and those that have none."""

    def read(session: Any, _: Any) -> list[tuple[str, bool]]:
        found = session.execute(
            text("""
                SELECT b.booking_id, EXISTS (SELECT FROM occupancy o WHERE o.hotel_id = :h AND o.booking_pk = b.id)
                FROM booking b WHERE b.hotel_id = :h AND b.check_in > :day AND NOT b.locked ORDER BY b.id"""),
            {"h": hotel, "day": DAY},
        )
        return [tuple(row) for row in found]

    rows = read_hotel(engine, hotel, read)
    return [name for name, placed in rows if placed], [name for name, placed in rows if not placed]


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def _share(numbers: Sequence[float], share: float) -> float:
    """Return the value below which such a share of the numbers lies."""
    return sorted(numbers)[min(len(numbers) - 1, int(share * len(numbers)))]

"""Weights tried on past months: a real hotel's nights played again under each, and what guests would have lived.

Each way of weighing has the hotel to itself, from an empty plan on; on each date it knows what had been booked by then,
and its night is planned and applied by the function that runs in production. Counted is what came of it, not what was
planned: bookings that changed rooms after they had been promised one, short gaps between stays in a room as they took
place, and nights spent above the type that was booked.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from time import process_time
from typing import Any, Final

from sqlalchemy import Engine, text

from api.services.actor import Actor
from api.services.hotels import set_business_date
from api.services.imports.demand import Demand, create_demand_hotel, import_demand
from api.services.nightly import run_night
from api.services.transaction import read_hotel
from benchmarks.service.data import city
from benchmarks.service.database import throwaway

ACTOR: Final = Actor.system("benchmark")
WAYS: Final[dict[str, dict[str, Any]]] = {
    "usual": {},
    "gaps free": {"weights": {"gap": []}},
    "gaps dear": {"weights": {"gap": [120, 50]}},
    "moves free": {"move": {"base": 0, "week": 0, "day": 0}},
    "moves dear": {"move": {"base": 500, "week": 500, "day": 500}},
}
"""Changes of the policy."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What guests and the desk lived through in a season.

    Attributes
    ----------
    nights
        Of stays that arrived in it.
    changed
        Times that a booking was given another room than it had been promised.
    gaps
        Idle runs of one or two nights between two of these stays in a room.
    above
        Nights times ranks above the booked type.
    unplaced
        Bookings that a night left without a room, summed over the nights.
    """

    nights: int
    changed: int
    gaps: int
    above: int
    unplaced: int
    cpu: float


LIVED: Final = text("""
WITH stay AS (
    SELECT o.room_id, o.starts_at::date AS arrival, o.ends_at::date AS departure, r.rank AS given, b.rank AS booked
    FROM occupancy o JOIN booking k ON k.hotel_id = o.hotel_id AND k.id = o.booking_pk
    JOIN room q ON q.hotel_id = o.hotel_id AND q.id = o.room_id
    JOIN room_type r ON r.hotel_id = o.hotel_id AND r.id = q.room_type_id
    JOIN room_type b ON b.hotel_id = o.hotel_id AND b.id = k.room_type_id
    WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.kind = 'STAY'
      AND o.starts_at::date BETWEEN :first AND :last
), following AS (
    SELECT *, lead(arrival) OVER (PARTITION BY room_id ORDER BY arrival) - departure AS idle FROM stay
)
SELECT coalesce(sum(departure - arrival), 0), count(*) FILTER (WHERE idle IN (1, 2)),
       coalesce(sum((departure - arrival) * greatest(0, given - booked)), 0) FROM following
""")


def main(arguments: list[str]) -> int:
    """Print a line for each way of weighing."""
    parser = argparse.ArgumentParser(prog="./run bench backtest", description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=date.fromisoformat, default=date(2016, 6, 1))
    parser.add_argument("--last", type=date.fromisoformat, default=date(2016, 6, 29))
    parser.add_argument("--every", type=int, default=2, help="days from one night that is planned to the next")
    parser.add_argument("--horizon", type=int, default=30, help="nights ahead")
    parser.add_argument("--time-limit", type=float, default=4, help="seconds a solve may take")
    parser.add_argument("--ways", default=",".join(WAYS), help="of weighing, separated by commas")
    options = parser.parse_args(arguments)
    demand = city()
    if demand is None:
        return 0
    unknown = {*options.ways.split(",")} - {*WAYS}
    if unknown:
        parser.error(f"no such way: {', '.join(sorted(unknown))}")
    with throwaway() as engine:
        print(f"{options.first} to {options.last}, a night planned every {options.every} days")
        print(f"{'':<12} {'nights':>7} {'changed':>8} {'gaps':>6} {'above':>6} {'unplaced':>9} {'CPU s':>6}")
        for name in options.ways.split(","):
            lived = season(engine, demand, name, options)
            print(
                f"{name:<12} {lived.nights:>7,} {lived.changed:>8,} {lived.gaps:>6,} {lived.above:>6,}"
                f" {lived.unplaced:>9,} {lived.cpu:>6.0f}",
                flush=True,
            )
    return 0


def season(engine: Engine, demand: Demand, name: str, options: argparse.Namespace) -> Lived:
    """Play the dates under one way of weighing."""
    begun = process_time()
    hotel = create_demand_hotel(engine, name.replace(" ", "-"), demand, actor=ACTOR)
    params = {
        "horizon_nights": options.horizon,
        "time_limit_s": options.time_limit,
        "gap_limit": 0.01,
        **WAYS[name],
    }
    changed = unplaced = 0
    for days in range(0, (options.last - options.first).days + 1, options.every):
        day = options.first + timedelta(days)
        set_business_date(engine, hotel, day, actor=ACTOR)
        import_demand(engine, hotel, demand.known_on(day), actor=ACTOR)
        outcome = run_night(engine, hotel, params=params)
        if outcome.applied is None or outcome.solved.result is None:
            print(f"{day}: not applied: {outcome.run.state} {outcome.run.error or ''}", file=sys.stderr)
            continue
        changed += outcome.applied.moved
        unplaced += len(outcome.solved.result.plan.unplaced)
    values = {"hotel": hotel, "first": options.first, "last": options.last}
    nights, gaps, above = read_hotel(engine, hotel, lambda s, _: s.execute(LIVED, values).one())
    return Lived(nights, changed, gaps, above, unplaced, process_time() - begun)

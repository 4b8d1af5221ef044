"""A real hotel's nights across 2016, on the real database, by the function that runs them in production.

On each business date the hotel knows what had been booked by the end of that day: only that is imported before its
night, so nothing of the future is in the database. Guests who arrived between two dates keep the room that the night
before gave them; those who booked and arrived in between get theirs from the business date on, before anybody else
(their arrival is past, so they cannot wait). Type = reserved, upgrades up the ladder only, sixty nights ahead, no price
on gaps unless asked for.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine

from allocator.check import check
from allocator.serialize import canonical
from api.services.actor import Actor
from api.services.hotels import set_business_date
from api.services.imports.demand import Demand, create_demand_hotel, import_demand
from api.services.nightly import run_night
from api.services.verify import verify_hotel
from benchmarks.service.data import city
from benchmarks.service.database import throwaway

FIRST, LAST = date(2016, 1, 4), date(2016, 12, 26)
ACTOR = Actor.system("benchmark")


@dataclass(frozen=True, slots=True)
class Night:
    """One line of the report; ``seconds`` are of the whole night: read, solve, apply."""

    day: date
    stays: int
    placed: int
    unplaced: int
    moved: int
    score: int
    bound: int
    gap: float
    stopped_by: str
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.day}  {self.stays:>6,} {self.placed:>6,} {self.unplaced:>8,} {self.moved:>6,}"
            f" {self.score:>10,} {self.bound:>10,} {self.gap:>8.3%} {self.seconds:>8.2f}  {self.stopped_by}"
        )


HEADER = "date         stays placed unplaced  moved      score      bound      gap  seconds  stopped by"


def dates(count: int) -> list[date]:
    """Return so many dates across 2016, evenly."""
    step = (LAST - FIRST).days / max(1, count - 1)
    return [FIRST + timedelta(days=round(place * step)) for place in range(count)]


def main(arguments: list[str]) -> int:
    """Run the nights and print a line for each; exit 1 if a stay has no room or a gap is over one per cent."""
    parser = argparse.ArgumentParser(prog="./run bench nightly2016", description=__doc__.splitlines()[0])
    parser.add_argument("--dates", type=int, default=26, help="business dates, evenly across 2016")
    parser.add_argument("--horizon", type=int, default=60, help="nights ahead")
    parser.add_argument("--time-limit", type=float, default=180, help="seconds a solve may take")
    parser.add_argument("--gap-limit", type=float, default=0.01, help="a solve may stop at this proven gap")
    parser.add_argument("--workers", type=int, default=1, help="searches at once in one solve")
    parser.add_argument("--price-gaps", action="store_true", help="with the default prices of one- and two-night gaps")
    parser.add_argument("--problems", type=Path, metavar="FOLDER", help="write the problem of each night there")
    options = parser.parse_args(arguments)
    demand = city()
    if demand is None:
        return 0
    with throwaway(durable=True) as engine:
        return report(engine, demand, options)


def report(engine: Engine, demand: Demand, options: argparse.Namespace) -> int:
    """Play the dates in a new hotel and print what came of them."""
    params: dict[str, object] = {
        "horizon_nights": options.horizon,
        "gap_limit": options.gap_limit,
        "time_limit_s": options.time_limit,
        "workers": options.workers,
    }
    if not options.price_gaps:
        params["weights"] = {"gap": []}
    whole = create_demand_hotel(engine, "city-whole", demand, actor=ACTOR)
    begun = time.monotonic()
    done = import_demand(engine, whole, demand, actor=ACTOR)
    print(f"import of all {done.bookings:,} bookings: {time.monotonic() - begun:.1f} s")
    hotel_id = create_demand_hotel(engine, "city", demand, actor=ACTOR)
    print(HEADER)
    nights = []
    for day in dates(options.dates):
        nights.append(play(engine, hotel_id, demand, day, params, options.problems))
        print(nights[-1], flush=True)
    findings = verify_hotel(engine, hotel_id)
    unplaced, gap = sum(night.unplaced for night in nights), max(night.gap for night in nights)
    seconds = statistics.median(night.seconds for night in nights)
    slowest = max(night.seconds for night in nights)
    print(f"{len(nights)} nights: {unplaced} stays without a room, largest gap {gap:.3%}", end=", ")
    print(f"median {seconds:.2f} s, slowest {slowest:.2f} s; {len(findings)} findings of verify")
    for finding in findings[:20]:
        print(f"  {finding}", file=sys.stderr)
    return 1 if unplaced or gap > 0.01 or findings else 0


def play(
    engine: Engine, hotel_id: int, demand: Demand, day: date, params: dict[str, object], problems: Path | None
) -> Night:
    """Play one business date."""
    set_business_date(engine, hotel_id, day, actor=ACTOR)
    import_demand(engine, hotel_id, demand.known_on(day), actor=ACTOR)
    begun = time.monotonic()
    outcome = run_night(engine, hotel_id, params=params)
    seconds = time.monotonic() - begun
    problem, result, change = outcome.solved.problem, outcome.solved.result, outcome.solved.diff
    if problem is None or result is None or change is None or outcome.applied is None:
        raise RuntimeError(f"{day}: {outcome.run.state} {outcome.run.error or ''} {outcome.stale}")
    assert not check(problem, result.plan)
    if problems is not None:
        problems.mkdir(parents=True, exist_ok=True)
        (problems / f"{day}.json").write_bytes(canonical(problem))
    placed = sum(result.plan.rooms.get(stay.id) is not None for stay in problem.stays)
    return Night(
        day=day,
        stays=len(problem.stays),
        placed=placed,
        unplaced=len(problem.stays) - placed,
        moved=len(change.moved),
        score=result.score.total,
        bound=result.bound,
        gap=result.gap,
        stopped_by=result.stopped_by,
        seconds=seconds,
    )

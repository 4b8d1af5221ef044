"""How long the front desk's questions take the allocator: suggest, fit, what can be sold, and ten bookings at once.

One hotel of 500 rooms and 60 nights, some 92 % sold, planned first; then one question after the other about that plan,
each about another stay. *fit* is asked of new bookings drawn as the hotel's own are; its times are told by what the
answer was. *re-plan* is ten new bookings asked for together in a hotel of 300 rooms: who has to move for them, and how
few could. Nothing of the database is in these times; ``./run bench scale`` has that.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np

from allocator.answers import warm
from allocator.answers.board import Board
from allocator.answers.fit import Answer, DoesNotFit, Fits, Fitting
from allocator.answers.part import Part, reach
from allocator.answers.rack import Rack
from allocator.answers.sellable import sellable
from allocator.answers.suggest import suggest_on
from allocator.check import check
from allocator.cpsat.fewest import fewest
from allocator.params import SolveParams
from allocator.plan import Plan
from allocator.problem import Problem, Stay
from allocator.solve import solve
from benchmarks.core.hotels import hotel
from benchmarks.core.table import header

ROOMS, NIGHTS = 500, 60
REPLAN_ROOMS, NEW = 300, 10
SUGGEST_MS, FIT_MS, REPLAN_MS = 5, 300, 1_000
"""Most, at the 95th percentile (re-plan: at all)."""

SPARE_MOVES = 1.1
"""Moves of a re-plan, at most so many times the least possible."""

EVERYBODY = 10_000_000
PATIENCE = 60.0
"""Pairs of the model that knows the least possible, and effort of CP-SAT for it."""

Times = dict[str, list[float]]
T = TypeVar("T")


def main(arguments: list[str]) -> int:
    """Ask, and print a table; exit 1 if a time asked for is missed."""
    parser = argparse.ArgumentParser(prog="./run bench answers", description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=200, help="of each sort")
    parser.add_argument("--plan-seconds", type=float, default=20, help="to plan each hotel first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="NAME", help="write NAME.txt")
    options = parser.parse_args(arguments)
    warm()
    rng = Random(f"answers {options.seed}")
    problem = hotel(ROOMS, options.seed, NIGHTS)
    plan = planned(problem, options.plan_seconds)
    rows = [f"{ROOMS} rooms, {NIGHTS} nights, {len(problem.stays):,} stays, {len(plan.unplaced)} without a room"]
    rows += ["question                    asked     p50     p95     max   (ms)"]
    missed = False
    for name, times in ask_all(rng, problem, plan, options.questions).items():
        limit = SUGGEST_MS if name == "suggest" else FIT_MS if name.startswith("fit") else np.inf
        late = float(np.percentile(times, 95)) > limit
        missed |= late
        rows.append(told(name, times) + "   MISSED" * late)
        print(rows[-1], flush=True)
    told_replans, late = replans(rng, options)
    rows += ["", *told_replans]
    print("\n".join(told_replans))
    if options.out is not None:
        options.out.with_suffix(".txt").write_text("\n".join([header("answers " + " ".join(arguments)), *rows]) + "\n")
    return int(missed or late)


def planned(problem: Problem, seconds: float) -> Plan:
    """Return the plan in force that the questions are about."""
    return solve(problem, SolveParams(time_limit_s=seconds, workers=2)).plan


def ask_all(rng: Random, problem: Problem, plan: Plan, number: int) -> Times:
    """Ask so many questions of each sort, and return their times in milliseconds."""
    times: Times = defaultdict(list)
    board = Board(problem, plan)
    for stay in rng.sample(problem.stays, number):
        taken, rooms = timed(partial(suggest_on, board, stay.id))
        assert rooms or stay.locked or plan.rooms[stay.id] is None
        times["suggest"].append(taken)
    fitting = Fitting(problem, plan)
    for stay in new_stays(rng, problem, number):
        taken, answer = timed(partial(fitting.fit, [stay]))
        if isinstance(answer, Fits):
            word = "fit: yes, nobody moves" if not answer.moves else "fit: yes, others move"
        else:
            word = "fit: no" if isinstance(answer, DoesNotFit) else "fit: not known"
        times[word].append(taken)
        times["fit"].append(taken)
    for stay in new_stays(rng, problem, number // 4):
        taken, _ = timed(partial(sellable, problem, plan, stay, most=5))
        times["sellable, counted to 5"].append(taken)
    return dict(sorted(times.items(), key=lambda item: ("suggest" not in item[0], item[0])))


def new_stays(rng: Random, problem: Problem, number: int) -> Iterator[Stay]:
    """Draw bookings like those that the hotel has, on other days."""
    for n in range(number):
        like = rng.choice([stay for stay in problem.stays if stay.start >= 0])
        start = rng.randrange(problem.slots - (like.end - like.start))
        end = start + like.end - like.start
        yield replace(like, id=f"N{n}", start=start, end=end, room=None, locked=False)


def replans(rng: Random, options: argparse.Namespace) -> tuple[list[str], bool]:
    """Take ten bookings of a hotel for new ones, and ask for all of them at once, again and again."""
    whole = hotel(REPLAN_ROOMS, options.seed)
    times, lines, worse, unknown = [], [], 0, 0
    for _ in range(max(5, options.questions // 10)):
        free = [stay for stay in whole.stays if not stay.locked and stay.start >= 0]
        new = rng.sample(free, NEW)
        others = tuple(stay for stay in whole.stays if stay not in new)
        problem = replace(whole, stays=others)
        plan = planned(problem, options.plan_seconds / 4)
        taken, answer = timed(partial(replan, problem, plan, new))
        times.append(taken)
        if not isinstance(answer, Fits):
            unknown += 1
            lines.append(f"  {taken:7.1f} ms: {answer}")
            continue
        assert check(replace(problem, stays=(*others, *new)), answer.plan) == ()
        least = answer.at_least if answer.fewest else least_moves(problem, plan, new)
        worse += len(answer.moves) > SPARE_MOVES * least
        lines.append(f"  {taken:7.1f} ms: {len(answer.moves)} move, at least {least} have to")
    late = max(times) > REPLAN_MS or worse > 0 or unknown > 0
    summary = (
        f"{told(f're-plan of {NEW} in {REPLAN_ROOMS} rooms', times)}; {worse} of {len(times)} with more moves than"
        f" {SPARE_MOVES - 1:.0%} above the least proven, {unknown} not placed" + "   MISSED" * late
    )
    return [summary, *lines], late


def replan(problem: Problem, plan: Plan, new: Sequence[Stay]) -> Answer:
    """Ask for all of them at once; the first way found will do."""
    return Fitting(problem, plan).fit(new, prove=False)


def least_moves(problem: Problem, plan: Plan, new: Sequence[Stay]) -> int:
    """Return how few have to move: everybody who might, in one exact model; not timed."""
    rack = Rack(problem, plan, cuts={t for stay in new for t in (stay.start, stay.end)})
    rack.ask(new)
    everybody, rooms = reach(rack, EVERYBODY)
    part = Part(rack, everybody, rooms)
    return fewest(part.arrays, part.rooms, 1, PATIENCE).least


def timed(ask: Callable[[], T]) -> tuple[float, T]:
    """Return how many milliseconds a question took, and its answer."""
    begun = time.perf_counter()
    answer = ask()
    return 1e3 * (time.perf_counter() - begun), answer


def told(name: str, times: Sequence[float]) -> str:
    """Return a line of the table."""
    p50, p95 = np.percentile(times, (50, 95))
    return f"{name:<26}{len(times):>7}{p50:>8.1f}{p95:>8.1f}{max(times):>8.1f}"

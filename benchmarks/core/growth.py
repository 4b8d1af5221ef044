"""How the cost grows with the hotel: the shortest time limit with which Keyrack is within 5 % of the bound.

Keyrack plans its time by its limit, so the limit is raised by the square root of two until the gap is reached,
beginning with the one before that which was enough for the smaller hotel. Told is the time from the start of the
process to the result file at the first limit that was enough. The exponent is the slope of time against rooms, both in
logarithms. With ``--effort`` work is limited instead of time, with one worker, and told is its processor time, which
depends little on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from allocator.serialize import problem_to_json
from benchmarks.core.contest import OURS, Entry, command, enter, run
from benchmarks.core.hotels import hotel
from benchmarks.core.picture import figure, save
from benchmarks.core.table import gap, header

SIZES = (100, 200, 400, 800, 1600)
GAP = 0.05
SHORTEST_S = 1.0
LONGEST_S = 300.0
WAIT_S = 3600.0
"""Time limit where effort is limited."""


def main(arguments: list[str]) -> int:
    """Measure every size, print the table and the exponent; exit 1 if a size did not get there."""
    parser = argparse.ArgumentParser(prog="./run bench growth", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), help="rooms")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1], help="one hotel of each size for each")
    parser.add_argument("--longest", type=float, default=LONGEST_S, metavar="SECONDS", help="limit to give up at")
    parser.add_argument("--effort", action="store_true", help="limit deterministic effort, and tell processor time")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, metavar="NAME", help="write NAME.txt and NAME.svg")
    options = parser.parse_args(arguments)
    rows = ["| rooms | stays | limit | to 5 %, s | CPU s | gap | memory |", "|---|---|---|---|---|---|---|"]
    seconds: dict[int, list[float]] = {}
    shortest = SHORTEST_S
    print("\n".join(rows))
    for size in options.sizes:
        enough = []
        for seed in options.seeds:
            taken, limit, row = measure(size, seed, shortest, options)
            enough.append(limit)
            seconds.setdefault(size, []).append(taken)
            rows.append(row)
            print(row, flush=True)
        shortest = max(SHORTEST_S, min(enough) / math.sqrt(2))
    medians = {size: statistics.median(taken) for size, taken in seconds.items()}
    reached = {size: taken for size, taken in medians.items() if taken < math.inf}
    rows += ["", f"seconds grow as rooms to the power of {exponent(reached):.2f}"]
    print("\n".join(rows[-2:]))
    if options.out is not None:
        told = [header("growth " + " ".join(arguments)), *rows]
        options.out.with_suffix(".txt").write_text("\n".join(told) + "\n")
        draw(seconds, options.out.with_suffix(".svg"), "processor seconds" if options.effort else "seconds")
    return 0 if reached == medians else 1


def measure(size: int, seed: int, limit: float, options: argparse.Namespace) -> tuple[float, float, str]:
    """Raise the limit until it is enough; return the seconds taken (infinity if none was), the limit and a row."""
    problem = hotel(size, seed)
    with tempfile.TemporaryDirectory(prefix="keyrack-growth-") as folder:
        instance = Path(folder) / "hotel.json"
        instance.write_text(json.dumps(problem_to_json(problem)))
        while True:
            entry = _enter(size, instance, limit, options)
            if entry.faults:
                raise ValueError(entry.faults[0])
            reached = 1.0 if entry.score is None else gap(entry.score, entry.bound or 0)
            print(f"{size} rooms, seed {seed}: {reached:.2%} with {limit:.1f} s", file=sys.stderr, flush=True)
            if reached <= GAP or limit >= options.longest:
                break
            limit = min(options.longest, limit * math.sqrt(2))
    taken = (entry.cpu_s if options.effort else entry.seconds) if reached <= GAP else math.inf
    told = f"{taken:.1f}" if taken < math.inf else "not reached"
    row = f"| {size:,} | {len(problem.stays):,} | {limit:.1f} | {told} | {entry.cpu_s:.1f} | {reached:.2%}"
    row += f" | {entry.memory_mb:,} MB |"
    return taken, limit, row


def _enter(size: int, instance: Path, limit: float, options: argparse.Namespace) -> Entry:
    if not options.effort:
        return enter(f"{size} rooms", OURS, instance, limit, options.workers, GAP)

    def line(result: Path) -> list[str]:
        effort = ["--deterministic-limit", str(limit), "--workers", "1", "--time-limit", str(WAIT_S)]
        return [*command(OURS, instance, result, limit, 1, GAP), *effort]

    return run(f"{size} rooms", OURS, instance, WAIT_S, line)


def exponent(seconds: Mapping[int, float]) -> float:
    """Return the slope of a straight line through time against size, both in logarithms; NaN with fewer than two."""
    if len(seconds) < 2:
        return math.nan
    sizes, times = [math.log(size) for size in seconds], [math.log(taken) for taken in seconds.values()]
    return statistics.linear_regression(sizes, times).slope


def draw(seconds: Mapping[int, Iterable[float]], path: Path, unit: str) -> None:
    """Draw time against size, with a line of growth in proportion through the first."""
    points = [(size, taken) for size, all_ in seconds.items() for taken in all_ if taken < math.inf]
    picture, panels = figure(1, 1)
    panel = panels[0]
    sizes = sorted(seconds)
    first = statistics.median(taken for size, taken in points if size == sizes[0])
    panel.plot(sizes, [first * size / sizes[0] for size in sizes], "--", color="#999", lw=1, label="in proportion")
    panel.plot(*zip(*points, strict=True), "o-", color="#1f6f5c", label="Keyrack")
    panel.set(xscale="log", yscale="log", xlabel="rooms", ylabel=f"{unit} to a gap of 5 %")
    panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
    panel.set_xticks([], minor=True)
    low, high = panel.get_ylim()
    ticks = [tick for power in range(-1, 5) for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)]
    panel.set_yticks([tick for tick in ticks if low <= tick <= high])
    panel.set_yticks([], minor=True)
    panel.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    panel.legend(frameon=False)
    save(picture, path)

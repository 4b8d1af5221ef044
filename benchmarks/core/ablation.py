"""What each part of the allocator brings: every part left out in turn, on the same instances, in the same time.

A part is left out from outside, by putting a function that does nothing in its place, in the process that solves: the
allocator knows nothing of it. Each run is a process of its own (``solve_here``, the judge the same as ever). With
``--effort`` work is counted instead of time, by one worker, so that the table does not depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import psutil

from allocator import pipeline
from allocator.bound.flow import FlowBound
from allocator.params import SolveParams
from allocator.problem import Problem
from allocator.result import Progress, SolveResult
from allocator.search.anneal import Annealer
from allocator.search.improve import Improver
from allocator.search.kinds import Solved
from allocator.search.need import Excess
from allocator.search.pairs import PairSearch
from allocator.search.windows import WindowSearch
from allocator.serialize import load_problem, result_to_json
from allocator.solve import solve_here
from benchmarks.core.contest import Entry, run
from benchmarks.core.families import FAMILIES
from benchmarks.core.table import gap, header, line

WHOLE: Final = "everything"
FAMILIES_OF: Final = ("town", "groups", "hostel", "city", "town-free", "city-free", "pas03")
FREE: Final = "-free"
"""Suffix of a family whose gaps are made free, so that the parts for problems without them come into play."""

LONGEST_S: Final = 300
"""Time limit where effort is counted: nothing should come near it."""

Parts = Sequence[tuple[Any, str, Callable[..., Any]]]


def _nothing(*_: object, **__: object) -> None:
    """Do nothing."""


def _no_gain(*_: object) -> int:
    """Anneal nothing, and tell that nothing was gained."""
    time.sleep(0.01)
    return 0


def _no_merge(*_: object, **__: object) -> Solved:
    """Merge nothing."""
    return Solved(0, 0.0, optimal=True, least=0, size=0)


def _as_it_was(_arrays: object, rooms: Any, *_: object) -> Any:
    """Return the plan in force."""
    return rooms


PARTS: Final[dict[str, tuple[str, Parts]]] = {
    WHOLE: ("nothing is left out", ()),
    "prices": (
        "the bound climbs and is told, but no price leads the search or rules a pair out",
        ((Improver, "guide", _nothing), (Excess, "guide", _nothing), (Excess, "guide_by", _nothing)),
    ),
    "guide": ("prices do not choose which rooms are looked at together", ((Improver, "guide", _nothing),)),
    "filtering": (
        "no pair is ruled out by its reduced cost, and windows lie where list prices say",
        ((Excess, "guide", _nothing), (Excess, "guide_by", _nothing)),
    ),
    "pairs": ("no two rooms are planned again exactly", ((PairSearch, "sweep", _nothing),)),
    "windows": ("no CP-SAT on windows", ((WindowSearch, "run", _nothing),)),
    "annealing": ("no annealing of dorms", ((Annealer, "run", _no_gain), (Annealer, "approach", _nothing))),
    "merging": ("plans that annealing ended in are not merged", ((WindowSearch, "merge", _no_merge),)),
    "leading": ("they are merged as they are, not led together first", ((Annealer, "approach", _nothing),)),
    "classes": ("nights without gaps are not shared out by class first", ((pipeline, "by_class", _nothing),)),
    "relaxation": ("no relaxation by room where gaps are free", ((pipeline, "by_relaxation", _as_it_was),)),
    "climb": ("no prices at all: the bound stays where it begins", ((FlowBound, "prove", _nothing),)),
}
"""What each part is, and what stands in for it; a name that the allocator no longer has is an error."""


def main(arguments: list[str]) -> int:
    """Run every family with each part left out, and print a table of gaps; exit 1 if the judge refuses a plan."""
    parser = argparse.ArgumentParser(prog="./run bench ablation", description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="+", choices=FAMILIES_OF, default=list(FAMILIES_OF))
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--seconds", type=int, default=20, help="time limit of each run")
    parser.add_argument("--effort", type=float, help="deterministic limit of each run, about seconds of one core")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, metavar="NAME", help="write NAME.txt")
    options = parser.parse_args(arguments)
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory(prefix="keyrack-ablation-") as folder:
        for name in options.families:
            instance = _instance(name, Path(folder))
            if instance is None:
                return 0
            for part in options.parts:
                entries.append(_enter(name, part, instance, options))
                print(line(entries[-1]), flush=True)
    rows = _table(entries)
    print("\n".join(rows))
    if options.out is not None:
        told = [header("ablation " + " ".join(arguments)), *map(line, entries), "", *rows]
        options.out.with_suffix(".txt").write_text("\n".join(told) + "\n")
    return 1 if any(entry.faults for entry in entries) else 0


def _instance(name: str, folder: Path) -> Path | None:
    path = FAMILIES[name.removesuffix(FREE)].instance(folder)
    if path is not None and name.endswith(FREE):
        problem = json.loads(path.read_text())
        problem["weights"]["gap"] = []
        path = folder / f"{name}.json"
        path.write_text(json.dumps(problem))
    return path


def _enter(family: str, part: str, instance: Path, options: argparse.Namespace) -> Entry:
    limit = options.seconds if options.effort is None else LONGEST_S

    def command(result: Path) -> list[str]:
        module = [sys.executable, "-m", "benchmarks.core.ablation", part, str(instance), str(result)]
        return [*module, str(limit), str(options.workers), *([] if options.effort is None else [str(options.effort)])]

    return run(family, part, instance, limit, command)


def _table(entries: Sequence[Entry]) -> list[str]:
    """Return the gaps by part and family, to the best bound that any run of the family proved."""
    families = list(dict.fromkeys(e.family for e in entries))
    bounds = {f: max((e.bound or 0 for e in entries if e.family == f), default=0) for f in families}
    rows = ["| left out | " + " | ".join(families) + " | what that means |", "|---" * (len(families) + 2) + "|"]
    for part in dict.fromkeys(e.contestant for e in entries):
        cells = []
        for family in families:
            entry = next(e for e in entries if (e.contestant, e.family) == (part, family))
            if entry.score is None:
                cells.append("no plan")
                continue
            told = "" if entry.bound is None else f", proves {gap(entry.score, entry.bound):.2%}"
            out = f", {entry.unplaced} out" if entry.unplaced else ""
            cells.append(f"{gap(entry.score, bounds[family]):.2%}{told}{out}")
        rows.append(f"| {part} | " + " | ".join(cells) + f" | {PARTS[part][0]} |")
    return rows


def solve_without(
    part: str, problem: Problem, params: SolveParams, tell: Callable[[Progress], None] | None = None
) -> SolveResult:
    """Solve a problem with a part left out, in this process."""
    with ExitStack() as stack:
        for owner, name, instead in PARTS[part][1]:
            stack.enter_context(patch.object(owner, name, instead))
        return solve_here(problem, params, progress=tell)


def _one(part: str, instance: str, result: str, seconds: str, workers: str, effort: str | None = None) -> None:
    """Be the process of one entry."""
    begun = psutil.Process().create_time()

    def tell(progress: Progress) -> None:
        told = f"{time.time() - begun:8.1f} s  {progress.phase} score {progress.score}  bound {progress.bound}"
        print(told, file=sys.stderr, flush=True)

    problem = load_problem(instance)
    left = max(0.1, float(seconds) - (time.time() - begun))
    params = SolveParams(time_limit_s=left, workers=int(workers))
    if effort is not None:
        params = SolveParams(time_limit_s=left, workers=1, deterministic_limit=float(effort))
    Path(result).write_text(json.dumps(result_to_json(problem, solve_without(part, problem, params, tell))))


if __name__ == "__main__":
    _one(*sys.argv[1:])

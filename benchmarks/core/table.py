"""What came of a contest, as text: a line for each entry, a table for each family, and what must not be."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.core.contest import OURS, Entry
from benchmarks.core.families import FAMILIES


def header(what: str) -> str:
    """Return what was run, when, of which commit and on which machine, as every committed result begins."""
    root = Path(__file__).parents[2]
    git = ["git", "-C", str(root)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--short", "-uno"], capture_output=True, text=True, check=False)
    now = datetime.now(UTC)
    state = f"commit {commit.stdout.strip() or 'unknown'}" + (" with changes" if changed.stdout.strip() else "")
    load = f"load average {os.getloadavg()[0]:.1f} at its end"
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {load}"
    return f"# ./run bench {what}, {now:%Y-%m-%d}, {state}, {machine}"


def line(entry: Entry) -> str:
    """Return what is told of an entry as soon as it is over."""
    score = "no plan" if entry.score is None else f"{entry.score:,} ({entry.unplaced} unplaced)"
    told = f"{entry.family:<9} {entry.contestant:<16} {entry.limit:>4g} s: {score},"
    told = f"{told} {entry.seconds:.1f} s, {entry.cpu_s:.1f} CPU s, {entry.memory_mb:,} MB"
    return f"{told} {'; '.join(entry.faults)}".rstrip()


def bound_of(entries: Iterable[Entry]) -> int:
    """Return the best bound that was proven of a family."""
    return max((e.bound for e in entries if e.contestant == OURS and e.bound is not None), default=0)


def gap(score: int, bound: int) -> float:
    """Return by how much of itself a score may be too high."""
    return (score - bound) / max(1, score)


def table(entries: Sequence[Entry]) -> Iterable[str]:
    """Return the rows of one family: score and gap by contestant and limit, and how soon Keyrack was as good.

    The last column says when Keyrack (the run with the longest limit) first had a plan at least as good as the
    contestant's best.
    """
    family = FAMILIES[entries[0].family]
    limits = sorted({e.limit for e in entries if e.contestant == OURS} | {e.limit for e in entries})
    bound = bound_of(entries)
    ours = max((e for e in entries if e.contestant == OURS), key=lambda e: e.limit, default=None)
    yield f"| {family.name}: {family.what} | " + " | ".join(f"{limit:g} s" for limit in limits) + " | Keyrack as good |"
    yield "|---" * (len(limits) + 2) + "|"
    for contestant in dict.fromkeys(e.contestant for e in entries):
        cells = []
        best: int | None = None
        for limit in limits:
            mine = [e for e in entries if e.contestant == contestant]
            if contestant == OURS:
                mine = [e for e in mine if e.limit == limit]
            score = None
            if mine:
                score = mine[-1].score if mine[-1].limit == limit else mine[-1].at(limit)
            if score is not None:
                best = score if best is None else min(best, score)
            cells.append("no plan" if score is None else f"{score:,}: {gap(score, bound):.2%}")
        when = None
        if contestant != OURS and ours is not None and best is not None:
            when = min((seconds for seconds, score, _ in ours.trace if score <= best), default=None)
        cells.append("" if when is None else f"{when:.1f} s")
        yield f"| {contestant} | " + " | ".join(cells) + " |"


def failures(entries: Sequence[Entry]) -> Iterable[str]:
    """Return what must not be: a plan of ours refused, or more stays without a room than a peer in no more time."""
    for ours in (e for e in entries if e.contestant == OURS):
        if ours.score is None or ours.faults:
            yield f"{ours.family}: {ours.faults or 'no plan'}"
        peers = [e for e in entries if e.family == ours.family and e.contestant != OURS]
        peers = [e for e in peers if e.limit <= ours.limit or e.seconds <= ours.limit]
        out = [e.unplaced for e in peers if e.unplaced is not None]
        if ours.unplaced is not None and out and ours.unplaced > min(out):
            yield f"{ours.family}: {ours.unplaced} unplaced, a peer has {min(out)}"

"""The allocator and its peers side by side: the same files, one after the other on an otherwise idle machine.

Every contestant runs in a process of its own with the same time, counted from the start of the process, and the same
number of workers; its plan is judged by the shared judge. Keyrack runs once for each limit, since it plans its time;
a peer runs once for the longest, and its plans at the earlier ones are those that it had told by then. A gap is
(score - bound) / max(1, score), with the best bound that Keyrack proved in this run.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.core.contest import OURS, Entry, enter
from benchmarks.core.families import FAMILIES, Family
from benchmarks.core.peers.__main__ import PEERS

QUICK = ("town", "groups", "hostel")
QUICK_S = 10


def main(arguments: list[str]) -> int:
    """Run the contest and print its table; exit 1 if our plan is refused or leaves more stays out than a peer's."""
    parser = argparse.ArgumentParser(prog="./run bench core", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three families, ten seconds each: under three minutes")
    parser.add_argument("--families", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write every entry with its trace there, as JSON")
    options = parser.parse_args(arguments)
    names, peers = options.families, options.peers
    if options.quick:
        names, peers = QUICK, ["first-fit", "best-fit", "cpsat-cliques"]
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory(prefix="keyrack-bench-") as folder:
        for name in names:
            family = FAMILIES[name]
            instance = family.instance(Path(folder))
            if instance is None:
                return 0
            limits = [QUICK_S] if options.quick else list(family.limits)
            for contestant, limit in [(OURS, limit) for limit in limits] + [(peer, limits[-1]) for peer in peers]:
                entries.append(enter(name, contestant, instance, limit, options.workers))
                print(line(entries[-1]), flush=True)
            for text in table(family, [e for e in entries if e.family == name], limits):
                print(text, flush=True)
    if options.out is not None:
        options.out.write_text(json.dumps([entry.plain() for entry in entries], indent=1))
    return 1 if any(list(failures(entries))) else 0


def line(entry: Entry) -> str:
    """Return what is told of an entry as soon as it is over."""
    score = "no plan" if entry.score is None else f"{entry.score:,} ({entry.unplaced} unplaced)"
    told = f"{entry.family:<9} {entry.contestant:<16} {entry.limit:>4} s: {score}, {entry.seconds:.1f} s,"
    return f"{told} {entry.memory_mb:,} MB {'; '.join(entry.faults)}"


def table(family: Family, entries: list[Entry], limits: list[int]) -> Iterable[str]:
    """Return the rows of a family: gap by contestant and limit."""
    bound = max((e.bound for e in entries if e.contestant == OURS and e.bound is not None), default=0)
    yield f"\n| {family.name}: {family.what} | " + " | ".join(f"{limit} s" for limit in limits) + " |"
    yield "|---" * (len(limits) + 1) + "|"
    for contestant in dict.fromkeys(e.contestant for e in entries):
        cells = []
        for limit in limits:
            mine = [e for e in entries if e.contestant == contestant]
            if contestant == OURS:
                mine = [e for e in mine if e.limit == limit]
            last = mine[-1]
            score = last.score if last.limit == limit else last.at(limit)
            cells.append("no plan" if score is None else f"{score:,}: {(score - bound) / max(1, score):.2%}")
        yield f"| {contestant} | " + " | ".join(cells) + " |"
    yield ""


def failures(entries: list[Entry]) -> Iterable[str]:
    """Return what must not be: a plan of ours refused, or more stays without a room than a peer has."""
    for ours in (e for e in entries if e.contestant == OURS):
        if ours.score is None or ours.faults:
            yield f"{ours.family}: {ours.faults or 'no plan'}"
        others = [e.unplaced for e in entries if e.family == ours.family and e.unplaced is not None]
        if ours.unplaced is not None and ours.unplaced > min(others):
            yield f"{ours.family}: {ours.unplaced} unplaced, a peer has {min(others)}"

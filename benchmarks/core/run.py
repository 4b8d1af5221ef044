"""The allocator and its peers side by side: the same files, one after the other on an otherwise idle machine.

Every contestant runs in a process of its own with the same time and the same number of workers; its plan is judged by
the shared judge. ``benchmarks/core/README.md`` says what is counted. Keyrack runs once for each limit, since it plans
its time; a peer runs once for the longest, and its plans at the earlier ones are those that it had told by then. A gap
is (score - bound) / max(1, score), with the best bound that Keyrack proved in this run.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.core.contest import OURS, Entry, enter
from benchmarks.core.families import FAMILIES
from benchmarks.core.peers.__main__ import PEERS
from benchmarks.core.picture import draw
from benchmarks.core.table import failures, header, line, table

QUICK = ("town", "groups", "hostel")
QUICK_S = 10


def main(arguments: list[str]) -> int:
    """Run the contest and print its tables; exit 1 if our plan is refused or leaves more stays out than a peer's."""
    parser = argparse.ArgumentParser(prog="./run bench core", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three families, ten seconds each: under three minutes")
    parser.add_argument("--families", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--most", type=int, metavar="SECONDS", help="leave out longer limits, but for the shortest")
    parser.add_argument("--out", type=Path, metavar="NAME", help="write NAME.txt, NAME.json (traces) and NAME.svg")
    parser.add_argument(
        "--again", type=Path, nargs="+", metavar="JSON", help="run nothing: join what earlier runs wrote"
    )
    options = parser.parse_args(arguments)
    if options.again:
        entries: list[Entry] | None = [Entry.of(one) for path in options.again for one in json.loads(path.read_text())]
    else:
        entries = contest(options)
    if entries is None:
        return 0
    text = "\n".join(tables(entries))
    print(text)
    if options.out is not None:
        if not options.again:  # whose text says when and where they were run
            told = [header("core " + " ".join(arguments)), *map(line, entries), "", text]
            options.out.with_suffix(".txt").write_text("\n".join(told) + "\n")
        plain = ",\n".join(json.dumps(entry.plain()) for entry in entries)
        options.out.with_suffix(".json").write_text(f"[\n{plain}\n]\n")
        draw(entries, options.out.with_suffix(".svg"))
    wrong = list(failures(entries))
    for fault in wrong:
        print(fault, file=sys.stderr)
    return 1 if wrong else 0


def contest(options: argparse.Namespace) -> list[Entry] | None:
    """Run all, telling each entry as it ends; None if the shared data is absent."""
    names, peers = options.families, options.peers
    if options.quick:
        names, peers = QUICK, ["first-fit", "best-fit", "cpsat-cliques", "timefold"]
    peers = [peer for peer in peers if not skipped(peer)]
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory(prefix="keyrack-bench-") as folder:
        for name in names:
            family = FAMILIES[name]
            instance = family.instance(Path(folder))
            if instance is None:
                return None
            limits = [QUICK_S] if options.quick else list(family.limits)
            if options.most:
                limits = [limit for limit in limits if limit <= options.most] or limits[:1]
            for contestant, limit in [(OURS, limit) for limit in limits] + [(peer, limits[-1]) for peer in peers]:
                entries.append(enter(name, contestant, instance, limit, options.workers))
                print(line(entries[-1]), flush=True)
    return entries


def skipped(peer: str) -> bool:
    """Tell whether a peer cannot run here, and say why."""
    if peer != "timefold":
        return False
    from benchmarks.core.peers.timefold.environment import missing

    reason = missing()
    if reason is not None:
        print(f"timefold: skipped, {reason}", file=sys.stderr)
    return reason is not None


def tables(entries: Sequence[Entry]) -> list[str]:
    """Return the tables of all families."""
    told: list[str] = []
    for family in dict.fromkeys(e.family for e in entries):
        told += [*table([e for e in entries if e.family == family]), ""]
    return told

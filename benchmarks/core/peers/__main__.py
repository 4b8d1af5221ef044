"""``python -m benchmarks.core.peers NAME INSTANCE RESULT SECONDS``: one peer on one problem, in its own process."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path

import psutil

from allocator.arrays import build
from allocator.serialize import load_problem
from benchmarks.core.peers.offers import Offers

PEERS = {
    "first-fit": ("simple", "first_fit"),
    "best-fit": ("simple", "best_fit"),
    "cpsat-nooverlap": ("exact", "no_overlap"),
    "cpsat-cliques": ("exact", "cliques"),
    "highs": ("exact", "highs"),
    "timefold": ("timefold.peer", "solve"),
}

UNCOUNTED = "s of warm-up are not counted"
"""What is told when a peer that has to warm up is warm."""


def main(name: str, instance: str, result: str, seconds: str, workers: str = "2") -> int:
    """Run a peer; exit 1 if it has no plan."""
    module, function = PEERS[name]
    peer = import_module(f"benchmarks.core.peers.{module}")
    uncounted = 0.0
    if hasattr(peer, "warm_up"):
        peer.warm_up(int(workers))
        uncounted = time.time() - psutil.Process().create_time()
        print(f"{uncounted:8.1f} {UNCOUNTED}", file=sys.stderr, flush=True)
    problem = load_problem(instance)
    offers = Offers(problem, float(seconds), int(workers), uncounted)
    getattr(peer, function)(build(problem), offers)
    return 0 if offers.write(Path(result)) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

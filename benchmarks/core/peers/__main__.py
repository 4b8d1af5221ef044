"""``python -m benchmarks.core.peers NAME INSTANCE RESULT SECONDS``: one peer on one problem, in its own process."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from allocator.arrays import build
from allocator.serialize import load_problem
from benchmarks.core.peers.offers import Offers

PEERS = {
    "first-fit": ("simple", "first_fit"),
    "best-fit": ("simple", "best_fit"),
    "cpsat-nooverlap": ("exact", "no_overlap"),
    "cpsat-cliques": ("exact", "cliques"),
    "highs": ("exact", "highs"),
}


def main(name: str, instance: str, result: str, seconds: str, workers: str = "2") -> int:
    """Run a peer; exit 1 if it has no plan."""
    problem = load_problem(instance)
    offers = Offers(problem, float(seconds), int(workers))
    module, function = PEERS[name]
    getattr(import_module(f"benchmarks.core.peers.{module}"), function)(build(problem), offers)
    return 0 if offers.write(Path(result)) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

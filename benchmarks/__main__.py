"""``./run bench NAME``: runs one benchmark by name; without a name it says which there are."""

from __future__ import annotations

import sys
from importlib import import_module

BENCHMARKS = {
    "core": ("benchmarks.core.run", "the allocator beside its peers: gap by family, contestant and time"),
    "growth": ("benchmarks.core.growth", "how the allocator's time to a gap of 5 % grows from 100 to 1,600 rooms"),
    "ablation": ("benchmarks.core.ablation", "what each part of the allocator brings: every part left out in turn"),
    "answers": ("benchmarks.core.answers", "how long suggest, fit, and a re-plan of ten new bookings take: 500 rooms"),
    "replay": ("benchmarks.service.replay", "a real hotel's bookings in true order: who is refused, by rule"),
    "fit": ("benchmarks.service.fit_replay", "the stays that rule refuses: which fit if others move, and how many"),
    "explain": (
        "benchmarks.service.explain",
        "why a booking has no room, and why not another one: 300 rooms, 60 nights",
    ),
    "nightly2016": ("benchmarks.service.nightly_2016", "a real hotel's nights across 2016 on the real database"),
    "backtest": (
        "benchmarks.service.backtest",
        "weights tried on a real hotel's past months: moves, gaps, upgrades lived",
    ),
    "scale": ("benchmarks.service.scale", "the front desk's requests beside 2,000 hotels with 10 million bookings"),
    "throughput": ("benchmarks.service.throughput", "requests a second of one process, beside the bare framework"),
    "web": ("benchmarks.web.run", "the tape chart in a browser: first render and scrolling"),
}


def main(arguments: list[str]) -> int:
    """Run the benchmark that the first argument names, with the rest."""
    if not arguments or arguments[0] not in BENCHMARKS:
        print("usage: ./run bench NAME [ARGUMENTS]; each says more with --help")
        for name, (_, what) in BENCHMARKS.items():
            print(f"  {name:<14} {what}")
        return 0 if not arguments or arguments[0] in ("-h", "--help") else 2
    module, _ = BENCHMARKS[arguments[0]]
    result: int = import_module(module).main(arguments[1:])
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

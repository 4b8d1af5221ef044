"""What is told of a contest: times, gaps, growth, and parts that can be left out."""

from __future__ import annotations

import json
import math

import pytest

from allocator.check import check
from allocator.params import SolveParams
from benchmarks.core.ablation import PARTS, solve_without
from benchmarks.core.contest import OURS, Entry, _trace
from benchmarks.core.growth import exponent
from benchmarks.core.hotels import hotel
from benchmarks.core.peers.__main__ import UNCOUNTED
from benchmarks.core.picture import COLOURS
from benchmarks.core.table import failures, table


def entry(contestant: str, limit: int, score: int | None, **others: object) -> Entry:
    plain = {"family": "town", "contestant": contestant, "limit": limit, "score": score, "unplaced": 0, "bound": None}
    return Entry.of(plain | {"seconds": 1.0, "cpu_s": 1.0, "memory_mb": 1, "trace": [], "faults": []} | others)


def test_time_begins_when_a_peer_is_warm_and_repetitions_are_left_out() -> None:
    told = [
        (6.0, f"     6.0 {UNCOUNTED}\n"),
        (7.5, "     1.4 s  score 20\n"),
        (8.0, "     1.9 s  search  score 20  bound 3  gap 85.00%\n"),
        (9.0, "     2.9 s  search  score 20  bound 3  gap 85.00%\n"),
        (9.5, "     3.4 s  search  score -  bound 3\n"),
    ]
    assert _trace(told) == (6.0, ((1.5, 20, None), (2.0, 20, 3)))


def test_the_table_has_the_gap_to_our_bound_and_when_we_were_as_good() -> None:
    ours = entry(OURS, 60, 100, bound=90, trace=[(0.5, 300, 0), (2.0, 150, 80), (50.0, 100, 90)])
    quick = entry(OURS, 10, 120, bound=80)
    peer = entry("best-fit", 60, 200, trace=[(0.2, 400, None), (30.0, 200, None)])
    rows = list(table([quick, ours, peer]))
    assert rows[2:] == [
        "| keyrack | 120: 25.00% | 100: 10.00% |  |",
        "| best-fit | 400: 77.50% | 200: 55.00% | 2.0 s |",
    ]


def test_more_stays_out_than_a_peer_is_a_failure() -> None:
    ours, peer = entry(OURS, 10, 5, unplaced=2), entry("best-fit", 10, 9, unplaced=1)
    assert list(failures([ours, peer])) == ["town: 2 unplaced, a peer has 1"]
    assert list(failures([peer, entry(OURS, 10, 5, unplaced=1)])) == []
    later = entry("timefold", 60, 9, unplaced=1, seconds=60.0)
    assert list(failures([ours, later, entry(OURS, 60, 4)])) == []
    assert list(failures([ours, entry("first-fit", 60, 9, unplaced=1)])) != []  # it needed but a second


def test_every_contestant_has_a_colour_of_its_own() -> None:
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_an_entry_survives_its_file() -> None:
    ours = entry(OURS, 60, 100, bound=90, trace=[(0.5, 300, None)])
    assert Entry.of(json.loads(json.dumps(ours.plain()))) == ours


def test_the_exponent_is_that_of_a_power() -> None:
    assert exponent({n: 0.3 * n**1.5 for n in (100, 200, 800)}) == pytest.approx(1.5)
    assert math.isnan(exponent({100: 1.0}))


def test_hotels_of_a_size_are_alike_and_nearly_sold_out() -> None:
    for seed in range(5):
        problem = hotel(50, seed)
        assert len(problem.rooms) == 50
        sold = sum(min(s.end, 30) - max(s.start, 0) for s in problem.stays)
        assert 0.85 < sold / (50 * 30) < 1


def test_the_parts_are_still_there() -> None:
    for _, swaps in PARTS.values():
        for owner, name, _ in swaps:
            assert callable(getattr(owner, name))


@pytest.mark.faults  # not for a fault: ten solves
@pytest.mark.parametrize("part", PARTS)
def test_without_a_part_there_is_still_an_allowed_plan(part: str) -> None:
    problem = hotel(16, 1)
    result = solve_without(part, problem, SolveParams(time_limit_s=0.7, workers=2))
    assert check(problem, result.plan) == ()

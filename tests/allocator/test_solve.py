"""The door: whatever becomes of the child, the best checked plan comes out and says how it came."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from allocator.arrays import build, plan_of
from allocator.check import check
from allocator.errors import InvalidProblem
from allocator.params import SolveParams
from allocator.problem import Policy, Problem, Room, RoomType, Stay
from allocator.result import Progress, SolveResult
from allocator.score import score
from allocator.search.greedy import greedy
from allocator.solve import solve, solve_here


def hotel(stays: int = 40, rooms: int = 9, seed: int = 7) -> Problem:
    """Return a problem whose greedy plan is not the best, and too large to be one window."""
    rng = Random(seed)
    starts = [rng.randint(0, 12) for _ in range(stays)]
    return Problem(
        name="door",
        slots=20,
        room_types=(RoomType("A"),),
        rooms=tuple(Room(str(r), "A") for r in range(rooms)),
        stays=tuple(
            Stay(
                f"s{i}",
                start,
                start + (nights := rng.randint(1, 5)),
                nights,
                "A",
                1000,
                room_costs={str(r): rng.randint(1, 30) for r in range(rooms)},
                room=str(rng.randrange(rooms)) if i % 4 == 0 else None,
                move_penalty=5,
            )
            for i, start in enumerate(starts)
        ),
    )


def sound(problem: Problem, result: SolveResult) -> bool:
    """Tell whether a result is valid and no worse than the greedy plan."""
    least = score(problem, plan_of(problem, greedy(build(problem)))).total
    return (
        not check(problem, result.plan)
        and result.score == score(problem, result.plan)
        and result.bound <= result.score.total <= least
    )


@pytest.mark.parametrize(
    ("poison", "stopped"),
    [
        ("crash", "crash"),
        ("bug", "crash"),
        ("lie", "crash"),
        ("noise", "crash"),
        ("hang", "time"),
        ("memory", "memory"),
    ],
)
def test_child_goes_wrong(poison: str, stopped: str) -> None:
    problem = hotel()
    limit = 3 if poison == "hang" else 30
    result = solve(problem, SolveParams(time_limit_s=limit, memory_limit_mb=2048), poison=poison)
    assert result.stopped_by == stopped
    assert result.notes
    assert sound(problem, result)


def test_child_solves() -> None:
    problem = hotel()
    seen: list[Progress] = []
    result = solve(problem, SolveParams(time_limit_s=60, deterministic_limit=1.0), progress=seen.append)
    assert sound(problem, result)
    assert result.score.total < score(problem, plan_of(problem, greedy(build(problem)))).total
    assert seen[-1].score == result.score.total


def test_cancelled_at_once() -> None:
    problem = hotel()
    result = solve(problem, SolveParams(time_limit_s=600), cancelled=lambda: True)
    assert result.stopped_by == "signal"
    assert sound(problem, result)


def test_never_worse_than_the_plan_it_is_given() -> None:
    problem = hotel()
    good = solve(problem, SolveParams(time_limit_s=60, deterministic_limit=1.0))
    first = score(problem, plan_of(problem, greedy(build(problem))))
    assert good.score.total < first.total
    again = solve(problem, SolveParams(time_limit_s=600), incumbent=good.plan, cancelled=lambda: True)
    assert again.score.total <= good.score.total


def test_deterministic_repeats() -> None:
    problem = hotel(60, 12)
    params = SolveParams(time_limit_s=600, deterministic_limit=0.5, seed=3)
    one, two = solve_here(problem, params), solve_here(problem, params)
    assert (one.plan, one.score, one.bound) == (two.plan, two.score, two.bound)


def test_an_optimal_plan_in_force_stays() -> None:
    problem = hotel()
    found = solve_here(problem, SolveParams(time_limit_s=600, deterministic_limit=1.0))
    again = replace(problem, stays=tuple(replace(s, room=found.plan[s.id], move_penalty=50) for s in problem.stays))
    repeated = solve_here(again, SolveParams(time_limit_s=600, deterministic_limit=0.3))
    assert repeated.score.total <= score(again, found.plan).total


def test_budget_that_no_plan_meets() -> None:
    stays = tuple(Stay(f"s{i}", 0, 2, 2, "A", 10, room="1") for i in range(3))
    problem = Problem(
        name="tight", slots=2, room_types=(RoomType("A"),), rooms=(Room("1", "A"),), stays=stays, policy=Policy(1)
    )
    with pytest.raises(InvalidProblem, match="at least 2"):
        solve(problem)


def test_child_dies_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "from tests.allocator.test_solve import hotel\n"
        "from allocator.params import SolveParams\n"
        "from allocator.solve import solve\n"
        "solve(hotel(), SolveParams(time_limit_s=600), poison='hang', progress=lambda p: print(p.phase, flush=True))\n"
    )
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen(
        [sys.executable, str(script)], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE
    )
    try:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        if not children.exists():
            pytest.skip("needs /proc")
        end = time.monotonic() + 60
        while not children.read_text().split() and time.monotonic() < end:
            os.sched_yield()
        child = int(children.read_text().split()[0])
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        while Path(f"/proc/{child}").exists() and time.monotonic() < end:
            if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
                break
            os.sched_yield()
        else:
            assert not Path(f"/proc/{child}").exists()
    finally:
        parent.kill()
        parent.wait()
        assert parent.stdout is not None
        parent.stdout.close()

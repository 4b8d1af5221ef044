"""A front made in a process of its own, so that the service can do other things, and live whatever happens to it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import astuple
from typing import IO, Final

from allocator import apart
from allocator.answers.front import Emphasis, Front, front, point_of, undominated
from allocator.errors import SolverBug
from allocator.plan import Plan
from allocator.problem import Problem
from allocator.serialize import problem_from_json, problem_to_json

MEMORY_MB: Final = 4096
GRACE_S: Final = 8.0
"""Seconds beyond its limit after which the process is ended."""


def front_apart(problem: Problem, plan: Plan, *, points: int = 10, time_limit_s: float = 50.0) -> Front:
    """Do what :func:`front` does in a child process; every point is checked and scored again here.

    Raises
    ------
    SolverBug
        If the process fails, or a point breaks a rule.
    """
    asked = {
        "problem": problem_to_json(problem),
        "plan": dict(plan.rooms),
        "points": points,
        "time_limit_s": time_limit_s,
    }
    try:
        done = subprocess.run(
            apart.command("allocator.answers.frontchild"),
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=time_limit_s + GRACE_S,
            check=True,
            **apart.surroundings(),
        )
    except subprocess.TimeoutExpired as error:
        raise SolverBug("the search for a front did not end in time") from error
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode(errors="replace").strip().splitlines() or [f"exit {error.returncode}"]
        raise SolverBug(f"the search for a front failed: {words[-1]}") from error
    found = json.loads(done.stdout)
    return Front(
        undominated([
            point_of(problem, Plan(point["rooms"]), point["emphasis"] and Emphasis(*point["emphasis"]))
            for point in found["points"]
        ]),
        found["tried"],
    )  # fmt: skip


def main(pipe: IO[bytes]) -> None:
    """Answer the question on standard input through the pipe."""
    from allocator.solve import solve_here

    apart.limit_memory(MEMORY_MB)
    asked = json.load(sys.stdin.buffer)
    found = front(
        problem_from_json(asked["problem"]),
        Plan(asked["plan"]),
        points=asked["points"],
        time_limit_s=asked["time_limit_s"],
        solver=solve_here,  # this is the process apart already
    )
    points = [{"emphasis": p.emphasis and astuple(p.emphasis), "rooms": dict(p.plan.rooms)} for p in found.points]
    pipe.write(json.dumps({"points": points, "tried": found.tried}).encode())
    pipe.close()

"""A front made in a process of its own, so that the service can do other things, and live whatever happens to it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Final

from allocator.answers.front import Emphasis, Front, front, point_of, undominated
from allocator.child import die_with_parent
from allocator.errors import SolverBug
from allocator.plan import Plan
from allocator.problem import Problem
from allocator.serialize import problem_from_json, problem_to_json

LAUNCH: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from allocator.answers.frontchild import main; main(int(sys.argv[2]))"
)
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
    command = [sys.executable, "-c", LAUNCH, str(Path(__file__).resolve().parents[2]), str(os.getpid())]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=time_limit_s + GRACE_S,
            check=True,
            start_new_session=True,  # a Ctrl-C at the terminal is the parent's to answer
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # vectors are short here
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


def main(parent: int) -> None:
    """Answer the question on standard input on standard output."""
    from allocator.solve import solve_here

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes elsewhere
    limit = MEMORY_MB * 1024 * 1024
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    asked = json.load(sys.stdin.buffer)
    found = front(
        problem_from_json(asked["problem"]),
        Plan(asked["plan"]),
        points=asked["points"],
        time_limit_s=asked["time_limit_s"],
        solver=solve_here,  # this is the process apart already
    )
    points = [{"emphasis": p.emphasis and astuple(p.emphasis), "rooms": dict(p.plan.rooms)} for p in found.points]
    json.dump({"points": points, "tried": found.tried}, pipe)
    pipe.close()

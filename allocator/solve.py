"""The only door of the solver: a problem goes in, the best checked plan found comes out, with a proof.

The work is done in a child process (:mod:`allocator.child`). Whatever happens to it, what comes out has been judged
here by :mod:`allocator.check` and :mod:`allocator.score`, and is never worse than what is still allowed of today's
plan with the rest placed greedily.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import platform
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import IO, Final

import numpy as np

from allocator import apart
from allocator.arrays import Arrays, Ints, build, plan_of, rooms_of
from allocator.check import check
from allocator.child import HEADER, Job
from allocator.errors import Fault, InvalidProblem, SolverBug
from allocator.params import SolveParams
from allocator.plan import Plan
from allocator.prices import Kept, named, numbered
from allocator.problem import Problem
from allocator.report import Limits, Report
from allocator.result import Progress, Proof, Score, SolveResult, StoppedBy
from allocator.score import score
from allocator.search.greedy import fewest_moves, greedy
from allocator.serialize import digest

TICK_S: Final = 0.05
"""How often cancellation is looked at."""

EARLY_START: Final = 50_000
"""Stays from which the child is started before the greedy plan is made."""


def solve(
    problem: Problem,
    params: SolveParams | None = None,
    *,
    incumbent: Plan | None = None,
    prices: Mapping[str, object] | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    poison: str | None = None,
) -> SolveResult:
    """Find a plan and prove how good it is, in a child process.

    Parameters
    ----------
    incumbent
        A plan to start from beside today's; what of it is not allowed is left out. What comes out is never worse.
    prices
        Those of an earlier result for the same hotel (`allocator.prices`); not used where effort is limited instead of
        time, so that nothing but the problem decides.
    progress
        Called with every sign of life.
    cancelled
        Looked at some twenty times a second; the best plan so far comes out soon after it says True.
    poison
        For tests of this very function: a fault for the child to bring about.

    Raises
    ------
    InvalidProblem
        If no plan can meet the move budget.
    """
    params = params or SolveParams()
    judge = _Judge(problem, params, progress)
    with _Child() as child:
        arrays = build(problem)
        _require_budget(arrays)
        wanted = [arrays.held] if incumbent is None else [arrays.held, rooms_of(problem, incumbent)]
        judge.start(arrays, wanted if arrays.n_stays < EARLY_START else [])
        if judge.done:
            return judge.result("proof" if judge.proven else "gap")
        job = Job(
            arrays=arrays,
            limits=Limits(judge.deadline, params.workers, params.seed, params.gap_limit, params.deterministic_limit),
            wanted=tuple(wanted),
            prices=None if prices is None else numbered(prices, problem),
            memory_limit_mb=params.memory_limit_mb,
            send_every_s=max(0.2, 4 * judge.judging_s),
            poison=poison,
        )
        child.send(job)
        if arrays.n_stays >= EARLY_START:
            judge.start(arrays, wanted)
        return judge.follow(child, cancelled or (lambda: False))


def solve_here(
    problem: Problem,
    params: SolveParams | None = None,
    *,
    incumbent: Plan | None = None,
    prices: Mapping[str, object] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> SolveResult:
    """Do what :func:`solve` does in this very process: no net below it, but a debugger can follow.

    Raises
    ------
    InvalidProblem
        If no plan can meet the move budget.
    SolverBug
        If a plan breaks a rule, or a bound is above a score.
    """
    from allocator import pipeline

    params = params or SolveParams()
    judge = _Judge(problem, params, progress)
    arrays = build(problem)
    _require_budget(arrays)
    wanted = [arrays.held] if incumbent is None else [arrays.held, rooms_of(problem, incumbent)]
    judge.start(arrays, wanted)
    if not judge.done:
        limits = Limits(judge.deadline, params.workers, params.seed, params.gap_limit, params.deterministic_limit)
        report = _DirectReport(limits, judge)
        kept = None if prices is None else numbered(prices, problem)
        pipeline.run(arrays, tuple(wanted), kept, report)
        if judge.faults:
            raise SolverBug(judge.faults[0])
    return judge.result("proof" if judge.proven else "gap" if judge.done else "time")


class _Judge:
    """Keeps the best plan that passed the check, and the highest bound."""

    def __init__(self, problem: Problem, params: SolveParams, progress: Callable[[Progress], None] | None) -> None:
        self.problem, self.params = problem, params
        self.started = time.monotonic()
        self.deadline = self.started + params.time_limit_s
        self.plan: Plan | None = None
        self.score = Score({})
        self.bound = 0
        self.prices: Kept | None = None
        self.notes: list[str] = []
        self.faults: list[str] = []
        self.judging_s = 0.0
        self.phase = "start"
        self._progress = progress

    def start(self, arrays: Arrays, wanted: list[Ints]) -> None:
        """Judge the greedy plans, and take the bound that asks nothing but the cheapest room of each stay."""
        self.raise_bound(_cheapest(arrays))
        for rooms in wanted:
            self.offer(greedy(arrays, rooms))
        if wanted and self.plan is None:
            raise SolverBug(f"the greedy plan breaks a rule: {self.faults[0]}")
        if wanted:  # the child must leave us the time to judge its last plan
            self.deadline = min(self.deadline, self.started + self.params.time_limit_s - 0.05 - 1.5 * self.judging_s)

    def offer(self, rooms: Ints) -> None:
        """Judge a plan, and keep it if it is allowed and the best."""
        begun = time.monotonic()
        if len(rooms) != len(self.problem.stays) or (len(rooms) and int(rooms.max()) >= len(self.problem.rooms)):
            self.faults.append("a plan of another problem")
            return
        plan = plan_of(self.problem, rooms)
        violations = check(self.problem, plan)
        if violations:
            self.faults.append(str(violations[0]))
            return
        found = score(self.problem, plan)
        self.judging_s = max(self.judging_s, time.monotonic() - begun)
        if self.plan is None or found.total < self.score.total:
            self.plan, self.score = plan, found
            self.tell()

    def raise_bound(self, bound: int) -> None:
        """Take a bound."""
        if bound > self.bound:
            self.bound = bound
            self.tell()

    def tell(self) -> None:
        """Tell the caller how far we are."""
        if self._progress is not None:
            total = None if self.plan is None else self.score.total
            unplaced = None if self.plan is None else len(self.plan.unplaced)
            bound = self.bound if total is None else min(self.bound, total)
            self._progress(Progress(self.phase, time.monotonic() - self.started, total, bound, unplaced))

    @property
    def proven(self) -> bool:
        """Whether no plan can be better."""
        return self.plan is not None and self.score.total <= self.bound

    @property
    def done(self) -> bool:
        """Whether the plan is as good as was asked for."""
        total = self.score.total
        return self.plan is not None and total - self.bound <= self.params.gap_limit * max(1, total)

    def follow(self, child: _Child, cancelled: Callable[[], bool]) -> SolveResult:
        """Judge what the child sends until it ends, or has to be ended."""
        stopped: StoppedBy | None = None
        ending = ""
        while stopped is None:
            rooms: Ints | None = None
            for kind, body in child.messages(TICK_S):
                if kind == b"P":
                    rooms = np.frombuffer(body, "<i4").astype(np.int64)
                elif kind == b"B":
                    self.raise_bound(int(json.loads(body)))
                elif kind == b"F":
                    self.phase = str(json.loads(body))
                    self.tell()
                elif kind == b"R":
                    self.prices = pickle.loads(body)  # of our own child
                elif kind == b"Z":
                    stopped = "time"
                elif kind == b"E":
                    error = json.loads(body)
                    stopped = "memory" if error["memory"] else "crash"
                    ending = error["error"].strip().splitlines()[-1]
                else:
                    stopped, ending = "crash", "it sent what is no message"
            if rooms is not None:
                self.offer(rooms)
                if self.faults:
                    stopped, ending = "crash", f"it sent a plan that breaks a rule: {self.faults[0]}"
            if stopped is not None:
                break
            if self.plan is not None and self.bound > self.score.total:
                stopped, ending = "crash", f"it claimed a bound of {self.bound} above a score of {self.score.total}"
                self.bound = 0
            elif child.ended:
                stopped = "memory" if child.out_of_memory() else "crash"
                ending = child.last_words()
            elif cancelled():
                stopped = "signal"
            elif time.monotonic() > self.deadline + max(0.05, 0.2 * (self.params.time_limit_s > 2)):
                stopped = "time"
                self.notes.append("The solving process was ended at the time limit.")
        if stopped in ("crash", "memory"):
            self.notes.append(f"The solving process died ({ending}); the plan is the best one checked before.")
        if stopped in ("time", "signal", "gap") and self.done:
            stopped = "proof" if self.proven else "gap"
        return self.result(stopped)

    def result(self, stopped: StoppedBy) -> SolveResult:
        """Return the outcome."""
        if self.plan is None:
            raise SolverBug("there is no plan at all")
        if self.bound > self.score.total:
            raise SolverBug(f"bound {self.bound} above score {self.score.total}")
        params = self.params
        return SolveResult(
            plan=self.plan,
            score=self.score,
            bound=self.bound,
            status="OPTIMAL" if self.proven else "FEASIBLE",
            stopped_by=stopped,
            wall_time_s=time.monotonic() - self.started,
            proof=Proof(params.seed, params.workers, versions(), digest(self.problem)),
            prices={} if self.prices is None else named(self.prices, self.problem),
            notes=tuple(self.notes),
        )


class _DirectReport(Report):
    """Reports straight to the judge."""

    def __init__(self, limits: Limits, judge: _Judge) -> None:
        super().__init__(limits)
        self._judge = judge

    def send_plan(self, rooms: Ints) -> None:
        self._judge.offer(rooms)
        if self._judge.faults:
            raise SolverBug(self._judge.faults[0])

    def send_bound(self, bound: int) -> None:
        self._judge.raise_bound(bound)

    def phase(self, name: str) -> None:
        self._judge.phase = name
        self._judge.tell()

    def prices(self, prices: Kept) -> None:
        self._judge.prices = prices


class _Child:
    """The solving process and its pipes."""

    def __init__(self) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 closed with the child
        self._process = subprocess.Popen(
            apart.command("allocator.child"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            **apart.surroundings(),
        )
        self._buffer = bytearray()
        self._eof = False
        self._selector = selectors.DefaultSelector()
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def send(self, job: Job) -> None:
        """Give it its job."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died at birth: found out when nothing comes
            pickle.dump(job, self._process.stdin, protocol=5)
            self._process.stdin.flush()

    def messages(self, timeout_s: float) -> Iterator[tuple[bytes, bytes]]:
        """Yield the messages that have arrived, waiting so long for the first."""
        if self._selector.select(timeout_s):
            assert self._process.stdout is not None
            while True:
                try:
                    chunk = os.read(self._process.stdout.fileno(), 1 << 20)
                except BlockingIOError:
                    break
                if not chunk:
                    self._eof = True
                    break
                self._buffer += chunk
        while len(self._buffer) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._buffer)
            if len(self._buffer) < HEADER.size + length:
                break
            body = bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]
            yield kind, body

    @property
    def ended(self) -> bool:
        """Whether nothing more can come."""
        return self._eof

    def last_words(self) -> str:
        """Return the last line it wrote, or the signal it died of."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit {self._process.returncode}"

    def out_of_memory(self) -> bool:
        """Tell whether it died of an allocation that C++ could not make."""
        self._errors.seek(0)
        return b"bad_alloc" in self._errors.read() or b"MemoryError" in self._errors.read()

    def __enter__(self) -> _Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()
        self._errors.close()


def _require_budget(arrays: Arrays) -> None:
    if arrays.budget >= 0:
        least = fewest_moves(arrays)
        if least > arrays.budget:
            message = f"no plan can do with {arrays.budget} moves: at least {least} stays must leave their room"
            raise InvalidProblem([Fault("policy.move_budget", message)])


def _cheapest(arrays: Arrays) -> int:
    """Return the sum of each stay's cheapest choice, which no plan can undercut."""
    total = arrays.fixed_cost
    if len(arrays.costs.exception_cost):
        return total  # a large problem: its child knows better at once
    rate = arrays.costs.rate
    least = np.where(rate >= 0, rate, np.iinfo(np.int64).max).min(axis=0, initial=np.iinfo(np.int64).max)
    each = np.minimum(
        arrays.penalty, np.where(least < np.iinfo(np.int64).max, least, arrays.penalty)[arrays.costs.profile]
    )
    return total + int(each[~arrays.fixed].sum())


@cache
def versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    found = {"python": platform.python_version()}
    for package in ("keyrack", "numpy", "numba", "ortools"):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found

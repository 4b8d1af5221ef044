"""One contestant on one instance, in a process of its own, judged by the shared judge."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from benchmarks.core.peers.__main__ import UNCOUNTED
from benchmarks.shared import shared_file

OURS = "keyrack"
MEMORY_MB = 12_000
GRACE_S = 30.0
"""A contestant so long over its limit is ended, and has what it has told by then: nothing."""

TOLD = re.compile(r"^\s*[0-9.]+ s .*?score (?P<score>[0-9]+)(?:  bound (?P<bound>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a contestant reached.

    Attributes
    ----------
    score, unplaced, bound
        As judged; None if there was no plan (or no bound).
    seconds
        From the start of the process to its end, the result written; what a peer's virtual machine needs to get warm
        is not counted.
    cpu_s
        Processor time that it and its children took, warm-up included: on a busy machine less than it could have used.
    memory_mb
        The most that it and its children held at once.
    trace
        (seconds, score, bound) as told on the way.
    faults
        What the judge said against it.
    """

    family: str
    contestant: str
    limit: float
    score: int | None
    unplaced: int | None
    bound: int | None
    seconds: float
    cpu_s: float
    memory_mb: int
    trace: tuple[tuple[float, int, int | None], ...]
    faults: tuple[str, ...]

    def at(self, seconds: float) -> int | None:
        """Return the best score told by then."""
        return min((score for when, score, _ in self.trace if when <= seconds), default=None)

    def plain(self) -> dict[str, object]:
        """Return it for a file."""
        return asdict(self)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Entry:
        """Return what `plain` made into a dictionary."""
        trace = tuple((when, score, bound) for when, score, bound in plain["trace"])
        return cls(**plain | {"trace": trace, "faults": tuple(plain["faults"])})


def command(
    contestant: str, instance: Path, result: Path, limit: float, workers: int, wanted: float = 0.0
) -> list[str]:
    """Return the command line of a contestant."""
    if contestant == OURS:
        options = [
            "--time-limit",
            str(limit),
            "--workers",
            str(workers),
            "--gap-limit",
            str(wanted),
            "--out",
            str(result),
        ]
        return [sys.executable, "-m", "allocator", "solve", str(instance), *options]
    module = "benchmarks.core.peers"
    return [sys.executable, "-m", module, contestant, str(instance), str(result), str(limit), str(workers)]


def enter(family: str, contestant: str, instance: Path, limit: float, workers: int, wanted: float = 0.0) -> Entry:
    """Run a contestant and have it judged; Keyrack may stop as soon as its gap is the one wanted."""

    def line(result: Path) -> list[str]:
        return command(contestant, instance, result, limit, workers, wanted)

    return run(family, contestant, instance, limit, line)


def run(family: str, contestant: str, instance: Path, limit: float, line: Callable[[Path], list[str]]) -> Entry:
    """Run a command line, which is told where its result goes, and have it judged."""
    with tempfile.TemporaryDirectory(prefix="keyrack-contest-") as folder:
        result = Path(folder) / "result.json"
        begun = time.monotonic()
        process = psutil.Popen(line(result), stderr=subprocess.PIPE)
        told: list[tuple[float, str]] = []
        listener = threading.Thread(target=_listen, args=(process.stderr, begun, told), daemon=True)
        listener.start()
        cpu_s, memory = _watch(process, begun + limit + GRACE_S)
        seconds = time.monotonic() - begun
        listener.join(1.0)
        uncounted, trace = _trace(told)
        seconds -= uncounted
        if not result.exists():
            return Entry(family, contestant, limit, None, None, None, seconds, cpu_s, memory, trace, ())
        faults = judged(instance, result)
        said = json.loads(result.read_text())
        unplaced = sum(room is None for room in said["plan"].values())
        score, bound = said["score"]["total"], said.get("bound")
        return Entry(family, contestant, limit, score, unplaced, bound, seconds, cpu_s, memory, trace, faults)


def _listen(stream: IO[bytes], begun: float, told: list[tuple[float, str]]) -> None:
    """Note what a contestant tells, and when: by our clock, so that none can set its own."""
    for text in stream:
        told.append((time.monotonic() - begun, text.decode(errors="replace")))  # noqa: PERF401 another thread reads it


def _trace(told: list[tuple[float, str]]) -> tuple[float, tuple[tuple[float, int, int | None], ...]]:
    """Return the seconds that do not count, and the plans and bounds told, each time something new came."""
    uncounted = 0.0
    trace: list[tuple[float, int, int | None]] = []
    for when, text in told:
        if UNCOUNTED in text:
            uncounted = when
        elif (found := TOLD.match(text)) is not None:
            news = int(found["score"]), None if found["bound"] is None else int(found["bound"])
            if not trace or news != trace[-1][1:]:
                trace.append((round(when - uncounted, 2), *news))
    return uncounted, tuple(trace)


def _watch(process: psutil.Popen, end: float) -> tuple[float, int]:
    """Wait for a process and return what its family took: processor time, and the most memory at once, in MB.

    It is ended when it takes too much memory, or time.
    """
    most = 0
    spent: dict[int, float] = {}
    while process.poll() is None:
        try:
            family = [process, *process.children(recursive=True)]
            held = sum(member.memory_info().rss for member in family) // 2**20
            spent |= {member.pid: sum(member.cpu_times()[:2]) for member in family}
        except psutil.Error:
            continue  # it has just ended
        most = max(most, held)
        if held > MEMORY_MB or time.monotonic() > end:
            for member in family:
                member.kill()
        try:
            process.wait(0.2)
        except psutil.TimeoutExpired:
            continue
    return sum(spent.values()), most


def judged(instance: Path, result: Path) -> tuple[str, ...]:
    """Return what the judge says against a result."""
    judge = shared_file("tools/judge.py")
    if judge is None:
        raise FileNotFoundError("tools/judge.py")
    done = subprocess.run(
        [sys.executable, str(judge), str(instance), str(result)], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ()
    lines = (done.stdout + done.stderr).splitlines()
    return tuple(line for line in lines if line.startswith(("VIOLATION", "WRONG"))) or tuple(lines[-3:])

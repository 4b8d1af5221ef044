"""The solving process: reads a job, streams plans and bounds, and dies with its parent.

A solve may hang, crash or eat all memory in code that is not ours (numba, OR-Tools): it happens here, where the parent
can end it, and where an address-space limit holds. What is sent is numbers only; the parent judges each plan anew.

Messages are a kind (one byte), a length (four bytes) and a body:
``P`` rooms by stay as int32; ``B`` a bound, ``F`` a phase, ``Z`` the end, each as JSON; ``R`` prices, pickled;
``E`` the error the solve died of, as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import struct
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np

from allocator.apart import limit_memory
from allocator.arrays import Arrays, Ints
from allocator.prices import Kept
from allocator.report import Limits, Report

HEADER: Final = struct.Struct(">cI")


@dataclass(frozen=True, slots=True)
class Job:
    """What the child is to do; pickled by the parent, which alone writes to its input.

    Attributes
    ----------
    wanted
        Rooms of the plans to start from, best last.
    prices
        To begin at, None if there are none.
    send_every_s
        Least time between two plans sent, so that the parent can judge them.
    poison
        For tests only: a fault to bring about.
    """

    arrays: Arrays
    limits: Limits
    wanted: tuple[Ints, ...]
    prices: Kept | None
    memory_limit_mb: int
    send_every_s: float
    poison: str | None = None


class PipeReport(Report):
    """Reports through a pipe; plans are thinned, the last one always goes."""

    def __init__(self, limits: Limits, pipe: IO[bytes], send_every_s: float) -> None:
        super().__init__(limits)
        self._pipe, self._send_every_s = pipe, send_every_s
        self._lock = threading.Lock()
        self._unsent: Ints | None = None
        self._sent_at = -1e9

    def send(self, kind: bytes, body: bytes) -> None:
        """Write one message."""
        with self._lock:
            self._pipe.write(HEADER.pack(kind, len(body)) + body)
            self._pipe.flush()

    def send_plan(self, rooms: Ints) -> None:
        self._unsent = rooms.copy()
        if self.clock() - self._sent_at >= self._send_every_s:
            self.flush()

    def flush(self) -> None:
        """Send the best plan if it has not been sent."""
        if self._unsent is not None:
            rooms, self._unsent = self._unsent, None
            self._sent_at = self.clock()
            self.send(b"P", rooms.astype("<i4").tobytes())

    def send_bound(self, bound: int) -> None:
        self.send(b"B", json.dumps(bound).encode())

    def phase(self, name: str) -> None:
        self.send(b"F", json.dumps(name).encode())

    def prices(self, prices: Kept) -> None:
        self.send(b"R", pickle.dumps(prices, protocol=5))


def main(pipe: IO[bytes]) -> None:
    """Run the job on standard input, writing messages to the pipe."""
    from allocator import pipeline  # the imports run while the parent still builds the job

    job: Job = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_watch, daemon=True).start()
    limit_memory(job.memory_limit_mb)
    report = PipeReport(job.limits, pipe, job.send_every_s)
    try:
        _bring_about(job, report)
        pipeline.run(job.arrays, job.wanted, job.prices, report)
        report.flush()
        report.send(b"Z", b"{}")
    except BaseException as error:
        memory = isinstance(error, MemoryError)
        with contextlib.suppress(Exception):
            report.flush()
        text = "".join(traceback.format_exception(error))[-4000:]
        report.send(b"E", json.dumps({"memory": memory, "error": text}).encode())
    os._exit(0)  # threads of the search may still run; nothing here needs an orderly end


def _watch() -> None:
    """End when the parent closes our input, which it does at the latest by dying."""
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    os._exit(1)


def _bring_about(job: Job, report: PipeReport) -> None:
    """Bring about the fault a test asked for."""
    if job.poison == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif job.poison == "hang":
        time.sleep(1e6)
    elif job.poison == "memory":
        hoard: list[Any] = []
        while True:
            hoard.append(np.ones(8_000_000))
    elif job.poison == "bug":
        raise ZeroDivisionError("asked for by a test")
    elif job.poison == "lie":  # everybody in the first room
        report.send(b"P", np.zeros(job.arrays.n_stays, "<i4").tobytes())
        time.sleep(1e6)  # a better plan would overtake it
    elif job.poison == "noise":
        report.send(b"?", b"\xff" * 100)

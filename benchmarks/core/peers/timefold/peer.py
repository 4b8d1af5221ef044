"""The peer: starts the model's JVM, warms it up, hands it the problem, and takes its plans."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from random import Random
from types import TracebackType
from typing import IO, Final, Self

import numpy as np
import numpy.typing as npt

from allocator.arrays import SAME, Arrays, Ints, Lists, build
from allocator.problem import Closure, Group, Link, Problem, Room, RoomType, Stay, Weights, Wish
from benchmarks.core.peers.offers import Offers
from benchmarks.core.peers.timefold.environment import command

HEAP_MB: Final = 10_000
WARM_UP_S: Final = 5.0
ANSWER_S: Final = 0.3
"""Kept back of the limit: its last plan has to be read, scored and written."""


class Model:
    """The JVM with the model in it, which solves one problem after the other."""

    def __init__(self, workers: int) -> None:
        self._process = subprocess.Popen(command(HEAP_MB, workers), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def plans(self, arrays: Arrays, seconds: float) -> Iterator[tuple[int, Ints]]:
        """Solve a problem; yield better and better plans that keep every rule, each with what the model says it costs.

        Raises
        ------
        EOFError
            If the JVM ends.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for part in _message(arrays, seconds):
            self._process.stdin.write(part)
        self._process.stdin.flush()
        answers = self._process.stdout
        while (length := struct.unpack(">i", _read(answers, 4))[0]) >= 0:
            (score,) = struct.unpack(">q", _read(answers, 8))
            rooms = np.frombuffer(_read(answers, 4 * length), ">i4").astype(np.int64)
            yield score + arrays.fixed_cost, rooms


@cache
def warm_up(workers: int) -> Model:
    """Start a JVM and let it load and compile what it needs, on a problem of no interest with every rule and term."""
    model = Model(workers)
    for _ in model.plans(build(_any_problem()), WARM_UP_S):
        pass
    return model


def solve(arrays: Arrays, offers: Offers) -> None:
    """Solve a problem in the time that is left."""
    with warm_up(offers.workers) as model:
        for score, rooms in model.plans(arrays, offers.left - ANSWER_S):
            found = offers.offer(rooms)
            if found != score:
                raise ValueError(f"the model says {score}, its plan costs {found}")


def _read(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the JVM has ended")
    return data


def _message(arrays: Arrays, seconds: float) -> Iterable[bytes]:
    """Write a problem down as Reader.java reads it."""
    a, c = arrays, arrays.costs
    wants = np.append(a.wants_doors, False)[a.group]  # the last is of those in no group

    def lists(items: Lists) -> list[npt.ArrayLike]:
        return [items.start, items.items]

    arrays_: list[npt.ArrayLike] = [
        [int(1000 * max(0.0, seconds)), a.n_stays],
        [a.slots_per_night, a.apart, a.not_connecting, a.budget, len(c.rate)],
        a.gap,
        *c.rate,
        *(c.column, a.beds, a.policy == SAME, *a.place.T),
        *(*lists(a.doors), *lists(a.rivals)),
        *(a.start, a.end, a.penalty, a.held, a.fixed, a.gender, a.group, wants, c.profile, c.nights, c.extra),
        *(*lists(c.exception_room), c.exception_room.start, c.exception_cost),
        *lists(a.closed),
    ]
    for array in arrays_:
        items = np.asarray(array).astype(">i8")
        yield struct.pack(">i", len(items)) + items.tobytes()


def _any_problem() -> Problem:
    rng = Random(1)
    names = [str(number) for number in range(40)]
    rooms = [
        Room(
            name,
            "A",
            sleeps=2,
            beds=4 if number >= 36 else 1,
            building="A",
            floor=number // 10,
            position=number % 10,
            features=frozenset({"quiet"} if number % 3 else ()),
            gender="same" if number >= 38 else "any",
        )
        for number, name in enumerate(names)
    ]
    stays = []
    for number in range(400):
        start, nights = rng.randrange(30), rng.randint(1, 6)
        stays.append(
            Stay(
                f"S{number}",
                start,
                start + nights,
                nights,
                "A",
                unplaced_penalty=10_000,
                gender=rng.choice(("female", "male")),
                wishes=(Wish(3, feature="quiet"), Wish(2, min_floor=rng.randint(0, 3))),
                room=rng.choice(names[:36]) if number % 4 == 0 else None,
                move_penalty=30,
                group=f"G{number % 10}" if number % 5 == 0 else None,
            )
        )
    return Problem(
        name="warm-up",
        slots=30,
        room_types=(RoomType("A", 0),),
        rooms=tuple(rooms),
        links=(Link("connecting", ("1", "2")), Link("component", ("4", "5"), "3")),
        closures=(Closure("C", "7", 3, 6),),
        stays=tuple(stays),
        groups=tuple(Group(f"G{number}", number % 2 == 0) for number in range(10)),
        weights=Weights(upgrade=40, apart=10, gap=(12, 5), not_connecting=25),
    )

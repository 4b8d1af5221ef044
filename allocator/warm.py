"""Compile the hot loops once, so that no solve has to wait for it: ``python -m allocator.warm``."""

from __future__ import annotations

import time

from allocator import pipeline
from allocator.arrays import Ints, build
from allocator.problem import Group, Problem, Room, RoomType, Stay, Weights
from allocator.report import Limits, Report


class Deaf(Report):
    """Goes on to the end of the effort, whatever is found."""

    def send_plan(self, rooms: Ints) -> None:
        pass

    def send_bound(self, bound: int) -> None:
        pass

    def phase(self, name: str) -> None:
        pass

    def stop(self) -> bool:
        return False


def warm() -> None:
    """Solve a small problem so that every compiled function is called."""
    periods = [(0, 3), (4, 5), (1, 2), (3, 4), (2, 6), (5, 6)]
    rooms = [Room(str(r), "A") for r in range(16)]
    problem = Problem(
        name="warm",
        slots=6,
        room_types=(RoomType("A"),),
        rooms=(*rooms, Room("dorm", "A", beds=2, gender="same")),
        stays=tuple(
            Stay(str(i), s, e, e - s, "A", 100, room_costs={"1": i}, gender="male", group="g")
            for i, (s, e) in enumerate(periods)
        ),
        groups=(Group("g", wants_connecting=True),),
        weights=Weights(gap=(2, 1), apart=1, not_connecting=1),
    )
    arrays = build(problem)
    limits = Limits(deadline=time.monotonic() + 3600, workers=1, seed=1, gap=0.0, effort=0.2)
    pipeline.run(arrays, (arrays.held,), None, Deaf(limits))


if __name__ == "__main__":
    warm()

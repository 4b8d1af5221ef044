"""A report for tests of a search on its own: it keeps what it is told."""

import time

from allocator.arrays import Ints
from allocator.report import Limits, Report


class Quiet(Report):
    """Keeps plans and bounds; by default effort is counted, so that nothing hangs on the clock."""

    def __init__(self, effort: float | None = 1.0) -> None:
        super().__init__(Limits(time.monotonic() + 600, workers=1, seed=1, gap=0.0, effort=effort))
        self.plans: list[Ints] = []

    def send_plan(self, rooms: Ints) -> None:
        self.plans.append(rooms.copy())

    def send_bound(self, bound: int) -> None:
        pass

    def phase(self, name: str) -> None:
        pass

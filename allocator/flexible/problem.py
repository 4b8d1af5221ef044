"""A problem of ``schema_version`` 2, and a plan of it: one of version 1, and what may be chosen beside rooms.

The problem of version 1 inside (``base``) knows nothing of the rest. Once the choices of a plan are made, what is left
is a problem of version 1 again (:mod:`allocator.flexible.settle`): that is how plans are judged, and found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from allocator.errors import InvalidProblem
from allocator.plan import Plan
from allocator.problem import Problem, Stay


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MovableClosure:
    """Work that closes a room for ``duration`` slots, at a time the plan chooses; it has to be done.

    Attributes
    ----------
    earliest
        It begins at this slot, or a whole number of ``step`` later.
    latest
        It is over by then.
    """

    id: str
    room: str
    earliest: int
    latest: int
    duration: int
    step: int

    @property
    def starts(self) -> range:
        """The slots at which it may begin."""
        return range(self.earliest, self.latest - self.duration + 1, self.step)


@dataclass(frozen=True, slots=True)
class Part:
    """So many nights of a stay in one room."""

    room: str
    nights: int


@dataclass(frozen=True, slots=True)
class FlexiblePlan:
    """What a plan of a flexible problem decides.

    Attributes
    ----------
    parts
        By stay id its rooms, the earliest first: none for a stay without a room, one for most, more where it is split.
    starts
        By id of a movable closure when it begins.
    """

    parts: Mapping[str, tuple[Part, ...]]
    starts: Mapping[str, int] = field(default_factory=_nothing)

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Ids of the stays without a room, sorted."""
        return tuple(sorted(stay for stay, parts in self.parts.items() if not parts))

    @property
    def split(self) -> tuple[str, ...]:
        """Ids of the stays in more than one room, sorted."""
        return tuple(sorted(stay for stay, parts in self.parts.items() if len(parts) > 1))

    @property
    def changes(self) -> int:
        """How often a guest changes rooms during a stay."""
        return sum(max(0, len(parts) - 1) for parts in self.parts.values())


@dataclass(frozen=True)
class FlexibleProblem:
    """A problem, and what a plan of it may decide beside rooms.

    Attributes
    ----------
    max_parts
        By stay id in how many rooms it may be, one after the other; 1 where absent.
    ready
        By room id the slot from which it can be used; whoever arrives before waits.
    movable
        Closures whose time the plan chooses.
    split
        Cost of each change of rooms during a stay.
    readiness
        Cost of each slot an arrival waits for its room.
    longest_wait
        Nobody waits for more slots; None for no limit.

    Raises
    ------
    InvalidProblem
        With every fault.
    """

    base: Problem
    max_parts: Mapping[str, int] = field(default_factory=_nothing)
    ready: Mapping[str, int] = field(default_factory=_nothing)
    movable: tuple[MovableClosure, ...] = ()
    split: int = 0
    readiness: int = 0
    longest_wait: int | None = None

    def __post_init__(self) -> None:
        from allocator.flexible.validate import problem_faults  # validate needs the classes above

        faults = problem_faults(self)
        if faults:
            raise InvalidProblem(faults)

    @property
    def name(self) -> str:
        """Name of the problem."""
        return self.base.name

    def most_parts(self, stay: Stay) -> int:
        """Return in how many rooms a stay may be; a locked one keeps the one it has."""
        return 1 if stay.locked else min(self.max_parts.get(stay.id, 1), stay.nights)

    @cached_property
    def splittable(self) -> tuple[Stay, ...]:
        """Stays that may be in more than one room."""
        return tuple(s for s in self.base.stays if s.id in self.max_parts and self.most_parts(s) > 1)

    @cached_property
    def ready_at(self) -> dict[str, int]:
        """By room id when it can be used; a suite when all its parts can."""
        ready = dict(self.ready)
        for suite, rooms in self.base.suite_parts.items():
            times = [self.ready[room] for room in {suite, *rooms} & self.ready.keys()]
            if times:
                ready[suite] = max(times)
        return ready

    @cached_property
    def last_ready(self) -> int:
        """From when on every room is ready."""
        return max(self.ready.values(), default=-(10**9))

    def wait(self, stay: Stay, room: str) -> int:
        """Return how many slots a stay, or a part of one, waits for a room; who is locked in it does not."""
        return 0 if stay.locked else max(0, self.ready_at.get(room, stay.start) - stay.start)

    def refuses(self, stay: Stay, room: str) -> bool:
        """Tell whether a stay would wait for a room too long, or until it is over."""
        wait = self.wait(stay, room)
        return wait > 0 and (
            wait >= stay.end - stay.start or (self.longest_wait is not None and wait > self.longest_wait)
        )


def whole(plan: Plan, problem: Problem, starts: Mapping[str, int]) -> FlexiblePlan:
    """Return a plan in which nobody is split."""
    nights = {stay.id: stay.nights for stay in problem.stays}
    parts = {s: () if room is None else (Part(room, nights[s]),) for s, room in plan.rooms.items()}
    return FlexiblePlan(parts, starts)


def spans(parts: tuple[Part, ...]) -> Iterator[tuple[Part, int, int]]:
    """Yield the parts of a stay, each with its nights: the first, and the one after the last, counted from 0."""
    first = 0
    for part in parts:
        yield part, first, first + part.nights
        first += part.nights

"""Everything that can be wrong with a flexible problem beside the problem of version 1 inside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from allocator.errors import Fault
from allocator.validate import LARGEST, LARGEST_TOTAL, worst_total

if TYPE_CHECKING:
    from allocator.flexible.problem import FlexibleProblem, MovableClosure

MOST_NIGHTS: Final = 400
"""Of a stay that may be split: each night may be another room's."""

MOST_STARTS: Final = 10_000


def problem_faults(problem: FlexibleProblem) -> list[Fault]:
    """Return every fault of a flexible problem whose base is valid."""
    base = problem.base
    faults = [
        *field_faults(problem.max_parts, problem.ready, problem.split, problem.readiness, problem.longest_wait),
        *(Fault(f"stays[{s}]", "unknown stay") for s in problem.max_parts.keys() - base.stay_by_id.keys()),
        *(Fault(f"rooms[{r}]", "unknown room") for r in problem.ready.keys() - base.room_by_id.keys()),
        *closure_faults(problem.movable, base.room_by_id.keys()),
    ]
    if not faults:
        faults += _night_faults(problem)
        faults += _lock_faults(problem)
        faults += _total_faults(problem)
    return faults


def field_faults(
    max_parts: Mapping[str, int], ready: Mapping[str, int], split: int, readiness: int, longest_wait: int | None
) -> Iterator[Fault]:
    """Yield numbers out of range."""
    for stay, most in max_parts.items():
        yield from _range(f"stays[{stay}].max_parts", most, 1)
    for room, slot in ready.items():
        yield from _range(f"rooms[{room}].ready", slot, -LARGEST)
    yield from _range("weights.split", split)
    yield from _range("weights.readiness", readiness)
    yield from _range("policy.longest_wait", longest_wait or 0)


def closure_faults(movable: Iterable[MovableClosure], rooms: Collection[str]) -> Iterator[Fault]:
    """Yield what is wrong with movable closures, locked stays aside."""
    counts = Counter(m.id for m in movable)
    for name, count in counts.items():
        if name == "":
            yield Fault("movable_closures[]", "an id may not be empty")
        if count > 1:
            yield Fault(f"movable_closures[{name}]", f"duplicate id, given {count} times")
    for closure in movable:
        where = f"movable_closures[{closure.id}]"
        if closure.room not in rooms:
            yield Fault(f"{where}.room", f"unknown room {closure.room!r}")
        faults = [
            *_range(f"{where}.earliest", closure.earliest, -LARGEST),
            *_range(f"{where}.latest", closure.latest, -LARGEST),
            *_range(f"{where}.duration", closure.duration, 1),
            *_range(f"{where}.step", closure.step, 1),
        ]
        yield from faults
        if faults:
            continue
        if not closure.starts:
            span = closure.latest - closure.earliest
            yield Fault(
                where, f"{closure.duration} slots do not fit between {closure.earliest} and {closure.latest}: {span}"
            )
        elif len(closure.starts) > MOST_STARTS:
            yield Fault(f"{where}.step", f"{len(closure.starts)} possible starts, at most {MOST_STARTS}: a longer step")


def _range(where: str, value: int, low: int = 0) -> Iterator[Fault]:
    if not low <= value <= LARGEST:
        yield Fault(where, f"{value} is not in {low}..{LARGEST}")


def _night_faults(problem: FlexibleProblem) -> Iterator[Fault]:
    """Find stays whose nights say nothing of when they could change rooms."""
    for stay in problem.splittable:
        where = f"stays[{stay.id}].max_parts"
        if stay.nights > MOST_NIGHTS:
            yield Fault(where, f"a stay of {stay.nights} nights cannot be split, only up to {MOST_NIGHTS}")
        elif stay.start + (stay.nights - 1) * problem.base.slots_per_night >= stay.end:
            yield Fault(
                where, f"cannot be split by the night: {stay.nights} nights do not begin before slot {stay.end}"
            )


def _lock_faults(problem: FlexibleProblem) -> Iterator[Fault]:
    """Find movable closures that have no time at all because of locked stays."""
    from allocator.flexible.settle import possible_starts  # it needs the problem, which needs this module

    for name, starts in possible_starts(problem).items():
        if not starts:
            message = "cannot be held: whenever it begins, somebody is locked in its room, or in one that shares space"
            yield Fault(f"movable_closures[{name}]", message)


def _total_faults(problem: FlexibleProblem) -> Iterator[Fault]:
    """Bound what the costs of single choices and of a whole plan can come to."""
    base = problem.base
    arrival = min((s.start for s in base.stays if not s.locked), default=0)
    wait = max(0, max(problem.ready.values(), default=arrival) - arrival)
    if problem.longest_wait is not None:
        wait = min(wait, problem.longest_wait)
    if problem.readiness * wait > LARGEST:
        yield Fault(
            "weights.readiness", f"a wait of {wait} slots would cost {problem.readiness * wait}, above {LARGEST}"
        )
    most = max((problem.most_parts(s) for s in problem.splittable), default=1)
    changes = sum(problem.most_parts(s) - 1 for s in problem.splittable)
    gap = max(base.weights.gap, default=0)
    total = most * most * worst_total(base) + problem.split * changes + 2 * gap * len(problem.movable)
    total += problem.readiness * wait * (len(base.stays) + changes)
    if total >= LARGEST_TOTAL:
        yield Fault("stays", f"the worst costs add up to {total}, which must stay below 2^53 = {LARGEST_TOTAL}")

"""Everything that can be wrong with a problem, found in one pass: no fault hides another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from allocator.errors import Fault
from allocator.period import merge, overlap, peak

if TYPE_CHECKING:
    from allocator.problem import Problem, Stay

LARGEST = 10**9  # of any number in a problem
LARGEST_TOTAL = 2**53  # the sum of the stays' worst costs stays below: exact in a double, far from int64's end

Broken = Mapping[str, Collection[str]]


def problem_faults(problem: Problem, broken: Broken | None = None) -> list[Fault]:
    """Return every fault of a problem, in the order of its parts.

    Parameters
    ----------
    problem
        The problem; it may be half made (this is called from its constructor).
    broken
        By part (``rooms``, ``stays``, ...), ids of objects already reported and left out, so that references to
        them are not reported again.
    """
    known = _known_ids(problem, broken or {})
    faults = [
        *_ranges("horizon", {"slots": problem.slots}, low=0),
        *_ranges("horizon", {"slots_per_night": problem.slots_per_night}, low=1),
        *_duplicates("room_types", (t.id for t in problem.room_types)),
        *(f for t in problem.room_types for f in _ranges(f"room_types[{t.id}]", {"rank": t.rank}, low=-LARGEST)),
        *_duplicates("rooms", (r.id for r in problem.rooms)),
        *_room_faults(problem, known),
        *_link_faults(problem, known),
        *_duplicates("closures", (c.id for c in problem.closures)),
        *_closure_faults(problem, known),
        *_duplicates("stays", (s.id for s in problem.stays)),
        *(fault for stay in problem.stays for fault in _stay_faults(stay, known)),
        *_duplicates("groups", (g.id for g in problem.groups)),
        *_weight_faults(problem),
    ]
    if not faults and not any((broken or {}).values()):  # the rest reads costs and rooms that must make sense
        faults += _total_faults(problem)
        faults += _locked_faults(problem)
    return faults


def _known_ids(problem: Problem, broken: Broken) -> dict[str, set[str]]:
    return {
        "room_types": {t.id for t in problem.room_types} | set(broken.get("room_types", ())),
        "rooms": {r.id for r in problem.rooms} | set(broken.get("rooms", ())),
        "groups": {g.id for g in problem.groups} | set(broken.get("groups", ())),
    }


def _duplicates(part: str, ids: Iterable[str]) -> Iterator[Fault]:
    for name, count in Counter(ids).items():
        if name == "":
            yield Fault(f"{part}[]", "an id may not be empty")
        if count > 1:
            yield Fault(f"{part}[{name}]", f"duplicate id, given {count} times")


def _ranges(where: str, numbers: Mapping[str, int | None], low: int = 0, high: int = LARGEST) -> Iterator[Fault]:
    for name, value in numbers.items():
        if value is not None and not low <= value <= high:
            yield Fault(f"{where}.{name}", f"{value} is not in {low}..{high}")


def _unknown(where: str, what: str, ids: Iterable[str | None], known: Collection[str]) -> Iterator[Fault]:
    for name in ids:
        if name is not None and name not in known:
            yield Fault(where, f"unknown {what} {name!r}")


def _room_faults(problem: Problem, known: dict[str, set[str]]) -> Iterator[Fault]:
    for room in problem.rooms:
        where = f"rooms[{room.id}]"
        yield from _unknown(f"{where}.type", "room type", [room.type], known["room_types"])
        yield from _ranges(where, {"sleeps": room.sleeps, "use_cost": room.use_cost})
        yield from _ranges(where, {"beds": room.beds}, low=1)
        yield from _ranges(where, {"floor": room.floor, "position": room.position}, low=-LARGEST)
        if room.gender not in ("any", "female", "male", "same"):
            yield Fault(f"{where}.gender", f"{room.gender!r} is not any, female, male or same")


def _link_faults(problem: Problem, known: dict[str, set[str]]) -> Iterator[Fault]:
    suites = {link.suite for link in problem.links if link.kind == "component"}
    for i, link in enumerate(problem.links):
        where = f"links[{i}]"
        yield from _unknown(f"{where}.rooms", "room", link.rooms, known["rooms"])
        for room, count in Counter(link.rooms).items():
            if count > 1:
                yield Fault(f"{where}.rooms", f"{room!r} is named {count} times")
        if link.kind == "connecting":
            if link.suite is not None:
                yield Fault(f"{where}.suite", "a connecting link has no suite")
        elif link.suite is None:
            yield Fault(f"{where}.suite", "a component link needs the suite that its rooms make up")
        else:
            yield from _unknown(f"{where}.suite", "room", [link.suite], known["rooms"])
            for part in link.rooms:
                if part in suites:
                    yield Fault(f"{where}.rooms", f"{part!r} is a suite itself: suites do not nest")


def _closure_faults(problem: Problem, known: dict[str, set[str]]) -> Iterator[Fault]:
    for closure in problem.closures:
        where = f"closures[{closure.id}]"
        yield from _unknown(f"{where}.room", "room", [closure.room], known["rooms"])
        yield from _period_faults(where, closure.start, closure.end)


def _period_faults(where: str, start: int, end: int) -> Iterator[Fault]:
    yield from _ranges(where, {"start": start, "end": end}, low=-LARGEST)
    if end <= start:
        yield Fault(where, f"empty period: end {end} is not after start {start}")


def _stay_faults(stay: Stay, known: dict[str, set[str]]) -> Iterator[Fault]:
    where = f"stays[{stay.id}]"
    yield from _period_faults(where, stay.start, stay.end)
    yield from _ranges(where, {"nights": stay.nights}, low=1)
    numbers = {
        "party": stay.party,
        "unplaced_penalty": stay.unplaced_penalty,
        "move_penalty": stay.move_penalty,
    }
    yield from _ranges(where, numbers)
    if stay.gender not in (None, "female", "male"):
        yield Fault(f"{where}.gender", f"{stay.gender!r} is not female, male or null")
    yield from _unknown(f"{where}.type", "room type", [stay.type], known["room_types"])
    yield from _unknown(f"{where}.types_allowed", "room type", stay.types_allowed, known["room_types"])
    yield from _unknown(f"{where}.room", "room", [stay.room], known["rooms"])
    if stay.allowed_rooms is not None:
        yield from _unknown(f"{where}.allowed_rooms", "room", sorted(stay.allowed_rooms), known["rooms"])
    yield from _unknown(f"{where}.forbidden_rooms", "room", sorted(stay.forbidden_rooms), known["rooms"])
    yield from _unknown(f"{where}.room_costs", "room", stay.room_costs, known["rooms"])
    yield from _ranges(f"{where}.room_costs", stay.room_costs)
    for i, wish in enumerate(stay.wishes):
        yield from _ranges(f"{where}.wishes[{i}]", {"weight": wish.weight})
        floors = {"min_floor": wish.min_floor, "max_floor": wish.max_floor}
        yield from _ranges(f"{where}.wishes[{i}]", floors, low=-LARGEST)
        if sum(x is not None for x in (wish.feature, wish.room, wish.min_floor, wish.max_floor)) != 1:
            yield Fault(f"{where}.wishes[{i}]", "needs exactly one of feature, room, min_floor, max_floor")
        yield from _unknown(f"{where}.wishes[{i}].room", "room", [wish.room], known["rooms"])
    yield from _unknown(f"{where}.group", "group", [stay.group], known["groups"])
    if stay.locked and stay.room is None:
        yield Fault(f"{where}.locked", "a locked stay needs the room it is locked in")


def _weight_faults(problem: Problem) -> Iterator[Fault]:
    weights = problem.weights
    numbers = {"upgrade": weights.upgrade, "apart": weights.apart, "not_connecting": weights.not_connecting}
    yield from _ranges("weights", numbers)
    yield from _ranges("weights", {f"gap[{i}]": w for i, w in enumerate(weights.gap)})
    yield from _ranges("policy", {"move_budget": problem.policy.move_budget})


def worst_total(problem: Problem) -> int:
    """Return what no plan can cost more than: the sum of the stays' worst costs."""
    ranks = [t.rank for t in problem.room_types] or [0]
    climb = problem.weights.upgrade * (max(ranks) - min(ranks))
    wear = max((r.use_cost for r in problem.rooms), default=0)
    gap = max(problem.weights.gap, default=0)
    sizes = Counter(s.group for s in problem.stays if s.group is not None)
    total = 0
    for stay in problem.stays:
        per_night = climb + wear + sum(w.weight for w in stay.wishes)
        placed = per_night * stay.nights + max(stay.room_costs.values(), default=0) + stay.move_penalty + gap
        if stay.group is not None:
            placed += 3 * problem.weights.apart * (sizes[stay.group] - 1) + problem.weights.not_connecting
        total += max(stay.unplaced_penalty, placed)
    return total + gap * len(problem.closures)


def _total_faults(problem: Problem) -> Iterator[Fault]:
    total = worst_total(problem)
    if total >= LARGEST_TOTAL:
        yield Fault("stays", f"the stays' worst costs add up to {total}, which must stay below 2^53 = {LARGEST_TOTAL}")


def _locked_faults(problem: Problem) -> Iterator[Fault]:
    """Find locked stays that clash with each other, with a closure, or across a suite and its parts."""
    locked: dict[str, list[Stay]] = {}
    for stay in problem.stays:
        if stay.locked and stay.room is not None:
            locked.setdefault(stay.room, []).append(stay)
    closed: dict[str, list[tuple[int, int]]] = {}
    for closure in problem.closures:
        closed.setdefault(closure.room, []).append((closure.start, closure.end))
    for room_id, stays in locked.items():
        beds = problem.room_by_id[room_id].beds
        holidays = merge(closed.get(room_id, ()))
        yield from _clashes(stays, holidays, f"closure of {room_id}")
        for slot, load in peak((s.start, s.end, 1) for s in stays):
            if load > beds:
                names = ", ".join(s.id for s in stays if s.start <= slot < s.end)
                yield Fault(f"rooms[{room_id}]", f"locked stays {names} overlap at slot {slot} on {beds} bed(s)")
    for a, b in problem.rivals:
        for stay in locked.get(a, ()):
            for other in locked.get(b, ()):
                if overlap(stay.start, stay.end, other.start, other.end):
                    message = f"locked in {a}, clashes with {other.id} locked in {b}: the two share a room"
                    yield Fault(f"stays[{stay.id}]", message)
        yield from _clashes(
            locked.get(a, ()), merge(closed.get(b, ())), f"closure of {b}, which shares a room with {a}"
        )
        yield from _clashes(
            locked.get(b, ()), merge(closed.get(a, ())), f"closure of {a}, which shares a room with {b}"
        )


def _clashes(stays: Iterable[Stay], closed: Iterable[tuple[int, int]], what: str) -> Iterator[Fault]:
    periods = list(closed)
    for stay in stays:
        for start, end in periods:
            if overlap(stay.start, stay.end, start, end):
                yield Fault(f"stays[{stay.id}]", f"locked in {stay.room} during the {what} [{start}, {end})")

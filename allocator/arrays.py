"""A problem as arrays: what every algorithm of the solver works on, and all that the solving process is sent.

Time is compressed twice. The *instants* of the input stay as they are for gaps; for overlaps each stay covers a run of
*cliques*, the maximal sets of periods that share a moment: two stays overlap if and only if they share a clique,
and a hotel whose slots are minutes has as many cliques as one whose slots are nights.

Costs are kept in factors. Stays that ask for the same things share a *profile*, rooms that offer the same share a
*column*, and what a stay says of single rooms (a wish for room 12, the room it holds, an allowed list) is an
*exception*. Where the full matrix is small it is expanded once: one profile a stay, no exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from allocator.period import merge
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NOWHERE: Final = -1
"""Room of an unplaced stay; cost of a room that a stay may not have."""

EXPAND_LIMIT: Final = 24_000_000
"""Cells of the full (room, stay) matrix up to which it is expanded (192 MB); boutique has 1.5 million."""

GENDERS: Final = {None: -1, "female": 0, "male": 1}
POLICIES: Final = {"any": 0, "female": 1, "male": 2, "same": 3}
SAME: Final = POLICIES["same"]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of integers end to end: the i-th is ``items[start[i]:start[i + 1]]``."""

    start: Ints
    items: Ints

    def __getitem__(self, i: int) -> Ints:
        return self.items[self.start[i] : self.start[i + 1]]

    @classmethod
    def of(cls, lists: Iterable[Iterable[int]]) -> Lists:
        """Join lists."""
        rows = [list(row) for row in lists]
        start = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=start[1:])
        return cls(start, np.array([x for row in rows for x in row], np.int64))

    @classmethod
    def by(cls, key: Ints, items: Ints, count: int) -> Lists:
        """Sort items into so many lists, each into that of its key."""
        start = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=count))]).astype(np.int64)
        return cls(start, items[np.argsort(key, kind="stable")].astype(np.int64))


@dataclass(frozen=True, slots=True)
class Costs:
    """What each stay costs in each room: unary terms only (upgrade, wish, room_cost, move, wear).

    ``cost(i, r)`` is the exception of stay i for room r if there is one, else
    ``nights[i] * rate[column[r], profile[i]] + extra[i]``; a negative rate or exception means that the stay may not
    have the room.

    Attributes
    ----------
    rate : (n_columns, n_profiles)
    column : (n_rooms,)
    profile, nights, extra : (n_stays,)
    exception_room, exception_cost
        Exceptions by stay, rooms ascending.
    """

    rate: Ints
    column: Ints
    profile: Ints
    nights: Ints
    extra: Ints
    exception_room: Lists
    exception_cost: Ints

    def row(self, stay: int) -> Ints:
        """Return the costs of a stay in all rooms, -1 where it may not be."""
        rate = self.rate[:, self.profile[stay]]
        row = np.where(rate >= 0, rate * self.nights[stay] + self.extra[stay], NOWHERE)[self.column]
        begin, end = self.exception_room.start[stay], self.exception_room.start[stay + 1]
        if end > begin:
            row[self.exception_room.items[begin:end]] = self.exception_cost[begin:end]
        return row

    def cheapest(self, stay: int) -> Ints:
        """Return the least cost of a stay in each column, -1 where it may be in none of its rooms."""
        rate = self.rate[:, self.profile[stay]]
        least = np.where(rate >= 0, rate * self.nights[stay] + self.extra[stay], NOWHERE)
        begin, end = self.exception_room.start[stay], self.exception_room.start[stay + 1]
        for room, cost in zip(
            self.exception_room.items[begin:end], self.exception_cost[begin:end], strict=True
        ):  # an exception that forbids leaves the rest of the column as it is
            at = self.column[room]
            if cost >= 0 and (least[at] < 0 or cost < least[at]):
                least[at] = cost
        return least


@dataclass(frozen=True, slots=True)
class Arrays:
    """A problem in numbers; stays and rooms go by their place in the problem.

    Attributes
    ----------
    start, end : (n_stays,)
        Periods in slots.
    first, last : (n_stays,)
        Cliques covered, half-open.
    penalty : (n_stays,)
        Cost of leaving the stay unplaced.
    held : (n_stays,)
        Room held today, -1 if none.
    fixed : (n_stays,)
        Locked in ``held``.
    gender : (n_stays,)
        0 female, 1 male, -1 not known.
    group : (n_stays,)
        Group, -1 if none.
    beds, policy : (n_rooms,)
        Beds; gender policy as in ``POLICIES``.
    closed : by room
        Merged closures of the room itself as start, end, start, end, ... in slots.
    shut : by room
        Cliques the room cannot be used in, closures of its rivals included, as first, last, ...
    rivals : by room
        Rooms that exclude it (suite and part, suites sharing a part).
    kin : (n_rooms,)
        Class of rooms that offer the same, whatever single stays say of single rooms (a room held, a wish for one).
    place : (n_rooms, 3)
        Building, floor and position; ``doors`` are the connecting rooms by room.
    gap : (n,)
        Cost of an idle run of 1, 2, ... n nights of ``slots_per_night``.
    budget
        Most stays that may leave the room they hold, -1 for no limit.
    fixed_cost
        What the locked stays cost wherever the others go, terms between stays left out.
    lattice
        A number that divides every possible score.
    """

    start: Ints
    end: Ints
    first: Ints
    last: Ints
    n_cliques: int
    penalty: Ints
    held: Ints
    fixed: Bools
    gender: Ints
    group: Ints
    beds: Ints
    policy: Ints
    closed: Lists
    shut: Lists
    rivals: Lists
    kin: Ints
    place: Ints
    doors: Lists
    wants_doors: Bools
    apart: int
    not_connecting: int
    gap: Ints
    slots_per_night: int
    budget: int
    costs: Costs
    fixed_cost: int
    lattice: int

    @property
    def n_stays(self) -> int:
        """Number of stays, locked ones included."""
        return len(self.start)

    @property
    def n_rooms(self) -> int:
        """Number of rooms."""
        return len(self.beds)

    @property
    def has_pair_terms(self) -> bool:
        """Whether groups cost anything."""
        return bool((self.group >= 0).any()) and (self.apart > 0 or self.not_connecting > 0)


def build(problem: Problem) -> Arrays:
    """Return the arrays of a problem."""
    stays, rooms = problem.stays, problem.rooms
    room_at = {room.id: i for i, room in enumerate(rooms)}
    group_at = {group.id: i for i, group in enumerate(problem.groups)}
    own: list[list[tuple[int, int]]] = [[] for _ in rooms]
    for closure in problem.closures:
        own[room_at[closure.room]].append((closure.start, closure.end))
    own = [merge(periods) for periods in own]
    rivals: list[list[int]] = [[] for _ in rooms]
    for a, b in problem.rivals:
        rivals[room_at[a]].append(room_at[b])
        rivals[room_at[b]].append(room_at[a])
    shut = [merge([*own[r], *(p for q in rivals[r] for p in own[q])]) for r in range(len(rooms))]

    start = np.array([s.start for s in stays], np.int64)
    end = np.array([s.end for s in stays], np.int64)
    spans = [p for periods in shut for p in periods]
    instants, clique = _cliques(
        np.concatenate([start, np.array([p[0] for p in spans], np.int64)]),
        np.concatenate([end, np.array([p[1] for p in spans], np.int64)]),
    )

    def at(times: npt.ArrayLike) -> Ints:
        return clique[np.searchsorted(instants, times)] if len(instants) else np.zeros(0, np.int64)

    costs, kin = _costs(problem, room_at)
    held = np.array([NOWHERE if s.room is None else room_at[s.room] for s in stays], np.int64)
    fixed = np.array([s.locked for s in stays], np.bool_)
    penalty = np.array([s.unplaced_penalty for s in stays], np.int64)
    buildings = {b: i for i, b in enumerate(sorted({r.building or "" for r in rooms if r.building is not None}))}
    gap = np.array(problem.weights.gap, np.int64)
    while len(gap) and gap[-1] == 0:
        gap = gap[:-1]
    fixed_cost = sum(_cost(problem, s, rooms[room_at[s.room]]) for s in stays if s.locked and s.room is not None)
    parts = [gap, penalty, costs.extra, costs.exception_cost[costs.exception_cost > 0], costs.rate[costs.rate > 0]]
    if problem.groups:
        parts.append(np.array([problem.weights.apart, problem.weights.not_connecting], np.int64))
    lattice = int(np.gcd.reduce([fixed_cost, *(int(np.gcd.reduce(p)) for p in parts if len(p))]))
    return Arrays(
        start=start,
        end=end,
        first=at(start),
        last=at(end),
        n_cliques=int(clique[-1]) if len(clique) else 0,
        penalty=penalty,
        held=held,
        fixed=fixed,
        gender=np.array([GENDERS[s.gender] for s in stays], np.int64),
        group=np.array([NOWHERE if s.group is None else group_at[s.group] for s in stays], np.int64),
        beds=np.array([r.beds for r in rooms], np.int64),
        policy=np.array([POLICIES[r.gender] for r in rooms], np.int64),
        closed=Lists.of([x for p in periods for x in p] for periods in own),
        shut=Lists.of([int(x) for p in periods for x in at(p)] for periods in shut),
        rivals=Lists.of(rivals),
        kin=kin,
        place=np.array(
            [[-1 if r.building is None else buildings[r.building], r.floor, r.position] for r in rooms], np.int64
        ).reshape(-1, 3),
        doors=Lists.of(sorted(room_at[x] for x in problem.connected.get(r.id, ())) for r in rooms),
        wants_doors=np.array([g.wants_connecting for g in problem.groups], np.bool_),
        apart=problem.weights.apart,
        not_connecting=problem.weights.not_connecting,
        gap=gap,
        slots_per_night=problem.slots_per_night,
        budget=-1 if problem.policy.move_budget is None else problem.policy.move_budget,
        costs=costs,
        fixed_cost=fixed_cost,
        lattice=max(1, lattice),
    )


def rooms_of(problem: Problem, plan: Plan) -> Ints:
    """Return the room of each stay in a plan; -1 for none, for an unknown room, and for stays it does not name."""
    room_at = {room.id: i for i, room in enumerate(problem.rooms)}
    names = (plan.rooms.get(stay.id) for stay in problem.stays)
    return np.array([NOWHERE if name is None else room_at.get(name, NOWHERE) for name in names], np.int64)


def plan_of(problem: Problem, rooms: Ints) -> Plan:
    """Return the plan that puts each stay in the room of that number."""
    return Plan(
        {s.id: None if r < 0 else problem.rooms[r].id for s, r in zip(problem.stays, rooms.tolist(), strict=True)}
    )


def _cliques(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return the instants, and for each the number of maximal cliques that lie wholly before it.

    Sweeping time with ends before starts, a clique is complete at an end that follows a start.
    """
    instants = np.unique(np.concatenate([start, end]))
    starts = np.isin(instants, start).tolist()
    ends = np.isin(instants, end).tolist()
    before, count, grown = np.zeros(len(instants), np.int64), 0, False
    for i, (begins, finishes) in enumerate(zip(starts, ends, strict=True)):
        if finishes and grown:
            count += 1
            grown = False
        before[i] = count
        grown = grown or begins
    return instants, before


def _cost(problem: Problem, stay: Stay, room: Room) -> int:
    """Return the unary cost of a stay in a room, whether it fits or not."""
    steps = problem.type_by_id[room.type].rank - problem.type_by_id[stay.type].rank
    nightly = problem.weights.upgrade * max(0, steps) + room.use_cost
    nightly += sum(w.weight for w in stay.wishes if not w.met_by(room))
    moved = stay.move_penalty if stay.room not in (None, room.id) else 0
    return nightly * stay.nights + stay.room_costs.get(room.id, 0) + moved


def _profile(stay: Stay) -> tuple[object, ...]:
    wishes = tuple(w for w in stay.wishes if w.room is None and w.weight)
    return (stay.type, frozenset(stay.types_allowed or (stay.type,)), stay.party, stay.gender, stay.needs, wishes)


def _costs(problem: Problem, room_at: dict[str, int]) -> tuple[Costs, Ints]:
    """Factor the unary costs, and expand them where that is small; return them and the kin of each room."""
    stays, rooms = problem.stays, problem.rooms
    profiles: dict[tuple[object, ...], int] = {}
    owner: list[Stay] = []
    profile = np.zeros(len(stays), np.int64)
    for i, stay in enumerate(stays):
        key = _profile(stay)
        if key not in profiles:
            profiles[key] = len(profiles)
            owner.append(stay)
        profile[i] = profiles[key]
    mentioned = {f for s in owner for f in s.needs} | {w.feature for s in owner for w in s.wishes if w.feature}
    low = sorted({w.min_floor for s in owner for w in s.wishes if w.min_floor is not None})
    high = sorted({w.max_floor for s in owner for w in s.wishes if w.max_floor is not None})
    columns: dict[tuple[object, ...], int] = {}
    sample: list[Room] = []
    column = np.zeros(len(rooms), np.int64)
    for r, room in enumerate(rooms):
        floors = (int(np.searchsorted(low, room.floor, "right")), int(np.searchsorted(high, room.floor, "left")))
        sleeps = room.sleeps if room.beds == 1 else 0
        key = (room.type, sleeps, room.features & mentioned, room.use_cost, floors, room.gender, room.beds == 1)
        if key not in columns:
            columns[key] = len(columns)
            sample.append(room)
        column[r] = columns[key]
    rate = np.full((len(sample), len(owner) + 1), NOWHERE, np.int64)  # the last profile may be nowhere
    for p, stay in enumerate(owner):
        rate[:, p] = _rates(problem, stay, sample)

    nights = np.array([s.nights for s in stays], np.int64)
    extra = np.zeros(len(stays), np.int64)
    exceptions: list[list[tuple[int, int]]] = []
    for i, stay in enumerate(stays):
        named = {room_at[w.room] for w in stay.wishes if w.room is not None and w.weight}
        missed = sum(w.weight for w in stay.wishes if w.room is not None)
        extra[i] = missed * stay.nights + (stay.move_penalty if stay.room is not None else 0)
        named |= {room_at[r] for r, cost in stay.room_costs.items() if cost}
        named |= {room_at[r] for r in stay.forbidden_rooms}
        if stay.room is not None and stay.move_penalty:
            named.add(room_at[stay.room])
        if stay.allowed_rooms is not None:
            named = {room_at[r] for r in stay.allowed_rooms}
        row = []
        for r in sorted(named):
            fits = rate[column[r], profile[i]] >= 0 and rooms[r].id not in stay.forbidden_rooms
            row.append((r, _cost(problem, stay, rooms[r]) if fits else NOWHERE))
        if stay.allowed_rooms is not None:
            profile[i] = len(owner)
        exceptions.append(row)
    costs = Costs(
        rate,
        column,
        profile,
        nights,
        extra,
        Lists.of([r for r, _ in row] for row in exceptions),
        np.array([c for row in exceptions for _, c in row], np.int64),
    )
    if len(stays) * len(rooms) > EXPAND_LIMIT:
        return costs, column
    kind = np.array([4 * (r.beds == 1) + POLICIES[r.gender] for r in rooms], np.int64)
    expanded = _expanded(costs, np.array([s.locked for s in stays], np.bool_), kind)
    first = np.zeros(len(expanded.rate), np.int64)  # rooms that cost everybody the same are kin in any case
    first[expanded.column[::-1]] = np.arange(len(rooms))[::-1]
    return expanded, np.unique(column[first[expanded.column]], return_inverse=True)[1].astype(np.int64)


def _rates(problem: Problem, stay: Stay, rooms: list[Room]) -> list[int]:
    """Return what a night of such a stay costs in each room by type, features and floor; -1 where it may not be."""
    types = stay.types_allowed or (stay.type,)
    wishes = [w for w in stay.wishes if w.room is None]
    rank = problem.type_by_id[stay.type].rank
    rates = []
    for room in rooms:
        fits = room.type in types and (room.beds > 1 or room.sleeps >= stay.party) and stay.needs <= room.features
        if room.gender == "same":
            fits = fits and stay.gender is not None
        elif room.gender != "any":
            fits = fits and stay.gender == room.gender
        if not fits:
            rates.append(NOWHERE)
            continue
        nightly = problem.weights.upgrade * max(0, problem.type_by_id[room.type].rank - rank) + room.use_cost
        rates.append(nightly + sum(w.weight for w in wishes if not w.met_by(room)))
    return rates


def _expanded(costs: Costs, fixed: Bools, kind: Ints) -> Costs:
    """Return the same costs as a full matrix; rooms alike in kind and in cost to every free stay share a column."""
    n, m = len(costs.profile), len(costs.column)
    full = np.empty((m, n), np.int64)
    for i in range(n):
        full[:, i] = NOWHERE if fixed[i] else costs.row(i)
    seen: dict[bytes, int] = {}
    keys = (row.tobytes() + b"%d" % k for row, k in zip(full, kind.tolist(), strict=True))
    column = np.array([seen.setdefault(key, len(seen)) for key in keys], np.int64)
    sample = np.zeros(len(seen), np.int64)
    sample[column[::-1]] = np.arange(m)[::-1]
    none = np.zeros(n, np.int64)
    return Costs(
        np.ascontiguousarray(full[sample]),
        column,
        np.arange(n, dtype=np.int64),
        none + 1,
        none,
        Lists(np.zeros(n + 1, np.int64), np.zeros(0, np.int64)),
        np.zeros(0, np.int64),
    )

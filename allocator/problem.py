"""What the allocator needs to know, frozen: rooms, stays, closures, groups, weights, policy.

The meaning of every field, and what it costs, is in ``docs/model.md``; numbers are integers, time is an
integer axis of slots. A :class:`Problem` is validated once, completely, when it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from typing import Literal

from allocator.errors import InvalidProblem

Gender = Literal["female", "male"]
GenderPolicy = Literal["any", "female", "male", "same"]
LinkKind = Literal["connecting", "component"]


def _no_costs() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RoomType:
    """A sold category; a higher ``rank`` is a better room."""

    id: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """A physical room, or a dorm of ``beds`` > 1 independent beds.

    Attributes
    ----------
    sleeps
        Largest party of a private room; ignored for dorms.
    position
        Place along the corridor of its floor; rooms at most 1 apart are neighbours.
    gender
        Who may sleep here: ``any``, only ``female`` / ``male``, or the ``same`` gender at each slot.
    use_cost
        Penalty per night of use (term ``wear``).
    """

    id: str
    type: str
    sleeps: int = 1
    beds: int = 1
    building: str | None = None
    floor: int = 0
    position: int = 0
    features: frozenset[str] = frozenset()
    gender: GenderPolicy = "any"
    use_cost: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Rooms that belong together.

    ``connecting`` joins all pairs of ``rooms``; ``component`` says that ``suite`` is made of ``rooms``, so
    that the suite and its parts (and suites sharing a part) exclude each other.
    """

    kind: LinkKind
    rooms: tuple[str, ...]
    suite: str | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """A room (all beds of a dorm) that takes nobody in ``[start, end)``."""

    id: str
    room: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish of a stay, costing ``weight`` per night where missed; exactly one of the others is given."""

    weight: int
    feature: str | None = None
    room: str | None = None
    min_floor: int | None = None
    max_floor: int | None = None

    def met_by(self, room: Room) -> bool:
        """Tell whether a night in ``room`` grants the wish."""
        if self.feature is not None:
            return self.feature in room.features
        if self.room is not None:
            return self.room == room.id
        if self.min_floor is not None:
            return room.floor >= self.min_floor
        return self.max_floor is not None and room.floor <= self.max_floor


@dataclass(frozen=True, slots=True)
class Stay:
    """One party, one room, one period ``[start, end)``: what the allocator places.

    Attributes
    ----------
    nights
        What per-night costs are charged by; at least 1, whatever the period.
    types_allowed
        Types the stay may sleep in; empty means ``(type,)``.
    needs
        Features a room must have.
    allowed_rooms
        If not ``None``, the only rooms it may take (empty: none).
    room_costs
        Penalty by room id (term ``room_cost``); 0 where absent.
    unplaced_penalty
        Cost of leaving it without a room.
    room
        The room it holds in the plan in force, if any.
    locked
        It keeps ``room``, whatever the other rules say.
    move_penalty
        Cost of ending in another room than ``room``; nothing when it ends unplaced.
    """

    id: str
    start: int
    end: int
    nights: int
    type: str
    unplaced_penalty: int
    types_allowed: tuple[str, ...] = ()
    party: int = 1
    gender: Gender | None = None
    needs: frozenset[str] = frozenset()
    allowed_rooms: frozenset[str] | None = None
    forbidden_rooms: frozenset[str] = frozenset()
    wishes: tuple[Wish, ...] = ()
    room_costs: Mapping[str, int] = field(default_factory=_no_costs)
    room: str | None = None
    locked: bool = False
    move_penalty: int = 0
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Stays that belong together; ``wants_connecting`` asks for rooms joined by a door."""

    id: str
    wants_connecting: bool = False


@dataclass(frozen=True, slots=True)
class Weights:
    """Prices of the soft terms.

    Attributes
    ----------
    upgrade
        Per night and step up the ladder.
    apart
        Per unit of distance between two members of a group.
    gap
        ``gap[n - 1]`` for an idle run of n nights between two occupancies of a private room.
    not_connecting
        Per member of a group wanting connecting rooms that has none.
    """

    upgrade: int = 0
    apart: int = 0
    gap: tuple[int, ...] = ()
    not_connecting: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """What a plan as a whole may do; ``move_budget`` limits how many stays may leave their room."""

    move_budget: int | None = None


@dataclass(frozen=True)
class Problem:
    """A hotel's rooms and stays over a horizon: everything the solver sees.

    Raises
    ------
    InvalidProblem
        With every fault of the input (unknown or duplicate ids, empty periods, locked stays that clash, ...).
    """

    name: str
    slots: int
    room_types: tuple[RoomType, ...]
    rooms: tuple[Room, ...]
    stays: tuple[Stay, ...]
    slots_per_night: int = 1
    links: tuple[Link, ...] = ()
    closures: tuple[Closure, ...] = ()
    groups: tuple[Group, ...] = ()
    weights: Weights = field(default_factory=Weights)
    policy: Policy = field(default_factory=Policy)
    origin: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        from allocator.validate import problem_faults  # validate needs the classes above

        faults = problem_faults(self)
        if faults:
            raise InvalidProblem(faults)

    @cached_property
    def type_by_id(self) -> dict[str, RoomType]:
        """Room types by id."""
        return {t.id: t for t in self.room_types}

    @cached_property
    def room_by_id(self) -> dict[str, Room]:
        """Rooms by id."""
        return {r.id: r for r in self.rooms}

    @cached_property
    def stay_by_id(self) -> dict[str, Stay]:
        """Stays by id."""
        return {s.id: s for s in self.stays}

    @cached_property
    def connected(self) -> dict[str, frozenset[str]]:
        """By room id, the rooms joined to it by a connecting door; rooms without one are absent."""
        joined: dict[str, set[str]] = {}
        for link in self.links:
            if link.kind == "connecting":
                for room in link.rooms:
                    joined.setdefault(room, set()).update(link.rooms)
        return {room: frozenset(others - {room}) for room, others in joined.items()}

    @cached_property
    def suite_parts(self) -> dict[str, frozenset[str]]:
        """By suite, the rooms it is made of."""
        parts: dict[str, set[str]] = {}
        for link in self.links:
            if link.kind == "component" and link.suite is not None:
                parts.setdefault(link.suite, set()).update(link.rooms)
        return {suite: frozenset(rooms) for suite, rooms in parts.items()}

    @cached_property
    def rivals(self) -> tuple[tuple[str, str], ...]:
        """Pairs of rooms that may not be taken at the same time: suite and part, or two suites sharing a part."""
        pairs = [(suite, part) for suite, parts in self.suite_parts.items() for part in sorted(parts)]
        pairs += [(a, b) for a, b in combinations(self.suite_parts, 2) if self.suite_parts[a] & self.suite_parts[b]]
        return tuple(pairs)

"""Why a stay has no room: the smallest set of things that together stand in its way.

The things are the stays that could move, locks, closures, and what the stay itself asks for. A set is *minimal* when it
leaves the stay no room (everything else gone), and does leave it one as soon as any one thing is taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import monotonic
from typing import Final, Literal

from allocator.answers.fit import EFFORT, QUICK, Answer, DoesNotFit, Fits, Fitting
from allocator.answers.rack import takes
from allocator.answers.witness import Capacity
from allocator.check import placements
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Closure, Problem, Stay

Kind = Literal["stay", "lock", "closure", "rule"]

RULES: Final = ("types_allowed", "needs", "allowed_rooms", "forbidden_rooms", "party")
"""What a stay asks for, by the name of the field that says so."""

TESTS: Final = 400
"""Most solves that shrinking a conflict may take."""


@dataclass(frozen=True, slots=True, order=True)
class Element:
    """Something that stands in the way: a stay or the lock of one (by the stay's id), a closure, a rule (by field)."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Things that together leave a stay no room.

    Attributes
    ----------
    minimal
        Whether the stay has been shown to fit without any one of them. Where the effort did not suffice for that, the
        elements are not sorted by kind, but rules and closures come first, then who is nearest in time.
    witness
        The moment that shows it, if one does.
    """

    elements: tuple[Element, ...]
    minimal: bool
    witness: Capacity | None

    def of(self, kind: Kind) -> tuple[str, ...]:
        """Return the ids of one kind."""
        return tuple(element.id for element in self.elements if element.kind == kind)


class Unsure(Exception):
    """A solve came to no answer, or there were too many."""


class World:
    """A problem of which parts can be left out, around one stay."""

    def __init__(
        self,
        problem: Problem,
        plan: Plan,
        stay: Stay,
        *,
        quick: int = QUICK,
        effort: float = EFFORT,
        seconds: float = inf,
    ) -> None:
        self.problem, self.plan, self.stay = problem, plan, stay
        self.quick, self.effort = quick, effort
        self.tests = 0
        self.end = monotonic() + seconds
        self.least: list[Element] | None = None
        """The fewest elements so far that leave the stay no room."""
        placed = [(s, r) for s, r in placements(problem, plan) if s.id != stay.id]
        self.stuck = {s.id for s, r in placed if s.locked or not takes(r, s)}
        self.placed: Mapping[str, Stay] = {s.id: s for s, _ in placed}

    def elements(self) -> list[Element]:
        """Return everything that may stand in the way, what is easiest to do without, and who is far off, last."""
        own = self.stay
        rules = ["types_allowed"] + [f"needs:{feature}" for feature in sorted(own.needs)]
        rules += ["allowed_rooms"] if own.allowed_rooms is not None else []
        rules += ["forbidden_rooms"] if own.forbidden_rooms else []
        rules += ["party"] if own.party > 1 else []
        return [
            *(Element("rule", name) for name in rules),
            *(Element("closure", closure.id) for closure in self.problem.closures),
            *(Element("lock" if name in self.stuck else "stay", name) for name in sorted(self.placed, key=self._far)),
        ]

    def fits(self, present: Collection[Element], unlocked: Collection[str] = ()) -> bool:
        """Tell whether the stay fits where only some things stand in its way.

        Parameters
        ----------
        unlocked
            Locked stays that are present, but may move.

        Raises
        ------
        Unsure
            If the solver does not know, or was asked too often.
        """
        self.tests += 1
        if self.tests > TESTS or monotonic() > self.end:
            raise Unsure
        problem, plan = self.only(present, unlocked)
        found = Fitting(problem, plan).fit([self.asking(present)], quick=self.quick, effort=self.effort, prove=False)
        if isinstance(found, Fits):
            return True
        if isinstance(found, DoesNotFit):
            if not unlocked and (self.least is None or len(present) < len(self.least)):
                self.least = [*present]
            return False
        raise Unsure

    def _far(self, name: str) -> tuple[int, str]:
        """Return how long before or after the stay another one is."""
        other = self.placed[name]
        return max(self.stay.start - other.end, other.start - self.stay.end, 0), name

    def only(self, present: Collection[Element], unlocked: Collection[str] = ()) -> tuple[Problem, Plan]:
        """Return the problem and plan in which only some things are there."""
        names = {element.id for element in present if element.kind in ("stay", "lock")}
        closed = {element.id for element in present if element.kind == "closure"}
        stays = []
        for name, stay in self.placed.items():
            if name in names:
                stuck = name in self.stuck and name not in unlocked
                stays.append(replace(stay, locked=stuck, room=self.plan[name]) if stuck != stay.locked else stay)
        problem = replace(
            self.problem,
            stays=tuple(stays),
            closures=tuple(closure for closure in self.problem.closures if closure.id in closed),
        )
        return problem, Plan({stay.id: self.plan[stay.id] for stay in stays})

    def asking(self, present: Collection[Element]) -> Stay:
        """Return the stay with only those of its own rules that are present."""
        rules = {element.id for element in present if element.kind == "rule"}
        own = self.stay
        return replace(
            own,
            types_allowed=own.types_allowed
            if "types_allowed" in rules
            else tuple(t.id for t in self.problem.room_types),
            needs=frozenset(feature for feature in own.needs if f"needs:{feature}" in rules),
            allowed_rooms=own.allowed_rooms if "allowed_rooms" in rules else None,
            forbidden_rooms=own.forbidden_rooms if "forbidden_rooms" in rules else frozenset(),
            party=own.party if "party" in rules else 1,
            room=None,
            locked=False,
        )


def conflict(
    problem: Problem,
    plan: Plan,
    stay: Stay,
    *,
    found: Answer | None = None,
    quick: int = QUICK,
    effort: float = EFFORT,
    seconds: float = inf,
) -> Conflict | None:
    """Return a minimal set of things that leave a stay no room; None if it fits, or nobody knows.

    The stay may be one of the problem or not; whoever else is placed must stay placed.

    Parameters
    ----------
    found
        What `Fitting.fit` says of the stay, if that is known.
    quick, effort
        What one set may take, as for `Fitting.fit`.
    seconds
        After which no further set is tried: the smallest one known until then is returned.
    """
    world = World(problem, plan, stay, quick=quick, effort=effort, seconds=seconds)
    if found is None:
        found = Fitting(*world.only(world.elements())).fit([replace(stay, room=None, locked=False)], prove=False)
    if not isinstance(found, DoesNotFit):
        return None
    witness = found.witness if isinstance(found.witness, Capacity) else None
    elements = _about(world, witness)
    needed = _needed(world, witness)
    minimal = True
    try:
        elements = needed + shrink([e for e in elements if e not in needed], world.fits, needed)
        elements = _weaken(world, elements)
    except Unsure:
        minimal = False
        elements = world.least or elements
    return Conflict(tuple(sorted(elements) if minimal else elements), minimal, witness)


def _about(world: World, witness: Capacity | None) -> list[Element]:
    """Leave out what the witness does not need: all stays that may move but its own, and what none of these meets.

    None of these meets a lock or closure at another time, or in a room that shares no space with one it may have.
    """
    everything = world.elements()
    if witness is None:
        return everything
    stays = [world.placed.get(name, world.stay) for name in witness.stays]
    spans = {(s.start, s.end) for s in stays}
    closures = {closure.id: closure for closure in world.problem.closures}
    rooms = {room.id for room in world.problem.rooms if any(takes(room, stay) for stay in stays)}
    rooms |= {q for pair in world.problem.rivals if rooms & {*pair} for q in pair}
    kept = []
    for element in everything:
        if element.kind in ("lock", "closure"):
            thing = closures[element.id] if element.kind == "closure" else world.placed[element.id]
            room = thing.room if isinstance(thing, Closure) else world.plan[element.id]
            if room not in rooms or not any(overlap(thing.start, thing.end, start, end) for start, end in spans):
                continue
        elif element.kind == "stay" and element.id not in witness.stays:
            continue
        kept.append(element)
    return kept


def _needed(world: World, witness: Capacity | None) -> list[Element]:
    """Return what is known to be needed: where the rooms of a witness are simple ones, all of its stays.

    They overlap, and without any one of them each of the others has a room of its own (that is how the witness was
    found); so without it the stay fits.
    """
    if witness is None:
        return []
    sharing = {room for pair in world.problem.rivals for room in pair}
    if any(room in sharing or world.problem.room_by_id[room].beds > 1 for room in witness.rooms):
        return []
    return [Element("stay", name) for name in witness.stays if name != world.stay.id]


def shrink(
    elements: Sequence[Element], fits: Callable[[Collection[Element]], bool], needed: Sequence[Element] = ()
) -> list[Element]:
    """Return a minimal set of elements that with the needed ones leaves no room (Junker 2004, QuickXplain)."""

    def inside(background: list[Element], fresh: bool, some: list[Element]) -> list[Element]:
        if fresh and not fits(background):
            return []
        if len(some) == 1:
            return some
        half = len(some) // 2
        left, right = some[:half], some[half:]
        needed_right = inside(background + left, True, right)
        needed_left = inside(background + needed_right, bool(needed_right), left)
        return needed_left + needed_right

    return inside(list(needed), True, list(elements)) if elements else []


def _weaken(world: World, elements: list[Element]) -> list[Element]:
    """Say of locked stays that stand in the way whether it takes their lock, or whether they would without."""
    loose: set[str] = set()
    for element in elements:
        if element.kind == "lock" and not world.fits(elements, loose | {element.id}):
            loose.add(element.id)
    return [Element("stay", e.id) if e.kind == "lock" and e.id in loose else e for e in elements]

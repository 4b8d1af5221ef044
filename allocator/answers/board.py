"""A plan seen room by room: who is where, what is free, and what one more stay would cost there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from allocator.period import merge, overlap
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay
from allocator.score import distance, move_of, upgrade_of, wish_of


class Taken(NamedTuple):
    """A period of a room that is taken, by a stay or (None) a closure."""

    start: int
    end: int
    stay: Stay | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What lies before and after a period in a room; None where nothing does."""

    before: Taken | None
    after: Taken | None


class Board:
    """The rooms of a problem with the stays a plan puts in them, less those taken out again."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self._rows: dict[str, list[Taken]] = {room.id: [] for room in problem.rooms}
        self._group_rooms: dict[str, list[Room]] = {}
        closures: dict[str, list[tuple[int, int]]] = {}
        for closure in problem.closures:
            closures.setdefault(closure.room, []).append((closure.start, closure.end))
        for room_id, periods in closures.items():
            self._rows[room_id] += [Taken(start, end, None) for start, end in merge(periods)]
        for stay in problem.stays:
            room = plan.rooms.get(stay.id)
            if room is not None:
                self._rows[room].append(Taken(stay.start, stay.end, stay))
                if stay.group is not None:
                    self._group_rooms.setdefault(stay.group, []).append(problem.room_by_id[room])
        for rows in self._rows.values():
            rows.sort(key=lambda taken: (taken.start, taken.end))
        self._rivals: dict[str, list[str]] = {}
        for a, b in problem.rivals:
            self._rivals.setdefault(a, []).append(b)
            self._rivals.setdefault(b, []).append(a)
        self._wants_connecting = {group.id for group in problem.groups if group.wants_connecting}

    def take_out(self, stay_id: str) -> Callable[[], None]:
        """Treat a stay as unplaced, so that one can ask where it might go; what is returned puts it back."""
        name = self.plan.rooms.get(stay_id)
        if name is None:
            return lambda: None
        stay = self.problem.stay_by_id[stay_id]
        rows, company = self._rows[name], self._group_rooms.get(stay.group or "", [])
        room = self.problem.room_by_id[name]
        at = next(n for n, taken in enumerate(rows) if taken.stay is stay)
        taken = rows.pop(at)
        if stay.group is not None:
            company.remove(room)

        def put_back() -> None:
            rows.insert(at, taken)
            if stay.group is not None:
                company.append(room)

        return put_back

    def conflicts(self, stay: Stay, room: Room) -> list[Taken]:
        """Return what stands in the way of a stay in a room: none means that it is free for it.

        For a private room everything that overlaps; for a dorm closures, guests of a gender that may not share it,
        and, where no bed is left, everybody there; for a suite or its part also what is in the other.
        """
        here = self._overlapping(room.id, stay)
        blocking = here if room.beds == 1 else self._in_dorm(stay, room, here)
        for rival in self._rivals.get(room.id, ()):
            blocking = blocking + self._overlapping(rival, stay)
        return blocking

    def neighbours(self, stay: Stay, room: Room) -> Neighbours:
        """Return the occupancies of a free private room just before and just after a stay's period."""
        rows = self._rows[room.id]
        at = bisect_left(rows, stay.start, key=lambda taken: taken.start)
        return Neighbours(rows[at - 1] if at else None, rows[at] if at < len(rows) else None)

    def cost(self, stay: Stay, room: Room) -> dict[str, int]:
        """Return by term what placing a stay in a free room adds to the score (of others too); zero terms left out.

        The terms are those of :mod:`allocator.score`; `gap` and `not_connecting` may be negative, where the stay
        fills an idle run or brings company to its group.
        """
        parts = {
            "upgrade": upgrade_of(self.problem, stay, room),
            "wish": wish_of(stay, room),
            "room_cost": stay.room_costs.get(room.id, 0),
            "move": move_of(stay, room),
            "wear": room.use_cost * stay.nights,
            "apart": self._apart(stay, room),
            "not_connecting": self._not_connecting(stay, room),
            "gap": self._gap(stay, room),
        }
        return {term: penalty for term, penalty in parts.items() if penalty}

    def idle_nights(self, before: Taken | None, after: Taken | None, stay: Stay) -> tuple[int | None, int | None]:
        """Return the whole idle nights on either side of a stay; None where nothing lies beyond."""
        per_night = self.problem.slots_per_night
        return (
            None if before is None else (stay.start - before.end) // per_night,
            None if after is None else (after.start - stay.end) // per_night,
        )

    def _overlapping(self, room: str, stay: Stay) -> list[Taken]:
        rows = self._rows[room]
        upto = bisect_left(rows, stay.end, key=lambda taken: taken.start)
        return [taken for taken in rows[:upto] if taken.end > stay.start]

    def _in_dorm(self, stay: Stay, room: Room, here: list[Taken]) -> list[Taken]:
        guests = [taken for taken in here if taken.stay is not None]
        blocking = [taken for taken in here if taken.stay is None]
        if room.gender == "same":
            blocking += [taken for taken in guests if taken.stay is not None and taken.stay.gender != stay.gender]
        starts = [stay.start, *(taken.start for taken in guests if taken.start > stay.start)]
        fullest = max(sum(overlap(t.start, t.end, slot, slot + 1) for t in guests) for slot in starts)
        return guests + [t for t in blocking if t.stay is None] if fullest >= room.beds else blocking

    def _apart(self, stay: Stay, room: Room) -> int:
        if stay.group is None or not self.problem.weights.apart:
            return 0
        others = self._group_rooms.get(stay.group, ())
        return self.problem.weights.apart * sum(distance(self.problem, room, other) for other in others)

    def _not_connecting(self, stay: Stay, room: Room) -> int:
        if stay.group is None or stay.group not in self._wants_connecting:
            return 0
        taken = [other.id for other in self._group_rooms.get(stay.group, ())]
        doors = self.problem.connected.get(room.id, frozenset())
        lonely = int(doors.isdisjoint(taken))
        for other in taken:
            if other in doors and self.problem.connected[other].isdisjoint(taken):
                lonely -= 1  # it has company now
        return self.problem.weights.not_connecting * lonely

    def _gap(self, stay: Stay, room: Room) -> int:
        weights = self.problem.weights.gap
        if not weights or room.beds > 1:
            return 0
        around = self.neighbours(stay, room)
        before, after = around.before, around.after
        run = sum(self._gap_cost(nights) for nights in self.idle_nights(before, after, stay))
        if before is not None and after is not None:
            run -= self._gap_cost((after.start - before.end) // self.problem.slots_per_night)
        return run

    def _gap_cost(self, nights: int | None) -> int:
        weights = self.problem.weights.gap
        return weights[nights - 1] if nights is not None and 1 <= nights <= len(weights) else 0

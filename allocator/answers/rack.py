"""A plan as a rack of rooms and times, made for asking what would happen if somebody moved.

Time is cut at every instant at which a stay or a closure begins or ends; between two cuts nothing changes, so that a
stay is a run of *cells* of its room. Sets of rooms, and of stays, are the bits of one integer each.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from allocator.check import closed_periods, misfits
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay
from allocator.score import upgrade_of, wish_of

EMPTY = -1
EVER = -(2**40)
"""Before every instant of a problem."""


def bits(rooms: int) -> Iterator[int]:
    """Yield the members of a set of rooms, ascending."""
    while rooms:
        low = rooms & -rooms
        yield low.bit_length() - 1
        rooms ^= low


def takes(room: Room, stay: Stay) -> bool:
    """Tell whether a room may be given to a stay by every rule that looks at the two alone."""
    if room.gender == "same" and stay.gender is None:
        return False
    if room.gender in ("female", "male") and stay.gender != room.gender:
        return False
    return not any(misfits(stay, room))


class Rack:
    """The placed stays of a plan, and stays that ask for a room; all of them by number.

    Attributes
    ----------
    stays
        The placed stays in the problem's order, then those who ask.
    room
        Where each is now, by the room's number; ``EMPTY`` if nowhere.
    home
        Where each is in the plan.
    fixed
        Who may not be moved: locked stays, and stays that are in their room against a rule about the two alone.
    plain
        The rooms with one bed that share no space with others.

    Raises
    ------
    ValueError
        If placed stays of the plan overlap where they may not.
    """

    def __init__(
        self, problem: Problem, plan: Plan, *, without: Collection[str] = (), cuts: Collection[int] = ()
    ) -> None:
        """Place the stays of a plan.

        Parameters
        ----------
        without
            Ids of stays to leave out.
        cuts
            Further instants to cut time at: those of stays that will ask together.
        """
        self.problem = problem
        self.rooms = problem.rooms
        self.room_at = {room.id: r for r, room in enumerate(problem.rooms)}
        self.stays = [s for s in problem.stays if plan.rooms.get(s.id) is not None and s.id not in without]
        self.home = [self.room_at[plan.rooms[s.id] or ""] for s in self.stays]
        self.fixed = [s.locked or not takes(self.rooms[r], s) for s, r in zip(self.stays, self.home, strict=True)]
        self.asking = range(len(self.stays), len(self.stays))
        closures = closed_periods(problem)
        ends = chain.from_iterable((s.start, s.end) for s in self.stays)
        closing = chain.from_iterable(chain.from_iterable(periods) for periods in closures.values())
        self.cuts = [EVER, *sorted({*ends, *closing, *cuts})]
        self.first: list[int] = []
        self.last: list[int] = []
        self._cut(self.stays)
        n_cells = len(self.cuts)

        self.rivals: dict[int, list[int]] = {}
        for a, b in problem.rivals:
            self.rivals.setdefault(self.room_at[a], []).append(self.room_at[b])
            self.rivals.setdefault(self.room_at[b], []).append(self.room_at[a])
        self.plain = sum(1 << r for r, room in enumerate(self.rooms) if room.beds == 1 and r not in self.rivals)
        self.cell = [[EMPTY] * n_cells if room.beds == 1 else [] for room in self.rooms]
        self.inside: dict[int, set[int]] = {r: set() for r, room in enumerate(self.rooms) if room.beds > 1}
        self.busy = [0] * n_cells
        self.shut = [0] * n_cells
        self.held: dict[int, list[int]] = {r: [0] * n_cells for r in self.inside}
        self.room = [EMPTY] * len(self.stays)
        self._stirred: set[int] = set()
        self._fits: dict[tuple[object, ...], int] = {}
        self._can: dict[int, int] = {}
        for name, periods in closures.items():
            for start, end in periods:  # those of rivals are among them
                self._shut(self.room_at[name], bisect_left(self.cuts, start), bisect_left(self.cuts, end))
        for i, r in enumerate(self.home):
            self._require_free(i, r)
            self.place(i, r)
            if self.fixed[i]:
                self._fix(i, r)
        self._stirred.clear()
        self.cell_before = [cells[:] for cells in self.cell]
        self.busy_before = self.busy[:]

    def ask(self, stays: Sequence[Stay]) -> bool:
        """Take in stays that ask for a room, instead of those who asked before, and put everybody back where he was.

        Returns False if these stays need other cuts: between themselves the cells would not tell whether they overlap.
        """
        instants = {t for s in stays for t in (s.start, s.end)}
        if len(stays) > 1 and not instants.issubset(self.cuts):
            return False
        away = self.away()
        for i in away:
            if self.room[i] != EMPTY:
                self.remove(i)
        for i in away:
            if self.home[i] != EMPTY:
                self.place(i, self.home[i])
        self._stirred.clear()
        for i in self.asking:
            self._can.pop(i, None)
        for column in (self.stays, self.home, self.fixed, self.first, self.last, self.room):
            del column[self.asking.start :]
        self.asking = range(len(self.stays), len(self.stays) + len(stays))
        self.stays += stays
        self.home += [EMPTY] * len(stays)
        self.fixed += [False] * len(stays)
        self.room += [EMPTY] * len(stays)
        self._cut(stays)
        return True

    def _cut(self, stays: Iterable[Stay]) -> None:
        for stay in stays:
            self.first.append(bisect_right(self.cuts, stay.start) - 1)
            self.last.append(bisect_left(self.cuts, stay.end))

    def _shut(self, room: int, first: int, last: int) -> None:
        for t in range(first, last):
            self.shut[t] |= 1 << room

    def _fix(self, i: int, room: int) -> None:
        first, last = self.first[i], self.last[i]
        for rival in self.rivals.get(room, ()):
            self._shut(rival, first, last)
        if room not in self.inside:
            self._shut(room, first, last)
            return
        held = self.held[room]
        for t in range(first, last):
            held[t] += 1
            if held[t] >= self.rooms[room].beds:
                self.shut[t] |= 1 << room

    def _require_free(self, i: int, room: int) -> None:
        there = self.occupants(i, room)
        beds = self.rooms[room].beds
        if beds > 1 and all(sum(self.covers(j, t) for j in there) < beds for t in self.span(i)):
            there = set()
        for rival in self.rivals.get(room, ()):
            there |= self.occupants(i, rival)
        if there:
            other = self.stays[min(there)].id
            raise ValueError(f"the plan breaks no_overlap: {self.stays[i].id} and {other} in {self.rooms[room].id}")

    def span(self, i: int) -> range:
        """Return the cells that a stay covers."""
        return range(self.first[i], self.last[i])

    def covers(self, i: int, t: int) -> bool:
        """Tell whether a stay covers a cell."""
        return self.first[i] <= t < self.last[i]

    def meets(self, i: int, j: int) -> bool:
        """Tell whether two stays overlap."""
        return self.first[i] < self.last[j] and self.first[j] < self.last[i]

    def can(self, i: int) -> int:
        """Return the rooms that a stay may have if nobody but the fixed stays and closures is in the way."""
        if i not in self._can:
            stay = self.stays[i]
            allowed = stay.allowed_rooms
            key = (stay.types_allowed or stay.type, stay.party, stay.gender, stay.needs, allowed, stay.forbidden_rooms)
            if key not in self._fits:
                self._fits[key] = sum(1 << r for r, room in enumerate(self.rooms) if takes(room, stay))
            shut = 0
            for t in self.span(i):
                shut |= self.shut[t]
            self._can[i] = self._fits[key] & ~shut
        return self._can[i]

    def taken(self, i: int) -> int:
        """Return the private rooms in which somebody is at some time of a stay."""
        taken = 0
        for t in self.span(i):
            taken |= self.busy[t]
        return taken

    def occupants(self, i: int, room: int) -> set[int]:
        """Return who is in a room, itself alone, at some time of a stay."""
        if room in self.inside:
            return {j for j in self.inside[room] if self.meets(i, j)}
        there = set(self.cell[room][self.first[i] : self.last[i]])
        there.discard(EMPTY)
        return there

    def place(self, i: int, room: int) -> None:
        """Put a stay in a room that has space for it."""
        self.room[i] = room
        self._stirred.add(i)
        if room in self.inside:
            self.inside[room].add(i)
            return
        first, last = self.first[i], self.last[i]
        self.cell[room][first:last] = [i] * (last - first)
        mark = 1 << room
        for t in range(first, last):
            self.busy[t] |= mark

    def remove(self, i: int) -> int:
        """Take a placed stay out of its room, and return the room."""
        room = self.room[i]
        self.room[i] = EMPTY
        self._stirred.add(i)
        if room in self.inside:
            self.inside[room].remove(i)
            return room
        first, last = self.first[i], self.last[i]
        self.cell[room][first:last] = [EMPTY] * (last - first)
        mark = ~(1 << room)
        for t in range(first, last):
            self.busy[t] &= mark
        return room

    def price(self, i: int, room: int) -> tuple[int, int]:
        """Return what to choose among free rooms by: the terms of the stay alone, then the sides left idle."""
        stay, there = self.stays[i], self.rooms[room]
        cost = upgrade_of(self.problem, stay, there) + wish_of(stay, there)
        cost += stay.room_costs.get(there.id, 0) + there.use_cost * stay.nights
        if room in self.inside:
            return cost, 2
        cells, first, last = self.cell[room], self.first[i], self.last[i]
        idle = [t for t in (first - 1, last) if not 0 <= t < len(cells) or cells[t] == EMPTY]
        return cost, len(idle)

    def away(self) -> list[int]:
        """Return who is not where the plan has him, and of those who ask who has a room."""
        return [i for i in sorted(self._stirred) if self.room[i] != self.home[i]]

    def name(self, room: int) -> str | None:
        """Return the id of a room, None for nowhere."""
        return None if room == EMPTY else self.rooms[room].id

    def names(self, rooms: Iterable[int]) -> tuple[str, ...]:
        """Return the ids of rooms."""
        return tuple(self.rooms[r].id for r in rooms)

"""The fewest stays that must move so that others fit: tried for none, one, two, ... until it works.

Whoever takes a room drives out those who stand in the way there; each of them takes another room, and so on. In a plan
with the fewest moves everybody who moves was driven out by somebody who moves (else he could as well stay), so that
trying all rooms for all who are driven out, with so many moves and no more, misses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from heapq import heappop, heappush

from allocator.answers.rack import EMPTY, Rack, bits


class Spent(Exception):
    """The effort is spent."""


class Eviction:
    """The search; the rack is left with everybody placed where it succeeded.

    Attributes
    ----------
    effort
        (stay, room) pairs that may still be looked at.
    cut
        Whether the last search left a way out because it took more moves than allowed.
    """

    def __init__(self, rack: Rack, hints: Hints, effort: int) -> None:
        self.rack, self.effort = rack, effort
        self.cut = False
        self._hints = hints
        self._settled: set[int] = set()
        self._touched = 0  # rooms that somebody has left or taken

    def within(self, most: int) -> bool:
        """Place all who ask with at most so many moves, if that can be done.

        Raises
        ------
        Spent
            If the effort did not suffice to know; then the rack must be asked anew.
        """
        self.cut = False
        self._settled, self._touched = set(self.rack.asking), 0
        return self._place(list(self.rack.asking), most)

    def _place(self, waiting: list[int], most: int) -> bool:
        if not waiting:
            return True
        rack = self.rack
        if most == 0 and not all(self._fits_now(i, set()) for i in waiting):
            self.cut = True
            return False
        i = waiting[-1]
        rest = waiting[:-1]
        before = self._touched
        for room, leaving in self._ways(i, most):
            for j in leaving:
                self._touched |= 1 << rack.remove(j)
            self._settled |= leaving
            rack.place(i, room)
            self._touched |= 1 << room
            if self._place([*rest, *leaving], most - len(leaving)):
                return True
            rack.remove(i)
            self._settled -= leaving
            for j in leaving:
                rack.place(j, rack.home[j])
            self._touched = before
        return False

    def _promising(self, leaving: Set[int], most: int) -> bool:
        """Tell whether those about to leave might find rooms with so many moves; never wrongly no."""
        if most > 1:
            return True
        hints = self._hints
        if most == 0:
            fine = all(self._fits_now(i, leaving) for i in leaving)
        else:
            fine = all(hints.alone(i) & hints.loose or self._fits_soon(i, leaving) for i in leaving)
        self.cut |= not fine
        return fine

    def _fits_now(self, i: int, leaving: Set[int]) -> bool:
        """Tell whether a stay has a free room as the rack stands once some have left; never wrongly no."""
        rack, touched = self.rack, self._touched
        if self._hints.free(i) & ~touched:
            return True
        for j in leaving:
            touched |= 1 << rack.home[j]
        if rack.home[i] != EMPTY:
            touched &= ~(1 << rack.home[i])
        rooms = rack.can(i) & touched
        return bool(rooms & ~rack.plain) or any(not self._in_the_way(i, room, leaving) for room in bits(rooms))

    def _fits_soon(self, i: int, leaving: Set[int]) -> bool:
        """Tell whether a stay might have a room if one more moved; never wrongly no."""
        rack, hints = self.rack, self._hints
        can = rack.can(i)
        if can & ~rack.plain or hints.free(i):
            return True
        gone = self._settled | leaving
        for j in gone:
            home = rack.home[j]
            if home != EMPTY and j != i and can >> home & 1:
                there = self._in_the_way(i, home, leaving)
                if len(there) <= 1 and there.isdisjoint(self._settled):
                    return True
        return bool(hints.alone(i) & hints.vacant(gone))

    def _in_the_way(self, i: int, room: int, leaving: Set[int]) -> set[int]:
        rack = self.rack
        there = set(rack.cell[room][rack.first[i] : rack.last[i]])
        there -= leaving
        there.discard(EMPTY)
        return there

    def _ways(self, i: int, most: int) -> Iterator[tuple[int, set[int]]]:
        """Yield the rooms that a stay could have, with who must leave: at most so many, the settled never."""
        rack, settled, touched = self.rack, self._settled, self._touched
        can = rack.can(i)
        if rack.home[i] != EMPTY:
            can &= ~(1 << rack.home[i])  # he was driven out of there
        free = list(bits(can & rack.plain & ~rack.taken(i)))
        self._spend(len(free) + 1)
        for room in sorted(free, key=lambda r: rack.price(i, r)):
            yield room, set()
        found: list[tuple[int, int, set[int]]] = []
        for room in bits(can & ~rack.plain):
            found += [(len(leaving), room, leaving) for leaving in self._special(i, room, most)]
        for room in bits(can & touched & rack.plain):
            leaving = self._in_the_way(i, room, set())
            if not leaving or not settled.isdisjoint(leaving):
                continue
            if len(leaving) > most:
                self.cut = True
            elif self._promising(leaving, most - len(leaving)):
                found.append((len(leaving), room, leaving))
        for room, leaving in self._hints.ways(i):
            if len(leaving) > most:
                self.cut = True
                break
            self._spend(1)
            if not touched >> room & 1 and self._promising(leaving, most - len(leaving)):
                found.append((len(leaving), room, leaving))
        found.sort(key=lambda way: way[:2])
        for _, room, leaving in found:
            yield room, leaving

    def _special(self, i: int, room: int, most: int) -> Iterator[set[int]]:
        """Yield who might leave a dorm, a suite or a part of one for the stay: the smallest sets of them."""
        rack = self.rack
        here = rack.occupants(i, room)
        must = set().union(*(rack.occupants(i, rival) for rival in rack.rivals.get(room, ())))
        if room not in rack.inside:
            must |= here
        elif rack.rooms[room].gender == "same":
            must |= {j for j in here if rack.stays[j].gender != rack.stays[i].gender}
        self._spend(1 + len(must))
        if any(rack.fixed[j] or j in self._settled for j in must):
            return
        if len(must) > most:
            self.cut = True
        elif room in rack.inside:
            yield from self._beds(i, room, here - must, must, most)
        else:
            yield must

    def _beds(self, i: int, room: int, here: set[int], leaving: set[int], most: int) -> Iterator[set[int]]:
        """Yield sets of a dorm's guests that leave a bed free throughout the stay."""
        rack = self.rack
        self._spend(len(here))
        for t in rack.span(i):
            there = [j for j in here if rack.covers(j, t)]
            if len(there) >= rack.rooms[room].beds:
                break
        else:
            yield leaving
            return
        movable = [j for j in there if not rack.fixed[j] and j not in self._settled]
        if len(leaving) == most:
            self.cut |= bool(movable)
            return
        for j in movable:
            yield from self._beds(i, room, here - {j}, leaving | {j}, most)

    def _spend(self, effort: int) -> None:
        self.effort -= effort
        if self.effort < 0:
            raise Spent


def chain(rack: Rack, hints: Hints, most: int) -> bool:
    """Place the one who asks by a chain: whoever is driven out drives out the next, the last one finds a free room.

    Where several stand in the way of one, all of them but the next in the chain must find free rooms. Chains are tried
    in order of their moves, up to so many. There may be shorter ways, and ways where there is no chain.
    """
    (asking,) = rack.asking
    queue: list[tuple[int, int, int]] = [(0, 0, asking)]
    came: dict[int, tuple[int, int, set[int]]] = {}
    done: set[int] = set()
    number, tries = 0, 30
    while queue:
        moves, _, i = heappop(queue)
        if i in done:
            continue
        done.add(i)
        if hints.free(i):
            if _replay(rack, asking, i, came):
                return True
            tries -= 1
            if not tries:
                return False
        for room, leaving in hints.ways(i):
            if moves + len(leaving) > most:
                break
            stuck = [j for j in leaving if not hints.free(j)]
            if len(stuck) > 1 or any(rack.fixed[j] for j in leaving):
                continue
            for j in stuck or leaving:
                if j not in done and j not in came:
                    came[j] = (i, room, leaving)
                    number += 1
                    heappush(queue, (moves + len(leaving), number, j))
    return False


def _replay(rack: Rack, asking: int, last: int, came: Mapping[int, tuple[int, int, set[int]]]) -> bool:
    """Carry out a chain, if its steps do not get into each other's way; otherwise everybody is put back."""
    steps = []
    i = last
    while i != asking:
        before, room, leaving = came[i]
        steps.append((before, room, leaving))
        i = before
    gone = {j for _, _, leaving in steps for j in leaving}
    for j in gone:
        rack.remove(j)
    placed = []
    for i, room, _ in reversed(steps):
        if rack.room[i] != EMPTY or rack.occupants(i, room):
            break
        rack.place(i, room)
        placed.append(i)
    else:
        for i in sorted(gone | {asking}, key=lambda j: (rack.can(j) & rack.plain & ~rack.taken(j)).bit_count()):
            if rack.room[i] != EMPTY:
                continue
            free = [room for room in bits(rack.can(i) & rack.plain & ~rack.taken(i)) if room != rack.home[i]]
            if not free:
                break
            rack.place(i, min(free, key=lambda room: rack.price(i, room)))
            placed.append(i)
        else:
            return True
    for i in placed:
        rack.remove(i)
    for j in gone:
        rack.place(j, rack.home[j])
    return False


class Hints:
    """What the plan as it stands says of who could make space, kept for all searches in a rack.

    What a search places only takes space away, and what it drives out leaves its home: in all other rooms things are as
    the plan has them.

    Attributes
    ----------
    loose
        Of those who were asked about, the stays that have a free room in the plan, as bits.
    """

    def __init__(self, rack: Rack) -> None:
        self.rack = rack
        self.loose = 0
        self._free: dict[int, int] = {}
        self._ways: dict[int, list[tuple[int, set[int]]]] = {}
        self._alone: dict[int, int] = {}
        self._before: list[int] = [0] * (len(rack.cuts) + 1)
        self._after: list[int] = [0] * (len(rack.cuts) + 1)
        for i in range(rack.asking.start):
            self._after[rack.first[i]] |= 1 << i
            self._before[rack.last[i]] |= 1 << i
        for t in range(len(rack.cuts)):
            self._before[t + 1] |= self._before[t]
            self._after[-2 - t] |= self._after[-1 - t]

    def forget(self) -> None:
        """Drop what was found about stays that ask."""
        n = self.rack.asking.start
        for found in (self._free, self._ways, self._alone):
            for i in [i for i in found if i >= n]:
                del found[i]
        self.loose &= (1 << n) - 1

    def free(self, i: int) -> int:
        """Return the plain rooms that a stay could have in the plan beside its own; all rooms if it may have others."""
        found = self._free.get(i)
        if found is None:
            rack = self.rack
            taken = 0
            for t in rack.span(i):
                taken |= rack.busy_before[t]
            can = rack.can(i)
            found = -1 if can & ~rack.plain else can & ~taken
            self._free[i] = found
            self.loose |= bool(found) << i
        return found

    def ways(self, i: int) -> list[tuple[int, set[int]]]:
        """Return the plain rooms, other than its own, that are taken for a stay, with by whom; fewest first."""
        found = self._ways.get(i)
        if found is None:
            rack = self.rack
            first, last = rack.first[i], rack.last[i]
            found = []
            for room in bits(rack.can(i) & rack.plain):
                leaving = set(rack.cell_before[room][first:last])
                leaving.discard(EMPTY)
                if leaving and i not in leaving:
                    found.append((room, leaving))
            found.sort(key=lambda way: len(way[1]))
            self._ways[i] = found
        return found

    def alone(self, i: int) -> int:
        """Return, as bits, those who by themselves stand in the way of a stay in some plain room."""
        found = self._alone.get(i)
        if found is None:
            found = 0
            for _, leaving in self.ways(i):
                if len(leaving) > 1:
                    break
                (j,) = leaving
                found |= 1 << j
                self.free(j)
            self._alone[i] = found
        return found

    def vacant(self, gone: Set[int]) -> int:
        """Return, as bits, the stays that would fit by time into the homes of those who are gone."""
        rack, found = self.rack, 0
        for j in gone:
            if rack.home[j] == EMPTY:
                continue
            if not rack.plain >> rack.home[j] & 1:
                return -1
            cells, first, last = rack.cell_before[rack.home[j]], rack.first[j], rack.last[j]
            while first > 0 and (cells[first - 1] == EMPTY or cells[first - 1] in gone):
                first -= 1
            while last < len(cells) and (cells[last] == EMPTY or cells[last] in gone):
                last += 1
            found |= self._after[first] & self._before[last]
        return found

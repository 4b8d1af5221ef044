"""The fewest stays that must move so that others fit: tried for none, one, two, ... until it works.

Whoever takes a room drives out those who stand in the way there; each of them takes another room, and so on. In a plan
with the fewest moves everybody who moves was driven out by somebody who moves (else he could as well stay), so that
trying all rooms for all who are driven out, with so many moves and no more, misses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

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

    def within(self, most: int) -> bool:
        """Place all who ask with at most so many moves, if that can be done.

        Raises
        ------
        Spent
            If the effort did not suffice to know; then the rack must be asked anew.
        """
        self.cut = False
        self._settled = set(self.rack.asking)
        return self._place(list(self.rack.asking), most)

    def _place(self, waiting: list[int], most: int) -> bool:
        if not waiting:
            return True
        rack = self.rack
        if not self._promising(waiting, set(), most):
            return False
        i = waiting[-1]
        rest = waiting[:-1]
        for room, leaving in self._ways(i, most):
            for j in leaving:
                rack.remove(j)
            self._settled |= leaving
            rack.place(i, room)
            if self._place([*rest, *leaving], most - len(leaving)):
                return True
            rack.remove(i)
            self._settled -= leaving
            for j in leaving:
                rack.place(j, rack.home[j])
        return False

    def _promising(self, waiting: Set[int] | list[int], leaving: Set[int], most: int) -> bool:
        """Tell whether stays might find rooms with so many moves; surely not if this is False.

        ``leaving`` are about to be driven out, beside those who have been.
        """
        if most > 1:
            return True
        rack, hints = self.rack, self._hints
        gone = self._settled | leaving
        if most == 0:
            fine = all(
                can & ~rack.plain or can & rack.plain & ~rack.taken(i) or hints.returns(i, gone, 0)
                for i in waiting
                for can in [rack.can(i)]
            )
        else:
            vacant = hints.vacant(gone)
            fine = all(
                hints.free(i) or hints.alone(i) & (hints.loose | vacant) or hints.returns(i, gone, 1) for i in waiting
            )
        self.cut |= not fine
        return fine

    def _ways(self, i: int, most: int) -> Iterator[tuple[int, set[int]]]:
        """Yield the rooms that a stay could have, with who must leave: at most so many, the settled never."""
        rack, settled = self.rack, self._settled
        can = rack.can(i)
        if rack.home[i] != EMPTY:
            can &= ~(1 << rack.home[i])  # he was driven out of there
        taken = rack.taken(i)
        free = list(bits(can & rack.plain & ~taken))
        self._spend(len(free) + 1)
        for room in sorted(free, key=lambda r: rack.price(i, r)):
            yield room, set()
        found: list[tuple[int, int, set[int]]] = []
        for room in bits(can & ~rack.plain):
            found += [(len(leaving), room, leaving) for leaving in self._special(i, room, most)]
        blocked = can & rack.plain & taken
        if most == 0:
            self.cut |= bool(blocked)
        else:
            first, last = rack.first[i], rack.last[i]
            self._spend(blocked.bit_count())
            for room in bits(blocked):
                leaving = set(rack.cell[room][first:last])
                leaving.discard(EMPTY)
                if not settled.isdisjoint(leaving):
                    continue
                if len(leaving) > most:
                    self.cut = True
                elif self._promising(leaving, leaving, most - len(leaving)):
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


class Hints:
    """What the plan as it stands says of who could make space, kept for all searches in a rack.

    What a search places only takes space away; what it drives out leaves its home. So nobody can do more than he could
    in the plan, but for the rooms that were left.

    Attributes
    ----------
    loose
        Stays, as bits, found to have a free room in the plan.
    """

    def __init__(self, rack: Rack) -> None:
        self.rack = rack
        self.loose = 0
        self._alone: dict[int, int] = {}
        self._asked: set[int] = set()
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
        self._alone = {i: found for i, found in self._alone.items() if i < n}
        self._asked = {i for i in self._asked if i < n}
        self.loose &= (1 << n) - 1

    def free(self, i: int) -> bool:
        """Tell whether a stay might have a free room beside the one it has."""
        if i not in self._asked:
            self._asked.add(i)
            rack = self.rack
            can = rack.can(i) & ~(1 << rack.home[i]) if rack.home[i] != EMPTY else rack.can(i)
            if can & ~rack.plain or can & ~self._taken(i):
                self.loose |= 1 << i
        return bool(self.loose >> i & 1)

    def alone(self, i: int) -> int:
        """Return, as bits, those who by themselves stand in the way of a stay in some room."""
        if i not in self._alone:
            rack, found = self.rack, 0
            first, last = rack.first[i], rack.last[i]
            for room in bits(rack.can(i) & rack.plain & self._taken(i)):
                leaving = set(rack.cell_before[room][first:last])
                leaving.discard(EMPTY)
                if len(leaving) == 1:
                    j = leaving.pop()
                    found |= 1 << j
                    self.free(j)
            self._alone[i] = found
        return self._alone[i]

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

    def returns(self, i: int, gone: Set[int], most: int) -> bool:
        """Tell whether in the home of somebody who is gone at most so many others stand in the way of a stay."""
        rack = self.rack
        for j in gone:
            home = rack.home[j]
            if home == EMPTY or home == rack.home[i] or not rack.can(i) >> home & 1:
                continue
            if not rack.plain >> home & 1:
                return True
            if len(set(rack.cell_before[home][rack.first[i] : rack.last[i]]) - gone - {EMPTY}) <= most:
                return True
        return False

    def _taken(self, i: int) -> int:
        taken = 0
        for t in self.rack.span(i):
            taken |= self.rack.busy_before[t]
        return taken

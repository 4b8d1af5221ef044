"""What the plan in force says of who could make space, found once and kept for all searches in a rack."""

from __future__ import annotations

from collections.abc import Set

from allocator.answers.rack import EMPTY, Rack, bits


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

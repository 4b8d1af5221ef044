"""The fewest stays that must move so that others fit: tried for none, one, two, ... until it works.

Whoever takes a room drives out those who stand in the way there; each of them takes another room, and so on. In a plan
with the fewest moves everybody who moves was driven out by somebody who moves (else he could as well stay), so that
trying all rooms for all who are driven out, with so many moves and no more, misses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from allocator.answers.hints import Hints
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

"""Two rooms at a time, exactly, by dynamic programming: the local search that does most of the work.

Pool what two rooms hold, and a few stays that have no room; sort it by start and go through it once: each goes to A,
to B, or is left out. The state is when A and B were last left, so gaps are priced exactly. Ends further back than the
longest priced gap are all alike, and a partial solution dearer than what the two rooms hold now is dropped, which
leaves a handful of states a step. Noise on the costs, shrinking to nothing, takes the search out of local optima.

Beds of a dorm are rooms of their own here; those of a ``same`` gender dorm are left to other searches.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from allocator.arrays import NOWHERE, Arrays, Ints, Lists
from allocator.search.need import distances
from allocator.search.program import draw, rows_score, sweep
from allocator.search.rows import Rows


class _Hand:
    """What a thread needs for itself: its random numbers, its share of the stays without a room, its counts."""

    def __init__(self, n_stays: int, seed: int, number: int) -> None:
        self.number = number
        self.rng = np.array([(seed * 2 + 1) * 0x9E3779B97F4A7C15 % 2**64 or 1], np.uint64)
        for _ in range(8):
            draw(self.rng)
        self.loose: Ints = np.zeros(n_stays + 1, np.int64)
        self.count: Ints = np.zeros(1, np.int64)
        self.tally: Ints = np.zeros(2, np.int64)


def _close(arrays: Arrays) -> tuple[Ints, Ints]:
    """Return by room, end to end, the other rooms that are no distance from it: connecting, or next to it."""
    if not arrays.has_pair_terms:
        return np.zeros(arrays.n_rooms + 1, np.int64), np.zeros(0, np.int64)
    every = np.arange(arrays.n_rooms)
    close = Lists.of(np.flatnonzero((distances(arrays, np.array([r]), every)[0] == 0) & (every != r)) for r in every)
    return close.start, close.items


class PairSearch:
    """A plan under improvement, two rooms at a time."""

    def __init__(self, arrays: Arrays, rooms: Ints, seed: int, threads: int = 1) -> None:
        a, c = arrays, arrays.costs
        self.arrays = arrays
        self.rows = r = Rows(arrays, rooms)
        self.beds: Ints = np.arange(len(r.room))
        self._costs = (
            c.rate, c.column, c.profile, c.nights, c.extra, c.exception_room.start, c.exception_room.items,
            c.exception_cost,
        )  # fmt: skip
        order = np.argsort(a.group, kind="stable")
        grouped = order[a.group[order] >= 0]
        n_groups = len(a.wants_doors)
        members = np.concatenate([[0], np.cumsum(np.bincount(a.group[grouped], minlength=n_groups))]).astype(np.int64)
        self._groups: tuple[Any, ...] = (
            a.has_pair_terms, a.group, members, grouped.astype(np.int64), a.place, a.doors.start, a.doors.items,
            a.wants_doors,
            a.apart, a.not_connecting, *_close(a),
        )  # fmt: skip
        self._length: Ints = np.maximum(1, (a.end - a.start) // a.slots_per_night)
        self._rival_rooms = np.diff(a.rivals.start) > 0
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._hands = [_Hand(a.n_stays, seed * 64 + k, k) for k in range(threads)]
        self._dealt: Ints = np.full(len(r.room), -1, np.int64)  # which hand has which bed
        self._class_beds = Lists.of([])
        self._near: Ints = np.full((a.n_stays, 1), -1, np.int64)
        self._shuffle = np.random.default_rng(seed)
        self.waiting: Ints = np.zeros(0, np.int64)
        self.load(rooms)

    @property
    def changed(self) -> int:
        """Pairs changed so far."""
        return sum(int(hand.tally[0]) for hand in self._hands)

    def load(self, rooms: Ints) -> None:
        """Go on from another plan."""
        self.rows.load(rooms)
        self.waiting = np.flatnonzero(self.rows.bed == NOWHERE)

    def guide(self, near: Ints, of_room: Ints) -> None:
        """Prefer as second room of a pair one of the classes that prices say suit a stay.

        Parameters
        ----------
        near : (n_stays, k)
            Classes, best first.
        of_room : (n_rooms,)
            Class of each room.
        """
        self._near = near
        self._class_beds = Lists.by(of_room[self.rows.room], np.arange(len(self.rows.room)), int(of_room.max()) + 1)

    def sweep(self, pairs: int, noise: float, move_price: float = 0.0, ease: float = 0.0, threads: int = 1) -> None:
        """Re-solve so many random pairs, with so much noise on the costs.

        Parameters
        ----------
        move_price
            What leaving the room held costs beyond the term ``move``.
        ease
            If positive, being without a room costs about so much a night: hard stays change places with easy ones.
        threads
            The beds are dealt out to so many hands for the time of this sweep.
        """
        threads = min(threads, self._threads, len(self.beds) // 8)
        if threads <= 1 or self._pool is None:
            self._dealt[self.beds] = 0
            self.waiting = self._run(self._hands[0], self.beds, self.waiting, pairs, noise, move_price, ease)
            return
        dealt = self._shuffle.integers(threads, size=len(self.beds))
        dealt[self._rival_rooms[self.rows.room[self.beds]]] = 0
        self._dealt[self.beds] = dealt
        owed = self._shuffle.integers(threads, size=len(self.waiting))
        tasks = [
            self._pool.submit(
                self._run,
                self._hands[k],
                self.beds[dealt == k],
                self.waiting[owed == k],
                pairs // threads,
                noise,
                move_price,
                ease,
            )
            for k in range(threads)
        ]
        self.waiting = np.concatenate([task.result() for task in tasks])

    def _run(
        self, hand: _Hand, beds: Ints, waiting: Ints, pairs: int, noise: float, move_price: float, ease: float
    ) -> Ints:
        if len(beds) < 2:
            return waiting
        a, r = self.arrays, self.rows
        hand.loose[: len(waiting)] = waiting
        hand.count[0] = len(waiting)
        arguments: tuple[Any, ...] = (
            pairs, noise, move_price, ease, hand.rng, beds, hand.loose, hand.count,
            a.n_stays, r.start, r.end, self._length, a.fixed, a.held, a.penalty,
            r.row, r.length, r.bed, r.room, r.first_bed, a.beds,
            *self._costs, a.gap, a.slots_per_night, a.rivals.start, a.rivals.items,
            *self._groups, hand.tally, self._near, self._class_beds.start, self._class_beds.items,
            self._dealt, hand.number,
        )  # fmt: skip
        sweep(*arguments)
        return hand.loose[: hand.count[0]].copy()

    def value(self) -> int:
        """Return the placing and gap terms of the rows."""
        a, r = self.arrays, self.rows
        return a.fixed_cost + int(
            rows_score(
                a.n_stays, r.start, r.end, a.fixed, a.penalty, r.row, r.length, r.bed, r.room, a.beds,
                *self._costs, a.gap, a.slots_per_night,
            )
        )  # fmt: skip

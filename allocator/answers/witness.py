"""Why there is no room, in a form that anybody can count: stays that share a moment, and the rooms left for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from allocator.answers.rack import EMPTY, Rack, bits, takes
from allocator.check import closed_periods, placements
from allocator.period import overlap
from allocator.plan import Plan
from allocator.problem import Problem, Room, Stay


@dataclass(frozen=True, slots=True)
class Capacity:
    """At a slot all of some stays are there, none of them can be outside some rooms, and these have too few beds.

    Attributes
    ----------
    slot
        Where they meet.
    stays, rooms
        Their ids; the stays are those who may be moved and those who ask.
    beds
        How many of these stays the rooms can hold at the slot; fewer than there are.
    """

    slot: int
    stays: tuple[str, ...]
    rooms: tuple[str, ...]
    beds: int

    def __str__(self) -> str:
        return f"{len(self.stays)} stays compete for {self.beds} beds in {len(self.rooms)} rooms at slot {self.slot}"


def capacity_witness(rack: Rack) -> Capacity | None:
    """Return a witness that those who ask cannot all be placed beside the others, if a single moment shows it.

    At each moment stays and rooms are matched: who asks takes a room, whoever is in it another one, and so on until a
    bed is free. Where the search for such a chain ends without one, it has gone through stays that have no other rooms.
    """
    for t in sorted({t for i in rack.asking for t in rack.span(i)}):
        found = _at(rack, t)
        if found is not None:
            return found
    return None


def _at(rack: Rack, t: int) -> Capacity | None:
    """Return a witness at a cell: augment the matching of the plan by all who ask and are there."""
    guests: dict[int, list[int]] = {}
    for room, cells in enumerate(rack.cell):
        there = cells[t : t + 1] if room not in rack.inside else [i for i in rack.inside[room] if rack.covers(i, t)]
        guests[room] = [i for i in there if i != EMPTY and not rack.fixed[i]]
    where = {i: room for room, there in guests.items() for i in there}
    for asking in rack.asking:
        if not rack.covers(asking, t) or asking in where:
            continue
        came: dict[int, int] = {}  # who wants the room
        queue, seen = [asking], 0
        free = -1
        for i in queue:
            for room in bits(rack.can(i) & ~seen):
                seen |= 1 << room
                came[room] = i
                if len(guests[room]) < beds_left(rack, room, t):
                    free = room
                    break
                queue += guests[room]
            if free >= 0:
                break
        if free < 0:
            rooms = list(bits(seen))
            beds = sum(beds_left(rack, room, t) for room in rooms)
            stays = [rack.stays[i] for i in queue]
            slot = max(rack.cuts[t], *(stay.start for stay in stays))  # a stay that asks may begin within the cell
            return Capacity(slot, tuple(sorted(stay.id for stay in stays)), rack.names(rooms), beds)
        room, i = free, came[free]
        while True:
            left = where.get(i)
            where[i] = room
            guests[room].append(i)
            if left is None:
                break
            guests[left].remove(i)
            room, i = left, came[left]
    return None


def beds_left(rack: Rack, room: int, t: int) -> int:
    """Return how many stays that may be moved a room can hold at a cell."""
    if rack.shut[t] >> room & 1:
        return 0
    return rack.rooms[room].beds - rack.held[room][t] if room in rack.held else 1


def holds(problem: Problem, plan: Plan, asking: Collection[Stay], witness: Capacity) -> bool:
    """Re-check a witness by plain counting, sharing nothing with what found it but the rules.

    Parameters
    ----------
    problem, plan
        Who is placed must stay placed; who is locked, or in a room it may not have, stays there.
    asking
        Who must be placed as well.
    """
    asked = {stay.id: stay for stay in asking}
    fixed = [(s, r) for s, r in placements(problem, plan) if s.id not in asked and (s.locked or not takes(r, s))]
    unmoved = {stay.id for stay, _ in fixed}
    known = {s.id: s for s, _ in placements(problem, plan) if s.id not in unmoved} | asked
    stays = [known[name] for name in set(witness.stays) if name in known]
    if len(stays) < len(witness.stays) or not all(s.start <= witness.slot < s.end for s in stays):
        return False
    rivals: dict[str, set[str]] = {}
    for a, b in problem.rivals:
        rivals.setdefault(a, set()).add(b)
        rivals.setdefault(b, set()).add(a)
    locked: dict[str, list[Stay]] = {}
    for stay, room in fixed:
        locked.setdefault(room.id, []).append(stay)
    closed = closed_periods(problem)
    among = set(witness.rooms)

    def beds_at(room: Room, slot: int) -> int:
        if any(start <= slot < end for start, end in closed.get(room.id, ())):
            return 0
        if any(s.start <= slot < s.end for rival in rivals.get(room.id, ()) for s in locked.get(rival, ())):
            return 0
        return max(0, room.beds - sum(s.start <= slot < s.end for s in locked.get(room.id, ())))

    elsewhere = [room for room in problem.rooms if room.id not in among]
    taking: dict[tuple[object, ...], list[Room]] = {}

    def possible(stay: Stay, room: Room) -> bool:
        near = [s for name in (room.id, *rivals.get(room.id, ())) for s in locked.get(name, ())]
        moments = [stay.start, *(s.start for s in near if stay.start < s.start < stay.end)]
        shut = any(overlap(stay.start, stay.end, start, end) for start, end in closed.get(room.id, ()))
        return not shut and all(beds_at(room, slot) for slot in moments)

    for stay in stays:
        alike = _asking_alike(stay)
        if alike not in taking:
            taking[alike] = [room for room in elsewhere if takes(room, stay)]
        if any(possible(stay, room) for room in taking[alike]):
            return False
    beds = sum(beds_at(problem.room_by_id[room], witness.slot) for room in among)
    return beds == witness.beds and beds < len(stays)


def _asking_alike(stay: Stay) -> tuple[object, ...]:
    """Return what decides which rooms take a stay."""
    types = stay.types_allowed or (stay.type,)
    return (types, stay.party, stay.gender, stay.needs, stay.allowed_rooms, stay.forbidden_rooms)

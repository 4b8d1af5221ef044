"""Rooms that a file gives to its bookings: who is in whose way, and which bed of a dorm each one takes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from api.services.imports.faults import Faults
from api.services.imports.known import Known

FILE: Final = "bookings"


@dataclass(frozen=True, slots=True)
class Placed:
    """A booking's place: room and bed over a hotel-local period.

    Attributes
    ----------
    line
        Of the booking, in its file.
    misfit
        Why the room does not fit the booking (kept as an override, with this reason); empty if it does.
    """

    line: int
    room: str
    bed: int
    starts_at: datetime
    ends_at: datetime
    in_house: bool = False
    misfit: str = ""


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whoever has a bed: a line of the file, or something that the hotel already has."""

    starts_at: datetime
    ends_at: datetime
    in_house: bool
    name: str


class _Bed:
    """Who has one bed, by start: they do not overlap, so that only neighbours can be in a newcomer's way."""

    def __init__(self) -> None:
        self.holders: list[_Holder] = []
        self.starts: list[datetime] = []
        self.in_house: _Holder | None = None

    def rival(self, wanted: _Holder) -> _Holder | None:
        """Return who is in the way: one of the same time, or another guest who is in house now."""
        if wanted.in_house and self.in_house is not None:
            return self.in_house
        after = bisect_left(self.starts, wanted.ends_at)
        last = self.holders[after - 1] if after else None
        return last if last is not None and last.ends_at > wanted.starts_at else None

    def add(self, holder: _Holder) -> None:
        """Give the bed to somebody who has no rival."""
        at = bisect_left(self.starts, holder.starts_at)
        self.starts.insert(at, holder.starts_at)
        self.holders.insert(at, holder)
        if holder.in_house:
            self.in_house = holder


def place(asked: Sequence[Placed], known: Known, faults: Faults) -> dict[int, Placed]:
    """Return the places by line, each with its bed, and note every clash.

    With a suite go its parts. In a dorm each stay gets the first bed that is free for all of it, from left to right by
    start: in an empty dorm that finds beds whenever they suffice.
    """
    beds = {number: [_Bed() for _ in range(room.beds)] for number, room in known.rooms.items()}
    for taken in known.taken:
        holder = _Holder(taken.starts_at, taken.ends_at, taken.in_house, taken.by)
        beds[taken.room][taken.bed - 1].add(holder)
    placed = {}
    for wanted in sorted(asked, key=lambda p: (p.starts_at, p.line)):
        parts = known.rooms[wanted.room].parts
        bed = _take_bed(wanted.room, beds[wanted.room], wanted, faults)
        for number in parts:
            _take_bed(number, beds[number], wanted, faults)
        placed[wanted.line] = replace(wanted, bed=bed)
    return placed


def _take_bed(number: str, beds: list[_Bed], wanted: Placed, faults: Faults) -> int:
    """Take the first free bed and return its number; if all are taken that is a fault."""
    mine = _Holder(wanted.starts_at, wanted.ends_at, wanted.in_house, f"line {wanted.line}")
    rivals = []
    for place, bed in enumerate(beds):
        rival = bed.rival(mine)
        if rival is None:
            bed.add(mine)
            return place + 1
        rivals.append(rival)
    rival = rivals[0]
    if len(beds) > 1:
        what = f"all {len(beds)} beds of dorm {number} are taken, one by {rival.name}"
    elif mine.in_house and rival.in_house:
        what = f"two in-house guests in room {number}: {rival.name} is there too"
    else:
        period = f"{rival.starts_at:%Y-%m-%d %H:%M} to {rival.ends_at:%Y-%m-%d %H:%M}"
        what = f"room {number} is taken by {rival.name} from {period}"
    faults.add(FILE, wanted.line, "room", what)
    return 1

"""What a hotel with private rooms must look like after any verb, told without a database and without the services.

Written from the words of the docs, not from the code: every verb either changes this model as it says or raises `No`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MIDNIGHT, ARRIVAL, DEPARTURE = time(0), time(15), time(11)


class No(Exception):
    """The hotel refuses."""


def planned(check_in: date, check_out: date) -> tuple[datetime, datetime]:
    """Return when a stay has its room; a day use lies between two nights."""
    if check_in == check_out:
        return datetime.combine(check_in, DEPARTURE), datetime.combine(check_in, ARRIVAL)
    return datetime.combine(check_in, ARRIVAL), datetime.combine(check_out, DEPARTURE)


@dataclass(frozen=True)
class Taken:
    """A room for a period."""

    room: str
    start: datetime
    end: datetime
    locked: bool = False


@dataclass
class Stay:
    """A booking and the rooms it holds, in their order."""

    kind: str
    check_in: date
    check_out: date
    status: str
    confirmed: bool
    locked: bool = False
    rooms: list[Taken] = field(default_factory=list)

    @property
    def last_day(self) -> date:
        """The first day on which nobody may arrive any more."""
        return max(self.check_out, self.check_in + DAY)


@dataclass
class Model:
    """A hotel: rooms by number with the rank of their type, bookings, closures, dirty rooms, its day and its clock."""

    ranks: dict[str, int]
    kinds: dict[str, int]
    day: date
    now: datetime
    stays: dict[str, Stay] = field(default_factory=dict)
    closures: dict[str, Taken] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)

    def need(self, answer: bool) -> None:
        """Refuse unless it is so."""
        if not answer:
            raise No

    def free(self, room: str, start: datetime, end: datetime, *but: str) -> bool:
        """Tell whether nobody but these has the room in the period."""
        taken = [t for name, stay in self.stays.items() if name not in but for t in stay.rooms]
        return not any(t.room == room and t.start < end and start < t.end for t in (*taken, *self.closures.values()))

    def somebody_in(self, room: str, but: str) -> bool:
        """Tell whether a guest other than this one is in the room."""
        inside = [s for name, s in self.stays.items() if name != but and s.status == "CHECKED_IN" and s.rooms]
        return any(stay.rooms[-1].room == room for stay in inside)

    def fits(self, stay: Stay, room: str) -> bool:
        """Tell whether a person may give the room: its type, or a higher one."""
        return self.ranks[room] >= self.kinds[stay.kind]

    def book(self, name: str, kind: str, check_in: date, check_out: date, *, paid: bool) -> None:
        self.need(self.day <= check_in <= check_out)
        self.stays[name] = Stay(kind, check_in, check_out, "CONFIRMED" if paid else "PENDING_PAYMENT", paid)

    def confirm(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "PENDING_PAYMENT")
        stay.status, stay.confirmed = "CONFIRMED", True

    def cancel(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status in ("PENDING_PAYMENT", "CONFIRMED"))
        stay.status, stay.rooms = "CANCELLED", []

    def no_show(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "CONFIRMED" and stay.check_in <= self.day)
        stay.status, stay.rooms = "NO_SHOW", []

    def reinstate(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status in ("CANCELLED", "NO_SHOW") and self.day < stay.last_day)
        stay.status = "CONFIRMED" if stay.confirmed or stay.status == "NO_SHOW" else "PENDING_PAYMENT"

    def assign(self, name: str, room: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "CONFIRMED" and stay.check_out >= self.day)
        if stay.rooms and stay.rooms[-1].room == room:
            return
        if stay.rooms:
            start, end = stay.rooms[-1].start, stay.rooms[-1].end
        else:
            start, end = planned(stay.check_in, stay.check_out)
            if stay.check_in < self.day:
                start = datetime.combine(self.day, MIDNIGHT)
                end = max(end, start + MINUTE)
        # A lock says to keep a room: without one there is nothing to keep.
        self.need(not (stay.locked and stay.rooms) and self.fits(stay, room) and self.free(room, start, end, name))
        stay.rooms = [Taken(room, start, end)]

    def unassign(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "CONFIRMED" and bool(stay.rooms) and not stay.locked)
        stay.rooms = []

    def lock(self, name: str) -> None:
        stay = self.stays[name]
        self.need(bool(stay.rooms) and stay.status in ("PENDING_PAYMENT", "CONFIRMED", "CHECKED_IN"))
        stay.locked = True

    def unlock(self, name: str) -> None:
        self.stays[name].locked = False

    def check_in(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "CONFIRMED" and bool(stay.rooms) and stay.check_in <= self.day < stay.last_day)
        place = stay.rooms[-1]
        self.need(self.now < place.end and not self.somebody_in(place.room, name) and place.room not in self.dirty)
        early = max(self.now, datetime.combine(stay.check_in, MIDNIGHT))
        self.need(early >= place.start or self.free(place.room, early, place.start, name))
        stay.rooms[-1] = replace(place, start=min(early, place.start), locked=True)
        stay.status = "CHECKED_IN"

    def undo_check_in(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "CHECKED_IN" and len(stay.rooms) == 1)
        place, (start, _) = stay.rooms[0], planned(stay.check_in, stay.check_out)
        stay.rooms = [replace(place, start=start if place.start < start < place.end else place.start, locked=False)]
        stay.status = "CONFIRMED"

    def check_out(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "CHECKED_IN")
        place = stay.rooms[-1]
        stay.rooms[-1] = replace(place, end=min(place.end, max(self.now, place.start + MINUTE)), locked=False)
        self.dirty.add(place.room)
        stay.status = "COMPLETED"

    def undo_check_out(self, name: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "COMPLETED" and self.day <= stay.check_out)
        place, (_, end) = stay.rooms[-1], planned(stay.check_in, stay.check_out)
        self.need(not self.somebody_in(place.room, name))
        self.need(place.end >= end or self.free(place.room, place.end, end, name))
        stay.rooms[-1] = replace(place, end=max(place.end, end), locked=True)
        stay.status = "CHECKED_IN"

    def move_room(self, name: str, room: str) -> None:
        stay = self.stays[name]
        self.need(stay.status == "CHECKED_IN")
        place = stay.rooms[-1]
        moment = max(self.now, place.start + MINUTE)
        self.need(moment < place.end and room != place.room and self.fits(stay, room) and not stay.locked)
        self.need(self.free(room, moment, place.end, name) and not self.somebody_in(room, name))
        self.need(room not in self.dirty)
        stay.rooms[-1] = replace(place, end=moment, locked=False)
        stay.rooms.append(Taken(room, moment, place.end, locked=True))
        self.dirty.add(place.room)

    def swap(self, name: str, other: str) -> None:
        one, two = self.stays[name], self.stays[other]
        self.need(name != other)
        for stay in (one, two):
            self.need(stay.status == "CONFIRMED" and bool(stay.rooms) and not stay.locked)
        mine, theirs = one.rooms[-1], two.rooms[-1]
        self.need(mine.room != theirs.room and self.fits(one, theirs.room) and self.fits(two, mine.room))
        self.need(self.free(theirs.room, mine.start, mine.end, name, other))
        self.need(self.free(mine.room, theirs.start, theirs.end, name, other))
        one.rooms, two.rooms = [replace(mine, room=theirs.room)], [replace(theirs, room=mine.room)]

    def amend(self, name: str, check_in: date, check_out: date, *, release: bool) -> None:
        stay = self.stays[name]
        self.need(check_in <= check_out)
        if (check_in, check_out) == (stay.check_in, stay.check_out):
            return
        self.need(stay.status in ("PENDING_PAYMENT", "CONFIRMED", "CHECKED_IN"))
        moved = check_in != stay.check_in
        inside = stay.status == "CHECKED_IN"
        self.need(not (moved and (inside or check_in < self.day)))
        rooms = list(stay.rooms)
        if rooms:
            start, end = planned(check_in, check_out)
            if inside:
                start = rooms[-1].start
                self.need(end > max(self.now, start))
            if self.free(rooms[-1].room, start, end, name):
                rooms[-1] = replace(rooms[-1], start=start, end=end)
            else:
                self.need(release and not inside and not stay.locked)
                rooms = []
        stay.check_in, stay.check_out, stay.rooms = check_in, check_out, rooms

    def add_guest(self, name: str, room: str, check_out: date) -> None:
        kind = next(kind for kind, rank in self.kinds.items() if rank == self.ranks[room])
        self.book(name, kind, self.day, check_out, paid=True)
        try:
            self.assign(name, room)
            self.check_in(name)
        except No:
            del self.stays[name]
            raise

    def close(self, name: str, room: str, start: datetime, end: datetime) -> None:
        self.need(self.free(room, start, end))
        self.closures[name] = Taken(room, start, end)

    def open(self, name: str) -> None:
        del self.closures[name]

    def clean(self, room: str) -> None:
        self.dirty.discard(room)

    def night_audit(self) -> None:
        self.need(self.now >= datetime.combine(self.day, time(18)))
        for name, stay in self.stays.items():
            if stay.status == "CONFIRMED" and stay.check_in <= self.day:
                self.no_show(name)
        self.day += DAY

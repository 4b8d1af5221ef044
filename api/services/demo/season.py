"""Draws the demo hotel's season: bookings that are known to fit, because each is drawn into a room that is then hidden.

Every room's calendar is filled from left to right with stays and short gaps (occupancy about 85 %). Closures, suites,
groups and families in connecting rooms go in first. Then only what a hotel would know is kept: guests in house, a part
of the later bookings and the locked ones keep their room; everybody else is to be placed. Some stays book a lower type
than they were drawn into, so that there is no way without upgrades; wishes are drawn with the hidden room in mind more
often than not. The same seed draws the same season.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from api.services.demo.house import CONNECTING, DORMS, SLEEPS, SUITES, TYPES, DemoRoom, rooms

BUSINESS_DATE: Final = date(2026, 5, 4)
"""Fixed, so that the demo is the same on every day: a Monday."""

NIGHTS_BEFORE, NIGHTS_AFTER = 6, 60
LENGTHS: Final = ((1, 22), (2, 27), (3, 21), (4, 12), (5, 8), (7, 7), (10, 2), (14, 1))
GAPS: Final = ((0, 78), (1, 12), (2, 6), (3, 4))
DORM_GAPS: Final = ((0, 35), (1, 30), (2, 20), (4, 15))
LADDER: Final = [kind.code for kind in TYPES]
RATES: Final = {kind.code: kind.rate for kind in TYPES}

# fmt: off
FIRST_NAMES: Final = (
    "Ana", "Bruno", "Carla", "Daniel", "Elena", "Farid", "Greta", "Hugo", "Inês", "João", "Katrin", "Luís", "Maria",
    "Noah", "Olga", "Paulo", "Quinn", "Rosa", "Siân", "Tomás", "Ursula", "Vítor", "Wanda", "Xavier", "Yara", "Zoë",
    "Łukasz", "Søren", "Aoife", "Mehmet",
)
LAST_NAMES: Final = (
    "Almeida", "Berg", "Costa", "D'Angelo", "Eriksen", "Ferreira", "García", "Huber", "Ibrahim", "Jensen", "Kowalski",
    "Lefèvre", "Müller", "Nguyễn", "O'Neill", "Pereira", "Quiroga", "Rossi", "Silva", "Tanaka", "Ueda", "Vogel",
    "Weiss", "Xu", "Yılmaz", "Zhang", "Okafor", "Novák", "Haddad", "Smith, Jr.",
)
# fmt: on
TOURS: Final = (
    ("Coastal Walks tour", 3, 4, 6),
    ("Lisbon Choir", 12, 3, 5),
    ("Silva wedding", 19, 2, 7),
    ("Medical congress", 33, 4, 8),
)
"""Name, arrival (nights from the business date), nights, rooms."""

FAMILIES: Final = 8
CLOSURES: Final = (
    ("114", "OOO", 0, 9, "water damage"),
    ("215", "OOS", 4, 2, "carpet"),
    ("317", "OOO", 8, 5, "new windows"),
    ("412", "OOO", 15, 6, "bathroom refit"),
    ("508", "OOS", 2, 1, "air conditioning"),
    ("609", "OOO", 27, 7, "painting"),
)
"""Room, kind, first night from the business date, nights, reason."""


@dataclass(slots=True)
class DemoStay:
    """A booking of the season; ``room`` is the hidden one, and nights count from the business date."""

    start: int
    nights: int
    room: DemoRoom
    type: str
    keeps_room: bool = False
    group: str = ""
    adults: int = 1
    children: int = 0
    first_name: str = ""
    last_name: str = ""
    status: str = "CONFIRMED"
    source: str = "ONLINE"
    booked: date = BUSINESS_DATE
    gender: str | None = None
    priority: int = 0
    needs: tuple[str, ...] = ()
    wishes: list[dict[str, Any]] = field(default_factory=list)
    lock_reason: str = ""

    @property
    def check_in(self) -> date:
        """First night."""
        return BUSINESS_DATE + timedelta(days=self.start)

    @property
    def check_out(self) -> date:
        """Day of departure."""
        return self.check_in + timedelta(days=self.nights)

    @property
    def in_house(self) -> bool:
        """Arrived before the business date and not gone before it."""
        return self.start < 0 <= self.start + self.nights


@dataclass(frozen=True, slots=True)
class Season:
    """What `draw` gives: the stays by arrival, and the names of the groups that want connecting rooms."""

    stays: tuple[DemoStay, ...]
    families: tuple[str, ...]


def draw(seed: int) -> Season:
    """Draw the season of a seed."""
    return _Draw(Random(seed)).season()


class _Draw:
    """The calendars of all beds while they fill: a set of taken nights for each."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rooms = {room.number: room for room in rooms()}
        self.taken: dict[tuple[str, int], set[int]] = {
            (room.number, bed): set() for room in self.rooms.values() for bed in range(room.beds)
        }
        self.stays: list[DemoStay] = []

    def season(self) -> Season:
        for number, _, start, nights, _ in CLOSURES:
            self.take(number, start, nights)
        for suite, parts in SUITES.items():
            self.fill_suite(suite, parts)
        families = self.place_families()
        self.place_tours()
        for number, bed in self.taken:
            if number not in SUITES:
                self.fill(number, bed)
        self.stays.sort(key=lambda stay: (stay.start, stay.nights, stay.room.number))
        for stay in self.stays:
            self.tell(stay)
        self.add_day_uses()
        self.stays.sort(key=lambda stay: (stay.start, stay.nights, stay.room.number, stay.last_name))
        return Season(tuple(self.stays), families)

    def pick(self, weighted: Iterable[tuple[int, int]]) -> int:
        values, weights = zip(*weighted, strict=True)
        return int(self.random.choices(values, weights)[0])

    def free(self, number: str, start: int, nights: int, bed: int = 0) -> bool:
        return self.taken[number, bed].isdisjoint(range(start, start + nights))

    def take(self, number: str, start: int, nights: int, bed: int = 0) -> None:
        self.taken[number, bed].update(range(start, start + nights))

    def add(self, number: str, start: int, nights: int, bed: int = 0, group: str = "") -> DemoStay:
        self.take(number, start, nights, bed)
        room = self.rooms[number]
        stay = DemoStay(start, nights, room, room.type, group=group)
        self.stays.append(stay)
        return stay

    def fill_suite(self, suite: str, parts: tuple[str, ...]) -> None:
        """Sell a suite now and then; the nights of its parts go with it."""
        night = -NIGHTS_BEFORE + self.random.randrange(4)
        while night < NIGHTS_AFTER - 3:
            nights = self.pick(LENGTHS)
            if all(self.free(part, night, nights) for part in parts):
                self.add(suite, night, nights)
                for part in parts:
                    self.take(part, night, nights)
            night += nights + 5 + self.random.randrange(9)

    def place_families(self) -> tuple[str, ...]:
        """Put families into pairs of rooms with a door between them."""
        names = []
        pairs = [pair for pair in CONNECTING if self.rooms[pair[0]].type == self.rooms[pair[1]].type]
        for place, pair in enumerate(self.random.sample(pairs, FAMILIES)):
            name = f"Family {LAST_NAMES[place]}"
            start, nights = 2 + self.random.randrange(NIGHTS_AFTER - 10), 3 + self.random.randrange(4)
            if all(self.free(number, start, nights) for number in pair):
                for number in pair:
                    self.add(number, start, nights, group=name)
                names.append(name)
        return tuple(names)

    def place_tours(self) -> None:
        """Put each tour on neighbouring rooms of the lower floors."""
        standard = [number for number, room in self.rooms.items() if room.type in ("STD", "SUP")]
        for name, start, nights, count in TOURS:
            free = [number for number in standard if self.free(number, start, nights)]
            first = self.random.randrange(len(free) - count)
            for number in free[first : first + count]:
                self.add(number, start, nights, group=name)

    def fill(self, number: str, bed: int) -> None:
        """Fill a bed's calendar from left to right with stays and gaps."""
        gaps = GAPS if self.rooms[number].beds == 1 else DORM_GAPS
        night = -NIGHTS_BEFORE - self.random.randrange(3)
        while night < NIGHTS_AFTER:
            nights = self.pick(LENGTHS)
            if self.free(number, night, nights, bed):
                self.add(number, night, nights, bed)
                night += nights + self.pick(gaps)
            else:
                night += 1

    def add_day_uses(self) -> None:
        """Add a few guests for the hours between a departure and an arrival."""
        for start in (0, 1, 2, 5, 9, 16):
            number = self.random.choice([n for n, room in self.rooms.items() if room.type in ("STD", "SUP")])
            before, after = start - 1 in self.taken[number, 0], start in self.taken[number, 0]
            if not (before and after) or any(s.room.number == number and s.start == start for s in self.stays):
                stay = DemoStay(start, 0, self.rooms[number], self.rooms[number].type)
                self.stays.append(stay)
                self.tell(stay)

    def tell(self, stay: DemoStay) -> None:
        """Draw what the hotel knows of a stay, and whether it knows the room."""
        random, room = self.random, stay.room
        if not stay.group and stay.start >= 0 and room.type in ("SUP", "DLX", "FAM") and random.random() < 0.07:
            stay.type = LADDER[LADDER.index(room.type) - 1]
        most = 1 if room.beds > 1 else min(room.sleeps, SLEEPS[stay.type])
        party = min(most, self.pick(((1, 28), (2, 52), (3, 12), (4, 8))))
        stay.children = random.randrange(party) if party > 2 else 0
        stay.adults = party - stay.children
        stay.first_name, stay.last_name = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        if room.gender != "any":
            stay.gender = room.gender
        lead = min(int(random.expovariate(1 / 35)), 300)
        stay.booked = min(stay.check_in, BUSINESS_DATE) - timedelta(days=lead + 1)
        stay.source = random.choices(("ONLINE", "CHANNEL", "MANUAL"), (45, 40, 15))[0]
        self.wish(stay)
        self.settle(stay)

    def wish(self, stay: DemoStay) -> None:
        """Draw wishes, mostly such as the hidden room grants, and needs, always so."""
        random, room = self.random, stay.room
        if "accessible" in room.features and random.random() < 0.25:
            stay.needs = ("accessible",)
        if random.random() < 0.05:
            stay.priority = 1 + random.randrange(3)
        if room.beds > 1 or random.random() > 0.45 + 0.2 * stay.priority:
            return
        granted = [feature for feature in room.features if feature != "accessible"]
        common = ["sea view", "quiet", "balcony", "bath", "near lift"]
        for feature in {random.choice(granted if granted and random.random() < 0.75 else common) for _ in range(2)}:
            stay.wishes.append({"weight": 1 + random.randrange(5), "feature": feature})
        if random.random() < 0.25:
            high = random.random() < 0.6
            stay.wishes.append({"weight": 1 + random.randrange(3), **({"min_floor": 4} if high else {"max_floor": 2})})
        if random.random() < 0.05 and stay.nights:
            stay.wishes.append({"weight": 4, "room": room.number})
        stay.wishes.sort(key=lambda wish: sorted((key, str(value)) for key, value in wish.items()))

    def settle(self, stay: DemoStay) -> None:
        """Draw how far the booking has come, and whether its room is already given."""
        random, room = self.random, stay.room
        if stay.start + stay.nights < 0:
            stay.status, stay.keeps_room = "COMPLETED", True
        elif stay.in_house:
            stay.status, stay.keeps_room = "CHECKED_IN", True
        elif not stay.nights or stay.group:
            return
        else:
            luck = random.random()
            if luck < 0.02:
                stay.status = "PENDING_PAYMENT"
            elif luck < 0.05:
                stay.status = "CANCELLED"
            elif room.number in SUITES or (luck < 0.33 and stay.type == room.type and room not in DORMS):
                stay.keeps_room = True
                if random.random() < 0.06:
                    stay.lock_reason = random.choice(("anniversary", "asked by telephone", "regular guest", "allergy"))

"""The demo hotel's building: types, rooms, what is in them and what joins them. Nothing here is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DemoType:
    """A sold category; ``rank`` is its place on the ladder, ``rate`` a night's in minor units."""

    code: str
    name: str
    rank: int
    sleeps: int
    rate: int


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """A room of the demo hotel."""

    number: str
    type: str
    floor: int
    position: int
    sleeps: int
    features: tuple[str, ...] = ()
    beds: int = 1
    gender: str = "any"


TYPES: Final = (
    DemoType("DRM", "Bed in a dorm", 0, 6, 3_500),
    DemoType("DRF", "Bed in the women's dorm", 0, 4, 3_500),
    DemoType("STD", "Standard", 1, 2, 9_500),
    DemoType("SUP", "Superior", 2, 2, 12_500),
    DemoType("DLX", "Deluxe", 3, 3, 16_500),
    DemoType("FAM", "Family room", 4, 4, 19_500),
    DemoType("JST", "Junior suite", 5, 3, 26_000),
    DemoType("GRS", "Grand suite", 6, 6, 48_000),
)
SLEEPS: Final = {kind.code: kind.sleeps for kind in TYPES}

FLOORS: Final = (1, 2, 3, 4, 5, 6)
ROOMS_A_FLOOR: Final = 19
ACCESSIBLE: Final = {"101", "102", "301", "401", "501"}

DORMS: Final = (
    DemoRoom("001", "DRM", 0, 1, 6, ("garden",), beds=6),
    DemoRoom("002", "DRF", 0, 2, 4, ("garden",), beds=4, gender="female"),
)
SUITES: Final = {"601S": ("601", "602"), "618S": ("618", "619")}
"""A grand suite is sold as one, or its two deluxe rooms are sold singly."""

CONNECTING: Final = (
    *((f"{floor}{left:02}", f"{floor}{left + 1:02}") for floor in (1, 2, 3, 4, 5) for left in (3, 7, 13)),
    ("603", "604"),
    ("605", "606"),
)


def rooms() -> tuple[DemoRoom, ...]:
    """Return the 118 rooms: two dorms, six floors of nineteen, two suites made of rooms."""
    found = list(DORMS)
    for floor in FLOORS:
        for position in range(1, ROOMS_A_FLOOR + 1):
            kind = _type(floor, position)
            number = f"{floor}{position:02}"
            found.append(
                DemoRoom(number, kind, floor, position, SLEEPS[kind], _features(number, kind, floor, position))
            )
    for number, parts in SUITES.items():
        position = int(parts[0][1:])
        found.append(DemoRoom(number, "GRS", 6, position, SLEEPS["GRS"], ("balcony", "bath", "sea view")))
    return tuple(found)


def _type(floor: int, position: int) -> str:
    if floor <= 2:
        return "STD"
    if floor == 3:
        return "STD" if position <= 10 else "SUP"
    if floor == 4:
        return "SUP"
    if floor == 5:
        return "SUP" if position <= 6 else "DLX"
    if 3 <= position <= 10:
        return "FAM"
    return "JST" if 11 <= position <= 15 else "DLX"


def _features(number: str, kind: str, floor: int, position: int) -> tuple[str, ...]:
    """Front rooms (1-9) see the sea, the lift is in the middle, the back (14-19) is quiet."""
    found = []
    if position <= 9 and floor >= 2:
        found.append("sea view")
    if position >= 14:
        found.append("quiet")
    if 9 <= position <= 11:
        found.append("near lift")
    if position <= 9 and floor >= 4:
        found.append("balcony")
    if kind in ("DLX", "JST") or (kind == "SUP" and floor == 4):
        found.append("bath")
    if number in ACCESSIBLE:
        found.append("accessible")
    return tuple(sorted(found))

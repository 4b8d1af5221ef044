"""Hotels of any size, alike but for that: what the cost of growth is measured on."""

from __future__ import annotations

from random import Random
from typing import Final

from allocator.problem import Closure, Problem, Room, RoomType, Stay, Weights, Wish

NIGHTS: Final = 30
TYPES: Final = ("T0", "T1", "T2", "T3")
LENGTHS: Final = (1, 1, 1, 2, 2, 3, 3, 4, 5, 7, 10)
"""Nights, drawn alike: a mean of 3.5."""

IDLE: Final = (0, 0, 0, 0, 0, 0, 0, 0, 1, 2)
"""Nights between two stays of a room when the hotel is filled: some 92 % are sold."""

LOCKED: Final = 0.15


def hotel(n_rooms: int, seed: int, nights: int = NIGHTS) -> Problem:
    """Return a hotel of four types, gaps priced, some 7 stays a room in 30 nights, which some plan places all.

    Each room is filled from left to right; of most stays the room is then forgotten, some are booked a type lower, and
    some wish for what another room has.
    """
    rng = Random(f"{n_rooms} {seed}")
    rooms = tuple(_room(rng, number) for number in range(n_rooms))
    stays: list[Stay] = []
    closures: list[Closure] = []
    for room in rooms:
        day = -rng.randrange(4)
        while day < nights:
            length = rng.choice(LENGTHS)
            if rng.random() < 0.01 and day >= 0:
                closures.append(Closure(f"C{len(closures)}", room.id, day, day + length))
            else:
                stays.append(_stay(rng, f"S{len(stays)}", room, day, length))
            day += length + rng.choice(IDLE)
    rng.shuffle(stays)
    return Problem(
        name=f"hotel-{n_rooms}-{seed}",
        slots=nights,
        room_types=tuple(RoomType(name, rank) for rank, name in enumerate(TYPES)),
        rooms=rooms,
        closures=tuple(closures),
        stays=tuple(stays),
        weights=Weights(upgrade=40, gap=(12, 5)),
    )


def _room(rng: Random, number: int) -> Room:
    rank = rng.choice((0, 0, 0, 1, 1, 1, 2, 2, 2, 3))
    features = {"sea" if rng.random() < 0.5 else "city"} | {f for f in ("bath", "quiet") if rng.random() < 0.33}
    return Room(
        str(1000 + number),
        TYPES[rank],
        sleeps=2 if rank < 2 else 3,
        building="A",
        floor=number * 8 // 100 % 8,
        position=number % 25,
        features=frozenset(features),
    )


def _stay(rng: Random, name: str, room: Room, start: int, nights: int) -> Stay:
    rank = TYPES.index(room.type)
    booked = rank - 1 if rank and rng.random() < 0.05 else rank
    wishes = [Wish(rng.randint(1, 8), feature=rng.choice(("sea", "city", "bath", "quiet")))] * (rng.random() < 0.5)
    if rng.random() < 0.1:
        wishes.append(Wish(rng.randint(1, 4), min_floor=rng.randint(1, 6)))
    locked = rng.random() < LOCKED
    return Stay(
        name,
        start,
        start + nights,
        nights,
        TYPES[booked],
        types_allowed=TYPES[booked : booked + 2],
        party=rng.randint(1, room.sleeps),
        wishes=tuple(wishes),
        unplaced_penalty=20_000 + 500 * nights,
        room=room.id if locked else None,
        locked=locked,
    )

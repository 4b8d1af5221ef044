"""Random problems and plans for properties: small, and using every rule and term of the format."""

from __future__ import annotations

from random import Random

from allocator.errors import InvalidProblem
from allocator.plan import Plan
from allocator.problem import (
    Closure,
    Group,
    Link,
    Policy,
    Problem,
    Room,
    RoomType,
    Stay,
    Weights,
    Wish,
)

FEATURES = ("quiet", "sea", "accessible", "bath")


def random_problem(rng: Random, *, rooms: int = 4, stays: int = 6, slots: int = 8, minutes: bool = False) -> Problem:
    """Return a valid problem; draws are repeated until one is (locked stays may clash).

    Parameters
    ----------
    rooms, stays, slots
        Largest number of each; slots are nights.
    minutes
        Count time in minutes (1,440 a night), with arrivals at 15:00 and departures at 11:00.
    """
    while True:
        try:
            return _draw(rng, rooms, stays, slots, minutes)
        except InvalidProblem:
            continue


def random_plan(rng: Random, problem: Problem, *, unplaced: float = 0.1) -> Plan:
    """Return a plan that may break any rule but ``one_room``: any room, or none with the given probability."""
    names = [room.id for room in problem.rooms]
    return Plan({s.id: rng.choice(names) if names and rng.random() >= unplaced else None for s in problem.stays})


def _draw(rng: Random, max_rooms: int, max_stays: int, nights: int, minutes: bool) -> Problem:
    types = tuple(RoomType(name, rank) for rank, name in enumerate(("STD", "DLX", "STE")[: rng.randint(1, 3)]))
    rooms = tuple(_room(rng, str(101 + i), types) for i in range(rng.randint(1, max_rooms)))
    names = [room.id for room in rooms]
    groups = tuple(Group(f"G{i}", rng.random() < 0.5) for i in range(rng.randint(0, 2)))
    links = []
    if len(names) >= 2 and rng.random() < 0.5:
        links.append(Link("connecting", tuple(rng.sample(names, 2))))
    if len(names) >= 3 and rng.random() < 0.3:
        suite, *parts = rng.sample(names, 3)
        links.append(Link("component", tuple(parts), suite))
    unit, arrival, departure = (1440, 900, 660) if minutes else (1, 0, 0)

    def period(longest: int) -> tuple[int, int, int]:
        first = rng.randint(-1, nights - 1)
        length = rng.randint(1, longest)
        return first * unit + arrival, (first + length) * unit + departure, length

    closures = []
    for i in range(rng.randint(0, 2)):
        start, end, _ = period(3)
        closures.append(Closure(f"C{i}", rng.choice(names), start, end))
    stays = []
    for i in range(rng.randint(0, max_stays)):
        start, end, length = period(4)
        stays.append(_stay(rng, f"S{i}", start, end, length, types, names, groups))
    return Problem(
        name="random",
        slots=nights * unit,
        slots_per_night=unit,
        room_types=types,
        rooms=rooms,
        links=tuple(links),
        closures=tuple(closures),
        stays=tuple(stays),
        groups=groups,
        weights=Weights(
            upgrade=rng.choice((0, 10)),
            apart=rng.choice((0, 3)),
            gap=rng.choice(((), (5,), (12, 5))),
            not_connecting=rng.choice((0, 7)),
        ),
        policy=Policy(rng.choice((None, None, None, 1, 2))),
    )


def _room(rng: Random, name: str, types: tuple[RoomType, ...]) -> Room:
    dorm = rng.random() < 0.25
    return Room(
        name,
        rng.choice(types).id,
        sleeps=rng.randint(1, 3),
        beds=rng.randint(2, 3) if dorm else 1,
        building=rng.choice(("A", "A", "B")),
        floor=rng.randint(1, 2),
        position=rng.randint(1, 4),
        features=frozenset(f for f in FEATURES if rng.random() < 0.4),
        gender=rng.choice(("any", "same", "female", "male")) if dorm else "any",
        use_cost=rng.choice((0, 0, 1, 2)),
    )


def _stay(
    rng: Random,
    name: str,
    start: int,
    end: int,
    nights: int,
    types: tuple[RoomType, ...],
    rooms: list[str],
    groups: tuple[Group, ...],
) -> Stay:
    room = rng.choice(rooms) if rng.random() < 0.4 else None
    wishes = []
    for _ in range(rng.randint(0, 2)):
        kind = rng.choice(("feature", "room", "min_floor", "max_floor"))
        value = {"feature": rng.choice(FEATURES), "room": rng.choice(rooms), "min_floor": 2, "max_floor": 1}[kind]
        wishes.append(Wish(rng.randint(0, 5), **{kind: value}))  # type: ignore[arg-type]
    booked = rng.choice(types).id
    return Stay(
        name,
        start,
        end,
        nights,
        booked,
        unplaced_penalty=rng.choice((50, 1000)),
        types_allowed=() if rng.random() < 0.3 else tuple(t.id for t in types),
        party=rng.randint(1, 2),
        gender=rng.choice((None, "female", "male")),
        needs=frozenset({"accessible"}) if rng.random() < 0.1 else frozenset(),
        allowed_rooms=frozenset(rng.sample(rooms, rng.randint(0, len(rooms)))) if rng.random() < 0.1 else None,
        forbidden_rooms=frozenset({rng.choice(rooms)}) if rng.random() < 0.1 else frozenset(),
        wishes=tuple(wishes),
        room_costs={r: rng.randint(0, 9) for r in rooms if rng.random() < 0.2},
        room=room,
        locked=room is not None and rng.random() < 0.3,
        move_penalty=rng.choice((0, 20)),
        group=rng.choice(groups).id if groups and rng.random() < 0.5 else None,
    )

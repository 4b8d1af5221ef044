"""The stays that a hotel refuses because it gives rooms at booking: which would fit if others moved, and how many?

A real hotel's bookings come in the true order of their requests, each for a room of the type that it slept in, and each
gets the free room of the lowest number there and then. Whenever there is none, *fit* is asked. Guests in house keep
their rooms; all others may change theirs.

``--follow`` carries out each yes, so that later requests meet the hotel that fit has made; without, history goes on as
if the stay had been turned away.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from time import process_time

from allocator.answers.fit import EFFORT, QUICK, Answer, DoesNotFit, Fits, Fitting
from allocator.answers.witness import Capacity
from allocator.plan import Plan
from allocator.problem import Problem, Room, RoomType, Stay
from benchmarks.service.data import city
from benchmarks.service.replay import Request, requests


class House:
    """The rooms of one type, and who has been given which."""

    def __init__(self, kind: str, rooms: int) -> None:
        self.kind = kind
        self.rooms = tuple(Room(f"{number:04}", kind) for number in range(rooms))
        self.taken = [0] * rooms
        self.given: dict[str, tuple[Request, int]] = {}

    def first_fit(self, name: str, stay: Request) -> bool:
        """Give the first free room, if there is one."""
        for room, taken in enumerate(self.taken):
            if not taken & _nights(stay):
                self.give(name, stay, room)
                return True
        return False

    def give(self, name: str, stay: Request, room: int) -> None:
        """Give a stay a room, taking it out of the one it has."""
        if name in self.given:
            _, before = self.given[name]
            self.taken[before] &= ~_nights(stay)
        self.given[name] = (stay, room)
        self.taken[room] |= _nights(stay)

    def problem(self, today: int) -> tuple[Problem, Plan]:
        """Return what lies ahead on a day; who arrived before it is in house."""
        self.given = {name: given for name, given in self.given.items() if given[0].departure > today}
        stays = tuple(
            _stay(name, request, room=self.rooms[room].id, locked=request.arrival < today)
            for name, (request, room) in self.given.items()
        )
        problem = Problem(self.kind, 1_000, (RoomType(self.kind),), self.rooms, stays)
        return problem, Plan({stay.id: stay.room for stay in stays})

    def carry_out(self, name: str, stay: Request, found: Fits) -> None:
        """Do what an answer says."""
        number = {room.id: place for place, room in enumerate(self.rooms)}
        moving = [(change.stay, self.given[change.stay][0], number[change.after or ""]) for change in found.moves]
        for other, request, _ in moving:  # all leave before anybody comes
            self.taken[self.given[other][1]] &= ~_nights(request)
            del self.given[other]
        for other, request, room in moving:
            self.give(other, request, room)
        self.give(name, stay, number[found.room])


def _nights(stay: Request) -> int:
    return (1 << stay.departure) - (1 << stay.arrival)


def _stay(name: str, request: Request, *, room: str | None = None, locked: bool = False) -> Stay:
    nights = request.departure - request.arrival
    return Stay(name, request.arrival, request.departure, nights, request.kind, 1_000, room=room, locked=locked)


def replay(
    asked: Sequence[Request], booked: Sequence[int], rooms: dict[str, int], follow: bool
) -> list[tuple[Answer, float, float]]:
    """Return the answer to each stay that found no free room, the time it took, and that of getting ready."""
    houses = {kind: House(kind, count) for kind, count in rooms.items()}
    answers = []
    for number, (stay, today) in enumerate(zip(asked, booked, strict=True)):
        house, name = houses[stay.kind], f"S{number}"
        if house.first_fit(name, stay):
            continue
        problem, plan = house.problem(today)
        begun = process_time()
        fitting = Fitting(problem, plan)
        ready = process_time()
        found = fitting.fit([_stay(name, stay)], quick=QUICK, effort=EFFORT)
        answers.append((found, process_time() - ready, ready - begun))
        if follow and isinstance(found, Fits):
            house.carry_out(name, stay, found)
    return answers


def main(arguments: list[str]) -> int:
    """Print how many fit, with how many moves, and how long the answers took."""
    parser = argparse.ArgumentParser(prog="./run bench fit", description=__doc__.splitlines()[0])
    parser.add_argument("--follow", action="store_true", help="carry out each yes")
    options = parser.parse_args(arguments)
    demand = city()
    if demand is None:
        return 0
    rooms = demand.inventory()
    asked = requests(demand)
    stays = demand.stays
    columns = zip(stays["booked"], stays["arrival"], stays["nights"], stays.index, strict=True)
    booked = [int(when) for when, *_ in sorted((b, a, a + n, line) for b, a, n, line in columns)]
    answers = replay(asked, booked, rooms, options.follow)
    yes = [found for found, *_ in answers if isinstance(found, Fits)]
    no = [found.witness for found, *_ in answers if isinstance(found, DoesNotFit)]
    moves = Counter(len(found.moves) for found in yes)
    print(f"{len(asked):,} stays, {sum(rooms.values())} rooms; {len(answers)} found no free room when they booked")
    print(f"fit says yes to {len(yes)} ({sum(found.fewest for found in yes)} with proof that it takes no fewer moves)")
    shown = sum(isinstance(witness, Capacity) for witness in no)
    print(
        f"no to {len(no)} ({shown} shown by a moment with too few rooms); unknown: {len(answers) - len(yes) - len(no)}"
    )
    print("moves: " + ", ".join(f"{count} stays {number}" for number, count in sorted(moves.items())))
    for what, numbers in (
        ("moves", [len(found.moves) for found in yes]),
        ("milliseconds, ready", [1e3 * took for _, took, _ in answers]),
        ("milliseconds to get ready", [1e3 * ready for *_, ready in answers]),
    ):
        print(f"{what}: median {_share(numbers, 0.5):.0f}, 95 % {_share(numbers, 0.95):.0f}, most {max(numbers):.0f}")
    return 0


def _share(numbers: Sequence[float], share: float) -> float:
    """Return the value below which such a share of the numbers lies."""
    return sorted(numbers)[min(len(numbers) - 1, int(share * len(numbers)))]

"""A real hotel's bookings in the true order of their requests: whom does each rule refuse?

Every stay asks for a room of the type that it slept in. *First-fit* gives it the free room of the lowest number, there
and then; *best-fit* the one that leaves the least idle time before and after it (ties by room order). Neither ever
changes its mind. *Keyrack* says yes while the stays that it has said yes to can be held, whoever then sleeps where:
for rooms of one type that is so exactly if no night has more stays than rooms, and colouring the stays in order of
arrival gives the rooms (`held` shows it). Nobody in house is ever moved for that.

The inventory is the peak of the history itself, so refusing nobody is possible by definition: what is measured is how
many a rule that commits at booking turns away all the same. The shrunken inventories show what is left of that where
somebody must be refused.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path

from api.services.imports.demand import Demand
from benchmarks.service.chart import Line, Panel, svg
from benchmarks.service.data import city

SHARES = (1.0, 0.99, 0.98, 0.97, 0.96, 0.95)


@dataclass(frozen=True, slots=True)
class Request:
    """A stay of ``[arrival, departure)``, in nights from the first day that anybody asks for."""

    arrival: int
    departure: int
    kind: str


def requests(demand: Demand) -> list[Request]:
    """Return the stays in the order (booked, arrival, departure, line)."""
    stays = demand.stays
    lines = zip(stays["booked"], stays["arrival"], stays["nights"], stays.index, stays["assigned"], strict=True)
    ordered = sorted((booked, arrival, arrival + nights, line, kind) for booked, arrival, nights, line, kind in lines)
    return [Request(int(arrival), int(departure), kind) for _, arrival, departure, _, kind in ordered]


def committed(asked: Sequence[Request], rooms: dict[str, int], best: bool) -> list[Request]:
    """Return who is refused if each stay is given its room when it books; a room is the set of its nights, as bits."""
    calendars = {kind: [0] * count for kind, count in rooms.items()}
    refused = []
    for stay in asked:
        wanted = (1 << stay.departure) - (1 << stay.arrival)
        calendar = calendars[stay.kind]
        free = (place for place, taken in enumerate(calendar) if not taken & wanted)
        room = (
            min(free, key=lambda place: (_idle(calendar[place], stay), place), default=None)
            if best
            else next(free, None)
        )
        if room is None:
            refused.append(stay)
        else:
            calendar[room] |= wanted
    return refused


def _idle(taken: int, stay: Request) -> int:
    """Return the idle nights left before and after a stay in a room; an open end counts to the edge of the data."""
    before = taken & ((1 << stay.arrival) - 1)
    after = taken >> stay.departure
    return (stay.arrival - before.bit_length()) + ((after & -after).bit_length() - 1 if after else END - stay.departure)


END = 1_000


def reshuffled(asked: Sequence[Request], rooms: dict[str, int]) -> list[Request]:
    """Return who is refused if a stay is only refused when the accepted ones and it cannot be held in any way."""
    nights = {kind: [0] * END for kind in rooms}
    accepted, refused = [], []
    for stay in asked:
        load = nights[stay.kind]
        if max(load[stay.arrival : stay.departure]) < rooms[stay.kind]:
            for night in range(stay.arrival, stay.departure):
                load[night] += 1
            accepted.append(stay)
        else:
            refused.append(stay)
    assert held(accepted, rooms)
    return refused


def held(stays: Sequence[Request], rooms: dict[str, int]) -> bool:
    """Show that the stays fit, by giving rooms in order of arrival: each gets one that is free by then."""
    ends: dict[str, list[int]] = {kind: [] for kind in rooms}
    for stay in sorted(stays, key=lambda s: s.arrival):
        busy = ends[stay.kind]
        if len(busy) >= rooms[stay.kind] and heappop(busy) > stay.arrival:
            return False
        heappush(busy, stay.departure)
    return True


RULES: dict[str, Callable[[Sequence[Request], dict[str, int]], list[Request]]] = {
    "first-fit": lambda asked, rooms: committed(asked, rooms, best=False),
    "best-fit": lambda asked, rooms: committed(asked, rooms, best=True),
    "Keyrack": reshuffled,
}


def main(arguments: list[str]) -> int:
    """Print the refusals by rule and inventory; with ``--svg`` draw them."""
    parser = argparse.ArgumentParser(prog="./run bench replay", description=__doc__.splitlines()[0])
    parser.add_argument("--svg", type=Path, help="write the picture here")
    parser.add_argument("--only-full", action="store_true", help="leave out the shrunken inventories")
    options = parser.parse_args(arguments)
    demand = city()
    if demand is None:
        return 0
    asked, full = requests(demand), demand.inventory()
    print(f"{len(asked):,} stays of one night or more, {sum(full.values())} rooms (the peak of the history itself)")
    print(f"{'rooms':>6}" + "".join(f"{name:>11}" for name in RULES))
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in RULES}
    by_day: dict[str, list[Request]] = {}
    for share in SHARES[:1] if options.only_full else SHARES:
        rooms = {kind: max(1, round(count * share)) for kind, count in full.items()}
        refused = {name: rule(asked, rooms) for name, rule in RULES.items()}
        by_day = by_day or refused
        print(f"{sum(rooms.values()):>6}" + "".join(f"{len(found):>11,}" for found in refused.values()))
        for name, found in refused.items():
            curves[name].append((sum(rooms.values()), len(found)))
    if options.svg:
        options.svg.write_text(_picture(demand, by_day, curves), encoding="utf-8")
        print(f"drawn: {options.svg}")
    return 0


def _picture(demand: Demand, refused: dict[str, list[Request]], curves: dict[str, list[tuple[float, float]]]) -> str:
    last = max(stay.departure for found in refused.values() for stay in found)
    growing = [Line(name, _growth([stay.arrival for stay in found], last)) for name, found in refused.items()]
    years = {f"{year}": (demand.first_day.replace(year, 1, 1) - demand.first_day).days for year in (2016, 2017)}
    rooms = sum(demand.inventory().values())
    left = Panel("Stays refused so far, by arrival", growing, years)
    marks = {f"{int(x)}": x for x, _ in next(iter(curves.values()))[::2]}
    right = Panel(f"Stays refused with fewer rooms than {rooms}", [Line(n, c) for n, c in curves.items()], marks)
    title = f"{len(demand.stays):,} real bookings of a city hotel, in the order they were made"
    return svg(title, [left, right] if len(next(iter(curves.values()))) > 1 else [left])


def _growth(days: Sequence[int], last: int) -> list[tuple[float, float]]:
    """Return the corner points of the count of days so far."""
    points, count = [(0.0, 0.0)], 0
    for day in sorted(days):
        points += [(day, count), (day, count + 1)]
        count += 1
    return [*points, (last, count)]

"""The rooms, types and links of a hotel as the allocator sees them, made anew only when the database says otherwise.

Two readings of a hotel mostly tell the same: to make some hundred rooms of the same text again takes longer than what
is asked about them. What is kept is told apart by the whole text, so it can be old for nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from allocator.problem import Link, Room, RoomType
from models import LinkKind

INACTIVE: Final = "~inactive"
"""Type of rooms that are no longer in use but hold a stay: allowed to nobody, so that a run empties them."""

USE_STEPS: Final = 10

KEPT: Final = 64
"""Readings that a process keeps; of 500 rooms each takes about half a megabyte."""


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What a service needs of a room's row; ``parts`` are the ids of the rooms a suite is made of."""

    id: int
    number: str
    type_code: str
    beds: int
    active: bool
    parts: tuple[int, ...]


class Inventory(NamedTuple):
    """What of a `house.House` its rows alone decide; the same names mean the same."""

    room_types: tuple[RoomType, ...]
    code_of: Mapping[int, str]
    types_allowed: Mapping[str, tuple[str, ...]]
    rooms: Mapping[str, Room]
    facts: Mapping[str, RoomFacts]
    number_of: Mapping[int, str]
    links: tuple[Link, ...]


def inventory_of(
    types: str | None, rooms: str | None, links: str | None, wear: int, upgrades_allowed: int | None
) -> Inventory:
    """Return the inventory that was read. Nobody changes it: `kept_inventory` shares it.

    Parameters
    ----------
    types, rooms, links
        Rows as a JSON text, or None for no row.
    wear, upgrades_allowed
        Of the policy.
    """
    kinds, rows, pairs = (
        [SimpleNamespace(**row) for row in json.loads(part or "[]")] for part in (types, rooms, links)
    )
    code_of = {t.id: t.code for t in kinds}
    number_of = {r.id: r.number for r in rows}
    costs = use_costs(rows, wear)
    parts: dict[int, list[int]] = {}
    for link in pairs:
        if link.kind == LinkKind.COMPONENT:
            parts.setdefault(link.room_id, []).append(link.other_room_id)
    lowest = min((t.rank for t in kinds), default=0)
    room_types = [RoomType(t.code, t.rank) for t in kinds]
    if not all(r.active for r in rows):
        room_types.append(RoomType(INACTIVE, lowest))
    return Inventory(
        room_types=tuple(room_types),
        code_of=code_of,
        types_allowed={t.code: tuple(_ladder(t, kinds, upgrades_allowed)) for t in kinds},
        rooms={r.number: room_of(r, code_of, costs[r.id]) for r in rows},
        facts={
            r.number: RoomFacts(r.id, r.number, code_of[r.room_type_id], r.beds, r.active, tuple(parts.get(r.id, ())))
            for r in rows
        },
        number_of=number_of,
        links=(
            *(
                Link("connecting", (number_of[link.room_id], number_of[link.other_room_id]))
                for link in pairs
                if link.kind == LinkKind.CONNECTING
            ),
            *(
                Link("component", tuple(number_of[part] for part in rooms_inside), number_of[suite])
                for suite, rooms_inside in parts.items()
            ),
        ),
    )


kept_inventory: Final = lru_cache(KEPT)(inventory_of)
"""The same, made anew only when the texts are others: for whole hotels."""


def room_of(row: Any, code_of: Mapping[int, str], use_cost: int = 0) -> Room:
    """Return a room (a row with its columns as JSON has them) in the allocator's terms."""
    return Room(
        id=row.number,
        type=code_of[row.room_type_id] if row.active else INACTIVE,
        sleeps=row.sleeps,
        beds=row.beds,
        building=row.building or None,
        floor=row.floor,
        position=row.position,
        features=frozenset(row.features),
        gender=row.gender,
        use_cost=use_cost,
    )


def use_costs(rooms: Iterable[Any], wear: int) -> dict[int, int]:
    """Return by room id what a night in it costs (term ``wear``).

    The rooms of a type are put in the hotel's own order, rooms used less first among equals, and cut into ten steps:
    ``wear * step``, step 0..9. With ``wear`` 0, the default, rooms of a kind stay interchangeable, which keeps the
    problem small.
    """
    if not wear:
        return {room.id: 0 for room in rooms}
    by_type: dict[int, list[Any]] = {}
    for room in rooms:
        by_type.setdefault(room.room_type_id, []).append(room)
    return {
        room.id: wear * (USE_STEPS * i // len(peers))
        for peers in by_type.values()
        for i, room in enumerate(sorted(peers, key=lambda r: (r.assignment_order, r.nights_used, r.number)))
    }


def _ladder(booked: Any, types: Iterable[Any], steps: int | None) -> list[str]:
    """Return the booked type, and the types above it by at most ``steps`` ranks (None: the whole ladder)."""
    above = [t.code for t in types if t.rank > booked.rank and (steps is None or t.rank <= booked.rank + steps)]
    return [booked.code, *above]

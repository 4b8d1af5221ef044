"""Prices kept from one solve for the next of the same hotel: other stays, other classes, a horizon that has moved on.

Prices lead search and bound; whatever they are, the bound they give holds. So what does not fit is left out, and what
is not known begins at nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from allocator.arrays import Floats, Ints
from allocator.problem import Problem

FORM: Final = 1
"""Of the document; prices in another form are as good as none."""

UNKNOWN: Final = -1
DIGITS: Final = 2
"""Decimals that are kept: far below what any stay costs."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The prices of a climb.

    Attributes
    ----------
    time : (n_instants,)
        In slots, ascending.
    of_room : (n_rooms,)
        Which row is each room's, -1 if none is.
    leave : (n_rows, n_instants)
        Price of being left at each instant (E in `allocator.bound.flow`).
    unused : (n_rows,)
        Price of never having been used (Z).
    """

    time: Ints
    of_room: Ints
    leave: Floats
    unused: Floats


def named(kept: Kept, problem: Problem) -> dict[str, Any]:
    """Return prices as a document of plain values that names rooms by id."""
    rooms: list[list[str]] = [[] for _ in kept.unused]
    for room, row in zip(problem.rooms, kept.of_room.tolist(), strict=True):
        if row >= 0:
            rooms[row].append(room.id)
    return {
        "form": FORM,
        "slots_per_night": problem.slots_per_night,
        "time": kept.time.tolist(),
        "rooms": rooms,
        "leave": np.round(kept.leave, DIGITS).tolist(),
        "unused": np.round(kept.unused, DIGITS).tolist(),
    }


def numbered(document: Mapping[str, Any], problem: Problem) -> Kept | None:
    """Read a document for a problem; None if it cannot be used for that."""
    if document.get("form") != FORM or document["slots_per_night"] != problem.slots_per_night or not document["time"]:
        return None
    row_of = {name: row for row, names in enumerate(document["rooms"]) for name in names}
    of_room = np.array([row_of.get(room.id, UNKNOWN) for room in problem.rooms], np.int64)
    return Kept(
        np.array(document["time"], np.int64), of_room,
        np.array(document["leave"], np.float64), np.array(document["unused"], np.float64),
    )  # fmt: skip


def moved_on(document: Mapping[str, Any], slots: int) -> dict[str, Any]:
    """Return a document for a problem whose slot 0 is so many slots later."""
    return {**document, "time": [t - slots for t in document.get("time", ())]}

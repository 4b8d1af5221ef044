"""The registry: every hard rule and soft term by name, one line of meaning each.

``check.py`` has one function for each rule and ``score.py`` one for each term, by the same names; ``docs/model.md``
has the formulas. A test holds the four together.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

RULES: Final = MappingProxyType(
    {
        "one_room": "Every stay has exactly one known room, or is unplaced; the plan names every stay and no other.",
        "no_overlap": "A bed holds one occupancy at a time; a suite and its parts exclude each other.",
        "room_fits": "Type allowed, sleeps enough, hard needs met, in the allowed list and not in the forbidden one.",
        "closed": "No stay in a closure.",
        "locked": "A locked stay keeps its room.",
        "gender": "A gendered dorm takes its gender; a same-gender one holds one gender at each slot.",
        "move_budget": "At most so many stays leave the room they hold.",
    }
)

TERMS: Final = MappingProxyType(
    {
        "unplaced": "A stay without a room.",
        "upgrade": "Nights in a higher type than booked, by distance on the ladder.",
        "wish": "Nights with a wish missed, by its weight.",
        "room_cost": "The cost given for this stay in this room.",
        "move": "A stay that leaves its room for another.",
        "wear": "Nights in a room that costs to use.",
        "apart": "Members of a group far from each other.",
        "not_connecting": "Members of a group without a connecting neighbour, where one is wanted.",
        "gap": "Idle runs too short to sell between two occupancies of a private room.",
    }
)

FLEXIBLE_RULES: Final = MappingProxyType(
    {
        "parts": "A stay has no more parts than allowed, neighbours in different rooms, all its nights in them.",
        "window": "A movable closure begins when it may, and is over in time.",
        "ready": "Nobody waits for a room too long.",
    }
)
"""Of problems of ``schema_version`` 2, beside the others."""

FLEXIBLE_TERMS: Final = MappingProxyType(
    {
        "split": "A change of rooms during a stay.",
        "readiness": "Time that an arrival waits for its room.",
    }
)

"""A hotel's allocation policy with every default filled in, and the numbers it gives to one stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from allocator.problem import Weights
from models import Hotel, default_policy


@dataclass(frozen=True, slots=True)
class HousePolicy:
    """The keys of `models.default_policy`, and two that hotels may add.

    Attributes
    ----------
    wear
        ``weights.wear``, default 0: what using a room costs by its place in the hotel's own order (`use_costs`).
    place_pending
        Whether a run places bookings that wait for their payment, in last priority; default no.
    """

    horizon_nights: int
    freeze_hours: int
    time_limit_s: float
    weights: Weights
    wish: int
    wear: int
    unplaced: Mapping[str, int]
    move: Mapping[str, int]
    upgrades_allowed: int | None
    move_budget: int | None
    nightly_local_time: str
    auto_apply: bool
    place_pending: bool
    plain: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, hotel: Hotel, changes: Mapping[str, Any] | None = None) -> HousePolicy:
        """Return the policy of a hotel; ``changes`` (keys of the policy) replace it for one run."""
        plain = _merged(_merged(default_policy(), hotel.policy), changes or {})
        weights = plain["weights"]
        return cls(
            horizon_nights=plain["horizon_nights"],
            freeze_hours=plain["freeze_hours"],
            time_limit_s=plain["time_limit_s"],
            weights=Weights(
                upgrade=weights["upgrade"],
                apart=weights["apart"],
                gap=tuple(weights["gap"]),
                not_connecting=weights["not_connecting"],
            ),
            wish=weights["wish"],
            wear=weights.get("wear", 0),
            unplaced=plain["unplaced"],
            move=plain["move"],
            upgrades_allowed=plain["upgrades_allowed"],
            move_budget=plain["move_budget"],
            nightly_local_time=plain["nightly_local_time"],
            auto_apply=plain["auto_apply"],
            place_pending=plain.get("place_pending", False),
            plain=plain,
        )

    def unplaced_penalty(self, nights: int, priority: int, *, pending: bool) -> int:
        """Return the penalty of leaving a stay without a room: more for longer stays and higher guests."""
        base = self.unplaced["pending"] if pending else self.unplaced["base"]
        return base + self.unplaced["per_night"] * nights + self.unplaced["per_priority"] * priority

    def move_penalty(self, arrival: date, business_date: date) -> int:
        """Return the penalty of changing a promised room: more the nearer the arrival."""
        nights = (arrival - business_date).days
        near = self.move["day"] if nights <= 1 else 0
        return self.move["base"] + (self.move["week"] if nights <= 7 else 0) + near


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged

"""A plan: for every stay a room, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from allocator.problem import Problem


@dataclass(frozen=True, slots=True)
class Plan:
    """Room id by stay id; ``None`` is *unplaced*. It names rooms, not beds."""

    rooms: Mapping[str, str | None]

    def __getitem__(self, stay: str) -> str | None:
        return self.rooms[stay]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rooms)

    def __len__(self) -> int:
        return len(self.rooms)

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Ids of the stays without a room, sorted."""
        return tuple(sorted(stay for stay, room in self.rooms.items() if room is None))


def in_force(problem: Problem) -> Plan:
    """Return the plan the problem starts from: every stay in the room it holds today, if any."""
    return Plan({stay.id: stay.room for stay in problem.stays})

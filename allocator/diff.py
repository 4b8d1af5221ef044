"""The difference of two plans: the only thing that is shown, applied and audited."""

from __future__ import annotations

from dataclasses import dataclass

from allocator.plan import Plan


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One stay whose room differs; ``None`` is *unplaced*."""

    stay: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """What happens to each stay between two plans, each list sorted by stay id.

    Attributes
    ----------
    placed
        Had no room, has one.
    moved
        Changes room.
    released
        Had a room, has none.
    kept
        Ids of the stays that stay as they are, placed or not.
    """

    placed: tuple[Change, ...]
    moved: tuple[Change, ...]
    released: tuple[Change, ...]
    kept: tuple[str, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, sorted by stay id."""
        return tuple(sorted(self.placed + self.moved + self.released))


def diff(before: Plan, after: Plan) -> PlanDiff:
    """Compare two plans over the stays of either; a stay missing from one counts as unplaced there."""
    placed, moved, released, kept = [], [], [], []
    for stay in sorted(before.rooms.keys() | after.rooms.keys()):
        old, new = before.rooms.get(stay), after.rooms.get(stay)
        if old == new:
            kept.append(stay)
        elif old is None:
            placed.append(Change(stay, old, new))
        elif new is None:
            released.append(Change(stay, old, new))
        else:
            moved.append(Change(stay, old, new))
    return PlanDiff(tuple(placed), tuple(moved), tuple(released), tuple(kept))

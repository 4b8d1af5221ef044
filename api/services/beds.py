"""Which bed of a dorm: plans name rooms only, so whoever writes a plan colours the beds from left to right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sleeper:
    """Somebody, or something, in a dorm.

    Attributes
    ----------
    key
        Whatever the caller knows it by.
    bed
        The bed it has, None if it has none yet.
    fixed
        It keeps its bed: in house, or no stay at all.
    """

    key: str
    starts_at: datetime
    ends_at: datetime
    bed: int | None = None
    fixed: bool = False


def colour(sleepers: Iterable[Sleeper], beds: int) -> dict[str, int] | None:
    """Give each sleeper a bed of their own for their whole period; None if that cannot be done.

    From left to right by arrival everybody takes the bed they have, if it is free, or else the lowest free one. As
    long as the fixed ones came first, which guests in house do, this finds beds whenever no moment has more sleepers
    than beds: periods are an interval graph.
    """
    taken: dict[int, list[tuple[datetime, datetime]]] = {bed: [] for bed in range(1, beds + 1)}
    found: dict[str, int] = {}
    for sleeper in sorted(sleepers, key=lambda s: (not s.fixed, s.starts_at, s.ends_at, s.key)):
        choices = list(taken) if sleeper.bed is None else [sleeper.bed, *taken]
        if sleeper.fixed:
            choices = choices[:1]
        for bed in choices:
            if all(sleeper.ends_at <= start or end <= sleeper.starts_at for start, end in taken.get(bed, ())):
                taken.setdefault(bed, []).append((sleeper.starts_at, sleeper.ends_at))
                found[sleeper.key] = bed
                break
        else:
            return None
    return found

"""Half-open periods ``[start, end)`` on an integer axis of slots; no calendar here."""

from __future__ import annotations

from collections.abc import Iterable


def overlap(start_a: int, end_a: int, start_b: int, end_b: int) -> bool:
    """Tell whether two half-open periods share a slot; touching ends do not."""
    return start_a < end_b and start_b < end_a


def merge(periods: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the union of periods, sorted; those that touch or overlap become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(periods):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def peak(loads: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Return the load profile of weighted periods.

    Parameters
    ----------
    loads
        ``(start, end, weight)`` triples.

    Returns
    -------
    list of (slot, load)
        The load from each slot where it changes, up to the next such slot.
    """
    change: dict[int, int] = {}
    for start, end, weight in loads:
        change[start] = change.get(start, 0) + weight
        change[end] = change.get(end, 0) - weight
    profile, load = [], 0
    for slot in sorted(change):
        load += change[slot]
        profile.append((slot, load))
    return profile

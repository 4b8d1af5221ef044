"""Whether a plan made of earlier rows may still be written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from allocator.check import check
from allocator.diff import Change
from allocator.plan import Plan
from allocator.problem import Problem, Stay

Told = list[dict[str, Any]]


def compare(solved: Problem, now: Problem, changes: Sequence[Change]) -> tuple[Told, Told]:
    """Hold a plan's changes against the problem of this moment.

    Parameters
    ----------
    solved
        The problem that the plan was made for.
    now
        The problem of the rows as they are, with the same origin and horizon.

    Returns
    -------
    stale
        What forbids the changes: a stay they touch that is gone, locked, moved or different, or a rule that the
        plan as a whole would break, closures and new occupants of the rooms moved into among them.
    unconsidered
        What else is new: the plan may be written, but does not know of it.
    """
    stale: Told = []
    for change in changes:
        before, after = solved.stay_by_id[change.stay], now.stay_by_id.get(change.stay)
        for difference in differences(before, after):
            stale.append({"what": "stay", "booking_id": change.stay, "room": change.after, "message": difference})
    if not stale:
        rooms: dict[str, str | None] = {stay.id: stay.room for stay in now.stays}
        known = set(check(now, Plan(rooms)))
        plan = Plan(rooms | {change.stay: change.after for change in changes})
        stale = [
            {"what": v.rule, "booking_id": v.stays[0] if v.stays else None, "room": v.room, "message": v.message}
            for v in check(now, plan)
            if v not in known
        ]
    return stale, _others(solved, now, {change.stay for change in changes})


def differences(before: Stay, after: Stay | None) -> Iterable[str]:
    """Say in what a stay differs from what it was when the plan was made."""
    if after is None:
        yield f"{before.id} is no longer a stay: cancelled, checked out, or out of the horizon"
        return
    if after.locked and not before.locked:
        yield f"{before.id} is locked in {after.room}"
    if after.room != before.room:
        yield f"{before.id} was in {before.room or 'no room'}, is now in {after.room or 'no room'}"
    for name, what in (
        ("start", "arrival"),
        ("end", "departure"),
        ("nights", "nights"),
        ("type", "room type"),
        ("party", "party"),
        ("gender", "gender"),
        ("needs", "needs"),
        ("allowed_rooms", "allowed rooms"),
    ):
        if getattr(before, name) != getattr(after, name):
            yield f"{before.id}: its {what} has changed"


def _others(solved: Problem, now: Problem, touched: set[str]) -> Told:
    told: Told = []
    for stay in sorted(solved.stay_by_id.keys() | now.stay_by_id.keys()):
        before, after = solved.stay_by_id.get(stay), now.stay_by_id.get(stay)
        if stay in touched or before == after:
            continue
        message = f"{stay} is new" if before is None else "; ".join(differences(before, after)) or f"{stay} has changed"
        told.append({"what": "stay", "booking_id": stay, "message": message})
    old, new = {c.id: c for c in solved.closures}, {c.id: c for c in now.closures}
    for closure in sorted(old.keys() | new.keys()):
        if old.get(closure) != new.get(closure):
            room = (new.get(closure) or old[closure]).room
            told.append({"what": "closure", "closure_id": closure, "message": f"closures of {room} have changed"})
    return told

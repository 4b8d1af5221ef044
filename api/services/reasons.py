"""Why a run does what it does: one sentence for each change of a plan, and for each stay left without a room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from allocator.check import closed_periods, misfits, placed_by_room
from allocator.diff import Change, PlanDiff
from allocator.period import overlap
from allocator.plan import Plan, in_force
from allocator.problem import Problem, Room, Stay
from allocator.score import move_of, upgrade_of, wish_of
from api.services.periods import Axis

TERMS: Final = {
    "upgrade": "less out of type",
    "wish": "meets more wishes",
    "room_cost": "a room that suits the stay better",
    "wear": "spares a room that is used more than others",
}


class Reasons:
    """Explains the changes from the plan in force to another plan of the same problem."""

    def __init__(self, problem: Problem, plan: Plan, axis: Axis) -> None:
        self.problem, self.plan, self.axis = problem, plan, axis
        self.closed = closed_periods(problem)
        self.before = placed_by_room(problem, in_force(problem))
        self.after = placed_by_room(problem, plan)
        self.sharing: dict[str, list[str]] = {}
        for a, b in problem.rivals:
            self.sharing.setdefault(a, []).append(b)
            self.sharing.setdefault(b, []).append(a)

    def of(self, change: Change) -> str:
        """Return why a stay's room changes."""
        stay = self.problem.stay_by_id[change.stay]
        if change.before is None:
            return self._placed(stay, change.after)
        old = self.problem.room_by_id[change.before]
        forced = next(self._forced(stay, old), None)
        if change.after is None:
            return forced or self.unplaced(stay)
        return forced or self._gained(stay, old, self.problem.room_by_id[change.after])

    def unplaced(self, stay: Stay) -> str:
        """Return why a stay has no room."""
        if stay.allowed_rooms is not None and not stay.allowed_rooms:
            return "no room at all is allowed for it"  # such as one whose placement has been rejected
        fitting = [room for room in self.problem.rooms if self._may(stay, room)]
        if not fitting:
            kinds = ", ".join(stay.types_allowed or (stay.type,))
            return f"no room of type {kinds} takes this stay: party {stay.party}" + (
                f", needs {', '.join(sorted(stay.needs))}" if stay.needs else ""
            )
        open_rooms = [room for room in fitting if not self._closure(stay, room)]
        if not open_rooms:
            return f"all {len(fitting)} rooms that fit are closed during the stay"
        return f"all {len(fitting)} rooms that fit are taken or closed at some time during the stay"

    def _placed(self, stay: Stay, room_id: str | None) -> str:
        room = self.problem.room_by_id[room_id or ""]
        if room.type == stay.type:
            return "had no room"
        return f"had no room; upgraded from {stay.type} to {room.type}"

    def _forced(self, stay: Stay, room: Room) -> Iterator[str]:
        """Say what drives a stay out of its room."""
        for start, end in self.closed.get(room.id, ()):
            if overlap(stay.start, stay.end, start, end):
                first, last = self.axis.moment(start), self.axis.moment(end)
                yield f"{room.id} is closed from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
        for reason in misfits(stay, room):
            yield f"{room.id} no longer fits: {reason}"
        held = {other.id for other in self.before.get(room.id, ())}
        for room_id in (room.id, *self.sharing.get(room.id, ())):
            for other in self.after.get(room_id, ()):
                new = room_id != room.id or other.id not in held
                if new and other.id != stay.id and overlap(stay.start, stay.end, other.start, other.end):
                    yield f"makes room for {other.id} in {room_id}"

    def _gained(self, stay: Stay, old: Room, new: Room) -> str:
        saved = {name: cost - self._costs(stay, new)[name] for name, cost in self._costs(stay, old).items()}
        gains = [f"{TERMS[name]} ({amount})" for name, amount in saved.items() if amount > 0]
        if gains:
            return f"better off in {new.id}: {', '.join(gains)}"
        if stay.group is not None and (self.problem.weights.apart or self.problem.weights.not_connecting):
            return "nearer to its group"
        if move_of(stay, new) == 0:
            return "costs nothing to move, and serves the plan as a whole"
        return "leaves fewer gaps that cannot be sold"

    def _costs(self, stay: Stay, room: Room) -> Mapping[str, int]:
        return {
            "upgrade": upgrade_of(self.problem, stay, room),
            "wish": wish_of(stay, room),
            "room_cost": stay.room_costs.get(room.id, 0),
            "wear": room.use_cost * stay.nights,
        }

    def _closure(self, stay: Stay, room: Room) -> bool:
        return any(overlap(stay.start, stay.end, start, end) for start, end in self.closed.get(room.id, ()))

    @staticmethod
    def _may(stay: Stay, room: Room) -> bool:
        if room.gender != "any" and stay.gender is None:
            return False
        if room.gender in ("female", "male") and stay.gender != room.gender:
            return False
        return not any(misfits(stay, room))


def diff_document(
    problem: Problem, plan: Plan, difference: PlanDiff, axis: Axis, asked_for: str | None = None
) -> dict[str, object]:
    """Return a difference as a run stores it: each change with its reason, and who stays without a room and why.

    Parameters
    ----------
    asked_for
        The stay for which somebody asked for the room that it gets.
    """
    reasons = Reasons(problem, plan, axis)

    def reason(change: Change) -> str:
        return "this room was asked for" if change.stay == asked_for else reasons.of(change)

    def told(changes: tuple[Change, ...]) -> list[dict[str, str | None]]:
        return [
            {"stay": change.stay, "before": change.before, "after": change.after, "reason": reason(change)}
            for change in changes
        ]

    return {
        "placed": told(difference.placed),
        "moved": told(difference.moved),
        "released": told(difference.released),
        "kept": len(difference.kept),
        "unplaced": [{"stay": stay, "reason": reasons.unplaced(problem.stay_by_id[stay])} for stay in plan.unplaced],
    }

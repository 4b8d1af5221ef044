"""How many more stays of a sort the hotel can hold, whoever then sleeps where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from allocator.answers.fit import EFFORT, QUICK, Answer, Fits, Fitting, Unknown
from allocator.answers.rack import Rack, bits
from allocator.plan import Plan
from allocator.problem import Problem, Stay

MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sellable:
    """How many fit.

    Attributes
    ----------
    count
        So many fit together with everybody who is placed.
    exact
        Whether one more does not; False where the effort did not suffice to know, or counting stopped as asked.
    next
        Why one more does not fit; None where counting stopped as asked.
    plan
        A plan that holds them; the new ones are called as the sample, with ``#1``, ``#2``, ... behind.
    """

    count: int
    exact: bool
    next: Answer | None
    plan: Plan


def sellable(
    problem: Problem,
    plan: Plan,
    sample: Stay,
    *,
    most: int = MOST,
    quick: int = QUICK,
    effort: float = EFFORT,
) -> Sellable:
    """Count how many more stays like a sample can be sold.

    Each further one is asked for beside all before it, who may move as everybody else; so the count does not depend on
    which rooms they were given.

    Parameters
    ----------
    sample
        Type, period, party, needs, ... of the stays; it is not part of the problem.
    most
        Stop counting there.
    quick, effort
        As for `fit`, for each of them that does not simply have a free room.
    """
    rack = Rack(problem, plan)
    rack.ask([sample])
    (asking,) = rack.asking
    free = list(bits(rack.can(asking) & rack.plain & ~rack.taken(asking)))[:most]
    count = len(free)
    stays = [_copy(sample, n) for n in range(1, count + 1)]
    problem = replace(problem, stays=(*problem.stays, *stays))
    plan = Plan({**plan.rooms, **{s.id: problem.rooms[r].id for s, r in zip(stays, free, strict=True)}})
    while count < most:
        stay = _copy(sample, count + 1)
        found = Fitting(problem, plan).fit([stay], quick=quick, effort=effort, prove=False)
        if not isinstance(found, Fits):
            return Sellable(count, not isinstance(found, Unknown), found, plan)
        problem = replace(problem, stays=(*problem.stays, stay))
        plan = found.plan
        count += 1
    return Sellable(count, False, None, plan)


def _copy(sample: Stay, number: int) -> Stay:
    return replace(sample, id=f"{sample.id}#{number}", room=None, locked=False)

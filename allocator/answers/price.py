"""What a lock or a closure costs now: how much better the hotel could do without it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from allocator.answers.conflict import Element
from allocator.answers.near import EFFORT, best_near
from allocator.plan import Plan
from allocator.problem import Problem


@dataclass(frozen=True, slots=True)
class Price:
    """A difference of scores.

    Attributes
    ----------
    amount
        Best score with less the best score without, as far as these were found. Below 0 for a lock that keeps a stay
        where the rules would not let it be, and for a closure that fills an idle run.
    low, high
        The true difference lies between them; both are the amount where it is exact.
    """

    of: Element
    amount: int
    low: int
    high: int

    @property
    def exact(self) -> bool:
        """Whether the amount is the true difference, rather than an estimate within its bounds."""
        return self.low == self.high


def price_of(
    problem: Problem, plan: Plan, element: Element, *, bound: int | None = None, effort: float = EFFORT
) -> Price:
    """Return what a lock (``Element("lock", stay)``) or a closure costs.

    Both problems, with and without it, are solved near the plan in force: exactly where the problem is small.

    Parameters
    ----------
    plan
        It breaks no rule.
    bound
        A score that no plan of the problem undercuts, if one is known (that of the last run).

    Raises
    ------
    KeyError
        If the problem has no such lock or closure.
    """
    without, rooms, period = without_it(problem, element)
    now = best_near(problem, plan, rooms, period, effort=effort)
    then = best_near(without, now.plan, rooms, period, effort=effort)
    floor = max(now.bound, bound or 0)
    return Price(element, now.score - then.score, floor - then.score, now.score - then.bound)


def without_it(problem: Problem, element: Element) -> tuple[Problem, tuple[str, ...], tuple[int, int]]:
    """Return the problem without a lock or a closure, its room, and its period."""
    if element.kind == "closure":
        closure = {c.id: c for c in problem.closures}[element.id]
        others = tuple(c for c in problem.closures if c is not closure)
        return replace(problem, closures=others), (closure.room,), (closure.start, closure.end)
    stay = problem.stay_by_id[element.id]
    if element.kind != "lock" or not stay.locked or stay.room is None:
        raise KeyError(element.id)
    stays = tuple(replace(s, locked=False) if s is stay else s for s in problem.stays)
    return replace(problem, stays=stays), (stay.room,), (stay.start, stay.end)


def price_list(
    problem: Problem,
    plan: Plan,
    elements: Iterable[Element],
    *,
    bound: int | None = None,
    effort: float = EFFORT,
) -> tuple[Price, ...]:
    """Return the prices of some locks and closures, dearest first."""
    prices = [price_of(problem, plan, element, bound=bound, effort=effort) for element in elements]
    return tuple(sorted(prices, key=lambda price: (-price.amount, price.of)))

"""Writes CP-SAT models as they are stored: a variable is its index, ``~i`` its negation.

The classes of OR-Tools for variables and expressions take three to twenty times as long, which was a third of what the
search by windows cost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ortools.sat.python.cp_model import CpModel

from allocator.arrays import Bools, Ints

FREE = 2**62
"""No limit on that side of a sum."""


class Writer:
    """A model to be minimised, and a solution of it.

    Attributes
    ----------
    hint
        Value of every variable, by index, in the solution that is known.
    """

    def __init__(self) -> None:
        self._model = CpModel()
        self.hint: list[int] = []
        self._variables = self._model.proto.variables
        self._constraints = self._model.proto.constraints
        self._charged: list[int] = []
        self._by: list[int] = []

    def literal(self, now: bool) -> int:
        """Return a new literal that has this value in the known solution."""
        return self.number(1, int(now))

    def literals(self, now: Bools) -> Ints:
        """Return new literals that have these values in the known solution."""
        first = len(self.hint)
        if len(now):
            self.literal(bool(now[0]))
            self._variables.extend([self._variables[first]] * (len(now) - 1))
            self.hint.extend(now[1:].astype(np.int64).tolist())
        return np.arange(first, len(self.hint))

    def number(self, most: int, now: int) -> int:
        """Return a new integer of 0 to ``most`` that has this value in the known solution."""
        self._variables.add().domain.extend([0, most])
        self.hint.append(now)
        return len(self.hint) - 1

    def exactly_one(self, literals: Sequence[int]) -> None:
        """One of them is true, no more."""
        self._constraints.add().exactly_one.literals.extend(literals)

    def at_most_one(self, literals: Sequence[int]) -> None:
        """None or one of them is true."""
        self._constraints.add().at_most_one.literals.extend(literals)

    def any_of(self, literals: Sequence[int]) -> None:
        """At least one of them is true."""
        self._constraints.add().bool_or.literals.extend(literals)

    def between(self, least: int, variables: Sequence[int], most: int, *, times: Sequence[int] | None = None) -> None:
        """The sum of different variables, or of literals that are not negated, ``times`` so much, is in that range."""
        linear = self._constraints.add().linear
        linear.vars.extend(variables)
        linear.coeffs.extend([1] * len(variables) if times is None else times)
        linear.domain.extend([least, most])

    def balance(self, plus: Sequence[int], minus: Sequence[int], value: int) -> None:
        """``sum(plus) - sum(minus) == value``."""
        self.between(value, [*plus, *minus], value, times=[1] * len(plus) + [-1] * len(minus))

    def charge(self, variable: int, cost: int) -> None:
        """Let a variable cost so much more."""
        self.charge_all([variable], [cost])

    def charge_all(self, variables: Sequence[int], costs: Sequence[int]) -> None:
        """Let each variable cost so much more."""
        self._charged.extend(variables)
        self._by.extend(costs)

    def value(self, values: Sequence[int]) -> int:
        """Return what was charged if the variables have these values."""
        return sum(cost * values[variable] for variable, cost in zip(self._charged, self._by, strict=True))

    def finish(self) -> CpModel:
        """Minimise what was charged, starting from the known solution; return the model."""
        costs = np.zeros(len(self.hint), np.int64)
        np.add.at(costs, self._charged, self._by)
        objective, hint = self._model.proto.objective, self._model.proto.solution_hint
        objective.vars.extend(np.flatnonzero(costs).tolist())
        objective.coeffs.extend(costs[costs != 0].tolist())
        objective.scaling_factor = 1.0
        hint.vars.extend(list(range(len(self.hint))))
        hint.values.extend(self.hint)
        return self._model

"""How long, how wide and how repeatably to solve."""

from __future__ import annotations

from dataclasses import dataclass, fields

from allocator.errors import Fault, InvalidProblem


@dataclass(frozen=True, slots=True)
class SolveParams:
    """Limits of one solve.

    Attributes
    ----------
    time_limit_s
        Wall seconds from the call to the answer; the best checked plan comes out when they are over. > 0.
    workers
        Processes or threads that search at once; >= 1.
    seed
        Seed of everything random; >= 0.
    gap_limit
        Stop as soon as ``(score - bound) / max(1, score)`` is at most this; in [0, 1].
    deterministic_limit
        If given, effort is counted instead of timed, in steps whose number does not depend on the machine: with one
        worker the same problem, seed and limit give the same plan, score and bound. > 0, about one per second.
    memory_limit_mb
        Address space of the solving process beyond which it is stopped; >= 512.
    """

    time_limit_s: float = 30.0
    workers: int = 1
    seed: int = 1
    gap_limit: float = 0.0
    deterministic_limit: float | None = None
    memory_limit_mb: int = 4096

    def __post_init__(self) -> None:
        bad = [
            name
            for name, fine in (
                ("time_limit_s", 0 < self.time_limit_s <= 86_400),
                ("workers", 1 <= self.workers <= 256),
                ("seed", 0 <= self.seed < 2**31),
                ("gap_limit", 0 <= self.gap_limit <= 1),
                ("deterministic_limit", self.deterministic_limit is None or self.deterministic_limit > 0),
                ("memory_limit_mb", self.memory_limit_mb >= 512),
            )
            if not fine
        ]
        if bad:
            raise InvalidProblem(Fault(f"params.{name}", f"out of range: {getattr(self, name)}") for name in bad)

    def to_json(self) -> dict[str, object]:
        """Return the parameters as stored with a run."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

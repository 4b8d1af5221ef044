"""Questions a front desk asks of a problem and a plan, answered at once."""

from importlib import import_module


def warm() -> None:
    """Import now what only the harder questions need (CP-SAT, compiled loops): else the first of them waits seconds."""
    for name in ("allocator.cpsat.fewest", "allocator.cpsat.model"):
        import_module(name)

"""What a person sees of a solve: a live line on a terminal, plain lines elsewhere, and the outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from allocator.problem import Problem
    from allocator.result import Progress
    from api.services.nightly import NightOutcome
    from api.services.runs import RunOutcome

PLAIN_EVERY_S = 2.0


@cache
def console() -> Console:
    """Return standard output; made when first used, as rich takes a tenth of a second."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def say(text: str = "") -> None:
    """Print a line; brackets are text, not markup."""
    console().print(text, markup=False)


@contextmanager
def progress(title: str) -> Iterator[Callable[[Progress], None]]:
    """Show signs of life of a solve: one line that changes on a terminal, else a line every two seconds or phase."""
    if console().is_terminal:
        with console().status(title, spinner="dots") as status:
            yield lambda sign: status.update(f"{title}  {_line(sign)}")
        return
    last, phase = -PLAIN_EVERY_S, ""

    def plain(sign: Progress) -> None:
        nonlocal last, phase
        now = time.monotonic()
        if sign.phase != phase or now - last >= PLAIN_EVERY_S:
            last, phase = now, sign.phase
            say(f"  {_line(sign)}")

    yield plain


def _line(sign: Progress) -> str:
    gap = "-" if sign.gap is None else f"{sign.gap:.2%}"
    score = "-" if sign.score is None else f"{sign.score:,}"
    unplaced = "" if not sign.unplaced else f"  unplaced {sign.unplaced}"
    return f"{sign.elapsed_s:6.1f} s  {sign.phase:<12} score {score}  bound {sign.bound:,}  gap {gap}{unplaced}"


def show_outcome(solved: RunOutcome, outcome: NightOutcome | None = None) -> bool:
    """Print what a run came to; return whether it has a plan."""
    run = solved.run
    say(f"run {run.public_id}  {run.kind}  {run.business_date}  {run.state}")
    if solved.result is None or solved.problem is None or solved.diff is None:
        say(f"  no plan: {run.error or run.state}")
        return False
    if outcome is not None and outcome.stands:
        say("  nothing has changed since: its plan stands")
    result, change = solved.result, solved.diff
    facts = {
        "rooms": f"{len(solved.problem.rooms):,}",
        "stays": f"{len(solved.problem.stays):,}",
        "placed": f"{placed(solved.problem, result.plan.rooms):,}  ({len(change.placed):,} of them new)",
        "unplaced": f"{unplaced(solved.problem, result.plan.rooms):,}",
        "moved": f"{len(change.moved):,}",
        "score": f"{result.score.total:,}",
    }
    facts |= {f"  {name}": f"{value:,}" for name, value in sorted(result.score.terms.items()) if value}
    facts |= {
        "bound": f"{result.bound:,}",
        "gap": f"{result.gap:.2%}",
        "stopped by": f"{result.stopped_by} after {result.wall_time_s:.1f} s",
    }
    for name, value in facts.items():
        say(f"  {name:<16} {value}")
    for note in result.notes:
        say(f"  note: {note}")
    for change_under_it in outcome.stale if outcome else ():
        say(f"  not applied, as it has changed: {change_under_it.get('message', change_under_it)}")
    return True


def placed(problem: Problem, rooms: Mapping[str, str | None]) -> int:
    """Return how many stays have a room."""
    return sum(rooms.get(stay.id) is not None for stay in problem.stays)


def unplaced(problem: Problem, rooms: Mapping[str, str | None]) -> int:
    """Return how many stays have none."""
    return len(problem.stays) - placed(problem, rooms)


def table(header: list[str], rows: list[list[Any]]) -> None:
    """Print columns under their names, as wide as they must be."""
    texts = [header, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in texts) for place in range(len(header))]
    for row in texts:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

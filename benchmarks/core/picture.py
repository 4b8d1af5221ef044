"""The gap against time, a panel for each family; drawn by matplotlib, which is installed for that alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import extras
from benchmarks.core.contest import OURS, Entry
from benchmarks.core.families import FAMILIES
from benchmarks.core.peers.__main__ import PEERS
from benchmarks.core.table import bound_of, gap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3
COLOURS = dict(
    zip([OURS, *PEERS], ("#1f6f5c", "#c98a1b", "#b3412c", "#8a8a8a", "#3b5b92", "#7a4f9e", "#d06fa8"), strict=True)
)
LEAST_GAP, MOST_GAP = 0.0005, 0.9995
"""Where gaps of nothing and of all are drawn: the axis stretches both ends (logit), as a stay left out is dear."""

TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)

FIRST_S = 0.3
"""Where time begins to be drawn."""


def figure(columns: int, rows: int) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels; the same numbers give the same bytes."""
    sys.path.append(str(extras.folder("plots")))
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "keyrack", "svg.fonttype": "none", "font.size": 9, "axes.grid": True})
    mpl.rcParams.update({"grid.color": "#e4e4e4", "axes.spines.top": False, "axes.spines.right": False})
    from matplotlib.figure import Figure

    picture = Figure(figsize=(3.6 * columns, 2.9 * rows), layout="constrained")
    return picture, list(picture.subplots(rows, columns, squeeze=False).flat)


def save(picture: Figure, path: Path) -> None:
    """Write a figure as SVG."""
    picture.savefig(path, metadata={"Date": None})


def draw(entries: Sequence[Entry], path: Path) -> None:
    """Draw the gap of every contestant against time, family by family."""
    families = list(dict.fromkeys(e.family for e in entries))
    rows = -(-len(families) // COLUMNS)
    picture, panels = figure(min(COLUMNS, len(families)), rows)
    seen: dict[str, Any] = {}
    for family, panel in zip(families, panels, strict=False):
        of_family = [e for e in entries if e.family == family]
        for name, handle in _panel(panel, of_family):
            seen.setdefault(name, handle)
    for panel in panels[len(families) :]:
        panel.set_axis_off()
    names = [name for name in COLOURS if name in seen]
    picture.legend(
        [seen[name] for name in names],
        names,
        loc="outside lower center",
        ncols=min(len(names), 3 * min(COLUMNS, len(families))),
        frameon=False,
    )
    save(picture, path)


def _panel(panel: Axes, entries: Sequence[Entry]) -> list[tuple[str, Any]]:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    bound, most = bound_of(entries), max(e.limit for e in entries)
    handles: list[tuple[str, Any]] = []
    for contestant in dict.fromkeys(e.contestant for e in entries):
        runs = [e for e in entries if e.contestant == contestant]
        longest = max(runs, key=lambda e: e.limit)
        ours = contestant == OURS
        steps = [(max(FIRST_S, s), _drawn(score, bound)) for s, score, _ in longest.trace]
        if steps:
            times, gaps = zip(*steps, (most, min(g for _, g in steps)), strict=True)
            width = 2.2 if ours else 1.3
            drawn = panel.plot(times, gaps, drawstyle="steps-post", color=COLOURS[contestant], lw=width)
            handles.append((contestant, drawn[0]))
        if ours:  # it plans its time: the run of each limit has a point of its own
            points = [(e.limit, _drawn(e.score, bound)) for e in runs if e.score is not None]
            panel.plot(*zip(*points, strict=True), "o", color=COLOURS[contestant], ms=4.5)
    panel.set(xscale="log", yscale="logit", xlim=(FIRST_S, most * 1.1), ylim=(LEAST_GAP * 0.8, 1 - LEAST_GAP * 0.8))
    for seconds, wanted in FAMILIES[entries[0].family].limits.items():
        panel.plot([seconds], [wanted], marker="v", color="#555", ms=5, mfc="none")
    panel.set_title(entries[0].family, loc="left", weight="bold")
    panel.set(xlabel="seconds from the start of the process", ylabel="gap to the bound")
    panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    panel.set_yticks(TICKS, [f"{100 * tick:g} %" for tick in TICKS])
    panel.set_yticks([], minor=True)
    panel.xaxis.set_minor_formatter(NullFormatter())
    return handles


def _drawn(score: int, bound: int) -> float:
    return min(MOST_GAP, max(LEAST_GAP, gap(score, bound)))

"""Small line charts as SVG, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 84, 64, 34
COLOURS = ("#b3412c", "#c98a1b", "#1f6f5c", "#3b5b92")


@dataclass(frozen=True, slots=True)
class Line:
    """A named line through points."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over one pair of axes; ``marks`` are the texts below the horizontal one."""

    title: str
    lines: Sequence[Line]
    marks: Mapping[str, float]


def svg(title: str, panels: Sequence[Panel]) -> str:
    """Return the panels side by side under a title."""
    width = WIDTH * len(panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}"'
        ' font-family="system-ui, sans-serif" font-size="12" fill="#333">'
        f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="600">{escape(title)}</text>'
    )
    body = "".join(
        f'<g transform="translate({place * WIDTH} 0)">{_panel(panel)}</g>' for place, panel in enumerate(panels)
    )
    return f"{head}\n{body}\n</svg>\n"


def _panel(panel: Panel) -> str:
    xs = [x for line in panel.lines for x, _ in line.points]
    low, high = min(xs), max(xs)
    top = _round_up(max(y for line in panel.lines for _, y in line.points))

    def at(x: float, y: float) -> str:
        across = LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT)
        return f"{across:.1f} {HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM):.1f}"

    parts = [f'<text x="{LEFT}" y="48" font-weight="600">{escape(panel.title)}</text>']
    for step in range(5):
        value = top * step / 4
        parts.append(f'<path d="M{at(low, value)} L{at(high, value)}" stroke="#ddd"/>')
        height = at(low, value).split()[1]
        parts.append(f'<text x="{LEFT - 6}" y="{height}" dy="4" text-anchor="end">{value:,.0f}</text>')
    for name, x in panel.marks.items():
        parts.append(
            f'<text x="{at(x, 0).split()[0]}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(name)}</text>'
        )
    ends = _spread([float(at(*max(line.points)).split()[1]) for line in panel.lines])
    for line, colour, y in zip(panel.lines, COLOURS, ends, strict=False):
        path = " L".join(at(*point) for point in line.points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        count = line.points[-1][1] if line.points[-1][0] == high else line.points[0][1]
        label = f"{line.name} {count:,.0f}"
        parts.append(f'<text x="{WIDTH - RIGHT + 4}" y="{y:.1f}" dy="4" fill="{colour}">{escape(label)}</text>')
    return "\n".join(parts)


def _spread(heights: Sequence[float]) -> list[float]:
    """Keep labels a line apart, lowest on the page first."""
    order = sorted(range(len(heights)), key=lambda place: -heights[place])
    placed, last = [0.0] * len(heights), float(HEIGHT)
    for place in order:
        placed[place] = last = min(heights[place], last - 14)
    return placed


def _round_up(value: float) -> float:
    step = 10.0 ** (len(str(int(max(1, value)))) - 1)
    return next(step * part for part in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if step * part >= value)

"""A picture of trade-offs: each plan a circle, as SVG; the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from api.services.tradeoffs import Choice

WIDTH, HEIGHT = 640, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 50, 70, 60
LARGEST: Final = 26.0
"""Radius of the circle of most moves; the area goes with the moves."""


def trade_off_svg(title: str, choices: Sequence[Choice]) -> str:
    """Return the plans by what gaps cost (across) and what missed wishes cost (up); numbers in circles are moves."""
    across = _axis([choice.gap for choice in choices], LEFT, WIDTH - RIGHT)
    up = _axis([choice.wish for choice in choices], HEIGHT - BOTTOM, TOP)
    most = max(1, *(len(choice.moves) for choice in choices))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' font-family="system-ui, sans-serif" font-size="12" fill="#333" text-anchor="middle">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{WIDTH / 2}" y="26" font-size="15" font-weight="600">{title}</text>',
        f'<text x="{WIDTH / 2}" y="44">in each circle: bookings that change rooms</text>',
        f'<path d="M{LEFT} {TOP} V{HEIGHT - BOTTOM} H{WIDTH - RIGHT}" fill="none" stroke="#999"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}">points of gaps</text>',
        f'<text transform="translate(18 {HEIGHT / 2}) rotate(-90)">points of missed wishes</text>',
    ]
    parts += [
        f'<text x="{across(value):.1f}" y="{HEIGHT - BOTTOM + 18}">{value:,}</text>'
        for value in _ends([choice.gap for choice in choices])
    ]
    parts += [
        f'<text x="{LEFT - 6}" y="{up(value):.1f}" dy="4" text-anchor="end">{value:,}</text>'
        for value in _ends([choice.wish for choice in choices])
    ]
    for choice in sorted(choices, key=lambda c: -len(c.moves)):  # small circles above large ones
        x, y, moves = across(choice.gap), up(choice.wish), len(choice.moves)
        radius = 4 + (LARGEST - 4) * (moves / most) ** 0.5
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#1f6f5c" fill-opacity="0.25" stroke="#1f6f5c"/>'
        )
        parts.append(f'<text x="{x:.1f}" y="{y:.1f}" dy="4">{moves}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _ends(values: Sequence[int]) -> list[int]:
    return sorted({min(values), max(values)})


def _axis(values: Sequence[int], begin: float, end: float) -> Callable[[int], float]:
    """Return where a value lies between two places, with room for the circles at both ends."""
    low, high = min(values), max(values)
    margin = LARGEST if begin < end else -LARGEST
    first, last = begin + margin, end - margin
    return lambda value: first + (value - low) / max(1, high - low) * (last - first)

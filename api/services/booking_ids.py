"""Names of bookings outside: ``BK-YYYY-`` + 6, and the guest's secret ``GRA-YYYY-`` + 13 of Crockford's base 32."""

from __future__ import annotations

import secrets
from collections.abc import Container, Iterable
from itertools import product
from random import Random
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that a name can be read out over the telephone."""

RANDOM: Final = 6
"""Characters of a booking id that are drawn."""


def draw_booking_id(year: int, taken: Container[str] = (), random: Random | None = None) -> str:
    """Return a new ``booking_id`` that is not among those taken.

    Parameters
    ----------
    random
        Where to draw from; the system's own source if not given. It is a name, not a secret.
    """
    while True:
        drawn = f"BK-{year:04}-{_draw(RANDOM, random or secrets.SystemRandom())}"
        if drawn not in taken:
            return drawn


def draw_confirmation_number(year: int) -> str:
    """Return a new confirmation number: 65 random bits that nobody can guess."""
    return f"GRA-{year:04}-{_draw(13, secrets.SystemRandom())}"


def year_of(booking_id: str) -> int:
    """Return the year that a booking id names."""
    return int(booking_id.split("-")[1])


def ids_with(part: str, years: Iterable[int], most: int) -> list[str] | None:
    """Return all booking ids there can be of these years that contain a part; None if they are more than ``most``."""
    found: set[str] = set()
    for year in years:
        begin = f"BK-{year:04}-"
        for at in range(len(begin) + RANDOM - len(part) + 1):
            drawn = part[max(0, len(begin) - at) :]
            if begin[at : at + len(part)] + drawn != part or not set(drawn) <= set(ALPHABET):
                continue
            if len(ALPHABET) ** (RANDOM - len(drawn)) > most:
                return None
            before = max(0, at - len(begin))
            others = product(ALPHABET, repeat=RANDOM - len(drawn))
            found |= {f"{begin}{''.join(other[:before])}{drawn}{''.join(other[before:])}" for other in others}
    return sorted(found) if len(found) <= most else None


def _draw(length: int, random: Random) -> str:
    return "".join(random.choices(ALPHABET, k=length))

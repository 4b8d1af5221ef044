"""Names of bookings outside: ``BK-YYYY-`` + 6, and the guest's secret ``GRA-YYYY-`` + 13 of Crockford's base 32."""

from __future__ import annotations

import secrets
from collections.abc import Container
from random import Random
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that a name can be read out over the telephone."""


def draw_booking_id(year: int, taken: Container[str] = (), random: Random | None = None) -> str:
    """Return a new ``booking_id`` that is not among those taken.

    Parameters
    ----------
    random
        Where to draw from; the system's own source if not given. It is a name, not a secret.
    """
    while True:
        drawn = f"BK-{year:04}-{_draw(6, random or secrets.SystemRandom())}"
        if drawn not in taken:
            return drawn


def draw_confirmation_number(year: int) -> str:
    """Return a new confirmation number: 65 random bits that nobody can guess."""
    return f"GRA-{year:04}-{_draw(13, secrets.SystemRandom())}"


def _draw(length: int, random: Random) -> str:
    return "".join(random.choices(ALPHABET, k=length))

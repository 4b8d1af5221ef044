"""What a point of the score is worth in money, by what the hotel asks for a better room; and fees made of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.money import decimal_string, minor_digits
from api.services.policy import HousePolicy
from models import Hotel, RoomType


@dataclass(frozen=True, slots=True)
class FeeScale:
    """Minor units of ``currency`` for a point; None where the hotel's rates or weights say nothing of it."""

    currency: str
    per_point: Fraction | None

    def fee(self, points: int) -> str | None:
        """Return a fee in whole units of the currency, rounded half up; none where nothing is lost."""
        if self.per_point is None:
            return None
        unit = 10 ** minor_digits(self.currency)
        exact = max(0, points) * self.per_point / unit
        whole = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUND_HALF_UP)
        return decimal_string(int(whole) * unit, self.currency)


def fee_scale(session: Session, hotel: Hotel) -> FeeScale:
    """Return what a point is worth: the median rise of the rate from one rank to the next, by ``weights.upgrade``.

    That weight is what the hotel thinks a night one rank up is worth, and its rates say what it asks for it.
    """
    upgrade = HousePolicy.of(hotel).weights.upgrade
    query = select(RoomType.rank, RoomType.rate_minor).where(RoomType.hotel_id == hotel.id, RoomType.rate_minor > 0)
    highest: dict[int, int] = {}
    for rank, rate in session.execute(query):
        highest[rank] = max(rate, highest.get(rank, 0))
    steps = [Fraction(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(sorted(highest.items()))]
    rises = [step for step in steps if step > 0]
    return FeeScale(hotel.currency, statistics.median(rises) / upgrade if rises and upgrade else None)

"""Money: integers in minor units inside, decimal strings outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

# ISO 4217: every currency that has not two digits after the point.
NO_DIGITS: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"}
    | {"XAF", "XOF", "XPF"}
)
THREE_DIGITS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_digits(currency: str) -> int:
    """Return how many digits the minor unit of a currency has."""
    return 0 if currency in NO_DIGITS else 3 if currency in THREE_DIGITS else 2


def decimal_string(minor: int, currency: str) -> str:
    """Return an amount in minor units as a decimal string: 59999 EUR is ``599.99``."""
    return str(Decimal(minor).scaleb(-minor_digits(currency)))


def minor_units(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units: ``599.99`` EUR is 59999.

    Raises
    ------
    ValueError
        If the currency has no unit so small.
    """
    minor = amount.scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{currency} has {minor_digits(currency)} digits after the point")
    return int(minor)

"""Card numbers have no place in free text: whoever types one into a note is told so, and nothing is kept."""

from __future__ import annotations

import re
from typing import Final

# 13 to 19 digits, as people write them: in one piece, or in groups with a space or a dash between.
CANDIDATE: Final = re.compile(r"(?<![\d])(?:\d[ \-\u00a0]?){12,18}\d(?![\d])", re.ASCII)
ISSUERS: Final = "23456"
"""First digits of payment cards; numbers of bookings and telephones mostly begin otherwise, or fail the checksum."""


def has_card_number(text: str) -> bool:
    """Tell whether a text contains what passes for the number of a payment card."""
    for found in CANDIDATE.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        if digits[0] in ISSUERS and luhn(digits):
            return True
    return False


def luhn(digits: str) -> bool:
    """Tell whether digits pass the checksum of Luhn."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0

"""Card numbers have no place in free text: whoever types one into a note is told so, and nothing is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

RUN: Final = re.compile(r"\+?\d+(?:[ .\u2010-\u2015-]{1,3}\d+)*")
"""Digits as people write them: in one piece, or in groups with blanks, dashes or dots between."""

GROUP: Final = re.compile(r"\+?\d+")
"""A + keeps its group from being the first of a card number: it begins a telephone number."""

SHORTEST, LONGEST = 13, 19

# First digits and lengths of Visa; American Express; Diners; JCB; Mastercard; Maestro, Discover and UnionPay.
NUMBER: Final = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|3[47]\d{13}|3[0689]\d{12}|35\d{14}|(5[1-5]|2[2-7])\d{14}|(50|5[6-8]|6\d)\d{11,17}"
)


def has_card_number(text: str) -> bool:
    """Tell whether a text contains what passes for the number of a payment card.

    Looked at is whatever whole groups of a run of digits come to: a card number stays one beside a room number or its
    own date of expiry, and the middle of a longer number is none. A number that begins as cards do, is as long and
    passes the checksum is refused though it be another: a reference of 16 digits from 4 on, one time in ten.
    """
    if len(text) < SHORTEST:
        return False
    plain = unicodedata.normalize("NFKC", text)
    return any(NUMBER.fullmatch(digits) and luhn(digits) for digits in _candidates(plain))


def _candidates(text: str) -> Iterator[str]:
    for run in RUN.finditer(text):
        groups = GROUP.findall(run[0])
        for first in range(len(groups)):
            digits = ""
            for group in groups[first:]:
                digits += group
                if len(digits) > LONGEST:
                    break
                if len(digits) >= SHORTEST:
                    yield digits


def luhn(digits: str) -> bool:
    """Tell whether digits pass the checksum of Luhn."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0

"""What one cell may hold: each parser takes the stripped text of a cell that is not empty.

All raise ``ValueError`` with a sentence that can be shown. Text is data: a cell that begins with ``=`` is kept as it
is, and escaping it is the business of whoever writes a spreadsheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from api.services.cards import has_card_number
from api.services.money import minor_digits

Parser = Callable[[str], Any]

FIRST_YEAR, LAST_YEAR = 1900, 2199

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_MONEY = re.compile(r"(\d{1,12})(?:\.(\d+))?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CODE = re.compile(r"[^\s,;:/?#%\x00-\x1f\x7f]{1,20}")


def text(longest: int = 200, *, numbers: bool = False) -> Parser:
    """Return the parser of free text of at most so many characters.

    Parameters
    ----------
    numbers
        Whether it names something by long numbers of whatever form, so that none is taken for that of a card.
    """

    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise ValueError(f"longer than {longest} characters")
        if _CONTROL.search(cell):
            raise ValueError("has control characters")
        if not numbers and has_card_number(cell):
            raise ValueError("has what looks like a card number, which must not be kept here")
        return cell

    return parse


def code(cell: str) -> str:
    """Read a room number or type code: it becomes part of addresses, so no blanks, commas, slashes or the like."""
    if not _CODE.fullmatch(cell):
        raise ValueError(f"{_shown(cell)} is not a code: 1 to 20 characters without blanks and , ; : / ? # %")
    return cell


def integer(low: int, high: int) -> Parser:
    """Return the parser of a whole number in ``low .. high``."""

    def parse(cell: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,9}", cell, re.ASCII):
            raise ValueError(f"{_shown(cell)} is not a whole number")
        if not low <= int(cell) <= high:
            raise ValueError(f"{cell} is not in {low} .. {high}")
        return int(cell)

    return parse


def day(cell: str) -> date:
    """Read an ISO date."""
    try:
        found = date.fromisoformat(cell) if _DATE.fullmatch(cell) else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"{_shown(cell)} is not a date as 2026-03-31")
    return found


def moment(zone: ZoneInfo) -> Parser:
    """Return the parser of an ISO date or date and time; without an offset it is the wall clock of ``zone``."""

    def parse(cell: str) -> datetime:
        try:
            found = datetime.fromisoformat(cell) if _MOMENT.fullmatch(cell) else None
        except ValueError:
            found = None
        if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValueError(f"{_shown(cell)} is not a moment as 2026-03-31T14:30 or 2026-03-31T14:30Z")
        return found if found.tzinfo else found.replace(tzinfo=zone)

    return parse


def money(currency: str) -> Parser:
    """Return the parser of an amount as ``1234.50`` into minor units of the currency."""
    digits = minor_digits(currency)

    def parse(cell: str) -> int:
        found = _MONEY.fullmatch(cell)
        if not found:
            raise ValueError(f"{_shown(cell)} is not an amount as 1234.50: digits and one point, nothing else")
        if len(found[2] or "") > digits:
            raise ValueError(f"{cell} has more than the {digits} decimals of {currency}")
        return int(Decimal(cell).scaleb(digits))

    return parse


def email(cell: str) -> str:
    """Read an address: something, one @, something; whether it is anybody's only a mail can tell."""
    if not _EMAIL.fullmatch(cell) or len(cell) > 254 or _CONTROL.search(cell):
        raise ValueError(f"{_shown(cell)} is not an e-mail address")
    return cell


def word(members: type[StrEnum]) -> Parser:
    """Return the parser of one of the enum's words, in either case."""
    by_word = {member.value.casefold(): member for member in members}

    def parse(cell: str) -> StrEnum:
        found = by_word.get(cell.casefold())
        if found is None:
            raise ValueError(f"{_shown(cell)} is none of {', '.join(member.value for member in members)}")
        return found

    return parse


def words(cell: str) -> list[str]:
    """Read features separated by ``;``, each once, in their order."""
    found = [part.strip() for part in cell.split(";")]
    if any(len(part) > 60 or _CONTROL.search(part) for part in found):
        raise ValueError("has a feature that is longer than 60 characters or has control characters")
    return list(dict.fromkeys(part for part in found if part))


def _shown(cell: str) -> str:
    short = cell if len(cell) <= 40 else f"{cell[:37]}..."
    return repr(short)

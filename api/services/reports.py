"""What a hotel sold, day by day: occupancy, arrivals and departures, room moves, and nights too short to sell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.services.bookingdata import fault
from api.services.errors import InvalidInput
from api.services.money import decimal_string
from api.services.periods import DAY, MIDNIGHT
from models import Hotel

MAX_DAYS: Final = 800
SHORT: Final = 2
"""Idle runs of so many nights or fewer, between two stays, count as fragments."""


@dataclass(frozen=True, slots=True)
class DayReport:
    """One day of a hotel, and the night after it.

    Attributes
    ----------
    beds
        Rooms that can be sold, each bed of a dorm by itself; suites count by their parts.
    out_of_order, out_of_service
        Of these, closed in the night; what is out of order leaves the inventory.
    occupied
        Taken in the night by a stay.
    occupancy
        Per cent of those in the inventory, with one digit.
    guests
        People who sleep in the hotel.
    fragments
        Beds that are free in a gap of at most `SHORT` nights between two stays.
    moves
        Guests in house who changed rooms on the day, and bookings whose room was changed by hand or by a run.
    revenue
        Of the night: each stay's price spread evenly over its nights, to the last unit.
    """

    day: date
    beds: int
    out_of_order: int
    out_of_service: int
    occupied: int
    occupancy: float
    arrivals: int
    departures: int
    guests: int
    fragments: int
    moves: int
    revenue: str


def occupancy_report(session: Session, hotel: Hotel, first: date, last: date) -> list[DayReport]:
    """Return the report of each day from the first to the last.

    Raises
    ------
    InvalidInput
        If the last is before the first, or there are more than `MAX_DAYS`.
    """
    days = (last - first).days + 1
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(errors=[fault("to", "period", f"names no period of 1 to {MAX_DAYS} days")])
    beds = _beds(session, hotel)
    margin = SHORT + 1
    grids = _grids(session, hotel, beds, first - margin * DAY, days + 2 * margin)
    inner = slice(margin, margin + days)
    taken, order, service = (grid[:, inner].sum(axis=0) for grid in (grids["STAY"], grids["OOO"], grids["OOS"]))
    fragments = _fragments(grids["STAY"] | grids["OOO"] | grids["OOS"], grids["STAY"])[:, inner].sum(axis=0)
    counts = _counts(session, hotel, first, last)
    report = []
    for place in range(days):
        day = first + timedelta(days=place)
        sellable = len(beds) - int(order[place])
        count = counts.get(day, {})
        report.append(
            DayReport(
                day=day,
                beds=len(beds),
                out_of_order=int(order[place]),
                out_of_service=int(service[place]),
                occupied=int(taken[place]),
                occupancy=round(100 * int(taken[place]) / sellable, 1) if sellable else 0.0,
                arrivals=count.get("arrivals", 0),
                departures=count.get("departures", 0),
                guests=count.get("guests", 0),
                fragments=int(fragments[place]),
                moves=count.get("moves", 0),
                revenue=decimal_string(count.get("revenue", 0), hotel.currency),
            )
        )
    return report


def as_csv(report: Sequence[DayReport]) -> str:
    """Return a report as CSV with a head line: dates and numbers only, so no cell is a formula."""
    import pandas as pd  # slow to import, and only this needs it

    return pd.DataFrame([asdict(day) for day in report]).to_csv(index=False, lineterminator="\n")


def _beds(session: Session, hotel: Hotel) -> dict[tuple[int, int], int]:
    """Return a row of the grids for each bed of the rooms in use; a suite is its parts."""
    rows = session.execute(
        text("""
            SELECT r.id, r.beds FROM room r
            WHERE r.hotel_id = :hotel AND r.active AND NOT EXISTS (
                SELECT FROM room_link l WHERE l.hotel_id = r.hotel_id AND l.room_id = r.id AND l.kind = 'component')
            ORDER BY r.id"""),
        {"hotel": hotel.id},
    )
    keys = [(row.id, bed) for row in rows for bed in range(1, row.beds + 1)]
    return {key: place for place, key in enumerate(keys)}


def _grids(
    session: Session, hotel: Hotel, beds: dict[tuple[int, int], int], first: date, days: int
) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return for stays and both kinds of closures which bed is taken in which night."""
    grids = {kind: np.zeros((len(beds), days), dtype=bool) for kind in ("STAY", "OOO", "OOS")}
    begin = datetime.combine(first, MIDNIGHT)
    rows = session.execute(
        text("""
            SELECT o.room_id, o.bed, o.starts_at, o.ends_at,
                   coalesce(o.closure_kind, p.closure_kind, 'STAY') AS kind
            FROM occupancy o
            LEFT JOIN occupancy p ON p.hotel_id = o.hotel_id AND p.id = o.parent_id
            WHERE o.hotel_id = :hotel AND o.released_at IS NULL AND o.starts_at < :ends AND o.ends_at > :starts"""),
        {"hotel": hotel.id, "starts": begin, "ends": begin + days * DAY + DAY},
    )
    for row in rows:
        if (place := beds.get((row.room_id, row.bed))) is None:
            continue
        # A night is taken by whoever has the bed at the midnight that ends its day.
        start = max(0, (row.starts_at - begin) // DAY)
        end = min(days, (row.ends_at - begin - timedelta(microseconds=1)) // DAY)
        grids[row.kind][place, start:end] = True
    return grids


def _fragments(
    busy: np.ndarray[Any, np.dtype[np.bool_]], stays: np.ndarray[Any, np.dtype[np.bool_]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which free nights lie in an idle run of at most `SHORT` nights that two stays bound."""
    found = np.zeros_like(busy)
    for length in range(1, SHORT + 1):
        for start in range(1, busy.shape[1] - length):
            gap = stays[:, start - 1] & stays[:, start + length] & ~busy[:, start : start + length].any(axis=1)
            found[gap, start : start + length] = True
    return found


def _counts(session: Session, hotel: Hotel, first: date, last: date) -> dict[date, dict[str, int]]:
    """Return what is counted by bookings and by the audit."""
    counts: dict[date, dict[str, int]] = {}
    statements = {
        "arrivals": """
            SELECT check_in AS day, count(*) AS number FROM booking
            WHERE hotel_id = :hotel AND status IN ('CONFIRMED', 'CHECKED_IN', 'COMPLETED')
                AND check_in BETWEEN :first AND :last GROUP BY check_in""",
        "departures": """
            SELECT check_out AS day, count(*) AS number FROM booking
            WHERE hotel_id = :hotel AND status IN ('CONFIRMED', 'CHECKED_IN', 'COMPLETED')
                AND check_out BETWEEN :first AND :last GROUP BY check_out""",
        "guests": """
            SELECT night::date AS day, sum(adults + children) AS number
            FROM booking, generate_series(greatest(check_in, :first), least(check_out - 1, :last),
                                          interval '1 day') night
            WHERE hotel_id = :hotel AND status IN ('CONFIRMED', 'CHECKED_IN', 'COMPLETED')
                AND check_in <= :last AND check_out > :first GROUP BY 1""",
        "revenue": """
            SELECT night::date AS day,
                   sum(round(total_minor::numeric * (night::date - check_in + 1) / greatest(1, check_out - check_in))
                       - round(total_minor::numeric * (night::date - check_in) / greatest(1, check_out - check_in))
                   ) AS number
            FROM booking, generate_series(greatest(check_in, :first),
                                          least(greatest(check_out - 1, check_in), :last), interval '1 day') night
            WHERE hotel_id = :hotel AND status IN ('CONFIRMED', 'CHECKED_IN', 'COMPLETED')
                AND check_in <= :last AND greatest(check_out, check_in + 1) > :first GROUP BY 1""",
        "moves": """
            SELECT (at AT TIME ZONE :zone)::date AS day, count(*) AS number FROM audit_entry
            WHERE hotel_id = :hotel AND action = 'room.moved' AND subject LIKE 'booking:%'
                AND (at AT TIME ZONE :zone)::date BETWEEN :first AND :last GROUP BY 1""",
    }
    values = {"hotel": hotel.id, "first": first, "last": last}
    for name, statement in statements.items():
        more = {"zone": hotel.timezone} if ":zone" in statement else {}
        for row in session.execute(text(statement), values | more):
            counts.setdefault(row.day, {})[name] = int(row.number)
    return counts

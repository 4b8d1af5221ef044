"""Prices kept from run to run of a hotel: its next run begins where the last one's ended (`allocator.prices`).

Only the newest are kept; a run that is repeated from what is stored of it counts effort, and uses none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from allocator.prices import moved_on
from api.services.periods import Axis
from models import AllocationRun

ORIGIN: Final = "origin"
"""Beside the prices, the day whose midnight their slot 0 is."""


def last_prices(session: Session, hotel_id: int, axis: Axis) -> dict[str, Any] | None:
    """Return the prices of the hotel's last run that had some, on another run's axis."""
    kept = session.scalars(
        select(AllocationRun.prices)
        .where(AllocationRun.hotel_id == hotel_id, AllocationRun.prices.is_not(None))
        .order_by(AllocationRun.id.desc())
        .limit(1)
    ).one_or_none()
    if kept is None or ORIGIN not in kept:
        return None
    begun = Axis(date.fromisoformat(kept[ORIGIN])).moment(0)
    return moved_on(kept, -axis.slot(begun))


def forget_prices(session: Session, hotel_id: int, *, but: int) -> None:
    """Drop the prices of all runs but one."""
    session.execute(
        update(AllocationRun)
        .where(AllocationRun.hotel_id == hotel_id, AllocationRun.id != but, AllocationRun.prices.is_not(None))
        .values(prices=None)
        .execution_options(synchronize_session=False)
    )


def storable(prices: Mapping[str, object], axis: Axis) -> dict[str, Any] | None:
    """Return what a run keeps; None if its solve had no prices."""
    return {ORIGIN: axis.origin.isoformat(), **prices} if prices else None

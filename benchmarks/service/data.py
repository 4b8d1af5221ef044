"""Where the real hotel's demand is read from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from api.services.imports.demand import Demand, read_demand

FILE = "data/hotel_bookings/city_hotel.csv.gz"


def shared_file(name: str = FILE) -> Path | None:
    """Return a file of the shared data (``KEYRACK_SHARED``, default ``../shared``), or None and say so."""
    path = Path(os.environ.get("KEYRACK_SHARED", Path(__file__).resolve().parents[2].parent / "shared")) / name
    if path.is_file():
        return path
    print(f"skipped: no {path} (set KEYRACK_SHARED)", file=sys.stderr)
    return None


def city() -> Demand | None:
    """Return the city hotel's demand, or None where it is absent."""
    path = shared_file()
    return None if path is None else read_demand(path.name, path.read_bytes())

"""Where the real hotel's demand is read from."""

from __future__ import annotations

from api.services.imports.demand import Demand, read_demand
from benchmarks.shared import shared_file

FILE = "data/hotel_bookings/city_hotel.csv.gz"


def city() -> Demand | None:
    """Return the city hotel's demand, or None where it is absent."""
    path = shared_file(FILE)
    return None if path is None else read_demand(path.name, path.read_bytes())

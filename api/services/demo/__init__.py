"""The demo hotel: about 120 rooms and two months of bookings, the same for the same seed."""

from api.services.demo.build import SEED, SLUG, build_demo
from api.services.demo.season import BUSINESS_DATE, draw

__all__ = ["BUSINESS_DATE", "SEED", "SLUG", "build_demo", "draw"]

"""The demo hotel: about 120 rooms and two months of bookings, the same for the same seed (``docs/demo.md``)."""

SLUG = "harbour-house"
SEED = 7

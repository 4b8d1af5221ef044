"""A large hotel as the service would tell it: the same for the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

FIRST = date(2026, 5, 3)
TYPES = ("STD", "SUP", "DLX", "FAM", "JST")
NAMES = ("Almeida", "Berg", "Costa", "Duarte", "Eriksen", "Ferreira", "García", "Huber", "Ibrahim", "Jensen")


def chart(rooms: int, nights: int, bars: int, seed: int = 7) -> dict[str, Any]:
    """Return the answer of ``tape-chart/`` for a hotel of so many rooms with so many stays in so many nights."""
    draw = Random(seed)
    numbers = [f"{100 + place // 25}{place % 25 + 1:02}" for place in range(rooms)]
    bookings = list(_bookings(draw, numbers, nights, bars))
    return {
        "hotel": {
            "slug": "bench",
            "name": "Bench",
            "timezone": "Europe/Lisbon",
            "business_date": (FIRST + timedelta(days=1)).isoformat(),
            "check_in_time": "15:00:00",
            "check_out_time": "11:00:00",
            "turnaround_minutes": 0,
        },
        "permissions": ["can_view", "can_assign_rooms"],
        "version": 1,
        "from": FIRST.isoformat(),
        "to": (FIRST + timedelta(days=nights)).isoformat(),
        "room_types": [{"code": code, "name": code, "rank": rank, "sleeps": 2} for rank, code in enumerate(TYPES)],
        "rooms": [_room(place, number) for place, number in enumerate(numbers)],
        "bookings": bookings,
        "closures": [],
    }


def _room(place: int, number: str) -> dict[str, Any]:
    return {
        "room_number": number,
        "room_type": TYPES[place % len(TYPES)],
        "building": "",
        "floor": 1 + place // 25,
        "position": place % 25,
        "sleeps": 2,
        "beds": 1,
        "features": ["sea view"] if place % 3 else [],
        "gender": "any",
        "housekeeping_status": "DIRTY" if place % 7 == 0 else "CLEAN",
        "active": True,
        "parts": [],
    }


def _bookings(draw: Random, numbers: list[str], nights: int, bars: int) -> Iterator[dict[str, Any]]:
    """Yield stays that fill each room from left to right, so many a room that all of them are ``bars``."""
    made = 0
    for place, number in enumerate(numbers):
        wanted = bars * (place + 1) // len(numbers) - made
        cuts = sorted(draw.sample(range(nights), 2 * wanted)) if 2 * wanted <= nights else []
        for begin, end in zip(cuts[::2], cuts[1::2], strict=True):
            made += 1
            yield _booking(draw, made, number, begin, end)


def _booking(draw: Random, place: int, number: str, begin: int, end: int) -> dict[str, Any]:
    check_in, check_out = FIRST + timedelta(days=begin), FIRST + timedelta(days=end)
    status = "CHECKED_IN" if begin <= 1 < end else "COMPLETED" if end <= 1 else "CONFIRMED"
    return {
        "booking_id": f"BK-2026-{place:06}",
        "version": 1,
        "status": status,
        "source": "IMPORT",
        "guest_name": f"{draw.choice(NAMES)} {draw.choice(NAMES)}",
        "check_in": check_in.isoformat(),
        "check_out": check_out.isoformat(),
        "arrival_time": None,
        "departure_time": None,
        "adults": 2,
        "children": 0,
        "priority": int(draw.random() < 0.05),
        "room_type": TYPES[place % len(TYPES)],
        "group": None,
        "locked": draw.random() < 0.1,
        "lock_reason": "",
        "needs": [],
        "gender": None,
        "allowed_rooms": None,
        "places": [
            {
                "room_number": number,
                "bed": 1,
                "starts_at": datetime.combine(check_in, time(15)).isoformat(),
                "ends_at": datetime.combine(check_out, time(11)).isoformat(),
                "origin": "RUN",
                "part_of": None,
            }
        ],
    }

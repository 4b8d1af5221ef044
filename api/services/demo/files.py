"""The demo hotel as the files that an import takes, and what such files cannot say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from api.services.demo.house import TYPES, rooms
from api.services.demo.season import RATES, DemoStay

ROOM_COLUMNS = ("number", "type", "building", "floor", "position", "sleeps", "beds", "features", "gender")
TYPE_COLUMNS = ("code", "name", "rank", "sleeps", "rate")
BOOKING_COLUMNS = (
    "reference",
    "check_in",
    "check_out",
    "type",
    "adults",
    "children",
    "first_name",
    "last_name",
    "email",
    "phone",
    "status",
    "room",
    "group",
    "source",
    "total",
    "created_at",
)


def types_csv() -> bytes:
    """Return the types file."""
    return _csv(TYPE_COLUMNS, ((t.code, t.name, t.rank, t.sleeps, _money(t.rate)) for t in TYPES))


def rooms_csv() -> bytes:
    """Return the rooms file."""
    return _csv(
        ROOM_COLUMNS,
        (
            (r.number, r.type, "", r.floor, r.position, r.sleeps, r.beds, ";".join(r.features), r.gender)
            for r in rooms()
        ),
    )


def bookings_csv(stays: Sequence[DemoStay]) -> bytes:
    """Return the bookings file; references count up as `reference` does."""
    return _csv(BOOKING_COLUMNS, (_booking(place, stay) for place, stay in enumerate(stays)))


def reference(place: int) -> str:
    """Return the reference of the stay at this place."""
    return f"HH-{place + 1:05}"


def _booking(place: int, stay: DemoStay) -> tuple[object, ...]:
    price = RATES[stay.type] * max(1, stay.nights)
    email = f"guest{place + 1}@example.org"
    phone = f"+351 555 {place + 1:06}"
    moment = f"{stay.booked.isoformat()}T{8 + place % 12:02}:{place % 60:02}"
    room = stay.room.number if stay.keeps_room else ""
    who = (stay.adults, stay.children, stay.first_name, stay.last_name, email, phone)
    dates = (stay.check_in.isoformat(), stay.check_out.isoformat())
    return (
        reference(place),
        *dates,
        stay.type,
        *who,
        stay.status,
        room,
        stay.group,
        stay.source,
        _money(price),
        moment,
    )


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()

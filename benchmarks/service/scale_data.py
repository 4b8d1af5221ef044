"""Hotels and bookings by the million, written by the database itself: what `benchmarks.service.scale` measures on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, Engine, text

BUSINESS_DATE: Final = date(2026, 6, 1)
STAYS_A_ROOM: Final = 100
"""Stays of three nights, one night apart: some 400 days, three quarters of them past."""

BIG: Final = 1
"""The hotel that is asked: as large as any, beside all the others."""

HEAVY: Final = ("guest", "booking", "occupancy")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is: ``bookings`` in all, of which the big hotel has ``big_bookings`` in ``big_rooms``."""

    hotels: int
    bookings: int
    big_rooms: int
    big_bookings: int

    @property
    def each(self) -> int:
        """Bookings of every other hotel."""
        return max(STAYS_A_ROOM, (self.bookings - self.big_bookings) // max(1, self.hotels - 1))

    def rooms_of(self, hotel: int) -> int:
        """Return how many rooms a hotel has."""
        return self.big_rooms if hotel == BIG else max(2, self.each // STAYS_A_ROOM)

    def bookings_of(self, hotel: int) -> int:
        """Return how many bookings a hotel has."""
        return self.big_bookings if hotel == BIG else self.each


HOTEL: Final = text("""
INSERT INTO hotel (id, slug, name, business_date) VALUES (:hotel, 'h' || :hotel, 'Hotel ' || :hotel, :day);
INSERT INTO room_type (hotel_id, id, code, name, rank, rate_minor)
SELECT :hotel, 1 + rank, code, code, rank, 10000 * (1 + rank)
FROM (VALUES ('STD', 0), ('DLX', 1), ('STE', 2)) AS kinds(code, rank);
INSERT INTO room (hotel_id, id, number, room_type_id, floor, position, features)
SELECT :hotel, r, (100 + r)::text, CASE WHEN r % 10 < 7 THEN 1 WHEN r % 10 < 9 THEN 2 ELSE 3 END, 1 + r / 40, r % 40,
       CASE WHEN r % 5 = 0 THEN '{quiet}'::text[] ELSE '{}' END
FROM generate_series(1, :rooms) AS r;
""")

GUESTS: Final = text("""
INSERT INTO guest (hotel_id, id, first_name, last_name, email)
SELECT :hotel, i, (ARRAY['Ada','Grace','Alan','Edsger','Barbara','Donald','Tony','Frances','Ken'])[1 + i % 9],
       initcap(substr(md5(i::text || ':' || :hotel), 1, 8)), substr(md5(:hotel || '-' || i), 1, 10) || '@example.org'
FROM generate_series(1, :bookings) AS i
""")

BOOKINGS: Final = text("""
INSERT INTO booking (hotel_id, id, booking_id, confirmation_number, confirmation_hash, status, source, check_in,
                     check_out, adults, room_type_id, guest_id, total_minor, created_at)
SELECT :hotel, i, 'BK-2026-' || lpad(upper(to_hex(i)), 6, '0'), number, sha256(convert_to(number, 'UTF8')),
       CASE WHEN check_in + 3 <= :day THEN 'COMPLETED' WHEN check_in < :day THEN 'CHECKED_IN' ELSE 'CONFIRMED' END,
       (ARRAY['ONLINE','MANUAL','CHANNEL','IMPORT'])[1 + i % 4], check_in, check_in + 3,
       1 + i % 2, CASE WHEN room % 10 < 7 THEN 1 WHEN room % 10 < 9 THEN 2 ELSE 3 END, i, 30000 + i % 5000,
       (check_in - i % 60)::timestamptz
FROM generate_series(1, :bookings) AS i,
     LATERAL (SELECT 1 + (i - 1) % :rooms AS room, 'GRA-2026-' || :hotel || '-' || i AS number) AS a,
     LATERAL (SELECT CAST(:day AS date) - 300 + ((i - 1) / :rooms) * 4 + room % 4 AS check_in) AS b
""")

# One in 97 of those to come has no room yet.
OCCUPANCIES: Final = text("""
INSERT INTO occupancy (hotel_id, room_id, starts_at, ends_at, kind, booking_pk, origin)
SELECT hotel_id, 1 + (id - 1) % :rooms, check_in + time '15:00', check_out + time '11:00', 'STAY', id, 'IMPORT'
FROM booking WHERE hotel_id = :hotel AND NOT (status = 'CONFIRMED' AND id % 97 = 0)
""")

CONSTRAINTS: Final = text("""
SELECT conrelid::regclass::text AS name, conname, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE conrelid = ANY(CAST(:tables AS regclass[])) AND contype IN ('x', 'u', 'f')
ORDER BY contype = 'f', conname
""")
INDEXES: Final = text("""
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index WHERE indrelid = ANY(CAST(:tables AS regclass[])) AND NOT indisprimary ORDER BY 1
""")


def load(engine: Engine, scale: Scale, tell: Callable[[str], None]) -> None:
    """Fill an empty, migrated database, as its superuser: row security and foreign keys are in nobody's way then."""
    with engine.connect() as connection, _bare(connection, tell):
        for hotel in range(1, scale.hotels + 1):
            values = {"hotel": hotel, "day": BUSINESS_DATE, "rooms": scale.rooms_of(hotel)}
            values["bookings"] = scale.bookings_of(hotel)
            for statement in (HOTEL, GUESTS, BOOKINGS, OCCUPANCIES):
                connection.execute(statement, values)
            connection.commit()
            if hotel % 200 == 0:
                tell(f"{hotel:,} hotels")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT setval('hotel_id_seq', :last)"), {"last": scale.hotels})
        connection.execute(text("VACUUM ANALYZE"))


@contextmanager
def _bare(connection: Connection, tell: Callable[[str], None]) -> Iterator[None]:
    """Take the constraints and indexes of the heavy tables away while they are filled: making them once is faster."""
    tables = {"tables": list(HEAVY)}
    connection.execute(text("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'"))
    constraints = connection.execute(CONSTRAINTS, tables).all()
    for row in constraints:
        if not row.definition.startswith("FOREIGN KEY"):
            connection.execute(text(f"ALTER TABLE {row.name} DROP CONSTRAINT {row.conname} CASCADE"))
    indexes = connection.execute(INDEXES, tables).all()
    for row in indexes:
        connection.execute(text(f"DROP INDEX {row.name}"))
    connection.commit()
    yield
    tell("indexes")
    for row in indexes:
        connection.execute(text(row.definition))
        connection.commit()
    for row in constraints:
        if not row.definition.startswith("FOREIGN KEY"):
            connection.execute(text(f"ALTER TABLE {row.name} ADD CONSTRAINT {row.conname} {row.definition}"))
            connection.commit()
    connection.execute(text("SET session_replication_role = origin"))
    connection.commit()

"""The occupancy: this room (bed) is taken for this period, by a stay, a closure, or as a part of a suite."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, Tenant, TextEnum, Versioned, one_of, tenant_key
from models.booking import Booking
from models.room import Room


class OccupancyKind(StrEnum):
    """STAY of a booking, CLOSURE of a room, HOLD of a suite's part while the suite is taken."""

    STAY = "STAY"
    CLOSURE = "CLOSURE"
    HOLD = "HOLD"


class Origin(StrEnum):
    """Who put the occupancy where it is."""

    STAFF = "STAFF"
    RUN = "RUN"
    IMPORT = "IMPORT"


class ClosureKind(StrEnum):
    """OOO (out of order) leaves the inventory; OOS (out of service) is not assignable but still counted."""

    OOO = "OOO"
    OOS = "OOS"


LIVE = text("released_at IS NULL")


class Occupancy(Tenant, Versioned, Created, Base):
    """A period of a room that nobody else can have: `no_double_booking` is the guarantee the service rests on.

    Live means ``released_at IS NULL``; released rows are history. Both exclusion constraints are checked at the end of
    each statement, or of the transaction after ``SET CONSTRAINTS ALL DEFERRED``; so a single ``UPDATE`` may swap rooms.

    Attributes
    ----------
    bed
        1 in a private room, 1 .. ``room.beds`` in a dorm. A dorm's closure is a row for each bed.
    starts_at, ends_at
        Half-open, hotel-local wall clock: from arrival to ready-again.
    booking_pk
        ``booking.id``; null for a closure.
    parent_id
        The suite's occupancy that a HOLD belongs to; for the further beds of a dorm's closure, its first row.
    overrides
        Rule broken by name -> reason, as given by ``overridden_by``.
    """

    __tablename__ = "occupancy"
    __table_args__ = (
        ExcludeConstraint(
            ("hotel_id", "="),
            ("room_id", "="),
            ("bed", "="),
            (text("tsrange(starts_at, ends_at)"), "&&"),
            name="no_double_booking",
            where=LIVE,
            deferrable=True,
            initially="IMMEDIATE",
        ),
        ExcludeConstraint(
            ("hotel_id", "="),
            ("booking_pk", "="),
            (text("tsrange(starts_at, ends_at)"), "&&"),
            name="one_room_at_a_time",
            where=text("released_at IS NULL AND kind = 'STAY'"),
            deferrable=True,
            initially="IMMEDIATE",
        ),
        tenant_key("room_id", "room"),
        tenant_key("booking_pk", "booking"),
        tenant_key("run_id", "allocation_run"),
        tenant_key("parent_id", "occupancy"),
        one_of("kind", OccupancyKind),
        one_of("origin", Origin),
        one_of("closure_kind", ClosureKind),
        # Part of the guarantee: an empty range overlaps nothing.
        CheckConstraint("ends_at > starts_at", name="period"),
        CheckConstraint("bed >= 1", name="bed"),
        CheckConstraint(
            "CASE kind WHEN 'STAY' THEN booking_pk IS NOT NULL AND closure_kind IS NULL AND parent_id IS NULL"
            " WHEN 'CLOSURE' THEN booking_pk IS NULL AND closure_kind IS NOT NULL"
            " ELSE parent_id IS NOT NULL AND closure_kind IS NULL END",
            name="shape",
        ),
        # Availability reads the last start before the wanted end of each bed, backwards, one row.
        Index("ix_occupancy_last_start", "hotel_id", "room_id", "bed", "starts_at", postgresql_where=LIVE),
        Index("ix_occupancy_ends_at", "hotel_id", "ends_at", postgresql_where=LIVE),
        Index(None, "hotel_id", "booking_pk"),
        Index("ix_occupancy_run", "hotel_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_occupancy_parent", "hotel_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    )

    room_id: Mapped[int] = mapped_column(BigInteger)
    bed: Mapped[int] = mapped_column(server_default="1")
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    kind: Mapped[OccupancyKind] = mapped_column(TextEnum(OccupancyKind))
    booking_pk: Mapped[int | None] = mapped_column(BigInteger)
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    origin: Mapped[Origin] = mapped_column(TextEnum(Origin))
    run_id: Mapped[int | None] = mapped_column(BigInteger)
    locked: Mapped[bool] = mapped_column(server_default=text("false"))
    closure_kind: Mapped[ClosureKind | None] = mapped_column(TextEnum(ClosureKind))
    reason: Mapped[str] = mapped_column(server_default="")
    notes: Mapped[str] = mapped_column(server_default="")
    overrides: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    overridden_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    overridden_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    release_reason: Mapped[str] = mapped_column(server_default="")

    room: Mapped[Room] = relationship(lazy="raise", viewonly=True)
    booking: Mapped[Booking | None] = relationship(lazy="raise", viewonly=True)

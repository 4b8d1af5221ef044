"""Rooms, the types they are sold as, and the links between them."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Tenant, TextEnum, Versioned, one_of, tenant_key


class Gender(StrEnum):
    """Whom a room takes: anybody, one gender always, or one gender on each night (``same``)."""

    ANY = "any"
    FEMALE = "female"
    MALE = "male"
    SAME = "same"


class Housekeeping(StrEnum):
    """State of a room's cleaning."""

    CLEAN = "CLEAN"
    DIRTY = "DIRTY"
    PICKUP = "PICKUP"
    INSPECTED = "INSPECTED"


class LinkKind(StrEnum):
    """How two rooms belong together."""

    CONNECTING = "connecting"
    COMPONENT = "component"


class RoomType(Tenant, Versioned, Base):
    """A sold category. ``rank`` is its place on the upgrade ladder; ``rate_minor`` is a night's rate in minor units."""

    __tablename__ = "room_type"
    __table_args__ = (
        UniqueConstraint("hotel_id", "code"),
        CheckConstraint("sleeps >= 1", name="sleeps"),
        CheckConstraint("rate_minor >= 0", name="rate_minor"),
    )

    code: Mapped[str]
    name: Mapped[str]
    rank: Mapped[int] = mapped_column(server_default="0")
    sleeps: Mapped[int] = mapped_column(server_default="2")
    rate_minor: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Room(Tenant, Versioned, Base):
    """A physical room.

    Attributes
    ----------
    position
        Place on the corridor; neighbours on a floor differ by one.
    beds
        1 is a private room; more is a dorm of so many independent beds.
    assignment_order
        The hotel's own preference: lower is used first.
    nights_used
        Nights slept in so far, for even wear.
    """

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("hotel_id", "number"),
        tenant_key("room_type_id", "room_type"),
        one_of("gender", Gender),
        one_of("housekeeping_status", Housekeeping),
        CheckConstraint("sleeps >= 1", name="sleeps"),
        CheckConstraint("beds >= 1", name="beds"),
        CheckConstraint("nights_used >= 0", name="nights_used"),
        Index(None, "hotel_id", "room_type_id"),
    )

    number: Mapped[str]
    room_type_id: Mapped[int] = mapped_column(BigInteger)
    building: Mapped[str] = mapped_column(server_default="")
    floor: Mapped[int] = mapped_column(server_default="0")
    position: Mapped[int] = mapped_column(server_default="0")
    sleeps: Mapped[int] = mapped_column(server_default="2")
    beds: Mapped[int] = mapped_column(server_default="1")
    features: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    gender: Mapped[Gender] = mapped_column(TextEnum(Gender), server_default=Gender.ANY)
    assignment_order: Mapped[int] = mapped_column(server_default="0")
    housekeeping_status: Mapped[Housekeeping] = mapped_column(TextEnum(Housekeeping), server_default=Housekeeping.CLEAN)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    nights_used: Mapped[int] = mapped_column(server_default="0")
    notes: Mapped[str] = mapped_column(server_default="")

    room_type: Mapped[RoomType] = relationship(lazy="raise", viewonly=True)


class RoomLink(Tenant, Base):
    """Two rooms that belong together.

    CONNECTING is symmetric and stored once, with ``room_id < other_room_id``. COMPONENT says that the suite
    ``room_id`` contains the part ``other_room_id``: taking the suite takes its parts.
    """

    __tablename__ = "room_link"
    __table_args__ = (
        UniqueConstraint("hotel_id", "kind", "room_id", "other_room_id"),
        tenant_key("room_id", "room"),
        tenant_key("other_room_id", "room"),
        one_of("kind", LinkKind),
        CheckConstraint("room_id <> other_room_id", name="two_rooms"),
        CheckConstraint("kind <> 'connecting' OR room_id < other_room_id", name="connecting_once"),
        Index(None, "hotel_id", "other_room_id"),
    )

    kind: Mapped[LinkKind] = mapped_column(TextEnum(LinkKind))
    room_id: Mapped[int] = mapped_column(BigInteger)
    other_room_id: Mapped[int] = mapped_column(BigInteger)

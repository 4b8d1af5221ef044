"""People who work with the service, their role in each hotel, and their sign-ins."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, Tenant, TextEnum, Versioned, one_of


class Role(StrEnum):
    """A named set of permissions in one hotel (the table of roles x permissions is the service's)."""

    OWNER = "owner"
    MANAGER = "manager"
    RECEPTION = "reception"
    HOUSEKEEPING = "housekeeping"
    VIEWER = "viewer"


class Staff(Versioned, Created, Base):
    """A person. Global: what the person may do in a hotel is the membership's."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-20)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    last_sign_in_at: Mapped[datetime | None]


Index("uq_staff_email", func.lower(Staff.email), unique=True)


class Membership(Tenant, Versioned, Created, Base):
    """A person's role in one hotel, and permissions granted beyond it.

    Whoever had an address before this hotel named it is invited, and ``active`` only once they have ``accepted``; until
    then ``invited_until`` says how long they may (null: withdrawn), and ``invitation_hash`` is of the token they were
    sent. ``name`` is what this hotel calls somebody whom another hotel has named.
    """

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("hotel_id", "staff_id"),
        one_of("role", Role),
        CheckConstraint("accepted OR NOT active", name="accepted"),
        Index(None, "staff_id"),
    )

    staff_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("staff.id"))
    role: Mapped[Role] = mapped_column(TextEnum(Role))
    permissions: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    name: Mapped[str | None]
    accepted: Mapped[bool] = mapped_column(server_default=text("true"))
    invitation_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    invited_until: Mapped[datetime | None]

    staff: Mapped[Staff] = relationship(lazy="raise", viewonly=True)


class RefreshToken(Created, Base):
    """A sign-in's refresh token, by hash. Each is used once; using it twice revokes its whole ``family``."""

    __tablename__ = "refresh_token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-20)
    staff_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("staff.id"), index=True)
    family: Mapped[uuid.UUID] = mapped_column(index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

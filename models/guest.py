"""The guest: all personal data of a person in one table, so that erasure is one place."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Computed, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Tenant, Versioned

SEARCH: Final = "left(lower(first_name || ' '::text || last_name || chr(10) || email), 500)"


class Guest(Tenant, Versioned, Created, Base):
    """A person who books or stays. After erasure the personal columns are empty and ``erased_at`` is set.

    Attributes
    ----------
    search
        Name and e-mail in small letters, kept by the database; so much of them as fits an index.
    """

    __tablename__ = "guest"

    first_name: Mapped[str] = mapped_column(server_default="")
    last_name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    notes: Mapped[str] = mapped_column(server_default="")
    erased_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search: Mapped[str] = mapped_column(Computed(SEARCH, persisted=True), deferred=True)

    @property
    def name(self) -> str:
        """First and last name, as a screen shows them."""
        return f"{self.first_name} {self.last_name}".strip()

    @classmethod
    def says(cls, part: str) -> ColumnElement[bool]:
        """Return whether the name or the e-mail contains this; case and more than one space do not matter."""
        return func.strpos(cls.search, " ".join(part.lower().split())) > 0


Index("ix_guest_email", Guest.hotel_id, func.lower(Guest.email))
Index("ix_guest_last_name", Guest.hotel_id, func.lower(Guest.last_name))
Index("ix_guest_search", Guest.hotel_id, Guest.search, postgresql_include=["id"])

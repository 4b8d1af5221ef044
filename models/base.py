"""The declarative base: names, column types and the few helpers every table is made of."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""Every constraint has a name that error translation and migrations can rely on; EXCLUDE ones are named by hand."""


class Base(DeclarativeBase):
    """All tables. ``str`` is text, ``datetime`` is UTC (``timestamptz``) unless a column says it is hotel-local."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - the name and form are SQLAlchemy's
        str: Text(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
        list[str]: ARRAY(Text()),
        list[int]: ARRAY(BigInteger()),
    }


E = TypeVar("E", bound=StrEnum)


class TextEnum(TypeDecorator[E]):
    """A ``StrEnum`` stored as text. Native enums are not leakproof: under row security they lose their index.

    Combine with `one_of`, which lets the database refuse every other word.
    """

    impl = Text
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:  # noqa: ARG002
        return None if value is None else self.members(value)


def one_of(column: str, members: type[StrEnum]) -> CheckConstraint:
    """Return the CHECK that a text column holds one of the enum's words (or null, where the column allows it)."""
    words = ", ".join(f"'{member.value}'" for member in members)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def tenant_key(column: str, table: str) -> ForeignKeyConstraint:
    """Return the foreign key ``(hotel_id, column)`` to a tenant table: a row can only point inside its own hotel."""
    return ForeignKeyConstraint(["hotel_id", column], [f"{table}.hotel_id", f"{table}.id"])


class Tenant:
    """Mixin of every table that belongs to a hotel: primary key ``(hotel_id, id)``, row security on ``hotel_id``.

    ``id`` is the sentinel that lets a thousand new objects go in one INSERT and still find their ids.
    """

    hotel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("hotel.id"), primary_key=True, sort_order=-20)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, insert_sentinel=True, sort_order=-19)


class Created:
    """Mixin: when the row was made (UTC). Services give their own clock's time; the default is for bulk loads."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)


class Versioned:
    """Mixin: ``version`` rises by one with each change (compare-and-swap, ETag)."""

    version: Mapped[int] = mapped_column(server_default="1", sort_order=80)

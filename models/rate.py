"""Counters of rate limits: of no hotel, and of nobody that could be recognised in them."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class RateCount(Base):
    """How often something was asked in a window of time; ``key`` is a keyed hash of what and by whom."""

    __tablename__ = "rate_count"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    hits: Mapped[int]

"""The hotel: tenant and unit of locking."""

from datetime import date, time
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Versioned


def default_policy() -> dict[str, Any]:
    """Return the allocation policy of a hotel that has not said otherwise.

    Keys
    ----
    horizon_nights
        Nights ahead of the business date that a nightly run looks at.
    freeze_hours
        Stays arriving within so many hours count as locked for a run.
    time_limit_s
        Wall time a nightly run may solve for.
    weights
        As in the instance format (``upgrade`` per night and rank, ``apart`` per pair and step, ``not_connecting`` per
        member, ``gap`` by length of the idle run), and ``wish``: the weight of a wish that states none.
    unplaced
        Penalty of a stay without a room: ``base + per_night * nights + per_priority * priority``; ``pending`` replaces
        ``base`` for a booking that is not paid.
    move
        Penalty for changing a promised room: ``base``, plus ``week`` within 7 nights of arrival, plus ``day`` within 1.
    upgrades_allowed
        Ranks above the booked type that a run may use; null is the whole ladder, 0 none.
    move_budget
        The most stays a run may move; null is no limit.
    split_allowed
        Whether a stay may change rooms midway where no whole-room plan exists.
    nightly_local_time
        Hotel-local ``HH:MM`` from which the nightly run of a business date is due.
    auto_apply
        Whether a nightly run is applied at once or left as a proposal.
    """
    return {
        "horizon_nights": 60,
        "freeze_hours": 0,
        "time_limit_s": 30,
        "weights": {"upgrade": 100, "wish": 3, "apart": 20, "not_connecting": 40, "gap": [12, 5]},
        "unplaced": {"base": 100_000, "per_night": 1_000, "per_priority": 20_000, "pending": 20_000},
        "move": {"base": 50, "week": 50, "day": 200},
        "upgrades_allowed": None,
        "move_budget": None,
        "split_allowed": False,
        "nightly_local_time": "03:00",
        "auto_apply": True,
    }


class Hotel(Versioned, Created, Base):
    """A property. Its row is the hotel lock (see `models.session.lock_hotel`) and carries the head of its audit chain.

    Attributes
    ----------
    timezone
        IANA name; all occupancies of the hotel are its wall clock.
    turnaround_minutes
        Minutes from check-out until the room is ready again.
    business_date
        The hotel's own day, rolled by the night audit only.
    allocation_version
        Rises by one, in the same transaction, with any change to what a snapshot reads.
    audit_sequence, audit_hash
        Number and hash of the hotel's last audit entry; 0 and empty before the first.
    """

    __tablename__ = "hotel"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        # An unknown zone raises here, once, instead of in every query over all hotels later.
        CheckConstraint("(created_at AT TIME ZONE timezone) IS NOT NULL", name="timezone"),
        CheckConstraint("turnaround_minutes BETWEEN 0 AND 1440", name="turnaround_minutes"),
        CheckConstraint(
            "coalesce(policy ->> 'nightly_local_time', '03:00') ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'",
            name="nightly_local_time",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-20)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    currency: Mapped[str] = mapped_column(server_default="EUR")
    check_in_time: Mapped[time] = mapped_column(server_default="15:00:00")
    check_out_time: Mapped[time] = mapped_column(server_default="11:00:00")
    turnaround_minutes: Mapped[int] = mapped_column(server_default="0")
    business_date: Mapped[date]
    allocation_version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    public_settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    policy: Mapped[dict[str, Any]] = mapped_column(default=default_policy, server_default=text("'{}'"))
    audit_sequence: Mapped[int] = mapped_column(BigInteger, server_default="0")
    audit_hash: Mapped[bytes] = mapped_column(LargeBinary, server_default=text("'\\x'"))

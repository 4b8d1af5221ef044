"""Finding a hotel before a hotel is known: the only doors through row security, and they give out numbers only."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.booking import confirmation_hash
from models.communication import DeliveryStatus
from models.delivery import DeliveryState


def hotel_by_slug(session: Session, slug: str) -> int | None:
    """Return the id of the hotel with this slug."""
    found: int | None = session.scalar(text("SELECT hotel_by_slug(:slug)"), {"slug": slug})
    return found


def hotels_of_staff(session: Session, staff_id: int) -> list[int]:
    """Return the hotels where the person has an active membership; role and permissions are read inside each."""
    return list(session.scalars(text("SELECT hotels_of_staff(:id)"), {"id": staff_id}))


def hotel_by_confirmation(session: Session, confirmation_number: str) -> int | None:
    """Return the hotel of the booking with this confirmation number; None also if two hotels should share it."""
    found = session.scalars(
        text("SELECT hotel_by_confirmation(:hash)"), {"hash": confirmation_hash(confirmation_number)}
    ).all()
    return found[0] if len(found) == 1 else None


def hotel_by_payment(session: Session, hotel_slug: str, booking_id: str) -> int | None:
    """Return the hotel that a payment's metadata names, if it has the booking that the metadata names."""
    found: int | None = session.scalar(
        text("SELECT hotel_by_payment(:slug, :booking)"), {"slug": hotel_slug, "booking": booking_id}
    )
    return found


def hotels_due(session: Session, now: datetime) -> list[int]:
    """Return the hotels whose nightly run is due at ``now`` (with a time zone).

    Due means: the hotel's clock has reached ``nightly_local_time`` of its business date, and it has no nightly run for
    that date but failed ones, fewer than three. One that a person discarded or cancelled is not made again.
    """
    return list(session.scalars(text("SELECT hotels_due(:now)"), {"now": now}))


def hotels_with_events(session: Session, now: datetime) -> list[int]:
    """Return the hotels that have outbox events which wait for their delivery at ``now``."""
    return list(session.scalars(text("SELECT hotels_with_events(:now)"), {"now": now}))


def nights_set_aside(session: Session) -> list[int]:
    """Return the hotels whose night of the business date failed three times: no worker tries it again by itself."""
    return list(session.scalars(text("SELECT nights_set_aside()")))


def messages_with(session: Session, status: DeliveryStatus) -> int:
    """Return how many messages of all hotels are PENDING or FAILED; none of another status is counted."""
    return int(session.execute(text("SELECT messages_with(:status)"), {"status": status.value}).scalar_one())


def webhooks_with(session: Session, state: DeliveryState) -> int:
    """Return how many webhooks of all hotels are PENDING or FAILED; none of another state is counted."""
    return int(session.execute(text("SELECT webhooks_with(:state)"), {"state": state.value}).scalar_one())


def new_hotel_id(session: Session) -> int:
    """Draw the id of a hotel to be made. Open a `hotel_session` on it to insert its row: no other session may."""
    return int(session.execute(text("SELECT nextval('hotel_id_seq')")).scalar_one())

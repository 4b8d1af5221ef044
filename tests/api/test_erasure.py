"""A guest's data: handed out whole, erased by hand, by time, and while a message is on its way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ARRAY, LargeBinary, Text, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.erasure import AT_ONCE, erase_guest, erase_past_guests
from api.services.personal import PERSONAL, WHOLE_ROWS
from api.services.post import messages
from api.services.post.carriers import Letter
from api.services.post.messages import ERASED, Carriers
from api.services.transaction import change_hotel
from api.services.verify import verify_hotel
from models import (
    AuditEntry,
    Base,
    Booking,
    BookingStatus,
    Communication,
    Group,
    Guest,
    Hotel,
    HotelSession,
    PaymentEvent,
    Role,
    hotel_session,
)
from models.auditing import verify_chain
from tests.api.mail import do_all
from tests.api.services.hotels import SmallHotel, day
from tests.api.test_errors import problem
from tests.api.test_post import cancel
from tests.api.web import Web

GRAND = "/api/staff/hotels/grand/"
DESK = Actor.system("desk")

NOT_PERSONAL = {
    "allocation_run": "problem problem_digest params result prices proof diff progress written error",
    "audit_entry": "actor action subject payload previous_hash hash",
    "booking": "booking_id confirmation_number confirmation_hash currency payment_provider pin_hash",
    "communication": "template",
    "guest": "search",  # made of the others by the database
    "hotel": "slug name timezone currency public_settings policy audit_hash",
    "idempotency_key": "key body_digest",
    "membership": "name permissions invitation_hash",
    "message_template": "name subject body",
    "outbox_event": "event payload dedupe_id last_error",
    "payment_event": "provider event_id event_type currency effect",
    "rate_count": "key",
    "refresh_token": "token_hash",
    "room": "number building features notes",
    "room_type": "code name",
    "staff": "email name password_hash",
    "webhook_delivery": "error",
    "webhook_endpoint": "url secret events",
}
"""Columns with text that is no guest's: ids and names of bookings, the hotel's own words, and its staff."""


def texts(table: Any) -> set[str]:
    """Return the columns of a table that hold text in whatever form; words of a list that we know are none."""
    return {
        column.name
        for column in table.columns
        if isinstance(column.type, Text | JSONB | LargeBinary)
        or (isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Text))
    }


def test_every_text_of_every_table_is_personal_or_is_not() -> None:
    personal = {table.__tablename__: set(columns) for table, columns in (PERSONAL | WHOLE_ROWS).items()}
    assert personal["booking"] > {"gender", "needs", "wishes", "reference"}
    for name, table in Base.metadata.tables.items():
        others = set(NOT_PERSONAL.get(name, "").split())
        assert personal.get(name, set()) & others == set(), name
        assert texts(table) - personal.get(name, set()) == others, name
        assert personal.get(name, set()) <= set(table.columns.keys()), name


@pytest.fixture
def guest(web: Web, grand: SmallHotel) -> tuple[int, str]:
    """A guest who was here, with something written everywhere that something can be written."""
    booking = grand.book(
        -3,
        -1,
        room="101",
        status=BookingStatus.COMPLETED,
        special_requests="Zaphod likes towels",
        internal_notes="Zaphod has two heads",
        place={"notes": "Zaphod again", "overrides": {"room_fits": "Zaphod insists"}},
    )
    with hotel_session(web.engine, grand.id) as session:
        row = session.scalars(select(Guest)).one()
        row.first_name, row.last_name, row.email = "Zaphod", "Beeblebrox", "zaphod@heart.example"
        row.phone, row.notes = "+42 4242", "Zaphod is a friend"
        pk = session.execute(text("SELECT id FROM booking")).scalar_one()
        session.add(
            Communication(
                hotel_id=grand.id,
                booking_pk=pk,
                communication_type="EMAIL",
                subject="Dear Zaphod",
                message="Zaphod, thank you",
                recipient="zaphod@heart.example",
            )
        )
        session.add(
            PaymentEvent(
                hotel_id=grand.id,
                provider="stripe",
                event_id="evt_1",
                event_type="x",
                booking_pk=pk,
                payload={"name": "Zaphod"},
            )
        )
        session.commit()
        return row.id, booking


def everything(web: Web) -> str:
    """Return all that the database holds of the hotel, as text; what is stored as bytes, too."""
    with hotel_session(web.engine, 1) as session:
        tables = session.scalars(
            text("SELECT table_name FROM information_schema.columns WHERE column_name = 'hotel_id'")
        ).all()
        rows = [r for t in tables for r in session.scalars(text(f"SELECT row_to_json({t})::text FROM {t}"))]
        rows += [bytes(body).decode() for body in session.scalars(text("SELECT body FROM idempotency_key"))]
    return "\n".join(rows)


def test_a_guest_is_handed_out_and_erased(web: Web, grand: SmallHotel, guest: tuple[int, str]) -> None:
    guest_id, booking = guest
    owner = web.member("ada", grand.id, Role.OWNER)
    reason = {"guest": {"phone": "+42 4243"}, "internal_notes": "Zaphod came back", "reason": "Zaphod called"}
    assert owner.patch(f"{GRAND}bookings/{booking}/", json=reason).status_code == 200
    path = f"{GRAND}guests/{guest_id}/"
    exported = owner.get(f"{path}export/").json()
    assert (exported["guest"]["email"], exported["bookings"][0]["booking_id"]) == ("zaphod@heart.example", booking)
    assert exported["communications"][0]["message"] == "Zaphod, thank you"
    assert owner.get(f"{GRAND}guests/", params={"search": "beeble"}).json()["results"][0]["bookings"] == 1
    assert "Zaphod" in everything(web)
    problem(web.member("bob", grand.id, Role.MANAGER).post(f"{path}erase/"), 403, "forbidden")
    erased = owner.post(f"{path}erase/").json()
    assert (erased["last_name"], erased["erased_at"] is not None) == ("", True)
    left = everything(web)
    assert [word for word in ("Zaphod", "zaphod", "Beeblebrox", "4242") if word in left] == []
    assert owner.post(f"{path}erase/").json() == erased
    problem(owner.patch(f"{GRAND}bookings/{booking}/", json={"guest": {"phone": "1"}}), 409, "wrong_state")
    assert owner.get(f"{GRAND}bookings/{booking}/").json()["total_amount"] == "0.00"
    with hotel_session(web.engine, grand.id) as session:
        assert verify_chain(session, grand.id) == []
        subjects = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"guest:{guest_id}")).all()
    assert subjects == ["guest.exported", "guest.erased"]


def test_stored_answers_are_erased_too(web: Web, grand: SmallHotel) -> None:
    owner = web.member("ada", grand.id, Role.OWNER)
    body = {"guest": {"last_name": "Zaphod"}, "room_type": "STD", "check_in": str(day(1)), "check_out": str(day(2))}
    made = owner.post(f"{GRAND}bookings/", json=body, headers={"Idempotency-Key": "k"}).json()["booking_id"]
    guest_id = owner.get(f"{GRAND}guests/").json()["results"][0]["id"]
    expected = problem(owner.post(f"{GRAND}guests/{guest_id}/erase/"), 409, "still_expected")
    assert expected["errors"][0]["booking_id"] == made
    cancelled = owner.post(
        f"{GRAND}bookings/{made}/cancel/", json={"reason": "Zaphod is ill"}, headers={"Idempotency-Key": "c"}
    )
    assert cancelled.status_code == 200
    assert owner.post(f"{GRAND}guests/{guest_id}/erase/").status_code == 200
    assert "Zaphod" not in everything(web)


def test_guests_of_another_hotel_are_absent(
    web: Web, grand: SmallHotel, guest: tuple[int, str], other: SmallHotel
) -> None:
    stranger = web.member("eve", other.id, Role.OWNER)
    assert stranger.get("/api/staff/hotels/other/guests/").json()["count"] == 0
    for path in ("", "export/"):
        problem(stranger.get(f"/api/staff/hotels/other/guests/{guest[0]}/{path}"), 404, "not_found")
    assert grand.id != other.id


def marks(hotel: SmallHotel) -> list[str]:
    """Write a mark into every personal column, and return the marks."""
    made = []
    with hotel.session() as session:
        for table, columns in PERSONAL.items():
            if table is AuditEntry:
                continue  # written by a request: no row of it can be changed
            row = session.scalars(select(table)).one()
            for name in columns:
                kind, mark = table.__table__.columns[name].type, f"Zaphod's {table.__tablename__} {name}"
                if isinstance(kind, Text):
                    setattr(row, name, mark)
                elif isinstance(kind, ARRAY):
                    setattr(row, name, [mark])
                elif isinstance(kind, JSONB):
                    setattr(row, name, [{"feature": mark}] if name == "wishes" else {"room_fits": mark})
                else:
                    assert name == "gender"
                    setattr(row, name, mark := "female")
                made.append(mark)
        session.scalars(select(Group)).one().notes = "Zaphod's notes"
        session.commit()
    return made


def test_all_that_is_personal_is_handed_out_and_then_erased(
    web: Web, grand: SmallHotel, guest: tuple[int, str]
) -> None:
    guest_id, booking = guest
    owner = web.member("ada", grand.id, Role.OWNER)
    group = owner.post(f"{GRAND}groups/", json={"name": "Zaphod's party"}).json()["id"]
    change = {"internal_notes": "Zaphod's notes", "reason": "Zaphod's reason"}
    assert owner.patch(f"{GRAND}bookings/{booking}/", json=change).status_code == 200
    with grand.session() as session:
        session.scalars(select(Booking)).one().group_id = group
        session.commit()
    written = [*marks(grand), "Zaphod's reason", "Zaphod's party", '"room_number":"101"']
    exported = owner.get(f"{GRAND}guests/{guest_id}/export/").text
    assert [mark for mark in written if mark not in exported] == []
    assert [mark for mark in written[:-1] if mark not in everything(web)] == []
    assert owner.post(f"{GRAND}guests/{guest_id}/erase/").status_code == 200
    left = everything(web)
    assert [line for line in left.splitlines() if "Zaphod" in line or "female" in line] == []
    with grand.session() as session:
        row = session.scalars(select(Booking)).one()
        assert (row.gender, row.reference, row.group_id, row.wishes) == (None, None, None, [])
        assert session.scalar(select(PaymentEvent.payload.is_(None)))
        assert verify_chain(session, grand.id) == []
    assert only_message(grand) == ("FAILED", ERASED, "", "", "")
    assert verify_hotel(grand.engine, grand.id) == ()


def test_the_audit_repeats_nothing_that_is_personal(web: Web, grand: SmallHotel) -> None:
    """It is never changed, so that nothing could be erased there but reasons."""
    desk, path = web.member("ada", grand.id, Role.MANAGER), f"{GRAND}bookings/{grand.book(1, 2)}/"
    group = f"{GRAND}groups/{desk.post(f'{GRAND}groups/', json={'name': 'Zaphod one'}).json()['id']}/"
    assert desk.patch(group, json={"name": "Zaphod two", "notes": "Zaphod"}).status_code == 200
    change = {"guest": {"first_name": "Zaphod"}, "gender": "female", "group": "Zaphod two"}
    change |= {"wishes": [{"feature": "Zaphod"}], "special_requests": "Zaphod", "promo_code": "Zaphod"}
    assert desk.patch(path, json=change | {"reason": "Zaphod asked"}).status_code == 200
    with grand.session() as session:
        said = session.scalars(select(AuditEntry.payload)).all()
    assert len(said) == 3
    assert [payload for payload in said if "Zaphod" in payload or "female" in payload] == []


def erase(hotel: SmallHotel, clock: SetClock, guest_id: int) -> None:
    """Erase a guest by hand."""
    change_hotel(hotel.engine, hotel.id, lambda s, h: erase_guest(s, h, guest_id, actor=DESK, clock=clock))


def test_a_group_goes_with_the_last_who_was_in_it(grand: SmallHotel, clock: SetClock) -> None:
    party = grand.group("Zaphod's party")
    for _ in range(2):
        grand.book(-3, -1, status=BookingStatus.COMPLETED, group_id=party)
    with grand.session() as session:
        first, last = session.scalars(select(Guest.id).order_by(Guest.id))
    names = []
    for guest_id in (first, last):
        erase(grand, clock, guest_id)
        with grand.session() as session:
            names.append(session.scalars(select(Group.name)).all())
    assert names == [["Zaphod's party"], []]


class Carried:
    """A way for messages on which something happens."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile

    def carry(self, letter: Letter) -> None:
        """Let it happen."""
        assert letter.recipient == "ada@example.org"
        self.meanwhile()


HELD_UP = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def only_message(hotel: SmallHotel) -> tuple[str, ...]:
    with hotel.session() as session:
        row = session.scalars(select(Communication)).one()
    return row.delivery_status.value, row.error, row.recipient, row.subject, row.message


def test_an_erasure_is_not_undone_by_a_message_on_its_way(grand: SmallHotel, clock: SetClock) -> None:
    cancel(grand, clock)
    way = Carried(lambda: erase(grand, clock, 1))
    do_all(grand.engine, clock, Carriers(mail=way, sms=way))
    assert only_message(grand) == ("FAILED", ERASED, "", "", "")


def test_a_message_that_an_erasure_could_not_see_waits_for_it(grand: SmallHotel, clock: SetClock) -> None:
    """It was committed after the erasure had gone through the messages, and is sent before the erasure commits."""
    cancel(grand, clock)
    on_its_way = threading.Event()
    way = Carried(on_its_way.set)

    def later(_session: Session, _row: int, _wait: timedelta) -> None:
        raise AssertionError("there is nobody to try again for")

    def send(row: int) -> None:
        messages.send(grand.engine, grand.id, row, Carriers(mail=way, sms=way), clock, later)

    def work(session: HotelSession, hotel: Hotel) -> threading.Thread:
        erase_guest(session, hotel, 1, actor=DESK, clock=clock)
        with grand.session() as other:
            row = Communication(
                hotel_id=grand.id, booking_pk=1, communication_type="EMAIL", template="cancellation", attempts=0
            )
            other.add(row)
            other.commit()
        sender = threading.Thread(target=send, args=(row.id,))
        sender.start()
        assert on_its_way.wait(30)
        with grand.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
            while sender.is_alive() and not watching.scalar(text(HELD_UP)):
                sender.join(0.01)
        return sender

    change_hotel(grand.engine, grand.id, work).join(30)
    assert only_message(grand) == ("FAILED", ERASED, "", "", "")


def test_a_hotel_keeps_guests_as_long_as_it_says(web: Web, grand: SmallHotel) -> None:
    manager, path = web.member("ada", grand.id, Role.MANAGER), f"{GRAND}settings/"
    assert manager.get(path).json()["keep_guests_days"] is None
    for days in (30, None, 365):
        assert manager.patch(path, json={"keep_guests_days": days}).json()["keep_guests_days"] == days
    problem(manager.patch(path, json={"keep_guests_days": 0}), 422, "invalid_input")
    replaced = manager.put(path, json={"name": "Inn", "timezone": "Europe/Rome"}).json()
    assert replaced["keep_guests_days"] is None


def keep(hotel: SmallHotel, days: int | None) -> None:
    """Let the hotel keep guests for so long."""
    with hotel.session() as session:
        row = session.get_one(Hotel, hotel.id)
        row.policy = {**row.policy, "keep_guests_days": days}
        session.commit()


def kept(hotel: SmallHotel) -> set[str]:
    """Return the bookings whose guests are not erased."""
    with hotel.session() as session:
        found = select(Booking.booking_id).join(Guest, Guest.id == Booking.guest_id).where(Guest.erased_at.is_(None))
        return set(session.scalars(found))


def test_guests_are_erased_when_the_hotel_keeps_them_no_longer(
    grand: SmallHotel, other: SmallHotel, clock: SetClock
) -> None:
    done, now = BookingStatus.COMPLETED, BookingStatus.CHECKED_IN
    gone = [grand.book(-33, -31, status=status) for status in (done, BookingStatus.NO_SHOW, BookingStatus.CANCELLED)]
    long_ago = {grand.book(-400, -399, status=done) for _ in range(AT_ONCE)}
    left_late = grand.book(-33, -30, status=done)
    cancelled = grand.book(3, 4, status=BookingStatus.CANCELLED)
    again, flagged, elsewhere = grand.book(-400, -399, status=done), grand.book(-400, -399, status=done), other
    inside, coming = grand.book(-1, 1, room="101", status=now), grand.book(-400, -399, status=done)
    later, overdue = grand.book(1, 2), grand.book(-40, -35, room="102", status=now)
    elsewhere.book(-400, -399, status=done)
    with grand.session() as session:
        rows = {row.booking_id: row for row in session.scalars(select(Booking))}
        rows[inside].guest_id, rows[later].guest_id = rows[again].guest_id, rows[coming].guest_id
        paid = {"provider": "stripe", "event_id": "evt_1", "event_type": "x", "effect": "refund_due"}
        session.add(PaymentEvent(hotel_id=grand.id, booking_pk=rows[flagged].id, **paid))
        session.commit()
    for hotel in (grand, other):
        assert erase_past_guests(hotel.engine, hotel.id, clock) == 0
    keep(grand, 30)
    assert erase_past_guests(grand.engine, grand.id, clock) == len(gone) + len(long_ago)
    assert kept(grand) == {left_late, cancelled, again, flagged, inside, coming, later, overdue}
    assert erase_past_guests(grand.engine, grand.id, clock) == 0
    assert len(kept(other)) == 1
    with grand.session() as session:
        told = session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "guest.erased")).all()
        events = session.scalar(text("SELECT count(*) FROM outbox_event WHERE event = 'guest.erased'"))
        assert verify_chain(session, grand.id) == []
    assert (set(told), len(told), events) == ({"system:retention"}, len(gone) + len(long_ago), len(told))
    assert verify_hotel(grand.engine, grand.id) == ()

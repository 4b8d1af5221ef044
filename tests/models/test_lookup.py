"""The functions that find a hotel, and nothing else, before a hotel is known; and those that count over all hotels."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from models import (
    AllocationRun,
    Communication,
    CommunicationType,
    DeliveryState,
    DeliveryStatus,
    Hotel,
    Membership,
    OutboxEvent,
    Role,
    RunKind,
    RunState,
    Staff,
    WebhookDelivery,
    WebhookEndpoint,
    emit,
    global_session,
    hotel_by_confirmation,
    hotel_by_payment,
    hotel_by_slug,
    hotel_session,
    hotels_due,
    hotels_of_staff,
    hotels_with_events,
    messages_with,
    sqlstate,
    webhooks_with,
)
from tests.models.rows import FIRST_DAY, add_booking, make_hotel

LOOKUPS = {"hotel_by_slug", "hotels_of_staff", "hotel_by_confirmation", "hotel_by_payment", "hotels_due"}
LOOKUPS |= {"hotels_with_events", "nights_set_aside", "messages_with", "webhooks_with"}


def test_no_other_function_runs_with_more_rights_than_its_caller(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT proname, pg_get_userbyid(proowner) AS owner, proconfig, prorettype::regtype::text AS gives,"
                " has_function_privilege('public', p.oid, 'EXECUTE') AS anybody,"
                " has_function_privilege('keyrack_app', p.oid, 'EXECUTE') AS service"
                " FROM pg_proc p WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            )
        ).all()
        assert {row.proname for row in rows} == LOOKUPS
        for row in rows:
            assert row.owner == "keyrack_lookup"
            assert row.proconfig == ["search_path=pg_catalog, pg_temp"]
            assert (row.gives, row.anybody, row.service) == ("bigint", False, True)
        assert not connection.scalar(text("SELECT has_schema_privilege('keyrack_lookup', 'public', 'CREATE')"))
        readable = connection.execute(
            text(
                "SELECT table_name, string_agg(column_name, ' ' ORDER BY column_name) FROM"
                " information_schema.column_privileges WHERE grantee = 'keyrack_lookup' GROUP BY 1 ORDER BY 1"
            )
        ).all()
    assert [tuple(row) for row in readable] == [
        ("allocation_run", "business_date hotel_id kind state"),
        ("booking", "booking_id confirmation_hash hotel_id"),
        ("communication", "delivery_status"),
        ("hotel", "business_date id policy slug timezone"),
        ("membership", "active hotel_id staff_id"),
        ("outbox_event", "delivered_at hotel_id next_attempt_at"),
        ("webhook_delivery", "state"),
    ]


def test_hotels_are_found_by_what_a_stranger_may_know(app_engine: Engine) -> None:
    grand, plaza = make_hotel(app_engine, "grand"), make_hotel(app_engine, "plaza")
    with hotel_session(app_engine, plaza) as session:
        number = add_booking(session, plaza, "P1AZA1").confirmation_number
        session.commit()
    with global_session(app_engine) as session:
        assert [hotel_by_slug(session, slug) for slug in ("grand", "plaza", "absent")] == [grand, plaza, None]
        assert hotel_by_confirmation(session, number) == plaza
        assert hotel_by_confirmation(session, number.lower()) is None
        assert hotel_by_payment(session, "plaza", "BK-2026-P1AZA1") == plaza
        assert hotel_by_payment(session, "grand", "BK-2026-P1AZA1") is None


def test_one_number_in_two_hotels_names_neither(app_engine: Engine) -> None:
    for slug in ("grand", "plaza"):
        hotel_id = make_hotel(app_engine, slug)
        with hotel_session(app_engine, hotel_id) as session:
            number = add_booking(session, hotel_id).confirmation_number
            session.commit()
    with global_session(app_engine) as session:
        assert hotel_by_confirmation(session, number) is None


def test_memberships_are_those_that_are_active(app_engine: Engine) -> None:
    hotels = [make_hotel(app_engine, slug) for slug in ("a", "b", "c")]
    with global_session(app_engine) as session:
        person = Staff(email="ada@example.org", name="Ada", password_hash="x")
        session.add(person)
        session.commit()
    for hotel_id, active in zip(hotels[:2], (True, False), strict=True):
        with hotel_session(app_engine, hotel_id) as session:
            session.add(Membership(hotel_id=hotel_id, staff_id=person.id, role=Role.RECEPTION, active=active))
            session.commit()
    with global_session(app_engine) as session:
        assert hotels_of_staff(session, person.id) == hotels[:1]
        assert hotels_of_staff(session, person.id + 1) == []
        session.add(Staff(email="ADA@example.org", name="Other", password_hash="x"))
        with pytest.raises(DBAPIError) as refused:
            session.flush()
        assert sqlstate(refused.value) == "23505"


@pytest.mark.parametrize(
    ("zone", "clock", "due"),
    [
        ("UTC", datetime(2026, 3, 1, 2, 59, 59, tzinfo=UTC), False),
        ("UTC", datetime(2026, 3, 1, 3, 0, tzinfo=UTC), True),
        ("Pacific/Auckland", datetime(2026, 2, 28, 13, 59, tzinfo=UTC), False),
        ("Pacific/Auckland", datetime(2026, 2, 28, 14, 0, tzinfo=UTC), True),
        ("America/Los_Angeles", datetime(2026, 3, 1, 10, 59, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2026, 3, 1, 11, 0, tzinfo=UTC), True),
    ],
)
def test_a_night_is_due_by_the_hotels_own_clock(app_engine: Engine, zone: str, clock: datetime, due: bool) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        session.get_one(Hotel, hotel_id).timezone = zone
        session.commit()
    with global_session(app_engine) as session:
        assert hotels_due(session, clock) == ([hotel_id] if due else [])


@pytest.mark.parametrize("state", [state for state in RunState if state != RunState.FAILED])
def test_a_night_is_tried_three_times_and_never_behind_a_persons_back(app_engine: Engine, state: RunState) -> None:
    clock = datetime(2026, 3, 1, 4, tzinfo=UTC)

    def due_after(state: RunState, day: date = FIRST_DAY, kind: RunKind = RunKind.NIGHTLY) -> bool:
        with hotel_session(app_engine, hotel_id) as session:
            session.add(AllocationRun(hotel_id=hotel_id, kind=kind, state=state, business_date=day))
            session.commit()
        with global_session(app_engine) as session:
            return hotels_due(session, clock) == [hotel_id]

    hotel_id = make_hotel(app_engine)
    assert [due_after(RunState.FAILED) for _ in range(3)] == [True, True, False]
    hotel_id = make_hotel(app_engine, "plaza")
    assert due_after(state, date(2026, 2, 28))
    assert due_after(state, kind=RunKind.RESHUFFLE)
    assert not due_after(state)


def test_a_hotel_has_events_until_they_are_delivered(app_engine: Engine) -> None:
    grand, plaza = make_hotel(app_engine, "grand"), make_hotel(app_engine, "plaza")
    now = datetime(2026, 3, 1, 4, tzinfo=UTC)

    def waiting(**columns: datetime | None) -> list[int]:
        with hotel_session(app_engine, plaza) as session:
            for event in session.scalars(select(OutboxEvent)):
                for name, value in columns.items():
                    setattr(event, name, value)
            session.commit()
        with global_session(app_engine) as session:
            return hotels_with_events(session, now)

    assert waiting() == []
    for hotel_id in (grand, plaza):
        with hotel_session(app_engine, hotel_id) as session:
            emit(session, hotel_id, "room.moved", {}, "once")
            session.commit()
    assert waiting() == [grand, plaza]
    assert waiting(next_attempt_at=now + timedelta(seconds=1)) == [grand]
    assert waiting(next_attempt_at=now) == [grand, plaza]
    assert waiting(delivered_at=now) == [grand]


def test_what_waits_and_what_was_given_up_is_counted_over_all_hotels(app_engine: Engine) -> None:
    for slug in ("grand", "plaza"):
        hotel_id = make_hotel(app_engine, slug)
        with hotel_session(app_engine, hotel_id) as session:
            booking = add_booking(session, hotel_id)
            endpoint = WebhookEndpoint(hotel_id=hotel_id, url="https://a.example", secret="x")
            session.add(endpoint)
            for place, status in enumerate(DeliveryStatus):
                by_mail = {"communication_type": CommunicationType.EMAIL, "delivery_status": status}
                session.add(Communication(hotel_id=hotel_id, booking_pk=booking.id, **by_mail))
                emit(session, hotel_id, "room.moved", {}, f"{place}")
            session.flush()
            events = session.scalars(select(OutboxEvent.id)).all()
            for event, state in zip(events, (*DeliveryState, DeliveryState.FAILED), strict=True):
                on_its_way = {"endpoint_id": endpoint.id, "event_id": event, "state": state}
                session.add(WebhookDelivery(hotel_id=hotel_id, **on_its_way))
            session.commit()
    with global_session(app_engine) as session:
        assert [messages_with(session, status) for status in DeliveryStatus] == [2, 0, 0, 2]
        assert [webhooks_with(session, state) for state in DeliveryState] == [2, 0, 4]
        assert session.scalars(select(Communication.id)).all() == []


def test_one_bad_policy_or_zone_cannot_stop_every_hotels_night(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    changes = ["timezone = 'Mars/Olympus'", 'policy = \'{"nightly_local_time": "25:00"}\'']
    for change in changes:
        with hotel_session(app_engine, hotel_id) as session, pytest.raises(DBAPIError):
            session.execute(text(f"UPDATE hotel SET {change}"))

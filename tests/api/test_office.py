"""The night audit, reports, and guests' data, over HTTP."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pandas as pd
import pytest
from sqlalchemy import Engine, select, text

from api.services.actor import Actor
from api.services.cards import has_card_number
from api.services.clock import SetClock
from api.services.errors import WrongState
from api.services.nightaudit import close_day
from api.services.transaction import change_hotel
from api.services.verify import verify_hotel
from models import AuditEntry, BookingStatus, Communication, Guest, PaymentEvent, Role, hotel_session
from models.auditing import verify_chain
from tests.api.services.hotels import DAY, SmallHotel, at, day, make_hotel
from tests.api.test_errors import problem
from tests.api.web import Web

GRAND = "/api/staff/hotels/grand/"


def audit(client: httpx.Client, closed: Any = DAY, **headers: str) -> httpx.Response:
    return client.post(f"{GRAND}night-audit/", json={"business_date": str(closed)}, headers=headers)


def test_the_night_audit_closes_a_day_once(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    client = web.member("ada", grand.id, Role.MANAGER)
    inside = grand.book(-1, 2, room="101", status=BookingStatus.CHECKED_IN)
    overdue = grand.book(-2, 0, room="102", status=BookingStatus.CHECKED_IN)
    missing, late = grand.book(0, 2, room="103"), grand.book(-1, 3)
    coming = grand.book(1, 2, room="104")
    assert problem(audit(client), 409, "wrong_state")["reasons"] == ["too_early"]
    clock.advance(hours=11, minutes=59)
    client = web.signed_in("ada")
    done = audit(client, **{"Idempotency-Key": "night"}).json()
    assert (done["closed"], done["business_date"]) == (str(DAY), str(day(1)))
    assert (done["no_shows"], done["overdue"], done["rooms_used"]) == ([missing, late], [overdue], 1)
    assert problem(audit(client), 409, "wrong_state")["reasons"] == ["another_day"]
    assert audit(client, **{"Idempotency-Key": "night"}).json() == done
    assert grand.rooming() == {inside: "101", overdue: "102", coming: "104"}
    with hotel_session(web.engine, grand.id) as session:
        used = {row.number: row.nights_used for row in session.execute(text("SELECT number, nights_used FROM room"))}
        events = session.execute(text("SELECT event, payload FROM outbox_event ORDER BY id")).all()
        jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert used == {"101": 1, "102": 0, "103": 0, "104": 0}
    assert [row.payload for row in events if row.event == "night_audit.completed"] == [
        {"closed": str(DAY), "business_date": str(day(1))}
    ]
    told = [(row.event, row.payload) for row in events if row.event in ("booking.no_show", "room.unassigned")]
    assert told == [
        ("room.unassigned", {"booking_id": missing, "room": "103"}),
        ("booking.no_show", {"booking_id": missing, "room": "103"}),
        ("booking.no_show", {"booking_id": late}),
    ]
    assert client.get(f"{GRAND}bookings/{late}/").json()["status"] == "NO_SHOW"
    assert [(row.task_name, row.args["hotel_id"]) for row in jobs] == [("solve_run", grand.id)]
    run = client.get(f"{GRAND}allocation-runs/{done['run_id']}/").json()
    assert (run["kind"], run["state"], run["business_date"]) == ("nightly", "QUEUED", str(day(1)))
    assert verify_hotel(grand.engine, grand.id) == ()
    assert problem(audit(client, day(1)), 409, "wrong_state")["reasons"] == ["too_early"]


ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Europe/London", "America/St_Johns", "UTC")


@pytest.mark.parametrize("hour", ["23:59", "00:00", "02:30"])
def test_the_day_is_the_hotels_own_in_every_zone(app_engine: Engine, hour: str) -> None:
    for number, zone in enumerate(ZONES):
        hotel = make_hotel(app_engine, slug=f"z{number}", rooms=1)
        with hotel_session(app_engine, hotel.id) as session:
            session.execute(text("UPDATE hotel SET timezone = :zone, business_date = '2026-03-28'"), {"zone": zone})
            session.commit()
        # The last nights of winter time in Europe among them: 02:30 of the 29th is not on the clock there.
        calendar_day = 28 if hour == "23:59" else 29
        local = datetime.fromisoformat(f"2026-03-{calendar_day}T{hour}").replace(tzinfo=ZoneInfo(zone))
        clock = SetClock(local.astimezone(UTC))
        done = change_hotel(
            app_engine,
            hotel.id,
            lambda s, h, c=clock: close_day(s, h, date(2026, 3, 28), actor=Actor.system("test"), clock=c),
        )
        assert str(done.business_date) == "2026-03-29"
        with pytest.raises(WrongState):
            change_hotel(
                app_engine,
                hotel.id,
                lambda s, h, c=clock: close_day(s, h, h.business_date, actor=Actor.system("test"), clock=c),
            )


def test_occupancy_day_by_day(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    grand.add_room("900", "DLX")
    grand.link("900", ["103", "104"])
    grand.add_room("D1", beds=2)
    grand.book(0, 2, room="101", total_minor=20001, adults=2)
    grand.book(3, 4, room="101", total_minor=5000)
    grand.book(0, 1, room="D1", bed=2)
    grand.book(0, 0, room="102", total_minor=3000)  # a day use takes no night
    grand.book(0, 2, status=BookingStatus.CANCELLED, total_minor=99999)
    grand.close("102", at(0, 18), at(2, 9))
    suite = grand.book(1, 2, type_="DLX", total_minor=0)
    desk = web.member("bob", grand.id, Role.RECEPTION)
    assert desk.post(f"{GRAND}bookings/{suite}/assign-room/", json={"room_number": "900"}).status_code == 200
    query = {"from": str(day(-1)), "to": str(day(3))}
    answer = client.get(f"{GRAND}reports/occupancy/", params=query)
    days = {one["day"]: one for one in answer.json()["days"]}
    shown = {
        n: [days[str(day(n))][name] for name in ("occupied", "out_of_order", "guests", "fragments")]
        for n in range(-1, 4)
    }
    assert shown == {-1: [0, 0, 0, 0], 0: [2, 1, 3, 0], 1: [3, 1, 3, 0], 2: [0, 0, 0, 1], 3: [1, 0, 1, 0]}
    first = days[str(day(0))]
    assert (first["beds"], first["occupancy"], first["revenue"]) == (6, 40.0, "130.01")
    assert days[str(day(1))]["revenue"] == "100.00"  # two nights of 200.01 come to 200.01
    assert (first["arrivals"], days[str(day(2))]["departures"]) == (3, 2)
    as_csv = client.get(f"{GRAND}reports/occupancy/", params=query | {"format": "csv"})
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    table = pd.read_csv(io.StringIO(as_csv.text))
    assert table["occupied"].tolist() == [one["occupied"] for one in answer.json()["days"]]
    assert list(table.columns) == list(first)
    for wrong in (
        {"from": "2026-03-12", "to": "2026-03-10"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"from": "x"},
    ):
        problem(client.get(f"{GRAND}reports/occupancy/", params=wrong), 422, "invalid_input")


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


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("4111111111111111", True),
        ("card 4111 1111 1111 1111 exp 12/27", True),
        ("5500-0000-0000-0004", True),
        ("340000000000009.", True),
        ("4111 1111 1111 1112", False),
        ("call +49 30 123456789", False),
        ("BK-2026-123456 and 2026-03-10", False),
        ("41111111111111111111111", False),
        ("", False),
    ],
)
def test_card_numbers_are_seen(written: str, found: bool) -> None:
    assert has_card_number(written) is found

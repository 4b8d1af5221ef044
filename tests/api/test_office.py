"""The night audit and reports, over HTTP."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pandas as pd
import pytest
from sqlalchemy import Engine, text

from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.errors import WrongState
from api.services.nightaudit import close_day
from api.services.transaction import change_hotel
from api.services.verify import verify_hotel
from models import BookingStatus, Role, hotel_session
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

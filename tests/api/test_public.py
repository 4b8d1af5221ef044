"""What guests do: see a hotel, book, pay in time or not, find their booking."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from allocator.check import check
from allocator.plan import in_force
from api.services.clock import SetClock
from api.services.fitting import Verdict, Wanted, can_hold
from api.services.online import price
from api.services.snapshot import take_snapshot
from api.services.transaction import read_hotel
from models import Booking, BookingStatus, Guest, Hotel, HotelSession, RoomType
from models.auditing import verify_chain
from tests.api.mail import do_all
from tests.api.services.hotels import DAY, SmallHotel, day, make_hotel
from tests.api.web import Web

BOOK = "/api/guest/hotels/grand/booking/"
LOOKUP = "/api/bookings/lookup/"


def stay(check_in: int, check_out: int, **fields: Any) -> dict[str, Any]:
    return {
        "room_type": "STD",
        "check_in": day(check_in).isoformat(),
        "check_out": day(check_out).isoformat(),
        "guest_first_name": "Grace",
        "guest_last_name": "Hopper",
        "guest_email": "Grace@Example.org",
        **fields,
    }


def rates(hotel: SmallHotel, **policy: Any) -> None:
    """Give the types rates and the hotel terms of booking."""
    with hotel.session() as session:
        for kind in session.scalars(select(RoomType)):
            kind.rate_minor = 10_001 if kind.code == "STD" else 20_000
        row = session.get_one(Hotel, hotel.id)
        row.policy = {**row.policy, **policy}
        row.public_settings = {"city": "Lisbon", "secret": "of the house"}
        session.commit()


def booking_of(hotel: SmallHotel, booking_id: str) -> Booking:
    with hotel.session() as session:
        return session.scalars(select(Booking).where(Booking.booking_id == booking_id)).one()


def test_everybody_sees_what_a_hotel_shows_and_nothing_else(web: Web, grand: SmallHotel) -> None:
    rates(grand, promo_codes=[{"code": "SPRING", "percent": 10}])
    shown = web.client.get("/api/public/hotels/grand/settings/")
    assert shown.status_code == 200
    told = shown.json()
    assert (told["name"], told["city"], told["currency"]) == ("Grand", "Lisbon", "EUR")
    assert told["room_types"][0] == {"code": "STD", "name": "Standard Double", "sleeps": 2, "rate": "100.01"}
    assert "SPRING" not in shown.text
    assert "secret" not in shown.text
    absent = web.client.get("/api/public/hotels/nowhere/settings/")
    assert absent.status_code == 404


def test_a_guest_books(web: Web, grand: SmallHotel) -> None:
    rates(grand, promo_codes=[{"code": "SPRING", "percent": 15, "from": "2026-03-01", "to": "2026-03-31"}])
    wishes = [{"min_floor": 1}, {"room": "102"}]
    answer = web.client.post(
        BOOK, json=stay(1, 4, adults=2, promo_code="spring", wishes=wishes, special_requests="Late, please.")
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["status"], told["nights"], told["total_amount"], told["currency"]) == (
        "PENDING_PAYMENT",
        3,
        "255.03",  # 3 x 100.01 less 15 % is 255.0255
        "EUR",
    )
    assert told["promo_code"] == "SPRING"
    assert (told["pay_until"], told["created_at"]) == ("2026-03-10T13:00:00Z", "2026-03-10T12:00:00Z")
    assert set(told) & {"internal_notes", "id", "version", "priority", "actions", "payment_reference"} == set()
    row = booking_of(grand, told["booking_id"])
    assert (row.source, row.created_by, len(row.wishes)) == ("ONLINE", None, 2)
    with grand.session() as session:
        assert verify_chain(session, grand.id) == []
        actors = session.scalars(text("SELECT actor FROM audit_entry")).all()
    assert set(actors) == {"guest:online"}


def test_a_booking_sent_twice_is_made_once(web: Web, grand: SmallHotel) -> None:
    named = {"Idempotency-Key": "mine"}
    first, again = (web.client.post(BOOK, json=stay(1, 3), headers=named) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert web.client.post(BOOK, json=stay(1, 4), headers=named).status_code == 422
    with grand.session() as session:
        assert len(session.scalars(select(Booking.id)).all()) == 1


@given(st.integers(0, 10**7), st.integers(1, 365), st.integers(0, 100))
def test_a_price_is_rounded_once_half_up(rate: int, nights: int, percent: int) -> None:
    exact = Decimal(rate) * nights * (100 - percent) / 100
    assert price(rate, nights, percent) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert abs(price(rate, nights, percent) - exact) <= Decimal("0.5")


FAULTS: list[tuple[dict[str, Any], set[str]]] = [
    ({"check_in": "2026-03-09"}, {"check_in"}),
    ({"check_out": "2026-03-11"}, {"check_out"}),
    ({"check_out": "2026-09-11"}, {"check_out"}),
    ({"check_in": "2029-03-11", "check_out": "2029-03-12"}, {"check_out"}),
    ({"room_type": "PENTHOUSE"}, {"room_type"}),
    ({"adults": 3}, {"adults"}),
    ({"adults": 0}, {"adults"}),
    ({"promo_code": "WINTER"}, {"promo_code"}),
    ({"promo_code": "OVER"}, {"promo_code"}),
    (
        {"guest_email": "nobody", "guest_last_name": "", "children": -1},
        {"guest_email", "guest_last_name", "children"},
    ),
    ({"guest_email": "a@b\r\nBcc: c@d"}, {"guest_email"}),
    ({"special_requests": "card 4111 1111 1111 1111"}, {"special_requests"}),
    ({"total_amount": "1.00", "status": "CONFIRMED", "priority": 9}, {"total_amount", "status", "priority"}),
    ({"promo_code": "WINTER", "adults": 9, "check_in": "2026-03-09"}, {"promo_code", "adults", "check_in"}),
    ({"check_out": "2026-03-10"}, {"check_out"}),
    (
        {"promo_code": "WINTER", "room_type": "ATTIC", "check_in": "2026-03-09", "wishes": [{"room": "999"}]},
        {"promo_code", "room_type", "check_in", "wishes.0.room"},
    ),
]


def test_every_fault_is_named_and_nothing_is_written(web: Web, grand: SmallHotel) -> None:
    rates(grand, promo_codes=[{"code": "OVER", "percent": 10, "to": "2026-03-10"}])
    for fields, faulty in FAULTS:
        answer = web.client.post(BOOK, json=stay(1, 2) | fields)
        assert answer.status_code == 422, fields
        assert sorted(fault["field"] for fault in answer.json()["errors"]) == sorted(faulty)
    assert web.client.post("/api/guest/hotels/nowhere/booking/", json=stay(1, 2)).status_code == 404
    with grand.session() as session:
        assert session.scalars(select(Guest)).all() == []


def test_it_is_refused_only_where_no_reshuffle_helps(web: Web, app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    rates(hotel)
    # Rooms 101 and 102 are free on either side of a promise each; only a move makes nights 1 to 4 free in one room.
    hotel.book(1, 2, room="101")
    hotel.book(3, 4, room="102")
    fits = web.client.post(BOOK, json=stay(1, 4))
    assert fits.status_code == 201, fits.text
    assert hotel.rooming() != {}
    full = web.client.post(BOOK, json=stay(1, 4))
    assert (full.status_code, full.json()["code"]) == (409, "no_room")
    assert web.client.post(BOOK, json=stay(2, 3)).status_code == 201
    assert hotel.rooming() == {"BK-2026-000001": "101", "BK-2026-000002": "102"}


def test_a_locked_guest_is_not_thought_away(web: Web, app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    hotel.book(1, 2, room="101", locked=True)
    hotel.book(3, 4, room="102", locked=True)
    answer = web.client.post(BOOK, json=stay(1, 4))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_room")


def test_alternatives_can_be_had(web: Web, app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=1, policy={"upgrades_allowed": 0})
    rates(hotel)
    hotel.add_room("201", "DLX")
    hotel.book(2, 4, room="101")
    refused = web.client.post(BOOK, json=stay(3, 5))
    other = refused.json()["alternatives"]
    assert other["room_types"] == ["DLX"]
    assert other["dates"] == [
        {"check_in": day(begin).isoformat(), "check_out": day(begin + 2).isoformat()} for begin in (0, 4, 5, 6)
    ]
    for dates in other["dates"][:1]:
        assert web.client.post(BOOK, json=stay(3, 5) | dates).status_code == 201
    assert web.client.post(BOOK, json=stay(3, 5, room_type=other["room_types"][0])).status_code == 201


def test_unpaid_bookings_hold_their_place_until_they_expire(web: Web, app_engine: Engine, clock: SetClock) -> None:
    hotel = make_hotel(app_engine, rooms=1)
    rates(hotel, payment_minutes=30)
    first = web.client.post(BOOK, json=stay(1, 3)).json()
    assert web.client.post(BOOK, json=stay(2, 4)).status_code == 409
    clock.advance(minutes=29)
    do_all(app_engine, clock)
    assert booking_of(hotel, first["booking_id"]).status == BookingStatus.PENDING_PAYMENT
    clock.advance(minutes=2)
    do_all(app_engine, clock)
    ended = booking_of(hotel, first["booking_id"])
    assert (ended.status, ended.cancel_reason) == (BookingStatus.CANCELLED, "expired")
    assert web.client.post(BOOK, json=stay(2, 4)).status_code == 201


def test_what_is_taken_up_again_unpaid_has_the_hotels_time_anew(web: Web, app_engine: Engine, clock: SetClock) -> None:
    hotel = make_hotel(app_engine, rooms=1)
    rates(hotel, payment_minutes=30)
    first = web.client.post(BOOK, json=stay(1, 3)).json()
    found = {"email": "grace@example.org", "confirmation_number": first["confirmation_number"]}
    clock.advance(minutes=31)
    do_all(app_engine, clock)
    assert web.client.post(LOOKUP, json=found).json()["pay_until"] is None
    desk = web.member("ada", hotel.id)
    again = {"reason": "pays after all"}
    back = desk.post(f"/api/staff/hotels/grand/bookings/{first['booking_id']}/reinstate/", json=again).json()
    assert (back["status"], back["pay_until"]) == ("PENDING_PAYMENT", "2026-03-10T13:01:00Z")
    assert web.client.post(LOOKUP, json=found).json()["pay_until"] == back["pay_until"]
    clock.advance(minutes=29)
    do_all(app_engine, clock)
    assert booking_of(hotel, first["booking_id"]).status == BookingStatus.PENDING_PAYMENT
    assert web.client.post(BOOK, json=stay(2, 4)).status_code == 409
    clock.advance(minutes=2)
    do_all(app_engine, clock)
    assert booking_of(hotel, first["booking_id"]).cancel_reason == "expired"
    assert web.client.post(BOOK, json=stay(2, 4)).status_code == 201


def test_a_paid_booking_does_not_expire(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    made = web.client.post(BOOK, json=stay(1, 3)).json()
    client = web.member("ada", grand.id)
    assert client.post(f"/api/staff/hotels/grand/bookings/{made['booking_id']}/confirm/", json={}).is_success
    clock.advance(hours=5)
    do_all(grand.engine, clock)
    assert booking_of(grand, made["booking_id"]).status == BookingStatus.CONFIRMED


@pytest.mark.parametrize("example", range(8))
def test_what_is_held_can_be_roomed(app_engine: Engine, seed: int, example: int) -> None:
    """Against brute force: in a small hotel a stay is held exactly if some dealing of rooms has place for all."""
    from itertools import product
    from random import Random

    rng = Random(seed * 100 + example)
    hotel = make_hotel(app_engine, rooms=2, policy={"freeze_hours": 0})
    hotel.add_room("201", "DLX")
    for _ in range(5):
        begin = rng.randint(0, 5)
        nights = rng.randint(1, 3)
        room = rng.choice([None, "101", "102"])
        kind = rng.choice(["STD", "STD", "DLX"]) if room is None else "STD"
        try:
            hotel.book(begin, begin + nights, room=room, type_=kind)
        except Exception as error:  # the room is taken: the database says so
            assert "no_double_booking" in str(error)  # noqa: PT017
    begin = rng.randint(0, 5)
    wanted = Wanted(hotel.types["STD"], day(begin), day(begin + rng.randint(1, 3)))

    def look(session: HotelSession, row: Hotel) -> tuple[Verdict, bool, bool]:
        snapshot = take_snapshot(session, row, pending=True)
        asked = snapshot.house.stay_of(wanted)

        def dealt(stays: list[Any]) -> bool:
            names = [room.id for room in snapshot.problem.rooms]
            for rooms in product(names, repeat=len(stays)):
                fine = all(
                    snapshot.problem.room_by_id[room].type in one.types_allowed
                    for one, room in zip(stays, rooms, strict=True)
                )
                if fine and not any(
                    rooms[a] == rooms[b] and stays[a].start < stays[b].end and stays[b].start < stays[a].end
                    for a in range(len(stays))
                    for b in range(a)
                ):
                    return True
            return False

        before = list(snapshot.problem.stays)
        assert check(snapshot.problem, in_force(snapshot.problem)) == ()
        return can_hold(session, row, wanted), dealt([*before, asked]), dealt(before)

    verdict, possible, sound = read_hotel(app_engine, hotel.id, look)
    if sound:
        assert verdict == (Verdict.FITS if possible else Verdict.FULL)
    else:
        assert not possible


@pytest.mark.usefixtures("grand", "other")
def test_a_guest_finds_a_booking_by_both_and_by_nothing_less(web: Web) -> None:
    made = web.client.post(BOOK, json=stay(1, 3)).json()
    email, number = "grace@example.ORG", made["confirmation_number"]
    for ask in (
        web.client.post(LOOKUP, json={"email": email, "confirmation_number": f" {number.lower()} "}),
        web.client.get(LOOKUP, params={"email": email, "confirmation_number": number}),
    ):
        assert ask.status_code == 200
        assert ask.json() == made
    wrong = [
        {"email": "other@example.org", "confirmation_number": number},
        {"email": email, "confirmation_number": "GRA-2026-0000000000000"},
        {"email": "", "confirmation_number": number},
        {"email": "%", "confirmation_number": "%"},
    ]
    answers = [web.client.post(LOOKUP, json=body) for body in wrong]
    assert [answer.status_code for answer in answers] == [404, 404, 422, 404]
    assert answers[0].content == answers[1].content == answers[3].content
    assert web.client.get(LOOKUP, params={"email": email}).status_code == 422


@pytest.mark.usefixtures("grand")
def test_looking_up_is_limited_by_address_number_and_email(web: Web, clock: SetClock) -> None:
    made = web.client.post(BOOK, json=stay(1, 3)).json()

    def ask(email: str, number: str) -> httpx.Response:
        return web.client.post(LOOKUP, json={"email": email, "confirmation_number": number})

    clock.moment = clock.moment.replace(minute=0, second=0)
    codes = [ask(f"g{n}@example.org", f"GRA-{n}").status_code for n in range(21)]
    assert codes == [404] * 20 + [429]
    refused = ask("g@example.org", "GRA-2026")
    assert (refused.headers["retry-after"], refused.json()["code"]) == ("60", "too_many_requests")
    clock.advance(minutes=1)
    assert ask("grace@example.org", made["confirmation_number"]).status_code == 200
    codes = []
    for n in range(25):  # one number with many e-mails, however slowly
        clock.advance(minutes=1)
        codes.append(ask(f"g{n}@example.org", made["confirmation_number"]).status_code)
    assert codes == [404] * 19 + [429] * 6


@pytest.mark.faults
@pytest.mark.usefixtures("grand")
def test_f13_a_thousand_guesses_find_nothing_and_learn_nothing(web: Web, clock: SetClock) -> None:
    made = web.client.post(BOOK, json=stay(1, 3)).json()
    number = made["confirmation_number"]
    answers = set()
    for guess in range(1_000):
        clock.advance(seconds=3)
        wrong = f"{number[:-4]}{guess:04d}" if guess % 2 else number
        email = "grace@example.org" if guess % 2 else f"g{guess}@example.org"
        told = web.client.post(LOOKUP, json={"email": email, "confirmation_number": wrong})
        assert made["booking_id"] not in told.text
        answers.add((told.status_code, told.content if told.status_code == 404 else b""))
    assert {status for status, _ in answers} == {404, 429}
    assert len(answers) == 2


def test_dates_follow_the_hotels_own_day(web: Web, app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    with hotel.session() as session:
        session.get_one(Hotel, hotel.id).timezone = "Pacific/Auckland"
        session.commit()
    assert date(2026, 3, 10) == DAY  # in Auckland it is the 11th at noon UTC
    assert web.client.post(BOOK, json=stay(0, 2)).status_code == 422
    assert web.client.post(BOOK, json=stay(1, 2)).status_code == 201

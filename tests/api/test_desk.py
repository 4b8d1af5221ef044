"""The front desk over HTTP: making and changing bookings, walk-ins, room moves and swaps."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from api.services.clock import SetClock
from api.services.verify import verify_hotel
from models import AuditEntry, BookingStatus, Gender, Guest, Housekeeping, Role, hotel_session
from tests.api.mail import do_all
from tests.api.services.hotels import SmallHotel, day
from tests.api.test_errors import problem
from tests.api.web import Web

BOOKINGS = "/api/staff/hotels/grand/bookings/"
ROOMS = "/api/staff/hotels/grand/rooms/"
MILLER = {"first_name": "Ann", "last_name": "Miller", "email": "ann@example.org"}


@pytest.fixture(autouse=True)
def _afternoon(clock: SetClock) -> None:
    clock.advance(hours=4)


@pytest.fixture
def desk(web: Web, grand: SmallHotel) -> httpx.Client:
    """Somebody at the desk of the hotel."""
    with hotel_session(web.engine, grand.id) as session:
        session.execute(text("UPDATE room_type SET rate_minor = 10000"))
        session.commit()
    return web.member("ada", grand.id, Role.RECEPTION)


def asked(first: int, last: int, **more: Any) -> dict[str, Any]:
    period = {"check_in": str(day(first)), "check_out": str(day(last))}
    return {"guest": MILLER, "room_type": "STD"} | period | more


def verb(client: httpx.Client, booking: str, name: str, body: Any = None, **headers: str) -> httpx.Response:
    return client.post(f"{BOOKINGS}{booking}/{name}/", json=body, headers=headers)


def patch(client: httpx.Client, booking: str, **values: Any) -> httpx.Response:
    return client.patch(f"{BOOKINGS}{booking}/", json=values)


def whole(grand: SmallHotel) -> bool:
    return verify_hotel(grand.engine, grand.id) == ()


def test_staff_make_a_booking(grand: SmallHotel, desk: httpx.Client) -> None:
    wish = {"weight": 2, "room": "103"}
    made = desk.post(BOOKINGS, json=asked(1, 4, wishes=[wish], allowed_rooms=["103", "104"], adults=2))
    shown = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"{BOOKINGS}{shown['booking_id']}/")
    expected = {"status": "CONFIRMED", "source": "MANUAL", "total_amount": "300.00", "guest_name": "Ann Miller"}
    assert {name: shown[name] for name in expected} == expected
    assert (shown["wishes"], shown["allowed_rooms"], shown["version"]) == ([wish], ["103", "104"], 1)
    assert {one["what"]: one["by"] for one in shown["history"]} == {"created": "Ada", "confirmed": "Ada"}
    again = desk.post(BOOKINGS, json=asked(1, 1, total_amount="12.5", status="PENDING_PAYMENT")).json()
    assert (again["total_amount"], again["status"], again["nights"]) == ("12.50", "PENDING_PAYMENT", 0)
    assert whole(grand)


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"check_in": "2026-03-09"}, {"check_in"}),
    ({"check_in": "2026-03-14"}, {"check_out"}),
    ({"check_in": "soon", "room_type": "", "adults": -1}, {"check_in", "room_type", "adults"}),
    ({"room_type": "XXX", "group": "Nobody", "allowed_rooms": ["1"]}, {"room_type", "group", "allowed_rooms"}),
    (
        {"check_in": "2026-03-09", "room_type": "XXX", "wishes": [{"weight": 1, "room": "999"}]},
        {"check_in", "room_type", "wishes.0.room"},
    ),
    ({"pay_until": "2026-03-11T15:00:00Z", "adults": 0}, {"pay_until", "adults"}),  # it waits for no payment
    ({"pay_until": "2026-03-10T15:59:59Z", "adults": 0, "status": "PENDING_PAYMENT"}, {"pay_until", "adults"}),
    ({"pay_until": "2027-03-12T15:00:00Z", "status": "PENDING_PAYMENT"}, {"pay_until"}),
    ({"pay_until": 1773241200, "status": "PENDING_PAYMENT"}, {"pay_until"}),
    ({"pay_until": "2026-03-11T15:00:00", "status": "PENDING_PAYMENT"}, {"pay_until"}),
    ({"adults": 0}, {"adults"}),
    ({"total_amount": "1.005"}, {"total_amount"}),
    ({"arrival_time": "10:00Z"}, {"arrival_time"}),
    ({"wishes": [{"weight": 1}]}, {"wishes.0"}),
    ({"guest": {"first_name": "Ann", "email": "nobody"}}, {"guest.last_name", "guest.email"}),
    ({"special_requests": "pay with 4111 1111 1111 1111"}, {"special_requests"}),
    ({"status": "CHECKED_IN", "colour": "red"}, {"status", "colour"}),
]


def test_every_fault_of_a_booking_is_named_and_nothing_written(desk: httpx.Client, subtests: pytest.Subtests) -> None:
    for wrong, fields in WRONG:
        with subtests.test(wrong=wrong):
            found = problem(desk.post(BOOKINGS, json=asked(1, 3) | wrong), 422, "invalid_input")
            assert {fault["field"] for fault in found["errors"]} == fields
    assert desk.get(BOOKINGS).json()["count"] == 0


def test_an_unpaid_booking_of_the_staff_ends_only_when_they_say(
    web: Web, grand: SmallHotel, desk: httpx.Client, clock: SetClock
) -> None:
    unpaid = {"status": "PENDING_PAYMENT"}
    until = "2026-03-10T18:00:00Z"
    waits = desk.post(BOOKINGS, json=asked(1, 2) | unpaid).json()
    ends = desk.post(BOOKINGS, json=asked(1, 2) | unpaid | {"pay_until": "2026-03-10T19:00+01:00"}).json()
    assert (waits["pay_until"], ends["pay_until"]) == (None, until)
    clock.advance(hours=2)
    do_all(grand.engine, clock)
    desk = web.signed_in("ada")
    shown = {one: desk.get(f"{BOOKINGS}{one}/").json() for one in (waits["booking_id"], ends["booking_id"])}
    assert [one["status"] for one in shown.values()] == ["PENDING_PAYMENT", "CANCELLED"]
    assert shown[ends["booking_id"]]["pay_until"] is None
    late, why = {"reason": " ", "pay_until": until}, {"reason": "pays tomorrow"}
    tomorrow = why | {"pay_until": "2026-03-11T12:00:00Z"}
    wrong = problem(verb(desk, ends["booking_id"], "reinstate", late), 422, "invalid_input")
    assert {fault["field"] for fault in wrong["errors"]} == {"reason", "pay_until"}
    back = verb(desk, ends["booking_id"], "reinstate", tomorrow).json()
    assert (back["status"], back["pay_until"]) == ("PENDING_PAYMENT", tomorrow["pay_until"])
    confirmed = desk.post(BOOKINGS, json=asked(1, 2)).json()["booking_id"]
    verb(desk, confirmed, "cancel")
    wrong = problem(verb(desk, confirmed, "reinstate", tomorrow), 422, "invalid_input")
    assert [fault["field"] for fault in wrong["errors"]] == ["pay_until"]
    verb(desk, waits["booking_id"], "cancel")
    assert verb(desk, waits["booking_id"], "reinstate", why).json()["pay_until"] is None
    clock.advance(days=1)
    do_all(grand.engine, clock)
    desk = web.signed_in("ada")
    assert [desk.get(f"{BOOKINGS}{one}/").json()["status"] for one in shown] == ["PENDING_PAYMENT", "CANCELLED"]
    assert whole(grand)


def test_a_change_keeps_the_room_if_it_can(web: Web, grand: SmallHotel, desk: httpx.Client) -> None:
    booking = grand.book(1, 3, room="101")
    done = patch(desk, booking, check_out=str(day(5)), adults=2, guest={"phone": "+49 30 1"}, reason="longer").json()
    assert done["changed"] == ["adults", "check_out", "guest.phone"]
    outcome = {"outcome": "kept", "room_number": "101", "because": [], "warnings": [], "fit": "fits"}
    assert done["room_outcome"] == outcome
    assert [room["ends_at"] for room in done["rooms"]] == [f"{day(5)}T11:00:00"]
    assert (done["guest_phone"], done["version"]) == ("+49 30 1", 2)
    same = patch(desk, booking, check_out=str(day(5))).json()
    assert (same["changed"], same["version"]) == ([], 2)
    cleared = patch(desk, booking, arrival_time="18:00").json()
    assert cleared["rooms"][0]["starts_at"] == f"{day(1)}T18:00:00"
    assert patch(desk, booking, arrival_time=None).json()["rooms"][0]["starts_at"] == f"{day(1)}T15:00:00"
    with hotel_session(web.engine, grand.id) as session:
        told = session.scalars(select(AuditEntry.payload).where(AuditEntry.action == "booking.amended")).all()
    assert "+49" not in "".join(told)
    assert whole(grand)


def test_a_change_that_costs_the_room_is_refused_or_says_so(grand: SmallHotel, desk: httpx.Client) -> None:
    booking, rival = grand.book(1, 3, room="101"), grand.book(3, 5, room="101")
    before = desk.get(f"{BOOKINGS}{booking}/").json()
    found = problem(patch(desk, booking, check_out=str(day(4)), guest={"first_name": "X"}), 409, "room_taken")
    assert (found["booking_id"], "release" in found["remedy"], found["fit"]) == (rival, True, "fits")
    assert desk.get(f"{BOOKINGS}{booking}/").json() == before
    lost = patch(desk, booking, check_out=str(day(4)), on_conflict="release").json()
    assert (lost["assigned_room_number"], lost["room_outcome"]["outcome"]) == (None, "lost")
    assert [rule["booking_id"] for rule in lost["room_outcome"]["because"]] == [rival]
    assert lost["room_outcome"]["fit"] == "fits"
    too_many = problem(patch(desk, rival, adults=3), 409, "rule_broken")
    assert too_many["rule"] == "room_fits"
    assert verb(desk, rival, "lock").status_code == 200
    problem(patch(desk, rival, adults=3, on_conflict="release"), 409, "rule_broken")
    assert whole(grand)


def full(grand: SmallHotel) -> str:
    """Take three of the four rooms for days 0 to 5, promise the fourth from day 3 on, and return who has it before."""
    for room in ("102", "103", "104"):
        grand.book(0, 5, room=room)
    grand.book(3, 5)
    return grand.book(0, 3, room="101")


@pytest.mark.parametrize("in_house", [False, True])
def test_who_stays_longer_in_a_free_room_may_leave_another_without_one(
    grand: SmallHotel, desk: httpx.Client, in_house: bool
) -> None:
    booking = full(grand)
    if in_house:
        assert verb(desk, booking, "check-in").status_code == 200
    before = desk.get(f"{BOOKINGS}{booking}/").json()
    refused = problem(patch(desk, booking, check_out=str(day(4))), 409, "no_room")
    assert set(refused["alternatives"]) == {"room_types", "dates"}
    assert "on_conflict" in refused["remedy"]
    assert desk.get(f"{BOOKINGS}{booking}/").json() == before
    # Another room for the one who waits, and it can be held: that one will go there.
    grand.add_room("105")
    done = patch(desk, booking, check_out=str(day(4))).json()
    assert (done["room_outcome"]["outcome"], done["room_outcome"]["fit"]) == ("kept", "fits")
    assert whole(grand)


def test_what_cannot_be_held_is_done_where_staff_say_so_and_told(grand: SmallHotel, desk: httpx.Client) -> None:
    booking = full(grand)
    done = patch(desk, booking, check_out=str(day(4)), on_conflict="release").json()
    outcome = done["room_outcome"]
    assert (outcome["outcome"], outcome["room_number"], outcome["fit"]) == ("kept", "101", "does_not_fit")
    # Who wants less, or corrects a name, is not asked about.
    assert patch(desk, booking, check_out=str(day(2))).json()["room_outcome"]["fit"] is None
    assert patch(desk, booking, guest={"first_name": "Bea"}).json()["room_outcome"]["fit"] is None
    waits = grand.book(1, 2)
    unplaced = problem(patch(desk, waits, adults=2), 409, "no_room")
    assert {"check_in": str(day(2)), "check_out": str(day(3))} in unplaced["alternatives"]["dates"]
    assert whole(grand)


def test_a_booking_is_made_only_where_it_can_be_held(grand: SmallHotel, desk: httpx.Client) -> None:
    full(grand)
    body = asked(2, 4)
    before = desk.get(BOOKINGS).json()["count"]
    refused = problem(desk.post(BOOKINGS, json=body, headers={"Idempotency-Key": "a"}), 409, "no_room")
    assert {"check_in": str(day(5)), "check_out": str(day(7))} in refused["alternatives"]["dates"]
    assert desk.get(BOOKINGS).json()["count"] == before
    with grand.session() as session:
        assert session.query(AuditEntry).count() == 0
    # A refusal is not remembered: the same request is answered anew when there is room.
    grand.add_room("105")
    made = desk.post(BOOKINGS, json=body, headers={"Idempotency-Key": "a"})
    assert made.status_code == 201
    problem(desk.post(BOOKINGS, json=body), 409, "no_room")
    assert desk.post(BOOKINGS, json=body, headers={"Idempotency-Key": "a"}).json() == made.json()
    overbooked = desk.post(BOOKINGS, json=body | {"overbook": True}).json()
    assert (overbooked["status"], overbooked["assigned_room_number"]) == ("CONFIRMED", None)
    assert whole(grand)


def test_a_booking_for_years_ahead_is_held_in_time(grand: SmallHotel, desk: httpx.Client) -> None:
    full(grand)
    for begin, end in ((25_000, 25_002), (900, 3_800)):
        assert desk.post(BOOKINGS, json=asked(begin, end)).status_code == 201


def test_a_booking_is_taken_up_again_only_where_it_can_be_held(grand: SmallHotel, desk: httpx.Client) -> None:
    booking = desk.post(BOOKINGS, json=asked(3, 5)).json()["booking_id"]
    assert verb(desk, booking, "cancel").status_code == 200
    full(grand)
    why = {"reason": "comes after all"}
    refused = problem(verb(desk, booking, "reinstate", why), 409, "no_room")
    assert {"check_in": str(day(5)), "check_out": str(day(7))} in refused["alternatives"]["dates"]
    assert desk.get(f"{BOOKINGS}{booking}/").json()["status"] == "CANCELLED"
    back = verb(desk, booking, "reinstate", why | {"overbook": True}).json()
    assert (back["status"], back["assigned_room_number"]) == ("CONFIRMED", None)
    problem(verb(desk, booking, "reinstate", why), 409, "wrong_state")
    assert whole(grand)


def test_a_guest_in_house_may_stay_longer_but_not_have_come_otherwise(grand: SmallHotel, desk: httpx.Client) -> None:
    booking = grand.book(0, 2, room="101")
    grand.book(3, 4, room="101")
    verb(desk, booking, "check-in")
    longer = patch(desk, booking, check_out=str(day(3))).json()
    assert (longer["rooms"][0]["ends_at"], longer["rooms"][0]["locked"]) == (f"{day(3)}T11:00:00", True)
    problem(patch(desk, booking, check_out=str(day(4)), on_conflict="release"), 409, "room_taken")
    problem(patch(desk, booking, check_in=str(day(1))), 409, "wrong_state")
    problem(patch(desk, booking, check_out=str(day(0)), departure_time="15:30"), 409, "wrong_state")
    assert whole(grand)


def test_what_is_over_keeps_its_dates_but_its_guest_can_be_corrected(grand: SmallHotel, desk: httpx.Client) -> None:
    booking = grand.book(-3, -1, room="101", status=BookingStatus.COMPLETED)
    problem(patch(desk, booking, check_out=str(day(1))), 409, "wrong_state")
    assert patch(desk, booking, guest={"email": "new@example.org"}).json()["guest_email"] == "new@example.org"
    assert patch(desk, booking, internal_notes="left an umbrella").json()["internal_notes"] == "left an umbrella"


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"check_in": None, "adults": None}, {"check_in", "adults"}),
        ({"room_type": "XXX", "group": "Y"}, {"room_type", "group"}),
        ({"check_in": "2026-03-01"}, {"check_in"}),
        ({"check_in": "2026-03-01", "room_type": "XXX"}, {"check_in", "room_type"}),
        ({"guest": {"last_name": None}}, {"guest.last_name"}),
        ({"status": "CANCELLED"}, {"status"}),
        ({"adults": 0}, {"adults"}),
    ],
)
def test_a_wrong_change_is_named(
    grand: SmallHotel, desk: httpx.Client, values: dict[str, Any], fields: set[str]
) -> None:
    booking = grand.book(1, 3, room="101")
    found = problem(patch(desk, booking, **values), 422, "invalid_input")
    assert {fault["field"] for fault in found["errors"]} == fields
    problem(desk.patch(f"{BOOKINGS}{booking}/", json={"adults": 2}, headers={"If-Match": '"9"'}), 412, "stale_version")


def test_a_guest_in_house_moves_to_another_room(
    web: Web, grand: SmallHotel, desk: httpx.Client, clock: SetClock
) -> None:
    booking = grand.book(0, 3, room="101")
    rival = grand.book(1, 2, room="102")
    pin = verb(desk, booking, "check-in").json()["pin"]
    clock.advance(hours=2)
    desk = web.signed_in("ada")
    found = problem(verb(desk, booking, "move-room", {"room_number": "102", "reason": "noise"}), 409, "room_taken")
    assert found["booking_id"] == rival
    moved = verb(desk, booking, "move-room", {"room_number": "103", "reason": "noise"}).json()
    periods = [(room["room_number"], room["starts_at"], room["ends_at"], room["locked"]) for room in moved["rooms"]]
    assert periods == [
        ("101", f"{day(0)}T15:00:00", f"{day(0)}T18:00:00", False),
        ("103", f"{day(0)}T18:00:00", f"{day(3)}T11:00:00", True),
    ]
    assert verb(desk, booking, "pin/verify", {"pin": pin}).json()["valid"] is False
    with hotel_session(web.engine, grand.id) as session:
        states = session.execute(text("SELECT number, housekeeping_status FROM room ORDER BY number")).all()
        event = session.execute(text("SELECT payload FROM outbox_event WHERE event = 'room.moved'")).scalar_one()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "room.moved")).one()
    assert [number for number, state in states if state == Housekeeping.DIRTY] == ["101"]
    assert event == {"booking_id": booking, "from": "101", "to": "103", "reason": "staff"}
    assert entry.reason == "noise"
    against = {action["name"]: action["reasons"] for action in moved["actions"]}
    assert against["undo_check_in"] == ["moved"]
    assert verb(desk, booking, "check-out").json()["rooms"][1]["ends_at"] == f"{day(0)}T18:01:00"
    assert whole(grand)


def test_a_room_move_that_may_not_be(web: Web, grand: SmallHotel, desk: httpx.Client) -> None:
    booking, waiting = grand.book(0, 3, room="101"), grand.book(0, 1, room="102")
    body = {"room_number": "103", "reason": "noise"}
    problem(verb(desk, booking, "move-room", body), 409, "wrong_state")
    verb(desk, booking, "check-in")
    problem(verb(desk, booking, "move-room", body | {"room_number": "101"}), 409, "wrong_state")
    problem(verb(desk, booking, "move-room", body | {"room_number": "999"}), 422, "invalid_input")
    problem(verb(desk, booking, "move-room", body | {"reason": ""}), 422, "invalid_input")
    with hotel_session(web.engine, grand.id) as session:
        session.execute(text("UPDATE room SET housekeeping_status = 'DIRTY' WHERE number = '103'"))
        session.commit()
    dirty = problem(verb(desk, booking, "move-room", body), 409, "rule_broken")
    assert dirty["rule"] == "not_clean"
    manager = web.member("bob", grand.id, Role.MANAGER)
    version = manager.get(f"{BOOKINGS}{booking}/").json()["version"]
    why = {"override": {"not_clean": "worse here"}, "if_version": version}
    assert verb(manager, booking, "move-room", body | why).json()["assigned_room_number"] == "103"
    assert grand.room_of(waiting) == "102"
    assert whole(grand)


def test_two_bookings_swap_their_rooms(grand: SmallHotel, desk: httpx.Client) -> None:
    grand.add_room("900", "DLX")
    grand.link("900", ["103", "104"])
    grand.add_room("D1", beds=2, gender=Gender.ANY)
    one, two = grand.book(1, 3, room="101"), grand.book(1, 4, room="102")
    swapped = verb(desk, one, "swap", {"booking_id": two, "reason": "friends"}).json()
    assert swapped["assigned_room_number"] == "102"
    assert (grand.room_of(one), grand.room_of(two)) == ("102", "101")
    large = grand.book(1, 2, type_="DLX")
    assert verb(desk, large, "assign-room", {"room_number": "900"}).status_code == 200
    assert verb(desk, one, "swap", {"booking_id": large}).status_code == 409  # a DLX does not go down the ladder
    bed = grand.book(2, 4, room="D1")
    assert verb(desk, bed, "swap", {"booking_id": two}).status_code == 200
    alone = problem(verb(desk, one, "swap", {"booking_id": one}), 422, "invalid_input")
    assert [fault["field"] for fault in alone["errors"]] == ["booking_id"]
    problem(verb(desk, one, "swap", {"booking_id": "BK-2026-ZZZZZZ"}), 404, "not_found")
    third = grand.book(3, 4, room="102")
    found = problem(verb(desk, one, "swap", {"booking_id": bed}), 409, "room_taken")
    assert (found["booking_id"], found["room"]) == (third, "102")
    verb(desk, two, "lock")
    problem(verb(desk, one, "swap", {"booking_id": two}), 409, "wrong_state")
    assert whole(grand)


def test_a_guest_at_the_desk_gets_a_room_at_once(web: Web, grand: SmallHotel, desk: httpx.Client) -> None:
    body = {"guest": MILLER, "check_out": str(day(2))}
    named = {"Idempotency-Key": "k1"}
    made = desk.post(f"{ROOMS}101/add-guest/", json=body, headers=named)
    shown = made.json()
    expected = {"source": "DIRECT", "status": "CHECKED_IN", "assigned_room_number": "101", "total_amount": "200.00"}
    assert (made.status_code, {name: shown[name] for name in expected}) == (201, expected)
    assert verb(desk, shown["booking_id"], "pin/verify", {"pin": shown["pin"]}).json()["valid"] is True
    again = desk.post(f"{ROOMS}101/add-guest/", json=body, headers=named).json()
    assert (again["booking_id"], again["pin"]) == (shown["booking_id"], None)
    taken = problem(desk.post(f"{ROOMS}101/add-guest/", json=body), 409, "room_taken")
    assert taken["booking_id"] == shown["booking_id"]
    problem(desk.post(f"{ROOMS}999/add-guest/", json=body), 404, "not_found")
    problem(desk.post(f"{ROOMS}102/add-guest/", json=body | {"adults": 5}), 409, "rule_broken")
    with hotel_session(web.engine, grand.id) as session:
        assert len(session.scalars(select(Guest.id)).all()) == 1  # who got no room left nothing behind
    assert whole(grand)

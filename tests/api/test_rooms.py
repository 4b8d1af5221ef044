"""Availability in the inventory's shape, and suggestions."""

from __future__ import annotations

from models import BookingStatus, Role
from tests.api.services.hotels import SmallHotel, day
from tests.api.test_errors import problem
from tests.api.web import Web

HOTEL = "/api/staff/hotels/grand"


def test_availability_has_the_shape_of_the_inventory(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    grand.book(-1, 1, room="101", status=BookingStatus.CHECKED_IN)
    later = grand.book(4, 6, room="101")
    rival = grand.book(2, 5, room="102")
    asked = {"check_in": day(2), "check_out": day(4)}
    found = client.get(f"{HOTEL}/rooms/availability/", params=asked).json()
    free = {room["room_number"]: room for room in found["available_rooms"]}
    assert set(free) == {"101", "103", "104"}
    told = {name: free["101"][name] for name in ("room_type", "is_occupied", "current_guest", "next_booking")}
    assert told == {
        "room_type": "Standard Double",
        "is_occupied": True,
        "current_guest": "Ada B1",
        "next_booking": str(day(4)),
    }
    (taken,) = found["unavailable_rooms"]
    assert (taken["room_number"], taken["conflict_booking_id"]) == ("102", rival)
    assert (taken["conflict_reason"], taken["available_from"]) == ("Existing booking", str(day(5)))
    excluded = client.get(f"{HOTEL}/rooms/availability/", params=asked | {"exclude_booking": rival}).json()
    assert excluded["unavailable_rooms"] == []
    assert later


def test_a_type_is_known_by_code_or_name_in_whatever_letters(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.RECEPTION)
    for room in range(201, 205):
        grand.add_room(str(room), "DLX")
    period = {"check_in": str(day(1)), "check_out": str(day(2))}
    for called, number, code in (
        ("Standard Double", "101", "STD"),
        ("DELUXE suite", "201", "DLX"),
        ("dlx", "201", "DLX"),
    ):
        free = client.get(f"{HOTEL}/rooms/availability/", params=period | {"room_type": called}).json()
        assert {room["type_code"] for room in free["available_rooms"]} == {code}
        rooms = client.get("/rooms/rooms/", params={"room_type": called}).json()["results"]
        assert (rooms[0]["room_number"], {room["type_code"] for room in rooms}) == (number, {code})
        guest = {"guest_last_name": "Hopper", "guest_email": "grace@example.org"}
        online = web.client.post("/api/guest/hotels/grand/booking/", json=period | guest | {"room_type": called})
        by_hand = client.post(f"{HOTEL}/bookings/", json=period | {"room_type": called, "guest": {"last_name": "M"}})
        for made in (online, by_hand):
            assert (made.status_code, made.json()["room_type"]) == (201, code), made.text
        listed = client.get(f"{HOTEL}/bookings/", params={"room_type": called}).json()["results"]
        assert {row["room_type"] for row in listed} == {code}
    for path, query in (("rooms/availability", period), ("rooms", {}), ("bookings", {})):
        wrong = client.get(f"{HOTEL}/{path}/", params=query | {"room_type": "Attic"})
        (fault,) = problem(wrong, 422, "invalid_input")["errors"]
        assert (fault["in"], fault["field"], fault["code"]) == ("query", "room_type", "unknown")


def test_a_name_that_two_types_have_names_neither(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.MANAGER)
    asked = {"check_in": str(day(1)), "check_out": str(day(2)), "room_type": "double"}
    path = f"{HOTEL}/rooms/availability/"
    for code, status in (("A", 200), ("B", 422), ("double", 200)):  # a code goes before any name
        assert client.post(f"{HOTEL}/room-types/", json={"code": code, "name": "Double"}).status_code == 201
        assert client.get(path, params=asked).status_code == status, code


def test_availability_names_every_fault(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    path = f"{HOTEL}/rooms/availability/"
    found = problem(client.get(path, params={"check_in": "soon", "party": 0, "x": 1}), 422, "invalid_input")
    assert {fault["field"] for fault in found["errors"]} == {"check_in", "check_out", "party", "x"}
    backwards = {"check_in": day(2), "check_out": day(1)}
    found = problem(client.get(path, params=backwards | {"room_type": "Attic"}), 422, "invalid_input")
    assert {fault["field"] for fault in found["errors"]} == {"check_out", "room_type"}
    problem(client.get(path, params=backwards | {"check_out": day(3), "exclude_booking": "BK-1"}), 404, "not_found")
    far = {"check_in": "9999-12-31", "check_out": "9999-12-31"}
    assert client.get(path, params=far).status_code in {200, 422}


def test_suggested_rooms_can_be_taken(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    grand.book(1, 3, room="102")
    grand.book(5, 7, room="102")
    booking = grand.book(3, 5)
    answer = client.get(f"{HOTEL}/bookings/{booking}/suggest-rooms/", params={"limit": 3})
    found = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (found["rooms"][0]["room_number"], found["rooms"][0]["fit"]) == ("102", "best")
    assert len(found["rooms"]) == 3
    assert all(sum(room["parts"].values()) == room["total"] for room in found["rooms"])
    taken = {"room_number": "102", "if_version": found["version"]}
    assert client.post(f"{HOTEL}/bookings/{booking}/assign-room/", json=taken).status_code == 200
    again = client.get(f"{HOTEL}/bookings/{booking}/suggest-rooms/").json()
    assert again["current_room_number"] == "102"


def test_nothing_is_suggested_for_what_is_over(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    over = grand.book(1, 3, status=BookingStatus.CANCELLED)
    problem(client.get(f"{HOTEL}/bookings/{over}/suggest-rooms/"), 409, "wrong_state")
    problem(client.get(f"{HOTEL}/bookings/BK-0/suggest-rooms/"), 404, "not_found")

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
    assert told == {"room_type": "STD", "is_occupied": True, "current_guest": "Ada B1", "next_booking": str(day(4))}
    (taken,) = found["unavailable_rooms"]
    assert (taken["room_number"], taken["conflict_booking_id"]) == ("102", rival)
    assert (taken["conflict_reason"], taken["available_from"]) == ("Existing booking", str(day(5)))
    excluded = client.get(f"{HOTEL}/rooms/availability/", params=asked | {"exclude_booking": rival}).json()
    assert excluded["unavailable_rooms"] == []
    assert later


def test_availability_names_every_fault(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    path = f"{HOTEL}/rooms/availability/"
    found = problem(client.get(path, params={"check_in": "soon", "party": 0, "x": 1}), 422, "invalid_input")
    assert {fault["field"] for fault in found["errors"]} == {"check_in", "check_out", "party", "x"}
    backwards = {"check_in": day(2), "check_out": day(1)}
    assert problem(client.get(path, params=backwards), 422, "invalid_input")["errors"][0]["field"] == "check_out"
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

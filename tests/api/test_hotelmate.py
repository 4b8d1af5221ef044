"""A client that knows HotelMate's inventory and nothing else: its paths, parameters and serializers' fields."""

from __future__ import annotations

import re
from typing import Any

import httpx

from api.services.clock import SetClock
from models import Role
from tests.api.services.hotels import SmallHotel, day
from tests.api.web import Web

# Word for word from the inventory.
LIST = """
    id, booking_id, confirmation_number, hotel_name, room_type_name, guest_name, guest_email, guest_phone, check_in,
    check_out, nights, adults, children, total_amount, currency, status, created_at, paid_at,
    assigned_room_number, has_room_assigned, can_check_in
"""
DETAIL = """
    id, booking_id, confirmation_number, hotel_name, room_type_name, guest_first_name, guest_last_name, guest_name,
    guest_email, guest_phone, check_in, check_out, nights, adults, children, total_amount, currency, status,
    special_requests, promo_code, payment_reference, payment_provider, paid_at, created_at, updated_at, internal_notes
"""
AVAILABLE = "room_number, room_type, is_occupied, current_guest, next_booking"
UNAVAILABLE = "room_number, room_type, conflict_reason, conflict_booking_id, available_from"
STAFF = "/api/staff/hotels/grand/bookings/"
SETTINGS = "/api/staff/hotels/grand/settings/"


def has(answer: dict[str, Any], fields: str) -> bool:
    """Tell whether an answer has all of these fields."""
    return not {field.strip() for field in fields.split(",")} - answer.keys()


def post(client: httpx.Client, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_front_desk_in_the_inventorys_words(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    guest, period = web.client, {"check_in": str(day(0)), "check_out": str(day(2))}
    assert guest.get("/api/public/hotels/grand/settings/").json()["name"] == "Grand"
    asked = {"guest_first_name": "John", "guest_last_name": "Smith", "guest_email": "john@example.com"}
    made = post(guest, "/api/guest/hotels/grand/booking/", {"room_type": "Standard Double"} | period | asked, 201)
    assert made["status"] == "PENDING_PAYMENT"
    assert re.fullmatch(r"BK-2026-[0-9A-Z]{6}", made["booking_id"])
    found = {"email": "JOHN@example.com", "confirmation_number": made["confirmation_number"]}
    assert guest.get("/api/bookings/lookup/", params=found).json()["booking_id"] == made["booking_id"]

    clock.advance(hours=4)
    staff = web.member("ada", grand.id, Role.RECEPTION)
    for query in (
        {"status": "PENDING_PAYMENT"},
        {"start_date": str(day(0)), "end_date": str(day(2))},
        {"search": "smith"},
        {"search": "john@ex"},
        {"search": made["booking_id"]},
        {"has_room_assigned": "false", "ordering": "-total_amount"},
    ):
        page = staff.get(STAFF, params=query).json()
        assert (page["count"], page["next"], page["previous"]) == (1, None, None), query
        assert has(page["results"][0], LIST)

    own = f"{STAFF}{made['booking_id']}/"
    confirmed = post(staff, f"{own}confirm/")
    assert (confirmed["status"], has(confirmed, DETAIL)) == ("CONFIRMED", True)
    path = "/api/staff/hotels/grand/rooms/availability/"
    rooms = staff.get(path, params=period | {"room_type": "Standard Double"}).json()
    assert set(rooms) == {"available_rooms", "unavailable_rooms"}
    assert [room["room_number"] for room in rooms["available_rooms"]] == ["101", "102", "103", "104"]
    assert all(has(room, AVAILABLE) for room in rooms["available_rooms"])
    assert {room["room_type"] for room in rooms["available_rooms"]} == {"Standard Double"}
    given = {"room_number": "101", "notes": "Guest requested ground floor"}
    assert post(staff, f"{own}assign-room/", given)["room_number"] == "101"
    rooms = staff.get(path, params=period).json()
    (taken,) = rooms["unavailable_rooms"]
    assert (taken["conflict_booking_id"], has(taken, UNAVAILABLE)) == (made["booking_id"], True)
    mine = staff.get(path, params=period | {"exclude_booking": made["booking_id"]}).json()
    assert mine["unavailable_rooms"] == []
    row = staff.get(STAFF, params={"room_number": "101"}).json()["results"][0]
    assert (row["assigned_room_number"], row["has_room_assigned"], row["can_check_in"]) == ("101", True, True)

    inside = post(staff, f"{own}check-in/")
    assert (inside["status"], len(inside["pin"])) == ("CHECKED_IN", 6)
    assert staff.get("/rooms/rooms/101/").json()["is_occupied"] is True
    note = {"communication_type": "NOTE", "subject": "Key", "message": "Asked for a second key"}
    assert post(staff, f"{own}communications/", note, 201)["communication_type"] == "NOTE"
    log = staff.get(f"{own}communications/").json()["results"]
    assert has(log[0], "communication_type, subject, message, recipient, sent_at, delivery_status")
    left = post(staff, f"{own}check-out/")
    assert (left["status"], {one["what"]: one["by"] for one in left["history"]}["checked_out"]) == ("COMPLETED", "Ada")
    assert staff.get("/rooms/rooms/", params={"search": "101"}).json()["results"][0]["is_occupied"] is False


def test_the_back_office_in_the_inventorys_words(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    clock.advance(hours=4)
    staff = web.member("ada", grand.id)
    me = staff.get("/api/staff/grand/me/").json()
    assert (me["name"], me["email"], me["hotel_slug"]) == ("Ada", "ada@example.org", "grand")

    public = "/api/public/hotels/grand/settings/"
    shown = {"description": "By the river", "phone": "+351 21 000"}
    assert has(staff.patch(SETTINGS, json=shown).json(), "description, phone")
    seen = web.client.get(public).json()
    assert (seen["description"], seen["phone"]) == ("By the river", "+351 21 000")
    assert staff.put(SETTINGS, json={"description": "On the hill"}).status_code == 200
    seen = web.client.get(public).json()
    assert (seen["description"], seen["phone"], seen["name"]) == ("On the hill", "", "Grand")

    # Of this body the inventory says only "room + guest creation".
    guest = {"first_name": "John", "last_name": "Smith", "email": "john@example.com", "phone": "+44 20 7946 0958"}
    path = "/rooms/grand/rooms/101/add-guest/"
    inside = post(staff, path, {"guest": guest, "check_out": str(day(1))}, 201)
    assert (inside["status"], inside["guest_name"], has(inside, DETAIL)) == ("CHECKED_IN", "John Smith", True)
    room = staff.get("/rooms/rooms/101/").json()
    assert (room["room_number"], room["is_occupied"], room["current_guest"]) == ("101", True, "John Smith")
    found = staff.get("/rooms/rooms/", params={"search": "standard"}).json()["results"]
    assert [row["room_number"] for row in found] == ["101", "102", "103", "104"]

"""What the hotel has, over HTTP: rooms, types, features, links, groups, settings, people, and HotelMate's old paths."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.services.clock import SetClock
from api.services.hotel_settings import payment_minutes, promo_code
from api.services.transaction import read_hotel
from api.services.verify import verify_hotel
from models import AuditEntry, Role, hotel_session
from tests.api.services.hotels import SmallHotel, day
from tests.api.test_errors import problem
from tests.api.web import Web

GRAND = "/api/staff/hotels/grand/"
ROOMS = f"{GRAND}rooms/"


@pytest.fixture
def manager(web: Web, grand: SmallHotel) -> httpx.Client:
    """Somebody who may change the house."""
    return web.member("ada", grand.id, Role.MANAGER)


def told(grand: SmallHotel, subject: str) -> list[str]:
    with hotel_session(grand.engine, grand.id) as session:
        found = select(AuditEntry.action).where(AuditEntry.subject == subject).order_by(AuditEntry.sequence)
        return list(session.scalars(found))


def numbers(answer: httpx.Response) -> list[str]:
    return [room["room_number"] for room in answer.json()["results"]]


def test_rooms_are_found_with_who_is_in_them(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    clock.advance(hours=4)
    client = web.member("ada", grand.id, Role.RECEPTION)
    grand.add_room("900", "DLX", features=["sea view"], floor=9, building="Tower")
    grand.link("900", ["103", "104"])
    guest = grand.book(0, 2, type_="DLX")
    assert client.post(f"{GRAND}bookings/{guest}/assign-room/", json={"room_number": "900"}).status_code == 200
    client.post(f"{GRAND}bookings/{guest}/check-in/")
    for query, expected in (
        ({}, ["101", "102", "103", "104", "900"]),
        ({"search": "10"}, ["101", "102", "103", "104"]),
        ({"search": "SEA"}, ["900"]),
        ({"search": "tower"}, ["900"]),
        ({"search": "_"}, []),
        ({"room_type": "DLX"}, ["900"]),
        ({"feature": "sea view"}, ["900"]),
        ({"floor": 9}, ["900"]),
        ({"is_occupied": "true"}, ["103", "104", "900"]),
        ({"is_occupied": "false", "page_size": 1}, ["101"]),
        ({"housekeeping_status": "DIRTY"}, []),
        ({"active": "false"}, []),
    ):
        assert numbers(client.get(ROOMS, params=query)) == expected, query
    shown = client.get(f"{ROOMS}103/").json()
    assert (shown["is_occupied"], shown["current_booking_id"]) == (True, guest)
    assert client.get(ROOMS, params={"page_size": 2}).json()["next"] == "?page_size=2&page=2"
    client.post(f"{GRAND}bookings/{guest}/check-out/")
    assert client.get(f"{ROOMS}103/").json()["is_occupied"] is False
    problem(client.get(f"{ROOMS}999/"), 404, "not_found")


def test_a_room_is_made_changed_and_removed(grand: SmallHotel, manager: httpx.Client) -> None:
    made = manager.post(ROOMS, json={"number": "105", "room_type": "STD", "features": ["quiet"], "notes": "mind step"})
    assert (made.status_code, made.headers["location"]) == (201, f"{ROOMS}105/")
    assert (made.json()["type_code"], made.json()["is_occupied"]) == ("STD", False)
    problem(manager.post(ROOMS, json={"number": "105", "room_type": "STD"}), 409, "conflict")
    changed = manager.patch(f"{ROOMS}105/", json={"floor": 3, "number": "305"}, headers={"If-Match": '"1"'})
    assert (changed.json()["room_number"], changed.json()["floor"], changed.headers["etag"]) == ("305", 3, '"2"')
    problem(manager.patch(f"{ROOMS}305/", json={"floor": 4}, headers={"If-Match": '"1"'}), 412, "stale_version")
    assert manager.patch(f"{ROOMS}305/", json={"floor": 3}).json()["version"] == 2  # it says so already
    assert manager.delete(f"{ROOMS}305/").status_code == 204
    problem(manager.get(f"{ROOMS}305/"), 404, "not_found")
    assert (told(grand, "room:105"), told(grand, "room:305")) == (["room.created"], ["room.changed", "room.removed"])
    grand.book(-3, -1, room="101")
    problem(manager.delete(f"{ROOMS}101/"), 409, "conflict")
    assert manager.patch(f"{ROOMS}101/", json={"active": False}).json()["active"] is False


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("rooms/101/", {"active": False}),
    ("rooms/101/", {"features": []}),
    ("rooms/101/", {"sleeps": 1}),
    ("rooms/101/", {"room_type": "LOW"}),
    ("room-types/STD/", {"rank": 3}),
]


@pytest.mark.parametrize(("path", "values"), CHANGES)
def test_nobody_is_left_in_a_room_that_no_longer_fits(
    grand: SmallHotel, manager: httpx.Client, path: str, values: dict[str, Any]
) -> None:
    assert manager.post(f"{GRAND}room-types/", json={"code": "LOW", "name": "Low", "rank": 0}).status_code == 201
    if "rank" in values:
        manager.post(f"{GRAND}room-types/", json={"code": "MID", "name": "Mid", "rank": 2})
        manager.patch(f"{ROOMS}101/", json={"room_type": "MID"})
    else:
        manager.patch(f"{GRAND}room-types/STD/", json={"rank": 1})
    manager.patch(f"{ROOMS}101/", json={"features": ["quiet"]})
    booking = grand.book(1, 3, room="101", adults=2, needs=["quiet"])
    before = manager.get(GRAND + path).json()
    found = problem(manager.patch(GRAND + path, json=values), 409, "in_the_way")
    assert booking in found["errors"][0]["message"]
    assert manager.get(GRAND + path).json() == before
    assert verify_hotel(grand.engine, grand.id) == ()


def test_features_are_given_renamed_and_taken(grand: SmallHotel, manager: httpx.Client) -> None:
    def features() -> dict[str, int]:
        return {one["feature"]: one["rooms"] for one in manager.get(f"{GRAND}features/").json()["results"]}

    manager.post(f"{GRAND}features/", json={"feature": "view", "room_numbers": ["101", "102", "103"]})
    manager.patch(f"{GRAND}features/view/", json={"feature": "sea view", "add": ["104"], "remove": ["101"]})
    assert features() == {"sea view": 3}
    booking = grand.book(1, 2, room="104", needs=["sea view"])
    found = problem(manager.delete(f"{GRAND}features/sea view/"), 409, "in_the_way")
    assert booking in found["errors"][0]["message"]
    assert features() == {"sea view": 3}
    manager.delete(f"{GRAND}bookings/{booking}/assign-room/")
    assert manager.delete(f"{GRAND}features/sea view/").status_code == 204
    assert features() == {}
    wrong = problem(
        manager.post(f"{GRAND}features/", json={"feature": "x", "room_numbers": ["9", "8"]}), 422, "invalid_input"
    )
    assert len(wrong["errors"]) == 2
    problem(manager.delete(f"{GRAND}features/none/"), 404, "not_found")


def test_links_of_rooms(grand: SmallHotel, manager: httpx.Client) -> None:
    grand.add_room("900", "DLX")
    body = {"kind": "connecting", "room": "102", "other_room": "101"}
    made = manager.post(f"{GRAND}room-links/", json=body).json()
    assert (made["room"], made["other_room"]) == ("101", "102")  # symmetric, stored once
    problem(manager.post(f"{GRAND}room-links/", json=body | {"room": "101", "other_room": "102"}), 409, "conflict")
    suite = {"kind": "component", "room": "900", "other_room": "103"}
    booking = grand.book(1, 3, room="900", type_="DLX")
    problem(manager.post(f"{GRAND}room-links/", json=suite), 409, "in_the_way")
    manager.delete(f"{GRAND}bookings/{booking}/assign-room/")
    link = manager.post(f"{GRAND}room-links/", json=suite).json()["id"]
    manager.post(f"{GRAND}bookings/{booking}/assign-room/", json={"room_number": "900"})
    problem(manager.delete(f"{GRAND}room-links/{link}/"), 409, "in_the_way")
    assert manager.delete(f"{GRAND}room-links/{made['id']}/").status_code == 204
    assert manager.get(f"{GRAND}room-links/").json()["count"] == 1
    found = problem(
        manager.post(f"{GRAND}room-links/", json=suite | {"room": "x", "other_room": "y"}), 422, "invalid_input"
    )
    assert {fault["field"] for fault in found["errors"]} == {"room", "other_room"}
    for kind in ("connecting", "component"):
        alone = problem(
            manager.post(f"{GRAND}room-links/", json={"kind": kind, "room": "101", "other_room": "101"}),
            422,
            "invalid_input",
        )
        assert [fault["field"] for fault in alone["errors"]] == ["other_room"]
    assert verify_hotel(grand.engine, grand.id) == ()


def test_groups_and_types(grand: SmallHotel, manager: httpx.Client) -> None:
    made = manager.post(f"{GRAND}groups/", json={"name": "Tour", "wants_connecting": True}).json()
    problem(manager.post(f"{GRAND}groups/", json={"name": "Tour"}), 409, "conflict")
    grand.book(1, 2, group_id=made["id"])
    path = f"{GRAND}groups/{made['id']}/"
    assert manager.patch(path, json={"name": "Wedding"}).json() == made | {
        "name": "Wedding",
        "bookings": 1,
        "version": 2,
    }
    problem(manager.delete(path), 409, "conflict")
    problem(manager.patch(path, json={"name": None}), 422, "invalid_input")
    kind = manager.post(f"{GRAND}room-types/", json={"code": "TWN", "name": "Twin", "rate": "79.5"}).json()
    assert (kind["rate"], kind["currency"]) == ("79.50", "EUR")
    problem(manager.patch(f"{GRAND}room-types/TWN/", json={"rate": "79.505"}), 422, "invalid_input")
    assert manager.patch(f"{GRAND}room-types/TWN/", json={"rate": "80"}).json()["rate"] == "80.00"
    assert manager.delete(f"{GRAND}room-types/TWN/").status_code == 204
    problem(manager.delete(f"{GRAND}room-types/STD/"), 409, "conflict")
    assert [one["code"] for one in manager.get(f"{GRAND}room-types/").json()["results"]] == ["STD", "DLX"]


def test_housekeeping(web: Web, grand: SmallHotel) -> None:
    maid = web.member("eve", grand.id, Role.HOUSEKEEPING)
    path = f"{ROOMS}101/housekeeping/"
    done = maid.patch(path, json={"housekeeping_status": "DIRTY", "reason": "spilt wine"})
    assert (done.json()["housekeeping_status"], done.headers["etag"]) == ("DIRTY", '"2"')
    assert maid.patch(path, json={"housekeeping_status": "DIRTY"}).json()["version"] == 2
    problem(maid.patch(path, json={"housekeeping_status": "SHINY"}), 422, "invalid_input")
    problem(maid.patch(path, json={"housekeeping_status": "CLEAN", "if_version": 1}), 412, "stale_version")
    assert told(grand, "room:101") == ["room.housekeeping_changed"]


def test_settings_are_changed_and_replaced(grand: SmallHotel, manager: httpx.Client) -> None:
    path = f"{GRAND}settings/"
    first = manager.get(path)
    assert first.json()["policy"]["horizon_nights"] == 14
    codes = [{"code": "SPRING", "percent": 10, "from": "2026-03-01", "to": None}]
    done = manager.patch(
        path,
        json={
            "name": "Grand Hotel",
            "check_in_time": "14:00",
            "public": {"email": "desk@grand.example", "languages": ["de"]},
            "policy": {"weights": {"upgrade": 7}},
            "promo_codes": codes,
            "payment_minutes": 30,
        },
        headers={"If-Match": first.headers["etag"]},
    ).json()
    assert (done["name"], done["check_in_time"]) == ("Grand Hotel", "14:00:00")
    assert done["public"]["email"] == "desk@grand.example"
    assert (done["policy"]["weights"]["upgrade"], done["policy"]["weights"]["wish"]) == (7, 3)
    assert (done["promo_codes"], done["payment_minutes"]) == (codes, 30)
    found = read_hotel(grand.engine, grand.id, lambda _, hotel: (promo_code(hotel, "spring"), payment_minutes(hotel)))
    assert (found[0].percent, found[0].holds(day(0)), found[1]) == (10, True, 30)
    problem(manager.patch(path, json={"name": "X"}, headers={"If-Match": first.headers["etag"]}), 412, "stale_version")
    replaced = manager.put(path, json={"name": "Inn", "timezone": "Europe/Rome"}).json()
    assert (replaced["check_in_time"], replaced["public"]["email"], replaced["promo_codes"]) == ("15:00:00", "", [])
    assert replaced["policy"]["weights"]["upgrade"] == 7
    faults = problem(
        manager.patch(path, json={"timezone": "Mars/Base", "policy": {"weights": {"magic": 1}, "move_budget": -1}}),
        422,
        "invalid_input",
    )
    assert {fault["field"] for fault in faults["errors"]} == {"timezone", "policy.weights.magic", "policy.move_budget"}
    problem(manager.patch(path, json={"currency": "USD"}), 422, "invalid_input")
    for body, missing in (({}, {"name", "timezone"}), ({"name": "Inn", "city": "Rome"}, {"timezone"})):
        faults = problem(manager.put(path, json=body), 422, "invalid_input")
        assert {fault["field"] for fault in faults["errors"]} == missing
    assert told(grand, "hotel:grand") == ["hotel.settings_changed"] * 2


def test_what_a_hotel_shows_may_be_sent_as_hotelmate_does(manager: httpx.Client) -> None:
    path = f"{GRAND}settings/"
    assert manager.patch(path, json={"payment_minutes": 30, "public": {"city": "Lisbon"}}).is_success
    both = manager.patch(path, json={"phone": "+351 1", "public": {"email": "desk@grand.example"}}).json()
    assert (both["phone"], both["public"]["phone"]) == ("+351 1", "+351 1")
    assert (both["city"], both["email"], both["payment_minutes"]) == ("Lisbon", "desk@grand.example", 30)
    twice = problem(manager.patch(path, json={"city": "Rome", "public": {"city": "Porto"}}), 422, "invalid_input")
    assert [fault["field"] for fault in twice["errors"]] == ["city"]
    faults = problem(manager.put(path, json={"city": 7, "images": None, "colour": "red"}), 422, "invalid_input")
    assert {fault["field"] for fault in faults["errors"]} == {"city", "images", "colour"}
    replaced = manager.put(path, json={"city": "Porto", "languages": ["pt"]}).json()
    assert (replaced["city"], replaced["languages"], replaced["phone"], replaced["email"]) == ("Porto", ["pt"], "", "")
    assert (replaced["name"], replaced["payment_minutes"]) == ("Grand", 30)
    assert replaced["public"].items() <= replaced.items()


def test_people_of_the_hotel(web: Web, grand: SmallHotel) -> None:
    owner = web.member("ada", grand.id, Role.OWNER)
    web.person("bob")
    path = f"{GRAND}staff/"
    body = {"email": "New@example.org", "name": "Nora", "password": "a long password", "role": "viewer"}
    made = owner.post(path, json=body | {"granted": ["can_verify_pin"]})
    assert (made.status_code, made.json()["permissions"]) == (201, ["can_see_reports", "can_verify_pin", "can_view"])
    one = f"{path}{made.json()['staff_id']}/"
    assert web.client.post(
        "/api/auth/token/", json={"email": "new@example.org", "password": body["password"]}
    ).is_success
    bob = owner.post(path, json=body | {"email": "bob@example.org", "name": "Mallory", "role": "manager"}).json()
    assert (bob["name"], bob["active"], bob["pending"]) == ("Mallory", False, True)
    assert web.sign_in("bob").is_success  # the password is the person's own
    problem(owner.post(path, json=body), 409, "conflict")
    problem(owner.post(path, json=body | {"granted": ["root"]}), 422, "invalid_input")
    assert owner.patch(one, json={"role": "reception"}).json()["role"] == "reception"
    assert owner.delete(one).status_code == 204
    assert owner.get(one).json()["active"] is False
    mine = f"{path}{web.people['ada']}/"
    for change in ({"active": False}, {"role": "manager"}):
        problem(owner.patch(mine, json=change), 409, "last_owner")
    problem(owner.patch(one, json={"role": None}), 422, "invalid_input")
    problem(owner.get(f"{path}999999/"), 404, "not_found")
    assert {row["name"] for row in owner.get(path).json()["results"]} == {"Ada", "Mallory", "Nora"}
    assert "example.org" not in "".join(told_payloads(grand))


def told_payloads(grand: SmallHotel) -> list[str]:
    with hotel_session(grand.engine, grand.id) as session:
        return list(session.scalars(select(AuditEntry.payload)))


def test_hotelmates_old_paths(web: Web, grand: SmallHotel, other: SmallHotel, clock: SetClock) -> None:
    clock.advance(hours=4)
    client = web.member("ada", grand.id, Role.RECEPTION)
    assert client.get("/rooms/rooms/").json() == client.get(ROOMS).json()
    assert client.get("/rooms/rooms").json() == client.get(ROOMS).json()
    assert client.get("/rooms/rooms/?search=103").json()["count"] == 1
    assert client.get("/rooms/rooms/101/").json() == client.get(f"{ROOMS}101/").json()
    body = {"guest": {"last_name": "Miller"}, "check_out": str(day(1))}
    made = client.post("/rooms/grand/rooms/101/add-guest/", json=body)
    assert (made.status_code, made.json()["source"]) == (201, "DIRECT")
    problem(client.post("/rooms/other/rooms/101/add-guest/", json=body), 404, "not_found")
    problem(web.client.get("/rooms/rooms/"), 401, "not_signed_in")
    with hotel_session(web.engine, other.id) as session:
        session.commit()
    web.member("ada", other.id, Role.RECEPTION)
    told = problem(client.get("/rooms/rooms/"), 409, "which_hotel")
    assert "/api/staff/hotels/{hotel_slug}/rooms/" in told["detail"]
    nobody = web.signed_in("eve")
    problem(nobody.get("/rooms/rooms/101/"), 404, "not_found")


@pytest.mark.parametrize("number", ["Größe 1", "日本", "a\nb", "\x7f"])
def test_a_name_of_any_letters_makes_an_address_that_works(web: Web, grand: SmallHotel, number: str) -> None:
    client = web.member("ada", grand.id)
    answer = client.post("/api/staff/hotels/grand/rooms/", json={"number": number, "room_type": "STD"})
    assert answer.status_code == 201
    assert client.get(answer.headers["location"]).json()["room_number"] == number

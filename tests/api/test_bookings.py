"""The list of bookings and the detail of one."""

from __future__ import annotations

from typing import Any

import pytest

from api.services.booking_query import ORDERINGS
from api.services.money import decimal_string
from models import BookingSource, BookingStatus, Group, Guest, Role, hotel_session
from tests.api.services.hotels import SmallHotel, day
from tests.api.test_errors import problem
from tests.api.web import Web

BOOKINGS = "/api/staff/hotels/grand/bookings/"

# HotelMate's own list fields, and those its inventory asks to be added.
HOTELMATE = """
    id booking_id confirmation_number hotel_name room_type_name guest_name guest_email guest_phone check_in check_out
    nights adults children total_amount currency status created_at paid_at assigned_room_number has_room_assigned
    can_check_in
"""
HOTELMATE_DETAIL = """
    guest_first_name guest_last_name special_requests promo_code payment_reference payment_provider updated_at
    internal_notes
"""


@pytest.fixture
def house(grand: SmallHotel) -> dict[str, str]:
    """Some bookings of every sort, by a name for the test."""
    with hotel_session(grand.engine, grand.id) as session:
        tour = Group(hotel_id=grand.id, name="Tour")
        session.add(tour)
        session.flush()
        group = tour.id
        session.commit()
    made = {
        "arriving": grand.book(0, 2, room="101", total_minor=30000),
        "in_house": grand.book(-2, 1, room="102", status=BookingStatus.CHECKED_IN, total_minor=20000),
        "unpaid": grand.book(3, 4, status=BookingStatus.PENDING_PAYMENT),
        "suite": grand.book(3, 6, type_="DLX", group_id=group, total_minor=99999),
        "cancelled": grand.book(0, 2, status=BookingStatus.CANCELLED),
    }
    grand.change(made["unpaid"], source=BookingSource.ONLINE)
    names = {"arriving": ("Zoë", "O'Brien_100%"), "suite": ("Anna", "de la Cruz")}
    with hotel_session(grand.engine, grand.id) as session:
        for guest in session.query(Guest).all():
            for name, booking_id in made.items():
                if guest.last_name == f"B{int(booking_id[-6:])}":
                    guest.first_name, guest.last_name = names.get(name, ("Guest", name))
                    guest.email = f"{name}@Example.org"
        session.commit()
    return made


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"arriving", "in_house", "unpaid", "suite", "cancelled"}),
    ({"status": "CONFIRMED"}, {"arriving", "suite"}),
    ({"status": ["CONFIRMED", "CHECKED_IN"]}, {"arriving", "suite", "in_house"}),
    ({"start_date": day(1)}, {"unpaid", "suite"}),
    ({"end_date": day(2)}, {"arriving", "in_house", "cancelled"}),
    ({"start_date": day(0), "end_date": day(4)}, {"arriving", "cancelled", "unpaid"}),
    ({"search": "o'brien"}, {"arriving"}),
    ({"search": "ZOË O'B"}, {"arriving"}),
    ({"search": "_"}, {"arriving", "in_house"}),
    ({"search": "100%"}, {"arriving"}),
    ({"search": "suite@example"}, {"suite"}),
    ({"search": "bk-2026-000003"}, {"unpaid"}),
    ({"search": "  de   la "}, {"suite"}),
    ({"search": "nobody"}, set()),
    ({"search": "cruz suite@"}, set()),
    ({"group": "Nobody"}, set()),
    ({"search": "guest", "room_type": "STD", "ordering": "guest_name"}, {"in_house", "unpaid", "cancelled"}),
    ({"room_number": "101"}, {"arriving"}),
    ({"room_number": "104"}, set()),
    ({"has_room_assigned": "true"}, {"arriving", "in_house"}),
    ({"has_room_assigned": "false"}, {"unpaid", "suite", "cancelled"}),
    ({"room_type": "DLX"}, {"suite"}),
    ({"source": "ONLINE"}, {"unpaid"}),
    ({"group": "Tour"}, {"suite"}),
    ({"arrivals_on": day(0)}, {"arriving", "cancelled"}),
    ({"departures_on": day(1)}, {"in_house"}),
    ({"in_house_on": day(0)}, {"arriving", "in_house"}),
    ({"in_house_on": day(1), "room_number": "102"}, set()),
]


def test_filters(web: Web, grand: SmallHotel, house: dict[str, str], subtests: pytest.Subtests) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    names = {booking_id: name for name, booking_id in house.items()}
    for query, expected in FILTERS:
        with subtests.test(query=query):
            answer = client.get(BOOKINGS, params=query)
            assert answer.status_code == 200, answer.text
            assert {names[row["booking_id"]] for row in answer.json()["results"]} == expected
            assert answer.json()["count"] == len(expected)


def test_every_order_both_ways_reaches_every_booking_once(web: Web, grand: SmallHotel, house: dict[str, str]) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    for key in ORDERINGS:
        seen = {}
        for sign in ("", "-"):
            ids, link = [], f"?page_size=2&ordering={sign}{key}"
            while link:
                page = client.get(BOOKINGS + link).json()
                ids += [row["booking_id"] for row in page["results"]]
                link = page["next"]
            assert sorted(ids) == sorted(house.values())
            seen[sign] = ids
        assert seen["-"] == seen[""][::-1]
    rows = client.get(BOOKINGS, params={"ordering": "-total_amount"}).json()["results"]
    assert [row["total_amount"] for row in rows][:3] == ["999.99", "300.00", "200.00"]


def test_pages_link_to_each_other(web: Web, grand: SmallHotel, house: dict[str, str]) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    page = client.get(BOOKINGS, params={"page": 2, "page_size": 2, "search": "@example.org"}).json()
    assert page["previous"] == "?page_size=2&search=%40example.org&page=1"
    assert page["next"] == "?page_size=2&search=%40example.org&page=3"
    assert client.get(BOOKINGS, params={"page": 99}).json()["results"] == []
    assert len(house) == page["count"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"status": "SLEEPING"}, "status.0"),
    ({"start_date": "10/03/2026"}, "start_date"),
    ({"page": 0}, "page"),
    ({"page_size": 1000}, "page_size"),
    ({"ordering": "password"}, "ordering"),
    ({"colour": "red"}, "colour"),
    ({"search": "a\x00b"}, "search"),
]


def test_a_wrong_query_is_named(web: Web, grand: SmallHotel, subtests: pytest.Subtests) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    for query, field in WRONG:
        with subtests.test(query=query):
            found = problem(client.get(BOOKINGS, params=query), 422, "invalid_input")
            assert [fault["field"] for fault in found["errors"]] == [field]


def test_a_row_has_all_fields_of_the_inventory(web: Web, grand: SmallHotel, house: dict[str, str]) -> None:
    client = web.member("ada", grand.id, Role.VIEWER)
    rows = {row["booking_id"]: row for row in client.get(BOOKINGS).json()["results"]}
    row = rows[house["arriving"]]
    assert [name for name in HOTELMATE.split() if name not in row] == []
    expected = {
        "assigned_room_number": "101",
        "has_room_assigned": True,
        "can_check_in": True,
        "hotel_name": "Grand",
        "guest_name": "Zoë O'Brien_100%",
        "nights": 2,
        "total_amount": "300.00",
    }
    assert {name: row[name] for name in expected} == expected
    assert rows[house["suite"]]["can_check_in"] is False
    assert rows[house["suite"]]["group"] == "Tour"
    assert all(action["reasons"][0] == "no_permission" for action in row["actions"])


def test_a_booking_in_detail(web: Web, grand: SmallHotel, house: dict[str, str]) -> None:
    client = web.member("ada", grand.id)
    wished = grand.book(5, 6, wishes=[{"weight": 3, "room": grand.rooms["103"]}], allowed_rooms=[grand.rooms["104"]])
    answer = client.get(f"{BOOKINGS}{house['arriving']}/")
    detail = answer.json()
    assert [name for name in (HOTELMATE + HOTELMATE_DETAIL).split() if name not in detail] == []
    assert answer.headers["etag"] == f'"{detail["version"]}"'
    assert [(room["room_number"], room["starts_at"]) for room in detail["rooms"]] == [("101", f"{day(0)}T15:00:00")]
    assert [one["what"] for one in detail["history"]] == ["created"]
    shown = client.get(f"{BOOKINGS}{wished}/").json()
    assert (shown["wishes"], shown["allowed_rooms"]) == ([{"weight": 3, "room": "103"}], ["104"])
    problem(client.get(f"{BOOKINGS}BK-2026-ZZZZZZ/"), 404, "not_found")


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [(59999, "EUR", "599.99"), (5, "EUR", "0.05"), (0, "USD", "0.00"), (1200, "JPY", "1200"), (1234, "KWD", "1.234")],
)
def test_money(minor: int, currency: str, expected: str) -> None:
    assert decimal_string(minor, currency) == expected

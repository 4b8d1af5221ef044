"""Importing bookings: what a file may say, and every fault with its line."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from models import Booking, BookingSource, BookingStatus, Group, Guest, Occupancy, Origin, hotel_session, verify_chain
from tests.api.services.imports.desk import HEAD, ROOMS, Desk, booking, make_desk


def test_a_booking_arrives_as_the_file_has_it(house: Desk) -> None:
    line = (
        'A-7,2026-03-12,2026-03-15,DLX,2,1,Zoë,"Smith, Jr.",zoe@example.org,+351 1,confirmed,201,Wedding,channel,'
        "1234.5,2026-01-02T09:30\n"
    )
    assert house.take(bookings=HEAD + line).in_rooms == 1
    columns = (Booking.reference, Booking.check_in, Booking.check_out, Booking.adults, Booking.children)
    assert house.all(*columns) == [("A-7", date(2026, 3, 12), date(2026, 3, 15), 2, 1)]
    rest = (Booking.status, Booking.source, Booking.total_minor, Booking.currency, Booking.created_at)
    made = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
    assert house.all(*rest) == [(BookingStatus.CONFIRMED, BookingSource.CHANNEL, 123450, "EUR", made)]
    assert house.all(Guest.first_name, Guest.last_name) == [("Zoë", "Smith, Jr.")]
    assert house.all(Group.name) == [("Wedding",)]
    ((starts, ends, origin, locked),) = house.all(
        Occupancy.starts_at, Occupancy.ends_at, Occupancy.origin, Occupancy.locked
    )
    assert (starts, ends) == (datetime(2026, 3, 12, 15), datetime(2026, 3, 15, 11))  # noqa: DTZ001 - hotel-local
    assert (origin, locked) == (Origin.IMPORT, False)


def test_what_is_empty_or_absent_has_a_default(house: Desk) -> None:
    house.take(bookings="reference,check_in,check_out,type,adults\nA,2026-03-12,2026-03-12,STD,1\n")
    assert house.all(Booking.status, Booking.source, Booking.total_minor, Booking.children) == [
        (BookingStatus.CONFIRMED, BookingSource.IMPORT, 0, 0)
    ]
    assert house.counts()["occupancy"] == 0


def test_a_file_of_windows_is_read_too(house: Desk) -> None:
    text = "\ufeff" + HEAD + booking("A", last_name="Çelik") + "\n" + booking("B")
    house.take(bookings=text.replace("\n", "\r\n"))
    assert [name for (name,) in house.all(Guest.last_name)] == ["Çelik", ""]


def test_text_that_looks_like_a_formula_stays_as_it_is(house: Desk) -> None:
    out = io.StringIO()
    names = ['=HYPERLINK("http://x","y")', "+1", "-1+2", "@SUM(A1)", "\tx"]
    csv.writer(out).writerows([f"R{n}", "2026-03-12", "2026-03-13", "STD", 1, name] for n, name in enumerate(names))
    house.take(bookings="reference,check_in,check_out,type,adults,last_name\n" + out.getvalue())
    assert [name for (name,) in house.all(Guest.last_name)] == [name.strip() for name in names]


def test_each_booking_has_an_audit_row_and_an_event_without_its_guest(house: Desk) -> None:
    before = house.counts()
    lines = booking("A", room="101", last_name="Secretname", email="s@example.org") + booking("B")
    house.take(bookings=HEAD + lines)
    after = house.counts()
    assert after["audit_entry"] - before["audit_entry"] == 2
    assert after["outbox_event"] - before["outbox_event"] == 3  # imported, imported, assigned
    with hotel_session(house.engine, house.id) as session:
        assert verify_chain(session, house.id) == []
        assert "Secretname" not in str(session.connection().exec_driver_sql("SELECT payload FROM audit_entry").all())


def test_rooms_and_bookings_come_in_one_go(desk: Desk) -> None:
    done = desk.take(rooms=ROOMS, bookings=HEAD + booking("A", room="102"))
    assert (done.rooms, done.bookings, done.in_rooms) == (4, 1, 1)


def test_faults_of_both_files_are_told_together(desk: Desk) -> None:
    rooms = "number,type\n101,STD\n101,STD\n"
    lines = booking("A", room="101") + booking("B", room="109") + booking("C", type="DLX")
    assert desk.refused(rooms=rooms, bookings=HEAD + lines) == [
        "bookings:3: room: there is no room 109",
        "bookings:4: type: there is no type DLX",
        "rooms:3: number: 101 is already on line 2",
    ]


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        (booking("A") + booking("B") + booking("A"), ["bookings:4: reference: A is already on line 2"]),
        (booking(type="XXL"), ["bookings:2: type: there is no type XXL"]),
        (
            booking(check_in="2026-03-14", check_out="2026-03-12"),
            ["bookings:2: check_out: 2026-03-12 is before check-in 2026-03-14"],
        ),
        (
            booking(check_in="2026-03-14", check_out="2034-05-31"),
            ["bookings:2: check_out: 3000 nights are more than 730"],
        ),
        (booking(check_in="2026-02-30"), ["bookings:2: check_in: '2026-02-30' is not a date as 2026-03-31"]),
        (booking(check_in="12/03/2026"), ["bookings:2: check_in: '12/03/2026' is not a date as 2026-03-31"]),
        (booking(check_in="٢٠٢٦-03-12"), ["bookings:2: check_in: '٢٠٢٦-03-12' is not a date as 2026-03-31"]),
        (booking(adults="0"), ["bookings:2: adults: nobody stays: adults and children are 0"]),
        (booking(adults="-1"), ["bookings:2: adults: -1 is not in 0 .. 99"]),
        (booking(email="nobody"), ["bookings:2: email: 'nobody' is not an e-mail address"]),
        (
            booking(status="BOOKED"),
            [
                "bookings:2: status: 'BOOKED' is none of PENDING_PAYMENT, CONFIRMED, CHECKED_IN, COMPLETED, CANCELLED,"
                " NO_SHOW"
            ],
        ),
        (booking(room="999"), ["bookings:2: room: there is no room 999"]),
        (booking(total="10.999"), ["bookings:2: total: 10.999 has more than the 2 decimals of EUR"]),
        (
            booking(total="-5"),
            ["bookings:2: total: '-5' is not an amount as 1234.50: digits and one point, nothing else"],
        ),
        (
            booking(created_at="yesterday"),
            ["bookings:2: created_at: 'yesterday' is not a moment as 2026-03-31T14:30 or 2026-03-31T14:30Z"],
        ),
        (
            booking(check_in="2026-03-09", status="CHECKED_IN"),
            ["bookings:2: room: an in-house guest (CHECKED_IN) must have a room"],
        ),
        (
            booking(check_in="2026-03-11", status="CHECKED_IN", room="101"),
            [
                "bookings:2: status: is in house (CHECKED_IN) but arrives on 2026-03-11, after the business date"
                " 2026-03-10"
            ],
        ),
        (
            booking("A", "2026-03-08", "2026-03-11", status="CHECKED_IN", room="101")
            + booking("B", "2026-03-09", "2026-03-12", status="CHECKED_IN", room="101"),
            ["bookings:3: room: two in-house guests in room 101: line 2 is there too"],
        ),
        (  # the first should have left by now: they cannot both be there all the same
            booking("A", "2026-03-08", "2026-03-10", status="CHECKED_IN", room="101")
            + booking("B", "2026-03-10", "2026-03-12", status="CHECKED_IN", room="101"),
            ["bookings:3: room: two in-house guests in room 101: line 2 is there too"],
        ),
        (
            booking("A", room="101") + booking("B", "2026-03-13", "2026-03-15", room="101"),
            ["bookings:3: room: room 101 is taken by line 2 from 2026-03-12 15:00 to 2026-03-14 11:00"],
        ),
        (
            booking("A", room="001", type="DRM") + booking("B", room="001", type="DRM") + booking("C", room="001"),
            ["bookings:4: room: all 2 beds of dorm 001 are taken, one by line 2"],
        ),
        ("A,2026-03-12\n", ["bookings:2: has 2 cells, the header has 16"]),
        (booking(first_name="a\x07b"), ["bookings:2: first_name: has control characters"]),
        (booking(first_name="x" * 201), ["bookings:2: first_name: longer than 200 characters"]),
        (
            booking(last_name="Lovelace 4111 1111 1111 1111 12/28"),
            ["bookings:2: last_name: has what looks like a card number, which must not be kept here"],
        ),
    ],
)
def test_a_fault_is_named_with_its_line(house: Desk, lines: str, faults: list[str]) -> None:
    assert house.refused(bookings=HEAD + lines) == faults


def test_all_faults_of_all_lines_come_at_once(house: Desk) -> None:
    lines = booking("A", type="XXL", adults="two") + booking("B") + booking("A", "2026-03-14", "2026-03-12")
    assert house.refused(bookings=HEAD + lines) == [
        "bookings:2: adults: 'two' is not a whole number",
        "bookings:2: type: there is no type XXL",
        "bookings:4: check_out: 2026-03-12 is before check-in 2026-03-14",
        "bookings:4: reference: A is already on line 2",
    ]


def test_a_record_over_several_lines_is_named_by_its_first(house: Desk) -> None:
    lines = booking("A", last_name='"two\nlines"') + booking("B", type="XXL")
    assert house.refused(bookings=HEAD + lines) == ["bookings:4: type: there is no type XXL"]


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"", ["bookings: the file is empty"]),
        (b"\n \n", ["bookings: the file is empty"]),
        (HEAD.encode(), ["bookings: the file has no line below its header"]),
        (b"PK\x03\x04rest", ["bookings:1: is not a CSV file but a zip or Excel file"]),
        (HEAD.encode() + b"A\x00B\n", ["bookings:2: is not a CSV file: it has NUL bytes"]),
        (("\ufeff" + HEAD).encode("utf-16-le"), ["bookings:1: is in UTF-16; save it as UTF-8"]),
        (
            (HEAD + booking("A", last_name="Jos\u00e9") + booking("B") + booking("C", last_name="\u00c7a")).encode(
                "latin-1"
            ),
            ["bookings:2: is not UTF-8: byte 0xe9 at 36", "bookings:4: is not UTF-8: byte 0xc7 at 33"],
        ),
        (
            HEAD.encode() + b'A,"open\nB,2026-03-12\n',
            ["bookings:2: is not CSV, so this line and those after it were not read: unexpected end of data"],
        ),
        (
            b"reference;check_in\nA;2026-03-12\n",
            [
                "bookings:1: the header has one column where commas should separate"
                f" {HEAD.strip()} - is it separated by something else?"
            ],
        ),
        (
            b"reference,check_in,checkout,type,type\nA,2026-03-12,2026-03-13,STD,STD\n",
            [
                "bookings:1: adults: the column is missing",
                "bookings:1: check_out: the column is missing",
                "bookings:1: checkout: is not a column of this file; check_out?",
                "bookings:1: type: the column is there twice",
            ],
        ),
    ],
)
def test_a_file_that_is_not_a_table(house: Desk, data: bytes, faults: list[str]) -> None:
    assert house.refused(bookings=data) == faults


def test_what_the_hotel_has_counts_too(house: Desk) -> None:
    house.take(
        bookings=HEAD
        + booking("A", room="101")
        + booking("B", "2026-03-09", "2026-03-11", status="CHECKED_IN", room="102")
    )
    names = dict(house.all(Booking.reference, Booking.booking_id))
    lines = (
        booking("A")
        + booking("C", "2026-03-13", "2026-03-16", room="101")
        + booking("D", "2026-03-10", "2026-03-12", status="CHECKED_IN", room="102")
    )
    assert house.refused(bookings=HEAD + lines) == [
        "bookings:2: reference: the hotel already has a booking A",
        f"bookings:3: room: room 101 is taken by {names['A']} from 2026-03-12 15:00 to 2026-03-14 11:00",
        f"bookings:4: room: two in-house guests in room 102: {names['B']} is there too",
    ]


def test_neighbours_in_time_are_not_in_each_others_way(house: Desk) -> None:
    lines = (
        booking("A", "2026-03-12", "2026-03-14", room="101")
        + booking("B", "2026-03-14", "2026-03-14", room="101")  # a day use between the two
        + booking("C", "2026-03-14", "2026-03-15", room="101")
        + booking("D", "2026-03-12", "2026-03-15", room="101", status="CANCELLED")
        + booking("E", "2026-03-12", "2026-03-15", room="101", status="NO_SHOW")
    )
    assert house.take(bookings=HEAD + lines).in_rooms == 3


def test_730_nights_are_still_a_stay(house: Desk) -> None:
    assert house.take(bookings=HEAD + booking(check_in="2026-03-12", check_out="2028-03-11")).bookings == 1


def test_the_beds_of_a_dorm_fill_up(house: Desk) -> None:
    lines = "".join(
        booking(name, start, end, room="001", type="DRM")
        for name, start, end in (
            ("A", "2026-03-12", "2026-03-14"),
            ("B", "2026-03-13", "2026-03-15"),
            ("C", "2026-03-14", "2026-03-16"),
        )
    )
    house.take(bookings=HEAD + lines)
    assert [bed for (bed,) in house.all(Occupancy.bed)] == [1, 2, 1]


def test_a_room_that_does_not_fit_is_kept_as_an_override(house: Desk) -> None:
    done = house.take(
        bookings=HEAD
        + booking("A", room="101", adults="3")
        + booking("B", "2026-03-20", "2026-03-21", type="DLX", room="101")
    )
    assert done.misfits == ("A: 3 people in a room for 2", "B: a STD where DLX is booked")
    assert house.all(Occupancy.overrides) == [
        ({"room_fits": "imported: 3 people in a room for 2"},),
        ({"room_fits": "imported: a STD where DLX is booked"},),
    ]


def test_in_house_guests_are_locked_in_their_rooms(house: Desk) -> None:
    house.take(bookings=HEAD + booking("A", "2026-03-09", "2026-03-11", status="CHECKED_IN", room="101"))
    assert house.all(Occupancy.locked) == [(True,)]


def test_money_follows_the_currency_of_the_hotel(app_engine: Engine) -> None:
    tokyo = make_desk(app_engine, "tokyo", currency="JPY")
    tokyo.take(rooms=ROOMS)
    assert tokyo.refused(bookings=HEAD + booking(total="100.5")) == [
        "bookings:2: total: 100.5 has more than the 0 decimals of JPY"
    ]
    tokyo.take(bookings=HEAD + booking(total="12000"))
    assert tokyo.all(Booking.total_minor) == [(12000,)]


def test_two_hotels_may_have_the_same_references(house: Desk, app_engine: Engine) -> None:
    other = make_desk(app_engine, "other")
    other.take(rooms=ROOMS)
    for desk in (house, other):
        assert desk.take(bookings=HEAD + booking("A", room="101")).bookings == 1

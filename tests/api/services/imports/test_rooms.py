"""Importing rooms and types."""

from __future__ import annotations

from models import Gender, Room, RoomType
from tests.api.services.imports.desk import ROOMS, Desk

SHORT = "number,type\n"


def test_rooms_arrive_as_the_file_has_them(desk: Desk) -> None:
    done = desk.take(rooms=ROOMS)
    assert (done.types, done.rooms) == (3, 4)
    columns = (Room.number, Room.floor, Room.position, Room.sleeps, Room.beds, Room.features, Room.gender)
    assert desk.all(*columns) == [
        ("101", 1, 1, 2, 1, ["quiet", "sea view"], Gender.ANY),
        ("102", 1, 2, 2, 1, [], Gender.ANY),
        ("201", 2, 1, 3, 1, ["sea view"], Gender.ANY),
        ("001", 0, 1, 2, 2, [], Gender.ANY),  # a dorm sleeps as many as it has beds
    ]


def test_the_ladder_is_the_order_of_first_appearance(desk: Desk) -> None:
    desk.take(rooms=SHORT + "1,STD\n2,DLX\n3,STD\n4,STE\n")
    assert desk.all(RoomType.code, RoomType.rank) == [("STD", 0), ("DLX", 1), ("STE", 2)]


def test_a_given_ladder_comes_first(desk: Desk) -> None:
    desk.take(rooms=SHORT + "1,STE\n2,STD\n", ladder=("STD", "DLX", "STE"))
    assert desk.all(RoomType.code, RoomType.rank) == [("STD", 0), ("DLX", 1), ("STE", 2)]


def test_a_types_file_says_names_ranks_and_rates(desk: Desk) -> None:
    types = "code,name,rank,sleeps,rate\nDLX,Deluxe,5,3,140.50\nSTD,Standard,1,,90\n"
    desk.take(rooms=SHORT + "1,STD\n2,DLX\n", types=types)
    columns = (RoomType.code, RoomType.name, RoomType.rank, RoomType.sleeps, RoomType.rate_minor)
    assert desk.all(*columns) == [("DLX", "Deluxe", 5, 3, 14050), ("STD", "Standard", 1, 2, 9000)]
    assert desk.all(Room.number, Room.sleeps) == [("1", 2), ("2", 3)]


def test_later_types_go_above_the_ladder(house: Desk) -> None:
    house.take(rooms=SHORT + "301,STD\n302,STE\n")
    assert house.all(RoomType.code, RoomType.rank) == [("STD", 0), ("DLX", 1), ("DRM", 2), ("STE", 3)]


def test_without_positions_rooms_stand_in_the_order_of_the_file(desk: Desk) -> None:
    desk.take(rooms="number,type,floor\n9,A,1\n7,A,2\n8,A,1\n")
    assert desk.all(Room.number, Room.position) == [("9", 1), ("7", 1), ("8", 2)]


def test_every_fault_is_named_at_once(house: Desk) -> None:
    rooms = (
        "number,type,floor,sleeps,beds,gender\n"
        "301,STD,3,2,1,any\n"
        "301,STD,3,2,1,any\n"
        "101,STD,1,2,1,any\n"
        ",STD,1,0,1,mixed\n"
        "30 2,,x,2,1.5,any\n"
    )
    assert house.refused(rooms=rooms) == [
        "rooms:3: number: 301 is already on line 2",
        "rooms:4: number: the hotel already has a room 101",
        "rooms:5: gender: 'mixed' is none of any, female, male, same",
        "rooms:5: number: is empty",
        "rooms:5: sleeps: 0 is not in 1 .. 99",
        "rooms:6: beds: '1.5' is not a whole number",
        "rooms:6: floor: 'x' is not a whole number",
        "rooms:6: number: '30 2' is not a code: 1 to 20 characters without blanks and , ; : / ? # %",
        "rooms:6: type: is empty",
    ]


def test_a_type_outside_of_the_types_file_is_a_fault(desk: Desk) -> None:
    faults = desk.refused(rooms=SHORT + "1,STD\n2,DLX\n", types="code\nSTD\nSTD\n")
    assert faults == ["rooms:3: type: there is no type DLX", "types:3: code: STD is already on line 2"]


def test_a_ladder_that_contradicts_itself_or_the_hotel(house: Desk) -> None:
    faults = house.refused(rooms=SHORT + "9,STE\n", ladder=("STE", "STE", "STD"))
    assert faults == [
        "ladder: STE is on it twice",
        "ladder: the hotel already has a type STD, with a place on its ladder",
    ]

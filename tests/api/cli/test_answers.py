"""Questions at the terminal: what they print, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from sqlalchemy import Engine

from tests.api.cli.conftest import Keyrack
from tests.api.services.hotels import at, day, make_hotel


def test_each_question_is_answered(keyrack: Keyrack, app_engine: Engine, tmp_path: Path) -> None:
    hotel = make_hotel(app_engine)
    first, second = hotel.book(2, 4, room="101"), hotel.book(4, 6, room="102")
    hotel.book(2, 6, room="103")
    hotel.close("104", at(1), at(9))
    grand = ("--hotel", "grand")
    dates = ("--type", "STD", "--from", day(2), "--to", day(6))

    said = keyrack("fit", *grand, *dates, "--how-many")
    assert said.code == 0
    assert said.out[0].startswith("fits, in 10")
    assert said.out[0].endswith("if 1 other changes rooms; no fewer will do:")
    assert said.out[1].strip() in (f"{first} 101 -> 102", f"{second} 102 -> 101")
    assert said.out[2:] == ["1 such stays fit"]
    assert keyrack("fit", *grand, *dates, "--max-moves", 0).out[0] == "does not fit"
    assert keyrack("fit", *grand).code == 2
    assert keyrack("fit", *grand, "--type", "XXX", *dates[2:]).code == 2

    waiting = hotel.book(2, 6)
    told = keyrack("explain", waiting, *grand).out
    assert told[0].startswith(f"{waiting}: no room yet; fits, in 10")
    late = hotel.book(3, 5)
    assert keyrack("explain", "BK-NOBODY", *grand).code == 2
    told = keyrack("explain", late, *grand).out
    assert told[0] == f"{late}: no room, and none to be had"
    assert any(line.startswith("in the way") for line in told)
    assert any("End closure" in line for line in told)
    told = keyrack("explain", first, *grand, "--room", "103").out
    assert told[0] == f"{first}: in 101"
    assert any(line.startswith("giving it that room") for line in told)

    said = keyrack("what-if", *grand, "--group", f"STD:{day(7)}:{day(8)}:2", "--weight", "gap=1,1", "--time-limit", 2)
    assert said.code == 0
    assert said.out[-1].startswith("2 of the group's 2 rooms")
    assert keyrack("what-if", *grand, "--close", "101").code == 2
    assert keyrack("what-if", *grand, "--weight", "love=1").code == 2
    said = keyrack("prices", *grand)
    assert said.out[1].split()[-2:] == ["104", "-"]
    assert keyrack("slack", *grand).out == ["no important arrivals"]
    said = keyrack("upkeep", *grand, "--room", "101", "--from", day(5), "--to", day(9))
    assert str(day(5)) <= said.out[1].split()[0] <= str(day(8))
    assert said.out[1].endswith("nobody")

    hotel.add_room("105", features=["quiet"])
    hotel.book(7, 9, room="101", wishes=[{"feature": "quiet", "weight": 900}])
    drawn = tmp_path / "front.svg"
    said = keyrack("front", *grand, "--points", 2, "--time-limit", 30, "--horizon", 14, "--svg", drawn)
    assert said.code == 0
    assert said.out[0].split()[:3] == ["moved", "gap", "wish"]
    circles = ElementTree.parse(drawn).findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == len(said.out) - 3  # header, what was left out, where it is drawn

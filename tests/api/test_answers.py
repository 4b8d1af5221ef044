"""Fit, explain, what-if, days for a closure and prices over HTTP: what is asked changes nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.services.policy import HousePolicy
from models import Hotel, Role
from tests.api.services.hotels import SmallHotel, at, day
from tests.api.services.proposals import proposed
from tests.api.test_errors import problem
from tests.api.web import Web

HERE = "/api/staff/hotels/grand"


@pytest.fixture
def desk(web: Web, grand: SmallHotel) -> httpx.Client:
    return web.member("ada", grand.id)


def fragmented(hotel: SmallHotel) -> tuple[str, ...]:
    """Fill rooms 101 to 104 so that each night one is free, and never the same for two nights."""
    return (
        hotel.book(2, 4, room="101"),
        hotel.book(4, 6, room="102"),
        hotel.book(2, 6, room="103"),
        hotel.book(2, 6, room="104"),
    )


def ask_fit(client: httpx.Client, status: int = 200, **body: Any) -> dict[str, Any]:
    asked = {"room_type": "STD", "check_in": str(day(2)), "check_out": str(day(6))} | body
    answer = client.post(f"{HERE}/availability/fit/", json={k: v for k, v in asked.items() if v is not None})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_it_fits_if_one_moves(desk: httpx.Client, grand: SmallHotel) -> None:
    first, second, *_ = fragmented(grand)
    rooming = grand.rooming()
    found = ask_fit(desk)
    assert found["verdict"] == "fits"
    assert found["fewest"]
    (move,) = found["moves"]
    assert move["booking_id"] in (first, second)
    assert {move["from_room"], move["to_room"]} == {"101", "102"}
    assert found["room_number"] == move["from_room"]
    assert ask_fit(desk, how_many=True)["how_many"] == 1
    assert grand.rooming() == rooming
    tight = ask_fit(desk, max_moves=0)
    assert (tight["verdict"], tight["why"]["kind"]) == ("does_not_fit", "too_many_moves")
    waiting = grand.book(2, 6)
    mine = ask_fit(desk, room_type=None, check_in=None, check_out=None, booking_id=waiting)
    assert (mine["verdict"], len(mine["moves"])) == ("fits", 1)
    full = ask_fit(desk, how_many=True)  # who has been promised a room counts
    assert (full["verdict"], full["how_many"], full["how_many_exact"]) == ("does_not_fit", 0, True)
    assert full["why"]["kind"] == "capacity"
    assert full["why"]["verified"]
    assert full["why"]["message"] == f"5 stays compete for 4 free rooms of STD on {day(2)}."
    assert set(full["why"]["room_numbers"]) == {"101", "102", "103", "104"}


def test_what_is_asked_must_make_sense(desk: httpx.Client) -> None:
    wrong = ask_fit(desk, 422, room_type="XXX", check_in=str(day(-1)), check_out=str(day(-2)))
    assert {error["field"] for error in wrong["errors"]} == {"room_type", "check_in", "check_out"}
    wrong = ask_fit(desk, 422, room_type=None, check_in=None)
    assert {error["field"] for error in wrong["errors"]} == {"room_type", "check_in"}
    problem(desk.post(f"{HERE}/availability/fit/", json={"booking_id": "BK-2026-NOBODY"}), 404, "not_found")


def explain(client: httpx.Client, booking_id: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"{HERE}/bookings/{booking_id}/explain/", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_why_a_booking_has_no_room_and_what_helps(desk: httpx.Client, grand: SmallHotel) -> None:
    grand.add_room("201", "DLX")
    locks = [grand.book(2, 4, room="101", locked=True), grand.book(4, 6, room="102", locked=True)]
    others = [grand.book(2, 6, room="103", locked=True)]
    grand.close("104", at(3), at(4))
    waiting = grand.book(2, 6, allowed_rooms=[grand.rooms[n] for n in ("101", "102", "103", "104")])
    found = explain(desk, waiting)
    assert (found["state"], found["minimal"]) == ("unplaced", True)
    kinds = {(e["kind"], e["id"]) for e in found["conflict"]}
    assert ("rule", "allowed_rooms") in kinds or ("rule", "types_allowed") in kinds
    assert {e["room_number"] for e in found["conflict"] if e["kind"] == "closure"} == {"104"}
    ways = {way["way"]: way for way in found["ways_out"]}
    assert {"unlock", "end_closure"} <= set(ways)
    assert ways["unlock"]["subject"] in (*locks, *others)
    assert ways["end_closure"]["rooms"] == ["104"]
    assert [way["cost"] for way in found["ways_out"]] == sorted(way["cost"] for way in found["ways_out"])
    grand.book(0, 1)
    assert explain(desk, grand.book(0, 1))["state"] == "fits"


def test_why_here_and_not_there(desk: httpx.Client, grand: SmallHotel) -> None:
    first, second, *_ = fragmented(grand)
    found = explain(desk, first, room="102")
    assert (found["state"], found["room_number"]) == ("placed", "101")
    assert found["here"]["free"]
    assert found["there"]["free"]
    assert found["exchange"]["possible"]
    assert found["exchange"]["low"] <= found["exchange"]["amount"] <= found["exchange"]["high"]
    taken = explain(desk, first, room="103")
    assert taken["there"]["blockers"]
    assert taken["exchange"]["exact"]
    locked = explain(desk, grand.book(7, 8, room="101", locked=True))
    assert locked["lock_price"]["low"] <= locked["lock_price"]["amount"] <= locked["lock_price"]["high"]
    problem(desk.get(f"{HERE}/bookings/{second}/explain/?room=999"), 404, "not_found")


def test_what_if_writes_nothing(desk: httpx.Client, grand: SmallHotel) -> None:
    fragmented(grand)
    lock = grand.book(0, 2, room="101", locked=True)
    before = grand.rooming()

    def what_if(status: int = 200, **body: Any) -> dict[str, Any]:
        answer = desk.post(f"{HERE}/what-if/", json={"time_limit_s": 6, "horizon": 14, **body})
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    group = {"room_type": "STD", "check_in": str(day(2)), "check_out": str(day(6)), "rooms": 3}
    found = what_if(group=group)
    assert found["group_without_room"] == 2
    assert found["unplaced_difference"] == 2
    assert found["score_difference"] > 0
    closure = {"room_number": "103", "starts_at": at(2).isoformat(), "ends_at": at(7).isoformat()}
    closed = what_if(closures=[closure])
    assert closed["moved_difference"] >= 1
    assert closed["now"]["unplaced"] == []
    assert what_if(unlock=[lock])["score_difference"] <= 0
    heavier = what_if(weights={"gap": [50, 20]})
    assert heavier["then"]["usual_score"] >= heavier["now"]["usual_score"]
    wrong = what_if(422, unlock=["BK-2026-NOBODY"], end_closures=["C999"], group={**group, "room_type": "XXX"})
    assert {error["field"] for error in wrong["errors"]} == {"unlock", "end_closures", "group"}
    clash = {**closure, "room_number": "101", "starts_at": at(0).isoformat()}
    assert what_if(422, closures=[clash])["errors"]
    assert grand.rooming() == before


def test_moves_are_traded_against_gaps_and_wishes(desk: httpx.Client, grand: SmallHotel) -> None:
    grand.add_room("105", features=["quiet"])
    grand.book(2, 4, room="101")
    grand.book(5, 7, room="101")
    wishing = grand.book(2, 4, room="102", wishes=[{"feature": "quiet", "weight": 900}])
    before = grand.rooming()
    answer = desk.post(f"{HERE}/what-if/front/", json={"time_limit_s": 30, "points": 2, "horizon": 14})
    assert answer.status_code == 200, answer.text
    first, *others = answer.json()["choices"]
    assert (first["moves"], first["wish"]) == ([], 1800)
    assert first["gap"] > 0
    assert others
    for choice in (first, *others):
        assert choice["score"] == sum(choice["terms"].values())
        assert choice["unplaced"] == []
    assert any({"booking_id": wishing, "from_room": "102", "to_room": "105"} in c["moves"] for c in others)
    assert grand.rooming() == before


def test_the_cheapest_days_for_a_closure(desk: httpx.Client, grand: SmallHotel) -> None:
    fragmented(grand)
    asked = {"room_number": "103", "start_date": str(day(1)), "end_date": str(day(9)), "nights": 2}
    found = desk.post(f"{HERE}/closures/plan/", json=asked).json()["results"]
    assert found
    assert [days["cost"] for days in found] == sorted(days["cost"] for days in found)
    free = [days for days in found if days["starts_at"] >= at(6).isoformat()]
    assert all(not days["moves"] for days in free)
    taken = [days for days in found if at(2).isoformat() < days["starts_at"] < at(5).isoformat()]
    assert all(any(move["from_room"] == "103" for move in days["moves"]) for days in taken)
    problem(desk.post(f"{HERE}/closures/plan/", json=asked | {"room_number": "999"}), 404, "not_found")
    problem(desk.post(f"{HERE}/closures/plan/", json=asked | {"nights": 30}), 422, "invalid_input")


def test_what_locks_and_closures_cost(desk: httpx.Client, grand: SmallHotel) -> None:
    grand.book(2, 4, room="101", locked=True, wishes=[{"feature": "quiet", "weight": 400}])
    grand.add_room("105", features=["quiet"])
    grand.close("102", at(2), at(4))
    found = desk.get(f"{HERE}/lock-prices/").json()
    assert found["count"] == 2
    assert found["results"][0]["kind"] == "lock"
    assert found["results"][0]["amount"] == 800 - grand_move(grand)
    assert found["results"][0]["exact"]
    assert [price["fee"] for price in found["results"]] == [None, None]  # its types have no rates
    for name, rate in (("STD", 10_000), ("DLX", 15_000)):
        set_rate(grand, name, rate)
    priced = desk.get(f"{HERE}/lock-prices/").json()
    points = 800 - grand_move(grand)
    assert priced["results"][0]["fee"] == f"{points * 50 / upgrade_weight(grand):.0f}.00"  # a rank is 50 a night
    assert priced["results"][1]["fee"] is None  # nobody pays for a closure
    assert priced["currency"] == "EUR"


def set_rate(hotel: SmallHotel, code: str, rate: int) -> None:
    with hotel.session() as session:
        session.execute(
            text("UPDATE room_type SET rate_minor = :rate WHERE code = :code"), {"rate": rate, "code": code}
        )
        session.commit()


def upgrade_weight(hotel: SmallHotel) -> int:
    with hotel.session() as session:
        return HousePolicy.of(session.get_one(Hotel, hotel.id)).weights.upgrade


def test_time_to_spare_before_important_arrivals(desk: httpx.Client, grand: SmallHotel) -> None:
    """Check-out is at 11:00 and check-in at 15:00."""
    grand.book(0, 2, room="101")
    tight = grand.book(2, 4, room="101", priority=2)
    easy = grand.book(3, 4, room="102", priority=1)
    grand.book(2, 4, room="103")
    late = grand.book(12, 13, room="101", priority=3)
    found = desk.get(f"{HERE}/arrivals/slack/?hours=20").json()
    first, second = found["results"]
    assert (first["booking_id"], first["hours"], first["enough"]) == (tight, 4.0, False)
    assert {other["room_number"] for other in first["others"]} <= {"104", "105", "106"}
    assert first["others"]
    assert all(other["hours"] is None or other["hours"] >= 20 for other in first["others"])
    assert (second["booking_id"], second["hours"], second["enough"], second["others"]) == (easy, None, True, [])
    assert late not in str(found)
    assert desk.get(f"{HERE}/arrivals/slack/?hours=0").status_code == 422


def grand_move(hotel: SmallHotel) -> int:
    """What it costs to move a booking that arrives in two days."""
    with hotel.session() as session:
        return HousePolicy.of(session.get_one(Hotel, hotel.id)).move_penalty(day(2), day(0))


def test_a_proposal_is_applied_in_part(desk: httpx.Client, grand: SmallHotel) -> None:
    first, second = grand.book(2, 4), grand.book(2, 4)
    run = proposed(grand, {first: "101", second: "102"})
    where = f"{HERE}/allocation-runs/{run.public_id}"
    wrong = desk.post(f"{where}/apply/", json={"accept": ["BK-X"], "reject": [first]})
    assert {error["field"] for error in problem(wrong, 422, "invalid_input")["errors"]} == {"accept"}
    done = desk.post(f"{where}/apply/", json={"reject": [first]}).json()
    assert (done["placed"], done["run"]["state"]) == (1, "APPLIED")
    assert done["run"]["id"] != str(run.public_id)
    assert set(grand.rooming()) == {second}
    assert desk.get(f"{where}/").json()["state"] == "DISCARDED"


def test_who_may_ask(web: Web, grand: SmallHotel) -> None:
    viewer = web.member("vic", grand.id, Role.VIEWER)
    assert ask_fit(viewer)["verdict"] == "fits"
    assert viewer.post(f"{HERE}/what-if/", json={}).status_code == 403
    assert viewer.get(f"{HERE}/lock-prices/").status_code == 403
    body = {"room_number": "101", "start_date": str(day(1)), "end_date": str(day(3))}
    assert viewer.post(f"{HERE}/closures/plan/", json=body).status_code == 403

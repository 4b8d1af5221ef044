"""Suggested rooms are free, in order of cost, and the first can be taken."""

from contextlib import suppress
from functools import partial
from random import Random

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from allocator.answers.suggest import suggest
from allocator.plan import in_force
from api.services.assign import assign_room
from api.services.errors import Conflict, WrongState
from api.services.roomcheck import STAFF_POLICY
from api.services.snapshot import take_snapshot
from api.services.suggest import Suggestions, suggest_rooms
from api.services.transaction import change_hotel, read_hotel
from models import BookingStatus, Gender, PartyGender
from tests.api.services.hotels import SmallHotel, at, make_hotel
from tests.api.services.proposals import CLOCK, DESK


def ask(hotel: SmallHotel, booking_id: str, limit: int | None = None) -> Suggestions:
    return read_hotel(hotel.engine, hotel.id, lambda s, h: suggest_rooms(s, h, booking_id, limit=limit))


def test_ranked_by_what_they_cost(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    hotel.add_room("201", "DLX", features=["quiet"])
    hotel.book(0, 2, room="101")
    hotel.book(4, 6, room="101")
    hotel.book(5, 6, room="102")
    hotel.book(3, 4, room="103")
    hotel.close("104", at(1), at(9))
    guest = hotel.book(2, 4, wishes=[{"feature": "quiet", "weight": 3}])
    found = ask(hotel, guest)
    assert [(r.room_number, r.fit, r.total) for r in found.rooms] == [
        ("101", "best", 1),
        ("102", "standard", 18),
        ("201", "standard", 200),
    ]
    assert found.rooms[0].parts == {"wish": 6, "gap": -5}
    assert found.rooms[1].parts == {"wish": 6, "gap": 12}
    assert found.current is None
    assert "upgrade" in found.rooms[2].warnings[0]
    assert len(ask(hotel, guest, limit=1).rooms) == 1


def test_the_first_can_be_taken(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, policy={"upgrades_allowed": 0})
    hotel.add_room("201", "DLX")
    for room in ("101", "102", "103", "104"):
        hotel.book(40, 43, room=room)
    guest = hotel.book(41, 45, locked=True)
    (only,) = ask(hotel, guest).rooms
    change_hotel(app_engine, hotel.id, lambda s, h: assign_room(s, h, guest, only.room_number, actor=DESK, clock=CLOCK))
    assert hotel.room_of(guest) == "201"
    assert ask(hotel, guest).current == "201"


def test_unpaid_bookings_may_ask_and_cancelled_ones_not(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    unpaid = hotel.book(1, 2, status=BookingStatus.PENDING_PAYMENT)
    assert len(ask(hotel, unpaid).rooms) == 4
    for gone in (hotel.book(1, 2, status=BookingStatus.CANCELLED), hotel.book(-5, -3)):
        with pytest.raises(WrongState):
            ask(hotel, gone)


@pytest.mark.parametrize("drawn", range(2))
def test_the_answer_is_that_of_the_whole_problem(app_engine: Engine, seed: int, drawn: int) -> None:
    rng = Random(f"{seed} {drawn}")
    policy = {"weights": {"gap": [30, 20, 11, 7, 5, 3]}, "horizon_nights": 40, "freeze_hours": 24}
    hotel = make_hotel(app_engine, slug=f"h{drawn}", rooms=7, types=(("STD", 0), ("DLX", 1), ("DRM", 0)), policy=policy)
    for number in ("201", "202"):
        hotel.add_room(number, "DLX", features=["quiet"], floor=2)
    hotel.link("201", ["101", "102"])
    hotel.add_room("D1", "DRM", beds=3, gender=Gender.SAME)
    group = hotel.group("party", wants_connecting=bool(drawn % 2))
    names = []
    for _ in range(30):
        begin = rng.randrange(15)
        columns = {
            "type_": rng.choice(["STD", "STD", "DLX", "DRM"]),
            "group_id": group if rng.random() < 0.2 else None,
            "gender": rng.choice(list(PartyGender)),
            "wishes": [{"feature": "quiet", "weight": 2}, {"room": hotel.rooms["105"], "weight": 5}],
        }
        name = hotel.book(begin, begin + rng.randint(1, 4), **columns)
        names.append(name)
        give = partial(assign_room, booking_id=name, room_number=rng.choice([*hotel.rooms]), actor=DESK, clock=CLOCK)
        with suppress(Conflict):
            change_hotel(app_engine, hotel.id, give)
    for number in ("103", "104"):
        with suppress(IntegrityError):
            hotel.close(number, at(rng.randrange(10)), at(rng.randint(11, 15)))
    whole = read_hotel(app_engine, hotel.id, lambda s, h: take_snapshot(s, h, changes=STAFF_POLICY)).problem
    compared = 0
    for name in rng.sample(names, 10):
        expected = suggest(whole, in_force(whole), name, limit=None)
        found = ask(hotel, name).rooms
        assert [(r.room_number, r.total, dict(r.parts), r.fit, r.warnings) for r in found] == [
            (s.room, s.total, dict(s.parts), s.fit, s.warnings) for s in expected
        ]
        compared += len(found)
    assert compared > 10

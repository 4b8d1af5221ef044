"""What a problem says about the rows, and that it says it of all rows that matter."""

from datetime import time

from sqlalchemy import Engine, update

from allocator.check import check
from allocator.plan import in_force
from api.services.house import House, read_house
from api.services.roomlist import INACTIVE
from api.services.snapshot import Snapshot, take_snapshot
from api.services.transaction import read_hotel
from models import BookingStatus, Gender, Hotel, Room, hotel_session
from tests.api.services.hotels import SmallHotel, at, make_hotel


def snapshot_of(hotel: SmallHotel, **options: object) -> Snapshot:
    with hotel_session(hotel.engine, hotel.id, isolation="REPEATABLE READ") as session:
        return take_snapshot(session, session.get(Hotel, hotel.id), **options)  # type: ignore[arg-type]


def test_periods_are_minutes_from_midnight_of_the_business_date(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    night = hotel.book(1, 3)
    day_use = hotel.book(2, 2)
    early = hotel.book(4, 5, arrival_time=time(9, 30), departure_time=time(18))
    stays = snapshot_of(hotel).problem.stay_by_id
    assert (stays[night].start, stays[night].end, stays[night].nights) == (1440 + 900, 3 * 1440 + 660, 2)
    assert (stays[day_use].start, stays[day_use].end, stays[day_use].nights) == (2 * 1440 + 660, 2 * 1440 + 900, 1)
    assert (stays[early].start, stays[early].end) == (4 * 1440 + 570, 5 * 1440 + 1080)


def test_who_is_locked_and_who_is_free(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=8, policy={"freeze_hours": 24})
    in_house = hotel.book(-2, 2, room="101", status=BookingStatus.CHECKED_IN)
    late_arrival = hotel.book(-1, 2, room="102")
    arriving = hotel.book(0, 2, room="103")
    tomorrow = hotel.book(1, 2, room="104")
    locked = hotel.book(1, 2, room="105", locked=True)
    overridden = hotel.book(1, 2, room="106", place={"overrides": {"room_fits": "asked for it"}})
    unplaced_in_house = hotel.book(-3, 1, status=BookingStatus.CHECKED_IN)
    homeless_lock = hotel.book(2, 3, locked=True)
    stays = snapshot_of(hotel).problem.stay_by_id
    assert {name for name, stay in stays.items() if stay.locked} == {
        in_house,
        late_arrival,
        arriving,
        locked,
        overridden,
    }
    assert stays[tomorrow].room == "104"
    assert stays[tomorrow].move_penalty == 300
    assert stays[homeless_lock].room is None
    assert (stays[unplaced_in_house].start, stays[unplaced_in_house].nights) == (0, 1)
    assert snapshot_of(hotel, frozen={tomorrow}).problem.stay_by_id[tomorrow].locked


def test_what_is_no_stay_still_blocks(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    long_free = hotel.book(13, 20)
    beyond = hotel.book(15, 18, room="101")
    far_beyond = hotel.book(20, 25, room="101")
    leaving = hotel.book(-1, 0, room="102", status=BookingStatus.COMPLETED)
    gone = hotel.book(-3, -1, room="102", status=BookingStatus.COMPLETED)
    cancelled = hotel.book(1, 3, status=BookingStatus.CANCELLED)
    pending = hotel.book(1, 3, status=BookingStatus.PENDING_PAYMENT)
    hotel.close("103", at(2), at(4))
    problem = snapshot_of(hotel).problem
    stays = problem.stay_by_id
    assert stays.keys() == {long_free, beyond, leaving}
    assert stays[beyond].locked
    assert stays[leaving].locked
    assert [(c.room, c.start, c.end) for c in problem.closures] == [("103", 2 * 1440, 4 * 1440)]
    assert not {far_beyond, gone, cancelled} & stays.keys()
    paid_last = snapshot_of(hotel, pending=True).problem.stay_by_id
    assert paid_last[pending].unplaced_penalty < paid_last[long_free].unplaced_penalty


def test_ladder_wishes_and_inactive_rooms(app_engine: Engine) -> None:
    hotel = make_hotel(
        app_engine, types=(("STD", 0), ("TWN", 0), ("DLX", 1), ("STE", 3)), policy={"upgrades_allowed": 1}
    )
    hotel.add_room("201", "DLX", features=["quiet"])
    hotel.add_room("202", active=False)
    hotel.add_room("203", active=False)
    stranded = hotel.book(1, 2, room="203")
    wishing = hotel.book(
        1,
        2,
        wishes=[{"room": hotel.rooms["201"], "weight": 7}, {"feature": "quiet"}, {"room": 10**9}],
        allowed_rooms=[hotel.rooms["201"], hotel.rooms["202"]],
    )
    snapshot = snapshot_of(hotel)
    stay = snapshot.problem.stay_by_id[wishing]
    assert stay.types_allowed == ("STD", "DLX")
    assert [(w.room, w.feature, w.weight) for w in stay.wishes] == [("201", None, 7), (None, "quiet", 3)]
    assert stay.allowed_rooms == {"201"}
    assert "202" not in snapshot.problem.room_by_id
    assert snapshot.problem.room_by_id["203"].type == INACTIVE
    assert [v.stays for v in check(snapshot.problem, in_force(snapshot.problem))] == [(stranded,)]


def test_suites_and_dorms(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    hotel.add_room("900", "DLX")
    hotel.link("900", ["101", "102"])
    hotel.add_room("D1", beds=4, gender=Gender.SAME)
    guests = [hotel.book(1, 3, room="D1", bed=bed) for bed in (1, 3)]
    problem = snapshot_of(hotel).problem
    assert problem.suite_parts == {"900": {"101", "102"}}
    assert problem.room_by_id["D1"].beds == 4
    assert [problem.stay_by_id[guest].room for guest in guests] == ["D1", "D1"]


def test_a_guest_who_changed_rooms_is_one_stay_and_one_blocker(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    guest = hotel.book(-1, 3, room="101", status=BookingStatus.CHECKED_IN)
    with hotel.session() as session:
        from models import Occupancy  # the row is split as a room move does

        first = session.query(Occupancy).one()
        first.ends_at = at(0, 14)
        session.flush()
        session.add(
            Occupancy(
                hotel_id=hotel.id, room_id=hotel.rooms["102"], booking_pk=first.booking_pk, kind=first.kind,
                origin=first.origin, starts_at=at(0, 14), ends_at=at(3, 11),
            )
        )  # fmt: skip
        session.commit()
    problem = snapshot_of(hotel).problem
    assert problem.stay_by_id[guest].room == "102"
    assert sorted((s.room, s.locked) for s in problem.stays) == [("101", True), ("102", True)]


def test_other_hotels_are_not_seen(app_engine: Engine) -> None:
    mine, other = make_hotel(app_engine), make_hotel(app_engine, slug="other")
    other.book(1, 2, room="101")
    assert snapshot_of(mine).problem.stays == ()


def test_rooms_are_made_anew_when_one_has_changed_and_not_before(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=3)

    def house() -> House:
        return read_hotel(hotel.engine, hotel.id, read_house)

    first = house()
    assert house().rooms is first.rooms
    hotel.add_room("900", features=["sea"])
    assert house().rooms.keys() == {*first.rooms, "900"}
    with hotel.session() as session:
        session.execute(update(Room).where(Room.number == "900").values(features=[]))
        session.commit()
    assert house().rooms["900"].features == frozenset()

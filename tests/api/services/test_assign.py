"""Giving a room by hand: every rule by name, its rival, and what may be overridden."""

from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from api.services.actor import Actor
from api.services.assign import Assigned, assign_room, lock_booking, unassign_room, unlock_booking
from api.services.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    RoomClosed,
    RoomTaken,
    RuleBroken,
    StaleVersion,
    VersionRequired,
    WrongState,
)
from api.services.snapshot import take_snapshot
from api.services.transaction import change_hotel, read_hotel
from models import Booking, BookingStatus, Gender, Housekeeping, Staff, global_session
from models.auditing import verify_chain
from tests.api.services.hotels import SmallHotel, at, make_hotel
from tests.api.services.proposals import CLOCK


def clerk(engine: Engine, *permissions: str) -> Actor:
    with global_session(engine) as session:
        person = Staff(email="desk@example.org", name="Desk", password_hash="x")
        session.add(person)
        session.commit()
        return Actor.staff(person.id, frozenset(permissions))


def give(hotel: SmallHotel, booking_id: str, room: str, actor: Actor | None = None, **options: Any) -> Assigned:
    actor = actor or Actor.system("desk")
    return change_hotel(
        hotel.engine, hotel.id, lambda s, h: assign_room(s, h, booking_id, room, actor=actor, clock=CLOCK, **options)
    )


def version_of(hotel: SmallHotel, booking_id: str) -> int:
    with hotel.session() as session:
        return session.scalars(select(Booking.version).where(Booking.booking_id == booking_id)).one()


def test_given_and_changed(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    guest = hotel.book(1, 3)
    first = give(hotel, guest, "101", notes="near the lift")
    assert (first.before, first.changed, first.booking.version) == (None, True, 2)
    second = give(hotel, guest, "102", if_version=2)
    assert (second.before, second.room, second.booking.version) == ("101", "102", 3)
    assert not give(hotel, guest, "102").changed
    assert hotel.rooming() == {guest: "102"}
    assert hotel.live()[0][2:4] == (at(1, 15), at(3, 11))
    with hotel.session() as session:
        assert list(session.execute(text("SELECT action FROM audit_entry ORDER BY sequence")).scalars()) == [
            "room.assigned",
            "room.moved",
        ]
        assert session.execute(text("SELECT allocation_version FROM hotel")).scalar() == 3
        assert session.execute(text("SELECT count(*) FROM outbox_event")).scalar() == 2
        assert verify_chain(session, hotel.id) == []


def test_taken_and_closed_are_told_apart(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    guest, rival = hotel.book(1, 3), hotel.book(2, 4, room="101")
    hotel.close("102", at(2), at(4))
    with pytest.raises(RoomTaken) as taken:
        give(hotel, guest, "101")
    assert (taken.value.rule, taken.value.booking_id, taken.value.room) == ("no_overlap", rival, "101")
    assert "2026-03-12 15:00" in taken.value.detail
    with pytest.raises(RoomClosed) as closed:
        give(hotel, guest, "102")
    assert (closed.value.rule, closed.value.booking_id) == ("closed", None)
    assert str(closed.value.closure_id).startswith("C")
    assert hotel.rooming() == {rival: "101"}


def test_same_day_turnover_fits(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    hotel.book(1, 3, room="101")
    assert give(hotel, hotel.book(3, 5), "101").changed
    assert give(hotel, hotel.book(0, 1), "101").changed


def test_up_is_a_warning_and_down_needs_a_named_override(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, policy={"upgrades_allowed": 0})
    hotel.add_room("201", "DLX", housekeeping_status=Housekeeping.DIRTY)
    low, high = hotel.book(0, 2), hotel.book(2, 3, type_="DLX")
    assert give(hotel, low, "201").warnings == (
        "upgrade: booked STD, 201 is DLX",
        "201 is not clean yet (DIRTY)",
    )
    with pytest.raises(RuleBroken) as down:
        give(hotel, high, "101")
    assert (down.value.rule, down.value.extra["overridable"]) == ("room_fits", True)
    boss = clerk(app_engine, "can_override_rules")
    done = give(hotel, high, "101", boss, override={"room_fits": "wants the garden", "gender": "-"}, if_version=1)
    assert dict(done.overridden) == {"room_fits": "wants the garden"}
    with hotel.session() as session:
        row = session.execute(text("SELECT overrides, overridden_by FROM occupancy WHERE overrides <> '{}'")).one()
        assert tuple(row) == ({"room_fits": "wants the garden"}, boss.staff_id)
    stays = read_hotel(app_engine, hotel.id, take_snapshot).problem.stay_by_id
    assert stays[high].locked


def test_who_may_override_what(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    hotel.add_room("D1", beds=2, gender=Gender.FEMALE)
    guest = hotel.book(1, 2)
    with pytest.raises(InvalidInput) as faults:
        give(
            hotel,
            guest,
            "101",
            override={"closed": "x", "no_overlap": "x", "one_room": "x", "gaps": "x", "gender": " "},
        )
    assert len(faults.value.errors) == 5
    with pytest.raises(Forbidden):
        give(hotel, guest, "101", clerk(app_engine), override={"gender": "asked"}, if_version=1)
    with pytest.raises(VersionRequired):
        give(hotel, guest, "101", override={"gender": "asked"})
    with pytest.raises(StaleVersion):
        give(hotel, guest, "101", override={"gender": "asked"}, if_version=7)
    with pytest.raises(RuleBroken) as gender:
        give(hotel, guest, "D1")
    assert gender.value.rule == "gender"
    assert give(hotel, guest, "D1", override={"gender": "a couple"}, if_version=1).overridden
    other = hotel.book(1, 2, room="102")
    with pytest.raises(RoomTaken):
        give(hotel, guest, "102", override={"gender": "a couple", "locked": "both"}, if_version=2)
    assert hotel.room_of(other) == "102"


def test_a_lock_is_kept_unless_overridden_by_name(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    guest = hotel.book(1, 2)
    assert give(hotel, guest, "101", lock=True, notes="promised").booking.locked
    with pytest.raises(RuleBroken) as kept:
        give(hotel, guest, "102")
    assert (kept.value.rule, kept.value.detail) == ("locked", f"{guest} must keep its room: promised")
    desk = Actor.system("desk")
    with pytest.raises(RuleBroken):
        change_hotel(app_engine, hotel.id, lambda s, h: unassign_room(s, h, guest, actor=desk, clock=CLOCK))
    assert give(hotel, guest, "102", override={"locked": "burst pipe"}, if_version=3).changed
    change_hotel(app_engine, hotel.id, lambda s, h: unlock_booking(s, h, guest, actor=desk, clock=CLOCK))
    change_hotel(app_engine, hotel.id, lambda s, h: unassign_room(s, h, guest, actor=desk, clock=CLOCK))
    assert hotel.rooming() == {}
    with pytest.raises(WrongState):
        change_hotel(app_engine, hotel.id, lambda s, h: lock_booking(s, h, guest, actor=desk, clock=CLOCK))
    assert version_of(hotel, guest) == 6


def test_needs_size_and_list_are_named(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    hotel.add_room("204", active=False)
    picky = hotel.book(1, 2, needs=["accessible"], adults=3, allowed_rooms=[])
    with pytest.raises(RuleBroken) as broken:
        give(hotel, picky, "101")
    messages = " ".join(item["message"] for item in broken.value.extra["broken"])
    assert "accessible" in messages
    assert "the party is 3" in messages
    assert "allowed rooms" in messages
    with pytest.raises(RuleBroken, match="out of use"):
        give(hotel, hotel.book(1, 2), "204")


def test_suites_take_and_need_their_parts(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=3)
    hotel.add_room("900", "DLX")
    hotel.add_room("901", "DLX")
    hotel.link("900", ["101", "102"])
    hotel.link("901", ["102", "103"])
    grand, single, other = hotel.book(1, 3, type_="DLX"), hotel.book(2, 3), hotel.book(1, 2, type_="DLX")
    give(hotel, grand, "900")
    for guest, room in ((single, "101"), (single, "900"), (other, "901")):
        with pytest.raises(RoomTaken) as taken:
            give(hotel, guest, room)
        assert taken.value.booking_id == grand
    assert len(hotel.live()) == 3
    give(hotel, grand, "901")
    give(hotel, single, "101")
    with pytest.raises(RoomTaken) as taken:
        give(hotel, grand, "900")
    assert taken.value.booking_id == single
    assert len(hotel.live()) == 4


def test_a_dorm_has_as_many_places_as_beds(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=0)
    hotel.add_room("D1", beds=2, gender=Gender.SAME)
    women = [hotel.book(*dates, gender="female") for dates in ((1, 3), (3, 5), (5, 7), (2, 6), (2, 4))]
    for guest in women[:4]:
        give(hotel, guest, "D1")
    with pytest.raises(RoomTaken):
        give(hotel, women[4], "D1")
    man = hotel.book(6, 8, gender="male")
    with pytest.raises(RuleBroken) as mixed:
        give(hotel, man, "D1")
    assert (mixed.value.rule, mixed.value.booking_id) == ("gender", women[2])


def test_a_lost_race_is_answered_like_a_found_conflict(app_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    hotel = make_hotel(app_engine)
    guest = hotel.book(1, 3)
    from api.services import assign

    judge, rivals = assign.judge_room, []

    def slow(*args: Any) -> Any:
        """Stand in for a writer without the hotel lock, who is faster than we are."""
        judged = judge(*args)
        if not rivals:
            rivals.append(None)
            with hotel.session() as session:
                session.execute(
                    text("""
                        INSERT INTO occupancy (hotel_id, room_id, kind, closure_kind, origin, starts_at, ends_at)
                        VALUES (:h, :r, 'CLOSURE', 'OOO', 'STAFF', :s, :e)"""),
                    {"h": hotel.id, "r": hotel.rooms["101"], "s": at(2), "e": at(3)},
                )
                session.commit()
        return judged

    monkeypatch.setattr(assign, "judge_room", slow)
    with pytest.raises(RoomClosed) as lost:
        give(hotel, guest, "101")
    assert lost.value.closure_id is not None
    assert len(hotel.live()) == 1


def test_wrong_states_and_absent_things(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    gone = hotel.book(1, 2, status=BookingStatus.CANCELLED)
    in_house = hotel.book(-1, 2, room="101", status=BookingStatus.CHECKED_IN)
    homeless = hotel.book(-1, 2, status=BookingStatus.CHECKED_IN)
    for guest in (gone, in_house):
        with pytest.raises(WrongState):
            give(hotel, guest, "102")
    assert give(hotel, homeless, "102").changed
    with pytest.raises(NotFound):
        give(hotel, "BK-2026-NOBODY", "102")
    with pytest.raises(InvalidInput, match="no room 999"):
        give(hotel, hotel.book(1, 2), "999")

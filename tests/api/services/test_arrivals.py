"""The life of a booking: every step once, with its audit entry and event, and the room as it must be after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest
from sqlalchemy import Engine, select

from api.services.actor import Actor
from api.services.arrivals import check_in, check_out, undo_check_in, undo_check_out
from api.services.booking_detail import booking_detail
from api.services.clock import SetClock
from api.services.errors import (
    InvalidInput,
    RoomClosed,
    RoomTaken,
    RuleBroken,
    StaleVersion,
    VersionRequired,
    WrongState,
)
from api.services.lifecycle import cancel_booking, confirm_booking, mark_no_show, reinstate_booking
from api.services.pins import Pin, issue_pin, new_pin, verify_pin
from api.services.transaction import change_hotel, read_hotel
from api.services.verify import verify_hotel
from models import AuditEntry, Booking, BookingStatus, Gender, Housekeeping, Occupancy, OutboxEvent, Room
from tests.api.services.hotels import SmallHotel, at, make_hotel

DESK = Actor.system("desk")
STATUS = BookingStatus


class Desk:
    """A hotel at a moment, and somebody at its desk."""

    def __init__(self, engine: Engine) -> None:
        self.hotel: SmallHotel = make_hotel(engine)
        self.clock = SetClock(datetime(2026, 3, 10, 16, tzinfo=UTC))
        self.pin: Pin = new_pin()

    def do(self, verb: Callable[..., Any], booking: str, *positional: Any, **options: Any) -> Any:
        """Do something to a booking."""
        options = {"actor": DESK, "clock": self.clock} | options
        return change_hotel(self.hotel.engine, self.hotel.id, lambda s, h: verb(s, h, booking, *positional, **options))

    def arrive(self, booking: str, **options: Any) -> Any:
        """Check a guest in."""
        return self.do(check_in, booking, self.pin, **options)

    def set_time(self, moment: datetime) -> None:
        """Put the clock on a moment of the hotel (its zone is UTC)."""
        self.clock.moment = moment.replace(tzinfo=UTC)

    def row(self, booking: str) -> Occupancy:
        """Return the last live occupancy of a booking."""
        with self.hotel.session() as session:
            return session.scalars(
                select(Occupancy)
                .join(Booking, Booking.id == Occupancy.booking_pk)
                .where(Booking.booking_id == booking, Occupancy.released_at.is_(None), Occupancy.kind == "STAY")
                .order_by(Occupancy.starts_at.desc())
            ).first()

    def state(self, room: str) -> Housekeeping:
        """Return in which state a room is."""
        with self.hotel.session() as session:
            return session.scalars(select(Room.housekeeping_status).where(Room.number == room)).one()

    def set_state(self, room: str, state: Housekeeping) -> None:
        """Change it behind the services' back."""
        with self.hotel.session() as session:
            session.scalars(select(Room).where(Room.number == room)).one().housekeeping_status = state
            session.commit()

    def told(self, booking: str) -> list[str]:
        """Return the audited actions on a booking."""
        with self.hotel.session() as session:
            entries = select(AuditEntry.action).where(AuditEntry.subject == f"booking:{booking}")
            return list(session.scalars(entries.order_by(AuditEntry.sequence)))

    def against(self, booking: str) -> tuple[str, ...]:
        """Return what a screen is told against a check-in; only where nothing is, it offers one."""
        shown = read_hotel(self.hotel.engine, self.hotel.id, lambda s, h: booking_detail(s, h, DESK, booking)).row
        action = next(action for action in shown.actions if action.name == "check_in")
        assert shown.can_check_in == action.allowed == (not action.reasons)
        return action.reasons

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the hotel's events."""
        with self.hotel.session() as session:
            rows = session.execute(select(OutboxEvent.event, OutboxEvent.payload).order_by(OutboxEvent.id)).all()
            return [(row.event, row.payload) for row in rows]

    def whole(self) -> bool:
        """Tell whether the hotel's invariants hold."""
        return verify_hotel(self.hotel.engine, self.hotel.id) == ()


@pytest.fixture
def desk(app_engine: Engine) -> Desk:
    return Desk(app_engine)


def test_from_payment_to_departure(desk: Desk) -> None:
    guest = desk.hotel.book(0, 2, room="101", status=STATUS.PENDING_PAYMENT)
    assert desk.do(confirm_booking, guest).status == STATUS.CONFIRMED
    inside = desk.arrive(guest)
    assert (inside.status, inside.checked_in_at) == (STATUS.CHECKED_IN, desk.clock.now())
    assert (desk.row(guest).locked, desk.row(guest).starts_at) == (True, at(0, 15))
    desk.clock.advance(hours=20)
    left = desk.do(check_out, guest)
    assert (left.status, left.pin_hash) == (STATUS.COMPLETED, None)
    assert (desk.row(guest).ends_at, desk.row(guest).locked) == (at(1, 12), False)
    assert desk.state("101") == Housekeeping.DIRTY
    assert desk.told(guest) == ["booking.confirmed", "booking.checked_in", "booking.checked_out"]
    assert desk.events() == [
        ("booking.confirmed", {"booking_id": guest}),
        ("booking.checked_in", {"booking_id": guest, "room": "101"}),
        ("booking.checked_out", {"booking_id": guest, "room": "101"}),
        ("room.cleaning_requested", {"room": "101"}),
    ]
    assert desk.whole()


STEPS: dict[str, tuple[Callable[..., Any], dict[str, Any], set[BookingStatus]]] = {
    "confirm": (confirm_booking, {}, {STATUS.PENDING_PAYMENT}),
    "cancel": (cancel_booking, {}, {STATUS.PENDING_PAYMENT, STATUS.CONFIRMED}),
    "no_show": (mark_no_show, {}, {STATUS.CONFIRMED}),
    "reinstate": (reinstate_booking, {"reason": "why"}, {STATUS.CANCELLED, STATUS.NO_SHOW}),
    "check_in": (check_in, {}, {STATUS.CONFIRMED}),
    "undo_check_in": (undo_check_in, {"reason": "why"}, {STATUS.CHECKED_IN}),
    "check_out": (check_out, {}, {STATUS.CHECKED_IN}),
    "undo_check_out": (undo_check_out, {"reason": "why"}, {STATUS.COMPLETED}),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_starts_from_its_own_states_only(desk: Desk, name: str) -> None:
    verb, options, states = STEPS[name]
    for place, status in enumerate(STATUS):
        room = f"{101 + place}"
        if place >= 4:
            desk.hotel.add_room(room, position=place, floor=1)
        guest = desk.hotel.book(0, 2, room=room, status=status)
        more = (desk.pin,) if verb is check_in else ()
        if status in states:
            done = desk.do(verb, guest, *more, **options)
            assert (done.version, desk.told(guest)) == (2, [desk.told(guest)[0]])
            with pytest.raises(WrongState):  # twice is once
                desk.do(verb, guest, *more, **options)
        else:
            with pytest.raises(WrongState) as refused:
                desk.do(verb, guest, *more, **options)
            assert refused.value.extra["state"] == status
            assert refused.value.extra["reasons"][0] == "wrong_status"
            assert desk.told(guest) == []


@pytest.mark.parametrize("name", STEPS)
def test_a_step_of_another_version_is_refused(desk: Desk, name: str) -> None:
    verb, options, states = STEPS[name]
    guest = desk.hotel.book(0, 2, room="101", status=min(states))
    with pytest.raises(StaleVersion):
        desk.do(verb, guest, *((desk.pin,) if verb is check_in else ()), if_version=9, **options)


@pytest.mark.parametrize("verb", [reinstate_booking, undo_check_in, undo_check_out])
def test_taking_back_wants_a_reason(desk: Desk, verb: Callable[..., Any]) -> None:
    guest = desk.hotel.book(0, 2, room="101", status=STATUS.CHECKED_IN)
    with pytest.raises(InvalidInput):
        desk.do(verb, guest, reason="  ")


@pytest.mark.parametrize("verb", [cancel_booking, mark_no_show])
def test_who_does_not_come_frees_the_room(desk: Desk, verb: Callable[..., Any]) -> None:
    guest = desk.hotel.book(0, 2, room="101")
    other = desk.hotel.book(0, 2)
    desk.do(verb, guest, reason="called")
    assert desk.hotel.room_of(guest) is None
    assert ("room.unassigned", {"booking_id": guest, "room": "101"}) in desk.events()
    back = desk.do(reinstate_booking, guest, reason="comes after all")
    assert (back.status, desk.hotel.room_of(guest)) == (
        STATUS.PENDING_PAYMENT if verb is cancel_booking else STATUS.CONFIRMED,
        None,
    )
    assert other not in desk.hotel.rooming()
    assert desk.whole()


def test_a_guest_who_is_still_to_come_is_no_no_show(desk: Desk) -> None:
    guest = desk.hotel.book(1, 2)
    with pytest.raises(WrongState) as refused:
        desk.do(mark_no_show, guest)
    assert refused.value.extra["reasons"] == ["too_early"]


@pytest.mark.parametrize(
    ("first", "last", "room", "reasons"),
    [
        (1, 2, "101", ["too_early"]),
        (-2, 0, "101", ["too_late"]),
        (0, 2, None, ["no_room"]),
        (1, 2, None, ["no_room", "too_early"]),
    ],
)
def test_no_check_in_on_another_day_or_without_a_room(
    desk: Desk, first: int, last: int, room: str | None, reasons: list[str]
) -> None:
    guest = desk.hotel.book(first, last, room=room)
    with pytest.raises(WrongState) as refused:
        desk.arrive(guest)
    assert refused.value.extra["reasons"] == reasons
    late = desk.hotel.book(-1, 1, room="102")
    assert desk.arrive(late).status == STATUS.CHECKED_IN


def test_an_early_guest_takes_the_room_if_it_is_free(desk: Desk) -> None:
    early, after_another, closed = desk.hotel.book(0, 1, room="101"), desk.hotel.book(0, 1, room="102"), "103"
    desk.hotel.book(-1, 0, room="102")
    desk.hotel.close(closed, at(0, 8), at(0, 14))
    before_paint = desk.hotel.book(0, 1, room=closed)
    desk.set_time(at(0, 9))
    assert desk.arrive(early).status == STATUS.CHECKED_IN
    assert desk.row(early).starts_at == at(0, 9)
    with pytest.raises(RoomTaken):
        desk.arrive(after_another)
    with pytest.raises(RoomClosed):
        desk.arrive(before_paint)
    undone = desk.do(undo_check_in, early, reason="wrong guest")
    assert (undone.status, undone.pin_hash, undone.checked_in_at) == (STATUS.CONFIRMED, None, None)
    assert (desk.row(early).starts_at, desk.row(early).locked) == (at(0, 15), False)
    assert desk.whole()


def test_a_guest_who_has_not_left_keeps_the_next_one_out(desk: Desk) -> None:
    overdue = desk.hotel.book(-1, 0, room="101", status=STATUS.CHECKED_IN)
    guest, later = desk.hotel.book(0, 1, room="101"), desk.hotel.book(1, 2, room="101")
    assert desk.against(guest) == ("occupied",)
    assert desk.against(later) == ("too_early",)  # it does not matter yet
    with pytest.raises(RoomTaken) as refused:
        desk.arrive(guest)
    assert refused.value.booking_id == overdue
    desk.do(check_out, overdue)
    assert desk.against(guest) == ("not_clean",)
    assert desk.row(overdue).ends_at == at(0, 11)  # not into the time of the next one
    desk.set_state("101", Housekeeping.INSPECTED)
    assert desk.against(guest) == ()
    assert desk.arrive(guest).status == STATUS.CHECKED_IN
    with pytest.raises(RoomTaken):
        desk.do(undo_check_out, overdue, reason="was asleep")
    assert desk.whole()


@pytest.mark.parametrize("state", [Housekeeping.DIRTY, Housekeeping.PICKUP])
def test_a_room_that_is_not_clean_is_overridden_by_name(desk: Desk, state: Housekeeping) -> None:
    guest = desk.hotel.book(0, 1, room="101")
    desk.set_state("101", state)
    with pytest.raises(RuleBroken) as refused:
        desk.arrive(guest)
    assert (refused.value.rule, refused.value.extra["overridable"]) == ("not_clean", True)
    with pytest.raises(VersionRequired):
        desk.arrive(guest, override={"not_clean": "in a hurry"})
    for wrong in ({"no_overlap": "x"}, {"not_clean": " "}, {"magic": "x"}):
        with pytest.raises(InvalidInput):
            desk.arrive(guest, override=wrong, if_version=1)
    assert desk.arrive(guest, override={"not_clean": "in a hurry"}, if_version=1).status == STATUS.CHECKED_IN
    with desk.hotel.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "booking.checked_in")).one()
        assert (entry.reason, '"overridden":["not_clean"]' in entry.payload) == ("not_clean: in a hurry", True)


def test_checking_out_at_once_leaves_a_minute(desk: Desk) -> None:
    guest = desk.hotel.book(0, 2, room="101")
    desk.arrive(guest)
    desk.set_time(at(0, 2))  # the clock was put back
    desk.do(check_out, guest)
    assert (desk.row(guest).starts_at, desk.row(guest).ends_at) == (at(0, 15), datetime.combine(at(0), time(15, 1)))
    assert desk.whole()


def test_leaving_early_frees_the_room_and_may_be_taken_back(desk: Desk) -> None:
    guest, other = desk.hotel.book(0, 3, room="101"), desk.hotel.book(1, 3)
    desk.arrive(guest)
    desk.clock.advance(hours=18)
    desk.do(check_out, guest)
    undone = desk.do(undo_check_out, guest, reason="only went for a walk")
    assert (undone.status, undone.pin_hash, desk.row(guest).ends_at) == (STATUS.CHECKED_IN, None, at(3, 11))
    desk.do(check_out, guest)
    desk.hotel.change(other, locked=False)
    with desk.hotel.session() as session:
        pk = session.scalars(select(Booking.id).where(Booking.booking_id == other)).one()
        session.add(
            Occupancy(
                hotel_id=desk.hotel.id,
                room_id=desk.hotel.rooms["101"],
                booking_pk=pk,
                kind="STAY",
                origin="STAFF",
                starts_at=at(1, 15),
                ends_at=at(3, 11),
            )
        )
        session.commit()
    with pytest.raises(RoomTaken) as refused:
        desk.do(undo_check_out, guest, reason="again")
    assert refused.value.booking_id == other
    assert desk.told(guest)[-1] == "booking.checked_out"


def test_a_suite_comes_and_goes_with_its_parts(desk: Desk) -> None:
    desk.hotel.add_room("900", "DLX")
    desk.hotel.link("900", ["101", "102"])
    from api.services.assign import assign_room

    guest = desk.hotel.book(0, 2, type_="DLX")
    desk.do(assign_room, guest, "900")
    desk.set_state("102", Housekeeping.DIRTY)
    assert desk.against(guest) == ("not_clean",)
    with pytest.raises(RuleBroken):
        desk.arrive(guest)
    desk.set_state("102", Housekeeping.CLEAN)
    overdue = desk.hotel.book(-1, 0, room="102", status=STATUS.CHECKED_IN)
    assert desk.against(guest) == ("occupied",)
    with pytest.raises(RoomTaken):
        desk.arrive(guest)
    desk.do(check_out, overdue)
    desk.set_state("102", Housekeeping.CLEAN)
    desk.set_time(at(0, 13))
    desk.arrive(guest)
    assert desk.whole()
    desk.clock.advance(hours=4)
    desk.do(check_out, guest)
    assert [desk.state(room) for room in ("900", "101", "102", "103")] == [Housekeeping.DIRTY] * 3 + [
        Housekeeping.CLEAN
    ]
    assert {str(row[3]) for row in desk.hotel.live() if row[2] == at(0, 13)} == {str(at(0, 17))}
    assert desk.whole()


def test_in_a_dorm_only_the_own_bed_counts(desk: Desk) -> None:
    desk.hotel.add_room("D1", beds=2, gender=Gender.ANY)
    overdue = desk.hotel.book(-1, 0, room="D1", bed=1, status=STATUS.CHECKED_IN)
    first, second = desk.hotel.book(0, 1, room="D1", bed=1), desk.hotel.book(0, 1, room="D1", bed=2)
    assert (desk.against(first), desk.against(second)) == (("occupied",), ())
    with pytest.raises(RoomTaken) as refused:
        desk.arrive(first)
    assert refused.value.booking_id == overdue
    assert desk.arrive(second).status == STATUS.CHECKED_IN
    assert desk.whole()


def test_a_pin_opens_until_it_is_replaced_or_the_guest_leaves(desk: Desk) -> None:
    guest = desk.hotel.book(0, 2, room="101")
    engine, hotel_id = desk.hotel.engine, desk.hotel.id

    def opens(pin: Pin) -> bool:
        return verify_pin(engine, hotel_id, guest, pin.digits, actor=DESK, clock=desk.clock).valid

    assert not opens(desk.pin)
    desk.arrive(guest)
    assert opens(desk.pin)
    second = new_pin()
    while second.digits == desk.pin.digits:
        second = new_pin()
    desk.do(issue_pin, guest, second)
    assert (opens(desk.pin), opens(second)) == (False, True)
    desk.do(check_out, guest)
    assert not opens(second)
    with pytest.raises(WrongState):
        desk.do(issue_pin, guest, second)
    assert desk.whole()


def test_five_wrong_tries_lock_a_pin(desk: Desk) -> None:
    guest = desk.hotel.book(0, 2, room="101")
    desk.arrive(guest)
    wrong = f"{(int(desk.pin.digits) + 1) % 10**6:06}"

    def attempt(digits: str) -> tuple[bool, int, bool]:
        found = verify_pin(desk.hotel.engine, desk.hotel.id, guest, digits, actor=DESK, clock=desk.clock)
        return found.valid, found.tries_left, found.locked

    assert [attempt(wrong) for _ in range(4)] == [(False, left, False) for left in (4, 3, 2, 1)]
    assert attempt(desk.pin.digits) == (True, 5, False)  # a right one gives the tries back
    assert [attempt(wrong)[1] for _ in range(5)] == [4, 3, 2, 1, 0]
    assert attempt(desk.pin.digits) == (False, 0, True)
    with desk.hotel.session() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"pin:{guest}")).all() == [
            "pin.locked"
        ]

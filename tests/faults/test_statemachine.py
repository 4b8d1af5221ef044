"""F3: every verb on a hotel in any order, with a clock that goes forward and back, against a model in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, text

from api.services.actor import Actor
from api.services.amend import OnConflict, amend_booking
from api.services.arrivals import check_in, check_out, undo_check_in, undo_check_out
from api.services.assign import assign_room, lock_booking, unassign_room, unlock_booking
from api.services.clock import SetClock
from api.services.closures import close_room, open_room
from api.services.errors import Conflict, InvalidInput
from api.services.housekeeping import set_housekeeping
from api.services.lifecycle import cancel_booking, confirm_booking, mark_no_show, reinstate_booking
from api.services.moves import move_room, swap_rooms
from api.services.newbooking import create_booking
from api.services.nightaudit import close_day
from api.services.pins import Pin
from api.services.transaction import change_hotel
from api.services.verify import verify_hotel
from api.services.walkin import add_guest
from models import BookingStatus, Housekeeping
from tests.api.services.hotels import DAY, make_hotel
from tests.faults.desk_model import Model, No, Taken

DESK = Actor.system("desk")
PIN = Pin("123456", "not a hash, and never compared")
KINDS = {"STD": 0, "DLX": 1}
ROOMS = {"101": 0, "102": 0, "201": 1}
GUEST = {"last_name": "Miller"}
names = iter(range(10**9))

number = st.integers(0, 9)
room = st.sampled_from(sorted(ROOMS))
nights = st.integers(0, 3)


class Desk(RuleBasedStateMachine):
    """The services on one side, the model on the other."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.hotel = make_hotel(self.engine, slug=f"m{next(names)}", rooms=2)
        self.hotel.add_room("201", "DLX")
        self.clock = SetClock(datetime(2026, 3, 10, 14, tzinfo=UTC))
        self.model = Model(dict(ROOMS), dict(KINDS), DAY, self.local())

    def local(self) -> datetime:
        return self.clock.moment.replace(tzinfo=None)

    def both(self, predicted: Callable[[], None], verb: Callable[..., Any]) -> Any:
        """Do it on both sides, and look that they agree on whether it may be."""
        self.model.now = self.local()
        try:
            predicted()
            expected = True
        except No:
            expected = False
        try:
            done = change_hotel(self.hotel.engine, self.hotel.id, verb)
        except (Conflict, InvalidInput) as error:
            refusal: str | None = f"{error.detail} {error.extra} {error.errors}"
            done = None
        else:
            refusal = None
        assert expected == (refusal is None), refusal or "it was done"
        return done

    def make(self, predicted: Callable[[str], None], verb: Callable[..., Any]) -> None:
        """Do what gives a new booking its name: the model has it under a provisional one meanwhile."""
        done = self.both(lambda: predicted("new"), verb)
        if done is not None:
            self.model.stays[done.booking_id] = self.model.stays.pop("new")

    def name(self, which: int) -> str | None:
        known = list(self.model.stays)
        return known[which % len(known)] if known else None

    def on(self, which: int, verb: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Do something to one of the bookings, in the services and in the model's verb of the same name."""
        if (name := self.name(which)) is None:
            return
        known = {"mark_no_show": "no_show", "cancel_booking": "cancel", "confirm_booking": "confirm"}
        known |= {"reinstate_booking": "reinstate", "assign_room": "assign", "unassign_room": "unassign"}
        known |= {"lock_booking": "lock", "unlock_booking": "unlock"}
        predicted = getattr(self.model, known.get(verb.__name__, verb.__name__))
        told = [argument for argument in arguments if argument is not PIN]
        self.both(
            lambda: predicted(name, *told),
            lambda s, h: verb(s, h, name, *arguments, actor=DESK, clock=self.clock, **options),
        )

    @initialize()
    def a_guest(self) -> None:
        self.book("STD", 0, 2, paid=True)

    @rule(kind=st.sampled_from(sorted(KINDS)), first=st.integers(-1, 4), stay=nights, paid=st.booleans())
    def book(self, kind: str, first: int, stay: int, paid: bool) -> None:
        arrival = self.model.day + timedelta(days=first)
        values = {"check_in": arrival, "check_out": arrival + timedelta(days=stay), "room_type": kind}
        status = BookingStatus.CONFIRMED if paid else BookingStatus.PENDING_PAYMENT
        self.make(
            lambda name: self.model.book(name, kind, values["check_in"], values["check_out"], paid=paid),
            lambda s, h: create_booking(s, h, GUEST, values, status=status, actor=DESK, clock=self.clock),
        )

    @rule(room=room, stay=nights)
    def add_guest(self, room: str, stay: int) -> None:
        leaving = self.model.day + timedelta(days=stay)
        self.make(
            lambda name: self.model.add_guest(name, room, leaving),
            lambda s, h: add_guest(s, h, room, GUEST, {"check_out": leaving}, PIN, actor=DESK, clock=self.clock),
        )

    @rule(which=number, verb=st.sampled_from([confirm_booking, cancel_booking, mark_no_show]))
    def early_step(self, which: int, verb: Callable[..., Any]) -> None:
        self.on(which, verb)

    @rule(which=number)
    def reinstate(self, which: int) -> None:
        self.on(which, reinstate_booking, reason="comes after all")

    @rule(which=number, room=room)
    def assign(self, which: int, room: str) -> None:
        self.on(which, assign_room, room)

    @rule(which=number, verb=st.sampled_from([unassign_room, lock_booking, unlock_booking]))
    def about_its_room(self, which: int, verb: Callable[..., Any]) -> None:
        self.on(which, verb)

    @rule(which=number, room=room)
    def arrive(self, which: int, room: str) -> None:
        self.on(which, assign_room, room)
        self.on(which, check_in, PIN)

    @rule(which=number)
    def check_in(self, which: int) -> None:
        self.on(which, check_in, PIN)

    @rule(which=number)
    def check_out(self, which: int) -> None:
        self.on(which, check_out)

    @rule(which=number, verb=st.sampled_from([undo_check_in, undo_check_out]))
    def undo(self, which: int, verb: Callable[..., Any]) -> None:
        self.on(which, verb, reason="a mistake")

    @rule(which=number, room=room)
    def move_room(self, which: int, room: str) -> None:
        self.on(which, move_room, room, reason="noise")

    @rule(which=number, other=number)
    def swap(self, which: int, other: int) -> None:
        if (mine := self.name(which)) is None or (theirs := self.name(other)) is None:
            return
        self.both(
            lambda: self.model.swap(mine, theirs),
            lambda s, h: swap_rooms(s, h, mine, theirs, actor=DESK, clock=self.clock),
        )

    @rule(which=number, first=st.integers(-1, 2), last=st.integers(-2, 2), release=st.booleans())
    def amend(self, which: int, first: int, last: int, release: bool) -> None:
        if (name := self.name(which)) is None:
            return
        stay = self.model.stays[name]
        arrival, leaving = stay.check_in + timedelta(days=first), stay.check_out + timedelta(days=last)
        conflict = OnConflict.RELEASE if release else OnConflict.REFUSE
        self.both(
            lambda: self.model.amend(name, arrival, leaving, release=release),
            lambda s, h: amend_booking(
                s,
                h,
                name,
                {"check_in": arrival, "check_out": leaving},
                on_conflict=conflict,
                actor=DESK,
                clock=self.clock,
            ),
        )

    @rule(room=room, first=st.integers(-1, 4), length=st.integers(1, 3))
    def close(self, room: str, first: int, length: int) -> None:
        start = datetime.combine(self.model.day + timedelta(days=first), datetime.min.time())
        end = start + timedelta(hours=12 * length)
        done = self.both(
            lambda: self.model.close("new", room, start, end),
            lambda s, h: close_room(s, h, room, starts_at=start, ends_at=end, actor=DESK, clock=self.clock),
        )
        if done is not None:
            self.model.closures[done.id] = self.model.closures.pop("new")

    @rule(which=number)
    def open(self, which: int) -> None:
        if closures := list(self.model.closures):
            closure = closures[which % len(closures)]
            self.both(
                lambda: self.model.open(closure),
                lambda s, h: open_room(s, h, closure, actor=DESK, clock=self.clock),
            )

    @rule(room=room)
    def clean(self, room: str) -> None:
        self.both(
            lambda: self.model.clean(room),
            lambda s, h: set_housekeeping(s, h, room, Housekeeping.CLEAN, actor=DESK, clock=self.clock),
        )

    @rule()
    def night_audit(self) -> None:
        today: date = self.model.day
        self.both(self.model.night_audit, lambda s, h: close_day(s, h, today, actor=DESK, clock=self.clock))

    @rule(hours=st.sampled_from([-2, 1, 3, 8, 20]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @invariant()
    def both_agree(self) -> None:
        """Look that every row is as the model has it."""
        assert self.rows() == (
            {
                name: (s.status, s.check_in, s.check_out, s.locked, tuple(s.rooms))
                for name, s in self.model.stays.items()
            },
            sorted(self.model.closures.values(), key=repr),
            self.model.dirty,
            self.model.day,
        )

    def rows(self) -> Any:
        with self.hotel.session() as session:
            found = session.execute(
                text("""
                    SELECT b.booking_id, b.status, b.check_in, b.check_out, b.locked AS kept,
                           r.number, o.starts_at, o.ends_at, o.locked
                    FROM booking b
                    FULL JOIN (SELECT * FROM occupancy WHERE released_at IS NULL) o ON o.booking_pk = b.id
                    LEFT JOIN room r ON r.hotel_id = o.hotel_id AND r.id = o.room_id
                    ORDER BY o.starts_at""")
            ).all()
            day, dirty = session.execute(
                text("""
                    SELECT business_date, ARRAY(SELECT number FROM room WHERE housekeeping_status = 'DIRTY')
                    FROM hotel""")
            ).one()
        taken: defaultdict[str | None, list[Taken]] = defaultdict(list)
        for row in found:
            if row.number is not None:
                taken[row.booking_id].append(Taken(row.number, row.starts_at, row.ends_at, row.locked))
        bookings = {
            b.booking_id: (b.status, b.check_in, b.check_out, b.kept, tuple(taken[b.booking_id]))
            for b in found
            if b.booking_id is not None
        }
        return bookings, sorted(taken[None], key=repr), set(dirty), day

    def teardown(self) -> None:
        """Look that the invariants hold, the audit's chain among them."""
        assert verify_hotel(self.hotel.engine, self.hotel.id) == ()


def play(engine: Engine, examples: int, steps: int) -> None:
    machine = type("DeskOnThisDatabase", (Desk,), {"engine": engine})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.faults
def test_the_desk_in_any_order(app_engine: Engine) -> None:
    play(app_engine, 200, 50)


@pytest.mark.large
def test_the_desk_in_any_order_for_long(app_engine: Engine) -> None:
    play(app_engine, 5000, 50)

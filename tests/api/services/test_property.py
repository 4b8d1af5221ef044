"""Whatever happens to a small hotel, in whatever order, its invariants hold and undoing is exact."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from allocator.arrays import build, plan_of
from allocator.plan import Plan
from allocator.result import Proof, Score, SolveResult
from allocator.search.greedy import greedy
from api.services.apply import apply_run, undo_run
from api.services.assign import assign_room, lock_booking, unassign_room, unlock_booking
from api.services.closures import close_room, list_closures, open_room
from api.services.errors import Conflict
from api.services.runs import get_run, propose, request_run, transition
from api.services.snapshot import take_snapshot
from api.services.transaction import change_hotel, read_hotel
from api.services.verify import verify_hotel
from models import AllocationRun, Gender, RunState
from tests.api.services.hotels import SmallHotel, at, make_hotel
from tests.api.services.proposals import CLOCK, DESK

ROOMS = ("101", "102", "201", "900", "D1")
step = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 5), st.integers(0, 3), st.sampled_from(["STD", "DLX", "DRM"])),
    st.tuples(st.just("assign"), st.integers(0, 9), st.sampled_from(ROOMS), st.booleans()),
    st.tuples(st.just("unassign"), st.integers(0, 9)),
    st.tuples(st.just("unlock"), st.integers(0, 9)),
    st.tuples(st.just("close"), st.sampled_from(ROOMS), st.integers(0, 6), st.integers(1, 3)),
    st.tuples(st.just("open"), st.integers(0, 3)),
    st.tuples(st.just("propose"), st.booleans()),
    st.tuples(st.just("apply")),
    st.tuples(st.just("undo")),
)


class House:
    """A small hotel with a suite and a dorm, and what has happened to it."""

    def __init__(self, engine: Engine, name: str) -> None:
        types = (("STD", 1), ("DLX", 2), ("DRM", 0))
        self.hotel: SmallHotel = make_hotel(engine, slug=name, rooms=2, types=types)
        self.hotel.add_room("201", "DLX")
        self.hotel.add_room("900", "DLX")
        self.hotel.link("900", ["101", "102"])
        self.hotel.add_room("D1", "DRM", beds=2, gender=Gender.ANY)
        self.bookings: list[str] = []
        self.proposals: list[AllocationRun] = []
        self.applied: list[AllocationRun] = []

    def change(self, work: Callable[..., Any]) -> None:
        """Do something to the hotel; that the service refuses it is an answer like any other."""
        with suppress(Conflict):
            change_hotel(self.hotel.engine, self.hotel.id, work)

    def booking(self, number: int) -> str | None:
        return self.bookings[number % len(self.bookings)] if self.bookings else None

    def book(self, arrival: int, nights: int, kind: str) -> None:
        self.bookings.append(self.hotel.book(arrival, arrival + nights, type_=kind))

    def assign(self, number: int, room: str, lock: bool) -> None:
        if (name := self.booking(number)) is not None:
            self.change(lambda s, h: assign_room(s, h, name, room, actor=DESK, lock=lock, clock=CLOCK))

    def unassign(self, number: int) -> None:
        if (name := self.booking(number)) is not None:
            self.change(lambda s, h: unassign_room(s, h, name, actor=DESK, clock=CLOCK))

    def unlock(self, number: int) -> None:
        if (name := self.booking(number)) is not None:
            self.change(lambda s, h: unlock_booking(s, h, name, actor=DESK, clock=CLOCK))
            self.change(lambda s, h: lock_booking(s, h, name, actor=DESK, clock=CLOCK))
            self.change(lambda s, h: unlock_booking(s, h, name, actor=DESK, clock=CLOCK))

    def close(self, room: str, start: int, nights: int) -> None:
        self.change(
            lambda s, h: close_room(
                s, h, room, starts_at=at(start), ends_at=at(start + nights), actor=DESK, clock=CLOCK
            )
        )

    def open(self, number: int) -> None:
        closures = read_hotel(self.hotel.engine, self.hotel.id, list_closures)
        if closures:
            closure = closures[number % len(closures)].id
            self.change(lambda s, h: open_room(s, h, closure, actor=DESK, clock=CLOCK))

    def propose(self, afresh: bool) -> None:
        """Plan greedily: afresh, so that many move, or around what is there."""
        engine, hotel_id = self.hotel.engine, self.hotel.id
        run = change_hotel(engine, hotel_id, lambda s, h: request_run(s, h, kind="reshuffle", actor=DESK, clock=CLOCK))
        run = change_hotel(
            engine,
            hotel_id,
            lambda s, h: transition(s, get_run(s, h, run.id), RunState.SOLVING, actor=DESK, clock=CLOCK),
        )
        snapshot = read_hotel(engine, hotel_id, take_snapshot)
        arrays = build(snapshot.problem)
        held = arrays.held if not afresh else arrays.held * 0 - 1
        plan: Plan = plan_of(snapshot.problem, greedy(arrays, held))
        result = SolveResult(plan, Score({}), 0, "FEASIBLE", "time", 0.0, Proof(1, 1, {}, "x"))
        self.proposals.append(propose(engine, run, snapshot, result, actor=DESK, clock=CLOCK).run)

    def apply(self) -> None:
        if not self.proposals:
            return
        run, before = self.proposals.pop(), self.hotel.live()
        try:
            self.applied.append(apply_run(self.hotel.engine, self.hotel.id, run.id, DESK, clock=CLOCK).run)
        except Conflict:
            assert self.hotel.live() == before

    def undo(self) -> None:
        if not self.applied:
            return
        run, before = self.applied.pop(), self.hotel.live()
        try:
            undo_run(self.hotel.engine, self.hotel.id, run.id, DESK, clock=CLOCK)
        except Conflict:
            assert self.hotel.live() == before


names = iter(range(10**9))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(step, min_size=4, max_size=20), afresh=st.booleans())
def test_no_order_of_events_breaks_the_hotel(app_engine: Engine, steps: list[tuple[Any, ...]], afresh: bool) -> None:
    house = House(app_engine, f"h{next(names)}")
    for name, *arguments in steps:
        getattr(house, name)(*arguments)
    house.propose(afresh)
    run, before = house.proposals.pop(), house.hotel.live()
    apply_run(app_engine, house.hotel.id, run.id, DESK, clock=CLOCK)
    undo_run(app_engine, house.hotel.id, run.id, DESK, clock=CLOCK)
    assert house.hotel.live() == before
    assert verify_hotel(app_engine, house.hotel.id) == ()

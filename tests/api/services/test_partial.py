"""A proposal applied in part: what is accepted is done, what is rejected is not, and the plan breaks no rule."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import Engine, text

from allocator.check import check
from api.services.apply import changes_of, undo_run
from api.services.errors import InvalidInput, StaleRun, WrongState
from api.services.partial import apply_partly, begun_with, bound_to
from api.services.runs import get_run, problem_of
from api.services.transaction import read_hotel
from models import AllocationRun, RunState
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.api.services.proposals import CLOCK, DESK, proposed


def state_of(hotel: SmallHotel, run: AllocationRun) -> RunState:
    found: RunState = read_hotel(hotel.engine, hotel.id, lambda s, h: get_run(s, h, run.id).state)
    return found


def test_accepted_rejected_and_the_rest(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    kept = hotel.book(2, 4, room="101")
    moved = hotel.book(2, 4, room="102")
    new, other = hotel.book(2, 4), hotel.book(6, 8)
    run = proposed(hotel, {kept: "103", moved: "104", new: "101", other: "101"})
    before = hotel.live()
    done = apply_partly(
        hotel.engine, hotel.id, run.id, DESK, accept=[moved], reject=[kept], clock=CLOCK, time_limit_s=2.0
    )
    rooming = hotel.rooming()
    assert rooming[moved] == "104"
    assert rooming[kept] == "101"
    assert rooming[new] in ("102", "103")  # the room that was proposed is not free, so another was found
    assert rooming[other] is not None
    assert state_of(hotel, run) == RunState.DISCARDED
    assert done.run.state == RunState.APPLIED
    assert {change.stay for change in changes_of(done.run)} == {moved, new, other}
    undo_run(hotel.engine, hotel.id, done.run.id, DESK, clock=CLOCK)
    assert hotel.live() == before


def test_a_placement_can_be_rejected(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    first, second = hotel.book(2, 4), hotel.book(2, 4)
    run = proposed(hotel, {first: "101", second: "102"})
    apply_partly(hotel.engine, hotel.id, run.id, DESK, reject=[first], clock=CLOCK, time_limit_s=2.0)
    assert set(hotel.rooming()) == {second}


def test_all_or_nothing_named_is_the_run_itself(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    guest = hotel.book(2, 4)
    run = proposed(hotel, {guest: "103"})
    done = apply_partly(hotel.engine, hotel.id, run.id, DESK, accept=[guest], clock=CLOCK)
    assert done.run.id == run.id
    assert hotel.rooming() == {guest: "103"}
    with pytest.raises(WrongState):
        apply_partly(hotel.engine, hotel.id, run.id, DESK, clock=CLOCK)


def test_what_is_accepted_may_need_what_is_rejected(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    holder = hotel.book(2, 4, room="101")
    guest = hotel.book(3, 5)
    run = proposed(hotel, {holder: "102", guest: "101"})
    before = hotel.live()
    with pytest.raises(InvalidInput, match="needs what is rejected"):
        apply_partly(hotel.engine, hotel.id, run.id, DESK, accept=[guest], reject=[holder], clock=CLOCK)
    with pytest.raises(InvalidInput) as refused:
        apply_partly(hotel.engine, hotel.id, run.id, DESK, accept=[guest, "BK-X"], reject=[guest], clock=CLOCK)
    assert {e["field"] for e in refused.value.errors} == {"accept", "reject"}
    assert hotel.live() == before
    assert state_of(hotel, run) == RunState.PROPOSED


def test_what_has_changed_since_is_not_applied(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    first, second = hotel.book(2, 4), hotel.book(2, 4)
    run = proposed(hotel, {first: "101", second: "102"})
    hotel.change(first, adults=2)
    with pytest.raises(StaleRun):
        apply_partly(hotel.engine, hotel.id, run.id, DESK, accept=[first], reject=[second], clock=CLOCK)
    assert hotel.rooming() == {}
    apply_partly(hotel.engine, hotel.id, run.id, DESK, accept=[second], clock=CLOCK, time_limit_s=2.0)
    assert hotel.rooming()[second] == "102"


def test_any_choice_is_kept(app_engine: Engine, seed: int) -> None:
    rng = Random(f"partial {seed}")
    hotel = make_hotel(app_engine, rooms=5)
    for _ in range(4):
        at = rng.randint(1, 6)
        held = [hotel.book(at, at + 2, room=number) for number in ("101", "102")]
        waiting = [hotel.book(at, at + 2) for _ in range(2)]
        targets = rng.sample(["103", "104", "105"], 3)
        run = proposed(hotel, dict(zip([held[0], *waiting], targets, strict=True)))
        changes = {change.stay: change for change in changes_of(run)}
        names = sorted(changes)
        accept = [name for name in names if rng.random() < 0.4]
        reject = [name for name in names if name not in accept and rng.random() < 0.5]
        apply_partly(hotel.engine, hotel.id, run.id, DESK, accept=accept, reject=reject, clock=CLOCK, time_limit_s=2.0)
        rooming = hotel.rooming()
        for name in accept:
            assert rooming.get(name) == changes[name].after
        for name in reject:
            assert rooming.get(name) == changes[name].before
        assert rooming[held[1]] is not None
        for name in (*held, *waiting):
            hotel.change(name, status="CANCELLED")
        with hotel.session() as session:
            session.execute(text("UPDATE occupancy SET released_at = now() WHERE released_at IS NULL"))
            session.commit()


def test_the_search_begins_with_all_that_goes_with_what_was_chosen(app_engine: Engine) -> None:
    """Who would have gone to a room that is kept stays, and who would have followed; nobody else is held back."""
    hotel = make_hotel(app_engine)
    first, second = hotel.book(2, 4, room="101"), hotel.book(2, 4, room="102")
    third, apart = hotel.book(2, 4), hotel.book(6, 8)
    run = proposed(hotel, {first: "102", second: "103", third: "101", apart: "104"})
    changes = {change.stay: change for change in changes_of(run)}
    problem = bound_to(problem_of(run), [], [changes[second]])
    plan = begun_with(problem, [], [changes[name] for name in (first, third, apart)])
    assert check(problem, plan) == ()
    assert dict(plan.rooms) == {first: "101", second: "102", third: None, apart: "104"}

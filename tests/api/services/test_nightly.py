"""A night: asked, solved, applied; again and nothing moves; stale and it is solved once more."""

from dataclasses import replace
from typing import Any
from unittest.mock import ANY

import pytest
from sqlalchemy import Engine, text

from api.services import nightly
from api.services.apply import apply_run, undo_run
from api.services.nightly import run_night
from api.services.runs import request_run, solve_run
from api.services.transaction import change_hotel
from models import BookingStatus, RunKind, RunState
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.api.services.proposals import CLOCK, DESK


def night(hotel: SmallHotel, **options: Any) -> nightly.NightOutcome:
    return run_night(hotel.engine, hotel.id, clock=CLOCK, **options)


def busy_hotel(engine: Engine, **policy: Any) -> SmallHotel:
    hotel = make_hotel(engine, rooms=3, policy=policy)
    for arrival in range(6):
        for _ in range(2):
            hotel.book(arrival, arrival + 1)
    hotel.book(-2, 1, status=BookingStatus.CHECKED_IN)
    return hotel


def test_the_night_is_applied_and_the_next_moves_nothing(app_engine: Engine) -> None:
    hotel = busy_hotel(app_engine)
    first = night(hotel)
    assert (first.run.kind, first.run.state) == (RunKind.NIGHTLY, RunState.APPLIED)
    assert first.applied is not None
    assert first.applied.placed == 13
    rooming = hotel.live()
    second = night(hotel)
    assert second.stands
    assert second.run.id == first.run.id
    assert second.solved.result == replace(first.solved.result, prices={}, wall_time_s=ANY)
    assert second.solved.diff is not None
    assert second.solved.diff.changes == ()
    assert hotel.live() == rooming


@pytest.mark.parametrize("asked", [{"time_limit_s": 9.0}, {"params": {"horizon_nights": 10}}])
def test_a_night_asked_for_more_is_solved_again(app_engine: Engine, asked: dict[str, Any]) -> None:
    hotel = busy_hotel(app_engine)
    first = night(hotel)
    again = night(hotel, **asked)
    assert not again.stands
    assert (again.run.kind, again.run.state) == (RunKind.RESHUFFLE, RunState.APPLIED)
    assert again.run.id != first.run.id


def test_a_night_is_solved_again_once_something_has_changed(app_engine: Engine) -> None:
    hotel = busy_hotel(app_engine)
    night(hotel)
    guest = hotel.book(8, 9)
    again = night(hotel)
    assert not again.stands
    assert again.run.kind == RunKind.RESHUFFLE
    assert hotel.room_of(guest) is not None


def test_an_undone_night_does_not_stand(app_engine: Engine) -> None:
    hotel = busy_hotel(app_engine)
    first = night(hotel)
    undo_run(app_engine, hotel.id, first.run.id, DESK, clock=CLOCK)
    assert not night(hotel).stands
    assert len(hotel.rooming()) == 13


def test_a_hotel_that_looks_first_gets_a_proposal(app_engine: Engine) -> None:
    hotel = busy_hotel(app_engine, auto_apply=False)
    outcome = night(hotel)
    assert (outcome.run.state, outcome.applied) == (RunState.PROPOSED, None)
    assert hotel.rooming() == {}
    again = night(hotel)
    assert (again.run.kind, again.run.state) == (RunKind.RESHUFFLE, RunState.PROPOSED)
    assert night(hotel, auto_apply=True).run.state == RunState.APPLIED


def test_a_waiting_nightly_is_taken_up(app_engine: Engine) -> None:
    hotel = busy_hotel(app_engine)
    waiting = change_hotel(
        app_engine, hotel.id, lambda s, h: request_run(s, h, kind="nightly", actor=DESK, clock=CLOCK)
    )
    assert night(hotel).run.id == waiting.id


def test_what_a_killed_night_left_behind_is_made_anew(app_engine: Engine) -> None:
    hotel = busy_hotel(app_engine)
    left = change_hotel(app_engine, hotel.id, lambda s, h: request_run(s, h, kind="nightly", actor=DESK, clock=CLOCK))
    solve_run(app_engine, hotel.id, left.id, clock=CLOCK)
    outcome = night(hotel)
    assert (outcome.run.kind, outcome.run.state) == (RunKind.NIGHTLY, RunState.APPLIED)
    assert outcome.run.id != left.id


@pytest.mark.parametrize("times", [1, 2])
def test_a_stale_night_is_solved_once_more(app_engine: Engine, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    hotel = make_hotel(app_engine, rooms=3)
    guest = hotel.book(1, 3)
    happened = 0

    def busy_desk(*args: Any, **options: Any) -> Any:
        """Stand in for a desk that books the planned room just before the plan is written."""
        nonlocal happened
        if happened < times:
            happened += 1
            with hotel.session() as session:
                (room,) = session.execute(
                    text("SELECT diff -> 'placed' -> 0 ->> 'after' FROM allocation_run WHERE state = 'PROPOSED'")
                ).scalars()
            hotel.book(1, 3, room=room)
        return apply_run(*args, **options)

    monkeypatch.setattr(nightly, "apply_run", busy_desk)
    outcome = night(hotel)
    if times == 1:
        assert outcome.run.state == RunState.APPLIED
        assert hotel.room_of(guest) is not None
    else:
        assert outcome.run.state == RunState.PROPOSED
        assert outcome.stale
        assert hotel.room_of(guest) is None


def test_a_night_undone_is_as_before(app_engine: Engine) -> None:
    hotel = busy_hotel(app_engine)
    before = hotel.live()
    run = night(hotel).run
    undo_run(app_engine, hotel.id, run.id, DESK, clock=CLOCK)
    assert hotel.live() == before

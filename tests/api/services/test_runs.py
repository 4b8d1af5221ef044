"""A run's life from request to proposal, and what it stores."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from allocator.serialize import digest
from api.services.actor import Actor
from api.services.attendance import attending
from api.services.clock import SetClock
from api.services.errors import InvalidInput, NotFound, WrongState
from api.services.runs import (
    RunOutcome,
    cancel_run,
    discard_run,
    get_run,
    list_runs,
    problem_of,
    request_run,
    solve_run,
)
from api.services.transaction import change_hotel, read_hotel
from models import RunKind, RunState
from models.auditing import verify_chain
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.api.services.proposals import proposed

CLOCK = SetClock(datetime(2026, 3, 10, 2, tzinfo=UTC))
DESK = Actor.system("desk")


def ask(hotel: SmallHotel, kind: str = "reshuffle", **params: object) -> int:
    return change_hotel(
        hotel.engine, hotel.id, lambda s, h: request_run(s, h, kind=kind, actor=DESK, params=params, clock=CLOCK).id
    )


def solve(hotel: SmallHotel, run_id: int) -> RunOutcome:
    return solve_run(hotel.engine, hotel.id, run_id, clock=CLOCK)


def test_a_proposal_places_everybody_and_says_why(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    homeless, moved = hotel.book(1, 3), hotel.book(1, 3, room="101")
    too_many = [hotel.book(5, 6) for _ in range(3)]
    outcome = solve(hotel, ask(hotel))
    run = outcome.run
    assert run.state == RunState.PROPOSED
    assert run.diff is not None
    assert run.result is not None
    assert run.proof is not None
    assert {change["stay"] for change in run.diff["placed"]} >= {homeless}
    assert [change["stay"] for change in run.diff["moved"]] == []
    assert run.diff["kept"] == 2
    (unplaced,) = run.diff["unplaced"]
    assert unplaced["stay"] in too_many
    assert unplaced["reason"] == "all 2 rooms that fit are taken or closed at some time during the stay"
    assert run.result["bound"] <= run.result["score"]["total"]
    assert run.problem_digest == digest(problem_of(run))
    assert run.proof.startswith(f"{run.result['status']} score=")
    assert moved in problem_of(run).stay_by_id
    assert hotel.rooming() == {moved: "101"}


def test_moves_have_reasons(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    first = hotel.book(1, 3, room="101")
    longer = hotel.book(1, 4, allowed_rooms=[hotel.rooms["101"]])
    run = proposed(hotel, {first: "102", longer: "101"})
    assert run.diff is not None
    assert run.diff["moved"] == [
        {"stay": first, "before": "101", "after": "102", "reason": f"makes room for {longer} in 101"}
    ]


def test_faults_of_the_parameters_come_all_at_once(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    with pytest.raises(InvalidInput) as caught:
        ask(hotel, horizon_nights=0, time_limit_s=-1, colour="red", weights={"gap": 3}, move_budget=True)
    assert {fault["field"] for fault in caught.value.errors} == {
        "horizon_nights",
        "time_limit_s",
        "colour",
        "weights",
        "move_budget",
    }


def test_one_nightly_a_date_unless_it_is_put_aside(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    first = ask(hotel, "nightly")
    with pytest.raises(WrongState) as caught:
        ask(hotel, "nightly")
    assert solve(hotel, first).run.state == RunState.PROPOSED
    assert caught.value.extra["run_id"]
    change_hotel(hotel.engine, hotel.id, lambda s, h: discard_run(s, h, first, actor=DESK, clock=CLOCK))
    assert ask(hotel, "nightly") != first


def test_states_only_go_forward(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    run_id = ask(hotel)

    def cancel() -> RunState:
        return change_hotel(
            hotel.engine, hotel.id, lambda s, h: cancel_run(s, h, run_id, actor=DESK, clock=CLOCK).state
        )

    assert cancel() == RunState.CANCELLED
    with pytest.raises(WrongState):
        cancel()
    with pytest.raises(WrongState):
        solve(hotel, run_id)
    with pytest.raises(NotFound):
        read_hotel(hotel.engine, hotel.id, lambda s, h: get_run(s, h, "0198c0de-0000-7000-8000-000000000000"))


@pytest.mark.parametrize(("attended", "hours"), [(True, 0), (True, 1), (False, 0)])
def test_a_run_is_taken_up_again_when_nobody_is_at_it_or_can_be(app_engine: Engine, attended: bool, hours: int) -> None:
    hotel = make_hotel(app_engine)
    run_id = ask(hotel)
    with hotel.session() as session:
        session.execute(
            text("UPDATE allocation_run SET state = 'SOLVING', started_at = :at WHERE id = :id"),
            {"at": CLOCK.now(), "id": run_id},
        )
        session.commit()
    later = SetClock(CLOCK.now())
    later.advance(hours=hours)
    with attending(app_engine, hotel.id, run_id) if attended else nullcontext():
        if attended and not hours:
            with pytest.raises(WrongState):
                solve(hotel, run_id)
        else:
            assert solve_run(hotel.engine, hotel.id, run_id, clock=later).run.state == RunState.PROPOSED


def test_a_problem_that_cannot_be_is_a_failed_run(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    hotel.book(1, 2)
    run_id = ask(hotel, weights={"upgrade": 10**10})
    run = solve(hotel, run_id).run
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert "weights.upgrade" in run.error


def test_a_nightly_whose_date_has_passed_fails(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    run_id = ask(hotel, "nightly")
    with hotel.session() as session:
        session.execute(text("UPDATE hotel SET business_date = business_date + 1"))
        session.commit()
    assert solve(hotel, run_id).run.state == RunState.FAILED


def test_every_step_is_audited_and_listed(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    run_id = ask(hotel)
    solve(hotel, run_id)
    with hotel.session() as session:
        actions = list(session.execute(text("SELECT action FROM audit_entry ORDER BY sequence")).scalars())
        assert actions == ["run.requested", "run.solving", "run.proposed"]
        events = session.execute(text("SELECT event, payload FROM outbox_event")).all()
        assert [event for event, _ in events] == ["run.proposed"]
        assert verify_chain(session, hotel.id) == []
    count, runs = read_hotel(hotel.engine, hotel.id, lambda s, h: list_runs(s, h, kind=RunKind.RESHUFFLE))
    assert (count, [run.id for run in runs]) == (1, [run_id])
    assert json.dumps(runs[0].diff)

"""Runs: one nightly of a hotel and date that stands; names that sort by time."""

import uuid

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from models import AllocationRun, RunKind, RunState, hotel_session, uuid7
from tests.models.rows import FIRST_DAY, make_hotel

REPEATABLE = {RunState.FAILED, RunState.DISCARDED, RunState.CANCELLED}


@pytest.mark.parametrize("state", list(RunState))
def test_a_nightly_run_is_unique_unless_it_came_to_nothing(app_engine: Engine, state: RunState) -> None:
    hotel_id = make_hotel(app_engine)

    def add(kind: RunKind, state: RunState) -> None:
        with session.begin_nested():
            session.add(AllocationRun(hotel_id=hotel_id, kind=kind, state=state, business_date=FIRST_DAY))

    with hotel_session(app_engine, hotel_id) as session:
        add(RunKind.NIGHTLY, state)
        add(RunKind.RESHUFFLE, state)
        add(RunKind.RESHUFFLE, RunState.QUEUED)
        if state in REPEATABLE:
            add(RunKind.NIGHTLY, RunState.QUEUED)
        else:
            with pytest.raises(IntegrityError, match="one_nightly_run"):
                add(RunKind.NIGHTLY, RunState.QUEUED)


def test_uuid7_is_of_version_seven_and_bears_its_time() -> None:
    before, made, after = uuid7(), [uuid7() for _ in range(1_000)], uuid7()
    assert len(set(made)) == 1_000
    for one in made:
        assert (one.version, one.variant) == (7, uuid.RFC_4122)
        assert before.int >> 80 <= one.int >> 80 <= after.int >> 80

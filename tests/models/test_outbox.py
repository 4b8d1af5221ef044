"""The outbox: written with its cause, once."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from models import OutboxEvent, emit, emit_many, hotel_session
from tests.models.rows import make_hotel


def test_events_live_and_die_with_their_transaction(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        emit(session, hotel_id, "room.assigned", {"booking": "BK-1"}, "a")
        session.rollback()
        emit_many(session, hotel_id, [("room.moved", {"n": n}, f"b{n}") for n in range(3)])
        emit_many(session, hotel_id, [])
        session.commit()
        waiting = session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)).all()
        assert [(event.dedupe_id, event.payload, event.delivered_at) for event in waiting] == [
            (f"b{n}", {"n": n}, None) for n in range(3)
        ]


def test_the_same_event_twice_is_refused_in_one_hotel_only(app_engine: Engine) -> None:
    ours, theirs = make_hotel(app_engine, "ours"), make_hotel(app_engine, "theirs")
    for hotel_id in (ours, theirs):
        with hotel_session(app_engine, hotel_id) as session:
            emit(session, hotel_id, "run.applied", {}, "run-1")
            session.commit()
            with pytest.raises(IntegrityError, match="uq_outbox_event_hotel_id_dedupe_id"):
                emit(session, hotel_id, "run.applied", {}, "run-1")

"""Sessions: rollback by default, one hotel for their whole life, the hotel lock, the version."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError, StatementError

import models.session
from models import Booking, Hotel, Room, RoomType, bump_version, hotel_session, lock_hotel, make_engine, sqlstate
from tests.models.rows import add_booking, make_hotel, room_ids


def name_of(engine: Engine, hotel_id: int) -> str:
    with hotel_session(engine, hotel_id) as session:
        return session.get_one(Hotel, hotel_id).name


def test_nothing_is_kept_without_a_commit(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        session.get_one(Hotel, hotel_id).name = "Lost"
        session.flush()
    assert name_of(app_engine, hotel_id) == "Grand"
    with hotel_session(app_engine, hotel_id) as session:
        session.get_one(Hotel, hotel_id).name = "Kept"
        session.commit()
    assert name_of(app_engine, hotel_id) == "Kept"


def test_the_hotel_stays_set_after_commit_rollback_and_savepoint(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        for end in (session.commit, session.rollback, session.commit):
            assert len(room_ids(session, hotel_id)) == 3
            with session.begin_nested():
                assert len(room_ids(session, hotel_id)) == 3
            end()


def test_the_lock_lets_one_writer_in_and_gives_up_in_time(app_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.session, "LOCK_TIMEOUT", "50ms")
    hotel_id, other = make_hotel(app_engine), make_hotel(app_engine, "other")
    with hotel_session(app_engine, hotel_id) as holder:
        lock_hotel(holder, hotel_id)
        with hotel_session(app_engine, hotel_id) as waiter:
            with pytest.raises(OperationalError) as refused:
                lock_hotel(waiter, hotel_id)
            assert sqlstate(refused.value) == "55P03"
            waiter.rollback()
            add_booking(waiter, hotel_id)  # what only points to the hotel need not wait
            waiter.commit()
        with hotel_session(app_engine, other) as elsewhere:
            lock_hotel(elsewhere, other)
        holder.commit()
        with hotel_session(app_engine, hotel_id) as next_one:
            assert lock_hotel(next_one, hotel_id).id == hotel_id


def test_the_lock_shows_the_hotel_as_it_is_now(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        seen = session.get_one(Hotel, hotel_id).allocation_version
        with hotel_session(app_engine, hotel_id) as other:
            bump_version(other, hotel_id)
            other.commit()
        assert lock_hotel(session, hotel_id).allocation_version == seen + 1


def test_a_stale_snapshot_cannot_take_the_lock(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id, isolation="REPEATABLE READ") as snapshot:
        assert room_ids(snapshot, hotel_id)
        with hotel_session(app_engine, hotel_id) as other:
            bump_version(other, hotel_id)
            other.commit()
        with pytest.raises(OperationalError) as refused:
            lock_hotel(snapshot, hotel_id)
    assert sqlstate(refused.value) == "40001"


def test_a_foreign_hotel_cannot_be_locked(app_engine: Engine) -> None:
    ours, theirs = make_hotel(app_engine, "ours"), make_hotel(app_engine, "theirs")
    with hotel_session(app_engine, ours) as session, pytest.raises(LookupError):
        lock_hotel(session, theirs)


def test_no_version_is_lost(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)

    def bump(_: int) -> int:
        with hotel_session(app_engine, hotel_id) as session:
            version = bump_version(session, hotel_id)
            session.commit()
            return version

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bump, range(20))) == list(range(1, 21))


def test_words_outside_an_enum_are_refused_on_both_sides(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        booking = add_booking(session, hotel_id)
        assert session.get_one(Booking, (hotel_id, booking.id)).status.value == "CONFIRMED"
        booking.status = "MAYBE"  # type: ignore[assignment]
        with pytest.raises(StatementError):
            session.flush()
        session.rollback()
        with pytest.raises(Exception, match="ck_room_gender"):
            session.execute(text("UPDATE room SET gender = 'x'"))


def test_relations_are_never_loaded_by_accident(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        room = session.query(Room).first()
        assert room is not None
        with pytest.raises(Exception, match="raise"):
            assert room.room_type
    loading = {r.lazy for mapper in Hotel.registry.mappers for r in mapper.relationships}
    assert loading == {"raise"}
    assert RoomType.__tablename__ == "room_type"


def test_only_postgresql_is_taken() -> None:
    for url in ("postgres://u:p%40@h/d", "postgresql://u:p%40@h/d", "postgresql+psycopg://u:p%40@h/d"):
        engine = make_engine(url)
        assert (engine.driver, engine.url.password) == ("psycopg2", "p@")
    with pytest.raises(ValueError, match="sqlite"):
        make_engine("sqlite://")


def test_many_new_objects_go_in_few_statements_and_get_their_own_ids(app_engine: Engine) -> None:
    statements: list[str] = []
    event.listen(app_engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    hotel_id = make_hotel(app_engine, rooms=2_500)
    assert sum("INSERT INTO room (" in statement for statement in statements) <= 3
    with hotel_session(app_engine, hotel_id) as session:
        room_type = session.query(RoomType).one()
        added = [Room(hotel_id=hotel_id, number=f"x{n}", room_type_id=room_type.id) for n in range(1_500)]
        session.add_all(added)
        session.commit()
        told = {room.id: room.number for room in added}
        assert told == dict(session.query(Room.id, Room.number).filter(Room.number.like("x%")).all())

"""No double booking, as a constraint."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from api.services.availability import LAST_STARTS
from models import ClosureKind, Occupancy, OccupancyKind, Origin, hotel_session, sqlstate, violated
from tests.models.rows import add_booking, make_hotel, room_ids, stay

MIDNIGHT = datetime.fromisoformat("2026-03-01")  # hotel-local, so without a zone


def closure(hotel_id: int, room_id: int, start: int, end: int, bed: int = 1) -> Occupancy:
    return Occupancy(
        hotel_id=hotel_id,
        room_id=room_id,
        bed=bed,
        kind=OccupancyKind.CLOSURE,
        closure_kind=ClosureKind.OOO,
        origin=Origin.STAFF,
        starts_at=MIDNIGHT + timedelta(hours=start),
        ends_at=MIDNIGHT + timedelta(hours=end),
    )


periods = st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(0, 9), st.integers(1, 4), st.booleans())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(periods, max_size=12))
def test_the_database_refuses_exactly_what_overlaps(
    hotel: tuple[Engine, int], wanted: list[tuple[int, int, int, int, bool]]
) -> None:
    engine, hotel_id = hotel
    held: list[tuple[int, int, int, int]] = []
    with hotel_session(engine, hotel_id) as session:
        rooms = room_ids(session, hotel_id)
        for room, bed, start, length, released in wanted:
            end = start + length
            taken = any((room, bed) == (r, b) and start < e and s < end for r, b, s, e in held)
            row = closure(hotel_id, rooms[room], start, end, bed)
            row.released_at = datetime.now().astimezone() if released else None
            refused = ""
            try:
                with session.begin_nested():
                    session.add(row)
            except IntegrityError as error:
                refused = f"{sqlstate(error)} {violated(error)}"
            assert refused == ("23P01 no_double_booking" if taken and not released else "")
            if not refused and not released:
                held.append((room, bed, start, end))


@pytest.fixture
def hotel(app_engine: Engine) -> tuple[Engine, int]:
    return app_engine, make_hotel(app_engine)


def test_one_update_swaps_rooms_and_raises_versions(hotel: tuple[Engine, int]) -> None:
    engine, hotel_id = hotel
    with hotel_session(engine, hotel_id) as session:
        first, second, _ = room_ids(session, hotel_id)
        rows = [closure(hotel_id, first, 0, 5), closure(hotel_id, second, 2, 7)]
        session.add_all(rows)
        session.flush()
        swap = text(
            "UPDATE occupancy o SET room_id = n.room_id, version = o.version + 1"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:rooms AS bigint[]), CAST(:versions AS int[]))"
            " AS n (id, room_id, version) WHERE o.hotel_id = :hotel AND o.id = n.id AND o.version = n.version"
        )
        values = {"hotel": hotel_id, "ids": [row.id for row in rows], "rooms": [second, first], "versions": [1, 1]}
        assert session.execute(swap, values).rowcount == 2
        session.commit()
        assert session.execute(swap, values).rowcount == 0, "versions have risen"
        values |= {"rooms": [first, first], "versions": [2, 2]}
        with pytest.raises(IntegrityError, match="no_double_booking"):
            session.execute(swap, values)


def test_deferred_the_check_waits_for_the_commit(hotel: tuple[Engine, int]) -> None:
    engine, hotel_id = hotel
    with hotel_session(engine, hotel_id) as session:
        room = room_ids(session, hotel_id)[0]
        session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        session.add_all([closure(hotel_id, room, 0, 5), closure(hotel_id, room, 4, 6)])
        session.flush()
        with pytest.raises(IntegrityError, match="no_double_booking"):
            session.commit()


def test_a_booking_is_in_one_room_at_a_time(hotel: tuple[Engine, int]) -> None:
    engine, hotel_id = hotel
    with hotel_session(engine, hotel_id) as session:
        first, second, third = room_ids(session, hotel_id)
        booking = add_booking(session, hotel_id)
        before = stay(booking, first)
        session.add(before)
        session.flush()
        with pytest.raises(IntegrityError, match="one_room_at_a_time"), session.begin_nested():
            session.add(stay(booking, second))
        before.ends_at, moved = before.starts_at + timedelta(days=1), stay(booking, third)
        moved.starts_at = before.ends_at
        session.add(moved)
        session.commit()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"ends_at": MIDNIGHT}, "ck_occupancy_period"),
        ({"ends_at": MIDNIGHT - timedelta(hours=1)}, "ck_occupancy_period"),
        ({"bed": 0}, "ck_occupancy_bed"),
        ({"closure_kind": None}, "ck_occupancy_shape"),
        ({"kind": OccupancyKind.STAY, "closure_kind": None}, "ck_occupancy_shape"),
        ({"kind": OccupancyKind.HOLD, "closure_kind": None}, "ck_occupancy_shape"),
    ],
)
def test_malformed_occupancies_are_refused(
    hotel: tuple[Engine, int], change: dict[str, object], constraint: str
) -> None:
    engine, hotel_id = hotel
    with hotel_session(engine, hotel_id) as session:
        row = closure(hotel_id, room_ids(session, hotel_id)[0], 0, 5)
        for name, value in change.items():
            setattr(row, name, value)
        session.add(row)
        with pytest.raises(IntegrityError, match=constraint):
            session.flush()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def test_availability_reads_one_row_of_an_index_for_each_bed(hotel: tuple[Engine, int], owner_engine: Engine) -> None:
    """Row security must not cost the index: only leakproof operators may stand before it."""
    engine, hotel_id = hotel
    with hotel_session(engine, hotel_id) as session:
        for number, room in enumerate(room_ids(session, hotel_id)):
            session.execute(
                text(
                    "INSERT INTO occupancy (hotel_id, room_id, kind, closure_kind, origin, starts_at, ends_at)"
                    " SELECT :hotel, :room, 'CLOSURE', 'OOO', 'STAFF', d, d + interval '1 day'"
                    " FROM generate_series(timestamp '2020-01-01', timestamp '2025-01-01', '1 day') d"
                ),
                {"hotel": hotel_id, "room": room, "number": number},
            )
        session.commit()
    with owner_engine.begin() as connection:
        connection.execute(text("ANALYZE occupancy, room"))
    asked = {"hotel": hotel_id, "exclude": 0, "type": None, "party": 1, "features": []}
    asked |= {"starts": datetime.fromisoformat("2023-12-31T15:00"), "ends": datetime.fromisoformat("2024-01-01T11:00")}
    with hotel_session(engine, hotel_id) as session:
        explained = session.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {LAST_STARTS.text}"), asked)
    read = [node for node in nodes(explained[0]["Plan"]) if node.get("Relation Name") == "occupancy"]
    told = {(node["Node Type"], node["Index Name"], node["Scan Direction"]) for node in read}
    assert told >= {("Index Scan", "ix_occupancy_last_start", "Backward")}, told
    assert {name for _, name, _ in told} == {"ix_occupancy_last_start"}
    assert max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in read) <= 1
    assert max(node["Actual Loops"] for node in read) <= 3  # beds

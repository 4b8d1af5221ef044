"""The audit: append-only, chained, and every tampering found."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from models import Change, Hotel, audit_head, hotel_session, make_engine, record, record_many, verify_chain
from tests.databases import Database
from tests.models.rows import make_hotel

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def changes(count: int) -> list[Change]:
    return [
        Change(
            "system:test", "room.assigned", f"booking:{n}", before={"room": None}, after={"room": "101"}, reason=f"r{n}"
        )
        for n in range(count)
    ]


@pytest.fixture
def hotel_id(app_engine: Engine) -> int:
    """A hotel with six entries in two transactions."""
    hotel_id = make_hotel(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        record_many(session, hotel_id, changes(4), at=AT)
        session.commit()
        record(session, hotel_id=hotel_id, actor="staff:7", action="booking.confirmed", subject="booking:x", at=AT)
        record(session, hotel_id=hotel_id, actor="guest:3", action="booking.created", subject="booking:y", reason="ü%")
        session.commit()
    return hotel_id


def faults(engine: Engine, hotel_id: int, known_head: tuple[int, bytes] | None = None) -> list[str]:
    with hotel_session(engine, hotel_id) as session:
        return verify_chain(session, hotel_id, known_head=known_head)


def test_an_untouched_chain_has_no_fault(app_engine: Engine, hotel_id: int) -> None:
    with hotel_session(app_engine, hotel_id) as session:
        head = audit_head(session, hotel_id)
    assert head[0] == 6
    assert faults(app_engine, hotel_id, head) == []
    assert faults(app_engine, make_hotel(app_engine, "empty"), (0, b"")) == []


def test_a_rollback_leaves_no_entry(app_engine: Engine, hotel_id: int) -> None:
    with hotel_session(app_engine, hotel_id) as session:
        record_many(session, hotel_id, changes(3))
        session.rollback()
        assert audit_head(session, hotel_id)[0] == 6
    assert faults(app_engine, hotel_id) == []


def test_a_stale_hotel_object_does_not_overwrite_the_head(app_engine: Engine, hotel_id: int) -> None:
    with hotel_session(app_engine, hotel_id) as session:
        hotel = session.get_one(Hotel, hotel_id)
        record_many(session, hotel_id, changes(1))
        hotel.name = "Grander"
        session.commit()
    assert faults(app_engine, hotel_id) == []


def test_writers_at_once_share_one_chain(app_engine: Engine, hotel_id: int) -> None:
    def write(_: int) -> None:
        with hotel_session(app_engine, hotel_id) as session:
            record_many(session, hotel_id, changes(5))
            session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    assert faults(app_engine, hotel_id) == []
    with hotel_session(app_engine, hotel_id) as session:
        assert audit_head(session, hotel_id)[0] == 66


def test_states_must_be_plain_values(app_engine: Engine, hotel_id: int) -> None:
    with hotel_session(app_engine, hotel_id) as session, pytest.raises(TypeError):
        record(session, hotel_id=hotel_id, actor="system:x", action="a", subject="b:1", after={"at": AT})


def test_entries_are_append_only_even_for_the_superuser(app_engine: Engine, hotel_id: int, database: Database) -> None:
    superuser = make_engine(database.superuser_url)
    statements = [
        "UPDATE audit_entry SET action = 'x'",
        "UPDATE audit_entry SET reason = 'x'",
        "UPDATE audit_entry SET reason = NULL",
        "UPDATE audit_entry SET reason = NULL, reason_salt = NULL, actor = 'staff:1'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
    ]
    for statement in statements:
        with superuser.connect() as connection, pytest.raises(IntegrityError, match="never changed or removed"):
            connection.execute(text(statement))
    superuser.dispose()
    assert faults(app_engine, hotel_id) == []


def test_the_service_may_wipe_reasons_and_the_chain_stays_whole(app_engine: Engine, hotel_id: int) -> None:
    with hotel_session(app_engine, hotel_id) as session:
        session.execute(text("UPDATE audit_entry SET reason = NULL, reason_salt = NULL WHERE sequence <= 3"))
        session.commit()
        left = session.scalars(text("SELECT reason FROM audit_entry ORDER BY sequence")).all()
        assert left == [None, None, None, "r3", None, "ü%"]
        with pytest.raises(DBAPIError, match="permission denied"):
            session.execute(text("UPDATE audit_entry SET payload = ''"))
    assert faults(app_engine, hotel_id) == []


def rewrite_all(connection: Connection) -> None:
    """Forge the third entry and make the whole chain and the hotel's head agree with it."""
    rows = connection.execute(text("SELECT sequence, payload FROM audit_entry ORDER BY sequence")).all()
    digest = b""
    for sequence, payload in rows:
        told = payload
        if sequence == 3:
            content = json.loads(payload) | {"action": "forged"}
            told = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous, digest = digest, hashlib.sha256(digest + told.encode()).digest()
        connection.execute(
            text(
                "UPDATE audit_entry SET payload = :p, previous_hash = :a, hash = :b,"
                " action = CAST(:p AS json) ->> 'action' WHERE sequence = :n"
            ),
            {"p": told, "a": previous, "b": digest, "n": sequence},
        )
    connection.execute(text("UPDATE hotel SET audit_hash = :b"), {"b": digest})


def sql(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(statement))


COLUMNS = {
    "at": "at + interval '1 second'",
    "actor": "'staff:8'",
    "action": "'room.released'",
    "subject": "'booking:9'",
    "reason": "'another'",
    "reason_salt": "'\\x00'",
    "payload": "replace(payload, '101', '102')",
    "previous_hash": "'\\x00'",
    "hash": "'\\x00'",
}


@pytest.mark.parametrize(
    ("tamper", "found"),
    [(sql(f"UPDATE audit_entry SET {name} = {to} WHERE sequence = 2"), "entry 2: ") for name, to in COLUMNS.items()]
    + [
        (sql("UPDATE audit_entry SET reason = 'made up', reason_salt = '' WHERE sequence = 5"), "entry 5: its reason"),
        (sql("DELETE FROM audit_entry WHERE sequence = 3"), "entry 3 is missing"),
        (sql("DELETE FROM audit_entry WHERE sequence = 6"), "ends at 5"),
        (sql("DELETE FROM audit_entry"), "ends at 0"),
        (
            sql(
                "UPDATE audit_entry SET sequence = CASE sequence WHEN 2 THEN 103 ELSE 102 END WHERE sequence IN (2, 3)"
            ),
            "entry 2 is missing",
        ),
        (sql("UPDATE hotel SET audit_sequence = 5"), "not the head that the hotel keeps"),
        (rewrite_all, "not the head that was kept elsewhere"),
    ],
)
def test_tampering_is_found(
    app_engine: Engine,
    hotel_id: int,
    database: Database,
    tamper: Callable[[Connection], object],
    found: str,
) -> None:
    with hotel_session(app_engine, hotel_id) as session:
        head = audit_head(session, hotel_id)
    superuser = make_engine(database.superuser_url)
    with superuser.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # past the triggers, as an intruder would
        tamper(connection)
    superuser.dispose()
    assert any(found in fault for fault in faults(app_engine, hotel_id, head)), faults(app_engine, hotel_id, head)


def test_five_thousand_entries_in_one_batch(app_engine: Engine, hotel_id: int) -> None:
    with hotel_session(app_engine, hotel_id) as session:
        record_many(session, hotel_id, changes(5_000))
        session.commit()
    assert faults(app_engine, hotel_id) == []

"""The second wall: no session sees or writes another hotel's rows. (The first is the service's own scoping.)"""

import pytest
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from models import (
    Guest,
    Hotel,
    Room,
    RoomType,
    global_session,
    hotel_session,
    make_engine,
    new_hotel_id,
    sqlstate,
)
from tests.databases import Database
from tests.models.rows import FIRST_DAY, add_booking, make_hotel, room_ids, stay

TENANTS = """
SELECT c.oid::regclass::text AS name, c.relrowsecurity, c.relforcerowsecurity,
       pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check,
       p.polcmd, p.polpermissive
FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'one_hotel'
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND (
    c.relname = 'hotel' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'hotel_id'))
"""
GLOBAL_TABLES = {"staff", "refresh_token", "rate_count", "alembic_version"}


def all_tables(connection: Connection) -> set[str]:
    tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    return {name for name in tables if not name.startswith("procrastinate_")}


def lint(connection: Connection) -> list[str]:
    """Return every table of a hotel that row security does not hold as it should."""
    rows = connection.execute(text(TENANTS)).all()
    faults = [f"{name}: neither secured nor known as global" for name in all_tables(connection) - GLOBAL_TABLES]
    faults = [fault for fault in faults if fault.split(":")[0] not in {row.name for row in rows}]
    for row in rows:
        column = "id" if row.name == "hotel" else "hotel_id"
        rule = f"({column} = (NULLIF(current_setting('app.hotel_id'::text, true), ''::text))::bigint)"
        if not row.relrowsecurity or not row.relforcerowsecurity:
            faults.append(f"{row.name}: not enabled and forced")
        if (row.using, row.check, row.polcmd, row.polpermissive) != (rule, rule, "*", True):
            faults.append(f"{row.name}: policy {row.using} {row.check} {row.polcmd}")
    return faults


def test_every_table_of_a_hotel_is_secured_and_forced(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        assert lint(connection) == []


@pytest.mark.parametrize(
    ("table", "sabotage"),
    [
        ("room", "ALTER TABLE room DISABLE ROW LEVEL SECURITY"),
        ("room", "ALTER TABLE room NO FORCE ROW LEVEL SECURITY"),
        ("room", "DROP POLICY one_hotel ON room"),
        ("room", "ALTER POLICY one_hotel ON room WITH CHECK (true)"),
        ("room", "ALTER POLICY one_hotel ON room USING (true)"),
        ("hotel", "ALTER POLICY one_hotel ON hotel USING (true)"),
        ("extra", "CREATE TABLE extra (hotel_id bigint)"),
        ("extra", "CREATE TABLE extra (id bigint)"),
    ],
)
def test_the_lint_finds_each_guard_removed(owner_engine: Engine, table: str, sabotage: str) -> None:
    with owner_engine.connect() as connection:
        connection.execute(text(sabotage))
        assert {fault.split(":")[0] for fault in lint(connection)} == {table}


def test_no_policy_but_the_hotels_own_lets_the_service_in(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        rows = connection.execute(
            text("SELECT tablename, roles, cmd FROM pg_policies WHERE policyname <> 'one_hotel' ORDER BY 1")
        ).all()
    assert [(row.tablename, list(row.roles), row.cmd) for row in rows] == [
        (table, ["keyrack_lookup"], "SELECT")
        for table in (
            "allocation_run",
            "booking",
            "communication",
            "hotel",
            "membership",
            "outbox_event",
            "webhook_delivery",
        )
    ]


def test_roles_are_plain(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb"
                " FROM pg_roles WHERE rolname LIKE 'keyrack%' ORDER BY 1"
            )
        ).all()
        assert [tuple(row) for row in rows] == [
            ("keyrack_app", True, False),
            ("keyrack_lookup", False, False),
            ("keyrack_owner", True, False),
        ]
        assert not connection.scalar(text("SELECT pg_has_role('keyrack_app', 'keyrack_lookup', 'MEMBER')"))
        assert not connection.scalar(text("SELECT pg_has_role('keyrack_app', 'keyrack_owner', 'MEMBER')"))


def test_another_hotels_rows_are_invisible_and_out_of_reach(app_engine: Engine) -> None:
    ours, theirs = make_hotel(app_engine, "ours"), make_hotel(app_engine, "theirs")
    with hotel_session(app_engine, theirs) as session:
        booking = add_booking(session, theirs)
        session.add(stay(booking, room_ids(session, theirs)[0]))
        session.commit()
    with hotel_session(app_engine, ours) as session:
        tables = set(session.scalars(text("SELECT name FROM (" + TENANTS + ") t WHERE name <> 'hotel'")))
        for table in sorted(tables):
            seen = session.scalar(text(f"SELECT count(*) FROM {table} WHERE hotel_id = :id"), {"id": theirs})
            assert seen == 0, table
        assert session.scalars(select(Hotel.id)).all() == [ours]
        for statement in ("UPDATE room SET notes = 'x'", "DELETE FROM room", "UPDATE hotel SET name = 'x'"):
            column = "id" if " hotel " in statement else "hotel_id"
            assert session.execute(text(f"{statement} WHERE {column} = :id"), {"id": theirs}).rowcount == 0


def test_nothing_can_be_written_into_another_hotel(app_engine: Engine) -> None:
    ours, theirs = make_hotel(app_engine, "ours"), make_hotel(app_engine, "theirs")
    with hotel_session(app_engine, ours) as session:
        session.add(Guest(hotel_id=theirs, last_name="Spy"))
        with pytest.raises(DBAPIError) as refused:
            session.flush()
        assert sqlstate(refused.value) == "42501"
        session.rollback()
        with pytest.raises(DBAPIError) as refused:
            session.execute(text("UPDATE room SET hotel_id = :id"), {"id": theirs})
        assert sqlstate(refused.value) == "42501"
    with global_session(app_engine) as session:
        spare = new_hotel_id(session)
    with hotel_session(app_engine, ours) as session:
        session.add(Hotel(id=spare, slug="spare", name="Spare", business_date=FIRST_DAY))
        with pytest.raises(DBAPIError) as refused:
            session.flush()
        assert sqlstate(refused.value) == "42501"


def test_a_row_cannot_point_into_another_hotel_even_unseen(app_engine: Engine, database: Database) -> None:
    """A foreign key is checked past row security: that it starts with the hotel is what refuses."""
    ours, theirs = make_hotel(app_engine, "ours"), make_hotel(app_engine, "theirs")
    with hotel_session(app_engine, theirs) as session:
        their_type = session.scalars(select(RoomType.id)).one()
    with hotel_session(app_engine, ours) as session:
        session.add(Room(hotel_id=ours, number="999", room_type_id=their_type))
        with pytest.raises(IntegrityError, match="fk_room_hotel_id_room_type_id"):
            session.flush()
    superuser = make_engine(database.superuser_url)
    with superuser.connect() as connection:
        loose = connection.scalars(
            text(
                "SELECT conname FROM pg_constraint k WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
                " AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'hotel_id')"
                " AND NOT EXISTS (SELECT FROM pg_attribute f, pg_attribute t WHERE (f.attrelid, f.attnum) = (conrelid,"
                " conkey[1]) AND (t.attrelid, t.attnum) = (confrelid, confkey[1])"
                " AND f.attname = 'hotel_id' AND t.attname = 'hotel_id')"
            )
        ).all()
    superuser.dispose()
    assert loose == []


def test_the_tables_owner_is_bound_too(app_engine: Engine, owner_engine: Engine) -> None:
    make_hotel(app_engine)
    with owner_engine.connect() as connection:
        for table in ("hotel", "room", "membership", "booking"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_a_forgotten_hotel_sees_nothing_on_a_used_connection(app_engine: Engine, database: Database) -> None:
    hotel_id = make_hotel(app_engine)
    one = make_engine(database.app_url, pool_size=1, max_overflow=0)
    for end in ("commit", "rollback"):
        with hotel_session(one, hotel_id) as session:
            assert len(room_ids(session, hotel_id)) == 3
            getattr(session, end)()
        with global_session(one) as session:
            assert session.scalars(select(Room.id)).all() == []
            assert session.scalar(text("SELECT current_setting('app.hotel_id', true)")) == ""
    one.dispose()


def test_what_is_never_removed_cannot_be(app_engine: Engine) -> None:
    hotel_id = make_hotel(app_engine)
    for table in ("hotel", "staff", "guest", "booking", "occupancy", "allocation_run", "audit_entry"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with hotel_session(app_engine, hotel_id) as session, pytest.raises(DBAPIError) as refused:
                session.execute(text(statement))
            assert sqlstate(refused.value) == "42501", statement

"""Isolation as the catalogue has it (F9), and as a pool that serves many hotels keeps it (F8)."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from models import Base, Hotel, hotel_session
from models.engine import make_engine
from models.roles import APP, LOOKUP, OWNER
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.databases import Database

# No hotel's: people, their sign-ins, counters under keyed names, the schema's own version, the queue's tables.
GLOBAL = {"staff", "refresh_token", "rate_count", "alembic_version"}
QUEUE = "procrastinate_%"

LOOKUPS = {
    "hotel_by_slug",
    "hotels_of_staff",
    "hotel_by_confirmation",
    "hotel_by_payment",
    "hotels_due",
    "hotels_with_events",
    "messages_with",
    "nights_set_aside",
    "webhooks_with",
}
"""The only functions that see over the wall, by name: each gives out ids, or how many there are, and nothing else."""

FORGETTING = 0.05
CROWDS = [
    (12, 600),
    pytest.param(50, 3_000, marks=pytest.mark.faults),
    pytest.param(50, 200_000, marks=[pytest.mark.faults, pytest.mark.large]),
]
"""Hotels, and requests for them."""


def rows(engine: Engine, statement: str, **values: object) -> list[tuple[object, ...]]:
    """Ask the catalogue."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def test_every_hotels_table_has_forced_row_security_and_the_one_policy(owner_engine: Engine) -> None:
    found = {
        str(name): (enabled, forced)
        for name, enabled, forced in rows(
            owner_engine,
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname NOT LIKE :queue",
            queue=QUEUE,
        )
    }
    assert {name for name, secured in found.items() if secured != (True, True)} == GLOBAL
    policies = {
        str(table): (using, check)
        for table, using, check in rows(
            owner_engine, "SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = 'one_hotel'"
        )
    }
    assert set(policies) == set(found) - GLOBAL
    for table, (using, check) in policies.items():
        column = "id" if table == "hotel" else "hotel_id"
        mine = f"({column} = (NULLIF(current_setting('app.hotel_id'::text, true), ''::text))::bigint)"
        assert (using, check) == (mine, mine), table


def test_nothing_looks_over_the_wall_but_what_is_named(owner_engine: Engine) -> None:
    definers = rows(
        owner_engine,
        "SELECT p.proname, p.proowner::regrole::text, format_type(p.prorettype, NULL), p.proconfig::text,"
        " has_function_privilege('public', p.oid, 'EXECUTE') FROM pg_proc p"
        " WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace",
    )
    assert {str(name) for name, *_ in definers} == LOOKUPS
    for name, owner, gives, config, anybody in definers:
        assert (owner, gives, anybody) == (LOOKUP, "bigint", False), name
        assert "search_path=pg_catalog, pg_temp" in str(config), name
    views = rows(
        owner_engine,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
        " AND NOT coalesce(reloptions::text LIKE '%security_invoker%', false)",
    )
    assert views == []
    others = rows(
        owner_engine,
        "SELECT tablename, policyname FROM pg_policies WHERE policyname <> 'one_hotel'"
        " AND (cmd <> 'SELECT' OR roles::text <> :lookup)",
        lookup=f"{{{LOOKUP}}}",
    )
    assert others == []


def test_the_roles_have_no_way_around(owner_engine: Engine) -> None:
    found = rows(
        owner_engine,
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles) AND (rolsuper OR rolbypassrls OR rolcreaterole)",
        roles=[APP, OWNER, LOOKUP],
    )
    assert found == []
    assert rows(owner_engine, "SELECT 1 FROM pg_class WHERE relowner = CAST(:app AS regrole)", app=APP) == []
    assert rows(owner_engine, "SELECT pg_has_role(:app, :owner, 'MEMBER')", app=APP, owner=OWNER) == [(False,)]


def test_every_reference_inside_a_hotel_names_the_hotel(owner_engine: Engine) -> None:
    tenants = {t.name for t in Base.metadata.tables.values() if "hotel_id" in t.columns}
    loose = [
        (table, name)
        for table, target, name, columns in rows(
            owner_engine,
            "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.conname,"
            " (SELECT array_agg(a.attname::text) FROM pg_attribute a"
            "  WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey))"
            " FROM pg_constraint c WHERE c.contype = 'f'",
        )
        if target in tenants and "hotel_id" not in list(columns)  # type: ignore[call-overload]
    ]
    assert loose == []


# Indexes of hotels' tables that do not begin with the hotel, and why.
ACROSS = {
    ("booking", "confirmation_hash"): "a guest's number is looked up before the hotel is known",
    ("membership", "staff_id"): "so are a person's hotels",
    ("hotel", "slug"): "and a hotel by its name",
    ("hotel", "id"): "the hotel itself",
}


def test_every_index_begins_with_the_hotel_but_what_is_named(owner_engine: Engine) -> None:
    """However many hotels share a table, what is read of it is one hotel's: that is why none is partitioned."""
    found = rows(
        owner_engine,
        "SELECT t.relname, pg_get_indexdef(i.indexrelid, 1, true) FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
        " WHERE t.relnamespace = 'public'::regnamespace AND t.relname <> ALL(:others) AND t.relname NOT LIKE :queue",
        others=sorted(GLOBAL),
        queue=QUEUE,
    )
    assert len(found) > 60
    assert {row for row in found if row[1] != "hotel_id"} == ACROSS.keys()


@pytest.fixture
def crowded(database: Database) -> Iterator[Engine]:
    """A pool of four connections for many hotels."""
    engine = make_engine(database.app_url, pool_size=4, max_overflow=0)
    yield engine
    engine.dispose()


def foreign(crowded: Engine, hotels: list[SmallHotel], requests: int, draw: random.Random, *, local: bool) -> int:
    """Return how many rows of other hotels were seen by requests of which some forget to say whose they are."""
    seen = 0
    for _ in range(requests):
        mine = draw.choice(hotels)
        with crowded.connect() as connection:
            if draw.random() >= FORGETTING:
                setting = {"id": str(mine.id), "local": local}
                connection.execute(text("SELECT set_config('app.hotel_id', :id, :local)"), setting)
            found = connection.scalars(text("SELECT hotel_id FROM room")).all()
            connection.commit()
        seen += sum(1 for hotel_id in found if hotel_id != mine.id)
    return seen


@pytest.mark.parametrize(("number", "requests"), CROWDS)
def test_a_pool_never_carries_a_hotel_over(
    app_engine: Engine, crowded: Engine, seed: int, number: int, requests: int
) -> None:
    hotels = [make_hotel(app_engine, slug=f"h{i}", rooms=1) for i in range(number)]
    draw = random.Random(seed)
    assert foreign(crowded, hotels, requests, draw, local=True) == 0
    assert foreign(crowded, hotels, min(requests, 3_000), draw, local=False) > 0, "the bad control must fail"


def test_a_session_enters_its_hotel_whichever_way_it_begins(app_engine: Engine, crowded: Engine) -> None:
    hotels = [make_hotel(app_engine, slug=f"h{i}", rooms=1) for i in range(2)]
    for mine in hotels * 4:
        for lock in (False, True):
            with hotel_session(crowded, mine.id) as session:
                if lock:
                    assert session.enter_and_lock() is not None
                assert session.scalars(text("SELECT id FROM hotel")).all() == [mine.id]
                session.commit()
                assert session.query(Hotel.id).all() == [(mine.id,)]

"""The migrated schema is the one that the models describe."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import procrastinate.schema
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from models import Base, make_engine
from models.migrate import COMPARE, SCRIPTS, pending, upgrade
from tests.databases import Database

# Autogenerate looks at neither checks nor exclusions nor predicates; the catalogue has them all.
CATALOGUE = """
SELECT 'column', c.relname, a.attname, format('%s null %s default %s identity %s', format_type(a.atttypid, a.atttypmod),
       NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 't'
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def catalogue(engine: Engine) -> set[tuple[str, ...]]:
    with engine.connect() as connection:
        rows = {tuple(row) for row in connection.execute(text(CATALOGUE))}
    return {row for row in rows if not row[1].startswith(("procrastinate_", "alembic_version"))}


def test_autogenerate_finds_nothing_to_migrate(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=COMPARE)
        assert compare_metadata(context, Base.metadata) == []


def test_catalogue_is_what_the_models_create(owner_engine: Engine, empty_database: Database) -> None:
    created = make_engine(empty_database.owner_url)
    with created.begin() as connection:
        connection.execute(text("CREATE EXTENSION btree_gist"))
        Base.metadata.create_all(connection)
    migrated, described = catalogue(owner_engine), catalogue(created)
    created.dispose()
    assert migrated == described
    assert len(migrated) > 300


def test_queue_schema_is_the_installed_packages() -> None:
    installed = Path(procrastinate.schema.__file__).parent / "sql" / "schema.sql"
    assert (SCRIPTS / "procrastinate_3_10_0.sql").read_text() == installed.read_text()


def test_upgrading_at_once_from_many_is_safe(empty_database: Database) -> None:
    engine = make_engine(empty_database.app_url)
    assert pending(engine)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [empty_database.owner_url] * 4))
    assert not pending(engine)
    engine.dispose()


def test_every_constraint_has_a_name_of_the_convention(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT conname, contype, conrelid::regclass::text AS name FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'u', 'c', 'x')"
            )
        ).all()
    prefixes = {"p": "pk_", "f": "fk_", "u": "uq_", "c": "ck_"}
    ours = [row for row in rows if not row.name.startswith(("procrastinate_", "alembic_"))]
    odd = {row.conname for row in ours if not row.conname.startswith(prefixes.get(row.contype, " ") + row.name)}
    assert odd == {"no_double_booking", "one_room_at_a_time"}

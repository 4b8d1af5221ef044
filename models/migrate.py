"""Bringing a database to the schema that this code needs."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, pool, text
from sqlalchemy.engine import URL

from models.base import TextEnum
from models.engine import driver_url

SCRIPTS = Path(__file__).parent / "migrations"
LOCK_KEY = 0x6D696772  # "migr": two deployments at once migrate one after the other


def _is_ours(name: str | None, kind: str, _parents: MutableMapping[str, Any]) -> bool:
    """Leave the queue's own tables out of the comparison of schema and models."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def _as_text(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our text enums into migrations as what they are in the database."""
    return "sa.Text()" if kind == "type" and isinstance(item, TextEnum) else False


COMPARE: dict[str, Any] = {
    "include_name": _is_ours,
    "render_item": _as_text,
    "compare_type": True,
    "compare_server_default": True,
}
"""How Alembic compares a database with the models."""


def alembic_config() -> Config:
    """Return Alembic's settings; there is no file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def upgrade(owner_url: str | URL, revision: str = "head") -> None:
    """Migrate the database, signed in as its owner; does nothing if it is up to date. Safe to call at once from many.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the roles are missing (see `models.roles.ensure_roles`) or the login does not own the database.
    """
    engine = create_engine(driver_url(owner_url), poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def pending(engine: Engine) -> bool:
    """Return whether the database is not at the revision that this code needs (for readiness and start-up checks)."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return True
        current = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    return current != set(ScriptDirectory.from_config(alembic_config()).get_heads())

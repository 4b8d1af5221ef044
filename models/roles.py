"""The database roles, which belong to the whole server, and the databases they own.

``keyrack_owner`` owns the schema and signs in for migrations only. ``keyrack_app`` is the service: a plain login that
row security holds. ``keyrack_lookup`` cannot sign in; it owns the few functions that find a hotel before a hotel is
known, and may read exactly the columns these need (see the first migration).
"""

from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from models.engine import driver_url
from models.errors import sqlstate

OWNER, APP, LOOKUP = "keyrack_owner", "keyrack_app", "keyrack_lookup"

# Plain roles: without any of these rights, whatever a hand gave them earlier. The owner inherits, or before PostgreSQL
# 16 it could not create in the database it owns; it is a member of keyrack_lookup only to hand functions over to it.
ATTRIBUTES = {
    OWNER: "LOGIN INHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
    APP: "LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
    LOOKUP: "NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
}
LOCK_KEY = 0x6B657972  # "keyr": starters of the same server meet at this advisory lock
DUPLICATE = {"42710", "42P04", "23505"}  # duplicate object, duplicate database, unique violation
COLLISION = DUPLICATE | {"XX000"}  # and "tuple concurrently updated"


def ensure_roles(
    superuser_url: str | URL, *, owner_password: str | None = None, app_password: str | None = None
) -> None:
    """Create the roles, or bring them to what they should be; a password that is not given is left alone.

    May be called by several processes at once, also from different databases of one server (where the advisory
    lock does not meet: then a collision is retried).

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the role behind the URL may not create roles.
    """
    engine = create_engine(driver_url(superuser_url), poolclass=pool.NullPool, hide_parameters=True)
    passwords = {OWNER: owner_password, APP: app_password, LOOKUP: None}
    for last in (False, False, True):
        try:
            with engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
                for role, attributes in ATTRIBUTES.items():
                    _ensure_role(connection, role, attributes, passwords[role])
                connection.exec_driver_sql(f"GRANT {LOOKUP} TO {OWNER}")
            return
        except DBAPIError as error:
            if last or sqlstate(error) not in COLLISION:
                raise


def ensure_database(superuser_url: str | URL, name: str, *, template: str | None = None) -> None:
    """Create a database that ``keyrack_owner`` owns, unless it is there; `ensure_roles` comes first.

    Parameters
    ----------
    template
        A database to clone, which nobody may be connected to.
    """
    engine = create_engine(
        driver_url(superuser_url), poolclass=pool.NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True
    )
    with engine.connect() as connection:
        if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            return
        create = "CREATE DATABASE %I OWNER %I TEMPLATE %I"
        try:
            _execute(connection, create, name, OWNER, template or "template1")
        except DBAPIError as error:  # another starter was faster
            if sqlstate(error) not in DUPLICATE:
                raise


def _ensure_role(connection: Connection, role: str, attributes: str, password: str | None) -> None:
    exists = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    verb = "ALTER" if exists else "CREATE"
    if password is None:
        _execute(connection, f"{verb} ROLE %I {attributes}", role)
    else:
        _execute(connection, f"{verb} ROLE %I {attributes} PASSWORD %L", role, password)


def _execute(connection: Connection, template: str, *values: str) -> None:
    """Execute a statement that takes no parameters, with the values quoted into it by the server's ``format``."""
    statement = connection.scalar(
        text("SELECT format(:template, VARIADIC CAST(:values AS text[]))"),
        {"template": template, "values": list(values)},
    )
    connection.exec_driver_sql(str(statement), execution_options={"no_parameters": True})

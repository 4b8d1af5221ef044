"""Writes many rows by one statement that carries them as one JSON text: a tenth of the time of so many parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

ROWS_A_STATEMENT = 10_000


def insert_rows(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows that all have the same keys and return their ids, in their order.

    Parameters
    ----------
    table
        A mapped class.
    rows
        Values by column: what JSON has, dates, times and bytes. Column types convert nothing else.
    """
    ids: list[int] = []
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        chunk = rows[start : start + ROWS_A_STATEMENT]
        statement = text(_insert(table.__table__, list(chunk[0])))
        # Identities are drawn as the sorted rows come, so ascending ids are the rows in their order.
        ids += sorted(session.scalars(statement, {"rows": json.dumps(chunk, default=_plain)}))
    return ids


def update_rows(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Update rows that all have the same keys, ``hotel_id`` and ``id`` among them; their version rises by one."""
    if not rows:
        return
    names = [name for name in rows[0] if name not in ("hotel_id", "id")]
    sets = ", ".join(f"{name} = new.{name}" for name in names)
    statement = (
        f"UPDATE {table.__table__.name} AS old SET {sets}, version = old.version + 1"
        f" FROM json_to_recordset(CAST(:rows AS json)) AS new({_typed(table.__table__, list(rows[0]))})"
        " WHERE old.hotel_id = new.hotel_id AND old.id = new.id"
    )
    session.execute(text(statement), {"rows": json.dumps(rows, default=_plain)})


def _insert(table: Table, names: Sequence[str]) -> str:
    columns = ", ".join(names)
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns}"
        f" FROM ROWS FROM (json_to_recordset(CAST(:rows AS json)) AS ({_typed(table, names)})) WITH ORDINALITY"
        " ORDER BY ordinality RETURNING id"
    )


def _typed(table: Table, names: Sequence[str]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return ", ".join(f"{name} {table.c[name].type.compile(dialect)}" for name in names)


def _plain(value: Any) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value.isoformat())

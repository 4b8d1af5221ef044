"""Statements that the database plans once a connection: planning the ones below takes it longer than answering them."""

import hashlib
import re
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.engine.interfaces import DBAPICursor

PREPARED: Final = {"prepared": True}
"""Execution options of a statement that is worth preparing: often asked, in the same words, while people wait.

A list in it is one parameter (``= ANY(:ids)``), not an IN, whose words change with its length. What comes before a last
``;`` is sent along as it is.
"""

_PARAMETER: Final = re.compile(r"%\((\w+)\)s|%%")


def prepare_statements(engine: Engine) -> None:
    """Let an engine's connections prepare the statements that ask for it."""
    event.listen(engine, "before_cursor_execute", _use_prepared, retval=True)


def _use_prepared(
    connection: Connection,
    cursor: DBAPICursor,
    statement: str,
    parameters: Any,
    context: ExecutionContext | None,
    _many: bool,
) -> tuple[str, Any]:
    if context is None or not context.execution_options.get("prepared"):
        return statement, parameters
    name, preparing, executing = _prepared(statement)
    if name not in connection.info:  # of the database connection, for as long as it lives
        cursor.execute(preparing)
        connection.info[name] = True
    return executing, parameters


@lru_cache(1_000)
def _prepared(statement: str) -> tuple[str, str, str]:
    """Return the name of a statement, the words that prepare it and those that execute it."""
    before, separator, last = statement.rpartition(";")
    order: dict[str, str] = {}

    def place(found: re.Match[str]) -> str:
        return "%" if found[1] is None else order.setdefault(found[1], f"${len(order) + 1}")

    body = _PARAMETER.sub(place, last)
    name = f"keyrack_{hashlib.sha256(body.encode()).hexdigest()[:16]}"
    values = ", ".join(f"%({parameter})s" for parameter in order)
    return name, f"PREPARE {name} AS {body}", f"{before}{separator} EXECUTE {name}{f'({values})' if values else ''}"

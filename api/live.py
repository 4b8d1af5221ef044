"""Who watches a hotel, and what has changed there: one listening database connection in each process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg2
import structlog
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from sqlalchemy.engine import URL

CHANNEL: Final = "keyrack_changes"
AGAIN_AFTER_S: Final = 1.0
PLAN: Final = "plan"
"""Something of the hotel has changed: read it again. Any other name is that of a run that has moved on."""

# A database that vanished without a word is noticed within half a minute.
KEEPALIVE: Final[dict[str, Any]] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
}

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Watcher:
    """Somebody who watches a hotel. What they have not taken yet is kept once each, however often it changed."""

    pending: set[str] = field(default_factory=set)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, what: str) -> None:
        """Add something to take."""
        self.pending.add(what)
        self.ready.set()

    async def take(self, wait_s: float) -> list[str]:
        """Return what has changed since the last time, or nothing after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ready.wait(), wait_s)
        self.ready.clear()
        taken, self.pending = sorted(self.pending), set()
        return taken


class Changes:
    """Passes the database's notices on to the watchers of each hotel. All of it runs in the service's event loop."""

    def __init__(self, url: URL) -> None:
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._watchers: dict[int, set[Watcher]] = {}
        self._listening: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, hotel_id: int) -> Iterator[Watcher]:
        """Watch a hotel until the block ends; the first watcher makes the process listen."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        watcher = Watcher()
        self._watchers.setdefault(hotel_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[hotel_id].discard(watcher)
            if not self._watchers[hotel_id]:
                del self._watchers[hotel_id]

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None

    async def _listen(self) -> None:
        while True:
            try:
                connection = await asyncio.to_thread(self._connect)
            except psycopg2.Error as error:
                log.warning("cannot listen to the database", error=type(error).__name__)
                await asyncio.sleep(AGAIN_AFTER_S)
                continue
            try:
                # What happened before this moment, nobody has told.
                for watchers in self._watchers.values():
                    for watcher in watchers:
                        watcher.tell(PLAN)
                await self._pass_on(connection)
            except psycopg2.Error as error:
                log.warning("the listening connection was lost", error=type(error).__name__)
            finally:
                connection.close()

    def _connect(self) -> Any:
        connection = psycopg2.connect(self._dsn, application_name="keyrack live", connect_timeout=5, **KEEPALIVE)
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        return connection

    async def _pass_on(self, connection: Any) -> None:
        readable = asyncio.Event()
        number = connection.fileno()
        loop = asyncio.get_running_loop()
        loop.add_reader(number, readable.set)
        try:
            while True:
                await readable.wait()
                readable.clear()
                connection.poll()
                while connection.notifies:
                    told = json.loads(connection.notifies.pop(0).payload)
                    for watcher in self._watchers.get(told["hotel_id"], ()):
                        watcher.tell(told.get("run_id", PLAN))
        finally:
            loop.remove_reader(number)

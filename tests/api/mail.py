"""A real mail server, and a worker that does what waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP
from sqlalchemy import Engine, text

from api.jobs import work
from api.jobs.clerk import look
from api.jobs.tasks import NO_CARRIERS, Work
from api.services.clock import Clock
from api.services.post.carriers import Smtp
from api.services.post.messages import Carriers


@dataclass
class MailServer:
    """What it has taken, and what it answers to each recipient."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Take a message, or answer what a test wants."""
        if self.answers:
            return self.answers.pop(0)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"

    def to(self, clock: Clock) -> Smtp:
        """Return the way to this server."""
        return Smtp("127.0.0.1", self.port, "none", "desk@keyrack.example", clock)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server until the block ends."""
    handler, loop = MailServer(), asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0))
    handler.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield handler
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()


def do_all(engine: Engine, clock: Clock, carriers: Carriers = NO_CARRIERS, *, nights: bool = False) -> None:
    """Do everything that waits, as one worker would, messages that wait for another try included."""
    look(engine, clock, nights=nights)
    with engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    asyncio.run(work(Work(engine, clock, carriers, private_webhooks=True), wait=False))

"""The service: migrate its database, and run it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Annotated, Final

import typer

from api.cli.show import say

AGAIN_AFTER_S = 3.0
"""Seconds after which a worker that died is followed by another."""

STREAMS_END_S: Final = 2


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("serve", short_help="Run the service and one worker.")(serve)
    app.command("migrate", short_help="Bring the database up to date.")(migrate)


def migrate() -> None:
    """Bring the database to the schema that this version needs.

    With DATABASE_URL that needs MIGRATION_URL, the same database as its owner.
    """
    from models.embedded import resolve
    from models.embedded.provision import provision
    from models.migrate import upgrade

    with resolve() as server:
        if server.home is not None:
            provision(server)
        else:
            upgrade(server.owner_url())
    say("the database is up to date")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    worker: Annotated[bool, typer.Option(help="Start one worker for queued runs beside it.")] = True,
) -> None:
    """Run the service on DATABASE_URL, or on the embedded PostgreSQL, with one worker."""
    from api.cli.database import opened

    taken = take_port(host, port)
    with opened() as database:
        os.environ["DATABASE_URL"] = database.url
        if database.server.home is not None and "KEYRACK_SECRET_KEY" not in os.environ:
            say("KEYRACK_SECRET_KEY is not set: sign-ins end with this process")
            os.environ["KEYRACK_SECRET_KEY"] = secrets.token_urlsafe(48)
        run(taken, worker=worker)


def take_port(host: str, port: int) -> socket.socket:
    """Take a port before anything is made ready for it; nobody is answered there yet.

    Raises
    ------
    OSError
        If it cannot be had; its file name is the address.
    """
    taken = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # With its protocol, or asyncio does not know it for TCP and leaves Nagle on: answers may wait for it.
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        if taken is not None:
            taken.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    return taken


def run(taken: socket.socket, *, worker: bool, ready: Callable[[int], None] = lambda _: None) -> None:
    """Serve what the environment describes until somebody stops it, however politely.

    Parameters
    ----------
    taken
        Of `take_port`.
    ready
        Called with the port once the service answers there; never if it cannot start.
    """
    import uvicorn

    class Server(uvicorn.Server):
        """Tells when it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready(taken.getsockname()[1])

    # Uvicorn raises the signal that stopped it once more when it is done: let that end us in good order too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with taken, _worker() if worker else nullcontext(), suppress(KeyboardInterrupt):
        # Open screens hold a stream of events each; they come back by themselves.
        config = uvicorn.Config(
            "api.main:app", access_log=False, log_config=None, timeout_graceful_shutdown=STREAMS_END_S
        )
        Server(config).run(sockets=[taken])


@contextmanager
def _worker() -> Iterator[None]:
    """Run a worker beside the service, another one should it die, and let it finish what it is at in the end."""
    from api.jobs import start_worker

    def started() -> subprocess.Popen[bytes]:
        return start_worker(os.environ["DATABASE_URL"], log_level=os.environ.get("KEYRACK_LOG_LEVEL", "INFO"))

    current = [started()]
    ending = threading.Event()

    def keep() -> None:
        while not ending.wait(AGAIN_AFTER_S):
            if current[0].poll() is not None:
                current[0] = started()

    keeper = threading.Thread(target=keep, name="worker's keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join()
        process = current[0]
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

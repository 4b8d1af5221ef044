"""The service as its own process, and a client so thin that what it measures is the service."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, select

from api.services.signin import TokenKeys, hash_password, issue_tokens
from models import Membership, Role, Staff, global_session, hotel_session

EMAIL: Final = "desk@example.org"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the seconds from sending the request to having read the last byte."""

    status: int
    body: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service listens, and the ids of its processes."""

    port: int
    pids: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        """Base of its addresses."""
        return f"http://127.0.0.1:{self.port}"


# Not uvicorn's --fd: it takes the socket for a Unix one and leaves Nagle's algorithm on, 40 ms an answer.
SERVE = """
import socket, sys, uvicorn
config = uvicorn.Config(sys.argv[2], access_log=False, timeout_keep_alive=75)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


@contextmanager
def service_process(
    database_url: str,
    secret_key: str,
    log: Path,
    *,
    processes: int = 1,
    app: str = "api.main:app",
    **environment: str,
) -> Iterator[Address]:
    """Serve an application in processes of its own until the block ends; their log goes to a file."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    settings = {"DATABASE_URL": database_url, "KEYRACK_SECRET_KEY": secret_key}
    pids = []
    with log.open("ab") as told, listening, ExitStack() as running:
        for _ in range(processes):
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(listening.fileno()), app],
                cwd=ROOT,
                env=os.environ | settings | environment,
                pass_fds=[listening.fileno()],
                stderr=told,
            )
            running.callback(_end, process)
            pids.append(process.pid)
        address = Address(listening.getsockname()[1], tuple(pids))
        listening.close()  # the processes have it: if they die, who calls is refused instead of waiting for ever
        yield address


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def signed_in(engine: Engine, secret: str, hotels: Iterable[int]) -> str:
    """Return an hour's access token of one person, made when first asked for, who becomes an owner in these hotels."""
    with global_session(engine) as session:
        person = session.scalars(select(Staff).where(Staff.email == EMAIL)).one_or_none()
        if person is None:
            person = Staff(email=EMAIL, name="Desk", password_hash=hash_password(secrets.token_hex()))
            session.add(person)
            session.flush()
        name, keys = person.id, TokenKeys(secret, timedelta(hours=1), timedelta(days=1))
        token = issue_tokens(session, keys, datetime.now(UTC), name, uuid.uuid4()).access_token
        session.commit()
    for hotel in hotels:
        with hotel_session(engine, hotel) as session:
            session.add(Membership(hotel_id=hotel, staff_id=name, role=Role.OWNER))
            session.commit()
    return token


class Line:
    """One keep-alive connection; several lines send at the same moment."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self.reader, self.writer, self.token = reader, writer, token

    @classmethod
    async def open(cls, address: Address, token: str) -> Line:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", address.port), token)

    async def send(self, method: str, path: str, body: Any = None) -> Answered:
        """Send a request and read its answer."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: keyrack\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        begun = time.perf_counter()
        self.writer.write(head.encode() + content)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer.split("content-length: ")[1].split("\r\n")[0]) if "content-length: " in answer else 0
        read = await self.reader.readexactly(length)
        seconds = time.perf_counter() - begun
        return Answered(int(answer.split()[1]), json.loads(read) if read else None, seconds)

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        with suppress(OSError):  # the other side was faster
            await self.writer.wait_closed()


@asynccontextmanager
async def lines_to(address: Address, token: str, number: int) -> AsyncIterator[list[Line]]:
    """Connect so many lines until the block ends.

    However it ends: a socket that a failed test left open would fail whichever test runs when it is collected.
    """
    async with AsyncExitStack() as opened:
        lines = []
        for _ in range(number):
            lines.append(await Line.open(address, token))
            opened.push_async_callback(lines[-1].close)
        yield lines


async def at_once(lines: Sequence[Line], method: str, requests: Sequence[tuple[str, Any]]) -> list[Answered]:
    """Send one request on each line, all at the same moment."""
    sent = (line.send(method, path, body) for line, (path, body) in zip(lines, requests, strict=True))
    return list(await asyncio.gather(*sent))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

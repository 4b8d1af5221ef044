"""The service over real HTTP: uvicorn in a thread on a free port, and people signed in to it."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from api.access import Service
from api.services.signin import hash_password, issue_tokens
from models import Membership, Role, Staff, global_session, hotel_session

PASSWORD = "correct horse battery staple"


@dataclass
class Web:
    """A running service.

    Attributes
    ----------
    client
        Speaks to it signed in as nobody.
    engine
        The test's own way to its database.
    """

    app: FastAPI
    client: httpx.Client
    engine: Engine
    people: dict[str, int] = field(default_factory=dict)
    opened: ExitStack = field(default_factory=ExitStack)

    @property
    def service(self) -> Service:
        """What the requests work with."""
        service: Service = self.app.state.service
        return service

    def person(self, name: str, *, active: bool = True) -> int:
        """Return the id of a member of staff, made if needed, who signs in as ``name@example.org``."""
        if name not in self.people:
            with global_session(self.engine) as session:
                row = Staff(email=f"{name}@example.org", name=name.title(), password_hash=hashed(), active=active)
                session.add(row)
                session.commit()
                self.people[name] = row.id
        return self.people[name]

    def member(self, name: str, hotel_id: int, role: Role = Role.MANAGER, **columns: Any) -> httpx.Client:
        """Give a person a role in a hotel and return a client signed in as them."""
        person = self.person(name)
        with hotel_session(self.engine, hotel_id) as session:
            session.add(Membership(hotel_id=hotel_id, staff_id=person, role=role, **columns))
            session.commit()
        return self.signed_in(name)

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Ask for tokens."""
        return self.client.post("/api/auth/token/", json={"email": f"{name}@example.org", "password": password})

    def signed_in(self, name: str) -> httpx.Client:
        """Return a client that sends a person's access token, without the slow check of a password."""
        service = self.service
        with global_session(self.engine) as session:
            tokens = issue_tokens(session, service.keys, service.clock.now(), self.person(name), uuid.uuid4())
            session.commit()
        return self.bearing(tokens.access_token)

    def bearing(self, token: str) -> httpx.Client:
        """Return a client that sends this access token."""
        headers = {"Authorization": f"Bearer {token}"}
        client = httpx.Client(base_url=self.client.base_url, headers=headers, timeout=self.client.timeout)
        return self.opened.enter_context(client)


@cache
def hashed() -> str:
    """Return the hash of everybody's password; argon2 is slow on purpose."""
    return hash_password(PASSWORD)


@contextmanager
def serving(app: FastAPI, engine: Engine) -> Iterator[Web]:
    """Serve the app on a port of its own until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    # The socket listens already: a request made before the server is up waits for it.
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        with httpx.Client(base_url=address, timeout=30) as client:
            web = Web(app, client, engine)
            with web.opened:
                yield web
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
        assert not thread.is_alive(), "the service does not stop"

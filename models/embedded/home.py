"""The data folder of an embedded server: what lies in it, and the locks that starters meet at."""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from models.embedded.errors import EmbeddedError

FIRST_PORT, LAST_PORT = 20000, 32000  # below the range from which systems draw the ports of outgoing connections


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is drawn once for a data folder and kept in it, mode 0600.

    Attributes
    ----------
    token
        Marks the server's processes (PostgreSQL's ``cluster_name``), so that no other process
        that inherited a process id is taken for them.
    port
        Loopback port; the same one after a restart, so that clients come back by themselves.
    superuser, owner, app
        Passwords of the roles ``postgres``, ``keyrack_owner`` and ``keyrack_app``.
    """

    token: str
    port: int
    superuser: str
    owner: str
    app: str


@dataclass(frozen=True, slots=True)
class Home:
    """Paths inside a data folder."""

    path: Path

    @classmethod
    def default(cls) -> "Home":
        """Return ``$KEYRACK_DATA_DIR``, else ``keyrack`` below ``$XDG_DATA_HOME`` or ``~/.local/share``."""
        if named := os.environ.get("KEYRACK_DATA_DIR"):
            return cls(Path(named).absolute())
        share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return cls(Path(share) / "keyrack")

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory, owned by the account that runs the server."""
        return self.path / "cluster"

    @property
    def pid_file(self) -> Path:
        """Where a running server says who and where it is."""
        return self.cluster / "postmaster.pid"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.path / "postgresql.log"

    @property
    def attached(self) -> Path:
        """Locked, shared, by every process that uses the server; who gets it alone may stop the server."""
        return self.path / "attached.lock"

    @property
    def stay(self) -> Path:
        """Exists while the server was asked to outlive its starters."""
        return self.path / "stay"

    def make(self) -> None:
        """Create the folder, for us alone.

        Raises
        ------
        EmbeddedError
            When it cannot be created or written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.attached.touch(mode=0o600)
        except OSError as fault:
            raise EmbeddedError(
                f"cannot write the data folder {self.path} ({fault.strerror}); set KEYRACK_DATA_DIR"
            ) from fault

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Let one starter at a time look for, make and start the server."""
        lock = os.open(self.path / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def secrets(self) -> Secrets:
        """Return the folder's secrets, drawing them the first time. Call it while `starting`.

        Raises
        ------
        EmbeddedError
            When they are gone and the cluster that they open is still there.
        """
        file = self.path / "secrets.json"
        if file.exists():
            return Secrets(**json.loads(file.read_text()))
        if self.cluster.exists():
            raise EmbeddedError(
                f"{file} is missing, so nobody can sign in to {self.cluster}: bring it back, or remove both"
            )
        drawn = Secrets(
            "keyrack-" + secrets.token_hex(8),
            free_port(),
            *(secrets.token_urlsafe(24) for _ in ("superuser", "owner", "app")),
        )
        self._save(drawn)
        return drawn

    def move_port(self, drawn: Secrets) -> Secrets:
        """Draw and keep another port, because somebody else took ours."""
        moved = Secrets(**{**asdict(drawn), "port": free_port()})
        self._save(moved)
        return moved

    def _save(self, drawn: Secrets) -> None:
        draft = self.path / "secrets.json.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(drawn), file)
        draft.replace(self.path / "secrets.json")


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Draw a loopback port that nobody listens on.

    Raises
    ------
    EmbeddedError
        When a thousand draws found none.
    """
    for _ in range(1000):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if port_is_free(port):
            return port
    raise EmbeddedError("no free loopback port")

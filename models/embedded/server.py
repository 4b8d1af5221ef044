"""Starts, attaches to and leaves a PostgreSQL of our own."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg2

from models.embedded import binaries, watchdog
from models.embedded.account import Account
from models.embedded.binaries import Binaries
from models.embedded.errors import EmbeddedError
from models.embedded.home import Home, Secrets, port_is_free

DATABASE = "keyrack"
READY_WITHIN = 120.0
"""Seconds a server may take to be ready: after a crash it first replays up to `max_wal_size`."""

LOG_LIMIT = 16 * 2**20  # bytes; a longer log is put aside at the next start

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",  # bounds the recovery after a crash
    "password_encryption": "scram-sha-256",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}

_children: list["subprocess.Popen[bytes]"] = []  # servers we are the parent of: somebody must collect them


class Server:
    """A PostgreSQL that this process may use until `stop`, or until the process ends.

    Attributes
    ----------
    superuser_url
        Database ``postgres`` as the role that may do everything.
    home
        Data folder; None for a server that is not ours (`resolve` with ``DATABASE_URL``).
    """

    def __init__(
        self, app: str, owner: str | None, superuser: str | None, home: Home | None = None, lock: int | None = None
    ):
        self._app, self._owner, self._superuser = app, owner, superuser
        self.home = home
        self._lock = lock

    @property
    def superuser_url(self) -> str:
        return self.superuser_url_of(None)

    def superuser_url_of(self, database: str | None) -> str:
        """Return the superuser's URL of a database; None is the one it signs in to by default."""
        return _with_database(_given(self._superuser, "SUPERUSER_URL"), database)

    def owner_url(self, database: str | None = None) -> str:
        """Return the URL of ``keyrack_owner``, who migrates; by default of the service's database."""
        return _with_database(_given(self._owner, "MIGRATION_URL"), database)

    def app_url(self, database: str | None = None) -> str:
        """Return the URL of ``keyrack_app``, whom row security holds; by default of the service's database."""
        return _with_database(self._app, database)

    @property
    def log(self) -> Path | None:
        """The server's log file; None for a server that is not ours."""
        return self.home.log if self.home else None

    def stop(self) -> None:
        """Leave the server. It stops, before this returns, if we were the last and it was not asked to stay."""
        if self._lock is None or self.home is None:
            return
        with self.home.starting():
            os.close(self._lock)
            self._lock = None
            if not self.home.stay.exists():
                _stop_if_unused(self.home)
        _collect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def resolve(data_dir: Path | str | None = None, *, keep: bool = False) -> Server:
    """Return the server that the environment names, else start or join the embedded one.

    ``DATABASE_URL`` is the service's own login. With it nothing is started; migrations then need
    ``MIGRATION_URL`` (the owner's login), and creating roles and databases ``SUPERUSER_URL``.

    Raises
    ------
    EmbeddedError
        As `start`.
    """
    if outside := os.environ.get("DATABASE_URL"):
        return Server(outside, os.environ.get("MIGRATION_URL"), os.environ.get("SUPERUSER_URL"))
    return start(data_dir, keep=keep)


def start(data_dir: Path | str | None = None, *, keep: bool = False, durable: bool = True) -> Server:
    """Start the server of a data folder, or join the one that already runs there.

    Parameters
    ----------
    data_dir
        Where everything lies; by default a folder of this user's (`Home.default`).
    keep
        Let the server outlive everybody who uses it, until `halt`. Otherwise it stops when the last
        process attached to it has called `stop` or has ended, however it ended.
    durable
        False trades the data for speed in case of a crash: for tests. Ignored when joining.

    Raises
    ------
    EmbeddedError
        When no PostgreSQL is found, the folder cannot be written, or the server does not come up.
    """
    home = Home(Path(data_dir).absolute()) if data_dir else Home.default()
    home.make()
    _collect()
    with home.starting():
        drawn = home.secrets()
        lock = _attach(home)
        try:
            if not _join(home, drawn):
                home.stay.unlink(missing_ok=True)
                drawn = _launch(home, drawn, durable)
        except BaseException:
            os.close(lock)
            raise
        if keep:
            home.stay.touch(mode=0o600)
    return Server(
        app=_url("keyrack_app", drawn.app, drawn.port, DATABASE),
        owner=_url("keyrack_owner", drawn.owner, drawn.port, DATABASE),
        superuser=_url("postgres", drawn.superuser, drawn.port, "postgres"),
        home=home,
        lock=lock,
    )


def halt(data_dir: Path | str | None = None) -> None:
    """Stop the server of a data folder now, whoever uses it and even if it was asked to stay."""
    home = Home(Path(data_dir).absolute()) if data_dir else Home.default()
    if not home.attached.exists():
        return
    with home.starting():
        home.stay.unlink(missing_ok=True)
        watchdog.stop(home.pid_file, home.secrets().token)
    _collect()


def _attach(home: Home) -> int:
    """Take the shared lock; it waits only for a server on its way down."""
    lock = os.open(home.attached, os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _stop_if_unused(home: Home) -> None:
    """Stop the server if nobody is attached; if the watchdog is already at it, wait for the watchdog."""
    lock = os.open(home.attached, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        watchdog.stop(home.pid_file, home.secrets().token)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _launch(home: Home, drawn: Secrets, durable: bool) -> Secrets:
    """Make the cluster if there is none, and start it; the caller is the only starter."""
    account = Account.of_server(home.cluster)
    version = home.cluster / "PG_VERSION"
    programs = binaries.find(account, int(version.read_text()) if version.exists() else None)
    if home.pid_file.exists():
        _clear_wreck(home, drawn.token)
    if not version.exists():
        _initialise(home, drawn, account, programs, durable)
    if home.log.exists() and home.log.stat().st_size > LOG_LIMIT:
        home.log.replace(home.log.with_suffix(".log.1"))
    for _ in range(3):
        if not port_is_free(drawn.port):
            drawn = home.move_port(drawn)
        if _run(home, drawn, account, programs, durable):
            _start_watchdog(home)
            return drawn
        if port_is_free(drawn.port):
            break
    raise EmbeddedError(f"{programs} did not start; the end of {home.log}:\n{_tail(home.log)}")


def _clear_wreck(home: Home, token: str) -> None:
    """Remove what a killed server left: processes that still hold its memory, and its pid file."""
    for process in watchdog.processes(token):
        with suppress(psutil.Error):
            process.kill()
        watchdog.gone(process, token, 5.0)
    home.pid_file.unlink(missing_ok=True)


def _initialise(home: Home, drawn: Secrets, account: Account, programs: Binaries, durable: bool) -> None:
    """Make the cluster beside its place and move it there whole: a starter may be killed half-way."""
    for leftover in home.path.glob("making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=home.path))
    account.own(making)
    # PostgreSQL 17 brought a locale that is Unicode and the same on every machine.
    locale = (
        ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if programs.major >= 17
        else ["--locale=C.UTF-8"]
    )
    command = [str(programs.folder / "initdb"), "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", *locale]
    command += ["--pwfile=/dev/stdin", *([] if durable else ["--no-sync"])]
    with tempfile.TemporaryFile() as password, account.reaching(making) as (name, handles):
        password.write(drawn.superuser.encode())
        password.seek(0)
        account.own(password.fileno())
        process = account.popen([*command, "-D", name], handles, stdin=password)
        said, _ = process.communicate()
    if process.returncode:
        shutil.rmtree(making, ignore_errors=True)
        raise EmbeddedError(f"initdb of {programs} failed:\n{said.decode(errors='replace')}")
    making.rename(home.cluster)


def _run(home: Home, drawn: Secrets, account: Account, programs: Binaries, durable: bool) -> bool:
    """Start the server process and wait for it; False when it ended instead of getting ready."""
    settings = {**SETTINGS, **({} if durable else NOT_DURABLE), "port": str(drawn.port), "cluster_name": drawn.token}
    # On the command line, not in a file: as root we write nothing into a folder that another user owns.
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with account.reaching(home.cluster) as (name, handles):
            process = account.popen([str(programs.folder / "postgres"), "-D", name, *words], handles, output=log)
    finally:
        os.close(log)
    _children.append(process)
    try:
        _await_ready(home, process)
    except EmbeddedError:
        if process.poll() is None:
            process.kill()
            process.wait()
            raise
        return False
    return True


def _join(home: Home, drawn: Secrets) -> bool:
    """Sign in to the server that runs; False when none does. A killed one may be listed for a moment yet."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if watchdog.postmaster(home.pid_file, drawn.token) is None:
            return False
        try:
            psycopg2.connect(_url("postgres", drawn.superuser, drawn.port, "postgres")).close()
        except psycopg2.OperationalError:
            time.sleep(0.01)
        else:
            return True
    raise EmbeddedError(f"the server does not answer; the end of {home.log}:\n{_tail(home.log)}")


def _await_ready(home: Home, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the server accepts sessions.

    Raises
    ------
    EmbeddedError
        When the process ends first, or time is over.
    """
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            lines = home.pid_file.read_text().splitlines()
            if len(lines) > 7 and lines[7].strip() == "ready" and lines[0] == str(process.pid):
                return
        time.sleep(0.005)
    raise EmbeddedError(f"the server is not ready; the end of {home.log}:\n{_tail(home.log)}")


def _start_watchdog(home: Home) -> None:
    subprocess.run(
        # -P: the script's folder is not searched for modules; nothing of ours is imported.
        [sys.executable, "-P", watchdog.__file__, str(home.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        check=True,
    )


def _collect() -> None:
    """Reap servers of ours that have ended."""
    _children[:] = [child for child in _children if child.poll() is None]


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def _url(role: str, password: str, port: int, database: str) -> str:
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


def _with_database(url: str, database: str | None) -> str:
    return url if database is None else urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _given(url: str | None, name: str) -> str:
    if url is None:
        raise EmbeddedError(f"DATABASE_URL is set, so this needs {name} too")
    return url

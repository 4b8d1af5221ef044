"""Stops a server when nobody uses it any more; also run as a script, by path, beside every server.

Every process that uses the server holds a shared `flock` on one file, and the kernel drops it however
the process ends, kill -9 included. The watchdog waits for the exclusive one: it needs no polling, and
no list of processes that could be wrong.
"""

import fcntl
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

PATIENCE = 30.0
"""Seconds given to a fast shutdown (it writes a checkpoint) before it becomes an immediate one."""


def processes(token: str, pid: int | None = None) -> list[psutil.Process]:
    """Return the live processes whose command line carries the token: all, or the one with this id."""
    found = []
    pids = psutil.pids() if pid is None else [pid]
    for candidate in pids:
        with suppress(psutil.Error):
            process = psutil.Process(candidate)
            if token in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def postmaster(pid_file: Path, token: str) -> psutil.Process | None:
    """Return the running server that wrote the file; None when it is gone or the id is somebody else's."""
    try:
        first_line = pid_file.read_text().split("\n", 1)[0]
    except OSError:
        return None
    if not first_line.strip().isdigit():
        return None
    return next(iter(processes(token, int(first_line))), None)


def stop(pid_file: Path, token: str) -> None:
    """Shut the server down, if it runs, and wait until it has gone: ever less politely."""
    server = postmaster(pid_file, token)
    if server is None:
        return
    for blow, seconds in ((signal.SIGINT, PATIENCE), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with suppress(psutil.NoSuchProcess):
            server.send_signal(blow)
        if gone(server, token, seconds):
            return


def gone(process: psutil.Process, token: str, seconds: float) -> bool:
    """Wait for a process to end; a zombie counts, since nobody may ever collect it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not processes(token, process.pid):
            return True
        time.sleep(0.01)
    return False


def main(home: Path) -> None:
    """Wait until nobody is attached, then stop the server, unless it was asked to stay."""
    # Not an argument: our own command line must not carry the mark of a server process.
    token = json.loads((home / "secrets.json").read_text())["token"]
    attached = os.open(home / "attached.lock", os.O_RDWR)
    fcntl.flock(attached, fcntl.LOCK_EX)
    if not (home / "stay").exists():
        stop(home / "cluster" / "postmaster.pid", token)


if __name__ == "__main__":
    if os.fork():  # the starter collects this one at once; the watchdog itself belongs to init
        os._exit(0)
    main(Path(sys.argv[1]))

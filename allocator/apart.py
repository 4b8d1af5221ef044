"""A function of ours run in a process apart: how it is started, and how it sees to its own end.

The process is a new interpreter, not a fork: the parent may have threads. It leaves Ctrl-C to the parent, ends when
the parent does, and has its standard output for its answer alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, Any, Final

_LAUNCH: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from {} import main; from allocator.apart import begin; "
    "main(begin(int(sys.argv[2])))"
)


def command(module: str) -> list[str]:
    """Return the command line that calls ``main(pipe)`` of a module in a process apart."""
    return [sys.executable, "-c", _LAUNCH.format(module), str(Path(__file__).resolve().parents[1]), str(os.getpid())]


def surroundings() -> dict[str, Any]:
    """Return what ``Popen`` and ``run`` are told beside the command and its pipes."""
    return {
        "env": {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # vectors are short here
        "start_new_session": True,  # a Ctrl-C at the terminal is the parent's to answer
    }


def begin(parent: int) -> IO[bytes]:
    """Settle into the new process; return the pipe for its answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: Linux
    if os.getppid() != parent:
        os._exit(1)
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes elsewhere
    return pipe


def limit_memory(megabytes: int) -> None:
    """Let an allocation beyond this address space fail, where the system can."""
    limit = megabytes * 1024 * 1024
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

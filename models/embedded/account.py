"""The operating-system account that runs the server: PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from models.embedded.errors import EmbeddedError

PREFERRED = ("postgres", "nobody")
"""Existing accounts tried, in this order, when we are root. None is ever created."""

OPEN_FOLDERS = Path("/proc/self/fd")
"""Open folders by names that need no right on the folders above them.

We open the cluster as root and hand it down, so a cluster below a private folder (``/root``, mode 700)
works, and no folder's permissions change.
"""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that server processes run as, and how to start them.

    Attributes
    ----------
    user, group
        Ids to switch to, or None to stay the user we are.
    """

    user: int | None = None
    group: int | None = None

    @classmethod
    def of_server(cls, cluster: Path) -> "Account":
        """Return the account for a cluster: its owner when it exists, else the first one preferred.

        Raises
        ------
        EmbeddedError
            When we are root and no unprivileged account exists.
        """
        if os.geteuid() != 0:
            return cls()
        if cluster.is_dir() and (owner := cluster.stat()).st_uid != 0:
            return cls(owner.st_uid, owner.st_gid)
        for name in PREFERRED:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise EmbeddedError(f"PostgreSQL does not run as root, and none of the users {', '.join(PREFERRED)} exists")

    def own(self, path: Path | int) -> None:
        """Give a path or an open file to the account."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    @contextmanager
    def reaching(self, folder: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Give a name by which a process of the account finds the folder, and what `popen` must hand it for that."""
        if self.user is None or not OPEN_FOLDERS.exists():
            yield str(folder), ()
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            yield f"{OPEN_FOLDERS}/{handle}", (handle,)
        finally:
            os.close(handle)

    def popen(
        self,
        command: Sequence[str],
        handles: tuple[int, ...] = (),
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        output: IO[bytes] | int = subprocess.PIPE,
    ) -> "subprocess.Popen[bytes]":
        """Start a command as the account, in a session of its own (Ctrl-C is not for it)."""
        groups: list[int] | None = None if self.user is None else []
        return subprocess.Popen(
            command,
            cwd="/",
            pass_fds=handles,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(os.environ),
            user=self.user,
            group=self.group,
            extra_groups=groups,
            start_new_session=True,
        )


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return the little of our environment that a server may see; PG* variables would redirect it."""
    kept = {name: ours[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in ours}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}

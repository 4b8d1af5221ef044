"""Debian's Chromium for the tests of the pages: found, or on a bare Debian machine installed, once, quietly."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PACKAGES = ("chromium", "fonts-dejavu-core")
VARIABLE = "KEYRACK_CHROMIUM"


def find_chromium(folder: Path) -> str | None:
    """Return the browser's executable, or None where there is none and none can be had.

    Parameters
    ----------
    folder
        Of the test run: its workers meet there, so that one of them installs and the others wait.
    """
    return _found() or _installed(folder)


def _found() -> str | None:
    given = os.environ.get(VARIABLE)
    if given:
        return given
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _installed(folder: Path) -> str | None:
    """Install it where that is ours to do: as root, with apt."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    with (folder / "chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (found := _found()) is not None:
            return found
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run(["apt-get", "-qq", *command], env=environment, capture_output=True, check=False)
            if done.returncode != 0:
                return None
    return _found()

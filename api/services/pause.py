"""Places where a test can stop a process dead, to kill it there."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event
from typing import Final

SETTING: Final = "KEYRACK_TEST_PAUSE"


def pause_point(name: str) -> None:
    """Wait for ever if the environment says ``KEYRACK_TEST_PAUSE=<name>:<file>``, after making the file.

    For fault tests only; nothing sets it otherwise.
    """
    wanted, _, file = os.environ.get(SETTING, "").partition(":")
    if wanted == name and file:
        Path(file).touch()
        Event().wait()

"""Where the shared data is, which is beside the project and never in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def shared_file(name: str) -> Path | None:
    """Return a file of the shared data (``KEYRACK_SHARED``, default ``../shared``), or None and say so."""
    path = Path(os.environ.get("KEYRACK_SHARED", Path(__file__).resolve().parents[1].parent / "shared")) / name
    if path.is_file():
        return path
    print(f"skipped: no {path} (set KEYRACK_SHARED)", file=sys.stderr)
    return None

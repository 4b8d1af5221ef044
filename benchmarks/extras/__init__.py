"""What single benchmarks need and the project does not: each in a folder of its own, installed when it is asked for.

``NAME.in`` says what, ``NAME.lock`` the versions and digests (``./run lock`` makes it).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def folder(name: str) -> Path:
    """Return the folder with the packages of a lock, installed if need be.

    Raises
    ------
    subprocess.CalledProcessError
        If they cannot be had; its ``stderr`` says why.
    """
    lock = HERE / f"{name}.lock"
    place = ROOT / ".keyrack" / "extras" / f"{name}-{sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not place.exists():
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
        what = ["--target", str(draft), "--no-deps", "--require-hashes", "--requirements", str(lock)]
        subprocess.run([*uv, *what], check=True, capture_output=True, text=True)
        try:
            draft.rename(place)
        except OSError:  # somebody else was sooner
            shutil.rmtree(draft)
    return place

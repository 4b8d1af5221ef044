"""The demo as somebody starts it: an address is printed once somebody answers there, and never if nobody will."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.databases import Database

pytestmark = pytest.mark.faults


def test_the_address_is_printed_when_the_service_answers(database: Database, tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": database.app_url,
        "MIGRATION_URL": database.owner_url,
        "XDG_DATA_HOME": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "api.cli", "demo", "--port"]
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        refused = subprocess.run([*command, port], env=environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")  # at once, not after the night
    assert refused.stderr == f"127.0.0.1:{port}: Address already in use\n"
    with subprocess.Popen([*command, "0"], env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        try:
            address = next(found[1] for line in demo.stdout if (found := re.match(r"open +(http\S+)", line)))
            answer = httpx.get(address)  # at once
            assert answer.status_code == 200
            assert "Keyrack" in answer.text
        finally:
            demo.terminate()
            assert demo.wait(60) == 0

"""``docs/walkthrough.sh``, as a reader would follow it: the service, a worker and a mail server, each for real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.service.serving import ROOT, service_process
from tests.api.mail import mail_server
from tests.databases import Database

pytestmark = pytest.mark.faults

SECRET = "whsec_walkthrough"


def test_the_walkthrough_runs_to_its_end(database: Database, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with mail_server() as mail:
        post = {
            "KEYRACK_SMTP_HOST": "127.0.0.1",
            "KEYRACK_SMTP_PORT": str(mail.port),
            "KEYRACK_SMTP_SECURITY": "none",
            "KEYRACK_STRIPE_SECRET": SECRET,
        }
        environment = os.environ | {"DATABASE_URL": database.app_url, "MIGRATION_URL": database.owner_url} | post
        with (
            service_process(database.app_url, "secret of the walkthrough, long enough", log, **post) as service,
            log.open("ab") as told,
            subprocess.Popen(
                [sys.executable, "-m", "api.cli", "worker"], env=environment, cwd=ROOT, stderr=told
            ) as worker,
        ):
            try:
                walk = subprocess.run(
                    [ROOT / "docs" / "walkthrough.sh"],
                    env=environment | {"BASE": service.url, "HOTEL": "walk"},
                    capture_output=True,
                    text=True,
                    timeout=400,
                    check=False,
                )
            finally:
                worker.terminate()
    assert walk.returncode == 0, walk.stdout + walk.stderr + log.read_text()[-3000:]
    assert "0 findings" in walk.stdout
    assert [message["Subject"].split()[0] for message in mail.taken] == ["Your", "Welcome", "Thank"]
